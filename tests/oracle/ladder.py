"""Where a case stands: its clocks, what wants a rung for it, and who is reached on one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import pairwise

from tests.oracle.days import DAR, Calendars, Table
from tests.oracle.facts import Fact
from tests.oracle.office import Post, Rung, Shipped, Staff
from tests.oracle.outcome import (
    OPEN,
    ORDER,
    TOP,
    Climb,
    Clock,
    Event,
    Next,
    Outcome,
    Pause,
    Policy,
    Sweeps,
)


@dataclass(slots=True)
class Left:
    """A cycle that is not the present one any more, as it was when the next began."""

    cycle: int
    reopened: bool
    first_rung: int
    status: str
    answered: datetime | None
    closed: datetime | None


class Standing:
    """One case, at one moment after the other."""

    def __init__(
        self,
        lodged: Fact,
        shipped: Shipped,
        staff: Staff,
        calendars: Calendars,
        sweeps: Sweeps,
        policy: Policy,
        corrected: list[datetime],
    ) -> None:
        self.shipped, self.staff, self.calendars = shipped, staff, calendars
        self.sweeps, self.policy, self.corrected = sweeps, policy, corrected
        _key, institution, category, kind, unknown = lodged.args
        self.institution, self.category = str(institution), str(category)
        self.kind, self.unknown = str(kind), bool(unknown)
        self.restricted = shipped.category[self.category][1] == "restricted"
        self.unit = shipped.unit(self.institution, self.category)
        self.standard = shipped.standard(self.category, self.kind)
        # By cycle the office by whose calendar its clocks count, wherever the case goes.
        self.frozen = {1: self.institution}
        self.now = lodged.at
        received = self.stamp(lodged.at)
        self.status, self.cycle, self.appeals, self.reopened = "new", 1, 0, False
        self.first_rung, self.highest = 1, 0
        self.handler: str | None = None
        # From when to when nobody has it.
        self.unowned: list[tuple[datetime, datetime | None]] = [(received, None)]
        self.acknowledged = False
        self.clocks: dict[tuple[int, str], Clock] = {
            (1, "acknowledge"): Clock(received, self.standard.acknowledge),
            (1, "answer"): Clock(received, self.standard.answer),
        }
        self.pauses: list[Pause] = []
        self.requests: list[tuple[int, int, str, bool | None]] = []  # cycle, days, asker, granted
        self.transfers = 0
        self.events: list[Event] = []
        self.excluded: list[tuple[datetime, str]] = []
        self.answered: datetime | None = None
        self.window: datetime | None = None
        self.letter = False
        # Cycles that were over with a rung due to which no sweep had come.
        self.left: list[Left] = []
        self.assigned: str | None = None  # to whom somebody has just given it
        self.drove: list[tuple[Climb, Event]] = []
        self.stood: list[tuple[int, bool, Post | None]] = []
        self.out = Outcome()

    # clocks

    def stamp(self, at: datetime) -> datetime:
        """Of somebody who stays unknown the day alone is kept."""
        return self.day_start(at) if self.unknown else at

    @staticmethod
    def day_start(at: datetime) -> datetime:
        return datetime.combine(at.astimezone(DAR).date(), time(), DAR).astimezone(UTC)

    def table(self, at: datetime) -> Table:
        """The calendar of the institution that has the case."""
        return self.calendars.at(self.institution, at)

    def due(self, cycle: int, name: str, clock: Clock, at: datetime) -> datetime:
        """By the calendar as it stood when the clock stopped, if it did."""
        table = self.calendars.at(self.frozen[cycle], clock.stopped or at)
        pauses = [(p.start, p.until) for p in self.pauses if p.cycle == cycle]
        return table.due(clock.start, clock.days + clock.more, pauses if name == "answer" else ())

    @property
    def answer(self) -> Clock:
        return self.clocks[self.cycle, "answer"]

    def answer_due(self, at: datetime) -> datetime:
        return self.due(self.cycle, "answer", self.answer, at)

    def waiting(self) -> Pause | None:
        return next((pause for pause in self.pauses if pause.end is None), None)

    def resume(self, at: datetime) -> None:
        waiting = self.waiting()
        if waiting is not None:
            waiting.end = min(at, waiting.runs_out)

    def human_word(self) -> None:
        """The first one acknowledges."""
        self.acknowledged = True
        clock = self.clocks.get((1, "acknowledge"))
        if self.cycle == 1 and clock is not None and clock.stopped is None:
            clock.stopped = self.now

    # the ladder

    @property
    def ladder(self) -> list[Rung]:
        rungs = self.shipped.ladders[self.ladder_name]
        most = None if self.restricted else self.standard.max_rung
        return [rung for rung in rungs if most is None or rung.number <= most]

    @property
    def ladder_name(self) -> str:
        return "restricted" if self.restricted else self.shipped.ladder_of[self.institution]

    def rung(self, number: int) -> Rung:
        return next(rung for rung in self.ladder if rung.number == number)

    def climbed(self) -> list[Climb]:
        """In this cycle, on the ladder that the case is on."""
        return [
            each
            for each in self.out.climbs
            if each.cycle == self.cycle and each.restricted == self.restricted
        ]

    def held(self, table: Table, last: Climb | None) -> datetime | None:
        if last is None:
            return None
        return last.due if last.way == "skipped" else table.after(last.due, self.days_of(last))

    def days_of(self, climb: Climb) -> int:
        rungs = self.shipped.ladders[self.ladder_name]
        return next((rung.days for rung in rungs if rung.number == climb.rung), 3)

    def drivers(self, table: Table, at: datetime) -> list[Event]:
        """Everything that wants a rung now or wanted one, since when, and from which rung on."""
        over = None if self.status in OPEN else self.answered or self.out.closed
        if over and (not self.policy.after_answer or self.left_a_ladder()):
            return []
        found = []
        for name in ("acknowledge", "answer"):
            clock = self.clocks.get((self.cycle, name))
            if clock is not None and (name == "answer" or self.counts(clock.stopped)):
                due = self.due(self.cycle, name, clock, at)
                found.append(Event(name, due, clock.stopped))
        for since, until in self.unowned:
            begun = max(since, self.answer.start)
            if self.counts(until) and (until is None or until > begun):
                found.append(Event("unowned", table.after(begun, 1), until))
        for event in self.events:
            if event.day is not None:
                opens = datetime.combine(event.day, time(), DAR)
                closes = table.after(max(event.at, opens), 0)
                event = replace(event, at=closes, day=None, source=event)
            if self.is_open(event):
                found.append(event)
        if over is not None:
            found = [replace(e, until=min(over, e.until or over), source=e.origin) for e in found]
        return [each for each in found if each.name in self.policy.drivers]

    def counts(self, until: datetime | None) -> bool:
        """Whether something that ended at a moment still counts for what fell due before: on the
        ladder on which the case was then."""
        return until is None or (self.policy.keeps and not self.left_a_ladder())

    def left_a_ladder(self) -> bool:
        """Whether it climbed, in this cycle, a ladder that it is no longer on."""
        return any(
            c.cycle == self.cycle and c.restricted != self.restricted for c in self.out.climbs
        )

    def is_open(self, event: Event) -> bool:
        """Whether no rung was climbed for it yet: by it, or after it by whatever else."""
        if event.cycle != self.cycle:
            return False
        if event.name == "directive" and event.restricted != self.restricted:
            return False
        if event.until is not None and not (self.policy.keeps and event.at < event.until):
            return False
        for climb, by in self.drove:
            same = climb.cycle == self.cycle and (
                climb.restricted == self.restricted or event.name != "appeal"
            )
            if same and by is event.origin:
                return False
            if same and climb.due >= event.at and climb.rung >= event.least:
                return False
        return True

    def next_step(self, at: datetime) -> Next | None:
        """What would be climbed next by the calendar of a moment."""
        table = self.table(at)
        climbed = self.climbed()
        last = climbed[-1] if climbed else None
        held = self.held(table, last)
        rungs = [rung.number for rung in self.ladder]
        above = [n for n in rungs if n >= (self.first_rung if last is None else last.rung + 1)]
        found = []
        for event in self.drivers(table, at):
            wanted = min((n for n in above if n >= event.least), default=None)
            waits = held
            if event.office:
                waits, wanted = None, self.rung_of(event.office, last)
            if wanted is not None and wanted > TOP.get(event.name, wanted):
                continue
            moment = event.at if waits is None else max(event.at, waits)
            if wanted is None and event.name == "answer" and not above:
                moment = self.alarm(table, event.at, last, held)
            elif wanted is None and event.name == "directive" and not event.origin.told:
                moment = event.at
            elif wanted is None:
                continue
            if event.until is None or moment < event.until:
                order = ORDER.index(event.name)
                found.append(Next(moment, event.at, order, event, wanted))
        return min(found, key=lambda each: (each.at, each.since, each.order)) if found else None

    def rung_of(self, office: str, last: Climb | None) -> int | None:
        """The rung on which an office stands, else the one of which it gets a copy, if it is none
        that was passed already."""
        if office == self.institution:
            return None
        posts = [(rung, self.post(rung)) for rung in self.shipped.ladders[self.ladder_name]]
        found = [rung.number for rung, post in posts if post is not None and post[0] == office]
        found = found or [rung.number for rung, _ in posts if rung.copy == office]
        number = max(found, default=0)
        known = {rung.number for rung in self.ladder}
        return number if number in known and (last is None or number > last.rung) else None

    def alarm(
        self, table: Table, due: datetime, last: Climb | None, held: datetime | None
    ) -> datetime:
        """Above the top administrators are alarmed, and again each time the rung's days pass."""
        since = [
            alarm
            for cycle, alarm in self.out.tops
            if cycle == self.cycle and (last is None or alarm >= last.due)
        ]
        if since:
            days = self.days_of(last) if last is not None else self.ladder[-1].days
            return max(due, table.after(max(since), max(1, days)))
        return due if held is None else max(due, held)

    def post(self, rung: Rung) -> Post | None:
        if rung.at == "unit":
            return (self.institution, self.unit, rung.post)
        if rung.at == "institution":
            return (self.institution, None, rung.post)
        if rung.at == "parent":
            above = self.shipped.parent[self.institution]
            if not above or self.institution in self.staff.orphans:
                return None
            return (above, None, rung.post)
        return (rung.at.removeprefix("code:"), None, rung.post)

    def reach(self, rung: Rung, at: datetime) -> tuple[str, str | None, str]:
        """By which way a rung is reached, who is, and why it was not the plain way."""
        post = self.post(rung)
        if post is None:
            return "skipped", None, "missing"
        if self.restricted and post[0] == self.institution:
            return "skipped", None, "concerned"
        if self.policy.ways and (self.cycle, self.restricted, post) in self.stood:
            return "skipped", None, "circle"
        holder, deputy = (self.staff.on(post, each, at) for each in ("holder", "deputy"))
        hinders = self.hindrance(holder, at)
        if holder is not None and not hinders:
            return "holder", holder, ""
        if deputy is not None and not self.hindrance(deputy, at):
            return "deputy", deputy, hinders
        # Nobody opens a letter about himself.
        both = {self.hindrance(each, at, by_letter=True) for each in (holder, deputy)}
        for why in ("concerned", "own"):
            if why in both:
                return "skipped", None, why
        return "letter", None, hinders

    def hindrance(self, officer: str | None, at: datetime, by_letter: bool = False) -> str:
        """Why an officer is not the one to look at this case."""
        if officer is None:
            return "vacant"
        if any(each == officer and since <= at for since, each in self.excluded):
            return "concerned"
        if self.policy.ways and officer == self.handler:
            return "own"
        if by_letter or self.staff.can_act(officer, at):
            return ""
        return "away"

    def leave(self) -> None:
        """The cycle ends: what of it is due is climbed by the next sweep, which comes later."""
        step = self.next_step(self.now)
        if step is not None and step.at <= self.now:
            self.left.append(self.cycle_now())

    def cycle_now(self) -> Left:
        closed = self.out.closed
        return Left(self.cycle, self.reopened, self.first_rung, self.status, self.answered, closed)

    def be_in(self, cycle: Left) -> None:
        self.cycle, self.reopened, self.first_rung = cycle.cycle, cycle.reopened, cycle.first_rung
        self.status, self.answered, self.out.closed = cycle.status, cycle.answered, cycle.closed

    def catch_up(self, moment: datetime, sweep: datetime) -> None:
        """First the rungs of the cycles that were left; each that follows begins above them."""
        cycles, self.left = [*self.left, self.cycle_now()], []
        for before, after in pairwise(cycles):
            self.be_in(before)
            self.climb(moment, sweep)
            top, reached = max(rung.number for rung in self.ladder), self.reached()
            least = max(reached, before.first_rung, 1) if after.reopened else reached + 1
            after.first_rung = max(after.first_rung, min(least, top))
        self.be_in(cycles[-1])

    def reached(self) -> int:
        """The highest rung so far of the ladder that the case is on."""
        if not self.restricted:
            return self.highest
        return max((each.rung for each in self.out.climbs if each.restricted), default=0)

    def climb(self, moment: datetime, sweep: datetime) -> None:
        """Every rung that is due at a moment, as a sweep finds it."""
        if self.left:
            self.catch_up(moment, sweep)
        while (step := self.next_step(moment)) is not None and step.at <= moment:
            by = step.event.origin
            if step.rung is None and by.name == "directive":
                by.told = True
                self.out.orders.append((self.cycle, step.at))
                continue
            if step.rung is None:
                self.out.tops.append((self.cycle, step.at))
                continue
            way, person, why = self.reach(self.rung(step.rung), sweep)
            self.out.climbs.append(
                Climb(
                    self.cycle,
                    self.restricted,
                    step.rung,
                    step.at,
                    by.name,
                    way,
                    person,
                    sweep,
                    why if self.policy.ways else "",
                )
            )
            self.drove.append((self.out.climbs[-1], by))
            self.stood.append((self.cycle, self.restricted, self.post(self.rung(step.rung))))
            self.highest = max(self.highest, step.rung)
