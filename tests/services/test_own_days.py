"""Days of single offices, half days and moved holidays: they move what counts by them, no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from feedback.services import calendars, closures, desk
from feedback.services.calendars import Whose
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import days_kit, kit
from tests.services.days_kit import DODOMA
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
WEDNESDAY = date(2025, 11, 19)
FRIDAY = date(2025, 11, 28)  # on which a complaint of Monday 10 November is due


@pytest.fixture
def tanzania(app: Flask, superuser: Behind) -> Any:
    """The national calendar, as it was before the test afterwards."""
    with days_kit.calendar(superuser) as number:
        yield number


def due(superuser: Behind, receipt: Any) -> datetime:
    found: datetime = kit.case_row(superuser, receipt.case_id)["due_at"]
    return found


def test_a_day_of_one_office_moves_its_deadlines_alone(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    here, elsewhere = make.case(monday), make.case(monday, institution="KONDOA-DC")
    assert days_kit.correct(make, tanzania, WEDNESDAY, monday, whose=DODOMA).moved == 1
    assert due(superuser, here) == kit.at("2025-12-01 15:30")
    assert due(superuser, elsewhere) == elsewhere.answer_due
    (alarm,) = kit.rows(superuser, "SELECT * FROM alarm")
    assert (alarm["kind"], alarm["settled_at"]) == ("office_closed", None)
    (correction,) = kit.rows(superuser, "SELECT * FROM calendar_correction")
    assert (correction["deadlines_moved"], correction["done_at"]) == (1, monday)
    # and back, which alarms nobody
    assert (
        days_kit.correct(make, tanzania, WEDNESDAY, monday, status="removed", whose=DODOMA).moved
        == 1
    )
    assert due(superuser, here) == here.answer_due
    assert len(kit.rows(superuser, "SELECT * FROM alarm")) == 1


def test_a_day_of_a_region_is_that_of_all_its_offices(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    city, rural, far = (
        make.case(monday, institution=code) for code in ("DODOMA-CC", "KONDOA-DC", "ARUSHA-CC")
    )
    whose = Whose("region:Dodoma", None, "Mkuu wa Mkoa", "RC/7")
    assert days_kit.correct(make, tanzania, WEDNESDAY, monday, whose=whose).moved == 2
    assert due(superuser, city) == due(superuser, rural) == kit.at("2025-12-01 15:30")
    assert due(superuser, far) == far.answer_due


def test_a_half_day_ends_the_deadline_at_its_hour(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipt, other = make.case(monday), make.case(monday, institution="KONDOA-DC")
    half = days_kit.half_day(12, DODOMA)
    assert days_kit.correct(make, tanzania, FRIDAY, monday, whose=half).moved == 1
    assert due(superuser, receipt) == kit.at("2025-11-28 12:00")
    assert due(superuser, other) == other.answer_due
    # whoever comes now is promised the same
    assert make.case(monday).answer_due == kit.at("2025-11-28 12:00")


def test_only_clocks_that_run_over_the_day_are_looked_at(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    make.case(monday)
    early, late = monday.date() - timedelta(days=3), date(2025, 12, 3)
    for day in (early, late):
        run = days_kit.correct(make, tanzania, day, monday)
        assert run.moved == 0
        assert run.after.int == 0
    assert days_kit.correct(make, tanzania, FRIDAY, monday).moved == 1


def test_confirming_what_was_expected_moves_nothing_and_reads_no_case(
    make: Make, monday: datetime, superuser: Behind, tanzania: int, query_count: Any
) -> None:
    make.case(monday)
    assert days_kit.correct(make, tanzania, WEDNESDAY, monday, status="expected").moved == 1
    with query_count() as counted:
        run = days_kit.correct(make, tanzania, WEDNESDAY, monday)
    assert (run.moved, run.after.int, counted.number < 30) == (0, 0, True)
    *_, last = kit.rows(superuser, "SELECT * FROM calendar_correction ORDER BY id")
    assert (last["shifts"], last["deadlines_moved"]) == (False, 0)


def test_the_moon_was_seen_a_day_later(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipt = make.case(monday)
    days_kit.correct(make, tanzania, FRIDAY, monday, status="expected")
    assert due(superuser, receipt) == kit.at("2025-12-01 15:30")
    admin = make.officer("PO-PSMGG", "admin")
    saturday = FRIDAY + timedelta(days=1)
    with transaction(Principal.of_officer(admin)):
        number = calendars.move(tanzania, FRIDAY, saturday, admin, monday).id
    assert days_kit.apply(number, monday).moved == 1
    assert due(superuser, receipt) == receipt.answer_due
    rows = kit.rows(
        superuser,
        "SELECT day, status FROM holiday WHERE day BETWEEN %s AND %s AND calendar_id = %s"
        " ORDER BY day",
        FRIDAY,
        saturday,
        tanzania,
    )
    assert [(row["day"], row["status"]) for row in rows] == [
        (FRIDAY, "removed"),
        (saturday, "confirmed"),
    ]
    *_, said = kit.rows(superuser, "SELECT * FROM calendar_correction ORDER BY id")
    assert (said["status"], said["day"], said["moved_to"]) == ("moved", FRIDAY, saturday)
    with pytest.raises(Refused, match="not-found"), transaction(Principal.of_officer(admin)):
        calendars.move(tanzania, FRIDAY, saturday, admin, monday)
    with pytest.raises(Refused, match="same-day"), transaction(Principal.of_officer(admin)):
        calendars.move(tanzania, saturday, saturday, admin, monday)


def test_a_transfer_takes_the_office_s_days_along_and_the_ladder_counts_by_the_new_one(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("KONDOA-DC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.transfer(receipt.case_id, "KONDOA-DC", None, "Ni ya Kondoa.", monday)
    clock = kit.clock(superuser, receipt.case_id, "answer")
    (home,) = kit.rows(superuser, "SELECT id FROM institution WHERE code = 'DODOMA-CC'")
    assert clock["office_id"] == home["id"]
    assert days_kit.correct(make, tanzania, WEDNESDAY, monday, whose=DODOMA).moved == 1
    kondoa = Whose("KONDOA-DC", None, "Mkurugenzi", "K/1")
    assert days_kit.correct(make, tanzania, date(2025, 11, 20), monday, whose=kondoa).moved == 0
    late = due(superuser, receipt)
    assert late == kit.at("2025-12-01 15:30")
    kit.sweep(late)
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-04 15:30")
    tuesday = date(2025, 12, 2)
    assert days_kit.correct(make, tanzania, tuesday, late, whose=DODOMA).moved == 0
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-04 15:30")
    days_kit.correct(make, tanzania, tuesday, late, whose=kondoa)
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-05 15:30")


def test_a_correction_waits_until_nobody_lodges_by_the_former_calendar(
    make: Make, monday: datetime, as_officer: AsOfficer, tanzania: int
) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    with as_officer(admin):
        calendars.correct(tanzania, WEDNESDAY, "A", "A", "confirmed", admin, monday)
    with transaction(JOB):
        found = [calendars.pending(monday + timedelta(seconds=n)) for n in (0, 9, 10)]
    assert [len(each) for each in found] == [0, 0, 1]


def test_nothing_scoped_costs_nothing(app: Flask, tanzania: int) -> None:
    with transaction(JOB):
        d = directory()
        assert d.calendar_of(d.institutions_by_code["DODOMA-CC"].id) is d.calendars[tanzania]


@pytest.mark.parametrize(
    ("whose", "day", "code"),
    [
        (Whose("NOWHERE", None, "X", "1"), WEDNESDAY, "bad-scope"),
        (Whose("region:Mars", None, "X", "1"), WEDNESDAY, "bad-scope"),
        (Whose("DODOMA-CC", None, "", "1"), WEDNESDAY, "no-order"),
        (Whose("DODOMA-CC", None, "X", " "), WEDNESDAY, "no-order"),
        (Whose(closes=time(7)), WEDNESDAY, "bad-hour"),
        (Whose(closes=time(15, 30)), WEDNESDAY, "bad-hour"),
        (DODOMA, date(2025, 11, 2), "too-old"),
    ],
)
def test_what_is_not_the_office_s_own_day_is_refused(
    make: Make,
    monday: datetime,
    as_officer: AsOfficer,
    tanzania: int,
    whose: Whose,
    day: date,
    code: str,
) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    with pytest.raises(Refused, match=code), as_officer(admin):
        calendars.correct(tanzania, day, "A", "A", "confirmed", admin, monday, whose)


def test_who_closed_an_office_settles_no_alarm_about_it(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    days_kit.correct(make, tanzania, WEDNESDAY, monday, whose=DODOMA)
    (correction,) = kit.rows(superuser, "SELECT * FROM calendar_correction")
    dedupe = f"office_closed:{correction['id']}"
    for officer, may in (
        (correction["officer_id"], False),
        (make.officer("TANESCO", "admin"), True),
    ):
        with transaction(Principal.of_officer(officer)) as session:
            assert session.scalar(select(func.guard.may_settle("office_closed", dedupe))) is may
            (listed,) = closures.listed()
            assert (listed.scope, listed.order_number) == ("DODOMA-CC", "AB.12/2025")


def test_administrators_are_told_twice_of_a_day_that_nobody_confirmed(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    days_kit.correct(make, tanzania, WEDNESDAY, monday, status="expected")

    def told(days: int) -> list[int]:
        now = kit.at("2025-11-19 08:00") - timedelta(days=days)
        for _ in range(2):
            with transaction(JOB):
                calendars.ask_to_decide(now)
        kinds = ("notice", "alarm")
        return [
            len(kit.rows(superuser, f"SELECT id FROM {each} WHERE kind LIKE 'day%%'"))  # noqa: S608
            for each in kinds
        ]

    assert [told(3), told(2), told(1), told(0)] == [[0, 0], [1, 0], [2, 1], [2, 1]]
    days_kit.correct(make, tanzania, WEDNESDAY, monday)
    (alarm,) = kit.rows(superuser, "SELECT * FROM alarm")
    assert alarm["settled_at"] == monday
