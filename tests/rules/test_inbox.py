"""The groups of the inbox, by the hour in Dar es Salaam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from feedback.rules import inbox
from feedback.rules.inbox import GROUPS
from tests.services.kit import at

WEDNESDAY = at("2025-11-12T10:00")


@pytest.mark.parametrize(
    ("now", "due", "group"),
    [
        ("2025-11-12T10:00", "2025-11-12T09:59", "late"),
        ("2025-11-12T10:00", "2025-11-12T10:00", "today"),
        ("2025-11-12T10:00", "2025-11-12T15:30", "today"),
        ("2025-11-12T15:31", "2025-11-12T15:30", "late"),
        ("2025-11-12T10:00", "2025-11-12T23:59", "today"),
        ("2025-11-12T10:00", "2025-11-13T00:00", "week"),
        ("2025-11-12T10:00", "2025-11-16T23:59", "week"),
        ("2025-11-12T10:00", "2025-11-17T00:00", "later"),
        # At one in the night in Dar es Salaam it is still yesterday in UTC.
        ("2025-11-13T01:00", "2025-11-13T15:30", "today"),
        ("2025-11-17T00:30", "2025-11-21T15:30", "week"),
        # On a Sunday nothing more of the week is left.
        ("2025-11-16T10:00", "2025-11-17T15:30", "later"),
        ("2025-11-16T10:00", "2025-11-16T15:30", "today"),
    ],
)
def test_what_is_due_when(now: str, due: str, group: str) -> None:
    assert inbox.edges(at(now)).group(at(due), None) == group


def test_whose_clock_waits_is_in_no_other_group() -> None:
    edges = inbox.edges(WEDNESDAY)
    assert edges.group(WEDNESDAY - timedelta(days=9), WEDNESDAY) == "waiting"


def test_the_groups_leave_no_moment_out_and_share_none() -> None:
    edges = inbox.edges(WEDNESDAY)
    bounds = [edges.within(group) for group in GROUPS if group != "waiting"]
    assert bounds[0][0] is None
    assert bounds[-1][1] is None
    assert [end for _, end in bounds[:-1]] == [first for first, _ in bounds[1:]]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        inbox.edges(datetime(2025, 11, 12, tzinfo=UTC).replace(tzinfo=None))
