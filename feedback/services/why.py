"""Why a clock falls due when it does: the arithmetic day by day, with what each day was.

The same facts and the same rule as `clocks.recompute`; nothing here is stored or decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.rules import deadlines
from feedback.services import audit, clocks, views
from feedback.services.errors import Refused
from feedback.services.reference import Directory, StandardInfo, directory, standard_info


@dataclass(frozen=True, slots=True)
class DayOff:
    """What the calendar says of a day: whose day it is, by which order. `off` is false for one that
    was taken back; `corrected_on`: when, if that was after the clock began."""

    name_sw: str
    name_en: str
    scope: str
    off: bool
    closes: time | None
    expected: bool
    ordered_by: str
    order_number: str
    corrected_on: date | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the arithmetic. reason: as `deadlines.Step`; `closes`: the hour of a half day."""

    day: date
    counted: bool
    reason: str
    number: int | None
    closes: time | None
    about: Sequence[DayOff] = ()

    @property
    def plain(self) -> bool:
        """Nothing to tell but what its week says: no day off, no half day, not the first one."""
        return self.reason not in ("day0", "holiday") and not self.about and self.closes is None


@dataclass(frozen=True, slots=True)
class Week:
    """The days of one week, so that a long stretch can be folded."""

    days: Sequence[Day]

    @property
    def numbers(self) -> list[int]:
        """The working days that were counted in it."""
        return [day.number for day in self.days if day.counted and day.number is not None]

    @property
    def plain(self) -> bool:
        """Nothing but working days, waiting and a weekend."""
        return all(day.plain for day in self.days)

    @property
    def waited(self) -> bool:
        """Whether the clock waited on a day of it."""
        return any(day.reason == "paused" for day in self.days)


@dataclass(frozen=True, slots=True)
class Explained:
    """One clock: where it began, by which version of which standard, and each day to its end.

    own_due: where the arithmetic ends. due_at: what holds, which is earlier where a joined case was
    due before (`joined`); of a clock that stopped it may be what a former calendar said.
    """

    clock: str
    cycle: int
    starts_at: datetime
    working_days: int
    standard: StandardInfo | None
    extension_days: int
    weeks: Sequence[Week]
    own_due: datetime
    due_at: datetime
    joined: bool
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class Granted:
    """More time that the head gave, and when."""

    days: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """All that a page needs to explain the dates of a case. rungs: climbed, then ahead."""

    reference: str
    kind: str
    confidentiality: str
    due_at: datetime
    clocks: Sequence[Explained]
    pauses: Sequence[m.Pause]
    extensions: Sequence[Granted]
    rungs: Sequence[views.Rung] = field(default_factory=list)


def for_officer(case_id: UUID, now: datetime) -> Why:
    """The arithmetic of a case that the present officer sees; a look without words, on record."""
    case = _case(case_id)
    audit.record("looked", case.id, now=now, words=0, level=case.confidentiality)
    return of_case(case, directory(), now)


def for_citizen(case_id: UUID) -> Why:
    """The same for its citizen, with the rungs that were climbed (principal: public)."""
    return of_case(_case(case_id), directory())


def _case(case_id: UUID) -> m.Case:
    case = db.session.get(m.Case, case_id)
    if case is None:
        raise Refused("not-found")
    return case


def of_case(case: m.Case, d: Directory, now: datetime | None = None) -> Why:
    """The arithmetic of the clocks of the case's present cycle. now: with the rungs that follow
    from then on if nobody acts."""
    own = clocks.of(case)
    running = [each for each in (own.answer, own.acknowledge) if each is not None]
    standards = _standards(running)
    days = _days_off(running, own, d)
    rungs = views.rungs(d, m.Escalation.case_id == case.id, m.Escalation.cycle == case.cycle)
    return Why(
        case.reference,
        case.kind,
        case.confidentiality,
        case.due_at,
        [explained(each, own, d, standards, days) for each in running],
        [pause for pause in own.pauses if pause.cycle == case.cycle],
        _granted(case),
        [*rungs, *(views.ahead(case, d, now) if now else ())],
    )


