"""No published number gives away a small group."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.disclosure import SMALL_GROUP, safe_count, safe_rate


@pytest.mark.parametrize(
    ("count", "shown"), [(0, None), (9, None), (10, 10), (19, 10), (20, 20), (1234, 1230)]
)
def test_counts_are_cut_down_to_tens(count: int, shown: int | None) -> None:
    assert safe_count(count) == shown


@pytest.mark.parametrize(
    ("numerator", "denominator", "share"),
    [
        (5, 9, None),
        (0, 0, None),
        (5, 10, 0.5),
        (1, 3000, 0.0),
        (2, 30, 0.05),
        (29, 30, 0.95),
        (867, 1000, 0.87),
        (866, 999, 0.85),
    ],
)
def test_rates_go_in_steps(numerator: int, denominator: int, share: float | None) -> None:
    assert safe_rate(numerator, denominator) == share


@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_neither_a_total_nor_another_day_tells_what_a_small_group_holds(values: list[int]) -> None:
    """The remainder of a total leaves for every small group more than one number."""
    total = safe_count(sum(values))
    shown = [safe_count(value) for value in values]
    lowest = 0 if total is None else total
    highest = 9 if total is None else total + 9
    for position, value in enumerate(values):
        if value >= SMALL_GROUP:
            continue
        others = [s for n, s in enumerate(shown) if n != position]
        least = max(0, lowest - sum(9 if s is None else s + 9 for s in others))
        most = min(9, highest - sum(s or 0 for s in others))
        assert least <= value <= most
        assert most > least
