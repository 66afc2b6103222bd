"""The proof of a filing: who can see it, for how long, and that it is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from feedback import clock
from feedback.rules import proof as rules
from feedback.rules.reference import proof_code
from feedback.services import audit, citizen, outbox, proofs, receipts, tries
from feedback.services.cases import Receipt
from feedback.services.tries import Wait
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit
from tests.services.confidential_probe import Connection
from tests.services.test_intake import NUMBER, OTHER, Sms
from tests.services.test_intake import phone as phone
from tests.services.test_intake import sms as sms

CHECK = Principal("receipt-check")
DAY = timedelta(days=1)


@pytest.fixture
def receipt(make: Make, monday: datetime) -> Receipt:
    """A case to prove."""
    return make.case(monday, phone="+255712345678")


def pin_of(receipt: Receipt, now: datetime) -> str:
    """A PIN that the citizen makes."""
    with transaction(Principal.of_case(receipt.case_id)):
        proofs.release(receipt.case_id, now)
        return proofs.own(now).pin


def check(code: str, secret: str, now: datetime, source: str = "203.0.113.5") -> Any:
    with transaction(CHECK):
        return proofs.check(code, secret, now, source)


def wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


def test_pin_and_receipt_code_open_it_and_nothing_else(receipt: Receipt, monday: datetime) -> None:
    pin = pin_of(receipt, monday)
    assert check(receipt.proof_code, pin, monday).reference == receipt.reference
    assert check(receipt.proof_code, receipt.receipt_code, monday).reference == receipt.reference
    for secret in (wrong(pin), "", receipt.reference, receipt.proof_code):
        assert check(receipt.proof_code, secret, monday, f"198.51.100.{len(secret)}") is None


def test_a_code_issued_again_leaves_the_proof_as_it_is(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    with transaction(JOB):
        receipts.issue_again(receipt.case_id)
        fresh = receipts.code_for(receipt.case_id)
    assert check(receipt.proof_code, fresh, monday) is not None
    with transaction(Principal.of_case(receipt.case_id)):
        assert proofs.own(monday).code == receipt.proof_code


def test_a_case_from_before_is_found_once_its_code_was_shown(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    superuser.execute("UPDATE submission SET proof_mark = NULL")
    assert check(receipt.proof_code, receipt.receipt_code, monday) is None
    with transaction(Principal.of_case(receipt.case_id)):
        proofs.own(monday)
    assert check(receipt.proof_code, receipt.receipt_code, monday, "198.51.100.7") is not None


def test_with_another_key_no_code_is_known(
    app: Flask, receipt: Receipt, monday: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = pin_of(receipt, monday)
    monkeypatch.setitem(app.config, "PROOF_KEY", b"another key")
    assert check(receipt.proof_code, pin, monday) is None
    with transaction(Principal.of_case(receipt.case_id)):
        code = proofs.own(monday).code
    assert code != receipt.proof_code
    assert check(code, receipt.receipt_code, monday, "198.51.100.7") is not None


def test_a_pin_is_over_after_a_week_and_let_go(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    pin = pin_of(receipt, monday)
    over = clock.day_start(monday) + 8 * DAY
    assert check(receipt.proof_code, pin, over - timedelta(seconds=1))
    assert check(receipt.proof_code, pin, over) is None
    with transaction(JOB):
        assert proofs.forget(over - timedelta(seconds=1)) == 0
        assert proofs.forget(over) == 1
    (row,) = kit.rows(superuser, "SELECT * FROM filing_proof")
    assert (row["pin_nonce"], row["pin_until"], row["shown"]) == (None, None, 1)


def test_many_wrong_pins_from_everywhere_make_it_void(receipt: Receipt, monday: datetime) -> None:
    pin = pin_of(receipt, monday)
    for number in range(rules.MOST_WRONG):
        assert check(receipt.proof_code, wrong(pin), monday, f"198.51.100.{number}") is None
    assert check(receipt.proof_code, pin, monday) is None
    # Neither the citizen's own way nor the next PIN is closed by it.
    assert check(receipt.proof_code, receipt.receipt_code, monday, "203.0.113.9") is not None
    with transaction(Principal.of_case(receipt.case_id)):
        own = proofs.own(monday)
    assert (own.pin, own.void) == ("", True)
    fresh = pin_of(receipt, monday)
    assert check(receipt.proof_code, fresh, monday, "203.0.113.10") is not None


def test_wrong_tries_wait_by_code_and_place(receipt: Receipt, monday: datetime) -> None:
    pin = pin_of(receipt, monday)
    for _ in range(tries.FREE_TRIES):
        assert check(receipt.proof_code, wrong(pin), monday) is None
    assert isinstance(check(receipt.proof_code, pin, monday), Wait)
    assert check(receipt.proof_code, pin, monday, "198.51.100.7") is not None


def test_a_code_that_nobody_has_costs_what_a_wrong_pin_costs(
    receipt: Receipt, monday: datetime
) -> None:
    pin_of(receipt, monday)
    unknown = proof_code(b"another key", receipt.case_id)
    said: list[list[str]] = []
    for code in (receipt.proof_code, unknown):
        sent: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any, into: list[str] = sent) -> None:
            into.append(statement.split("\n")[0])

        event.listen(Engine, "before_cursor_execute", note)
        assert check(code, "000000", monday, "203.0.113.77") is None
        event.remove(Engine, "before_cursor_execute", note)
        said.append(sent)
    assert said[0] == said[1]


def test_it_tells_no_rung_of_the_ladder_that_the_case_left(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    late = monday + 40 * DAY
    kit.sweep(late)
    superuser.execute("UPDATE escalation SET way = 'letter'")
    assert check(receipt.proof_code, receipt.receipt_code, late).rung > 0
    superuser.execute("UPDATE escalation SET restricted = true")  # it was lowered since
    assert check(receipt.proof_code, receipt.receipt_code, late).rung == 0


def test_it_is_on_record_and_counted(
    receipt: Receipt, monday: datetime, superuser: Connection
) -> None:
    pin = pin_of(receipt, monday)
    for number in range(3):
        check(receipt.proof_code, pin, monday + number * DAY)
    with transaction(Principal.of_case(receipt.case_id)):
        own = proofs.own(monday + 3 * DAY)
        assert (own.shown, own.shown_on) == (3, (monday + 2 * DAY).date())
        proofs.revoke(receipt.case_id, monday)
        proofs.revoke(receipt.case_id, monday)
    acts = kit.acts(superuser, receipt.case_id)
    assert [acts.count(f"proof_{act}") for act in ("released", "shown", "revoked")] == [1, 3, 1]
    with transaction(JOB):
        audit.chain(monday + 4 * DAY)
        assert audit.verify().ok


def test_of_a_citizen_who_must_stay_unknown_no_hour_is_kept(
    make: Make, monday: datetime, superuser: Connection
) -> None:
    receipt = make.case(monday, anonymous=True)
    pin = pin_of(receipt, monday + timedelta(hours=3))
    told = check(receipt.proof_code, pin, monday + timedelta(hours=4))
    assert not told.hour_known
    entries = kit.of_case(superuser, "audit_entry", receipt.case_id)
    kept = [row["at"] for row in entries if row["act"].startswith("proof")]
    (row,) = kit.rows(superuser, "SELECT pin_until FROM filing_proof")
    for moment in [*kept, row["pin_until"]]:
        assert (moment.astimezone(UTC) + timedelta(hours=3)).strftime("%H%M%S") == "000000"
    assert len(kept) == 2


def test_after_forget_me_it_still_proves(receipt: Receipt, monday: datetime) -> None:
    pin = pin_of(receipt, monday)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.forget_me(receipt.case_id, monday)
    assert check(receipt.proof_code, pin, monday).reference == receipt.reference


def test_only_the_narrow_purpose_and_the_worker_may_ask(app: Flask, receipt: Receipt) -> None:
    found = text("SELECT * FROM guard.proofs(:mark)")
    values = {"mark": rules.mark(app.config["PROOF_KEY"], receipt.proof_code)}
    rows = {}
    for principal in (
        *(Principal.of_case(receipt.case_id), Principal("reference"), Principal("ussd")),
        *(Principal("hook"), CHECK, JOB),
    ):
        with transaction(principal) as session:
            rows[principal.kind] = len(session.execute(found, values).all())
    assert rows == {
        "public": 0, "reference": 0, "ussd": 0, "hook": 0, "receipt-check": 1, "job": 1,
    }  # fmt: skip


# By SMS


def arrived(phone: PhoneSimulator, number: str, now: datetime) -> str:
    outbox.deliver(now)
    return phone.ledger(number)[-1].text


def test_by_sms_from_the_filing_number_to_an_office(sms: Sms, phone: PhoneSimulator) -> None:
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    assert sms.send(f"THIBITISHA {case.reference}") == "prove"
    said = arrived(phone, NUMBER, sms.now)
    code, pin = said.split("HAKIKI ")[1].split(" ")
    assert len(said) <= 160
    assert sms.send(f"HAKIKI {code} {pin}", sender=OTHER) == "verify"
    told = arrived(phone, OTHER, sms.now)
    assert told.startswith("SAHIHI: lalamiko, 23/11/2026, DODOMA-CC.")
    assert "taa" not in told
    assert case.reference not in told
    assert sms.send(f"VERIFY {code} {wrong(pin)}", sender=OTHER) == "verify"
    assert "not right" in arrived(phone, OTHER, sms.now)
    # Asked for again it is another one.
    sms.send("thibitisha")
    again = arrived(phone, NUMBER, sms.now).split("HAKIKI ")[1].split(" ")[1]
    if again != pin:
        sms.send(f"HAKIKI {code} {pin}", sender=OTHER)
        assert "si sahihi" in arrived(phone, OTHER, sms.now)


def test_from_any_phone_with_the_receipt_code(
    sms: Sms, phone: PhoneSimulator, superuser: Connection
) -> None:
    sms.send("DODOMA-CC taa za barabarani haziwaki")
    case = sms.case()
    with transaction(JOB):
        code = receipts.code_for(case.id)
    sms.send(f"THIBITISHA {case.reference}", sender=OTHER)
    assert "Hatujapata" in arrived(phone, OTHER, sms.now)
    sms.send(f"THIBITISHA {case.reference} 0000-0000-000", sender=OTHER)
    assert "Hatujapata" in arrived(phone, OTHER, sms.now)
    sms.send(f"THIBITISHA {case.reference} {code}", sender=OTHER)
    assert "HAKIKI" in arrived(phone, OTHER, sms.now)
    (stored,) = kit.rows(superuser, "SELECT values FROM outbox WHERE template = 'proof'")
    assert stored["values"] == {"reference": case.reference}


def test_of_a_restricted_case_an_office_reads_the_day_alone(
    sms: Sms, phone: PhoneSimulator, make: Make
) -> None:
    make.officer("TAKUKURU", "ethics")
    sms.send("DODOMA-CC afisa ardhi ameomba rushwa")
    assert sms.case().confidentiality == "restricted"
    sms.send("THIBITISHA")
    code, pin = arrived(phone, NUMBER, sms.now).split("HAKIKI ")[1].split(" ")
    sms.send(f"HAKIKI {code} {pin}", sender=OTHER)
    assert arrived(phone, OTHER, sms.now) == "SAHIHI: shauri la 23/11/2026. Muda wa jibu haujapita."
