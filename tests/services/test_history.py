"""The made-up history: what the rules make of it, and nothing where real cases live."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import deadlines, workflow
from feedback.rules.deadlines import Calendar, Pause
from feedback.services import escalations, figures, history, identity, ladders
from feedback.services.errors import Refused
from feedback.services.history.arrivals import arrivals
from feedback.services.history.course import Clock, Maker
from feedback.services.history.office import Office, as_datetime, second
from feedback.services.reference import directory
from feedback.transaction import JOB, transaction

NOW = datetime(2025, 11, 12, 9, 30, tzinfo=UTC)  # a Wednesday, 12:30 in Dar es Salaam
CASES = 400
CALENDAR = Calendar(frozenset({date(2025, 4, 18), date(2025, 4, 21), date(2025, 12, 25)}))
OFFICE = Office(CALENDAR, date(2025, 1, 1), date(2025, 12, 31))
MOMENTS = st.integers(
    second(datetime(2025, 1, 6, tzinfo=UTC)), second(datetime(2025, 12, 20, tzinfo=UTC))
)


class TestOffice:
    @given(MOMENTS, st.integers(1, 40))
    def test_adds_days(self, moment: int, days: int) -> None:
        expected = deadlines.add_working_days(CALENDAR, as_datetime(moment), days)
        assert as_datetime(OFFICE.add_days(moment, days)) == expected

    @given(MOMENTS, MOMENTS)
    def test_counts_minutes(self, start: int, end: int) -> None:
        expected = deadlines.working_minutes(CALENDAR, as_datetime(start), as_datetime(end))
        assert OFFICE.minutes(start, end) == expected

    @given(MOMENTS, st.integers(1, 20))
    def test_reminds(self, start: int, days: int) -> None:
        due = OFFICE.add_days(start, days)
        expected = deadlines.reminders(CALENDAR, as_datetime(start), as_datetime(due))
        assert [as_datetime(moment) for moment in OFFICE.reminders(start, due)] == expected

    @given(MOMENTS)
    def test_goes_to_a_position_and_back(self, moment: int) -> None:
        assert OFFICE.position(OFFICE.at(OFFICE.position(moment))) == OFFICE.position(moment)

    @given(MOMENTS, st.integers(1, 30), st.integers(0, 12 * 86_400), st.integers(1, 12 * 86_400))
    def test_pauses_as_the_rule_does(self, start: int, days: int, after: int, long: int) -> None:
        asked, until = start + after, start + after + long
        clock = Clock(1, "answer", start, days, OFFICE.add_days(start, days), None, None)
        if asked >= clock.due:
            return
        expected = deadlines.due(
            CALENDAR, as_datetime(start), days, [Pause(as_datetime(asked), as_datetime(until))]
        )
        assert as_datetime(Maker._paused_due(OFFICE, clock, asked, until)) == expected

    @given(MOMENTS)
    def test_caps_a_pause_as_the_rule_does(self, asked: int) -> None:
        mine = OFFICE.add_days(Maker._closing_from(OFFICE, asked), deadlines.MAX_PAUSE_DAYS)
        assert as_datetime(mine) == deadlines.pause_cap(CALENDAR, [], as_datetime(asked))


def test_is_refused_where_real_cases_live(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "DEMO", False)
    with pytest.raises(Refused, match="not-a-demonstration"):
        history.load(1, NOW)


@pytest.fixture
def loaded(app: Flask) -> dict[str, int | float]:
    return history.load(CASES, NOW, seed=7)


def test_a_history_is_what_the_rules_make_of_it(
    loaded: dict[str, int | float], superuser: psycopg.Connection[Any]
) -> None:
    """One load for all of it: it makes the officers of the whole country."""
    assert loaded["cases"] == loaded["case"] == CASES
    _a_fifth_is_open_and_late(superuser)
    _clocks_follow_from_the_rules()
    _timers_are_what_arming_them_would_give()
    _words_and_numbers_are_sealed(superuser)
    _the_loader_is_powerless_again(superuser)
    _it_goes_on(superuser)


def _a_fifth_is_open_and_late(behind: psycopg.Connection[Any]) -> None:
    late, unanswered, closed = behind.execute(
        "SELECT count(*) FILTER (WHERE due_at < %(now)s AND status IN ('new', 'assigned',"
        " 'in_progress', 'waiting_citizen')), count(*) FILTER (WHERE status IN ('closed',"
        " 'answered') AND answered_at IS NULL), count(*) FILTER (WHERE closed_at > %(now)s OR"
        ' answered_at > %(now)s OR received_at > %(now)s) FROM "case"',
        {"now": NOW},
    ).fetchone() or (0, 0, 0)
    assert late == CASES * 0.2
    assert unanswered == closed == 0
    kinds = behind.execute('SELECT count(DISTINCT institution_id) FROM "case"').fetchone()
    assert kinds is not None
    assert kinds[0] > 100


def _clocks_follow_from_the_rules() -> None:
    with transaction(JOB) as session:
        d = directory()
        pauses: dict[Any, list[Pause]] = {}
        for row in session.scalars(select(m.Pause)):
            pauses.setdefault((row.case_id, row.cycle), []).append(
                Pause(row.starts_at, row.ends_at or row.runs_out_at)
            )
        for clock in session.scalars(select(m.Deadline)):
            calendar = d.calendar(clock.calendar_id, clock.office_id)
            own = pauses.get((clock.case_id, clock.cycle), ()) if clock.clock == "answer" else ()
            due = deadlines.due(calendar, clock.starts_at, clock.working_days, own)
            assert clock.due_at == due, clock.id
            if clock.minutes is not None and clock.met_at is not None:
                minutes = deadlines.working_minutes(calendar, clock.starts_at, clock.met_at)
                for pause in own:
                    end = min(pause.end or clock.met_at, clock.met_at)
                    minutes -= deadlines.working_minutes(calendar, pause.start, end)
                assert clock.minutes == max(0, minutes), clock.id
        for case in session.scalars(select(m.Case)):
            if case.window_ends_at is not None and case.answered_at is not None:
                assert case.window_ends_at == workflow.window_end(case.answered_at)


def _timers_are_what_arming_them_would_give() -> None:
    with transaction(JOB) as session:
        d = directory()
        timers = {
            row.case_id: row.due_at
            for row in session.scalars(select(m.Timer).where(m.Timer.purpose == "ladder"))
        }
        cases = list(session.scalars(select(m.Case)))
        standings = ladders.standings(cases, d)
        for case in cases:
            # What ended was swept in its own time: nothing of it falls due any more.
            runs = workflow.Status(case.status) in workflow.OPEN
            step = ladders.next_step(case, standings[case.id], d) if runs else None
            assert timers.get(case.id) == (step.at if step else None), case.reference


def _words_and_numbers_are_sealed(behind: psycopg.Connection[Any]) -> None:
    opened = behind.execute(
        'SELECT count(*) FROM message x JOIN "case" c ON c.id = x.case_id'
        " WHERE (c.confidentiality = 'open') <> (x.body IS NOT NULL)"
    ).fetchone()
    assert opened == (0,)
    with transaction(JOB) as session:
        message = session.scalars(select(m.Message).where(m.Message.sealed.is_not(None))).first()
        assert message is not None
        assert identity.unseal(message.sealed or b"", f"message:{message.id}")
        case = session.scalars(select(m.Case).where(m.Case.reachable)).first()
        assert case is not None
        number = identity.phone_of(case.id)
        assert number is not None
        assert number.startswith("+25560")
        assert identity.is_number_of(case.id, number)


def _the_loader_is_powerless_again(behind: psycopg.Connection[Any]) -> None:
    rights = behind.execute(
        "SELECT count(*) FROM information_schema.role_table_grants"
        " WHERE grantee = 'mrejesho_loader' AND table_schema = 'public'"
    ).fetchone()
    assert rights == (0,)


def _it_goes_on(behind: psycopg.Connection[Any]) -> None:
    """The next sweep takes up the ladders, the figures agree, and a second history fits in."""
    later = NOW + timedelta(days=2)
    with transaction(JOB):
        counts = escalations.sweep_batch(later)
    assert counts.timers
    assert counts.escalations
    with transaction(JOB):
        figures.refresh(later)
    received = behind.execute(
        "SELECT sum(f.received) FROM figure f JOIN institution i ON i.id = f.institution_id"
        " WHERE i.parent_id IS NULL AND f.category_id = -1 AND f.channel = '*' AND f.kind = '*'"
    ).fetchone()
    restricted = behind.execute(
        "SELECT count(*) FROM \"case\" WHERE confidentiality = 'restricted'"
    ).fetchone()
    assert received
    assert restricted
    assert received[0] + restricted[0] == CASES  # restricted cases are in no figure
    again = history.load(20, later, seed=7)
    assert again["case"] == 20
    with transaction(JOB):
        assert db.session.scalar(text('SELECT count(*) FROM "case"')) == CASES + 20


def test_the_same_seed_draws_the_same_arrivals(app: Flask) -> None:
    with transaction(JOB):
        d = directory()
    once, again = (
        [(a.at, a.institution.code) for a in arrivals(50, 10, second(NOW), d, Random(3))]  # noqa: S311
        for _ in range(2)
    )
    assert once == again
