"""Which rung of the ladder a case reaches next, by what, and when; and who stands on it.

A case has one ladder position in each cycle. `next_step` knows no present: it names the next
moment at which something happens if nobody acts. The caller waits for that moment, records what
happened with that same moment, and asks again, so that after an outage each rung is caught up
with the time at which it fell due. Moments are aware; those that go out are in UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from feedback.rules.deadlines import Calendar, add_working_days, working_days_until


@dataclass(frozen=True, slots=True)
class Driver:
    """What takes a case up. `lasts`: rung after rung as long as it lasts, else by one rung, once.

    top: the highest rung that it reaches; None: that of the ladder. names_rung: it leads to one
    rung and no other. waits: until the last rung has been held for its days.
    """

    clock: str
    lasts: bool
    top: int | None
    names_rung: bool = False
    waits: bool = True


DRIVERS = (
    # The first human word was due and has not come.
    Driver("acknowledge", lasts=True, top=2),
    # The answer was due and has not come.
    Driver("answer", lasts=True, top=None),
    # The citizen said "not fixed": the cycle begins with its first rung, at once.
    Driver("appeal", lasts=False, top=None),
    # Nobody's name stands by the case, from the close of the next working day on.
    Driver("unowned", lasts=True, top=2),
    # It was handed on for the third time, and each time after that.
    Driver("transfer", lasts=False, top=3),
    # The office asked the citizen again just before the answer was due.
    Driver("pause", lasts=False, top=2),
    # The day of an order has gone by: to someone above the one who gave it.
    Driver("directive", lasts=False, top=None),
    # The citizen wrote on paper to a high office: its rung, at once; those below are passed over.
    Driver("paper", lasts=False, top=None, names_rung=True, waits=False),
)
"""The policy. Where several would climb at one moment, the one that began first does, and of two
that began together the one that stands higher in this list."""

ALARM_DAYS = 3
"""Working days between two alarms for a case whose ladder has no rung at all."""
UNOWNED_DAYS = 1
"""Working days within which a case that nobody owns is to get a name."""
FREE_TRANSFERS = 2
"""Transfers that lead to no rung."""
FREE_PAUSES = 1
"""Pauses, over all cycles, that are never an abuse."""
LAST_DAYS = 2
"""Working days before the due time in which a further pause is an abuse."""

_ORDER = {driver.clock: place for place, driver in enumerate(DRIVERS)}
_BY_CLOCK = {driver.clock: driver for driver in DRIVERS}
ACKNOWLEDGE_TOP = _BY_CLOCK["acknowledge"].top or 0
"""The highest rung to which a missed acknowledgement alone can climb."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung: the post addressed, where that post is, and how long it has, in working days.

    reads: it may read the case and direct; else it is told, and no more. explains: the handler is
    to say why the case came so far.
    """

    number: int
    post: str
    at: str
    days: int
    digest: bool
    copy: str = ""
    reads: bool = True
    explains: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that takes a case up by one rung, at its moment; `least`: no lower one will do.

    key: what it was, so that the rung which it led to is known again. until: when it was put right,
    after which it leads to none. alarmed: that no rung was left for it has been said.
    """

    clock: str
    at: datetime
    least: int = 1
    key: str = ""
    until: datetime | None = None
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A time without an owner, still running where `until` is None."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """What drives a case in its present cycle.

    The clocks with their due times; None for one that was met or does not run. An acknowledgement
    given late keeps its due time beside `acknowledged_at`: what fell due before it still counts,
    whenever a sweep comes to it. So does what fell due before somebody was named, and before the
    case was answered or taken back (`over_at`).
    """

    acknowledge_due: datetime | None
    answer_due: datetime | None
    acknowledged_at: datetime | None = None
    appealed_at: datetime | None = None
    unowned: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Climbed:
    """A rung reached in this cycle, at the moment it fell due (not when a sweep found it).

    A skipped rung had nobody who may see the case; it is held for no time. `days`: the working
    days it had when it was climbed, which no later change of the ladder alters. key: of the event
    that led to it.
    """

    rung: int
    at: datetime
    skipped: bool = False
    days: int | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens next, and by which driver.

    `rung` None with `alarm` True: the ladder has no higher rung, administrators are alarmed. key:
    of the event behind it.
    """

    rung: int | None
    at: datetime
    clock: str
    alarm: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class _Pull:
    """One driver at work: since when, until when, and the least rung it will do with."""

    driver: Driver
    at: datetime
    until: datetime | None = None
    least: int = 1
    key: str = ""
    alarmed: bool = False


