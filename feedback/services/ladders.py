"""Where a case stands on its ladder, and when its next rung falls due."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text, update

from feedback import models as m
from feedback.extensions import db
from feedback.rules import ladder as rules
from feedback.rules.access import Level
from feedback.rules.deadlines import Calendar
from feedback.rules.workflow import OPEN, Status
from feedback.services import clocks, groups
from feedback.services.among import among
from feedback.services.reference import Directory

RESTRICTED = "restricted"
RESTING = rules.Clocks(None, None)
DRIVEN = text(
    "SELECT case_id, clock, at, until, day, rung, cause FROM guard.driven(:cases, :cycles)"
    " ORDER BY at, clock"
)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A cycle of a case: the rung at which its ladder begins, whether the citizen opened it by an
    appeal, and since when it is over; `over_at` None while it runs."""

    number: int
    first_rung: int
    appealed: bool
    over_at: datetime | None


@dataclass(slots=True)
class Standing:
    """One case on its ladder in one cycle, as the pure rules need it."""

    cycle: Cycle
    ladder: str
    rungs: tuple[rules.Rung, ...]
    clocks: rules.Clocks
    climbed: list[rules.Climbed]
    alarms: list[datetime]
    # Posts on the rungs climbed: none of them stands on a higher one again.
    posts: set[int]
    # Earlier cycles that were left with a rung due to which no sweep had come.
    left: tuple[Cycle, ...]

    @property
    def left_at(self) -> list[datetime]:
        """When each cycle was over that a sweep has still to look at."""
        return [cycle.over_at for cycle in self.left if cycle.over_at is not None]


def name_of(case: m.Case, d: Directory) -> str:
    """The ladder of a case: the restricted one, else that of its subject at its institution."""
    if case.confidentiality == Level.RESTRICTED:
        return RESTRICTED
    return d.ladder_name(case.institution_id, case.category_id)


def top(case: m.Case, d: Directory) -> int:
    """The highest rung this case can reach; suggestions and compliments end at the head."""
    rungs = d.ladder(name_of(case, d))
    highest = max((rung.number for rung in rungs), default=0)
    if case.max_rung is None or case.confidentiality == Level.RESTRICTED:
        return highest
    return min(highest, case.max_rung)


def standings(
    cases: Sequence[m.Case], d: Directory, cycles: Mapping[UUID, Cycle] | None = None
) -> dict[UUID, Standing]:
    """Load the standing of many cases in five queries: in the cycles named, one for each, else in
    their present ones."""
    ids = [case.id for case in cases]
    now = cycles or {case.id: _present(case) for case in cases}
    left: dict[UUID, list[Cycle]] = {}
    deadlines: dict[tuple[UUID, int, str], Any] = {
        (row.case_id, row.cycle, row.clock): row
        for row in db.session.execute(
            select(
                m.Deadline.case_id,
                m.Deadline.cycle,
                m.Deadline.clock,
                m.Deadline.starts_at,
                m.Deadline.due_at,
                m.Deadline.met_at,
                m.Deadline.left_at,
                m.Deadline.left_rung,
                m.Deadline.left_appealed,
            ).where(among(m.Deadline.case_id, ids))
        )
    }
    for row in sorted(deadlines.values(), key=lambda row: row.cycle):
        if row.left_at is not None:
            cycle = Cycle(row.cycle, row.left_rung, row.left_appealed, row.left_at)
            left.setdefault(row.case_id, []).append(cycle)
    climbed: dict[tuple[UUID, int, bool], list[rules.Climbed]] = {}
    seats: dict[tuple[UUID, int, bool], set[int]] = {}
    for row in db.session.execute(
        select(
            m.Escalation.case_id,
            m.Escalation.cycle,
            m.Escalation.restricted,
            m.Escalation.rung,
            m.Escalation.due_at,
            m.Escalation.way,
            m.Escalation.held_days,
            m.Escalation.cause,
            m.Escalation.post_id,
        )
        .where(among(m.Escalation.case_id, ids))
        .order_by(m.Escalation.rung)
    ):
        key = (row.case_id, row.cycle, row.restricted)
        climbed.setdefault(key, []).append(
            rules.Climbed(
                *(row.rung, row.due_at),
                skipped=row.way == "skipped",
                days=row.held_days,
                key=str(row.cause or ""),
            )
        )
        if row.post_id is not None:
            seats.setdefault(key, set()).add(row.post_id)
    alarms: dict[tuple[UUID, int], list[datetime]] = {}
    told: set[str] = set()
    for alarm in db.session.execute(
        select(m.Alarm.case_id, m.Alarm.cycle, m.Alarm.at, m.Alarm.kind, m.Alarm.dedupe).where(
            among(m.Alarm.case_id, ids), m.Alarm.kind.in_(("top", "directive"))
        )
    ):
        if alarm.kind == "directive":
            told.add(alarm.dedupe.rpartition(":")[2])
        elif alarm.case_id is not None:
            alarms.setdefault((alarm.case_id, alarm.cycle), []).append(alarm.at)
    joined = groups.climbed({id_: cycle.over_at for id_, cycle in now.items()}, cycles or ())
    driven = _driven(now)
    found = {}
    for case in cases:
        restricted, cycle = case.confidentiality == Level.RESTRICTED, now[case.id]
        here, other = ((case.id, cycle.number, which) for which in (restricted, not restricted))
        own = climbed.get(here, [])
        # Where cases are joined the ladder stands at the highest rung that any of them reached. The
        # rung that opens an appeal's cycle is climbed first all the same.
        if case.id in joined and not restricted and (own or cycle.number == 1):
            own = _together(own, joined[case.id])
        name = name_of(case, d)
        found[case.id] = Standing(
            cycle,
            name,
            d.ladder(name),
            _clocks(
                case,
                cycle,
                deadlines.get((case.id, cycle.number, "acknowledge")),
                deadlines.get((case.id, cycle.number, "answer")),
                _Driven(driven.get(case.id, ()), climbed.get(other, ()), told),
                d,
            ),
            own,
            alarms.get((case.id, cycle.number), []),
            seats.get(here, set()),
            tuple(left.get(case.id, ())),
        )
    return found


