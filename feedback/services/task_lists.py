"""The officer's own tasks, by the day they are due, late ones on top: one query for a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, tuple_

from feedback import models as m
from feedback.extensions import db
from feedback.rules.workflow import Status
from feedback.services.reference import CategoryInfo, InstitutionInfo, directory
from feedback.services.viewers import present

PAGE = 25
ENDED = (Status.CLOSED.value, Status.WITHDRAWN.value)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in the list: no word of it. mine: by name; else it is the unit's."""

    id: UUID
    kind: str
    due_on: date
    mine: bool
    reference: str
    category: CategoryInfo | None
    place: str | None
    institution: InstitutionInfo


@dataclass(frozen=True, slots=True)
class TaskPage:
    """A page of the list; `next` is the key at which the following one begins."""

    rows: list[TaskRow]
    next: str | None


def waiting() -> Select[Any]:
    """Open tasks that the present officer has by name, and those of the officer's units, of cases
    that the database shows."""
    viewer = present()
    of_units = and_(m.Task.officer_id.is_(None), m.Task.unit_id.in_(sorted(viewer.units)))
    return (
        select(m.Task.id)
        .join(m.Case, m.Case.id == m.Task.case_id)
        .where(
            m.Task.state == "open",
            m.Case.status.not_in(ENDED),
            or_(m.Task.officer_id == viewer.officer, of_units),
        )
    )


def mine(after: str | None, limit: int = PAGE) -> TaskPage:
    """A page of the present officer's tasks."""
    d = directory()
    query = (
        waiting()
        .with_only_columns(
            m.Task.id,
            m.Task.kind,
            m.Task.due_on,
            m.Task.officer_id,
            m.Case.reference,
            m.Case.category_id,
            m.Case.place,
            m.Case.institution_id,
        )
        .order_by(m.Task.due_on, m.Task.id)
        .limit(limit + 1)
    )
    start = _decode(after)
    if start is not None:
        query = query.where(tuple_(m.Task.due_on, m.Task.id) > start)
    found = db.session.execute(query).all()
    rows = [
        TaskRow(
            row.id,
            row.kind,
            row.due_on,
            row.officer_id is not None,
            row.reference,
            d.categories.get(row.category_id or 0),
            row.place,
            d.institutions[row.institution_id],
        )
        for row in found[:limit]
    ]
    more = len(found) > limit
    return TaskPage(rows, f"{rows[-1].due_on.isoformat()}_{rows[-1].id.hex}" if more else None)


def _decode(after: str | None) -> tuple[date, UUID] | None:
    """The key of a page; what is not one starts at the beginning."""
    day, _, key = (after or "").partition("_")
    try:
        return date.fromisoformat(day), UUID(key)
    except ValueError:
        return None