def next_step(
    calendar: Calendar,
    ladder: Sequence[Rung],
    clocks: Clocks,
    climbed: Sequence[Climbed],
    alarms: Sequence[datetime],
    first_rung: int = 1,
    max_rung: int | None = None,
) -> Step | None:
    """The next rung and its moment, or the next alarm above the top; None when nothing drives.

    `climbed` holds the rungs of the present cycle in order, `alarms` the moments of its alarms.
    `first_rung` is where the cycle begins, `max_rung` where the ladder ends for this kind of case.
    """
    rungs = {rung.number: rung for rung in ladder if max_rung is None or rung.number <= max_rung}
    last = climbed[-1] if climbed else None
    held = None if last is None else _held_until(calendar, rungs, last)
    repeats = held
    if alarms:
        repeats = add_working_days(calendar, max(alarms), _alarm_days(rungs, last))
    above = last.rung + 1 if last is not None else 1
    wanted = max(above, first_rung)
    ended = not any(number >= wanted for number in rungs)
    found: list[tuple[datetime, datetime, int, Step]] = []
    for pull in _pulls(calendar, clocks, min(first_rung, max(rungs, default=0))):
        until = pull.until or clocks.over_at
        if clocks.over_at is not None and until is not None:
            until = min(until, clocks.over_at)
        if not pull.driver.lasts and spent(pull, climbed):
            continue
        number = _rung_for(pull, rungs, above, wanted)
        waits_for = held if pull.driver.waits else None
        if number is None and ended and pull.driver.lasts and _within(pull.driver, wanted):
            waits_for = repeats
        elif number is None and pull.driver.clock == "directive" and not pull.alarmed:
            waits_for = None
        elif number is None:
            continue
        moment = pull.at if waits_for is None else max(pull.at, waits_for)
        if until is None or moment < until:
            step = Step(number, moment, pull.driver.clock, alarm=number is None, key=pull.key)
            found.append((moment, pull.at, _ORDER[pull.driver.clock], step))
    return min(found, key=lambda each: each[:3])[3] if found else None


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
        if step.rung is not None:
            path.append(Climbed(rung=step.rung, at=step.at, key=step.key))
        elif step.key:
            clocks = alarmed(clocks, step.key)
        else:
            break
    return steps


def alarmed(clocks: Clocks, key: str) -> Clocks:
    """The same once an alarm was raised for the event that found no rung."""
    events = (replace(e, alarmed=True) if e.key == key else e for e in clocks.events)
    return replace(clocks, events=tuple(events))


def directive(calendar: Calendar, due_on: date, given: datetime, rung: int, key: str) -> Event:
    """An order whose day goes by, of an officer on that rung: it climbs at the close of office of
    the first working day on or after its day, and never before it was given."""
    closes = add_working_days(calendar, max(given, calendar.opening(due_on)), 0)
    return Event("directive", closes, least=rung + 1, key=key)


def abuses_pause(calendar: Calendar, earlier: int, start: datetime, due: datetime) -> bool:
    """Whether a pause that begins at `start` is an abuse: not the case's first, and the answer was
    due (`due`: before this pause) within two working days."""
    return earlier >= FREE_PAUSES and working_days_until(calendar, start, due) <= LAST_DAYS


def _pulls(calendar: Calendar, clocks: Clocks, first_rung: int) -> Iterator[_Pull]:
    """Every driver that is at work, or was."""
    if clocks.acknowledge_due is not None:
        given = clocks.acknowledged_at
        yield _Pull(_BY_CLOCK["acknowledge"], clocks.acknowledge_due, given)
    if clocks.answer_due is not None:
        yield _Pull(_BY_CLOCK["answer"], clocks.answer_due)
    # Of a ladder without a rung the answer's own clock raises the alarm.
    if clocks.appealed_at is not None and first_rung:
        yield _Pull(_BY_CLOCK["appeal"], clocks.appealed_at, least=first_rung)
    for span in clocks.unowned:
        late = add_working_days(calendar, span.since, UNOWNED_DAYS)
        yield _Pull(_BY_CLOCK["unowned"], late, span.until)
    for event in clocks.events:
        driver = _BY_CLOCK[event.clock]
        yield _Pull(driver, event.at, event.until, event.least, event.key, event.alarmed)


