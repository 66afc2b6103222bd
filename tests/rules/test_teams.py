"""Who answers for whom, what is idle, when a week ends, and how long an act can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from feedback.rules import teams
from feedback.rules.access import Viewer
from feedback.rules.deadlines import Calendar
from feedback.rules.teams import Scope
from tests.services.kit import at

NOBODY = Viewer(1, 7, frozenset({"handler"}), frozenset(), frozenset(), frozenset(), frozenset())
EMPTY: frozenset[int] = frozenset()


@pytest.mark.parametrize(
    ("viewer", "led", "expected"),
    [
        (NOBODY, EMPTY, None),
        (NOBODY, frozenset({70}), Scope(EMPTY, frozenset({70}))),
        (replace(NOBODY, coordinates=frozenset({7})), EMPTY, Scope(frozenset({7}), EMPTY)),
        (replace(NOBODY, heads=frozenset({7})), frozenset({70}), Scope(frozenset({7}), EMPTY)),
        # An ethics officer shares out no case of an institution.
        (replace(NOBODY, roles=frozenset({"ethics"})), EMPTY, None),
    ],
)
def test_who_answers_for_whom(viewer: Viewer, led: frozenset[int], expected: Scope | None) -> None:
    assert teams.scope(viewer, led) == expected


def test_a_scope_holds_officers_by_place() -> None:
    assert Scope(frozenset({7}), EMPTY).holds(7, 99)
    assert Scope(EMPTY, frozenset({70})).holds(7, 70)
    assert not Scope(EMPTY, frozenset({70})).holds(7, 71)


@pytest.mark.parametrize(
    ("now", "cutoff"),
    [
        ("2025-11-12T10:00", "2025-11-10T00:00"),  # Wednesday: Monday and Tuesday passed whole
        ("2025-11-10T08:00", "2025-11-06T00:00"),  # Monday: Thursday and Friday before
        ("2025-11-16T23:00", "2025-11-13T00:00"),  # Sunday: Thursday and Friday
        ("2025-12-11T10:00", "2025-12-08T00:00"),  # the 9th is a day off
    ],
)
def test_idle_counts_whole_working_days(now: str, cutoff: str) -> None:
    calendar = Calendar(frozenset({date(2025, 12, 9)}))
    assert teams.idle_before(calendar, at(now)) == at(cutoff)


def test_the_week_ends_on_sunday_night() -> None:
    for day in range(10, 17):
        assert teams.end_of_week(at(f"2025-11-{day}T00:00")) == at("2025-11-17T00:00")
        assert teams.end_of_week(at(f"2025-11-{day}T23:59")) == at("2025-11-17T00:00")


def test_an_act_can_be_undone_for_a_day() -> None:
    then = datetime(2025, 11, 10, 6, tzinfo=UTC)
    assert teams.may_undo(then, then + timedelta(hours=23, minutes=59))
    assert not teams.may_undo(then, then + timedelta(hours=24))
