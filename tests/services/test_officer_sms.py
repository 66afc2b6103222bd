"""Officers by SMS: open cases only, in the officer's own name, once, and only with the PIN."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from feedback import models as m
from feedback.extensions import db
from feedback.rules import sending
from feedback.services import (
    desk,
    identity,
    intake,
    officer_phones,
    officer_sms,
    passwords,
    staffing,
)
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.officer_kit import CITIZEN, PIN, Phone, kept, register


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with few rounds: it is slow on purpose, and tried in full by the passwords' tests."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def handler(make: Make, monday: datetime) -> int:
    officer = make.officer("DODOMA-CC", "handler")
    register(officer, monday)
    return officer


@pytest.fixture
def case(make: Make, handler: int, monday: datetime) -> Receipt:
    return make.case(monday, phone=CITIZEN)


@pytest.fixture
def phone(monday: datetime, handler: int) -> Phone:
    return Phone(monday)


def entries(behind: Behind, act: str) -> list[dict[str, Any]]:
    return kit.rows(behind, "SELECT * FROM audit_entry WHERE act = %s ORDER BY at", act)


def test_every_verb_acts_as_the_officer(
    phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    ref = case.reference
    assert phone.says(f"ORODHA {PIN}") == "officer_list"
    assert phone.says(f"POKEA {PIN} {ref}") == "officer_acknowledged"
    assert phone.says(f"ULIZA {PIN} {ref} Ni barabara ipi?") == "officer_asked"
    assert phone.says(f"JIBU {PIN} {ref} Taa zitawekwa kesho.") == "officer_answered"
    assert kit.case_row(superuser, case.case_id)["status"] == "answered"
    for act in ("listed", "acknowledged", "asked", "answered"):
        (entry,) = entries(superuser, act)
        assert (entry["actor_kind"], entry["actor_id"]) == ("officer", handler)
        assert entry["details"]["channel"] == "sms"
    assert kit.owed(superuser, case.case_id) == ["received", "acknowledged", "question", "answer"]
    (said,) = kit.rows(superuser, "SELECT body, officer_id FROM message WHERE kind = 'answer'")
    assert said == {"body": "Taa zitawekwa kesho.", "officer_id": handler}


def test_english_commands_are_answered_in_english(
    phone: Phone, case: Receipt, superuser: Behind
) -> None:
    assert phone.says(f"LIST {PIN}") == "officer_list"
    assert phone.says(f"acknowledge {PIN} {case.reference.lower()}") == "officer_acknowledged"
    assert phone.says(f"Ask {PIN} {case.reference} which road?") == "officer_asked"
    assert phone.says(f"ANSWER {PIN} {case.reference} done") == "officer_answered"
    replies = kit.rows(
        superuser, "SELECT DISTINCT language FROM outbox WHERE dedupe ~ '^(reply|officer):'"
    )
    assert replies == [{"language": "en"}]


def test_a_wish_to_be_relieved_is_told_and_the_case_stays(
    make: Make, phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    head, kept_away = make.officer("DODOMA-CC", "head"), make.officer("DODOMA-CC", "coordinator")
    make.hold(head, "DODOMA-CC", "institution_head")
    make.exclude(case.case_id, kept_away, phone.now)
    assert phone.says(f"REJESHA {PIN} {case.reference} nipo likizo") == "officer_reassign"
    told = kit.rows(superuser, "SELECT officer_id FROM notice WHERE kind = 'reassignment_asked'")
    assert {row["officer_id"] for row in told} == {coordinator, head}
    assert kit.case_row(superuser, case.case_id)["handler_id"] == handler
    assert len(entries(superuser, "reassignment_asked")) == 1
    # Without a reason nothing is asked.
    assert phone.says(f"OMBA {PIN} {case.reference}") == "officer_no_words"
    assert len(entries(superuser, "reassignment_asked")) == 1


def refused(make: Make, what: str, now: datetime, handler: int) -> str:
    """A reference on which the officer must not act by SMS, and why."""
    if what == "unknown":
        return "7K2M-9QX4"
    if what in ("confidential", "restricted"):
        return make.case(now, confidentiality=what).reference
    case = make.case(now, institution="TANESCO" if what == "elsewhere" else "DODOMA-CC")
    if what == "excluded":
        make.exclude(case.case_id, handler, now)
    if what == "another's":
        other = make.officer("DODOMA-CC", "handler")
        with transaction(JOB) as session:
            session.execute(
                update(m.Case).where(m.Case.id == case.case_id).values(handler_id=other)
            )
    return case.reference


@pytest.mark.parametrize(
    "what", ["unknown", "confidential", "restricted", "elsewhere", "excluded", "another's"]
)
def test_whatever_is_not_an_open_case_of_ones_own_is_unknown(
    make: Make, phone: Phone, handler: int, superuser: Behind, what: str
) -> None:
    ref = refused(make, what, phone.now, handler)
    before = kit.rows(superuser, 'SELECT status, handler_id FROM "case"')
    for command in ("POKEA {} {}", "ULIZA {} {} x", "JIBU {} {} x", "REJESHA {} {} x"):
        assert phone.says(command.format(PIN, ref)) == "officer_unknown", command
    assert kit.rows(superuser, 'SELECT status, handler_id FROM "case"') == before
    assert not kit.rows(superuser, "SELECT 1 FROM message WHERE officer_id IS NOT NULL")
    replies = kit.rows(
        superuser,
        "SELECT DISTINCT template, values, words FROM outbox WHERE dedupe ~ '^(reply|officer):'",
    )
    assert len(replies) == 1
    assert replies[0]["values"] == {"reference": ref} or what == "unknown"


def test_the_list_names_open_cases_alone(
    make: Make, phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    closed = make.case(phone.now, confidentiality="confidential").reference
    inbound = phone.store(f"ORODHA {PIN}")
    phone.process(inbound)
    with transaction(JOB):
        row = db.session.execute(
            select(m.Outbox.id, m.Outbox.words).where(m.Outbox.dedupe == f"officer:{inbound}")
        ).one()
    said = identity.unseal(row.words, f"outbox:{row.id}:words")
    assert case.reference in said
    assert closed not in said
    assert said == f"{case.reference} 28/11"


def test_what_the_status_does_not_allow_is_said(phone: Phone, case: Receipt) -> None:
    assert phone.says(f"JIBU {PIN} {case.reference} Tayari.") == "officer_answered"
    assert phone.says(f"JIBU {PIN} {case.reference} Tena.") == "officer_not_now"
    assert phone.says(f"POKEA {PIN} {case.reference}") == "officer_not_now"


def test_a_message_processed_again_acts_once(
    phone: Phone, case: Receipt, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker dies after the act, before the message is settled; and before the act."""
    inbound = phone.store(f"JIBU {PIN} {case.reference} Taa zitawekwa.")

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for name in ("_perform", "_close"):
        with monkeypatch.context() as killed:
            killed.setattr(officer_sms, name, die)
            with pytest.raises(KeyboardInterrupt):
                officer_sms.process(inbound, phone.now)
    assert phone.process(inbound)
    assert phone.answer(inbound) == "officer_answered"
    assert phone.process(inbound)
    assert len(kit.rows(superuser, "SELECT 1 FROM message WHERE kind = 'answer'")) == 1
    assert len(entries(superuser, "answered")) == 1


