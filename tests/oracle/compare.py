"""Two outcomes beside each other, so that one sees at a glance what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.oracle.facts import Fact, local
from tests.oracle.outcome import Climb, Outcome


def lines(outcome: Outcome) -> list[str]:
    """An outcome in words, a line for each thing."""
    return [
        *(
            f"{cycle}. cycle {clock} due {local(at)}"
            for (cycle, clock), at in sorted(outcome.due.items())
        ),
        *(_rung(climb) for climb in sorted(outcome.climbs, key=_order)),
        *(f"{cycle}. cycle alarm {local(at)}" for cycle, at in sorted(outcome.tops)),
        *(f"{cycle}. cycle alarm of an order {local(at)}" for cycle, at in sorted(outcome.orders)),
        *(
            f"{cycle}. cycle pause {local(start)} to {local(out)}"
            + (f", over {local(end)}" if end else "")
            for cycle, start, out, end in sorted(outcome.pauses, key=lambda each: each[1])
        ),
        f"{outcome.status} {local(outcome.closed) if outcome.closed else ''}".rstrip(),
        *(f"refused: {fact}" for fact in outcome.refused),
        *(f"wrong: {each}" for each in outcome.wrong),
    ]


COMMON = frozenset(
    {
        *("rung", "restricted", "by acknowledge", "by answer", "by appeal"),
        *("holder", "deputy", "letter"),
        *("skipped", "top", "pause", "closed", "withdrawn", "refused", "cycle 3"),
    }
)
# By whether the code knows all ways: what happens in a world of some size.
HAPPENS = {
    False: COMMON,
    True: COMMON
    | {"by unowned", "by transfer", "by pause", "by directive", "order"}
    | {"vacant", "away", "concerned", "missing", "circle", "own"},
}


def tally(outcomes: dict[str, Outcome]) -> Iterator[str]:
    """What happened, once for each time."""
    for outcome in outcomes.values():
        yield from (outcome.status, *("top" for _ in outcome.tops))
        yield from (*("order" for _ in outcome.orders), *("pause" for _ in outcome.pauses))
        yield from ("refused" for _ in outcome.refused)
        yield from (f"cycle {cycle}" for cycle, _ in outcome.due)
        for climb in outcome.climbs:
            yield from ("rung", f"by {climb.clock}", climb.way, climb.why)
            if climb.restricted:
                yield "restricted"


def _order(climb: Climb) -> tuple[int, bool, int]:
    return climb.cycle, climb.restricted, climb.rung


def _rung(climb: Climb) -> str:
    ladder = " restricted" if climb.restricted else ""
    return (
        f"{climb.cycle}. cycle{ladder} rung {climb.rung} {local(climb.due)} {climb.clock}"
        f" {climb.way} {climb.person or ''} {climb.why}".rstrip()
        + f", recorded {local(climb.at)}"
    )


def differences(
    expected: dict[str, Outcome], found: dict[str, Outcome]
) -> dict[str, list[tuple[str, str]]]:
    """By case the lines that stand on one side only: (expected, found), one of them empty."""
    result = {}
    for key in sorted(expected.keys() | found.keys(), key=lambda key: (len(key), key)):
        left = lines(expected[key]) if key in expected else []
        right = lines(found[key]) if key in found else []
        if sorted(left) != sorted(right):
            result[key] = list(_beside(left, right))
    return result


def _beside(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Equal lines beside each other, the others alone."""
    rest = list(right)
    for line in left:
        if line in rest:
            rest.remove(line)
            yield line, line
        else:
            yield line, ""
    for line in rest:
        yield "", line


ROUND = ("day", "outage", "orphan")
"""Facts that are about no case, and may be behind what became of one."""


def report(key: str, facts: Sequence[Fact], pairs: Sequence[tuple[str, str]]) -> str:
    """The case's facts in order, then what was expected and what was found."""
    begun = next(fact.at for fact in facts if fact.case == key)
    own = [f for f in facts if f.case == key or (f.what in ROUND and f.at >= begun)]
    told = [f"case {key}", *(f"  {fact}" for fact in own), ""]
    agree = [left for left, right in pairs if left == right and " alarm " in left]
    shown = [pair for pair in pairs if pair[0] != pair[1] or pair[0] not in agree[:-2]]
    width = max(20, *(len(left) for left, _ in shown))
    table = [f"  {'expected':<{width}}   found"]
    for left, right in shown:
        mark = " " if left == right else "!"
        table.append(f"{mark} {left:<{width}} {'=' if left == right else '|'} {right}")
    more = len(agree) - len(agree[-2:])
    return "\n".join([*told, *table, *([f"  {more} more alarms agree"] if more else [])])
