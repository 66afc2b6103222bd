"""Corrections of a calendar move what still runs, and nothing that has happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from feedback.services import calendars, desk
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
A_WEDNESDAY = date(2025, 11, 19)


@pytest.fixture
def tanzania(app: Flask, superuser: Behind) -> Any:
    """The national calendar, as it was before the test afterwards."""
    (row,) = kit.rows(superuser, "SELECT id FROM calendar WHERE code = 'TZ'")
    kept = kit.rows(superuser, "SELECT * FROM holiday WHERE calendar_id = %s", row["id"])
    yield row["id"]
    superuser.execute("DELETE FROM calendar_correction")
    superuser.execute("DELETE FROM holiday WHERE calendar_id = %s", [row["id"]])
    with superuser.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO holiday (id, calendar_id, day, name_sw, name_en, status, source)"
            " OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(calendar_id)s, %(day)s, %(name_sw)s,"
            " %(name_en)s, %(status)s, %(source)s)",
            kept,
        )


def correct(make: Make, calendar: int, day: date, status: str, now: datetime) -> int:
    """An administrator's correction, and the worker's part; answers how many deadlines moved."""
    admin = make.officer("PO-PSMGG", "admin")
    with transaction(Principal.of_officer(admin)):
        number = calendars.correct(calendar, day, "Sikukuu", "Holiday", status, admin, now).id
    with transaction(JOB):
        assert calendars.pending() == [number]
    run = apply(number, now)
    with transaction(JOB):
        assert calendars.pending() == []
    assert apply(number, now).moved == 0  # again, which changes nothing
    return run.moved


def apply(number: int, now: datetime, limit: int = calendars.BATCH) -> calendars.Applying:
    run = calendars.Applying(number)
    while not run.done:
        with transaction(JOB):
            calendars.apply(run, now, limit)
    return run


def test_batch_by_batch_and_what_was_cut_short_is_made_up(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipts = [make.case(monday) for _ in range(7)]
    admin = make.officer("PO-PSMGG", "admin")
    with transaction(Principal.of_officer(admin)):
        number = calendars.correct(
            tanzania, A_WEDNESDAY, "Sikukuu", "Holiday", "confirmed", admin, monday
        ).id
    cut_short = calendars.Applying(number)
    with transaction(JOB):
        calendars.apply(cut_short, monday, limit=2)
    assert (cut_short.moved, cut_short.done) == (2, False)
    with transaction(JOB):
        assert calendars.pending() == [number]
    assert apply(number, monday, limit=2).moved == 5
    for receipt in receipts:
        answer = kit.clock(superuser, receipt.case_id, "answer")
        assert answer["due_at"] == kit.at("2025-12-01 15:30")
        assert kit.acts(superuser, receipt.case_id).count("deadline_corrected") == 1
    with transaction(JOB):
        assert calendars.pending() == []


def test_running_deadlines_move_and_it_is_recorded(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipt = make.case(monday)
    assert correct(make, tanzania, A_WEDNESDAY, "confirmed", monday) == 1
    assert kit.clock(superuser, receipt.case_id, "acknowledge")["due_at"] == receipt.acknowledge_due
    answer = kit.clock(superuser, receipt.case_id, "answer")
    assert answer["due_at"] == kit.at("2025-12-01 15:30")
    assert kit.case_row(superuser, receipt.case_id)["due_at"] == answer["due_at"]
    assert kit.timers(superuser, receipt.case_id)["reminder"] == kit.at("2025-11-21 07:30")
    assert kit.acts(superuser, receipt.case_id).count("deadline_corrected") == 1
    (correction,) = kit.rows(superuser, "SELECT * FROM calendar_correction")
    assert correction["deadlines_moved"] == 1


def test_a_day_that_was_expected_and_did_not_come_moves_them_back(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipt = make.case(monday)
    correct(make, tanzania, A_WEDNESDAY, "expected", monday)
    assert kit.case_row(superuser, receipt.case_id)["due_at"] == kit.at("2025-12-01 15:30")
    assert correct(make, tanzania, A_WEDNESDAY, "removed", monday) == 1
    assert kit.case_row(superuser, receipt.case_id)["due_at"] == receipt.answer_due


def test_what_was_met_and_what_was_climbed_stays(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    met, late = make.case(monday), make.case(monday)
    with as_officer(handler):
        desk.answer(met.case_id, "Imekamilika.", monday)
    now = late.answer_due + timedelta(hours=1)
    kit.sweep(now)
    climbed = kit.rungs(superuser, late.case_id)
    assert [row["rung"] for row in climbed] == [1, 2, 3]
    met_clock = kit.clock(superuser, met.case_id, "answer")
    # both clocks of the late case run still: a day off in the first week moves them
    assert correct(make, tanzania, date(2025, 11, 11), "confirmed", now) == 2
    assert kit.rungs(superuser, late.case_id) == climbed
    assert kit.clock(superuser, met.case_id, "answer") == met_clock
    assert kit.case_row(superuser, late.case_id)["due_at"] == kit.at("2025-12-01 15:30")
    # the next rung keeps its three working days after the third
    assert kit.timers(superuser, late.case_id)["ladder"] == kit.at("2025-12-03 15:30")


def test_time_on_a_rung_counts_by_the_corrected_calendar(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    receipt = make.case(monday)
    kit.sweep(receipt.answer_due)
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-03 15:30")
    now = receipt.answer_due + timedelta(hours=1)
    assert correct(make, tanzania, date(2025, 12, 2), "confirmed", now) == 0
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-04 15:30")


def test_another_calendar_s_cases_stay(
    make: Make, monday: datetime, superuser: Behind, tanzania: int
) -> None:
    (zanzibar,) = kit.rows(superuser, "SELECT id FROM calendar WHERE code = 'TZ-ZNZ'")
    receipt = make.case(monday)
    assert correct(make, zanzibar["id"], A_WEDNESDAY, "confirmed", monday) == 0
    superuser.execute("DELETE FROM holiday WHERE source = 'administrator'")
    assert kit.case_row(superuser, receipt.case_id)["due_at"] == receipt.answer_due


def test_new_cases_count_by_the_corrected_calendar(
    make: Make, monday: datetime, tanzania: int
) -> None:
    correct(make, tanzania, date(2025, 11, 11), "confirmed", monday)
    assert make.case(monday).acknowledge_due == kit.at("2025-11-13 15:30")


@pytest.mark.parametrize(
    ("status", "name", "code"),
    [("maybe", "Sikukuu", "bad-status"), ("confirmed", "  ", "empty")],
)
def test_what_does_not_fit_is_refused(
    make: Make,
    monday: datetime,
    as_officer: AsOfficer,
    tanzania: int,
    status: str,
    name: str,
    code: str,
) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    with pytest.raises(Refused, match=code), as_officer(admin):
        calendars.correct(tanzania, A_WEDNESDAY, name, name, status, admin, monday)


def test_many_cases_cost_no_statement_each(
    make: Make, monday: datetime, query_count: Any, tanzania: int
) -> None:
    def cost(day: date) -> int:
        with query_count() as counted:
            assert correct(make, tanzania, day, "confirmed", monday) > 0
        number: int = counted.number
        return number

    for _ in range(3):
        make.case(monday)
    few = cost(date(2025, 11, 19))
    for _ in range(20):
        make.case(monday)
    assert cost(date(2025, 11, 20)) <= few + 2
