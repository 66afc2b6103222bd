"""Changing the key of everything sealed: in passes, beside writers, honest about what is left."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import clock
from feedback.services import (
    attachments,
    checking,
    desk,
    drafts,
    extracts,
    identity,
    intake,
    officer_mail,
    officer_phones,
    redaction,
    related,
    rotation,
    splitting,
    tasks,
    vault,
    views,
)
from feedback.services.identity import CannotUnseal
from feedback.services.incoming import Incoming
from feedback.transaction import JOB, Principal, transaction
from tests.cleaning import samples
from tests.factories import Make
from tests.services import kit
from tests.web.dialled import dialled

Behind = psycopg.Connection[Any]
OLD, NEW = {"k1": b"a" * 32}, {"k2": b"b" * 32}


@pytest.fixture
def keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the keys, the newest first."""
    return lambda given: monkeypatch.setitem(app.config, "IDENTITY_KEYS", given)


def sealed_before_envelopes(value: str, context: str, key_id: str = "k1") -> bytes:
    """A value as the first release sealed it."""
    head, nonce = bytes([len(key_id)]) + key_id.encode(), os.urandom(12)
    body = AESGCM(OLD[key_id]).encrypt(nonce, value.encode(), head + context.encode())
    return head + nonce + body


@settings(max_examples=30)
@given(st.text(max_size=60), st.text(max_size=20))
def test_rewrapping_keeps_the_value_and_its_seal(
    application: Flask, value: str, context: str
) -> None:
    before = application.config["IDENTITY_KEYS"]
    with application.app_context():
        try:
            application.config["IDENTITY_KEYS"] = OLD
            sealed = identity.seal(value, context)
            assert identity.rewrap(sealed) == sealed
            application.config["IDENTITY_KEYS"] = NEW | OLD
            fresh = identity.rewrap(sealed)
            # The sealed value itself is carried over as it is: it was not opened for this.
            assert fresh[-len(value.encode()) - 28 :] == sealed[-len(value.encode()) - 28 :]
            application.config["IDENTITY_KEYS"] = NEW
            assert identity.unseal(fresh, context) == value
            with pytest.raises(CannotUnseal):
                identity.unseal(fresh, context + "x")
            with pytest.raises(CannotUnseal):
                identity.rewrap(sealed)
        finally:
            application.config["IDENTITY_KEYS"] = before


def test_a_value_from_before_envelopes_opens_and_becomes_one(keys: Any) -> None:
    keys(NEW | OLD)
    sealed = sealed_before_envelopes("Neema", "case:1:name")
    assert identity.unseal(sealed, "case:1:name") == "Neema"
    with pytest.raises(CannotUnseal):
        identity.unseal(sealed, "case:2:name")
    with pytest.raises(CannotUnseal):
        identity.rewrap(sealed)
    fresh = identity.rewrap(sealed, "case:1:name")
    keys(NEW)
    assert identity.unseal(fresh, "case:1:name") == "Neema"


def test_every_column_of_bytes_is_called_sealed_or_plain(app: Flask) -> None:
    assert rotation.undeclared() == set()


def fill(make: Make, now: datetime, behind: Behind) -> None:
    """Something in every sealed column."""
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(now, name="Neema", phone="+255712345678", persons="Bw. Fulani")
    make.case(now, confidentiality="confidential")
    kit.reminder(behind, receipt, handler)
    with transaction(Principal.of_officer(handler)):
        drafts.save(receipt.case_id, "note", {"body": "Rasimu."}, 0, now)
        desk.answer(receipt.case_id, "Tayari.", now, outcome="court", ground="Mahakama ya Mwanzo")
        vault.ask(receipt.case_id, ["name"], "Sababu.", now)
    ethics = make.officer("ETHICS", "ethics")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    hidden = make.case(now, confidentiality="restricted")
    with transaction(Principal.of_officer(ethics)):
        extract = extracts.hand_over(hidden.case_id, "DODOMA-CC", "Dondoo.", now)
    with transaction(Principal.of_officer(head)):
        extracts.answer(extract, "Jibu.", now)
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="1", sender="+255712345678", words="MSIMBO", received_at=now, now=now
        )
    with transaction(JOB):
        intake.process(intake.take(now), now)  # type: ignore[arg-type]
    _together(make, receipt.case_id, handler, now)
    dialled(make.app, number="+255712345679").dial("1*1*1*2*1*Hakuna maji")
    with transaction(Principal.of_officer(ethics)):
        day = clock.local_day(now)
        task = tasks.add(hidden.case_id, "call", "Piga simu.", ethics, day, now)
        tasks.settle(task, "done", "Imepigwa.", now)
    key = identity.seal("key", "x")
    behind.execute(
        "INSERT INTO officer_phone (officer_id, number, number_hash, failures, code_at,"
        " code_failures, list_empty, list_day) VALUES (%s, %s, '', 0, now(), 0, false, now())",
        [handler, identity.seal("+255754000777", officer_phones.place(handler))],
    )
    behind.execute(
        "INSERT INTO officer_mail (officer_id, address, code_at, code_failures, hours, next_at)"
        " VALUES (%s, %s, now(), 0, '{7}', now())",
        [handler, identity.seal("asha@example.org", officer_mail.place(handler))],
    )
    behind.execute(
        "INSERT INTO totp (officer_id, secret, pending, last_step) VALUES (%s, %s, %s, 0)",
        (handler, key, key),
    )
    behind.execute(
        "WITH given AS (INSERT INTO delegation (post_id, officer_id, by_officer_id, at, until_day)"
        " SELECT min(id), %s, %s, now(), current_date FROM post RETURNING id, post_id, officer_id)"
        " INSERT INTO recommendation (id, case_id, delegation_id, post_id, officer_id, kind,"
        " sealed, due_on, at) SELECT gen_random_uuid(), %s, id, post_id, officer_id, 'order', %s,"
        " current_date, now() FROM given",
        (handler, head, receipt.case_id, key),
    )
    # A file that is clean, and one that waits.
    for number in (1, 2):
        file = Incoming()
        file.write(samples.jpeg((10 * number, 10)))
        with transaction(attachments.uploading(receipt.case_id)):
            assert attachments.stage(receipt.case_id, [file], now) == []
        with transaction(Principal.of_case(receipt.case_id)):
            attachments.take(receipt.case_id, receipt.case_id, now)
        if number == 1:
            assert checking.check(now, 60).cleaned == 1


