"""Lists of the desk: one query for a page, by keyset, nothing counted by scanning.

Every list runs under the officer's principal: the WHERE picks the queue, the database's policies
decide what may be in it.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from feedback import models as m
from feedback.extensions import db
from feedback.rules import deadlines
from feedback.rules.access import Level, Viewer
from feedback.rules.workflow import OPEN
from feedback.services import letters as letters_service
from feedback.services import views
from feedback.services.reference import CategoryInfo, InstitutionInfo, directory
from feedback.services.viewers import present

PAGE = 25
OPEN_STATUSES = tuple(sorted(status.value for status in OPEN))
# Written out in the statement, since the planner takes a partial index only where it can read
# that the index holds every row asked for.
IS_OPEN = m.Case.status.in_(
    bindparam("open_statuses", OPEN_STATUSES, expanding=True, literal_execute=True)
)
COUNT_LIMIT = 999  # a queue longer than this is shown as "999+"


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
    late: bool
    days_left: int
    confidentiality: str
    unread: bool
    handler_name: str | None
    received_at: datetime
    rung: int
    triage: bool


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """One escalation on a post, with the case behind it and what the handler said of the delay."""

    escalation_id: UUID
    case: QueueRow
    rung: int
    cycle: int
    clock: str
    name_sw: str
    name_en: str
    post: views.PostName | None
    at: datetime
    way: str
    directives: int
    explained: bool


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
    m.Case.confidentiality,
    m.Case.unread,
    m.Officer.name.label("handler_name"),
    m.Case.received_at,
    m.Case.highest_rung,
    m.Case.triage,
)


def _page(where: list[Any], after: str | None, now: datetime, limit: int) -> Page:
    """Open cases in the order of their due time."""
    query: Select[Any] = (
        select(*COLUMNS)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(IS_OPEN, *where)
        .order_by(m.Case.due_at, m.Case.id)
        .limit(limit + 1)
    )
    start = decode(after)
    if start is not None:
        query = query.where(tuple_(m.Case.due_at, m.Case.id) > start)
    rows = [queue_row(row, now) for row in db.session.execute(query)]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, encode(rows[-1].due_at, rows[-1].case_id) if more else None)


def queue_row(row: Any, now: datetime) -> QueueRow:
    """A row of COLUMNS as a list shows it."""
    d = directory()
    calendar = d.calendar_of(row.institution_id)
    return QueueRow(
        row.id,
        row.reference,
        row.kind,
        row.status,
        d.categories.get(row.category_id or 0),
        row.place,
        d.institutions[row.institution_id],
        row.due_at,
        row.status in OPEN_STATUSES and now > row.due_at,
        deadlines.working_days_until(calendar, now, row.due_at),
        row.confidentiality,
        row.unread,
        row.handler_name,
        row.received_at,
        row.highest_rung,
        row.triage,
    )


def _filters(kind: str | None, status: str | None) -> list[Any]:
    found: list[Any] = []
    if kind:
        found.append(m.Case.kind == kind)
    if status:
        found.append(m.Case.status == status)
    return found


def my_cases(
    after: str | None,
    now: datetime,
    limit: int = PAGE,
    *,
    kind: str | None = None,
    status: str | None = None,
) -> Page:
    """What the officer owns, by due time: late first."""
    mine = [m.Case.handler_id == present().officer]
    return _page([*mine, *_filters(kind, status)], after, now, limit)


def unit_cases(
    after: str | None,
    now: datetime,
    limit: int = PAGE,
    *,
    kind: str | None = None,
    status: str | None = None,
) -> Page:
    """Open cases of the officer's units; a coordinator or head sees the institution's."""
    viewer = present()
    wide = viewer.heads | viewer.coordinates
    where = (
        m.Case.institution_id.in_(sorted(wide))
        if wide
        else m.Case.unit_id.in_(sorted(viewer.units))
    )
    return _page([where, *_filters(kind, status)], after, now, limit)


def unowned(after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """Cases of the institution that have no owner."""
    viewer = present()
    return _page(
        [m.Case.handler_id.is_(None), m.Case.institution_id == viewer.institution],
        after,
        now,
        limit,
    )


def restricted(after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """The ethics queue: restricted cases of other institutions, unowned ones among them."""
    return _page([m.Case.confidentiality == "restricted"], after, now, limit)


def escalation_query() -> Select[Any]:
    """Escalations with their case, as `escalation_page` shows them."""
    directives = (
        select(func.count())
        .select_from(m.Directive)
        .where(m.Directive.escalation_id == m.Escalation.id)
        .scalar_subquery()
    )
    explained = (
        select(m.Message.id)
        .where(m.Message.case_id == m.Escalation.case_id, m.Message.kind == "delay_reason")
        .exists()
    )
    return (
        select(
            *COLUMNS,
            m.Escalation.id.label("escalation_id"),
            m.Escalation.rung,
            m.Escalation.cycle.label("escalation_cycle"),
            m.Escalation.clock,
            m.Escalation.ladder,
            m.Escalation.post_id,
            m.Escalation.due_at.label("climbed_at"),
            m.Escalation.way,
            directives.label("directives"),
            explained.label("explained"),
        )
        .join(m.Case, m.Case.id == m.Escalation.case_id)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
    )


def escalation_page(query: Select[Any], now: datetime, limit: int) -> Page:
    """A page of what `escalation_query` was narrowed down to."""
    d = directory()
    rows = db.session.execute(query.limit(limit + 1)).all()
    titles = views.post_names({row.post_id for row in rows}, d)
    listed = [
        EscalationRow(
            row.escalation_id,
            queue_row(row, now),
            row.rung,
            row.escalation_cycle,
            row.clock,
            *d.ladder_names.get((row.ladder, row.rung), (str(row.rung), str(row.rung))),
            titles.get(row.post_id),
            row.climbed_at,
            row.way,
            row.directives,
            row.explained,
        )
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    key = encode(listed[-1].at, listed[-1].escalation_id) if more else None
    return Page(listed, key)


def letters(after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """The print queue: rungs whose post has no account, not yet handed over."""
    query = (
        escalation_query()
        .where(
            m.Escalation.way == "letter",
            m.Escalation.handed_over_at.is_(None),
            letters_service.carried_by(present()),
        )
        .order_by(m.Escalation.due_at, m.Escalation.id)
    )
    start = decode(after)
    if start is not None:
        query = query.where(tuple_(m.Escalation.due_at, m.Escalation.id) > start)
    return escalation_page(query, now, limit)


def extensions_waiting(viewer: Viewer) -> list[Any]:
    """Which requests for more time wait for this officer, of cases joined to them."""
    theirs = m.Case.institution_id.in_(sorted(viewer.heads))
    ordinary = and_(m.Case.confidentiality != Level.RESTRICTED.value, theirs)
    restricted = m.Case.confidentiality == Level.RESTRICTED.value
    return [
        m.Extension.decided_at.is_(None),
        m.Extension.asked_by != viewer.officer,
        m.Extension.cycle == m.Case.cycle,
        IS_OPEN,
        or_(ordinary, restricted) if "ethics_senior" in viewer.roles else ordinary,
    ]


def opinions_waiting(viewer: Viewer, now: datetime) -> list[Any]:
    """Which opinions are asked of this officer or the own units; a coordinator has those of the
    institution, its head those that are overdue."""
    return [
        m.Opinion.answered_at.is_(None),
        or_(
            m.Opinion.officer_id == viewer.officer,
            and_(
                m.Opinion.officer_id.is_(None),
                or_(
                    m.Opinion.unit_id.in_(sorted(viewer.units)),
                    m.Opinion.institution_id.in_(sorted(viewer.coordinates)),
                    and_(
                        m.Opinion.institution_id.in_(sorted(viewer.heads)),
                        m.Opinion.due_at < now,
                    ),
                ),
            ),
        ),
        m.Opinion.by_officer_id != viewer.officer,
        # Not of a case that has ended meanwhile, which the head of its institution still sees.
        func.guard.may_opine(m.Opinion.case_id, m.Opinion.officer_id),
    ]


def counts(now: datetime) -> dict[str, int]:
    """Of the officer's own open cases: all, late, with something new; the unowned ones; opinions
    asked of the officer, and requests for more time to decide.

    Each counts at most COUNT_LIMIT rows of a partial index, so it does not grow with the queue.
    """
    viewer = present()
    mine = [m.Case.handler_id == viewer.officer, IS_OPEN]
    wanted: dict[str, list[Any]] = {
        "mine": mine,
        "late": [*mine, m.Case.due_at < now],
        "unread": [*mine, m.Case.unread],
        "unowned": [
            m.Case.handler_id.is_(None),
            m.Case.institution_id == viewer.institution,
            IS_OPEN,
        ],
    }
    found = {name: select(m.Case.id).where(*where) for name, where in wanted.items()}
    found["opinions"] = select(m.Opinion.id).where(*opinions_waiting(viewer, now))
    if viewer.heads or "ethics_senior" in viewer.roles:
        found["extensions"] = (
            select(m.Extension.id)
            .join(m.Case, m.Case.id == m.Extension.case_id)
            .where(*extensions_waiting(viewer))
        )
    columns = [
        select(func.count())
        .select_from(query.limit(COUNT_LIMIT).subquery())
        .scalar_subquery()
        .label(name)
        for name, query in found.items()
    ]
    return dict(db.session.execute(select(*columns)).mappings().one())
