"""More time for an answer: asked in time, decided by another, told to the citizen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback.services import citizen, desk, extensions, queues, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
HOUR = timedelta(hours=1)


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS")


@pytest.fixture
def head(make: Make) -> int:
    officer = make.officer("DODOMA-CC", "head")
    make.hold(officer, "DODOMA-CC", "institution_head")
    return officer


@pytest.fixture
def case(make: Make, handler: int, head: int, monday: datetime) -> Receipt:
    return make.case(monday, phone="+255712000001", category="ROADS")


def _clock(behind: Behind, case: Receipt) -> tuple[Any, Any]:
    """Timers and row of a case, but for when an officer last did something."""
    row = kit.case_row(behind, case.case_id)
    return kit.timers(behind, case.case_id), {**row, "idle_from": None}


def ask(officer: int, case: Receipt, days: int, now: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        extensions.ask(case.case_id, days, "Vipuri vinatoka nje.", now)


def grant(officer: int, case: Receipt, now: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        extensions.grant(case.case_id, "Vipuri vinatoka nje.", now)


def test_what_is_granted_moves_the_due_time_and_its_timers(
    case: Receipt, handler: int, head: int, monday: datetime, superuser: Behind,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    with as_officer(handler):
        desk.acknowledge(case.case_id, monday)
    ask(handler, case, 5, monday + HOUR)
    asked = kit.case_row(superuser, case.case_id)
    assert asked["due_at"] == case.answer_due == kit.at("2025-11-28 15:30")
    with as_officer(head):
        assert queues.counts(monday)["extensions"] == 1
        (row,) = extensions.to_decide(None, monday).rows
        assert (row.case.reference, row.days) == (case.reference, 5)
    grant(head, case, monday + 2 * HOUR)
    due = kit.at("2025-12-05 15:30")
    clock = kit.clock(superuser, case.case_id, "answer")
    assert (clock["due_at"], clock["extension_days"]) == (due, 5)
    assert kit.case_row(superuser, case.case_id)["due_at"] == due
    timers = kit.timers(superuser, case.case_id)
    assert timers["ladder"] == due
    # half of nineteen working days, not of fourteen
    assert timers["reminder"] == kit.at("2025-11-24 07:30")
    assert kit.owed(superuser, case.case_id)[-1] == "extended"
    with transaction(Principal.of_case(case.case_id)):
        told = views.for_citizen(case.case_id, monday + 2 * HOUR)
    assert [line.kind for line in told.messages] == ["citizen", "extension"]
    assert (told.messages[-1].body, told.due_at) == ("Vipuri vinatoka nje.", due)
    with as_officer(head):
        assert queues.counts(monday)["extensions"] == 0
    assert {"extension_asked", "extension_granted"} <= set(kit.acts(superuser, case.case_id))
    kinds = [n["kind"] for n in kit.of_case(superuser, "notice", case.case_id)]
    assert kinds.count("extension_asked") == kinds.count("extension_granted") == 1


def test_a_refusal_changes_no_clock_and_tells_the_citizen_nothing(
    case: Receipt, handler: int, head: int, monday: datetime, superuser: Behind,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    ask(handler, case, 5, monday)
    before = _clock(superuser, case)
    with as_officer(head):
        extensions.refuse(case.case_id, "Anza sasa.", monday + HOUR)
    assert _clock(superuser, case) == before
    assert kit.owed(superuser, case.case_id) == ["received"]
    with transaction(Principal.of_case(case.case_id)):
        assert [line.kind for line in views.for_citizen(case.case_id, monday).messages] == [
            "citizen"
        ]
    ask(handler, case, 3, monday + 2 * HOUR)  # a refusal is not counted


def test_a_request_stops_no_clock_and_a_late_yes_takes_no_rung_back(
    case: Receipt, handler: int, head: int, superuser: Behind
) -> None:
    ask(handler, case, 10, case.answer_due)
    late = case.answer_due + timedelta(days=1)
    kit.sweep(late)
    climbed = kit.rungs(superuser, case.case_id)
    assert [row["clock"] for row in climbed] == ["acknowledge", "acknowledge", "answer"]
    grant(head, case, late)
    row = kit.case_row(superuser, case.case_id)
    assert row["due_at"] == kit.at("2025-12-15 15:30")  # Independence Day is off
    kit.sweep(row["due_at"] - timedelta(minutes=1))
    assert kit.rungs(superuser, case.case_id) == climbed
    kit.sweep(row["due_at"])
    assert [r["rung"] for r in kit.rungs(superuser, case.case_id)] == [1, 2, 3, 4]


def test_who_asks_when_and_for_how_much(
    make: Make, case: Receipt, handler: int, head: int, monday: datetime, as_officer: AsOfficer
) -> None:
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    after = case.answer_due + timedelta(microseconds=1)
    for officer, days, now, code in (
        (colleague, 5, monday, "not-allowed"),
        (head, 5, monday, "not-allowed"),
        (handler, 0, monday, "bad-days-more"),
        (handler, 11, monday, "bad-days-more"),
        (handler, 5, after, "too-late"),
    ):
        with pytest.raises(Refused, match=code):
            ask(officer, case, days, now)
    ask(handler, case, 4, monday)
    with pytest.raises(Refused, match="not-allowed"):
        ask(handler, case, 4, monday)  # one waits
    for officer in (handler, colleague):
        with pytest.raises(Refused, match="not-allowed"):
            grant(officer, case, monday)
    grant(head, case, monday)
    with pytest.raises(Refused, match="bad-days-more"):
        ask(handler, case, 7, monday)  # six are left
    ask(handler, case, 2, monday)
    grant(head, case, monday)
    with pytest.raises(Refused, match="bad-days-more"):
        ask(handler, case, 1, monday)  # two were granted
    with as_officer(handler):
        assert extensions.of_case(case.case_id, monday).days_left == 0


def test_a_head_who_owns_a_case_does_not_decide_about_it(
    make: Make, case: Receipt, head: int, monday: datetime, superuser: Behind
) -> None:
    superuser.execute('UPDATE "case" SET handler_id = %s WHERE id = %s', (head, case.case_id))
    ask(head, case, 5, monday)
    with pytest.raises(Refused, match="not-allowed"):
        grant(head, case, monday)


def test_of_a_restricted_case_the_senior_ethics_officer_decides(
    make: Make, head: int, monday: datetime, superuser: Behind
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    case = make.case(monday, phone="+255712000001", confidentiality="restricted")
    senior = make.officer("ETHICS", "ethics")
    make.hold(senior, "ETHICS", "ethics_senior")
    assert kit.case_row(superuser, case.case_id)["handler_id"] == ethics
    ask(ethics, case, 10, monday)
    with pytest.raises(Refused, match="not-found"):
        grant(head, case, monday)
    with transaction(Principal.of_officer(senior)):
        assert [row.days for row in extensions.to_decide(None, monday).rows] == [10]
    grant(senior, case, monday)
    assert kit.owed(superuser, case.case_id)[-1] == "extended_waits"  # no word of it by SMS
    (row,) = kit.of_case(superuser, "extension", case.case_id)
    assert (row["granted"], row["decided_by"]) == (True, senior)


def test_what_nobody_decided_lapses_with_its_cycle(
    case: Receipt, handler: int, head: int, monday: datetime, as_officer: AsOfficer
) -> None:
    ask(handler, case, 5, monday)
    with as_officer(handler):
        desk.answer(case.case_id, "Imekamilika.", monday)
    with as_officer(head):
        assert extensions.to_decide(None, monday).rows == []
    with transaction(Principal.of_case(case.case_id)):
        citizen.not_fixed(case.case_id, "Bado.", monday + HOUR)
    with pytest.raises(Refused, match="not-allowed"):
        grant(head, case, monday + HOUR)
    ask(handler, case, 5, monday + HOUR)
    grant(head, case, monday + HOUR)
    with as_officer(handler):
        standing = extensions.of_case(case.case_id, monday + HOUR)
    assert [each.granted for each in standing.requests] == [True]
