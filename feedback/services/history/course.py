"""How a made-up case runs: by the clocks and the ladder of the rules, as if swept punctually.

All moments are seconds of `office`. The same arithmetic as rules.ladder.next_step and the acts of
services, for a hundred thousand cases at once; tests compare the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from feedback.rules.access import Level
from feedback.rules.ladder import ACKNOWLEDGE_TOP, ALARM_DAYS, Rung
from feedback.rules.workflow import APPEAL_ANSWER_DAYS, WINDOW_DAYS
from feedback.services.history.arrivals import Arrival
from feedback.services.history.office import DAY, Office
from feedback.services.history.people import Staff
from feedback.services.reference import Directory, StandardInfo

WITHDRAWN = 0.025
ASKED = 0.08
APPEALED = 0.04
APPEALED_AGAIN = 0.2
ACCEPTED = 0.4
RATED = 0.7
UNOWNED = 0.03  # of the open late ones
ANSWERED_FIRST_WORD = 0.6  # of the open late ones, acknowledged at least
EXPLAINED = 0.3
# Share of the standard after which half of the answers are given, by how quick an office is.
TYPICAL = 0.5
SPREAD = 0.55
# What takes longer than other matters, and what is quickly done.
SUBJECT_PACE = {"LAND-DISPUTE": 1.7, "LAND-TITLE": 1.4, "ROADS": 1.2, "WASTE": 0.7}
SWEPT_BEFORE = 3600  # the last sweep of the history, in seconds before the present


@dataclass(slots=True)
class Clock:
    """A row of `deadline`."""

    cycle: int
    name: str
    start: int
    days: int
    due: int
    met: int | None
    minutes: int | None


@dataclass(slots=True)
class Climb:
    """A row of `escalation`."""

    cycle: int
    rung: Rung
    clock: str
    at: int


@dataclass(slots=True)
class Course:
    """A case from its arrival to now."""

    arrival: Arrival
    due: int
    handler: int | None
    unit: int
    first_handler: int | None = None
    status: str = "assigned"
    first_response: int | None = None
    answered: int | None = None
    closed: int | None = None
    window: int | None = None
    transferred: int | None = None
    cycle: int = 1
    first_rung: int = 1
    highest: int = 0
    rating: int | None = None
    unread: bool = False
    clocks: list[Clock] = field(default_factory=list)
    pauses: list[tuple[int, int, int | None]] = field(default_factory=list)
    climbs: list[Climb] = field(default_factory=list)
    alarm: int | None = None
    timers: dict[str, int] = field(default_factory=dict)
    # (moment, kind, by the handler?, cycle)
    messages: list[tuple[int, str, bool, int]] = field(default_factory=list)


def standard_of(arrival: Arrival, d: Directory) -> StandardInfo:
    """The standard that a case is promised by."""
    return d.standard(arrival.standard, arrival.kind, arrival.institution.id, arrival.level)


class Maker:
    """Runs cases of one history."""

    def __init__(self, d: Directory, staff: Staff, now: int, rng: Random) -> None:
        self.d, self.staff, self.now, self.rng = d, staff, now, rng
        self.swept = now - SWEPT_BEFORE
        # Some offices are quick, some slow, all their life.
        self.pace = {i: math.exp(rng.gauss(0, 0.3)) for i in d.institutions}
        self.units: dict[tuple[int, int], int] = {}

    def run(self, arrival: Arrival, office: Office) -> Course:
        """The course of one case."""
        rng = self.rng
        standard = standard_of(arrival, self.d)
        if arrival.late_days:
            # Placed by its lateness: its due day is so many working days before today.
            behind = office.before[self.now // DAY - office.base] - arrival.late_days
            arrival.at = office.nth[behind - standard.answer_days] * DAY + arrival.at % DAY
        course = self._begin(arrival, standard, office)
        acknowledge = Clock(
            1,
            "acknowledge",
            arrival.at,
            standard.acknowledge_days,
            office.add_days(arrival.at, standard.acknowledge_days),
            None,
            None,
        )
        course.clocks.append(acknowledge)
        first = self._first_word(course, office)
        self._cycle(course, standard, office, arrival.at, standard.answer_days, first)
        if course.first_response is not None:
            acknowledge.met = course.first_response
            acknowledge.minutes = office.minutes(arrival.at, course.first_response)
        elif course.status == "withdrawn":
            acknowledge.met = course.closed
        self._appeals(course, standard, office)
        if course.answered is not None and course.closed is None:
            self._close(course)
        self._set_timers(course, standard, office)
        if rng.random() < EXPLAINED and course.climbs and course.first_response is not None:
            said = max(course.climbs[0].at + 3600, course.first_response)
            if said < (course.closed or self.now):
                course.messages.append((said, "delay_reason", True, 1))
        return course

    def _begin(self, arrival: Arrival, standard: StandardInfo, office: Office) -> Course:
        institution = arrival.institution
        key = (institution.id, arrival.category.id)
        if key not in self.units:
            self.units[key] = self.d.unit_for(institution.id, arrival.category)
        unit = self.units[key]
        if arrival.level == Level.RESTRICTED:
            unit = institution.default_unit_id
        due = office.add_days(arrival.at, standard.answer_days)
        course = Course(arrival, due, self._handler(institution.id, arrival.level), unit)
        course.messages.append((arrival.at, "citizen", False, 1))
        if arrival.first_institution is not institution:
            moved = office.at(
                office.position(arrival.at) + int(self.rng.random() * 2 * office.span)
            )
            if moved < self.now:
                course.transferred = moved
                course.first_handler = self._handler(arrival.first_institution.id, arrival.level)
                course.messages.append((moved, "transfer", True, 1))
        return course

    def _handler(self, institution: int, level: str) -> int | None:
        if level == Level.RESTRICTED:
            return self.rng.choice(self.staff.ethics)
        return self.rng.choice(self.staff.handlers[institution])

    def _first_word(self, course: Course, office: Office) -> int | None:
        """When the owner first writes, if nothing else happens before; after a transfer."""
        rng = self.rng
        if course.arrival.late_days and rng.random() > ANSWERED_FIRST_WORD:
            return None
        pace = self.pace[course.arrival.institution.id]
        since = course.transferred or course.arrival.at
        first = office.at(
            office.position(since) + 300 + int(rng.expovariate(1 / (0.8 * office.span * pace)))
        )
        return first if first < self.now else None

    def _cycle(
        self,
        course: Course,
        standard: StandardInfo,
        office: Office,
        start: int,
        days: int,
        first: int | None,
    ) -> None:
        """One answer clock from its start to an answer, a withdrawal or the present."""
        rng = self.rng
        arrival = course.arrival
        clock = Clock(course.cycle, "answer", start, days, office.add_days(start, days), None, None)
        course.clocks.append(clock)
        begun = max(start, course.transferred or 0, (first or 0) if course.cycle == 1 else 0)
        pace = self.pace[arrival.institution.id]
        pace *= SUBJECT_PACE.get(arrival.category.code, 1.0)
        work = TYPICAL * days * pace * math.exp(rng.gauss(0, SPREAD))
        worked = office.position(begun) + int(work * office.span)
        ended: int | None = office.at(min(worked, office.position(self.now) + office.span))
        if not arrival.late_days and rng.random() < ASKED:
            ended = self._ask(course, clock, office, begun, ended or begun)
        course.due = clock.due
        if arrival.late_days:
            ended = None
        elif ended is not None and ended >= self.now:
            if clock.due >= self.now or course.status == "waiting_citizen":
                ended = None
            else:  # only those meant to be late stay open past their due time
                begun = max([begun, *(reply for *_, reply in course.pauses if reply)])
                room = office.position(self.now) - office.position(begun)
                ended = office.at(office.position(begun) + int(room * rng.random()))
                ended = max(begun + 60, min(ended, self.now - 60))
        self._end(course, clock, office, ended, first)
        self._climb(course, clock, standard, office)

    def _ask(
        self, course: Course, clock: Clock, office: Office, begun: int, ended: int
    ) -> int | None:
        """A question to the citizen pauses the clock until the reply, or until it runs out."""
        rng = self.rng
        room = office.position(min(ended, clock.due)) - office.position(begun)
        asked = office.at(office.position(begun) + int(room * (0.2 + 0.5 * rng.random())))
        if not begun <= asked < min(ended, clock.due, self.now) or course.pauses:
            return ended
        runs_out = office.add_days(self._closing_from(office, asked), 10)
        wanted = office.at(
            office.position(asked) + int(rng.expovariate(1 / (2 * office.span))) + 60
        )
        reply: int | None = min(wanted, runs_out)
        course.messages.append((asked, "question", True, clock.cycle))
        course.first_response = course.first_response or asked
        if reply is not None and reply >= self.now:
            reply = None
            course.status = "waiting_citizen"
        elif wanted <= runs_out:
            course.messages.append((reply or wanted, "citizen", False, clock.cycle))
        course.pauses.append((asked, runs_out, reply))
        clock.due = self._paused_due(office, clock, asked, reply or runs_out)
        if reply is None:
            return None
        left = office.position(ended) - office.position(asked)
        return office.at(office.position(reply) + left)

    @staticmethod
    def _closing_from(office: Office, moment: int) -> int:
        """rules.deadlines.add_working_days with no days: the first close not before a moment."""
        day, rest = divmod(moment, DAY)
        if rest > office.closes:
            day += 1
        return office.nth[office.before[day - office.base]] * DAY + office.closes

    @staticmethod
    def _paused_due(office: Office, clock: Clock, asked: int, until: int) -> int:
        """A pause adds as many working days as it covers closings; day 0 moves on when covered."""

        def first_closing(moment: int) -> int:
            day, rest = divmod(moment, DAY)
            return office.before[day + (rest > office.closes) - office.base]

        first, end = first_closing(asked), first_closing(until)
        started = clock.start // DAY
        behind = office.before[started - office.base + 1]
        if office.is_working(started) and first < behind:
            behind -= 1  # day 0 itself is paused, and the next working day takes its place
            clock_days = clock.days + 1
        else:
            clock_days = clock.days
        index = behind + clock_days - 1 + max(0, end - first)
        return office.nth[index] * DAY + office.closes

    def _end(
        self, course: Course, clock: Clock, office: Office, ended: int | None, first: int | None
    ) -> None:
        rng = self.rng
        arrival = course.arrival
        if course.cycle == 1:
            moments = [m for m in (first, course.first_response, ended) if m is not None]
            withdrawn = ended is not None and rng.random() < WITHDRAWN
            if withdrawn and ended is not None:
                moments.remove(ended)
            course.first_response = min(
                (m for m in moments if ended is None or m <= ended), default=None
            )
            if course.first_response is not None and course.first_response not in (
                ended,
                *(at for at, kind, *_ in course.messages if kind == "question"),
            ):
                course.messages.append((course.first_response, "acknowledgement", True, 1))
            if withdrawn and ended is not None:
                course.status, course.closed, clock.met = "withdrawn", ended, ended
                return
        if ended is not None:
            course.status, course.answered = "answered", ended
            clock.met = ended
            paused = sum(office.minutes(a, min(b or ended, ended)) for a, _, b in course.pauses)
            clock.minutes = office.minutes(clock.start, ended) - (
                paused if course.pauses and course.pauses[0][0] >= clock.start else 0
            )
            course.messages.append((ended, "answer", True, clock.cycle))
            return
        if course.status != "waiting_citizen":
            course.status = "in_progress" if course.first_response else "assigned"
        course.unread = course.status == "assigned"
        unseen = arrival.late_days and course.first_response is None
        if unseen and arrival.level != Level.RESTRICTED and rng.random() < UNOWNED:
            course.handler, course.status = None, "new"

    def _appeals(self, course: Course, standard: StandardInfo, office: Office) -> None:
        """ "Not fixed" opens the next cycle one rung higher, at most twice."""
        rng = self.rng
        chance = APPEALED
        rungs = self._rungs(course, standard)
        while course.answered is not None and course.cycle < 3 and rng.random() < chance:
            said = course.answered + 3600 + int(rng.random() * (WINDOW_DAYS - 1) * DAY)
            if said >= self.now - DAY:
                return
            course.messages.append((said, "citizen", False, course.cycle))
            course.cycle += 1
            course.first_rung = min(course.highest + 1, rungs[-1].number if rungs else 0)
            course.answered, course.status, course.unread = None, "assigned", True
            self._cycle(course, standard, office, said, APPEAL_ANSWER_DAYS, None)
            chance = APPEALED_AGAIN

    def _close(self, course: Course) -> None:
        rng = self.rng
        answered = course.answered or 0
        course.window = (answered // DAY + WINDOW_DAYS + 1) * DAY
        course.unread = False
        if rng.random() < ACCEPTED:
            said = answered + 1800 + int(rng.random() * 6 * DAY)
            if said < min(self.now, course.window):
                course.status, course.closed = "closed", said
                if rng.random() < RATED:
                    late = any(c.name == "answer" and (c.met or 0) > c.due for c in course.clocks)
                    weights = (3, 3, 4, 3, 2) if late else (1, 1, 2, 4, 5)
                    course.rating = rng.choices((1, 2, 3, 4, 5), weights)[0]
                return
        if course.window <= self.now:
            course.status, course.closed = "closed", course.window

    def _rungs(self, course: Course, standard: StandardInfo) -> Sequence[Rung]:
        if course.arrival.level == Level.RESTRICTED:
            return self.d.ladder("restricted")
        a = course.arrival
        rungs = self.d.ladder(self.d.ladder_name(a.institution.id, a.category.id))
        if standard.max_rung is None:
            return rungs
        return [rung for rung in rungs if rung.number <= standard.max_rung]

    def _climb(self, course: Course, clock: Clock, standard: StandardInfo, office: Office) -> None:
        """The rungs of this cycle up to its end or the last sweep, and the ladder's next moment."""
        rungs = self._rungs(course, standard)
        ended = clock.met
        acknowledge = course.clocks[0] if course.cycle == 1 else None
        wanted, moment, held = course.first_rung, 0, 0
        if course.arrival.level == Level.RESTRICTED and course.cycle > 1:
            wanted = 1
        elif course.cycle > 1 and rungs:
            rung = next(r for r in rungs if r.number == course.first_rung)
            course.climbs.append(Climb(course.cycle, rung, "appeal", clock.start))
            course.highest = max(course.highest, rung.number)
            wanted, held = rung.number + 1, office.add_days(clock.start, rung.days)
        for rung in (r for r in rungs if r.number >= wanted):
            name, moment = "answer", max(clock.due, held)
            if acknowledge is not None and rung.number <= ACKNOWLEDGE_TOP:
                early = max(acknowledge.due, held)
                if acknowledge.due <= clock.due and early < (course.first_response or 1 << 60):
                    name, moment = "acknowledge", early
            if ended is not None and moment >= ended:
                return
            if moment > self.swept:
                course.timers["ladder"] = moment
                return
            course.climbs.append(Climb(course.cycle, rung, name, moment))
            course.highest = max(course.highest, rung.number)
            held = office.add_days(moment, rung.days)
        if ended is None:
            self._alarm(course, clock, rungs, held, office)

    def _alarm(
        self, course: Course, clock: Clock, rungs: Sequence[Rung], held: int, office: Office
    ) -> None:
        """Above the top rung administrators are alarmed, again and again; the latest is kept."""
        days = max(1, rungs[-1].days if rungs else ALARM_DAYS)
        moment = max(clock.due, held)
        while moment <= self.swept:
            course.alarm, moment = moment, office.add_days(moment, days)
        course.timers["ladder"] = moment

    def _set_timers(self, course: Course, standard: StandardInfo, office: Office) -> None:
        if course.status == "answered" and course.window is not None:
            course.timers = {"window": course.window}
        elif course.closed is not None:
            course.timers = {}
        else:
            running = course.clocks[-1]
            coming = [m for m in office.reminders(running.start, running.due) if m > self.swept]
            if coming:
                course.timers["reminder"] = coming[0]
            if course.status == "waiting_citizen":
                course.timers["pause"] = course.pauses[-1][1]
