"""What is expected and found of a case, and the parts of the policy."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.oracle.facts import World, outages

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPEN = ("new", "assigned", "in_progress", "waiting_citizen")
ORDER = ("acknowledge", "answer", "appeal", "unowned", "transfer", "pause", "directive", "paper")
TOP = {"acknowledge": 2, "unowned": 2, "transfer": 3, "pause": 2}


@dataclass(frozen=True, slots=True)
class Policy:
    """Parts of the policy, so that code that does not know them yet can be held against the rest.

    drivers: what escalates. ways: a post that stood on a lower rung already is passed over, and
    whoever handles the case is not told of it as its superior. keeps: a rung that fell due before
    an acknowledgement or an owner came is climbed also when no sweep ran between. after_answer: so
    is one that fell due before the answer.
    """

    drivers: frozenset[str] = frozenset(ORDER)
    ways: bool = True
    keeps: bool = True
    after_answer: bool = True


@dataclass(frozen=True, slots=True)
class Climb:
    """A rung: of which cycle and ladder, when it fell due, what drove it, and who was reached."""

    cycle: int
    restricted: bool
    rung: int
    due: datetime
    clock: str
    way: str
    person: str | None
    at: datetime
    why: str = ""


@dataclass
class Outcome:
    """What became of a case. `due` by cycle and clock; `refused` the facts that could not be."""

    due: dict[tuple[int, str], datetime] = field(default_factory=dict)
    climbs: list[Climb] = field(default_factory=list)
    tops: list[tuple[int, datetime]] = field(default_factory=list)
    orders: list[tuple[int, datetime]] = field(default_factory=list)
    pauses: list[tuple[int, datetime, datetime, datetime | None]] = field(default_factory=list)
    status: str = "new"
    closed: datetime | None = None
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Pause:
    cycle: int
    start: datetime
    runs_out: datetime
    end: datetime | None = None

    @property
    def until(self) -> datetime:
        return self.runs_out if self.end is None else self.end


@dataclass
class Clock:
    """A clock of a cycle: its due time is frozen when it stops."""

    start: datetime
    days: int
    more: int = 0
    stopped: datetime | None = None


@dataclass
class Event:
    """Something that wants rungs: one of the cycle in which it happens, or one after the other from
    a moment on. It counts for what falls due before `until`. day: the one by which an order is to
    be followed, after whose close it begins to count. office: where a letter arrived, which leads
    to the rung of that office and no other, at once."""

    name: str
    at: datetime
    until: datetime | None = None
    least: int = 0
    cycle: int = 0
    restricted: bool = False
    day: date | None = None
    office: str = ""
    told: bool = False
    source: Event | None = None

    @property
    def origin(self) -> Event:
        """What it stands for, if it was made from an order for a look at the calendar of now."""
        return self.source or self


@dataclass(frozen=True)
class Next:
    """A rung that would be climbed; `rung` None: there is none, administrators are alarmed."""

    at: datetime
    since: datetime
    order: int
    event: Event
    rung: int | None


def _hours(span: timedelta) -> int:
    """Whole hours, rounded up."""
    return -(-span // HOUR)


class Sweeps:
    """The hours at which jobs run."""

    def __init__(self, world: World) -> None:
        hours = int((world.end - world.start) / HOUR) + 1
        first = world.start.replace(minute=0, second=0, microsecond=0) + HOUR
        down = {
            number
            for begin, end in outages(world.facts)
            for number in range(_hours(begin - first), _hours(end - first))
        }
        self.at = [first + HOUR * number for number in range(hours) if number not in down]

    def from_(self, moment: datetime) -> datetime | None:
        """The first one that is not before a moment."""
        number = bisect_left(self.at, moment)
        return self.at[number] if number < len(self.at) else None
