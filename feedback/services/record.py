"""The record as an auditor reads it, and the calendars as an administrator sees them.

Cases go by their reference, which opens none. Of a restricted report about the auditor's own
institution the database shows nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text

from feedback import models as m
from feedback.clock import DAR_ES_SALAAM
from feedback.extensions import db
from feedback.services.audit import LOOKS

PAGE = 50
MOST_IN_FILE = 10_000
KINDS = ("look", "act", "other")
"""Kinds of entries: a look at a case, another act on one, and what concerns no case."""


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
    reference: str = ""


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries, the latest first; `next` is the position after which the next page begins."""

    rows: Sequence[Entry]
    next: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor looks for; empty is everything. Days are those of an office's calendar,
    both included."""

    username: str = ""
    act: str = ""
    kind: str = ""
    case_id: UUID | None = None
    since: date | None = None
    until: date | None = None


def case_of(typed: str) -> UUID | None:
    """The case that an auditor names by reference or inner number; None where there is none."""
    try:
        return UUID(typed)
    except ValueError:
        query = text("SELECT guard.audited_case(:reference)")
        found: UUID | None = db.session.scalar(query, {"reference": typed.strip().upper()})
        return found


def entries(asked: Asked, *, after: int | None = None, limit: int = PAGE) -> EntryPage:
    """Chained entries that fit (principal: an auditor).

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
        .where(*_conditions(asked))
        .order_by(link.position.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(link.position < after)
    found = db.session.execute(query).all()
    names = references({row.case_id for row in found if row.case_id is not None})
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
            names.get(r.case_id, ""),
        )
        for r in found
    ]
    return EntryPage(rows[:limit], rows[limit - 1].position if len(rows) > limit else None)


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    entry = m.AuditEntry
    found: list[ColumnElement[bool]] = []
    if asked.username:
        chosen = select(m.Officer.id).where(m.Officer.username == asked.username)
        found.append(entry.actor_id.in_(chosen))
    if asked.act:
        found.append(entry.act == asked.act)
    if asked.kind == "look":
        found.append(entry.act.in_(LOOKS))
    if asked.kind == "act":
        found.append(and_(entry.case_id.is_not(None), entry.act.not_in(LOOKS)))
    if asked.kind == "other":
        found.append(entry.case_id.is_(None))
    if asked.case_id is not None:
        found.append(entry.case_id == asked.case_id)
    if asked.since is not None:
        found.append(entry.at >= midnight(asked.since))
    if asked.until is not None:
        found.append(entry.at < midnight(asked.until + timedelta(days=1)))
    return found


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Dar es Salaam."""
    return datetime.combine(day, time(), DAR_ES_SALAAM)


def references(cases: set[UUID]) -> dict[UUID, str]:
    """References of cases, as far as this auditor may know of them."""
    if not cases:
        return {}
    rows = db.session.execute(
        text("SELECT case_id, reference FROM guard.references_of(:cases)"),
        {"cases": sorted(cases)},
    )
    return {row.case_id: row.reference for row in rows}


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
