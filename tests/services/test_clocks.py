"""The clock is honest: only recorded pauses and corrections move a due time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from feedback.rules import deadlines
from feedback.rules.deadlines import MAX_PAUSE_DAYS, MAX_PAUSES, Calendar, Pause
from feedback.services import citizen, desk, extensions, opinions, reopening
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]


def say(case_id: UUID, now: datetime) -> None:
    with transaction(Principal.of_case(case_id)):
        citizen.add_message(case_id, "Ni Uhindini.", now)


def test_a_question_waits_and_any_message_ends_the_waiting(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        pause = desk.ask(receipt.case_id, "Wapi?", monday)
        assert pause is not None
        assert pause.runs_out_at == kit.at("2025-11-24 15:30")
    case = kit.case_row(superuser, receipt.case_id)
    assert case["status"] == "waiting_citizen"
    # the latest possible due time: ten working days and 9 December, a holiday, later
    assert case["due_at"] == kit.at("2025-12-15 15:30")
    assert kit.timers(superuser, receipt.case_id)["pause"] == kit.at("2025-11-24 15:30")
    say(receipt.case_id, monday + timedelta(days=2))
    case = kit.case_row(superuser, receipt.case_id)
    # the closings of Monday and Tuesday were waited for
    assert (case["status"], case["due_at"]) == ("in_progress", kit.at("2025-12-02 15:30"))
    timers = kit.timers(superuser, receipt.case_id)
    assert timers == {
        "ladder": kit.at("2025-12-02 15:30"),
        "reminder": kit.at("2025-11-21 07:30"),
    }
    (pause_row,) = kit.of_case(superuser, "pause", receipt.case_id)
    assert pause_row["ends_at"] == monday + timedelta(days=2)


def test_a_pause_runs_out_and_the_clock_runs_on(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi?", monday)
    runs_out = kit.at("2025-11-24 15:30")
    assert kit.sweep(runs_out - timedelta(minutes=1)).pauses_ended == 0
    assert kit.sweep(runs_out + timedelta(days=2)).pauses_ended == 1
    (pause,) = kit.of_case(superuser, "pause", receipt.case_id)
    assert pause["ends_at"] == runs_out
    assert kit.case_row(superuser, receipt.case_id)["due_at"] == kit.at("2025-12-15 15:30")
    assert "pause" not in kit.timers(superuser, receipt.case_id)
    kinds = [n["kind"] for n in kit.of_case(superuser, "notice", receipt.case_id)]
    assert "pause_over" in kinds
    # nothing is left of the ten working days
    with as_officer(handler):
        assert desk.ask(receipt.case_id, "Wapi hasa?", runs_out + timedelta(days=2)) is None


def test_two_pauses_and_no_third_over_all_cycles(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    moment = monday
    with as_officer(handler):
        assert desk.ask(receipt.case_id, "Wapi?", moment) is not None
        assert desk.ask(receipt.case_id, "Lini?", moment) is not None  # it waits already
    say(receipt.case_id, moment + timedelta(days=1))
    with as_officer(handler):
        desk.answer(receipt.case_id, "Imekamilika.", moment + timedelta(days=1))
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.not_fixed(receipt.case_id, "Bado.", moment + timedelta(days=2))
    with as_officer(handler):
        second = desk.ask(receipt.case_id, "Wapi?", moment + timedelta(days=2))
        assert second is not None
        assert second.cycle == 2
        # one of the ten days was used in the first cycle, nine remain from Wednesday's close
        assert second.runs_out_at == kit.at("2025-11-25 15:30")
    say(receipt.case_id, moment + timedelta(days=3))
    with as_officer(handler):
        assert desk.ask(receipt.case_id, "Tena?", moment + timedelta(days=3)) is None
    assert kit.case_row(superuser, receipt.case_id)["status"] == "waiting_citizen"
    assert len(kit.of_case(superuser, "pause", receipt.case_id)) == 2


def test_a_question_after_the_deadline_pauses_nothing(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    late = receipt.answer_due + timedelta(seconds=1)
    with as_officer(handler):
        assert desk.ask(receipt.case_id, "Wapi?", late) is None
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["due_at"], case["status"]) == (receipt.answer_due, "waiting_citizen")
    kit.sweep(late)
    # nobody had said a word before: that it was missed counts, though no sweep came in between
    assert [row["clock"] for row in kit.rungs(superuser, receipt.case_id)] == [
        *("acknowledge", "acknowledge"),
        "answer",
    ]


def test_an_overdue_case_climbs_while_it_waits_for_the_citizen(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, monday)
        desk.ask(receipt.case_id, "Wapi?", receipt.answer_due + timedelta(hours=1))
    kit.sweep(kit.at("2025-12-03 15:30"))
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == [1, 2]


@pytest.mark.parametrize(
    ("answered", "minutes"),
    [
        ("2025-11-10 09:00", 0),
        ("2025-11-10 15:30", 390),
        ("2025-11-10 23:00", 390),
        ("2025-11-11 07:30", 390),
        ("2025-11-11 08:00", 420),
        ("2025-11-15 12:00", 390 + 4 * 480),  # a Saturday adds nothing
        ("2025-11-17 07:31", 390 + 4 * 480 + 1),
    ],
)
def test_durations_are_working_minutes(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    answered: str,
    minutes: int,
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.answer(receipt.case_id, "Imekamilika.", kit.at(answered))
    for name in ("acknowledge", "answer"):
        assert kit.clock(superuser, receipt.case_id, name)["minutes"] == minutes


def test_waiting_is_no_working_time_of_the_office(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi?", kit.at("2025-11-10 10:00"))
    say(receipt.case_id, kit.at("2025-11-12 10:00"))
    with as_officer(handler):
        desk.answer(receipt.case_id, "Imekamilika.", kit.at("2025-11-12 11:00"))
    assert kit.clock(superuser, receipt.case_id, "acknowledge")["minutes"] == 60
    assert kit.clock(superuser, receipt.case_id, "answer")["minutes"] == 120


REMIND = ("reminder", "due_today")


def test_reminders_come_at_half_time_two_days_before_and_on_the_day(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    told = []
    for hours in range(24 * 21):
        moment = monday + timedelta(hours=hours)
        if kit.sweep(moment).reminders:
            told.append(moment)
    assert told == [
        kit.at("2025-11-20 08:00"),
        kit.at("2025-11-26 08:00"),
        kit.at("2025-11-28 08:00"),
    ]
    notices = kit.of_case(superuser, "notice", receipt.case_id, "at")
    assert [n["officer_id"] for n in notices if n["kind"] in REMIND] == [handler] * 3
    assert [n["kind"] for n in notices if n["kind"] in REMIND] == [
        *("reminder", "reminder", "due_today")
    ]
    assert "reminder" not in kit.timers(superuser, receipt.case_id)


# When sweeps come back, when they run then, and at which of these it is told what.
OUTAGES = (
    # Half time missed: not in the evening, and not before the office opens; once.
    ("2025-11-20 22:00", ["2025-11-21 07:29", "2025-11-21 07:30", "2025-11-21 07:31"],
     {"2025-11-21 07:30": "reminder"}),
    # Back on Saturday: on Monday.
    ("2025-11-22 10:00", ["2025-11-23 08:00", "2025-11-24 07:31"],
     {"2025-11-24 07:31": "reminder"}),
    # Half time and two days before both missed: the latest only, with the next.
    ("2025-11-27 15:31", ["2025-11-28 07:30", "2025-11-28 08:30"],
     {"2025-11-28 07:30": "due_today"}),
    # Late meanwhile: its rung tells that.
    ("2025-11-28 23:00", ["2025-12-01 08:00", "2025-12-02 08:00"], {}),
    # The office has a day off: on the next working day.
    ("2025-11-25 20:00", ["2025-11-26 07:45", "2025-11-27 07:45"],
     {"2025-11-27 07:45": "reminder"}),
)  # fmt: skip


@pytest.mark.parametrize(("back", "sweeps", "told"), OUTAGES)
def test_after_an_outage_a_reminder_waits_for_the_office(
    make: Make,
    monday: datetime,
    superuser: Behind,
    monkeypatch: pytest.MonkeyPatch,
    back: str,
    sweeps: list[str],
    told: dict[str, str],
) -> None:
    make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    if back == "2025-11-25 20:00":
        real = Calendar.is_working_day
        off = date(2025, 11, 26)
        monkeypatch.setattr(
            Calendar, "is_working_day", lambda own, day: day != off and real(own, day)
        )
    assert kit.sweep(kit.at(back)).reminders == 0
    found = {}
    for moment in sweeps:
        if kit.sweep(kit.at(moment)).reminders:
            rows = kit.of_case(superuser, "notice", receipt.case_id, "at")
            found[moment] = [row["kind"] for row in rows if row["kind"] in REMIND][-1]
    assert found == told


def _act(rng: Random, case_id: UUID, officers: list[int], now: datetime) -> None:
    """One act of anyone, allowed or not."""
    handler = rng.choice(officers)
    target = rng.choice(["KONDOA-DC", "DODOMA-CC", "TANESCO"])
    by_citizen: list[Callable[[], Any]] = [
        lambda: citizen.add_message(case_id, "Bado.", now),
        lambda: citizen.not_fixed(case_id, "Bado.", now),
        lambda: citizen.accept(case_id, None, now),
    ]
    by_officer: list[Callable[[], Any]] = [
        lambda: desk.ask(case_id, "Wapi?", now),
        lambda: desk.ask(case_id, "Lini?", now),
        lambda: desk.acknowledge(case_id, now),
        lambda: desk.note(case_id, "Nimepiga simu.", now),
        lambda: desk.assign(case_id, rng.choice(officers), now),
        lambda: desk.transfer(case_id, target, None, "Si yetu.", now),
        lambda: desk.classify(case_id, "ROADS", "confidential", now),
        lambda: desk.answer(case_id, "Imekamilika.", now),
        lambda: desk.answer_partly(case_id, "Tunaendelea.", now),
        lambda: extensions.ask(case_id, rng.choice([2, 4]), "Vipuri.", now),
        lambda: extensions.grant(case_id, "Vipuri.", now),
        lambda: extensions.refuse(case_id, "Hapana.", now),
        lambda: reopening.reopen(case_id, "Tulikosea.", now),
        lambda: opinions.ask(case_id, "Mnasemaje?", 3, now, unit=("DODOMA-CC", "WATER")),
    ]
    act = rng.choice(by_citizen + by_officer + by_officer)
    principal = Principal.of_case(case_id) if act in by_citizen else Principal.of_officer(handler)
    try:
        with transaction(principal):
            act()
    except Refused:
        return


@pytest.mark.parametrize("seed", range(60 if LONG else 6))
def test_the_due_time_always_follows_from_the_recorded_facts(
    make: Make, monday: datetime, superuser: Behind, seed: int
) -> None:
    rng = Random(seed)  # noqa: S311 - which test, not which secret
    officers = [
        make.officer(code, "handler", "head") for code in ("DODOMA-CC", "KONDOA-DC", "TANESCO")
    ]
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    make.officer("DODOMA-CC", "handler", unit="WATER")
    officers.append(head)
    case_id = make.case(monday).case_id
    now = monday
    for _ in range(30):
        now += timedelta(minutes=rng.choice([7, 300, 1_500, 4_000]))
        if rng.random() < 0.3:
            kit.sweep(now)
        _act(rng, case_id, officers, now)
        with transaction(JOB):
            calendars = dict(directory().calendars)
        pauses = kit.of_case(superuser, "pause", case_id, "starts_at")
        for row in kit.of_case(superuser, "deadline", case_id):
            waited = [
                Pause(p["starts_at"], p["ends_at"] or p["runs_out_at"])
                for p in pauses
                if p["cycle"] == row["cycle"] and row["clock"] == "answer"
            ]
            assert row["due_at"] == deadlines.due(
                calendars[row["calendar_id"]],
                row["starts_at"],
                row["working_days"],
                waited,
                row["extension_days"],
            )
            granted = sum(
                e["days"]
                for e in kit.of_case(superuser, "extension", case_id)
                if e["granted"] and (e["cycle"], "answer") == (row["cycle"], row["clock"])
            )
            assert (row["extension_days"], row["starts_at"] <= now) == (granted, True)
        case = kit.case_row(superuser, case_id)
        running = kit.clock(superuser, case_id, "answer", case["cycle"])
        assert case["due_at"] == running["due_at"]
        assert len(pauses) <= MAX_PAUSES
        used = sum(
            deadlines.closings_between(
                calendars[running["calendar_id"]], p["starts_at"], p["ends_at"] or p["runs_out_at"]
            )
            for p in pauses
        )
        assert used <= MAX_PAUSE_DAYS