def spent(event: Event | _Pull, climbed: Sequence[Climbed]) -> bool:
    """An event is spent by the first rung at or after its moment that will do, whoever drove it;
    the one that it drove itself is known by its key, should a calendar have changed since."""
    return any(
        each.rung >= event.least
        and each.at >= event.at
        or bool(event.key)
        and each.key == event.key
        for each in climbed
    )


def _rung_for(pull: _Pull, rungs: Mapping[int, Rung], above: int, wanted: int) -> int | None:
    """The rung to which it leads; None where none is left for it."""
    if pull.driver.names_rung:
        return pull.least if pull.least in rungs and pull.least >= above else None
    if pull.driver.clock == "appeal":
        wanted = max(above, pull.least)
    least = max(wanted, pull.least)
    number = min([n for n in rungs if n >= least], default=None)
    return number if number is not None and _within(pull.driver, number) else None


def _within(driver: Driver, number: int) -> bool:
    return driver.top is None or number <= driver.top


def _held_until(calendar: Calendar, rungs: Mapping[int, Rung], last: Climbed) -> datetime:
    if last.skipped:
        return last.at
    return add_working_days(calendar, last.at, _days(rungs.get(last.rung), last))


def _alarm_days(rungs: Mapping[int, Rung], last: Climbed | None) -> int:
    """The days of the rung last held, else of the ladder's top; at least one, to go forward."""
    number = last.rung if last is not None else max(rungs, default=0)
    return max(1, _days(rungs.get(number), last))


def _days(rung: Rung | None, last: Climbed | None) -> int:
    """The days frozen when the rung was climbed, else those that the ladder gives it."""
    if last is not None and last.days is not None:
        return last.days
    return ALARM_DAYS if rung is None else rung.days


# --- who stands on a rung -------------------------------------------------------------------


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
    """How a rung is reached: holder, deputy, letter (on paper) or skipped.

    why it was not the plain way: vacant, away, concerned, missing (no parent or no such office),
    circle (the post stood on a lower rung already), own (the handler holds it); '' where it was.
    """

    kind: str
    person: int | None
    alarm: bool
    why: str = ""


def resolve(
    post: Post | None,
    excluded: frozenset[int],
    *,
    handler: int | None = None,
    below: frozenset[int] = frozenset(),
) -> Way:
    """Who stands on a rung, going round vacancies, absence and persons the case concerns.

    `post` None is a missing parent or office; `below`: posts on lower rungs of the cycle, `handler`
    whom the case is late with, who is no superior of the own. No letter goes to an office where
    the holder or deputy who would open it is one of those. Each way but the plain one and that of
    a deputy for somebody away raises an alarm.
    """
    if post is None:
        return Way("skipped", None, alarm=True, why="missing")
    if post.id in below:
        return Way("skipped", None, alarm=True, why="circle")
    barred = excluded if handler is None else excluded | {handler}
    holder, deputy = post.holder, post.deputy
    if holder is not None and _can_act(holder, barred):
        return Way("holder", holder.id, alarm=False)
    why = _absence(holder, excluded, handler)
    if deputy is not None and _can_act(deputy, barred):
        return Way("deputy", deputy.id, alarm=why != "away", why=why)
    people = {person.id for person in (holder, deputy) if person is not None}
    if people & excluded:
        return Way("skipped", None, alarm=True, why="concerned")
    if handler in people:
        return Way("skipped", None, alarm=True, why="own")
    return Way("letter", None, alarm=True, why=why)


def _absence(holder: Person | None, excluded: frozenset[int], handler: int | None) -> str:
    """Why the holder of a post does not act."""
    if holder is None:
        return "vacant"
    if holder.id in excluded:
        return "concerned"
    if holder.id == handler:
        return "own"
    return "away" if holder.active else "vacant"


def _can_act(person: Person, barred: frozenset[int]) -> bool:
    return person.active and not person.on_leave and person.id not in barred