def _present(case: m.Case) -> Cycle:
    # A cycle that the office opened itself begins without a rung.
    appealed = case.cycle > 1 and not case.reopened
    over = None if Status(case.status) in OPEN else case.answered_at or case.closed_at
    return Cycle(case.cycle, case.first_rung, appealed, over)


def _driven(cycles: Mapping[UUID, Cycle]) -> dict[UUID, list[Any]]:
    """What drives these cases in these cycles beside their two clocks, as rows of the database."""
    found: dict[UUID, list[Any]] = {}
    asked = {"cases": list(cycles), "cycles": [cycle.number for cycle in cycles.values()]}
    for row in db.session.execute(DRIVEN, asked):
        found.setdefault(row.case_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class _Driven:
    """Of one case: the rows of `_driven`, the rungs of the ladder that it left, and the events for
    which an alarm was raised."""

    rows: Sequence[Any]
    before: Sequence[rules.Climbed]
    told: Collection[str]

    def spans(self) -> tuple[rules.Span, ...]:
        """The times without an owner. Of those that ended the ladder of restricted cases knows
        nothing: it begins anew, by what is the matter then."""
        return tuple(
            rules.Span(row.at, row.until)
            for row in self.rows
            if row.clock == "unowned" and not (self.before and row.until is not None)
        )

    def events(self, calendar: Calendar) -> tuple[rules.Event, ...]:
        """The events of the cycle; one that led up the ladder that the case has left is spent."""
        found = (self._event(row, calendar) for row in self.rows)
        return tuple(
            replace(event, alarmed=event.key in self.told)
            for event in found
            if event is not None and not rules.spent(event, self.before)
        )

    def _event(self, row: Any, calendar: Calendar) -> rules.Event | None:
        key = str(row.cause)
        if row.clock == "directive":
            event = rules.directive(calendar, row.day, row.at, row.rung, key)
            return replace(event, until=row.until)
        if row.clock == "unowned" or row.clock == "transfer" and row.rung <= rules.FREE_TRANSFERS:
            return None
        return rules.Event(
            row.clock, row.at, least=row.rung if row.clock == "paper" else 1, key=key
        )


def _together(
    own: list[rules.Climbed], joined: list[tuple[int, datetime, bool]]
) -> list[rules.Climbed]:
    """Rungs of a group, each once, at the moment at which it was first reached."""
    found: dict[int, rules.Climbed] = {}
    for each in (*own, *(rules.Climbed(*step) for step in joined)):
        known = found.get(each.rung)
        if known is None or each.at < known.at:
            found[each.rung] = each
    return [found[rung] for rung in sorted(found)]


def _clocks(
    case: m.Case, cycle: Cycle, acknowledge: Any, answer: Any, driven: _Driven, d: Directory
) -> rules.Clocks:
    """What drives the case; once the cycle is answered or over, what fell due before and no sweep
    had come to. Nothing where another case leads it, or led it until the answer, nor on a ladder to
    which it came after the answer."""
    over = cycle.over_at
    if case.merged_into is not None or over is not None and driven.before:
        return RESTING
    if over is None and Status(case.status) not in OPEN:
        return RESTING
    # What was given late still led up the ladder on which the case was then, and up no other.
    if acknowledge is not None and acknowledge.met_at is not None and driven.before:
        acknowledge = None
    return rules.Clocks(
        acknowledge.due_at if acknowledge is not None else None,
        answer.due_at if answer is not None and (answer.met_at is None or over) else None,
        acknowledged_at=acknowledge.met_at if acknowledge is not None else None,
        appealed_at=answer.starts_at if cycle.appealed and answer is not None else None,
        unowned=driven.spans(),
        events=driven.events(d.calendar_of(case.institution_id)),
        over_at=over,
    )


def next_step(case: m.Case, standing: Standing, d: Directory) -> rules.Step | None:
    """What happens next if nobody acts."""
    if standing.clocks == RESTING:
        return None
    restricted = case.confidentiality == Level.RESTRICTED
    last = standing.climbed[-1] if standing.climbed else None
    return rules.next_step(
        d.calendar_of(case.institution_id),
        standing.rungs,
        standing.clocks,
        standing.climbed,
        # An alarm above the top of a ladder that the case has left says nothing of this one.
        [at for at in standing.alarms if last is None or at >= last.at],
        first_rung=standing.cycle.first_rung,
        max_rung=None if restricted else case.max_rung,
    )


def arm(case: m.Case, d: Directory) -> None:
    """Set the ladder's timer to the next step; called whenever a clock or the place changed."""
    arm_many([case], d)


def arm_many(cases: Sequence[m.Case], d: Directory) -> None:
    """Set the ladder's timer of many cases."""
    db.session.flush()
    found = standings(cases, d)
    moments = {}
    for case in cases:
        step = next_step(case, found[case.id], d)
        moments[case.id, "ladder"] = looked_at(found[case.id], step)
    clocks.set_timers(moments)


def looked_at(standing: Standing, step: rules.Step | None) -> datetime | None:
    """When a sweep looks at a case: at its next step, or before for a cycle that was left."""
    return min([*standing.left_at, *([step.at] if step else [])], default=None)


def leave_cycle(case: m.Case, d: Directory) -> None:
    """Called before another cycle begins: where a rung of this one fell due to which no sweep has
    come, the next sweep still climbs it first, and the new cycle begins above it."""
    db.session.flush()
    standing = standings([case], d)[case.id]
    cycle = standing.cycle
    if cycle.over_at is None or next_step(case, standing, d) is None:
        return
    _leave(
        m.Deadline.case_id == case.id,
        m.Deadline.cycle == case.cycle,
        m.Deadline.clock == "answer",
        left_at=cycle.over_at,
        left_rung=cycle.first_rung,
        left_appealed=cycle.appealed,
    )


def caught_up(case_ids: Collection[UUID]) -> None:
    """Nothing of an earlier cycle of these cases is to be climbed any more: it was, or they are on
    another ladder now."""
    _leave(
        m.Deadline.case_id.in_(case_ids),
        m.Deadline.left_at.is_not(None),
        left_at=None,
        left_rung=None,
        left_appealed=None,
    )


def _leave(*which: ColumnElement[bool], **values: Any) -> None:
    statement = update(m.Deadline).where(*which).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


def highest(case: m.Case) -> int:
    """The highest rung of any cycle on the ladder that the case is on; 0 when it never climbed."""
    return highest_of([case])[case.id]


def highest_of(cases: Sequence[m.Case]) -> dict[UUID, int]:
    """The highest rung of many cases, in one query at most."""
    apart = [case.id for case in cases if case.confidentiality == Level.RESTRICTED]
    found = {case.id: case.highest_rung for case in cases} | dict.fromkeys(apart, 0)
    if apart:
        reached = (
            select(m.Escalation.case_id, func.max(m.Escalation.rung).label("rung"))
            .where(among(m.Escalation.case_id, apart), m.Escalation.restricted)
            .group_by(m.Escalation.case_id)
        )
        found |= {row.case_id: row.rung for row in db.session.execute(reached)}
    return found


def forecast(case: m.Case, d: Directory, limit: int = 3) -> list[rules.Step]:
    """The rungs ahead if nobody acts."""
    return forecasts([case], d, limit)[case.id]


def forecasts(
    cases: Sequence[m.Case], d: Directory, limit: int = 3
) -> dict[UUID, list[rules.Step]]:
    """The rungs ahead of many cases if nobody acts, in as many queries as for one."""
    found = standings(cases, d)
    return {case.id: _ahead(case, found[case.id], d, limit) for case in cases}


def _ahead(case: m.Case, standing: Standing, d: Directory, limit: int) -> list[rules.Step]:
    steps: list[rules.Step] = []
    while len(steps) < limit:
        step = next_step(case, standing, d)
        if step is None or (step.rung is None and not step.key):
            break
        if step.rung is None:
            standing.clocks = rules.alarmed(standing.clocks, step.key)
            continue
        steps.append(step)
        standing.climbed.append(rules.Climbed(step.rung, step.at, key=step.key))
    return steps


def rung(standing: Standing, number: int) -> rules.Rung:
    """The rung with that number."""
    return next(each for each in standing.rungs if each.number == number)


def digest_of(rungs: Iterable[rules.Rung], number: int) -> bool:
    """Whether that rung gets one daily digest in place of single notices."""
    return any(each.digest for each in rungs if each.number == number)
