"""What an officer should know, shown in the desk: the reading side of `marks.notices`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.services.reference import InstitutionInfo, directory

COUNT_LIMIT = 99  # more than that is shown as this many


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice with the reference of its case (while the officer may still see that case)."""

    id: UUID
    kind: str
    reference: str | None
    institution: InstitutionInfo | None
    at: datetime
    read: bool


def _unwanted() -> ColumnElement[bool]:
    """Whether the officer chose not to hear of a notice's kind; it stands in the list all the same,
    as one that was read."""
    return func.coalesce(
        select(m.Notice.kind == any_(m.NoticeChoice.muted))
        .where(m.NoticeChoice.officer_id == m.Notice.officer_id)
        .scalar_subquery(),
        False,
    )


def latest(limit: int = 50) -> list[NoticeRow]:
    """The officer's newest notices, read ones among them."""
    d = directory()
    rows = db.session.execute(
        select(m.Notice, m.Case.reference, (m.Notice.read | _unwanted()).label("seen"))
        .outerjoin(m.Case, m.Case.id == m.Notice.case_id)
        .where(m.Notice.officer_id == func.guard.officer())
        .order_by("seen", m.Notice.at.desc(), m.Notice.id.desc())
        .limit(limit)
    )
    return [
        NoticeRow(
            notice.id,
            notice.kind,
            reference,
            d.institutions.get(notice.institution_id or 0),
            notice.at,
            read,
        )
        for notice, reference, read in rows
    ]


def mark_read(upto: datetime) -> None:
    """Mark the notices made up to that moment as read."""
    db.session.execute(
        update(m.Notice)
        .where(m.Notice.officer_id == func.guard.officer(), m.Notice.at <= upto, ~m.Notice.read)
        .values(read=True)
    )


def unread() -> int:
    """How many notices wait, at most COUNT_LIMIT."""
    waiting = (
        select(m.Notice.id)
        .where(m.Notice.officer_id == func.guard.officer(), ~m.Notice.read, ~_unwanted())
        .limit(COUNT_LIMIT)
    )
    return db.session.scalars(select(func.count()).select_from(waiting.subquery())).one()
