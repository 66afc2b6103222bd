"""Where a case stands on its ladder, and when its next rung falls due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import ladder as rules
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status
from feedback.services import clocks, groups
from feedback.services.reference import Directory

RESTRICTED = "restricted"


@dataclass(slots=True)
class Standing:
    """One case on its ladder in its present cycle, as the pure rules need it."""

    ladder: str
    rungs: tuple[rules.Rung, ...]
    clocks: rules.Clocks
    climbed: list[rules.Climbed]
    alarms: list[datetime]
    # The start of a cycle that an appeal opened, whose first rung is due at once. One that the
    # office opened itself has none: it climbs when its own clock is missed.
    appealed_at: datetime | None


def name_of(case: m.Case, d: Directory) -> str:
    """The ladder of a case: the restricted one, else that of its institution."""
    if case.confidentiality == Level.RESTRICTED:
        return RESTRICTED
    return d.institutions[case.institution_id].ladder


def top(case: m.Case, d: Directory) -> int:
    """The highest rung this case can reach; suggestions and compliments end at the head."""
    rungs = d.ladder(name_of(case, d))
    highest = max((rung.number for rung in rungs), default=0)
    if case.max_rung is None or case.confidentiality == Level.RESTRICTED:
        return highest
    return min(highest, case.max_rung)


def standings(cases: Sequence[m.Case], d: Directory) -> dict[UUID, Standing]:
    """Load the standing of many cases in four queries."""
    ids = [case.id for case in cases]
    deadlines: dict[tuple[UUID, int, str], m.Deadline] = {
        (row.case_id, row.cycle, row.clock): row
        for row in db.session.scalars(select(m.Deadline).where(m.Deadline.case_id.in_(ids)))
    }
    climbed: dict[tuple[UUID, int, bool], list[rules.Climbed]] = {}
    for row in db.session.execute(
        select(
            m.Escalation.case_id,
            m.Escalation.cycle,
            m.Escalation.restricted,
            m.Escalation.rung,
            m.Escalation.due_at,
            m.Escalation.way,
            m.Escalation.held_days,
        )
        .where(m.Escalation.case_id.in_(ids))
        .order_by(m.Escalation.rung)
    ):
        climbed.setdefault((row.case_id, row.cycle, row.restricted), []).append(
            rules.Climbed(row.rung, row.due_at, skipped=row.way == "skipped", days=row.held_days)
        )
    alarms: dict[tuple[UUID, int], list[datetime]] = {}
    for case_id, cycle, at in db.session.execute(
        select(m.Alarm.case_id, m.Alarm.cycle, m.Alarm.at).where(
            m.Alarm.case_id.in_(ids), m.Alarm.kind == "top"
        )
    ):
        if case_id is not None:
            alarms.setdefault((case_id, cycle), []).append(at)
    joined = groups.climbed(ids)
    found = {}
    for case in cases:
        restricted = case.confidentiality == Level.RESTRICTED
        own = climbed.get((case.id, case.cycle, restricted), [])
        # Where cases are joined the ladder stands at the highest rung that any of them reached. The
        # rung that opens an appeal's cycle is climbed first all the same.
        if case.id in joined and not restricted and (own or case.cycle == 1):
            own = _together(own, joined[case.id])
        answer = deadlines.get((case.id, case.cycle, "answer"))
        name = name_of(case, d)
        found[case.id] = Standing(
            name,
            d.ladder(name),
            _running(case, deadlines.get((case.id, case.cycle, "acknowledge")), answer),
            own,
            alarms.get((case.id, case.cycle), []),
            answer.starts_at
            if case.cycle > 1 and not case.reopened and answer is not None
            else None,
        )
    return found


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


def _running(
    case: m.Case, acknowledge: m.Deadline | None, answer: m.Deadline | None
) -> rules.Clocks:
    if Status(case.status) not in OPEN or groups.follows(case):
        return rules.Clocks(None, None)
    return rules.Clocks(
        acknowledge.due_at if acknowledge is not None and acknowledge.met_at is None else None,
        answer.due_at if answer is not None and answer.met_at is None else None,
    )


def next_step(case: m.Case, standing: Standing, d: Directory) -> rules.Step | None:
    """What happens next if nobody acts; a cycle opened by an appeal begins with its rung."""
    if standing.clocks == rules.Clocks(None, None):
        return None
    restricted = case.confidentiality == Level.RESTRICTED
    if standing.appealed_at is not None and not standing.climbed:
        first = min(case.first_rung, top(case, d))
        if first:
            return rules.Step(first, standing.appealed_at, "appeal", alarm=False)
    last = standing.climbed[-1] if standing.climbed else None
    return rules.next_step(
        d.calendar_of(case.institution_id),
        standing.rungs,
        standing.clocks,
        standing.climbed,
        # An alarm above the top of a ladder that the case has left says nothing of this one.
        [at for at in standing.alarms if last is None or at >= last.at],
        first_rung=case.first_rung,
        max_rung=None if restricted else case.max_rung,
    )


def arm(case: m.Case, d: Directory) -> None:
    """Set the ladder's timer to the next step; called whenever a clock or the place changed."""
    arm_many([case], d)


def arm_many(cases: Sequence[m.Case], d: Directory) -> None:
    """Set the ladder's timer of many cases."""
    db.session.flush()
    found = standings(cases, d)
    steps = {case.id: next_step(case, found[case.id], d) for case in cases}
    clocks.set_timers(
        {(case_id, "ladder"): step.at if step else None for case_id, step in steps.items()}
    )


def highest(case: m.Case) -> int:
    """The highest rung of any cycle on the ladder that the case is on; 0 when it never climbed."""
    if case.confidentiality != Level.RESTRICTED:
        return case.highest_rung
    reached = select(func.max(m.Escalation.rung)).where(
        m.Escalation.case_id == case.id, m.Escalation.restricted
    )
    return db.session.scalar(reached) or 0


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
        if step is None or step.rung is None:
            break
        steps.append(step)
        standing.climbed.append(rules.Climbed(step.rung, step.at))
    return steps


def rung(standing: Standing, number: int) -> rules.Rung:
    """The rung with that number."""
    return next(each for each in standing.rungs if each.number == number)


def digest_of(rungs: Iterable[rules.Rung], number: int) -> bool:
    """Whether that rung gets one daily digest in place of single notices."""
    return any(each.digest for each in rungs if each.number == number)
