"""Lists of the desk beside the inbox: escalations, letters, what waits for a decision; the counts.

Every list runs under the officer's principal: the WHERE picks the queue, the database's policies
decide what may be in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import Level, Viewer
from feedback.services import inbox, task_lists, views
from feedback.services import letters as letters_service
from feedback.services.inbox import Question
from feedback.services.listing import (
    COLUMNS,
    IS_OPEN,
    PAGE,
    Page,
    QueueRow,
    decode,
    encode,
    queue_row,
)
from feedback.services.reference import directory
from feedback.services.viewers import present


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
        func.guard.may_opine(m.Opinion.case_id, m.Opinion.officer_id, m.Opinion.asked_at),
    ]


def counts(now: datetime) -> dict[str, int]:
    """Of the officer's own open cases: all, late, with something new; the unowned ones; opinions
    asked of the officer, tasks, and requests for more time to decide."""
    viewer = present()
    others: dict[str, Select[Any]] = {
        "opinions": select(m.Opinion.id).where(*opinions_waiting(viewer, now)),
        "tasks": task_lists.waiting(),
    }
    if viewer.heads or "ethics_senior" in viewer.roles:
        others["extensions"] = (
            select(m.Extension.id)
            .join(m.Case, m.Case.id == m.Extension.case_id)
            .where(*extensions_waiting(viewer))
        )
    return inbox.count(
        {
            "mine": Question("mine"),
            "late": Question("mine", due="late"),
            "unread": Question("mine", due="unread"),
            "unowned": Question("unowned"),
        },
        now,
        others,
    )
