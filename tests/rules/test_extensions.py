"""How much longer an answer may take, who decides it, and what it does to the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import deadlines, extensions
from feedback.rules.access import CaseFacts, Level, Viewer, may_decide_extension
from feedback.rules.deadlines import Calendar, Pause

CALENDAR = Calendar(frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("limit", "granted", "left"),
    [
        (10, [], 10),
        (10, [4], 6),
        (10, [4, 3], 0),  # two are all there is, whatever is left of the days
        (10, [10], 0),
        (100, [60], 40),
        (5, [10], 0),  # the limit was lowered since
        (0, [], 0),
    ],
)
def test_at_most_two_and_within_the_limit(limit: int, granted: list[int], left: int) -> None:
    assert extensions.days_left(limit, sum(granted), len(granted)) == left


def test_longer_is_asked_for_in_time_or_not_at_all() -> None:
    due = deadlines.due(CALENDAR, START, 14)
    assert extensions.in_time(due, due)
    assert not extensions.in_time(due + MOMENT, due)


@given(
    days=st.integers(0, 30),
    first=st.integers(1, 20),
    second=st.integers(1, 20),
    paused=st.integers(0, 200),
    waits=st.integers(0, 200),
)
def test_extensions_add_their_working_days_and_nothing_else(
    days: int, first: int, second: int, paused: int, waits: int
) -> None:
    """One of five days and one of three are one of eight, and each moves the due time forward by so
    many closings of the office, with a pause or without."""
    begins = START + timedelta(hours=paused)
    pauses = [Pause(begins, begins + timedelta(hours=waits))] if waits else []
    before = deadlines.due(CALENDAR, START, days, pauses)
    once = deadlines.due(CALENDAR, START, days, pauses, first)
    twice = deadlines.due(CALENDAR, START, days, pauses, first + second)
    assert before < once < twice
    assert twice == deadlines.due(CALENDAR, START, days + first + second, pauses)
    if not waits:
        assert deadlines.closings_between(CALENDAR, before + MOMENT, once + MOMENT) == first


HERE, ETHICS = 10, 30
NONE: frozenset[int] = frozenset()
CASE = CaseFacts(HERE, 100, 1, Level.OPEN, NONE, NONE, NONE)
HEAD = Viewer(7, HERE, frozenset({"head"}), NONE, NONE, frozenset({HERE}), NONE)
UNIT_HEAD = Viewer(4, HERE, frozenset({"unit_head"}), frozenset({100}), NONE, NONE, NONE)
ETHICIST = Viewer(12, ETHICS, frozenset({"ethics"}), NONE, NONE, NONE, NONE)
SENIOR = replace(ETHICIST, officer=13, roles=frozenset({"ethics", "ethics_senior"}))


@pytest.mark.parametrize(
    ("viewer", "level", "may"),
    [
        (HEAD, Level.OPEN, True),
        (HEAD, Level.CONFIDENTIAL, True),
        (HEAD, Level.RESTRICTED, False),
        (replace(HEAD, heads=frozenset({99})), Level.OPEN, False),
        (UNIT_HEAD, Level.OPEN, False),
        (SENIOR, Level.RESTRICTED, True),
        (SENIOR, Level.OPEN, False),
        (ETHICIST, Level.RESTRICTED, False),
        # of the institution complained about
        (replace(SENIOR, institution=HERE), Level.RESTRICTED, False),
    ],
)
def test_who_decides(viewer: Viewer, level: Level, may: bool) -> None:
    case = replace(CASE, level=level)
    assert may_decide_extension(viewer, case, asker=1) == may
    assert not may_decide_extension(viewer, case, asker=viewer.officer)
    excluded = replace(case, excluded=frozenset({viewer.officer}))
    assert not may_decide_extension(viewer, excluded, asker=1)