def test_two_workers_at_once_act_once(
    app: Flask, phone: Phone, case: Receipt, superuser: Behind
) -> None:
    inbound = phone.store(f"ULIZA {PIN} {case.reference} Ni wapi?")
    act: Callable[[], bool] = lambda: officer_sms.process(inbound, phone.now)  # noqa: E731
    assert kit.together(app, [act] * 4) == [True] * 4
    assert len(kit.rows(superuser, "SELECT 1 FROM message WHERE kind = 'question'")) == 1
    assert phone.answer(inbound) == "officer_asked"


def test_the_pin_is_kept_nowhere(phone: Phone, case: Receipt, superuser: Behind) -> None:
    """Neither after the act, nor while the act is still to be done."""
    right = phone.store(f"JIBU {PIN} {case.reference} maneno")
    with transaction(JOB):
        officer_sms._receive(right, phone.now)
        row = db.session.get_one(m.InboundMessage, right)
        assert PIN not in identity.unseal(row.words, f"inbound:{right}:words")
    wrong, without = phone.store("JIBU 111222 x"), phone.store(f"JIBU {case.reference} bila")
    for inbound in (right, wrong):
        phone.process(inbound)
        assert kept(superuser, inbound) == {
            "state": "done",
            "sender": b"",
            "words": b"",
            "number_hash": b"",
        }
    phone.process(without)
    assert phone.answer(without) == "officer_no_pin"
    (row_,) = kit.rows(superuser, "SELECT * FROM officer_phone")
    assert PIN not in str(row_)
    assert row_["pin_hash"].startswith("$argon2id$")


