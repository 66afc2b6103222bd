"""Histograms of durations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.histogram import BOUNDS, SIZE, add, bucket, percentile


def test_the_bounds_reach_from_a_quarter_hour_to_two_hundred_days() -> None:
    assert (BOUNDS[0], BOUNDS[-1]) == (15, 200 * 480)
    assert len(BOUNDS) == 40
    assert list(BOUNDS) == sorted(set(BOUNDS))
    assert all(b / a < 1.28 for a, b in zip(BOUNDS, BOUNDS[1:], strict=False))


@pytest.mark.parametrize(
    ("minutes", "index"), [(0, 0), (15, 0), (16, 1), (96_000, 39), (96_001, 40), (10**9, 40)]
)
def test_a_bucket_ends_at_its_bound(minutes: int, index: int) -> None:
    assert bucket(minutes) == index


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        bucket(-1)


def test_counts_grow_to_their_size_and_are_returned() -> None:
    counts: list[int] = []
    assert add(counts, 20) is counts
    assert len(counts) == SIZE
    assert sum(counts) == counts[2] == 1


def test_percentiles() -> None:
    assert percentile([], 0.5) is None
    assert percentile([0] * SIZE, 0.5) is None
    counts: list[int] = []
    for _ in range(4):
        add(counts, 480)
    assert percentile(counts, 0.0) == 437
    assert percentile(counts, 0.5) == 492
    assert percentile(counts, 1.0) == 547
    assert percentile(add([], 10**7), 0.5) == 96_000


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1], share)


@given(st.lists(st.integers(0, 90_000), min_size=1, max_size=60), st.floats(0, 1))
def test_a_percentile_is_at_most_one_bucket_off(durations: list[int], share: float) -> None:
    counts: list[int] = []
    for minutes in durations:
        add(counts, minutes)
    found = percentile(counts, share)
    assert found is not None
    rank = max(1, -(-len(durations) * share // 1))
    true = sorted(durations)[min(len(durations), int(rank)) - 1]
    index = bucket(true)
    assert (BOUNDS[index - 1] if index else 0) - 1 <= found <= BOUNDS[index] + 1


@given(st.lists(st.integers(0, 120_000), min_size=1, max_size=60), st.floats(0, 1), st.floats(0, 1))
def test_percentiles_do_not_fall(durations: list[int], one: float, other: float) -> None:
    counts: list[int] = []
    for minutes in durations:
        add(counts, minutes)
    low, high = percentile(counts, min(one, other)), percentile(counts, max(one, other))
    assert low is not None
    assert high is not None
    assert low <= high