def _together(make: Make, case_id: UUID, handler: int, now: datetime) -> None:
    """A link with a note, a second case that waits to be made, and covered words."""
    first, second = make.case(now), make.case(now)
    with transaction(Principal.of_officer(handler)):
        related.link(first.case_id, second.reference, "Jambo lilelile", now)
        splitting.ask(first.case_id, "Jambo la pili.", "", None, now)
        line = views.for_officer(case_id, now).messages[0]
        redaction.cover(case_id, line.id, now, passage=line.body[:4])


def heads(behind: Behind) -> set[bytes]:
    """How everything sealed begins."""
    found = set()
    for table, column in rotation.SEALED:
        rows = kit.rows(behind, f"SELECT {column} AS c FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        assert rows, (table, column)
        found |= {bytes(row["c"])[:4] for row in rows}
    return found


def rotate() -> rotation.Rotated:
    with transaction(JOB):
        known = list(identity._keys())
    return rotation.rotate(known)


def test_everything_comes_under_the_new_key_and_still_opens(
    make: Make, monday: datetime, keys: Any, superuser: Behind
) -> None:
    keys(OLD)
    fill(make, monday, superuser)
    assert heads(superuser) == {b"\x00\x02k1"}
    (case,) = kit.rows(superuser, "SELECT case_id FROM identity_opening")
    old = sealed_before_envelopes("Neema", f"case:{case['case_id']}:name")
    superuser.execute("UPDATE sealed_identity SET sealed = %s WHERE field = 'name'", (old,))
    keys(NEW | OLD)
    done = rotate()
    assert heads(superuser) == {b"\x00\x02k2"}
    assert done.ok
    assert done.rotated == done.in_use["k2"] > 8
    assert done.removable == ["k1"]
    keys(NEW)
    assert rotate().rotated == 0  # once is enough
    with transaction(JOB):
        assert identity.phone_of(case["case_id"]) == "+255712345678"
    sealed = kit.rows(superuser, "SELECT sealed FROM sealed_identity WHERE field = 'name'")
    assert identity.unseal(sealed[0]["sealed"], f"case:{case['case_id']}:name") == "Neema"


def test_a_row_that_somebody_holds_is_passed_over_and_said_to_be_left(
    make: Make, monday: datetime, keys: Any, superuser: Behind, urls: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(rotation, "PAUSE", 0)
    keys(OLD)
    for number in range(5):
        make.case(monday, phone=f"+25571234567{number}")
    keys(NEW | OLD)
    address = urls["SUPERUSER_URL"].replace("+psycopg", "")
    with psycopg.connect(address) as writer:
        writer.execute("UPDATE sealed_identity SET number_hash = '' WHERE id = ("
                       " SELECT id FROM sealed_identity LIMIT 1)")  # fmt: skip
        held = rotate()
    assert (held.ok, held.rotated, held.left) == (False, 4, 1)
    assert held.in_use == {"k1": 1, "k2": 4}
    assert held.removable == []
    again = rotate()
    assert (again.ok, again.rotated, again.removable) == (True, 1, ["k1"])


def test_many_rows_take_many_small_batches(
    make: Make, monday: datetime, keys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    keys(OLD)
    for number in range(10):
        make.case(monday, phone=f"+25571234567{number}")
    keys(NEW | OLD)
    assert rotate().rotated == 10


def test_the_command_says_what_it_could_not_open(
    app: Flask, make: Make, monday: datetime, keys: Any, superuser: Behind
) -> None:
    keys(OLD)
    make.case(monday, name="Neema", phone="+255712345678")
    keys(NEW)
    refused = app.test_cli_runner().invoke(args=["rotate-keys"])
    assert refused.exit_code == 1
    said = json.loads(refused.output.splitlines()[-1])
    assert (said["ok"], said["failed"], said["in_use"]) == (False, 2, {"k1": 2})
    keys(NEW | OLD)
    done = app.test_cli_runner().invoke(args=["rotate-keys"])
    assert done.exit_code == 0
    assert json.loads(done.output.splitlines()[-1])["removable"] == ["k1"]