def explained(
    deadline: m.Deadline,
    own: clocks.CaseClocks,
    d: Directory,
    standards: Mapping[int, StandardInfo],
    days: Mapping[date, Sequence[DayOff]],
) -> Explained:
    """One clock by the rule that set it."""
    calendar = d.calendar(deadline.calendar_id, deadline.office_id)
    steps = deadlines.explain(
        calendar,
        deadline.starts_at,
        deadline.working_days,
        own.pauses_of(deadline),
        deadline.extension_days,
    )
    own_due = calendar.closing(steps[-1].day)
    told = [Day(s.day, s.counted, s.reason, s.number, s.closes, days.get(s.day, ())) for s in steps]
    return Explained(
        deadline.clock,
        deadline.cycle,
        deadline.starts_at,
        deadline.working_days,
        standards.get(deadline.standard_id or 0),
        deadline.extension_days,
        weeks(told),
        own_due,
        deadline.due_at,
        own.joined.get(deadline.clock, own_due) < own_due,
        deadline.met_at,
    )


def weeks(days: Sequence[Day]) -> list[Week]:
    """The days by weeks that begin on Monday."""
    found: dict[date, list[Day]] = {}
    for each in days:
        found.setdefault(each.day - timedelta(days=each.day.weekday()), []).append(each)
    return [Week(each) for each in found.values()]


def _standards(running: Sequence[m.Deadline]) -> dict[int, StandardInfo]:
    named = {each.standard_id for each in running if each.standard_id is not None}
    if not named:
        return {}
    table = m.ServiceStandard.__table__
    rows = db.session.execute(select(table).where(table.c.id.in_(named)))
    return {row.id: standard_info(row) for row in rows}


def _days_off(
    running: Sequence[m.Deadline], own: clocks.CaseClocks, d: Directory
) -> dict[date, list[DayOff]]:
    """What the calendar of the clocks says of the days that they run over, in two statements."""
    answer = own.answer
    begun = min(each.starts_at for each in running)
    # A joined case may hold a date nearer than where its own arithmetic ends.
    ends = max(
        deadlines.due(
            d.calendar(each.calendar_id, each.office_id),
            each.starts_at,
            each.working_days,
            own.pauses_of(each),
            each.extension_days,
        )
        for each in running
    )
    first, last = local_day(begun), local_day(ends)
    scopes = d.scopes_of(answer.office_id)
    corrected = _corrections(answer, scopes, first, last, begun)
    table = m.Holiday
    found: dict[date, list[DayOff]] = {}
    for row in db.session.execute(
        select(table.__table__)
        .where(
            table.calendar_id == answer.calendar_id,
            table.day.between(first, last),
            table.scope.in_(scopes),
        )
        .order_by(table.scope != rules.EVERYBODY, table.id)
    ):
        on = corrected.get((row.day, row.scope))
        if row.status == "removed" and on is None:
            continue  # was none when the clock began
        found.setdefault(row.day, []).append(_day_off(row, on))
    return found


def _day_off(row: Any, corrected_on: date | None) -> DayOff:
    return DayOff(
        row.name_sw,
        row.name_en,
        row.scope,
        row.status != "removed",
        row.closes,
        row.status == "expected",
        row.ordered_by,
        row.order_number,
        corrected_on,
    )


def _corrections(
    answer: m.Deadline, scopes: Sequence[str], first: date, last: date, begun: datetime
) -> dict[tuple[date, str], date]:
    """The day of the latest correction of each day and scope, made after the clock began."""
    said = m.CalendarCorrection
    rows = db.session.execute(
        select(said.day, said.moved_to, said.scope, said.at)
        .where(
            said.calendar_id == answer.calendar_id,
            said.scope.in_(scopes),
            said.shifts,
            said.at > begun,
            or_(
                said.day.between(first, last),
                func.coalesce(said.moved_to, said.day).between(first, last),
            ),
        )
        .order_by(said.id)
    )
    found = {}
    for row in rows:
        for day in (row.day, row.moved_to):
            if day is not None:
                found[day, row.scope] = local_day(row.at)
    return found


def _granted(case: m.Case) -> list[Granted]:
    """What the head gave in this cycle, as far as the principal may read it."""
    rows = db.session.execute(
        select(m.Extension.days, m.Extension.decided_at)
        .where(
            m.Extension.case_id == case.id,
            m.Extension.cycle == case.cycle,
            m.Extension.granted.is_(True),
        )
        .order_by(m.Extension.decided_at)
    )
    return [Granted(row.days, row.decided_at) for row in rows if row.decided_at is not None]
