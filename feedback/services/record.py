"""The record as an auditor reads it, and the calendars as an administrator sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import all_, func, or_, select

from feedback import models as m
from feedback.extensions import db

PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One act or look. `officer` is empty where a citizen or a worker acted."""

    position: int
    at: datetime
    act: str
    actor_kind: str
    officer: str
    username: str
    case_id: UUID | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries, the latest first; `next` is the position after which the next page begins."""

    rows: Sequence[Entry]
    next: int | None


def entries(
    *,
    after: int | None = None,
    username: str = "",
    act: str = "",
    case_id: UUID | None = None,
) -> EntryPage:
    """Chained entries (principal: an auditor), by officer, act and case.

    The order is that of the chain, which an index serves; an entry appears once it is chained,
    some seconds after the act.
    """
    entry, link = m.AuditEntry, m.AuditLink
    query = (
        select(
            link.position,
            entry.at,
            entry.act,
            entry.actor_kind,
            m.Officer.name,
            m.Officer.username,
            entry.case_id,
            entry.details,
        )
        .join(entry, entry.id == link.entry_id)
        .outerjoin(m.Officer, m.Officer.id == entry.actor_id)
        # An auditor whom a case concerns finds nothing of it here, the exclusion least of all.
        .where(or_(entry.case_id.is_(None), entry.case_id != all_(func.guard.conflicts())))
        .order_by(link.position.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(link.position < after)
    if username:
        chosen = select(m.Officer.id).where(m.Officer.username == username)
        query = query.where(entry.actor_id.in_(chosen))
    if act:
        query = query.where(entry.act == act)
    if case_id is not None:
        query = query.where(entry.case_id == case_id)
    rows = [
        Entry(
            r.position,
            r.at,
            r.act,
            r.actor_kind,
            r.name or "",
            r.username or "",
            r.case_id,
            r.details,
        )
        for r in db.session.execute(query)
    ]
    return EntryPage(rows[:PAGE], rows[PAGE - 1].position if len(rows) > PAGE else None)


def calendars() -> list[m.Calendar]:
    """The calendars that institutions count by."""
    return list(db.session.scalars(select(m.Calendar).order_by(m.Calendar.id)))


def corrections(calendar_id: int) -> list[m.CalendarCorrection]:
    """The latest corrections of a calendar, with how many deadlines each moved."""
    return list(
        db.session.scalars(
            select(m.CalendarCorrection)
            .where(m.CalendarCorrection.calendar_id == calendar_id)
            .order_by(m.CalendarCorrection.id.desc())
            .limit(10)
        )
    )
