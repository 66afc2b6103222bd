"""Working days from now, the coming days, and short names of rungs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import forecast
from feedback.rules.deadlines import Calendar, at_work

FREE = date(2025, 12, 9)
OFFICE = Calendar(frozenset({FREE}))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "then", "days"),
    [
        ("2025-12-05 09:00", "2025-12-05 15:30", 0),
        ("2025-12-05 16:00", "2025-12-05 15:30", 0),  # fell due, and no sweep came yet
        ("2025-12-05 09:00", "2025-12-08 15:30", 1),
        ("2025-12-05 09:00", "2025-12-10 15:30", 2),  # a weekend and a feast between
        ("2025-12-06 09:00", "2025-12-08 15:30", 1),
    ],
)
def test_working_days_from_now(now: str, then: str, days: int) -> None:
    assert forecast.days_until(OFFICE, at(now), at(then)) == days


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2025-12-05 15:30", date(2025, 12, 5)),
        ("2025-12-05 15:31", date(2025, 12, 8)),
        ("2025-12-08 16:00", date(2025, 12, 10)),
        ("2025-12-06 00:00", date(2025, 12, 8)),
    ],
)
def test_the_coming_days_begin_with_the_first_that_is_not_over(now: str, first: date) -> None:
    days = forecast.coming(OFFICE, at(now))
    assert (days[0], len(days)) == (first, forecast.DAYS)
    assert FREE not in days


@given(MOMENTS, st.integers(0, 40))
def test_each_day_stands_under_a_coming_one_that_is_not_before_it(now: datetime, more: int) -> None:
    days = forecast.coming(OFFICE, now)
    day = days[0] + timedelta(days=more - 3)
    shown = forecast.shown_on(days, day)
    assert shown is None if day > days[-1] else shown is not None and shown >= day
    assert days[-1] - days[0] < timedelta(days=forecast.SPAN)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Katibu Tawala wa Mkoa (RAS)", "RAS"),
        ("Katibu Mkuu, UTUMISHI", "UTUMISHI"),
        ("Permanent Secretary, PO-RALG", "PO-RALG"),
        ("Permanent Secretary, parent ministry", "Permanent Secretary, parent ministry"),
        ("Mkurugenzi wa Halmashauri", "Mkurugenzi wa Halmashauri"),
        ("3", "3"),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert forecast.short(name) == short


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2025-12-05 07:29", "2025-12-05 07:30"),
        ("2025-12-05 07:30", "2025-12-05 07:30"),
        ("2025-12-05 15:30", "2025-12-05 15:30"),
        ("2025-12-05 15:31", "2025-12-08 07:30"),
        ("2025-12-07 12:00", "2025-12-08 07:30"),
        ("2025-12-08 23:00", "2025-12-10 07:30"),
    ],
)
def test_an_office_is_at_work_or_opens_next(now: str, then: str) -> None:
    assert at_work(OFFICE, at(now)) == at(then)


@given(MOMENTS)
def test_what_waits_for_the_office_waits_once(now: datetime) -> None:
    opens = at_work(OFFICE, now)
    assert opens >= now
    assert at_work(OFFICE, opens) == opens
