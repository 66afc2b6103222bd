"""How likely a case is to be answered late: frequencies of cases like it, and the words for them.

Cases are told apart by one feature after another, the most telling first. A cell counts those that
agree in the first so many features; its share is drawn towards that of the cell above it, so that a
few cases alone say little. A case is judged by the narrowest cell that has enough of them, and the
counts of that very cell are the explanation: nothing stands behind the number that is not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

FEWEST_CASES = 30
"""Cases that a cell must have: with fewer nothing is said, and nothing is kept either."""
PRIOR = 20.0
"""How many cases of its own a cell needs to count as much as the one above it."""
LIKELY = 0.5
"""From here on a case is called likely late."""
SHARES = ("start", "quarter", "half", "most")
"""How much of the time is gone: less than a quarter, a quarter, half, three quarters or more."""
LOADS = ((10, "few"), (30, "some"))
"""Open cases of the owner below which a load has this name; above the last it is "many"."""
FEATURES = ("share", "acknowledged", "hold", "kind", "institution", "category", "load")
"""In the order in which cases are told apart."""
INSTITUTION = 1 + FEATURES.index("institution")
"""How long the key of a cell is that tells institutions apart."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case at a moment, by which it is compared with others."""

    share: str
    acknowledged: bool
    # Who has it: "owned", "unowned", or "waiting" for the citizen.
    hold: str
    # Of the institution: its kind and its code; of the subject: its code.
    kind: str
    institution: str
    category: str
    load: str


@dataclass(frozen=True, slots=True)
class Count:
    """Cases of a cell, and how many of them were late."""

    cases: int
    late: int


Key = tuple[str, ...]
Cells = Mapping[Key, Count]


@dataclass(frozen=True, slots=True)
class Risk:
    """How likely a case is late. `key`: the values of the first FEATURES of the cell by which it is
    judged; `count`: that cell; `above`: the likelihood by the cell above it."""

    probability: float
    key: Key
    count: Count
    above: float

    @property
    def likely(self) -> bool:
        """Whether it is called likely late: more often than not, also before it is drawn down."""
        return self.probability >= LIKELY and self.count.late * 2 >= self.count.cases


def share(start: datetime, due: datetime, now: datetime) -> str:
    """How much of the time between start and due is gone, as one of SHARES."""
    whole = (due - start).total_seconds()
    gone = (now - start).total_seconds() / whole if whole > 0 else 1.0
    return SHARES[max(0, min(len(SHARES) - 1, int(gone * len(SHARES))))]


def next_share(start: datetime, due: datetime, now: datetime) -> datetime:
    """When the share becomes another; the due time once it is the last."""
    step = (due - start) / len(SHARES)
    edges = (start + step * number for number in range(1, len(SHARES)))
    return next((edge for edge in edges if edge > now), due)


def middles(start: datetime, due: datetime) -> list[tuple[str, datetime]]:
    """The moments at which a past case is looked at: the middle of each share."""
    step = (due - start) / (2 * len(SHARES))
    return [(name, start + step * (2 * number + 1)) for number, name in enumerate(SHARES)]


def load(cases: int) -> str:
    """A number of open cases as a band."""
    return next((name for below, name in LOADS if cases < below), "many")


def keys(facts: Facts) -> list[Key]:
    """The cells of a case, from that of all cases to the narrowest."""
    values = (
        facts.share,
        "acknowledged" if facts.acknowledged else "silent",
        facts.hold,
        facts.kind,
        facts.institution,
        facts.category,
        facts.load,
    )
    return [values[:depth] for depth in range(len(values) + 1)]


def learn(seen: Iterable[tuple[Facts, bool]], fewest: int = FEWEST_CASES) -> dict[Key, Count]:
    """Count what past cases were like, and whether they were late; small cells are dropped."""
    cases: dict[Key, int] = {}
    late: dict[Key, int] = {}
    for facts, was_late in seen:
        for key in keys(facts):
            cases[key] = cases.get(key, 0) + 1
            late[key] = late.get(key, 0) + was_late
    return {key: Count(number, late[key]) for key, number in cases.items() if number >= fewest}


def shrunk(count: Count, above: float) -> float:
    """The share of a cell, drawn towards that of the cell above as its cases are few."""
    return (count.late + PRIOR * above) / (count.cases + PRIOR)


def estimate(cells: Cells, facts: Facts) -> Risk | None:
    """How likely the case is late; None while too few cases like it are known."""
    found: Risk | None = None
    above = 0.0
    for key in keys(facts):
        count = cells.get(key)
        if count is None:
            break
        # That of all cases is no reason of its own: it says nothing of this one.
        if not key:
            above = count.late / count.cases
            continue
        found = Risk(shrunk(count, above), key, count, above)
        above = found.probability
    return found


def reasons(key: Key) -> list[tuple[str, str]]:
    """The features of a cell by name, the narrowest first: what cases like this have in common."""
    return list(zip(FEATURES, key, strict=False))[::-1]
