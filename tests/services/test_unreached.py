"""An SMS that does not reach the citizen is told to the desk, which chooses another way; and no
report, however it comes, tells anything else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback.rules import reports
from feedback.services import delivery_reports, desk, other_ways, outbox, unreached
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit
from tests.services.kit import at

Behind = psycopg.Connection[Any]
NUMBER, OTHER = "+255712000001", "+255754000002"
NOW = at("2025-11-10 09:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


@pytest.fixture
def case(make: Make, handler: int, phone: PhoneSimulator) -> UUID:
    """A case whose acknowledgement the gateway took."""
    found = make.case(NOW, phone=NUMBER).case_id
    assert outbox.deliver(NOW).sent == 1
    return found


def sms(behind: Behind, case: UUID) -> Any:
    (row,) = kit.of_case(behind, "outbox", case)
    return row


def problems(behind: Behind, case: UUID) -> list[tuple[str, str | None, bool]]:
    found = kit.of_case(behind, "delivery_problem", case, "at")
    return [(row["outcome"], row["way"], row["again"]) for row in found]


def report(
    behind: Behind,
    case: UUID,
    status: str,
    *,
    reason: str = "",
    number: str = NUMBER,
    after: Any = MINUTE,
) -> None:
    provider_id = sms(behind, case)["provider_id"]
    with transaction(Principal("hook")):
        delivery_reports.receive(provider_id, status, number, reason, NOW + after)
    outbox.replay(NOW + after)


def by(officer: int, verb: Any, *given: Any) -> None:
    with transaction(Principal.of_officer(officer)):
        verb(*given)


def standing(officer: int, case: UUID) -> list[unreached.Problem]:
    with transaction(Principal.of_officer(officer)):
        return unreached.standing(unreached.of_case(case))


def notices(behind: Behind, case: UUID) -> list[int]:
    told = kit.of_case(behind, "notice", case)
    return [row["officer_id"] for row in told if row["kind"] == "not_reached"]


@pytest.mark.parametrize(
    ("status", "reason", "outcome"),
    [
        ("AbsentSubscriber", "", "absent"),
        ("Failed", "UserInBlackList", "blocked"),
        ("Failed", "UserDoesNotExist", "no_such_number"),
        ("Expired", "", "expired"),
        ("Failed", "DeliveryFailure", "refused"),
    ],
)
def test_the_desk_is_told_once(
    case: UUID, handler: int, superuser: Behind, status: str, reason: str, outcome: str
) -> None:
    before = kit.case_row(superuser, case)
    for _ in range(2):
        report(superuser, case, status, reason=reason)
    assert problems(superuser, case) == [(outcome, None, True)]
    assert notices(superuser, case) == [handler]
    assert kit.acts(superuser, case).count("sms_not_reached") == 1
    assert kit.case_row(superuser, case) == before  # a report changes no case
    (shown,) = standing(handler, case)
    assert (shown.template, shown.outcome) == ("received", outcome)


def test_a_better_reason_takes_the_place_of_the_first(
    case: UUID, handler: int, superuser: Behind
) -> None:
    report(superuser, case, "Expired")
    report(superuser, case, "Failed", reason="UserDoesNotExist")
    report(superuser, case, "AbsentSubscriber")
    assert problems(superuser, case) == [("no_such_number", None, True)]
    assert notices(superuser, case) == [handler]


def test_it_arrived_after_all(case: UUID, handler: int, superuser: Behind) -> None:
    report(superuser, case, "AbsentSubscriber")
    report(superuser, case, "Success", after=timedelta(hours=5))
    assert sms(superuser, case)["state"] == "delivered"
    assert problems(superuser, case) == [("absent", "reached", True)]
    assert standing(handler, case) == []
    report(superuser, case, "Failed")
    assert sms(superuser, case)["state"] == "delivered"


def test_a_report_that_comes_too_late_moves_nothing(case: UUID, superuser: Behind) -> None:
    report(superuser, case, "AbsentSubscriber")
    report(superuser, case, "Success", after=reports.WINDOW + MINUTE)
    assert sms(superuser, case)["state"] == "failed"


def test_a_forged_report_names_another_number(case: UUID, superuser: Behind) -> None:
    """Who knows the id and not the number gets nothing, and does not keep the real one out."""
    provider_id = sms(superuser, case)["provider_id"]
    with transaction(Principal("hook")):
        for number in (OTHER, "not a number"):
            delivery_reports.receive(provider_id, "Success", number, "", NOW)
        delivery_reports.receive(provider_id, "AbsentSubscriber", NUMBER, "", NOW)
        delivery_reports.receive(provider_id, "AbsentSubscriber", OTHER, "", NOW)
    outbox.replay(NOW + MINUTE)
    assert sms(superuser, case)["state"] == "failed"
    assert kit.rows(superuser, "SELECT * FROM guard.delivery_report") == []


def test_a_forged_report_does_not_stand_in_the_way_of_the_real_one(
    case: UUID, superuser: Behind
) -> None:
    provider_id = sms(superuser, case)["provider_id"]
    with transaction(Principal("hook")):
        for number in (OTHER, NUMBER):
            delivery_reports.receive(provider_id, "Success", number, "", NOW)
    outbox.replay(NOW + MINUTE)
    assert sms(superuser, case)["state"] == "delivered"


def test_a_refusal_of_the_gateway_is_told_too(
    make: Make, handler: int, phone: PhoneSimulator, superuser: Behind
) -> None:
    phone.fault(status_code=406)
    case = make.case(NOW, phone=NUMBER).case_id
    outbox.deliver(NOW)
    assert problems(superuser, case) == [("blocked", None, True)]


def test_an_unknown_outcome_is_told_apart(
    make: Make, handler: int, phone: PhoneSimulator, superuser: Behind
) -> None:
    phone.fault(drop=True, accept=True, times=None)
    case = make.case(NOW, phone=NUMBER).case_id
    for minutes in (0, 6, 12):
        outbox.replay(NOW + minutes * MINUTE)
        outbox.deliver(NOW + minutes * MINUTE)
    assert sms(superuser, case)["state"] == "dead"
    assert problems(superuser, case) == [("unknown", None, True)]
    # One decision, one copy: the outcome of the third is unknown again, and that is the end.
    (shown,) = standing(handler, case)
    by(handler, other_ways.send_again, case, shown.id, NOW + DAY)
    assert kit.rows(superuser, "SELECT settled_at IS NULL AS open FROM alarm") == [{"open": False}]
    for minutes in (0, 6, 12, 18):
        outbox.deliver(NOW + DAY + minutes * MINUTE)
        outbox.replay(NOW + DAY + minutes * MINUTE)
    assert len(phone.ledger()) == 3
    assert sms(superuser, case)["state"] == "dead"
    assert kit.rows(superuser, "SELECT settled_at IS NULL AS open FROM alarm") == [{"open": True}]
    assert [each[2] for each in problems(superuser, case)] == [True, False]


def test_sent_once_more_and_not_twice(
    case: UUID, handler: int, phone: PhoneSimulator, superuser: Behind
) -> None:
    report(superuser, case, "AbsentSubscriber")
    (shown,) = standing(handler, case)
    by(handler, other_ways.send_again, case, shown.id, NOW + DAY)
    assert problems(superuser, case) == [("absent", "sms", True)]
    # The old report comes again: the copy that waits is sent all the same.
    report(superuser, case, "AbsentSubscriber", after=DAY)
    assert outbox.deliver(NOW + DAY).sent == 1
    assert len(phone.ledger(NUMBER)) == 2
    report(superuser, case, "Failed", after=DAY + MINUTE)
    (again,) = standing(handler, case)
    assert (again.outcome, again.again) == ("refused", False)
    with pytest.raises(Refused, match="not-allowed"):
        by(handler, other_ways.send_again, case, again.id, NOW + 2 * DAY)
    with pytest.raises(Refused, match="settled"):
        by(handler, other_ways.send_again, case, shown.id, NOW + 2 * DAY)
    assert kit.acts(superuser, case).count("sms_sent_again") == 1
    assert notices(superuser, case) == [handler, handler]


def test_the_first_copy_arrives_before_the_second_is_sent(
    case: UUID, handler: int, phone: PhoneSimulator, superuser: Behind
) -> None:
    report(superuser, case, "AbsentSubscriber")
    by(handler, other_ways.send_again, case, standing(handler, case)[0].id, NOW + DAY)
    report(superuser, case, "Success", after=DAY)
    assert outbox.deliver(NOW + DAY).sent == 0
    assert sms(superuser, case)["state"] == "delivered"


@pytest.mark.parametrize("way", ["telephone", "letter"])
def test_told_in_another_way(
    case: UUID, handler: int, superuser: Behind, way: str, phone: PhoneSimulator
) -> None:
    report(superuser, case, "AbsentSubscriber")
    (shown,) = standing(handler, case)
    with pytest.raises(Refused, match="bad-way"):
        by(handler, other_ways.told_otherwise, case, shown.id, "pigeon", NOW + DAY)
    by(handler, other_ways.told_otherwise, case, shown.id, way, NOW + DAY)
    (row,) = kit.of_case(superuser, "delivery_problem", case)
    assert (row["way"], row["by_officer_id"], row["settled_at"]) == (way, handler, NOW + DAY)
    assert kit.acts(superuser, case).count("told_otherwise") == 1
    with pytest.raises(Refused, match="settled"):
        by(handler, other_ways.told_otherwise, case, shown.id, way, NOW + DAY)
    assert outbox.deliver(NOW + DAY).sent == 0


def test_nobody_else_sends_or_settles(
    make: Make, case: UUID, handler: int, phone: PhoneSimulator, superuser: Behind
) -> None:
    report(superuser, case, "AbsentSubscriber")
    (shown,) = standing(handler, case)
    elsewhere = make.officer("KONDOA-DC", "handler", "coordinator", "head")
    admin = make.officer("PO-PSMGG", "admin")
    for officer in (elsewhere, admin):
        assert standing(officer, case) == []
        for verb, given in ((other_ways.send_again, ()), (other_ways.told_otherwise, ("letter",))):
            with pytest.raises(Refused, match="not-found"):
                by(officer, verb, case, shown.id, *given, NOW + DAY)
    assert problems(superuser, case) == [("absent", None, True)]


def test_of_a_raised_case_only_the_new_owner_is_shown(
    make: Make, case: UUID, handler: int, superuser: Behind
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    report(superuser, case, "AbsentSubscriber")
    with transaction(Principal.of_officer(handler)):
        desk.classify(case, "CORRUPTION", "restricted", NOW + DAY)
    assert standing(handler, case) == []
    (shown,) = standing(ethics, case)
    by(ethics, other_ways.told_otherwise, case, shown.id, "letter", NOW + DAY)


def test_what_belongs_to_no_case_is_told_to_no_desk(
    app: Flask, phone: PhoneSimulator, superuser: Behind
) -> None:
    phone.fault(status_code=403)
    with transaction(JOB):
        outbox.owe("d", "help", case_id=None, language="sw", values={}, now=NOW, recipient=NUMBER)
    assert outbox.deliver(NOW).rejected == 1
    assert kit.rows(superuser, "SELECT * FROM delivery_problem") == []
