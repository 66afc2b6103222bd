"""No published table gives away a small group, by itself or by subtraction."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.disclosure import SMALL_GROUP, safe_count, safe_rate, suppress


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({}, {}),
        ({"a": 50, "b": 10}, {"a": 50, "b": 10}),
        # one small cell takes the smallest other with it
        ({"a": 50, "b": 9, "c": 12}, {"a": 50, "b": None, "c": None}),
        ({"a": 50, "b": 0, "c": 12}, {"a": 50, "b": None, "c": None}),
        # two that hide each other
        ({"a": 50, "b": 9, "c": 8}, {"a": 50, "b": None, "c": None}),
        # two whose sum would be a small group itself
        ({"a": 50, "b": 2, "c": 3, "d": 20}, {"a": 50, "b": None, "c": None, "d": None}),
        ({"a": 50, "b": 0, "c": 0}, {"a": None, "b": None, "c": None}),
        # two that fill their sum to the brim: nine and nine would be told by it
        ({"a": 50, "b": 9, "c": 9, "d": 20}, {"a": 50, "b": None, "c": None, "d": None}),
        ({"a": 5}, {"a": None}),
        # hidden before: unknown here, and not the only one afterwards
        ({"a": 50, "b": None, "c": 30}, {"a": 50, "b": None, "c": None}),
    ],
)
def test_suppression(counts: dict[str, int | None], shown: dict[str, int | None]) -> None:
    assert suppress(counts) == shown


def test_a_larger_total_tells_what_was_hidden_before() -> None:
    assert suppress({"a": 50, "b": None, "c": None}, total=90) == {"a": 50, "b": None, "c": None}
    assert suppress({"a": 50, "b": None, "c": None}, total=55) == dict.fromkeys("abc")


@pytest.mark.parametrize(("count", "shown"), [(None, None), (0, None), (9, None), (10, 10)])
def test_a_total_is_shown_from_ten_on(count: int | None, shown: int | None) -> None:
    assert safe_count(count) == shown


@pytest.mark.parametrize(
    ("numerator", "denominator", "share"),
    [
        (5, 9, None),
        (0, 0, None),
        (None, 20, None),
        (5, None, None),
        (5, 10, 0.5),
        (1, 3000, 0.0),
        (2, 30, 0.07),
    ],
)
def test_rates(numerator: int | None, denominator: int | None, share: float | None) -> None:
    assert safe_rate(numerator, denominator) == share


@given(st.lists(st.integers(0, 40), max_size=12))
def test_subtraction_from_the_total_isolates_no_small_group(values: list[int]) -> None:
    counts: dict[int, int | None] = dict(enumerate(values))
    shown = suppress(counts)
    assert list(shown) == list(counts)
    hidden = [key for key, count in shown.items() if count is None]
    for key, count in shown.items():
        assert count is None or count == counts[key] >= SMALL_GROUP
    if hidden and len(hidden) < len(counts):
        assert len(hidden) >= 2
        assert sum(values) - sum(count for count in shown.values() if count) >= SMALL_GROUP


@given(st.lists(st.integers(0, 14), min_size=2, max_size=4))
def test_who_knows_the_rule_and_the_total_cannot_solve_a_small_cell(values: list[int]) -> None:
    """Every table of the same total that would be published the same way is a candidate."""
    shown = suppress(dict(enumerate(values)))
    hidden = [key for key, count in shown.items() if count is None]
    if not hidden or len(hidden) == len(values):
        return
    rest = sum(values[key] for key in hidden)
    candidates = [
        cells
        for cuts in combinations(range(rest + len(hidden) - 1), len(hidden) - 1)
        for cells in [_parts(cuts, rest + len(hidden) - 1)]
        if suppress(dict(enumerate(_fill(values, hidden, cells)))) == shown
    ]
    for position, key in enumerate(hidden):
        if values[key] < SMALL_GROUP:
            assert len({cells[position] for cells in candidates}) > 1


def _parts(cuts: tuple[int, ...], length: int) -> list[int]:
    edges = [-1, *cuts, length]
    return [b - a - 1 for a, b in zip(edges, edges[1:], strict=False)]


def _fill(values: list[int], hidden: list[int], cells: list[int]) -> list[int]:
    filled = list(values)
    for key, cell in zip(hidden, cells, strict=True):
        filled[key] = cell
    return filled