def test_wrong_pins_slow_down_and_lock(
    phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    said = [phone.says(f"POKEA 00000{n} {case.reference}") for n in range(3)]
    assert said == ["officer_wrong_pin"] * 3
    # Now even the right one waits, and is not tried.
    assert phone.says(f"POKEA {PIN} {case.reference}") == "officer_wait"
    for n in range(3, officer_sms.MOST_WRONG):
        phone.now += officer_sms.LONGEST_WAIT
        expected = "officer_locked" if n == officer_sms.MOST_WRONG - 1 else "officer_wrong_pin"
        assert phone.says(f"POKEA 00000{n} {case.reference}") == expected
    phone.now += timedelta(days=30)
    assert phone.says(f"POKEA {PIN} {case.reference}") == "officer_locked"
    assert kit.case_row(superuser, case.case_id)["status"] == "assigned"
    told = kit.rows(superuser, "SELECT officer_id, kind FROM notice WHERE case_id IS NULL")
    assert told == [{"officer_id": handler, "kind": "officer_pin_locked"}]
    assert len(entries(superuser, "officer_pin_wrong")) == officer_sms.MOST_WRONG
    with transaction(Principal.of_officer(handler)):
        officer_phones.change_pin(handler, "917354", phone.now)
    assert phone.says(f"POKEA {PIN} {case.reference}") == "officer_wrong_pin"
    assert phone.says(f"POKEA 917354 {case.reference}") == "officer_acknowledged"


def test_a_right_pin_forgives_the_wrong_ones(phone: Phone, case: Receipt) -> None:
    for _ in range(6):
        assert phone.says("ORODHA 000000") == "officer_wrong_pin"
        assert phone.says("ORODHA 00000") == "officer_wrong_pin"
        assert phone.says(f"ORODHA {PIN}") == "officer_list"


def test_only_what_anybody_can_provoke_counts_with_the_replies(
    app: Flask, phone: Phone, case: Receipt, superuser: Behind
) -> None:
    """An officer who works all day gets every confirmation."""
    phone.says("ORODHA 000000")
    phone.says(f"ORODHA {PIN}")
    kinds = kit.rows(
        superuser, "SELECT split_part(dedupe, ':', 1) AS kind, template FROM outbox ORDER BY 1"
    )
    assert {"kind": "officer", "template": "officer_list"} in kinds
    assert {"kind": "reply", "template": "officer_wrong_pin"} in kinds
    assert sending.kind("officer_list") is sending.Kind.OFFICER
    assert sending.kind("officer_wrong_pin") is sending.Kind.ASKED


def test_guesses_at_once_are_all_counted(
    app: Flask, phone: Phone, handler: int, superuser: Behind
) -> None:
    guesses = [phone.store(f"ORODHA {n:06}") for n in range(6)]
    kit.together(app, [lambda i=i: officer_sms.process(i, phone.now) for i in guesses])
    (row,) = kit.rows(superuser, "SELECT failures FROM officer_phone")
    assert row["failures"] == officer_sms.FREE + 1  # the others had to wait


def test_an_officers_phone_may_complain_as_a_citizen(
    phone: Phone, handler: int, superuser: Behind
) -> None:
    assert phone.says("LALAMIKO DODOMA-CC taa za mtaani haziwaki") is None
    assert phone.says("Omba radhi, barabara ya Uhindini DODOMA-CC ni mbovu") is None
    cases = kit.rows(superuser, 'SELECT reference FROM "case"')
    assert len(cases) == 2
    # To the own case no PIN is needed: there the officer is the citizen.
    assert phone.says(f"JIBU {cases[0]['reference']} bado haziwaki") is None
    assert phone.says(f"HALI {cases[0]['reference']}") is None


def test_nobody_else_commands(make: Make, case: Receipt, phone: Phone, superuser: Behind) -> None:
    stranger = Phone(phone.now, number="+255754999999")
    assert stranger.says(f"JIBU {PIN} {case.reference} Sitajibu") is None
    assert kit.case_row(superuser, case.case_id)["status"] == "assigned"
    # A number that was only claimed is no officer's.
    other = make.officer("DODOMA-CC", "handler")
    with transaction(Principal.of_officer(other)):
        officer_phones.begin(other, stranger.number, PIN, None, phone.now)
    assert stranger.says(f"ORODHA {PIN}") is None


def test_a_closed_account_commands_nothing(
    make: Make, phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    inbound = phone.store(f"JIBU {PIN} {case.reference} maneno")
    with transaction(JOB):
        officer_sms._receive(inbound, phone.now)
    admin = make.officer("PO-PSMGG", "admin")
    with transaction(Principal.of_officer(admin)):
        staffing.deactivate(handler, phone.now)
    assert phone.process(inbound)
    assert phone.answer(inbound) == "officer_unknown"
    assert kit.rows(superuser, "SELECT 1 FROM officer_phone") == []
    assert phone.says(f"ORODHA {PIN}") is None


def test_an_officer_who_moved_away_is_refused(
    make: Make, phone: Phone, case: Receipt, handler: int, superuser: Behind
) -> None:
    superuser.execute(
        "UPDATE officer SET institution_id = u.institution_id, unit_id = u.id FROM unit u"
        " JOIN institution i ON i.id = u.institution_id"
        " WHERE officer.id = %s AND i.code = 'TANESCO' AND u.is_default",
        [handler],
    )
    assert phone.says(f"JIBU {PIN} {case.reference} maneno") == "officer_unknown"


def test_the_worker_may_not_act_under_its_own_role(
    phone: Phone, case: Receipt, handler: int
) -> None:
    """The act's transaction is the web role's: as a job it would see every case."""
    seen: list[str] = []
    original = desk.acknowledge

    def look(*given: Any) -> None:
        seen.append(str(db.session.connection().exec_driver_sql("SELECT current_user").scalar()))
        original(*given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(desk, "acknowledge", look)
        assert phone.says(f"POKEA {PIN} {case.reference}") == "officer_acknowledged"
    assert seen == ["mrejesho_web"]


def test_words_chosen_from_a_menu_are_no_command(
    phone: Phone, case: Receipt, superuser: Behind
) -> None:
    with transaction(Principal("hook")):
        intake.receive(
            provider_id="ussd:1",
            sender=phone.number,
            words=f"Jibu {PIN} ndilo walilonipa",
            received_at=phone.now,
            now=phone.now,
            asked={"act": "add", "reference": case.reference, "language": "sw"},
        )
    (row,) = kit.rows(superuser, "SELECT id FROM inbound_message WHERE provider_id = 'ussd:1'")
    assert not officer_sms.process(row["id"], phone.now)
    assert kept(superuser, row["id"])["words"]
