"""The warning of the morning: whoever leads an office hears, as it opens, what of its cases climbs
this week and what climbed yesterday.

Made under the reader's own principal, so that nobody is told of a case that he may not see. It is
settled once a day for each reader; the notice goes the way of everything urgent (`telling`). Where
a post is vacant the institution's coordinators are told. Principal: the worker's job.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import any_, literal, select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import deadlines, ladder, teams
from feedback.rules.access import Level
from feedback.rules.deadlines import Calendar
from feedback.rules.teams import Scope
from feedback.services import forecast_lists, lateness, marks, posts, roster, viewers, workload
from feedback.services.errors import Refused
from feedback.services.listing import COUNT_LIMIT
from feedback.services.posts import Address
from feedback.services.reference import Directory, directory
from feedback.services.texts.officer_letters import Ahead, Climb
from feedback.transaction import JOB, Principal, transaction

KIND = "will_climb"
FRESH = timedelta(minutes=10)
"""Nobody is warned by a forecast older than this: after an outage it is made anew first."""


def send_due(now: datetime, seconds: float) -> dict[str, int]:
    """Warn those whose office is open and who were not looked at today; answers of how many it was
    settled, how many were warned, and how many are left. Each step commits by itself."""
    end = time.monotonic() + seconds
    with transaction(JOB):
        readers = _due(now)
    done = {"settled": 0, "warned": 0, "left": len(readers)}
    for officer_id in readers:
        if time.monotonic() > end:
            break
        done["left"] -= 1
        with transaction(Principal.of_officer(officer_id)):
            anything = not ahead(now).is_empty
        with transaction(JOB):
            if _settle(officer_id, now):
                done["settled"] += 1
                if anything:
                    marks.notices([officer_id], KIND, None, now, local_day(now).isoformat())
                    done["warned"] += 1
    return done


def _settle(officer_id: int, now: datetime) -> bool:
    """Mark the day of an officer; False where another worker did."""
    today = local_day(now)
    statement = insert(m.WarningDay).values(officer_id=officer_id, day=today)
    settled = statement.on_conflict_do_update(
        index_elements=["officer_id"], set_={"day": today}, where=m.WarningDay.day < today
    ).returning(m.WarningDay.officer_id)
    return db.session.scalar(settled) is not None


def _due(now: datetime) -> list[int]:
    """Who leads an office that is open now and was not looked at today."""
    d, today = directory(), local_day(now)
    stands = db.session.scalar(
        select(m.ForecastState.computed_at).where(m.ForecastState.id == lateness.STATE)
    )
    if stands is None or stands < now - FRESH:
        return []
    works = {
        number: deadlines.at_work(calendar, now) == now for number, calendar in d.calendars.items()
    }
    open_now = {i.id for i in d.institutions_by_code.values() if works[i.calendar_id]}
    settled = set(
        db.session.scalars(select(m.WarningDay.officer_id).where(m.WarningDay.day >= today))
    )
    return sorted(_leaders(open_now, d, now) - settled)


def _leaders(institutions: set[int], d: Directory, now: datetime) -> set[int]:
    """Who stands on the posts of heads, of institutions and of units; for a vacant one the
    coordinators of the institution."""
    addresses = [Address(number, None, "institution_head") for number in institutions]
    addresses += [
        Address(unit.institution_id, unit.id, "unit_head")
        for unit in d.units.values()
        if unit.active and unit.institution_id in institutions
    ]
    found: set[int] = set()
    vacant: set[int] = set()
    for address, post in posts.find(addresses, local_day(now)).items():
        person = ladder.resolve(post, frozenset()).person
        if person is None:
            vacant.add(address.institution_id)
        else:
            found.add(person)
    return found | set(
        db.session.scalars(
            select(m.Officer.id).where(
                m.Officer.active,
                m.Officer.institution_id.in_(sorted(vacant)),
                literal("coordinator") == any_(m.Officer.roles),
            )
        )
    )


def ahead(now: datetime) -> Ahead:
    """What the present officer is warned of: up to the end of the week, and since the last working
    day began."""
    try:
        own = roster.scope()
    except Refused:
        return Ahead()
    calendar = directory().calendar_of(viewers.present().institution)
    week = forecast_lists.climbing(own, now, teams.end_of_week(now), limit=COUNT_LIMIT).rows
    climbs = [
        Climb(
            row.case.reference,
            local_day(row.at),
            row.name_sw,
            row.name_en,
            row.case.handler_name,
        )
        for row in week
        if row.case.confidentiality == Level.OPEN
    ]
    climbed, closed = _climbed(own, _yesterday(calendar, now), now)
    return Ahead(climbs, len(week) - len(climbs), climbed, closed)


def _yesterday(calendar: Calendar, now: datetime) -> datetime:
    """When the office opened on its last working day before today."""
    day = local_day(now) - deadlines.ONE_DAY
    while not calendar.is_working_day(day):
        day -= deadlines.ONE_DAY
    return calendar.opening(day)


def _climbed(own: Scope, since: datetime, now: datetime) -> tuple[list[Climb], int]:
    """The rungs that cases of the scope reached lately, and the number of those confidential."""
    d = directory()
    rung = m.Escalation
    query: Any = (
        select(
            m.Case.reference,
            m.Case.confidentiality,
            rung.due_at,
            rung.ladder,
            rung.rung,
            m.Officer.name,
        )
        .select_from(rung)
        .join(m.Case, m.Case.id == rung.case_id)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(
            rung.due_at >= since,
            rung.due_at < now,
            rung.way != "skipped",
            rung.from_institution_id.in_(
                sorted(own.institutions or {d.units[unit].institution_id for unit in own.units})
            ),
            workload.of_scope(own),
        )
        .order_by(rung.due_at, rung.id)
        .limit(COUNT_LIMIT)
    )
    rows = db.session.execute(query).all()
    named = [
        Climb(
            row.reference,
            local_day(row.due_at),
            *d.ladder_names.get((row.ladder, row.rung), (str(row.rung), str(row.rung))),
            row.name,
        )
        for row in rows
        if row.confidentiality == Level.OPEN
    ]
    return named, len(rows) - len(named)
