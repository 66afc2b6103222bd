"""The forecast as officers read it: of single cases, of an office, of what lies below an official.

Of single cases everything runs under the officer's principal. Sums of an office leave out what the
officer is kept away from; those of others go through rules.disclosure. Each read is one statement,
or two with the moment as of which it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, select, text, tuple_
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.extensions import db
from feedback.rules import forecast as rules
from feedback.rules.access import Viewer
from feedback.rules.disclosure import safe_count
from feedback.rules.risk import Count, Key
from feedback.rules.teams import Scope
from feedback.services import lateness
from feedback.services.listing import COLUMNS, IS_OPEN, Page, QueueRow, decode, encode, queue_row
from feedback.services.reference import Directory, InstitutionInfo, directory

CASES = 50
"""Cases of one page of what climbs."""
WHOLE = 0
"""The unit under which sums of an institution with all below it stand."""

_LADDER = aliased(m.Timer)


@dataclass(frozen=True, slots=True)
class Risk:
    """Why a case is called likely late: the cell by which it was judged."""

    key: Key
    count: Count


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a row of a list says of what is to come: the next rung and in how many working days; its
    risk, where it is likely late."""

    name_sw: str
    name_en: str
    days: int | None
    risk: Risk | None


def _stands(version: int) -> ColumnElement[bool]:
    """Whether the forecast is that of the case as it stands; needs `_with_timer`."""
    # The whole row of "case", which SQLAlchemy has no word for.
    stamp = func.guard.forecast_stamp(literal_column('"case"'), _LADDER.due_at, version)
    return m.CaseForecast.stamp == stamp


def _with_timer(query: Any) -> Any:
    """A query of forecasts joined with their cases and the timers of those."""
    return query.join(m.Case, m.Case.id == m.CaseForecast.case_id).outerjoin(
        _LADDER,
        and_(_LADDER.case_id == m.Case.id, _LADDER.purpose == "ladder", ~_LADDER.done),
    )


def of_cases(case_ids: Collection[UUID], now: datetime) -> dict[UUID, Outlook]:
    """The outlook of open cases, in one query; none of one whose forecast is out of date."""
    if not case_ids:
        return {}
    d = directory()
    query = _with_timer(
        select(
            m.CaseForecast.case_id,
            m.CaseForecast.institution_id,
            m.CaseForecast.ladder,
            m.CaseForecast.rungs,
            m.CaseForecast.next_at,
            m.CaseForecast.risk_key,
            m.CaseForecast.risk_cases,
            m.CaseForecast.risk_late,
            (m.CaseForecast.likely & (m.CaseForecast.good_until > now)).label("likely"),
        )
    ).where(m.CaseForecast.case_id.in_(case_ids), _stands(d.version))
    return {row.case_id: _outlook(row, now, d) for row in db.session.execute(query)}


def risk_of(case_id: UUID, now: datetime) -> Risk | None:
    """Why a case is called likely late; None where it is not."""
    outlook = of_cases([case_id], now).get(case_id)
    return outlook.risk if outlook else None


def _outlook(row: Any, now: datetime, d: Directory) -> Outlook:
    days, names = None, ("", "")
    if row.next_at is not None:
        days = rules.days_until(d.calendar_of(row.institution_id), now, row.next_at)
        names = _names(row.ladder, row.rungs[0], d)
    risk = None
    if row.likely and row.risk_key:
        risk = Risk(tuple(row.risk_key), Count(row.risk_cases, row.risk_late))
    return Outlook(*names, days, risk)


def _names(ladder: str, rung: int, d: Directory) -> tuple[str, str]:
    return d.ladder_names.get((ladder, rung), (str(rung), str(rung)))


