"""What must have become of every case, from the facts alone.

Written from PRODUCT.md and the policy of escalation, case by case: it goes from fact to fact, and
between two of them to the hours at which a sweep could have found something. It imports the
standard library only, and shares no line with the code that it judges.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from tests.oracle.days import DAR, Calendars, Table
from tests.oracle.facts import PEOPLE, Fact, World, outages
from tests.oracle.office import Post, Rung, Shipped, Staff

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAUSES, PAUSE_DAYS = 2, 10
APPEALS, CYCLE_DAYS, WINDOW = 2, 7, 14
REOPENINGS, REOPEN_DAYS = 2, 90
MORE_TIMES = 2
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
    after_answer: bool = False


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
class _Pause:
    cycle: int
    start: datetime
    runs_out: datetime
    end: datetime | None = None

    @property
    def until(self) -> datetime:
        return self.runs_out if self.end is None else self.end


@dataclass
class _Clock:
    """A clock of a cycle: its due time is frozen when it stops."""

    start: datetime
    days: int
    more: int = 0
    stopped: datetime | None = None


@dataclass
class _Event:
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
    source: _Event | None = None

    @property
    def origin(self) -> _Event:
        """What it stands for, if it was made from an order for a look at the calendar of now."""
        return self.source or self


@dataclass(frozen=True)
class _Next:
    """A rung that would be climbed; `rung` None: there is none, administrators are alarmed."""

    at: datetime
    since: datetime
    order: int
    event: _Event
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


def predict(
    world: World, facts: Sequence[Fact], shipped: Shipped, policy: Policy, until: datetime
) -> dict[str, Outcome]:
    """The outcome of each case up to a moment. `facts`: those of the world in order, with who
    became whose owner."""
    staff, calendars = Staff(), Calendars(world.off, shipped.calendar, shipped.region)
    cases: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.at > until:
            break
        if fact.what in PEOPLE or fact.what == "orphan":
            staff.tell(fact.at, fact.what, fact.args)
        elif fact.what == "day":
            name, day, status, *whose = fact.args
            calendars.correct(name, day, status, fact.at, *whose)  # type: ignore[arg-type]
        elif fact.case is not None:
            cases.setdefault(fact.case, []).append(fact)
    sweeps = Sweeps(world)
    # A correction changes what is derived from then on: it is looked at between the facts.
    corrected = calendars.moments
    found = {}
    for key, own in cases.items():
        if own[0].what == "lodge":
            case = _Case(own[0], shipped, staff, calendars, sweeps, policy, corrected)
            found[key] = case.live(own[1:], until)
    return found


class _Case:
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
        self.clocks: dict[tuple[int, str], _Clock] = {
            (1, "acknowledge"): _Clock(received, self.standard.acknowledge),
            (1, "answer"): _Clock(received, self.standard.answer),
        }
        self.pauses: list[_Pause] = []
        self.requests: list[tuple[int, int, str, bool | None]] = []  # cycle, days, asker, granted
        self.transfers = 0
        self.events: list[_Event] = []
        self.excluded: list[tuple[datetime, str]] = []
        self.answered: datetime | None = None
        self.window: datetime | None = None
        self.letter = False
        self.assigned: str | None = None  # to whom somebody has just given it
        self.drove: list[tuple[Climb, _Event]] = []
        self.stood: list[tuple[int, bool, Post | None]] = []
        self.out = Outcome()

    # between the facts

    def live(self, facts: Sequence[Fact], until: datetime) -> Outcome:
        for fact in facts:
            self.pass_time(fact.at)
            self.now = fact.at
            if fact.what == "owner":
                self.owner(fact.args[1])
            elif not getattr(self, f"do_{fact.what}")(*fact.args[1:]):
                self.out.refused.append(str(fact))
        self.pass_time(until + timedelta(microseconds=1))
        for (cycle, name), clock in self.clocks.items():
            self.out.due[cycle, name] = self.due(cycle, name, clock, until)
        self.out.pauses = [(p.cycle, p.start, p.runs_out, p.end) for p in self.pauses]
        self.out.status = self.status
        return self.out

    def pass_time(self, until: datetime) -> None:
        """The sweeps before a moment, those at which something is found."""
        while True:
            waiting = self.waiting()
            closes = self.status == "answered" and self.window is not None
            at = min(
                (
                    found
                    for found in (
                        self.sweep_for(waiting.runs_out if waiting else None, until),
                        self.sweep_for(self.window if closes else None, until),
                        self.climbing_sweep(until),
                    )
                    if found is not None
                ),
                default=None,
            )
            if at is None:
                return
            self.now = at
            if waiting is not None and waiting.runs_out <= at:
                waiting.end = waiting.runs_out
            if closes and self.window is not None and self.window <= at:
                self.status, self.out.closed = "closed", self.window
            self.climb(at, at)

    def sweep_for(
        self, moment: datetime | None, until: datetime, since: datetime | None = None
    ) -> datetime | None:
        """The sweep that finds what falls due at a moment, if it comes before another."""
        if moment is None:
            return None
        found = self.sweeps.from_(max(moment, since or self.now))
        return found if found is not None and found < until else None

    def climbing_sweep(self, until: datetime) -> datetime | None:
        """The sweep that finds the next rung: what is due is looked up anew by each calendar that
        comes to hold meanwhile."""
        at = self.now
        first = bisect_right(self.corrected, self.now)
        for turn in (*self.corrected[first : bisect_left(self.corrected, until)], until):
            step = self.next_step(at)
            found = self.sweep_for(step.at if step else None, turn, at)
            if found is not None:
                return found
            at = turn
        return None

    def climb(self, moment: datetime, sweep: datetime) -> None:
        """Every rung that is due at a moment, as a sweep finds it."""
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

    def due(self, cycle: int, name: str, clock: _Clock, at: datetime) -> datetime:
        """By the calendar as it stood when the clock stopped, if it did."""
        table = self.calendars.at(self.frozen[cycle], clock.stopped or at)
        pauses = [(p.start, p.until) for p in self.pauses if p.cycle == cycle]
        return table.due(clock.start, clock.days + clock.more, pauses if name == "answer" else ())

    @property
    def answer(self) -> _Clock:
        return self.clocks[self.cycle, "answer"]

    def answer_due(self, at: datetime) -> datetime:
        return self.due(self.cycle, "answer", self.answer, at)

    def waiting(self) -> _Pause | None:
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

    def drivers(self, table: Table, at: datetime) -> list[_Event]:
        """Everything that wants a rung now or wanted one, since when, and from which rung on."""
        late = self.policy.after_answer and self.status == "answered"
        if self.status not in OPEN and not late:
            return []
        found = []
        for name in ("acknowledge", "answer"):
            clock = self.clocks.get((self.cycle, name))
            if clock is not None and (name == "answer" or self.counts(clock.stopped)):
                due = self.due(self.cycle, name, clock, at)
                found.append(_Event(name, due, clock.stopped))
        for since, until in self.unowned:
            begun = max(since, self.answer.start)
            if self.counts(until) and (until is None or until > begun):
                found.append(_Event("unowned", table.after(begun, 1), until))
        for event in self.events:
            if event.day is not None:
                opens = datetime.combine(event.day, time(), DAR)
                closes = table.after(max(event.at, opens), 0)
                event = replace(event, at=closes, day=None, source=event)
            if self.is_open(event):
                found.append(event)
        if late and self.answered is not None:
            over = self.answered
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

    def is_open(self, event: _Event) -> bool:
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

    def next_step(self, at: datetime) -> _Next | None:
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
                found.append(_Next(moment, event.at, order, event, wanted))
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

    # facts

    def owner(self, officer: object) -> None:
        """Told who has the case now; it must be somebody who may have it."""
        fits = self.staff.takers(self.institution, self.restricted, self.kept(), self.now)
        given = None if officer is None else str(officer)
        if given is None and fits:
            self.out.wrong.append(f"{self.now}: unowned, though {sorted(fits)} could have it")
        if given is not None and given not in fits and given != self.assigned:
            self.out.wrong.append(f"{self.now}: {given} became the owner and may not be")
        self.assigned = None
        if given is None and self.handler is not None:
            self.unowned.append((self.now, None))
        elif given is not None and self.unowned and self.unowned[-1][1] is None:
            self.unowned[-1] = (self.unowned[-1][0], self.now)
        self.handler = given
        if given is None:
            self.status = "new" if self.status == "assigned" else self.status
        elif self.status == "new":
            self.status = "assigned"

    def kept(self) -> set[str]:
        return {officer for since, officer in self.excluded if since <= self.now}

    def known(self, officer: str) -> bool:
        found = self.staff.officers.get(officer)
        return found is not None and found.since <= self.now

    def works(self, officer: str) -> bool:
        return self.known(officer) and self.staff.officers[officer].works(self.now)

    def handles(self) -> bool:
        """Whether a handler is there to do something."""
        return self.handler is not None and self.works(self.handler)

    def do_reply(self) -> bool:
        if self.status == "waiting_citizen":
            self.status = "in_progress"
        self.resume(self.day_start(self.now) + DAY if self.unknown else self.now)
        return True

    def do_ack(self) -> bool:
        if not self.handles() or self.status not in ("assigned", "in_progress"):
            return False
        if self.acknowledged:
            return False
        self.status = "in_progress"
        self.human_word()
        return True

    def do_part(self) -> bool:
        if not self.handles() or self.status not in OPEN[1:]:
            return False
        self.status = "in_progress" if self.status == "assigned" else self.status
        self.human_word()
        return True

    def do_ask(self) -> bool:
        if not self.handles() or self.status not in OPEN[1:]:
            return False
        self.status = "waiting_citizen"
        self.human_word()
        self.pause()
        return True

    def pause(self) -> None:
        """The clock waits, if it may: not when it is late already, not a third time, and not for
        more than ten working days in all."""
        due, now = self.answer_due(self.now), self.now
        if self.waiting() is not None or now > due or len(self.pauses) >= PAUSES:
            return
        table = self.calendars.at(self.frozen[self.cycle], now)
        left = PAUSE_DAYS - sum(table.cost(p.start, p.until) for p in self.pauses)
        if left <= 0:
            return
        if self.pauses and table.left(now, due) <= 2:
            self.events.append(_Event("pause", now, cycle=self.cycle))
        runs_out = table.close[table.next(now) + left]
        self.pauses.append(_Pause(self.cycle, now, runs_out))

    def do_answer(self) -> bool:
        if not self.handles() or self.status not in OPEN[1:]:
            return False
        self.resume(self.now)
        self.human_word()
        self.answer.stopped = self.now
        self.status, self.answered = "answered", self.now
        day = self.now.astimezone(DAR).date() + timedelta(days=WINDOW + 1)
        self.window = datetime.combine(day, time(), DAR).astimezone(UTC)
        return True

    def do_transfer(self, to: object) -> bool:
        target = str(to)
        if not self.handles() or self.status not in OPEN:
            return False
        unit = self.shipped.unit(target, self.category)
        if (target, unit) == (self.institution, self.unit):
            return False
        if not self.staff.takers(target, self.restricted, self.kept(), self.now):
            return False
        if self.status != "waiting_citizen":
            self.status = "assigned"
        self.institution, self.unit = target, unit
        self.transfers += 1
        if self.transfers >= 3:
            self.events.append(_Event("transfer", self.now, cycle=self.cycle))
        return True

    def do_more(self, days: object) -> bool:
        asked = int(str(days))
        if not self.handles() or self.status not in OPEN[1:] or self.handler is None:
            return False
        if self.request() is not None or self.now > self.answer_due(self.now):
            return False
        if not 1 <= asked <= self.more_left():
            return False
        self.requests.append((self.cycle, asked, self.handler, None))
        return True

    def request(self) -> tuple[int, int, str, bool | None] | None:
        waiting = [r for r in self.requests if r[0] == self.cycle and r[3] is None]
        return waiting[0] if waiting else None

    def more_left(self) -> int:
        if sum(granted is True for *_, granted in self.requests) >= MORE_TIMES:
            return 0
        return max(0, self.standard.more - sum(clock.more for clock in self.clocks.values()))

    def decides(self, officer: str) -> bool:
        """Whether an officer decides about more time: the head of the institution, the deputy
        while the head is away; of a restricted case the senior ethics officer."""
        asked = self.request()
        if asked is None or self.status not in OPEN or officer == asked[2]:
            return False
        if officer in self.kept() or not self.works(officer):
            return False
        post: Post = (self.institution, None, "institution_head")
        if self.restricted:
            post = ("ETHICS", None, "ethics_senior")
            if self.institution == "ETHICS":
                return False
        return self.sits(officer, post)

    def sits(self, officer: str, post: Post) -> bool:
        holder = self.staff.on(post, "holder", self.now)
        if officer == holder:
            return True
        deputy = self.staff.on(post, "deputy", self.now)
        return officer == deputy and not self.staff.can_act(holder, self.now)

    def do_grant(self, officer: object) -> bool:
        asked = self.request()
        if asked is None or not self.decides(str(officer)) or asked[1] > self.more_left():
            return False
        self.answer.more += asked[1]
        self.requests[self.requests.index(asked)] = (*asked[:3], True)
        return True

    def do_refuse(self, officer: object) -> bool:
        asked = self.request()
        if asked is None or not self.decides(str(officer)):
            return False
        self.requests[self.requests.index(asked)] = (*asked[:3], False)
        return True

    def do_recuse(self) -> bool:
        if not self.handles() or self.handler is None:
            return False
        self.excluded.append((self.now, self.handler))
        return True

    def do_conflict(self, officer: object) -> bool:
        if str(officer) in self.kept() or not self.known(str(officer)):
            return False
        self.excluded.append((self.now, str(officer)))
        return True

    def do_assign(self, by: object, to: object) -> bool:
        giver, taker = str(by), str(to)
        if not self.works(giver) or not self.works(taker) or giver in self.kept():
            return False
        gives, takes = self.staff.officers[giver], self.staff.officers[taker]
        if taker == self.handler:
            return False
        if self.restricted or self.status not in (*OPEN, "answered"):
            return False
        if gives.institution != self.institution or takes.institution != self.institution:
            return False
        if taker in self.kept():
            return False
        self.unit = self.shipped.desk[self.shipped.kind_of[self.institution]]
        self.status = "assigned" if self.status == "new" else self.status
        self.assigned = taker
        return True

    def do_restrict(self) -> bool:
        if self.restricted or self.status not in (*OPEN, "answered"):
            return False
        self.restricted, self.first_rung = True, 1
        self.unit = self.shipped.desk[self.shipped.kind_of[self.institution]]
        if self.status in ("new", "assigned"):
            self.status = "assigned"
        return True

    def do_withdraw(self) -> bool:
        if self.status not in OPEN:
            return False
        self.resume(self.day_start(self.now) + DAY if self.unknown else self.now)
        for clock in self.clocks.values():
            clock.stopped = clock.stopped or self.now
        self.status, self.out.closed = "withdrawn", self.stamp(self.now)
        return True

    def do_accept(self) -> bool:
        if self.status == "closed":
            return True
        if self.status != "answered" or (self.window is not None and self.now >= self.window):
            return False
        self.status, self.out.closed = "closed", self.stamp(self.now)
        return True

    def do_not_fixed(self) -> bool:
        if self.appeals and not self.reopened and self.status in OPEN:
            return True  # said before
        if self.status == "closed" and self.letter and self.appeals >= APPEALS:
            return True
        if self.status != "answered" or (self.window is not None and self.now >= self.window):
            return False
        at = self.stamp(self.now)
        if self.appeals >= APPEALS:
            self.status, self.out.closed, self.letter = "closed", at, True
            return True
        top = max(rung.number for rung in self.ladder)
        self.begin_cycle(at, "assigned", min(self.reached() + 1, top))
        self.appeals, self.reopened = self.appeals + 1, False
        self.events.append(_Event("appeal", at, cycle=self.cycle))
        return True

    def do_reopen(self) -> bool:
        if not self.handles() or self.status not in ("answered", "closed"):
            return False
        if self.answered is None or self.cycle - 1 - self.appeals >= REOPENINGS:
            return False
        if self.status == "closed" and self.out.closed is not None:
            last = self.out.closed.astimezone(DAR).date() + timedelta(days=REOPEN_DAYS)
            if self.now.astimezone(DAR).date() > last:
                return False
        top = max(rung.number for rung in self.ladder)
        first = min(max(self.reached(), self.first_rung, 1), top)
        self.begin_cycle(self.now, "in_progress", first)
        self.reopened = True
        return True

    def reached(self) -> int:
        """The highest rung so far of the ladder that the case is on."""
        if not self.restricted:
            return self.highest
        return max((each.rung for each in self.out.climbs if each.restricted), default=0)

    def begin_cycle(self, at: datetime, status: str, first: int) -> None:
        self.cycle += 1
        self.clocks[self.cycle, "answer"] = _Clock(at, CYCLE_DAYS)
        self.frozen[self.cycle] = self.institution
        self.status = status if self.handler is not None else "new"
        self.first_rung = first
        self.answered = self.window = self.out.closed = None

    def do_direct(self, rung: object, days: object) -> bool:
        number = int(str(rung))
        # The post that was reached then, wherever the case went since.
        climbed = self.climbed()
        found = [
            (each, post)
            for each, (_, _, post) in zip(self.out.climbs, self.stood, strict=True)
            if each in climbed and each.rung == number
        ]
        if not found or self.status not in (*OPEN, "answered"):
            return False
        (climb, post), person = found[0], found[0][0].person
        if person is None or post is None or person in self.kept() or not self.works(person):
            return False
        if not self.sits(person, post) and not (
            climb.way == "deputy" and self.staff.on(post, "deputy", self.now) == person
        ):
            return False
        day = self.now.astimezone(DAR).date() + timedelta(days=int(str(days)))
        self.events.append(
            _Event(
                "directive",
                self.now,
                least=number + 1,
                cycle=self.cycle,
                restricted=self.restricted,
                day=day,
            )
        )
        return True

    def do_paper(self, office: object, officer: object) -> bool:
        """Somebody in an office logs a letter of the citizen that arrived there."""
        if not self.works(str(officer)):
            return False
        self.events.append(_Event("paper", self.now, cycle=self.cycle, office=str(office)))
        return True

    def do_done(self) -> bool:
        orders = [each for each in self.events if each.name == "directive" and each.until is None]
        if not self.handles() or not orders:
            return False
        orders[0].until = self.now
        return True
