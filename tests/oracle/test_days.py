"""The table of days and the rules of the clock agree on every count, for any calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import deadlines
from feedback.rules.deadlines import Calendar, Pause
from tests.oracle.days import Table
from tests.oracle.facts import moment

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
days_off = st.frozensets(
    st.integers(0, 119).map(lambda number: date(2026, 1, 1) + timedelta(days=number)), max_size=12
)
# Any minute of three months, and often one about the close of an office, where mistakes are made.
moments = st.one_of(
    st.integers(0, 90 * 24 * 60).map(lambda minutes: JANUARY + timedelta(minutes=minutes)),
    st.builds(
        lambda day, minutes: (
            moment(date(2026, 1, 1) + timedelta(days=day), 15, 30) + timedelta(minutes=minutes)
        ),
        st.integers(0, 90),
        st.sampled_from((-1, 0, 1)),
    ),
)


def both(off: frozenset[date]) -> tuple[Calendar, Table]:
    return Calendar(holidays=off), Table(off)


@given(days_off, moments, st.integers(0, 40))
def test_so_many_working_days_later(off: frozenset[date], start: datetime, days: int) -> None:
    calendar, table = both(off)
    assert deadlines.add_working_days(calendar, start, days) == table.after(start, days)


@given(
    days_off,
    moments,
    st.integers(1, 30),
    st.lists(st.tuples(moments, st.integers(0, 12 * 24 * 60)), max_size=2),
    st.integers(0, 10),
)
def test_due_after_pauses_and_more_time(
    off: frozenset[date],
    start: datetime,
    days: int,
    paused: list[tuple[datetime, int]],
    more: int,
) -> None:
    calendar, table = both(off)
    pauses = [(begin, begin + timedelta(minutes=minutes)) for begin, minutes in paused]
    due = deadlines.due(calendar, start, days, [Pause(*each) for each in pauses], more)
    assert due == table.due(start, days + more, pauses)


@given(days_off, moments, st.lists(st.tuples(moments, st.integers(0, 9_000)), max_size=2))
def test_until_when_a_pause_may_last(
    off: frozenset[date], start: datetime, paused: list[tuple[datetime, int]]
) -> None:
    calendar, table = both(off)
    earlier = [(begin, begin + timedelta(minutes=minutes)) for begin, minutes in paused]
    cap = deadlines.pause_cap(calendar, [Pause(*each) for each in earlier], start)
    left = 10 - sum(table.cost(*each) for each in earlier)
    if len(earlier) >= 2 or left <= 0:
        assert cap is None
    else:
        assert cap == table.close[table.next(start) + left]


@given(days_off, moments, moments)
def test_what_a_pause_costs_and_how_many_days_are_left(
    off: frozenset[date], one: datetime, other: datetime
) -> None:
    calendar, table = both(off)
    first, last = sorted((one, other))
    assert deadlines.closings_between(calendar, first, last) == table.cost(first, last)
    due = deadlines.add_working_days(calendar, last, 1)
    left = deadlines.working_days_until(calendar, first, due)
    assert left == table.left(first, due) or (left, table.left(first, due)) == (0, 0)


def test_a_table_knows_short_days_and_other_hours() -> None:
    friday, monday = date(2026, 2, 6), date(2026, 2, 9)
    table = Table((), closes=time(16, 0), weekend=(6,), short={friday: time(12, 0)})
    assert table.after(moment(date(2026, 2, 5), 9, 0), 1) == moment(friday, 12, 0)
    assert table.after(moment(friday, 13, 0), 0) == moment(date(2026, 2, 7), 16, 0)
    assert table.due(moment(friday, 13, 0), 2, ()) == moment(monday, 16, 0)
