"""When an SMS may go, and how many in a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import sending
from feedback.rules.sending import Budget, Kind, QuietHours
from feedback.services.texts import TEMPLATES, officer_letters

NIGHT = QuietHours(21, 7)
MOMENTS = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+03:00")


def test_each_text_says_why_it_is_sent() -> None:
    """A new text is named in KINDS, else nobody decided whether it may wake people."""
    carrying = {f"{name}_waits" for name, each in TEMPLATES.items() if each["sw"].pointer}
    assert set(sending.KINDS) == set(TEMPLATES) | carrying | set(officer_letters.SUBJECTS)


def test_a_text_that_nobody_named_is_a_notice() -> None:
    assert sending.kind("no-such-text") is Kind.NOTICE


@pytest.mark.parametrize(
    ("moment", "kind", "goes"),
    [
        ("2026-11-23 20:59", Kind.NOTICE, "2026-11-23 20:59"),
        ("2026-11-23 21:00", Kind.NOTICE, "2026-11-24 07:00"),
        ("2026-11-23 23:59", Kind.DIRECT, "2026-11-24 07:00"),
        ("2026-11-24 00:00", Kind.DIRECT, "2026-11-24 07:00"),
        ("2026-11-24 06:59", Kind.NOTICE, "2026-11-24 07:00"),
        ("2026-11-24 07:00", Kind.NOTICE, "2026-11-24 07:00"),
        ("2026-11-24 02:00", Kind.ASKED, "2026-11-24 02:00"),
    ],
)
def test_quiet_hours(moment: str, kind: Kind, goes: str) -> None:
    assert sending.earliest(kind, at(moment), NIGHT) == at(goes)


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23), st.sampled_from(Kind))
def test_whatever_the_hours_it_goes_outside_them_within_a_day(
    now: datetime, begin: int, end: int, kind: Kind
) -> None:
    quiet = QuietHours(begin, end)
    goes = sending.earliest(kind, now, quiet)
    assert now <= goes <= now + timedelta(days=1)
    assert kind in sending.AT_ONCE or not quiet.cover(goes)
    assert sending.earliest(kind, goes, quiet) == goes


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23))
def test_the_next_day_is_the_next_and_no_night(now: datetime, begin: int, end: int) -> None:
    quiet = QuietHours(begin, end)
    goes = sending.next_day(now, quiet)
    local = goes.astimezone(sending.DAR_ES_SALAAM).date()
    assert local == now.astimezone(sending.DAR_ES_SALAAM).date() + timedelta(days=1)
    assert not quiet.cover(goes)


def test_no_hours_are_quiet_where_both_are_the_same() -> None:
    assert not any(QuietHours(0, 0).cover(at(f"2026-11-23 {hour:02}:00")) for hour in range(24))


def test_acknowledgements_keep_their_share_of_the_day() -> None:
    budget = Budget(per_number=20, per_day=1_000, reserve=30)
    assert [budget.of_day(kind) for kind in Kind] == [1_000, 1_000, 700, 700]
    # A stranger's forms keep no office's answer from the citizen.
    assert [budget.of_number(kind) for kind in Kind] == [20, None, None, None]


def test_what_must_wait_takes_what_weighs_less_along() -> None:
    assert "answer" in sending.kinds_held(Kind.DIRECT)
    assert "transferred" in sending.kinds_held(Kind.DIRECT)
    assert "received" not in sending.kinds_held(Kind.DIRECT)
    assert set(sending.kinds_held(Kind.ASKED)) == set(sending.KINDS)


def test_stop_stops_notices_alone() -> None:
    assert [kind for kind in Kind if sending.respects_stop(kind)] == [Kind.NOTICE]
