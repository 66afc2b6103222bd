"""Whether this machine's clock can be believed, by which moment a sweep acts meanwhile, and how
long a periodic job may be silent.

The sources: rule 3 of the product (the clock is honest) and rule 4 (the ladder never stalls). A
machine has three witnesses of the present moment: its own clock, the database's clock, and what it
believed last plus the seconds that it counted since (a count that nobody can set). While they
contradict each other, a sweep acts by the earliest of them, so that nothing happens early. After
an hour it acts by the one in the middle, so that nothing waits for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

Doubt = Literal["", "forward", "back", "apart"]

JUMP = timedelta(minutes=10)
"""A clock that ran ahead of the counted seconds by more has been moved."""
APART = timedelta(minutes=2)
"""Two clocks that differ by more, or one that stands so far behind, contradict each other."""
HOLD_SECONDS = 3_600.0
"""So long at most a sweep acts by the earliest witness."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a machine sees at one moment. ticks: the seconds it counted since it was started."""

    wall: datetime
    database: datetime
    ticks: float


@dataclass(frozen=True, slots=True)
class Kept:
    """What a machine believed last, at which count, and since which count it doubts."""

    believed: datetime
    ticks: float
    doubted_since: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """now: the moment by which a sweep acts. kept: what to know at the next look."""

    now: datetime
    doubt: Doubt
    holds: bool
    kept: Kept


def judge(reading: Reading, kept: Kept | None, last: datetime | None = None) -> Verdict:
    """kept: of this machine since its start, none at first; then `last` is the latest moment by
    which any machine swept: no clock was ever further back."""
    if kept is None:
        expected = None if last is None else max(last, min(reading.wall, reading.database))
        doubt: Doubt = _apart(reading) or (
            "back" if last is not None and last - reading.wall > APART else ""
        )
    else:
        expected = kept.believed + timedelta(seconds=max(0.0, reading.ticks - kept.ticks))
        doubt = _apart(reading) or _moved(reading.wall - expected)
    if not doubt:
        return Verdict(reading.wall, "", False, Kept(reading.wall, reading.ticks))
    witnesses = sorted({reading.wall, reading.database, expected or reading.wall})
    anchor = kept or Kept(expected or witnesses[0], reading.ticks)
    since = reading.ticks if anchor.doubted_since is None else anchor.doubted_since
    if reading.ticks - since < HOLD_SECONDS:
        return Verdict(witnesses[0], doubt, True, replace(anchor, doubted_since=since))
    plausible = _middle(reading, expected)
    return Verdict(plausible, doubt, False, Kept(plausible, reading.ticks, since))


def _apart(reading: Reading) -> Doubt:
    return "apart" if abs(reading.wall - reading.database) > APART else ""


def _moved(ahead: timedelta) -> Doubt:
    if ahead > JUMP:
        return "forward"
    return "back" if -ahead > APART else ""


def _middle(reading: Reading, expected: datetime | None) -> datetime:
    """Two witnesses that agree outvote the third; of two alone the earlier is believed."""
    three = [reading.wall, reading.database, expected or min(reading.wall, reading.database)]
    return sorted(three)[1]


SHORTEST_SECONDS = 120
"""One job may hold a worker for so long: a shorter silence of another says nothing."""


def patience(period: int) -> timedelta:
    """How long after a job last ended well it counts as silent: twice its period."""
    return timedelta(seconds=max(2 * period, SHORTEST_SECONDS))
