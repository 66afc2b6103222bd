"""Why this date: the arithmetic shown ends where the stored deadline does, whatever happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from flask import Flask

from feedback import clock as timing
from feedback import models as m
from feedback.services import citizen, desk, extensions, why
from feedback.services.calendars import Whose
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.services.why import Why
from feedback.transaction import Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import days_kit, kit
from tests.services.kit import Behind

FIRST = date(2025, 11, 10)


@pytest.fixture
def tanzania(app: Flask, superuser: Behind) -> Any:
    """The national calendar, as it was before the test afterwards."""
    with days_kit.calendar(superuser) as number:
        yield number


def explained(officer: int, case_id: Any) -> Why:
    with transaction(Principal.of_officer(officer)) as session:
        return why.of_case(session.get_one(m.Case, case_id), directory(), timing.now())


def lines(found: Why, clock: int = 0) -> list[str]:
    """Each day as a short line: day of the month, reason, number."""
    days = [day for week in found.clocks[clock].weeks for day in week.days]
    return [f"{d.day.day} {d.reason} {'-' if d.number is None else d.number}" for d in days]


@pytest.mark.parametrize("seed", range(30 if LONG else 2))
def test_the_last_step_is_the_deadline(
    make: Make, monday: datetime, superuser: Behind, tanzania: int, seed: int
) -> None:
    rng = Random(seed)  # noqa: S311 - which test, not which secret
    handler = make.officer("DODOMA-CC", "handler", "head")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    case_id = make.case(monday).case_id
    now = monday
    scopes = [Whose(), days_kit.DODOMA, Whose("KONDOA-DC", None, "X", "1")]
    scopes += [Whose("region:Dodoma", None, "X", "2"), days_kit.half_day(12, days_kit.DODOMA)]

    def correct() -> None:
        day = max(FIRST + timedelta(days=rng.randrange(25)), now.date() - timedelta(days=5))
        status = rng.choice(["confirmed", "confirmed", "expected", "removed"])
        days_kit.correct(make, tanzania, day, now, status=status, whose=rng.choice(scopes))

    acts: list[tuple[Principal, Callable[[], Any]]] = [
        (Principal.of_officer(handler), lambda: desk.ask(case_id, "Wapi?", now)),
        (Principal.of_case(case_id), lambda: citizen.add_message(case_id, "Hapa.", now)),
        (Principal.of_officer(handler), lambda: extensions.ask(case_id, 3, "Vipuri.", now)),
        (Principal.of_officer(head), lambda: extensions.grant(case_id, "Vipuri.", now)),
    ]
    for _ in range(10):
        now += timedelta(minutes=rng.choice([200, 900, 1_700]))
        if rng.random() < 0.5:
            correct()
        else:
            principal, act = rng.choice(acts)
            try:
                with transaction(principal):
                    act()
            except Refused:
                pass
        for clock in explained(head, case_id).clocks:
            if clock.met_at is None:
                assert clock.own_due == clock.due_at
                counted = [day.number for week in clock.weeks for day in week.days if day.counted]
                assert counted == list(range(1, clock.working_days + clock.extension_days + 1))


def test_each_day_says_what_it_was(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    now = monday + timedelta(hours=1)
    days_kit.correct(make, tanzania, date(2025, 11, 12), now, whose=days_kit.DODOMA)
    half = days_kit.half_day(12, days_kit.DODOMA)
    days_kit.correct(make, tanzania, date(2025, 11, 13), now, whose=half)
    days_kit.correct(make, tanzania, date(2025, 11, 14), now)
    days_kit.correct(make, tanzania, date(2025, 11, 14), now, status="removed")
    found = explained(handler, receipt.case_id)
    answer, acknowledge = found.clocks
    assert lines(found)[:9] == [
        "10 day0 0",
        "11 working 1",
        "12 holiday -",
        "13 working 2",
        "14 working 3",
        "15 weekend -",
        "16 weekend -",
        "17 working 4",
        "18 working 5",
    ]
    first, *plain = answer.weeks
    assert (first.numbers, first.plain, all(week.plain for week in plain)) == (
        [1, 2, 3],
        False,
        True,
    )
    days = {day.day.day: day for day in first.days}
    (closed,) = days[12].about
    assert (closed.order_number, closed.off, closed.corrected_on) == ("AB.12/2025", True, FIRST)
    assert days[13].closes is not None
    (back,) = days[14].about
    assert (back.off, back.corrected_on) == (False, FIRST)
    assert lines(found, 1)[-1] == "13 working 2"
    assert acknowledge.due_at == kit.at("2025-11-13 12:00")
    assert answer.standard is not None
    assert (answer.standard.code, answer.standard.version) == ("STANDARD", 1)
    assert [rung.number for rung in found.rungs][:2] == [1, 2]


def test_a_joined_case_and_a_clock_that_stopped_say_so(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with transaction(Principal.of_officer(handler)):
        desk.answer(receipt.case_id, "Imekamilika.", monday)
    days_kit.correct(make, tanzania, date(2025, 11, 19), monday)
    (answer, _) = explained(handler, receipt.case_id).clocks
    assert (answer.due_at, answer.own_due) == (receipt.answer_due, kit.at("2025-12-01 15:30"))
    assert answer.met_at == monday


def test_a_page_costs_a_few_statements_and_is_a_look(
    make: Make, monday: datetime, superuser: Behind, query_count: Any, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with transaction(Principal.of_officer(handler)), query_count() as counted:
        why.for_officer(receipt.case_id, monday)
    assert counted.number <= 16
    assert kit.acts(superuser, receipt.case_id).count("looked") == 1
    with transaction(Principal.of_case(receipt.case_id)):
        assert why.for_citizen(receipt.case_id).clocks[0].due_at == receipt.answer_due
    stranger = make.officer("KONDOA-DC", "handler")
    with pytest.raises(Refused, match="not-found"), transaction(Principal.of_officer(stranger)):
        why.for_officer(receipt.case_id, monday)
