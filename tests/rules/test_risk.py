"""How likely a case is late: counts, what they are drawn to, and words that say the number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.rules import risk
from feedback.rules.risk import Count, Facts

START = datetime(2025, 11, 3, 9, tzinfo=UTC)
DUE = START + timedelta(days=20)


def facts(**other: object) -> Facts:
    values: dict[str, object] = {
        "share": "half",
        "acknowledged": False,
        "hold": "owned",
        "kind": "council",
        "institution": "DODOMA-CC",
        "category": "LAND-DISPUTE",
        "load": "few",
    }
    return Facts(**{**values, **other})  # type: ignore[arg-type]


FACTS = st.builds(
    facts,
    share=st.sampled_from(risk.SHARES),
    acknowledged=st.booleans(),
    hold=st.sampled_from(["owned", "unowned", "waiting"]),
    institution=st.sampled_from(["DODOMA-CC", "TANGA-CC"]),
    category=st.sampled_from(["ROADS", "LAND-DISPUTE", ""]),
    load=st.sampled_from(["few", "some", "many"]),
)
HISTORY = st.lists(st.tuples(FACTS, st.booleans()), max_size=40)
COUNTS = st.integers(0, 500).flatmap(
    lambda cases: st.builds(Count, st.just(cases), st.integers(0, cases))
)
LIKELIHOOD = st.floats(0, 1)


@pytest.mark.parametrize(
    ("days", "share", "until"),
    [
        (0, "start", 5),
        (4.9, "start", 5),
        (5, "quarter", 10),
        (10, "half", 15),
        (15, "most", 20),
        (19.9, "most", 20),
        (21, "most", 20),
        (-1, "start", 5),
    ],
)
def test_the_share_of_the_time_that_is_gone(days: float, share: str, until: int) -> None:
    now = START + timedelta(days=days)
    assert risk.share(START, DUE, now) == share
    assert risk.next_share(START, DUE, now) == START + timedelta(days=until)


def test_past_cases_are_looked_at_in_the_middle_of_each_share() -> None:
    days = [(at - START) / timedelta(days=1) for _, at in risk.middles(START, DUE)]
    assert days == [2.5, 7.5, 12.5, 17.5]
    assert all(risk.share(START, DUE, at) == name for name, at in risk.middles(START, DUE))


@pytest.mark.parametrize(("cases", "band"), [(0, "few"), (9, "few"), (10, "some"), (30, "many")])
def test_loads_have_bands(cases: int, band: str) -> None:
    assert risk.load(cases) == band


def test_of_120_cases_like_this_one_84_were_late() -> None:
    land = facts()
    past = [(land, number < 84) for number in range(120)]
    past += [(facts(institution="TANGA-CC", acknowledged=True), False)] * 120
    found = risk.estimate(risk.learn(past), land)
    assert found is not None
    assert (found.count, found.likely) == (Count(120, 84), True)
    assert risk.reasons(found.key) == [
        ("load", "few"),
        ("category", "LAND-DISPUTE"),
        ("institution", "DODOMA-CC"),
        ("kind", "council"),
        ("hold", "owned"),
        ("acknowledged", "silent"),
        ("share", "half"),
    ]
    assert 0.65 < found.probability < 0.7


def test_with_too_few_cases_nothing_is_said_and_nothing_is_kept() -> None:
    few = [(facts(), True)] * (risk.FEWEST_CASES - 1)
    assert risk.learn(few) == {}
    assert risk.estimate({}, facts()) is None
    # Of all cases alone, which says nothing of this one.
    assert risk.estimate(risk.learn([(facts(share="most"), True)] * 40), facts()) is None


def test_where_cases_grow_few_the_cell_above_judges() -> None:
    past = [(facts(institution="TANGA-CC"), True)] * 40 + [(facts(), False)] * 10
    found = risk.estimate(risk.learn(past), facts())
    assert found is not None
    assert found.key == ("half", "silent", "owned", "council")
    assert found.count == Count(50, 40)


@given(COUNTS, LIKELIHOOD)
def test_a_share_lies_between_the_cases_and_the_cell_above(count: Count, above: float) -> None:
    found = risk.shrunk(count, above)
    assert 0 <= found <= 1
    own = count.late / count.cases if count.cases else above
    assert min(own, above) - 1e-9 <= found <= max(own, above) + 1e-9


@given(LIKELIHOOD)
def test_without_cases_it_is_that_of_the_cell_above(above: float) -> None:
    assert risk.shrunk(Count(0, 0), above) == pytest.approx(above)


@given(st.integers(1, 500), st.data(), LIKELIHOOD)
def test_more_late_cases_never_make_it_less_likely(
    cases: int, data: st.DataObject, above: float
) -> None:
    less, more = sorted(data.draw(st.tuples(st.integers(0, cases), st.integers(0, cases))))
    assert risk.shrunk(Count(cases, less), above) <= risk.shrunk(Count(cases, more), above)


@given(COUNTS, LIKELIHOOD, LIKELIHOOD)
def test_it_follows_the_cell_above(count: Count, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert risk.shrunk(count, low) <= risk.shrunk(count, high)


@given(st.integers(1, 100), LIKELIHOOD)
def test_many_cases_outweigh_the_cell_above(late: int, above: float) -> None:
    count = Count(100_000, late * 1_000)
    assert risk.shrunk(count, above) == pytest.approx(late / 100, abs=0.001)


@settings(max_examples=25)
@given(HISTORY, FACTS)
def test_what_is_said_is_what_it_was_judged_by(
    history: list[tuple[Facts, bool]], asked: Facts
) -> None:
    cells = risk.learn(history, fewest=3)
    found = risk.estimate(cells, asked)
    if found is None:
        return
    assert 0 <= found.probability <= 1
    # The counts said are those of the cases that agree in what is said, counted anew.
    alike = [late for each, late in history if risk.keys(each)[len(found.key)] == found.key]
    assert found.count == Count(len(alike), sum(alike))
    assert dict(risk.reasons(found.key)) == dict(zip(risk.FEATURES, found.key, strict=False))
    assert found.key in risk.keys(asked)
    assert found.probability == risk.shrunk(found.count, found.above)
    if found.likely:
        assert found.count.late * 2 >= found.count.cases


@settings(max_examples=15)
@given(HISTORY)
def test_each_cell_holds_those_below_it(history: list[tuple[Facts, bool]]) -> None:
    cells = risk.learn(history, fewest=1)
    for key, count in cells.items():
        assert 0 <= count.late <= count.cases
        if key:
            above = cells[key[:-1]]
            assert above.cases >= count.cases
            assert above.late >= count.late
