"""The receipt code opens a case; nothing else does, and the answer tells nothing more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from feedback.rules import reference as references
from feedback.services import receipts, tries
from feedback.services.cases import Receipt
from feedback.services.tries import Wait
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services.confidential_probe import Connection

CHECK = Principal("receipt-check")


@pytest.fixture
def receipt(make: Make, monday: datetime) -> Receipt:
    """A case to open."""
    return make.case(monday)


def check(
    reference: str, code: str, now: datetime, source: str = "203.0.113.5"
) -> UUID | Wait | None:
    with transaction(CHECK):
        return receipts.check(reference, code, now, source)


def test_addresses_of_the_old_kind_written_as_new_ones_are_told_apart(
    receipt: Receipt, monday: datetime
) -> None:
    for _ in range(6):
        check(receipt.reference, wrong(), monday, "::ffff:203.0.113.5")
    assert isinstance(check(receipt.reference, wrong(), monday, "203.0.113.5"), Wait)
    right = check(receipt.reference, receipt.receipt_code, monday, "::ffff:198.51.100.7")
    assert right == receipt.case_id


def unknown() -> str:
    """A well-formed reference that no case has."""
    return references.make_reference(b"\xaa" * 8)


def wrong() -> str:
    """A well-formed code that is not the right one."""
    return references.receipt_code(b"another key", UUID(int=7))


def test_the_right_code_opens_the_case(receipt: Receipt, monday: datetime) -> None:
    assert check(receipt.reference, receipt.receipt_code, monday) == receipt.case_id
    assert check(receipt.reference, receipt.receipt_code, monday) == receipt.case_id


def test_no_other_code_and_no_other_reference_does(
    make: Make, receipt: Receipt, monday: datetime
) -> None:
    other = make.case(monday)
    assert check(receipt.reference, wrong(), monday) is None
    assert check(receipt.reference, other.receipt_code, monday) is None
    assert check(unknown(), receipt.receipt_code, monday) is None
    assert check(receipt.reference, "", monday) is None
    assert check("", receipt.receipt_code, monday) is None
    assert check("", "", monday) is None
    assert check(receipt.receipt_code, receipt.reference, monday) is None


@pytest.mark.parametrize(
    "typed",
    [
        lambda text: text.lower(),
        lambda text: text.replace("-", ""),
        lambda text: text.replace("-", " "),
        lambda text: f"  {text}\n",
        lambda text: text.replace("-", "–"),
        lambda text: text.replace("0", "O").replace("1", "l"),
        lambda text: f"{text}.",
        lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in text),
    ],
)
def test_both_are_read_as_people_type_them(receipt: Receipt, monday: datetime, typed: Any) -> None:
    found = check(typed(receipt.reference), typed(receipt.receipt_code), monday)
    assert found == receipt.case_id


def test_a_code_with_one_character_changed_is_wrong(receipt: Receipt, monday: datetime) -> None:
    first = receipt.receipt_code[0]
    for number, character in enumerate("0123456789ABCDEFGHJKMNPQRSTVWXYZ"):
        if character != first:
            later = monday + number * timedelta(hours=1)
            changed = character + receipt.receipt_code[1:]
            assert check(receipt.reference, changed, later) is None


def test_the_worker_derives_the_same_code(receipt: Receipt) -> None:
    with transaction(JOB):
        assert receipts.code_for(receipt.case_id) == receipt.receipt_code


def test_the_code_stands_nowhere(receipt: Receipt, superuser: Connection) -> None:
    plain = receipt.receipt_code.replace("-", "")
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables.fetchall():
        for (row,) in superuser.execute(f'SELECT t::text FROM "{table}" t'):  # noqa: S608
            assert plain not in row, table
            assert receipt.receipt_code not in row, table


def test_another_key_gives_other_codes(
    app: Flask, receipt: Receipt, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "RECEIPT_KEY", b"another key")
    assert check(receipt.reference, receipt.receipt_code, monday) is None


def statements(reference: str, code: str, now: datetime) -> list[str]:
    """The statements that a check sends, without their values."""
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        check(reference, code, now)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sent


def test_a_miss_sends_what_a_hit_sends(receipt: Receipt, monday: datetime) -> None:
    wrong_code = statements(receipt.reference, wrong(), monday)
    no_case = statements(unknown(), wrong(), monday)
    nonsense = statements("si namba", "si msimbo", monday)
    assert wrong_code == no_case == nonsense
    # A hit, when tries stand, clears them with one statement too; the first one has none to clear.
    assert len(statements(receipt.reference, receipt.receipt_code, monday)) == len(wrong_code)


def test_the_delay_grows_and_is_capped() -> None:
    seconds = [tries.delay(failures).total_seconds() for failures in range(60)]
    assert seconds[:5] == [0, 0, 0, 4, 8]
    assert seconds == sorted(seconds)
    assert max(seconds) == tries.LONGEST_DELAY


@pytest.mark.parametrize("known", [True, False])
def test_tries_slow_down_a_reference_whether_it_exists_or_not(
    receipt: Receipt, monday: datetime, known: bool
) -> None:
    reference = receipt.reference if known else unknown()
    now, waits = monday, []
    for _ in range(12):
        answer = check(reference, wrong(), now)
        if isinstance(answer, Wait):
            waits.append(answer.seconds)
            now += timedelta(seconds=answer.seconds)
            assert check(reference, wrong(), now) is None
    assert waits == sorted(waits)
    assert waits[0] <= tries.FIRST_DELAY + 1
    assert max(waits) <= tries.LONGEST_DELAY + 1


def test_a_wait_is_no_try_and_other_references_go_on(
    make: Make, receipt: Receipt, monday: datetime
) -> None:
    other = make.case(monday)
    for _ in range(tries.FREE_TRIES):
        assert check(receipt.reference, wrong(), monday) is None
    first = check(receipt.reference, wrong(), monday)
    assert isinstance(first, Wait)
    # However often one asks meanwhile, the wait does not grow; not even the right code passes.
    for _ in range(20):
        assert check(receipt.reference, receipt.receipt_code, monday) == first
    assert check(other.reference, other.receipt_code, monday) == other.case_id
    # Nor is anybody locked out: after the wait the right code opens, and clears the count.
    later = monday + timedelta(seconds=first.seconds)
    assert check(receipt.reference, receipt.receipt_code, later) == receipt.case_id
    for _ in range(tries.FREE_TRIES):
        assert check(receipt.reference, wrong(), later) is None


def test_a_thousand_wrong_tries_cost_the_citizen_two_minutes_at_most(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    check(receipt.reference, wrong(), monday)
    superuser.execute("UPDATE receipt_attempt SET failures = 1000")
    wait = check(receipt.reference, receipt.receipt_code, monday)
    assert isinstance(wait, Wait)
    later = monday + timedelta(seconds=tries.LONGEST_DELAY)
    assert check(receipt.reference, receipt.receipt_code, later) == receipt.case_id


@pytest.mark.parametrize(
    ("stranger", "citizen"),
    [("198.51.100.7", "203.0.113.5"), ("2001:db8:1::1", "2001:db8:2::1"), ("198.51.100.7", "")],
)
def test_a_stranger_who_knows_the_reference_keeps_nobody_waiting(
    receipt: Receipt, monday: datetime, stranger: str, citizen: str
) -> None:
    for _ in range(tries.FREE_TRIES):
        assert check(receipt.reference, wrong(), monday, stranger) is None
    assert isinstance(check(receipt.reference, wrong(), monday, stranger), Wait)
    assert check(receipt.reference, receipt.receipt_code, monday, citizen) == receipt.case_id
    # And the citizen's success gives the stranger no new tries.
    assert isinstance(check(receipt.reference, wrong(), monday, stranger), Wait)


def test_other_addresses_of_the_same_network_are_the_same_place(
    receipt: Receipt, monday: datetime
) -> None:
    for number in range(tries.FREE_TRIES):
        assert check(receipt.reference, wrong(), monday, f"2001:db8::{number}") is None
    assert isinstance(check(receipt.reference, wrong(), monday, "2001:db8::ffff"), Wait)


def test_nonsense_never_waits_and_slows_nobody(receipt: Receipt, monday: datetime) -> None:
    for _ in range(10):
        assert check("upuuzi", "upuuzi", monday) is None
    assert check(receipt.reference, receipt.receipt_code, monday) == receipt.case_id


def test_made_up_references_fill_no_table(
    receipt: Receipt, monday: datetime, superuser: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With sixteen piles for a million: tries for sixty references take sixteen rows at most, and
    none of them tells which reference was tried."""
    monkeypatch.setattr(tries, "PILES", 4)
    for number in range(60):
        check(references.make_reference(number.to_bytes(8)), wrong(), monday)
    kept = [row[0] for row in superuser.execute("SELECT reference FROM receipt_attempt")]
    assert 0 < len(kept) <= 16
    assert {len(pile) for pile in kept} == {5}
