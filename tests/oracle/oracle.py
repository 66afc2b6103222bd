"""What must have become of every case, from the facts alone.

Written from the product's rules and the policy of escalation, case by case: it goes from fact to
fact, and between two of them to the hours at which a sweep could have found something. It imports
the standard library only, and shares no line with the code that it judges.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from tests.oracle.days import DAR, Calendars
from tests.oracle.facts import PEOPLE, Fact, World
from tests.oracle.ladder import Standing
from tests.oracle.office import Post, Shipped, Staff
from tests.oracle.outcome import DAY, OPEN, Clock, Event, Outcome, Pause, Policy, Sweeps

PAUSES, PAUSE_DAYS = 2, 10
APPEALS, CYCLE_DAYS, WINDOW = 2, 7, 14
REOPENINGS, REOPEN_DAYS = 2, 90
MORE_TIMES = 2


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


class _Case(Standing):
    """What happens to it, and what passes between."""

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
                        self.sweep_for(self.now if self.left else None, until),
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
            self.events.append(Event("pause", now, cycle=self.cycle))
        runs_out = table.close[table.next(now) + left]
        self.pauses.append(Pause(self.cycle, now, runs_out))

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
            self.events.append(Event("transfer", self.now, cycle=self.cycle))
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
        self.left.clear()  # of the ordinary ladder, on which it is no more
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
        self.events.append(Event("appeal", at, cycle=self.cycle))
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

    def begin_cycle(self, at: datetime, status: str, first: int) -> None:
        self.leave()
        self.cycle += 1
        self.clocks[self.cycle, "answer"] = Clock(at, CYCLE_DAYS)
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
            Event(
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
        self.events.append(Event("paper", self.now, cycle=self.cycle, office=str(office)))
        return True

    def do_done(self) -> bool:
        orders = [each for each in self.events if each.name == "directive" and each.until is None]
        if not self.handles() or not orders:
            return False
        orders[0].until = self.now
        return True
