"""Offices closed by order: the list that oversight reads, so that nobody slows a clock unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import changes as rules

PAGE = 50


@dataclass(frozen=True, slots=True)
class Closure:
    """A day or half day of a region or an office, by which order, who entered it and when, and how
    many running deadlines it moved (none yet: being computed)."""

    day: date
    scope: str
    name_sw: str
    name_en: str
    closes: time | None
    ordered_by: str
    order_number: str
    status: str
    entered_by: str | None
    entered_at: datetime | None
    deadlines_moved: int | None


def listed(before: date | None = None) -> list[Closure]:
    """Days that are not everybody's, the latest first, taken back ones too (any officer)."""
    day, said = m.Holiday, m.CalendarCorrection
    last = (
        select(said.id)
        .where(said.calendar_id == day.calendar_id, said.day == day.day, said.scope == day.scope)
        .order_by(said.id.desc())
        .limit(1)
        .correlate(day)
        .scalar_subquery()
    )
    query = (
        select(
            *(day.day, day.scope, day.name_sw, day.name_en, day.closes),
            *(day.ordered_by, day.order_number, day.status),
            *(m.Officer.name, said.at, said.deadlines_moved),
        )
        .outerjoin(said, said.id == last)
        .outerjoin(m.Officer, m.Officer.id == said.officer_id)
        .where(day.scope != rules.EVERYBODY)
        .order_by(day.day.desc(), day.id.desc())
        .limit(PAGE)
    )
    if before is not None:
        query = query.where(day.day < before)
    return [Closure(*row) for row in db.session.execute(query)]
