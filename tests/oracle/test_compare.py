"""What differs is told so that one sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.oracle import compare, outcome
from tests.oracle.again import shrink
from tests.oracle.facts import Fact, World, moment

MONDAY = moment(date(2026, 1, 5), 9, 1)
WEDNESDAY = moment(date(2026, 1, 7), 15, 30)
RUNG = outcome.Climb(1, False, 1, WEDNESDAY, "acknowledge", "holder", "o7", WEDNESDAY)


def test_expected_and_found_stand_beside_each_other_under_the_facts() -> None:
    facts = [
        Fact(MONDAY, "lodge", ("c1", "DODOMA-CC", "OTHER", "complaint", False)),
        Fact(MONDAY, "owner", ("c1", None)),
        Fact(WEDNESDAY, "ack", ("c2",)),
    ]
    expected = outcome.Outcome(climbs=[RUNG], status="new")
    found = outcome.Outcome(climbs=[replace(RUNG, way="deputy", person="o8")], status="new")
    (pairs,) = compare.differences({"c1": expected}, {"c1": found}).values()
    told = compare.report("c1", facts, pairs).splitlines()
    assert told[:3] == [
        "case c1",
        "  Mon 2026-01-05 09:01  lodge      c1 DODOMA-CC OTHER complaint False",
        "  Mon 2026-01-05 09:01  owner      c1 –",
    ]
    rung = "1. cycle rung 1 Wed 2026-01-07 15:30 acknowledge"
    recorded = "recorded Wed 2026-01-07 15:30"
    assert told[5] == f"! {rung} holder o7, {recorded} | "
    assert told[7].endswith(f" | {rung} deputy o8, {recorded}")
    assert compare.differences({"c1": expected}, {"c1": expected}) == {}


def test_a_rung_climbed_twice_or_a_case_that_is_missing_shows() -> None:
    once, twice = outcome.Outcome(climbs=[RUNG]), outcome.Outcome(climbs=[RUNG, RUNG])
    assert compare.differences({"c1": once}, {"c1": twice}).keys() == {"c1"}
    assert compare.differences({"c1": once}, {}).keys() == {"c1"}


def test_a_world_is_cut_down_to_what_makes_it_fail() -> None:
    facts = tuple(
        Fact(MONDAY, what, (f"c{number}",)) for number in range(20) for what in ("lodge", "ack")
    )
    made = World(1, MONDAY, WEDNESDAY, facts)
    kept = shrink(made, lambda world: Fact(MONDAY, "ack", ("c13",)) in world.facts)
    assert kept.facts == (Fact(MONDAY, "ack", ("c13",)),)
