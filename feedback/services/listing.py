"""What a row of a list of cases is, and how lists are paged: by keyset."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam
from sqlalchemy.orm import InstrumentedAttribute

from feedback import models as m
from feedback.models.inbox import SCOPES as SAVED_SCOPES
from feedback.rules import deadlines, inbox
from feedback.rules.workflow import OPEN
from feedback.services import groups
from feedback.services.reference import CategoryInfo, InstitutionInfo, directory
from feedback.services.viewers import present

PAGE = 25
OPEN_STATUSES = tuple(sorted(status.value for status in OPEN))
# Written out in the statement, since the planner takes a partial index only where it can read
# that the index holds every row asked for.
# A case that another one leads is found on the page of that one, and in no list.
IS_OPEN = and_(
    m.Case.status.in_(
        bindparam("open_statuses", OPEN_STATUSES, expanding=True, literal_execute=True)
    ),
    groups.ALONE,
)
COUNT_LIMIT = 999
"""A list longer than this is shown as "999+"; one more is counted, to tell."""


SCOPES = (*SAVED_SCOPES, "restricted")
"""Lists of cases by the name under which an address carries them."""


def of_scope(scope: str) -> ColumnElement[bool]:
    """Which cases a list holds for the present officer, open or not."""
    viewer = present()
    if scope == "mine":
        return m.Case.handler_id == viewer.officer
    if scope == "unowned":
        return and_(m.Case.handler_id.is_(None), m.Case.institution_id == viewer.institution)
    if scope == "restricted":
        return m.Case.confidentiality == "restricted"
    wide = viewer.heads | viewer.coordinates
    if wide:
        return m.Case.institution_id.in_(sorted(wide))
    return m.Case.unit_id.in_(sorted(viewer.units))


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case in a list."""

    case_id: UUID
    reference: str
    kind: str
    status: str
    category: CategoryInfo | None
    place: str | None
    institution: InstitutionInfo
    due_at: datetime
    # Where the pause runs out in which the clock waits for the citizen now.
    paused_until: datetime | None
    # The group of `rules.inbox` in which an open case stands, else "".
    group: str
    late: bool
    days_left: int
    confidentiality: str
    unread: bool
    handler_name: str | None
    received_at: datetime
    rung: int
    triage: bool
    handler_id: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `next` is the key at which the following one begins."""

    rows: list[Any]
    next: str | None


def encode(at: datetime, key: UUID) -> str:
    """The key at which the next page begins, as it stands in an address."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), str(key)]).encode()).decode()


def decode(after: str | None) -> tuple[datetime, UUID] | None:
    """The key of a page; what is not one (an edited address) starts at the beginning."""
    if not after:
        return None
    try:
        at, key = json.loads(base64.urlsafe_b64decode(after.encode()))
        moment = datetime.fromisoformat(at)
        return (moment, UUID(str(key))) if moment.tzinfo else None
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return None


COLUMNS: tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...] = (
    m.Case.id,
    m.Case.reference,
    m.Case.kind,
    m.Case.status,
    m.Case.category_id,
    m.Case.place,
    m.Case.institution_id,
    m.Case.due_at,
    m.Case.paused_until,
    m.Case.confidentiality,
    m.Case.unread,
    m.Officer.name.label("handler_name"),
    m.Case.received_at,
    m.Case.highest_rung,
    m.Case.triage,
    m.Case.handler_id,
)


def queue_row(row: Any, now: datetime) -> QueueRow:
    """A row of COLUMNS as a list shows it."""
    d = directory()
    calendar = d.calendar_of(row.institution_id)
    is_open = row.status in OPEN_STATUSES
    return QueueRow(
        row.id,
        row.reference,
        row.kind,
        row.status,
        d.categories.get(row.category_id or 0),
        row.place,
        d.institutions[row.institution_id],
        row.due_at,
        row.paused_until if is_open else None,
        inbox.edges(now).group(row.due_at, row.paused_until) if is_open else "",
        is_open and now > row.due_at,
        deadlines.working_days_until(calendar, now, row.due_at),
        row.confidentiality,
        row.unread,
        row.handler_name,
        row.received_at,
        row.highest_rung,
        row.triage,
        row.handler_id,
    )
