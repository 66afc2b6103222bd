"""Of a confidential or restricted case no SMS carries anything but that something waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from string import Formatter
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback.rules.reference import make_reference
from feedback.services import citizen, desk, intake, outbox, texts
from feedback.services.texts import TEMPLATES, officers
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
NUMBER = "+255712345678"
CANARY = "KITUMBUA"
# What a text may be filled with: nothing of these tells what a case is about.
NEUTRAL = {"references", "statuses", "reference", "other", "due", "status", "code", "dial", "url"}
# The citizen's own rating and proof; how long to wait.
NEUTRAL |= {"rating", "proof", "pin", "seconds"}
# Of an open case alone; and what the citizen released, to whom it was released.
NEUTRAL |= {"bodies", "facts"}
HOUR = timedelta(hours=1)
NEVER_MADE = make_reference(bytes(8))


def test_no_text_has_room_for_anything_but_neutral_values() -> None:
    for name, languages in TEMPLATES.items():
        for template in languages.values():
            parts = (*template.parts, template.after, template.pointer)
            named = {field for part in parts for _, field, _, _ in Formatter().parse(part) if field}
            assert named <= NEUTRAL, name


def test_every_text_that_carries_words_has_one_that_carries_none() -> None:
    to_citizens = {name: TEMPLATES[name] for name in TEMPLATES.keys() - officers.TEMPLATES.keys()}
    carrying = {name for name, each in to_citizens.items() if each["sw"].pointer}
    assert carrying == {"answer", "partial_answer", "question", "extended"}
    assert all(f"{name}_waits" in TEMPLATES for name in carrying)


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A phone network at which the application sends."""
    with PhoneSimulator() as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


def owner(behind: Behind, case_id: UUID) -> Principal:
    number = kit.case_row(behind, case_id)["handler_id"]
    assert number is not None
    return Principal.of_officer(number)


def sms(words: str, now: datetime) -> None:
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=f"{words}{now}", sender=NUMBER, words=words, received_at=now, now=now
        )
    with transaction(JOB):
        found = intake.take(now)
        assert found
        intake.process(found, now)


@pytest.mark.parametrize("level", ["confidential", "restricted"])
def test_every_way_to_owe_an_sms_stays_silent(
    make: Make, monday: datetime, superuser: Behind, phone: PhoneSimulator, level: str
) -> None:
    make.officer("DODOMA-CC", "handler")
    make.officer("DAWASA", "handler")
    make.officer("ETHICS", "ethics")
    receipt = make.case(
        monday, confidentiality=level, phone=NUMBER, name=CANARY, body=CANARY, persons=CANARY,
        place=CANARY, category="WASTE",
    )  # fmt: skip
    case = receipt.case_id
    now = monday
    for verb, given in (
        (desk.acknowledge, ()),
        (desk.ask, (CANARY,)),
        (desk.answer, (CANARY,)),
    ):
        now += HOUR
        with transaction(owner(superuser, case)):
            verb(case, *given, now)  # type: ignore[operator]
    for said in (f"HALI {receipt.reference}", f"MSIMBO {receipt.reference}",
                 f"{receipt.reference} {CANARY}", f"SIJARIDHIKA {receipt.reference} {CANARY}",
                 "MSAADA", f"HALI {NEVER_MADE}"):  # fmt: skip
        now += HOUR
        sms(said, now)
    if level == "confidential":
        with transaction(owner(superuser, case)):
            desk.transfer(case, "DAWASA", None, CANARY, now)
    for number in range(2):
        now += HOUR
        with transaction(owner(superuser, case)):
            desk.answer(case, f"{CANARY} {number}", now)
        with transaction(Principal.of_case(case)):
            citizen.not_fixed(case, CANARY, now)
    queued = {row["template"] for row in kit.rows(superuser, "SELECT * FROM outbox")}
    expected = {"received", "acknowledged", "question_waits", "answer_waits", "status", "added",
                "receipt_code", "reopened", "final_letter", "help",
                "unknown_reference"}  # fmt: skip
    assert queued >= expected
    assert all(row["words"] is None for row in kit.rows(superuser, "SELECT * FROM outbox"))
    assert outbox.deliver(now).sent == len(kit.rows(superuser, "SELECT * FROM outbox"))
    assert phone.ledger()
    for sent in phone.ledger():
        assert CANARY not in sent.text.upper()
        for word in ("siri ya", "dodoma", "dawasa", "taka", "maadili", "ethics", "confidential"):
            assert word not in sent.text.lower(), sent.text


@pytest.mark.parametrize(("verb", "says"), [(desk.answer, "Jibu la"), (desk.ask, "Swali la")])
def test_words_that_wait_to_be_sent_stay_when_the_level_rises(
    make: Make, monday: datetime, superuser: Behind, phone: PhoneSimulator, verb: Any, says: str
) -> None:
    make.officer("DODOMA-CC", "handler")
    case = make.case(monday, phone=NUMBER)
    with transaction(owner(superuser, case.case_id)):
        verb(case.case_id, f"{CANARY} limetengenezwa.", monday)
    with transaction(Principal.of_case(case.case_id)):
        citizen.raise_confidentiality(case.case_id, "confidential", monday)
    outbox.deliver(monday)
    sent = [each.text for each in phone.ledger()]
    assert not any(CANARY in each for each in sent)
    (waits,) = [each for each in sent if each.startswith(says)]
    assert "Lisome kwa msimbo: " in waits
    assert "Au piga *152*00#" in waits  # without data too


def test_of_an_open_case_the_words_go(
    make: Make, monday: datetime, superuser: Behind, phone: PhoneSimulator
) -> None:
    make.officer("DODOMA-CC", "handler")
    case = make.case(monday, phone=NUMBER)
    with transaction(owner(superuser, case.case_id)):
        desk.answer(case.case_id, f"{CANARY} limetengenezwa.", monday)
    outbox.deliver(monday)
    assert any(CANARY in each.text for each in phone.ledger())
    assert texts.fits(phone.ledger()[-1].text)
