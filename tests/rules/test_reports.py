"""What a delivery report means, and which of several counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import reports

TAKEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CODES = st.sampled_from(reports.RANK)


def last(codes: list[str]) -> str | None:
    """What stands after reports came in this order."""
    standing: str | None = None
    for code in codes:
        if reports.moves(standing, code):
            standing = code
    return standing


@given(st.lists(CODES, min_size=1), st.randoms(use_true_random=False))
def test_the_order_decides_nothing(codes: list[str], dice: object) -> None:
    mixed = list(codes)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert last(mixed) == last(codes) == min(codes, key=reports.RANK.index)


@pytest.mark.parametrize(
    ("status", "reason", "code", "state", "problem"),
    [
        ("Success", None, "Success", "delivered", None),
        ("Success", "UserInBlackList", "Success", "delivered", None),
        ("Expired", "UserDoesNotExist", "Expired", "expired", "expired"),
        ("AbsentSubscriber", None, "AbsentSubscriber", "failed", "absent"),
        ("Failed", "UserIsInactive", "UserIsInactive", "failed", "absent"),
        ("Rejected", "UserInBlackList", "UserInBlackList", "failed", "blocked"),
        ("Failed", "UserDoesNotExist", "UserDoesNotExist", "failed", "no_such_number"),
        ("Failed", "DeliveryFailure", "Failed", "failed", "refused"),
        ("Rejected", "what is this", "Rejected", "failed", "refused"),
    ],
)
def test_what_a_report_says(
    status: str, reason: str | None, code: str, state: str, problem: str | None
) -> None:
    assert reports.code(status, reason) == code
    assert reports.state(code) == state
    assert reports.problem(state, code, 0) == problem


@pytest.mark.parametrize("status", ["Sent", "Submitted", "Buffered", "Nonsense", ""])
def test_what_is_under_way_decides_nothing(status: str) -> None:
    assert reports.code(status, None) is None


def test_a_report_counts_for_some_days() -> None:
    assert reports.counts(TAKEN + reports.WINDOW, TAKEN)
    assert reports.counts(TAKEN - timedelta(seconds=5), TAKEN)  # before the send's own answer
    assert not reports.counts(TAKEN + reports.WINDOW + timedelta(seconds=1), TAKEN)


@pytest.mark.parametrize(
    ("state", "code", "ambiguous", "problem"),
    [
        ("dead", "http-500", 2, "unknown"),
        ("dead", "no-connection", 0, "given_up"),
        ("failed", "403", 0, "no_such_number"),
        ("failed", "406", 0, "blocked"),
        ("failed", "502", 0, "refused"),
        ("failed", "country", 0, "country"),
        ("failed", "daily-limit", 0, "too_many"),
        ("suppressed", "opted-out", 0, "opted_out"),
        ("sent", "101", 0, None),
        ("queued", None, 0, None),
        ("unknown", "http-500", 1, None),
    ],
)
def test_what_the_desk_reads(
    state: str, code: str | None, ambiguous: int, problem: str | None
) -> None:
    assert reports.problem(state, code, ambiguous) == problem
    assert problem is None or problem in reports.OUTCOMES
