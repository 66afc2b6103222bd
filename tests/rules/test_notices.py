"""When the next list is due."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import notices


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "then"),
    [
        ([7], "2026-11-30T06:59", "2026-11-30T07:00"),
        ([7], "2026-11-30T07:00", "2026-12-01T07:00"),
        ([14, 7], "2026-11-30T07:00", "2026-11-30T14:00"),
        ([14, 7], "2026-11-30T23:30", "2026-12-01T07:00"),
        ([6], "2026-12-01T00:30", "2026-12-01T06:00"),
    ],
)
def test_the_next_list(hours: list[int], now: str, then: str) -> None:
    assert notices.next_list(hours, at(now)) == at(then)


@given(
    st.sets(st.sampled_from(list(notices.HOURS)), min_size=1, max_size=3),
    st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_it_is_later_within_a_day_and_at_a_chosen_hour(hours: set[int], now: datetime) -> None:
    then = notices.next_list(hours, now)
    assert 0 < (then - now).total_seconds() <= 24 * 3600
    assert then.astimezone(notices.DAR_ES_SALAAM).hour in hours


def test_a_list_without_an_hour_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="hour"):
        notices.next_list([], at("2026-11-30T07:00"))


@pytest.mark.parametrize(
    ("kind", "made", "at_work", "goes"),
    [
        ("escalated", 30, False, True),
        ("escalated", 29, False, True),
        ("due_today", 30, True, True),
        ("due_today", 30, False, False),
        ("due_today", 29, True, False),
        ("will_climb", 30, True, True),
        ("will_climb", 28, True, False),
    ],
)
def test_what_is_of_one_day_goes_on_that_day_and_at_work(
    kind: str, made: int, at_work: bool, goes: bool
) -> None:
    today = date(2026, 11, 30)
    assert notices.goes_now(kind, today.replace(day=made), today, at_work=at_work) is goes


def test_what_is_of_one_day_is_urgent_and_no_choice() -> None:
    assert notices.AT_WORK <= notices.URGENT
    assert not notices.muted(notices.AT_WORK)
