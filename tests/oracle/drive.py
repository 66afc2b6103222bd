"""Does what the facts say through the real services, hour by hour, and looks at what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

import feedback
from feedback import jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, calendars, desk, escalations, extensions, staffing
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import OWNER, Make
from tests.oracle.facts import Fact, World, day_of
from tests.oracle.office import Shipped
from tests.oracle.outcome import Climb, Outcome, Policy, Sweeps
from tests.oracle.verbs import BY_CITIZEN, BY_HANDLER, WORDS, arrivals, directives
from tests.services import kit
from tests.services.kit import Behind

SHIPPED = Shipped(Path(feedback.__file__).parent / "reference")


@dataclass
class Drive:
    """A world on its way through the application. `seen`: its facts, and who became whose owner;
    `refused` those that the services did not do."""

    world: World
    make: Make
    behind: Behind
    set_clock: Callable[[datetime], None]
    seen: list[Fact] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    keys: dict[UUID, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    owners: dict[str, int | None] = field(default_factory=dict)
    officers: dict[str, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    letters: bool = False
    admin: int = 0

    def run(self, check: Callable[[datetime], None], checks: int) -> None:
        """Go through the world; `check` looks at it so many times on the way, evenly."""
        self.admin = self.make.officer("PO-PSMGG", "admin")
        facts = list(self.world.facts)
        hours = Sweeps(self.world).at
        looks = {hours[len(hours) * number // checks - 1] for number in range(1, checks + 1)}
        turn, stale, corrected = 0, False, False
        for hour in hours:
            while turn < len(facts) and facts[turn].at < hour:
                fact = facts[turn]
                self.set_clock(fact.at)
                self.seen.append(fact)
                self.do(fact)
                stale, corrected = True, corrected or fact.what == "day"
                turn += 1
            if corrected:
                self.set_clock(hour)
                jobs.apply_corrections()
                corrected = False
            if stale and self.stranded():
                self.set_clock(hour)
                self.hand_over(hour)
            stale = False
            if self.letters or self.due(hour):
                self.set_clock(hour)
                jobs.sweep_all()
                self.letters = False
            if hour in looks:
                check(hour)

    def due(self, hour: datetime) -> bool:
        """Whether a sweep would find anything: its own query, without the application round it."""
        found = self.behind.execute(
            "SELECT EXISTS (SELECT FROM timer WHERE NOT done AND due_at <= %s)", (hour,)
        ).fetchone()
        return bool(found and found[0])

    def stranded(self) -> bool:
        """Whether something is left with somebody who is gone, the same way."""
        found = self.behind.execute(
            "SELECT EXISTS (SELECT FROM officer o WHERE NOT o.active AND ("
            ' EXISTS (SELECT FROM "case" c WHERE c.handler_id = o.id AND c.status IN'
            " ('new', 'assigned', 'in_progress', 'waiting_citizen'))"
            " OR EXISTS (SELECT FROM post_holding h WHERE h.officer_id = o.id"
            " AND h.until_day IS NULL)))"
        ).fetchone()
        return bool(found and found[0])

    def hand_over(self, hour: datetime) -> None:
        jobs.hand_over()
        rows = self.behind.execute('SELECT id, handler_id FROM "case"').fetchall()
        for case_id, handler in rows:
            key = self.keys[case_id]
            if handler != self.owners[key]:
                self.own(key, handler, hour)

    def own(self, key: str, handler: int | None, at: datetime) -> None:
        """Note who is the handler now."""
        self.owners[key] = handler
        officer = None if handler is None else self.names[handler]
        self.seen.append(Fact(at, "owner", (key, officer)))

    def do(self, fact: Fact) -> None:
        """One fact; what the services refuse is noted."""
        try:
            done = getattr(self, f"do_{fact.what}", self.act)(fact)
        except Refused:
            done = False
        if done is False and fact.case is not None:
            self.refused.setdefault(fact.case, []).append(str(fact))
        if fact.case is not None and fact.case in self.cases:
            self.look_for_owner(fact)

    def look_for_owner(self, fact: Fact) -> None:
        key = str(fact.case)
        row = self.behind.execute(
            'SELECT handler_id FROM "case" WHERE id = %s', (self.cases[key],)
        ).fetchone()
        assert row is not None
        if fact.what == "lodge" or row[0] != self.owners[key]:
            self.own(key, row[0], fact.at)

    def act(self, fact: Fact) -> bool:
        """An act on a case, by its citizen or its handler."""
        key, *more = fact.args
        case_id = self.cases.get(str(key))
        if case_id is None:
            return False
        if fact.what in BY_CITIZEN:
            with transaction(Principal.of_case(case_id)):
                BY_CITIZEN[fact.what](case_id, fact.at)
            return True
        handler = self.owners[str(key)]
        if handler is None:
            return False
        with transaction(Principal.of_officer(handler)):
            BY_HANDLER[fact.what](case_id, fact.at, *more)
        return True

    # people, calendars, machines

    def do_officer(self, fact: Fact) -> None:
        key, institution, roles = fact.args
        assert isinstance(roles, tuple)
        number = self.make.officer(str(institution), *roles)
        self.officers[str(key)] = number
        self.names[number] = str(key)

    def do_seat(self, fact: Fact) -> bool:
        place, unit, kind, capacity, officer = (str(each) for each in fact.args)
        with transaction(OWNER):
            taken = self.seated(fact) is not None
        if taken or officer not in self.officers:
            return False
        self.make.hold(
            self.officers[officer],
            place,
            kind,
            unit=unit if fact.args[1] is not None else None,
            capacity=capacity,
            since=day_of(fact.at),
        )
        return True

    def do_vacate(self, fact: Fact) -> bool:
        with transaction(OWNER):
            holding = self.seated(fact)
            if holding is None:
                return False
            holding.until_day = day_of(fact.at) - timedelta(days=1)
        return True

    def seated(self, fact: Fact) -> m.PostHolding | None:
        """Who holds the post of a fact and was not taken off it."""
        place, unit, kind, capacity = fact.args[:4]
        query = (
            select(m.PostHolding)
            .join(m.Post, m.Post.id == m.PostHolding.post_id)
            .join(m.Institution, m.Institution.id == m.Post.institution_id)
            .outerjoin(m.Unit, m.Unit.id == m.Post.unit_id)
            .where(
                m.Institution.code == place,
                m.Post.kind == kind,
                m.Unit.code.is_not_distinct_from(unit),
                m.PostHolding.capacity == capacity,
                m.PostHolding.until_day.is_(None),
            )
        )
        return db.session.scalars(query).one_or_none()

    def do_leave(self, fact: Fact) -> bool:
        key, first, last = fact.args
        if str(key) not in self.officers:
            return False
        assert isinstance(first, date)
        assert isinstance(last, date)
        with transaction(Principal.of_officer(self.admin)):
            staffing.add_leave(self.officers[str(key)], first, last, fact.at)
        return True

    def do_depart(self, fact: Fact) -> bool:
        key = str(fact.args[0])
        if key not in self.officers:
            return False
        with transaction(Principal.of_officer(self.admin)):
            staffing.deactivate(self.officers[key], fact.at)
        return True

    def do_day(self, fact: Fact) -> None:
        code, day, status, *own = fact.args
        assert isinstance(day, date)
        whose = {"whose": calendars.Whose(*own, "RAS", "12/2026")} if own else {}
        with transaction(Principal.of_officer(self.admin)):
            number = db.session.scalars(select(m.Calendar.id).where(m.Calendar.code == code)).one()
            calendars.correct(
                number, day, "Sikukuu", "Holiday", str(status), self.admin, fact.at, **whose
            )

    def do_outage(self, fact: Fact) -> None:
        """No job runs: the sweeps of those hours are left out."""

    def do_orphan(self, fact: Fact) -> None:
        self.behind.execute(
            "UPDATE institution SET parent_id = NULL, path = ARRAY[id] WHERE code = %s", fact.args
        )

    # cases

    def do_lodge(self, fact: Fact) -> None:
        key, institution, category, kind, unknown = fact.args
        receipt = self.make.case(
            fact.at,
            institution=institution,
            category=category,
            kind=kind,
            anonymous=unknown,
            body=WORDS,
        )
        self.cases[str(key)] = receipt.case_id
        self.references[str(key)] = receipt.reference
        self.keys[receipt.case_id] = str(key)

    def do_done(self, fact: Fact) -> bool:
        case_id = self.cases.get(str(fact.args[0]))
        row = self.behind.execute(
            "SELECT id FROM directive WHERE case_id = %s AND done_at IS NULL ORDER BY at LIMIT 1",
            (case_id,),
        ).fetchone()
        handler = self.owners.get(str(fact.args[0]))
        if row is None or handler is None:
            return False
        with transaction(Principal.of_officer(handler)):
            (directives.complete if directives else desk.complete_directive)(row[0], fact.at)
        return True

    def do_grant(self, fact: Fact) -> bool:
        return self.decide(fact, extensions.grant)

    def do_refuse(self, fact: Fact) -> bool:
        return self.decide(fact, extensions.refuse)

    def decide(self, fact: Fact, verb: Callable[[UUID, str, datetime], None]) -> bool:
        key, officer = (str(each) for each in fact.args)
        if key not in self.cases or officer not in self.officers:
            return False
        with transaction(Principal.of_officer(self.officers[officer])):
            verb(self.cases[key], "Kwa sababu.", fact.at)
        return True

    def do_assign(self, fact: Fact) -> bool:
        key, by, to = (str(each) for each in fact.args)
        if key not in self.cases or by not in self.officers or to not in self.officers:
            return False
        with transaction(Principal.of_officer(self.officers[by])):
            desk.assign(self.cases[key], self.officers[to], fact.at)
        return True

    def do_conflict(self, fact: Fact) -> bool:
        key, officer = (str(each) for each in fact.args)
        if key not in self.cases or officer not in self.officers:
            return False
        number, case_id = self.officers[officer], self.cases[key]
        known = self.behind.execute(
            "SELECT FROM conflict WHERE case_id = %s AND officer_id = %s", (case_id, number)
        ).fetchone()
        if known is not None:
            return False
        with transaction(JOB):
            desk._exclude(acts.locked(case_id), number, "marked", fact.at)
        return True

    def do_direct(self, fact: Fact) -> bool:
        key, rung, days = str(fact.args[0]), fact.args[1], int(str(fact.args[2]))
        row = self.behind.execute(
            "SELECT e.id, e.officer_id FROM escalation e"
            ' JOIN "case" c ON c.id = e.case_id AND c.cycle = e.cycle'
            " AND e.restricted = (c.confidentiality = 'restricted')"
            " WHERE c.id = %s AND e.rung = %s",
            (self.cases.get(key), rung),
        ).fetchone()
        if row is None or row[1] is None:
            return False
        with transaction(Principal.of_officer(row[1])):
            (directives or escalations).direct(
                row[0], "Jibu leo.", day_of(fact.at) + timedelta(days=days), fact.at
            )
        return True

    def do_paper(self, fact: Fact) -> bool:
        key, _office, officer = (str(each) for each in fact.args)
        if key not in self.cases or officer not in self.officers:
            return False
        if arrivals is None:
            return (
                self.behind.execute(
                    "SELECT FROM officer WHERE id = %s AND active", (self.officers[officer],)
                ).fetchone()
                is not None
            )
        day = day_of(fact.at)
        with transaction(Principal.of_officer(self.officers[officer])):
            arrivals.register(uuid4(), arrivals.Arrival(self.references[key], day, day), fact.at)
        self.letters = True
        return True

    # what came of it

    def outcomes(self) -> dict[str, Outcome]:
        """What the database says became of every case."""
        found = {key: Outcome() for key in self.cases}
        for key, outcome in found.items():
            outcome.refused = list(self.refused.get(key, ()))

        def rows(query: str) -> Iterator[tuple[Outcome, dict[str, Any]]]:
            for row in kit.rows(self.behind, query):
                yield found[self.keys[row["case_id"]]], row

        for outcome, row in rows('SELECT *, id AS case_id FROM "case"'):
            outcome.status, outcome.closed = row["status"], row["closed_at"]
        for outcome, row in rows("SELECT * FROM deadline"):
            outcome.due[row["cycle"], row["clock"]] = row["due_at"]
        for outcome, row in rows("SELECT * FROM escalation"):
            outcome.climbs.append(self.climb(row))
        for outcome, row in rows("SELECT * FROM alarm WHERE kind IN ('top', 'directive')"):
            alarms = outcome.tops if row["kind"] == "top" else outcome.orders
            alarms.append((row["cycle"], row["at"]))
        for outcome, row in rows("SELECT * FROM pause"):
            outcome.pauses.append(
                (row["cycle"], row["starts_at"], row["runs_out_at"], row["ends_at"])
            )
        return found

    def climb(self, row: dict[str, Any]) -> Climb:
        return Climb(
            *(row["cycle"], row["restricted"], row["rung"], row["due_at"], row["clock"]),
            way=row["way"],
            person=self.names.get(row["officer_id"]),
            at=row["at"],
            why=row.get("why") or "",
        )


OWN_DAYS = hasattr(m.Holiday, "scope")
# What the code knows of the policy by now.
WITHOUT_PAPER = Policy().drivers - {"paper"}
POLICY = (
    Policy(drivers=Policy().drivers if arrivals else WITHOUT_PAPER)
    if hasattr(m.Escalation, "why")
    else Policy(
        drivers=frozenset({"acknowledge", "answer", "appeal", *(("paper",) if arrivals else ())}),
        ways=False,
        keeps=False,
    )
)