def is_likely_late(viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """Whether a case of an officer's lists is likely late, as a condition on `case`. Those lists
    lie within the own institution, or those that the officer leads."""
    near = sorted({viewer.institution, *viewer.heads, *viewer.coordinates})
    likely = select(m.CaseForecast.case_id).where(
        m.CaseForecast.likely,
        m.CaseForecast.good_until > now,
        m.CaseForecast.institution_id.in_(near),
    )
    return m.Case.id.in_(likely)


# What climbs


@dataclass(frozen=True, slots=True)
class Climb:
    """A case that goes up next: to which rung and when."""

    case: QueueRow
    rung: int
    name_sw: str
    name_en: str
    at: datetime


def of_scope(own: Scope) -> ColumnElement[bool]:
    """The forecasts of a scope, as a condition on `case_forecast`."""
    if not own.whole:
        return m.CaseForecast.unit_id.in_(sorted(own.units))
    if len(own.institutions) == 1:  # an index then has them in order
        return m.CaseForecast.institution_id == next(iter(own.institutions))
    return m.CaseForecast.institution_id.in_(sorted(own.institutions))


def climbing(
    own: Scope,
    now: datetime,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = CASES,
) -> Page:
    """The open cases of a scope by when they climb if nobody acts, up to a moment: one query."""
    d = directory()
    forecast = m.CaseForecast
    query = (
        _with_timer(select(*COLUMNS, forecast.ladder, forecast.rungs, forecast.next_at))
        .select_from(forecast)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(of_scope(own), forecast.next_at.is_not(None), IS_OPEN, _stands(d.version))
        .order_by(forecast.next_at, forecast.case_id)
        .limit(limit + 1)
    )
    if until is not None:
        query = query.where(forecast.next_at < until)
    start = decode(after)
    if start is not None:
        query = query.where(tuple_(forecast.next_at, forecast.case_id) > start)
    rows = db.session.execute(query).all()
    more = encode(rows[limit - 1].next_at, rows[limit - 1].id) if len(rows) > limit else None
    listed = [
        Climb(
            queue_row(row, now),
            row.rungs[0],
            *_names(row.ladder, row.rungs[0], d),
            max(row.next_at, now),
        )
        for row in rows[:limit]
    ]
    return Page(listed, more)


# Sums of the coming days


@dataclass(frozen=True, slots=True)
class RungName:
    """What rungs are called; those of several ladders that bear one name count as one."""

    name_sw: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Days:
    """How many cases reach which rung on which of the coming working days. `rungs`: the lowest
    first; `rows`: a day with its number of each rung, None: not shown; `stands`: as of when, None:
    not computed yet."""

    rungs: Sequence[RungName]
    rows: Sequence[tuple[date, Sequence[int | None]]]
    total: int | None
    stands: datetime | None


def of_office(own: Scope, institution_id: int, now: datetime) -> Days:
    """What those who lead an office see of it: every case that they may see. Two queries."""
    rows = db.session.execute(
        text("SELECT * FROM guard.forecast_of(:institutions, :units)"),
        {"institutions": sorted(own.institutions), "units": sorted(own.units)},
    )
    return _days(rows.all(), institution_id, now, {}, exact=True)


def below(chosen: InstitutionInfo, now: datetime) -> Days:
    """An institution with all below it, for oversight: no small number is shown. Two queries."""
    cell = m.ForecastCell
    rows = db.session.execute(
        select(cell.day, cell.ladder, cell.rung, cell.cases).where(
            cell.institution_id == chosen.id, cell.unit_id == WHOLE
        )
    )
    d = directory()
    # Every rung that there is has its column: one that nobody reaches is not told from a small one.
    lowest: dict[RungName, int] = {}
    for ladder in sorted({i.ladder for i in d.institutions.values() if chosen.id in i.path}):
        for rung in d.ladder(ladder):
            names = RungName(*_names(ladder, rung.number, d))
            lowest[names] = min(rung.number, lowest.get(names, rung.number))
    return _days(rows.all(), chosen.id, now, lowest, exact=False)


def _days(
    rows: Sequence[Any],
    institution_id: int,
    now: datetime,
    lowest: dict[RungName, int],
    *,
    exact: bool,
) -> Days:
    d = directory()
    days = rules.coming(d.calendar_of(institution_id), now)
    counts: dict[tuple[date, RungName], int] = {}
    for row in rows:
        day = rules.shown_on(days, row.day)
        if day is None:
            continue
        names = RungName(*_names(row.ladder, row.rung, d))
        lowest[names] = min(row.rung, lowest.get(names, row.rung))
        counts[day, names] = counts.get((day, names), 0) + row.cases
    rungs = sorted(lowest, key=lambda names: (lowest[names], names.name_sw))

    def shown(count: int) -> int | None:
        return count if exact else safe_count(count)

    stands = db.session.scalar(
        select(m.ForecastState.computed_at).where(m.ForecastState.id == lateness.STATE)
    )
    return Days(
        rungs,
        [(day, [shown(counts.get((day, names), 0)) for names in rungs]) for day in days],
        shown(sum(counts.values())),
        stands,
    )


def each_below(chosen: InstitutionInfo, now: datetime) -> list[tuple[InstitutionInfo, int | None]]:
    """The institutions just below one, each with all below it: how many climbs lie ahead in the
    coming working days. Small numbers are not shown, and one without any is not told from them."""
    d = directory()
    children = [i for i in d.institutions_by_code.values() if i.parent_id == chosen.id]
    last = rules.coming(d.calendar_of(chosen.id), now)[-1]
    cell = m.ForecastCell
    rows = db.session.execute(
        select(cell.institution_id, func.sum(cell.cases).label("climbs"))
        .where(
            cell.institution_id.in_([child.id for child in children]),
            cell.unit_id == WHOLE,
            cell.day <= last,
        )
        .group_by(cell.institution_id)
    )
    climbs = {row.institution_id: int(row.climbs) for row in rows}
    return [(child, safe_count(climbs.get(child.id, 0))) for child in children]
