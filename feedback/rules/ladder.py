"""Which rung of the ladder a late case reaches next, when, and who stands on it.

A case has one ladder position in each cycle. `next_step` knows no present: it names the next
moment at which something happens if nobody acts. The caller waits for that moment, records what
happened with that same moment, and asks again, so that after an outage each rung is caught up
with the time at which it fell due. Moments are aware; those that go out are in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedback.rules.deadlines import Calendar, add_working_days

ACKNOWLEDGE_TOP = 2
"""The highest rung to which a missed acknowledgement alone can climb."""
ALARM_DAYS = 3
"""Working days between two alarms for a case whose ladder has no rung at all."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: the post addressed, where that post is, and how long it has, in working days."""

    number: int
    post: str
    at: str
    days: int
    digest: bool
    copy: str = ""


@dataclass(frozen=True, slots=True)
class Clocks:
    """When the clocks of the cycle fall due; None for one that was met or does not run."""

    acknowledge_due: datetime | None
    answer_due: datetime | None


@dataclass(frozen=True, slots=True)
class Climbed:
    """A rung reached in this cycle, at the moment it fell due (not when a sweep found it).

    A skipped rung had nobody who may see the case; it is held for no time. `days`: the working
    days it had when it was climbed, which no later change of the ladder alters.
    """

    rung: int
    at: datetime
    skipped: bool = False
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next, and by which clock (acknowledge, answer or appeal).

    `rung` None with `alarm` True: the ladder has no higher rung, administrators are alarmed.
    """

    rung: int | None
    at: datetime
    clock: str
    alarm: bool


def next_step(
    calendar: Calendar,
    ladder: Sequence[Rung],
    clocks: Clocks,
    climbed: Sequence[Climbed],
    alarms: Sequence[datetime],
    first_rung: int = 1,
    max_rung: int | None = None,
) -> Step | None:
    """The next rung and its moment, or the next alarm above the top; None when no clock drives.

    `climbed` holds the rungs of the present cycle in order, `alarms` the moments of its alarms.
    `first_rung` is where the cycle begins, `max_rung` where the ladder ends for this kind of case.
    """
    rungs = {rung.number: rung for rung in ladder if max_rung is None or rung.number <= max_rung}
    last = climbed[-1] if climbed else None
    wanted = first_rung if last is None else last.rung + 1
    number = min((n for n in rungs if n >= wanted), default=None)
    running = _running(clocks, wanted if number is None else number)
    if running is None:
        return None
    clock, moment = running
    if number is not None:
        if last is not None:
            moment = max(moment, _held_until(calendar, rungs, last))
        return Step(rung=number, at=moment, clock=clock, alarm=False)
    if alarms:
        moment = max(moment, add_working_days(calendar, max(alarms), _alarm_days(rungs, last)))
    elif last is not None:
        moment = max(moment, _held_until(calendar, rungs, last))
    return Step(rung=None, at=moment, clock=clock, alarm=True)


def forecast(
    calendar: Calendar,
    ladder: Sequence[Rung],
    clocks: Clocks,
    climbed: Sequence[Climbed],
    first_rung: int = 1,
    max_rung: int | None = None,
    limit: int = 10,
) -> list[Step]:
    """The steps ahead if nobody acts, at most `limit`, up to the first alarm above the top."""
    path = list(climbed)
    steps: list[Step] = []
    while len(steps) < limit:
        step = next_step(calendar, ladder, clocks, path, (), first_rung, max_rung)
        if step is None:
            break
        steps.append(step)
        if step.rung is None:
            break
        path.append(Climbed(rung=step.rung, at=step.at))
    return steps


def _running(clocks: Clocks, number: int) -> tuple[str, datetime] | None:
    """The clock that falls due first among those that may still climb to rung `number`."""
    due: list[tuple[datetime, str]] = []
    if clocks.acknowledge_due is not None and number <= ACKNOWLEDGE_TOP:
        due.append((clocks.acknowledge_due, "acknowledge"))
    if clocks.answer_due is not None:
        due.append((clocks.answer_due, "answer"))
    if not due:
        return None
    moment, clock = min(due)
    return clock, moment


def _held_until(calendar: Calendar, rungs: dict[int, Rung], last: Climbed) -> datetime:
    if last.skipped:
        return last.at
    return add_working_days(calendar, last.at, _days(rungs.get(last.rung), last))


def _alarm_days(rungs: dict[int, Rung], last: Climbed | None) -> int:
    """The days of the rung last held, else of the ladder's top; at least one, to go forward."""
    number = last.rung if last is not None else max(rungs, default=0)
    return max(1, _days(rungs.get(number), last))


def _days(rung: Rung | None, last: Climbed | None) -> int:
    """The days frozen when the rung was climbed, else those that the ladder gives it."""
    if last is not None and last.days is not None:
        return last.days
    return ALARM_DAYS if rung is None else rung.days


@dataclass(frozen=True, slots=True)
class Person:
    """An officer as the ladder sees one: has an account that works, and is here or away."""

    id: int
    active: bool
    on_leave: bool


@dataclass(frozen=True, slots=True)
class Post:
    """An office and who holds it now; None for a vacancy or a holder without an account."""

    id: int
    holder: Person | None
    deputy: Person | None


@dataclass(frozen=True, slots=True)
class Way:
    """How a rung is reached: holder, deputy, letter (on paper) or skipped."""

    kind: str
    person: int | None
    alarm: bool


LETTER = Way(kind="letter", person=None, alarm=True)
SKIPPED = Way(kind="skipped", person=None, alarm=True)


def resolve(post: Post | None, excluded: frozenset[int]) -> Way:
    """Who stands on a rung, going round vacancies, absence and persons the case concerns.

    `post` None is a missing parent or a circle. No letter goes to an office where a person the
    case concerns, the holder or the deputy in charge, would open it: that rung is skipped.
    """
    if post is None:
        return SKIPPED
    holder, deputy = post.holder, post.deputy
    if holder is not None and _can_act(holder, excluded):
        return Way(kind="holder", person=holder.id, alarm=False)
    if deputy is not None and _can_act(deputy, excluded):
        return Way(kind="deputy", person=deputy.id, alarm=False)
    concerned = any(person is not None and person.id in excluded for person in (holder, deputy))
    return SKIPPED if concerned else LETTER


def _can_act(person: Person, excluded: frozenset[int]) -> bool:
    return person.active and not person.on_leave and person.id not in excluded
