"""Filters of the inbox that officers keep under a name; a leader may share one.

Principal of each function: an officer who has a desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select

from feedback import models as m
from feedback.extensions import db
from feedback.models.inbox import SCOPES
from feedback.rules.access import LEADING
from feedback.services.errors import Refused
from feedback.services.viewers import present

MOST = 20
"""Views of one officer: as many as still help to find one."""
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class View:
    """A saved view. own: of the present officer; else a leader shared it."""

    id: UUID
    name: str
    scope: str
    filters: Mapping[str, str]
    shared: bool
    own: bool


def mine() -> list[View]:
    """The officer's own views and those shared with the institution, each by name."""
    officer = present().officer
    rows = db.session.scalars(
        select(m.SavedView)
        .order_by(m.SavedView.officer_id != officer, func.lower(m.SavedView.name), m.SavedView.id)
        .limit(MOST * 3)
    )
    return [
        View(row.id, row.name, row.scope, row.filters, row.shared, row.officer_id == officer)
        for row in rows
    ]


def may_share() -> bool:
    """Whether the present officer leads, and so may share."""
    return bool(LEADING & present().roles)


def save(name: str, scope: str, filters: Mapping[str, str], *, shared: bool, now: datetime) -> UUID:
    """Keep filters under a name. Refused: empty, name-too-long, name-taken, too-many-views,
    bad-target (no such scope), not-allowed (to share)."""
    viewer = present()
    if scope not in SCOPES:
        raise Refused("bad-target")
    if shared and not may_share():
        raise Refused("not-allowed")
    name = _checked(name, None)
    own = m.SavedView.officer_id == viewer.officer
    if (db.session.scalar(select(func.count()).select_from(m.SavedView).where(own)) or 0) >= MOST:
        raise Refused("too-many-views")
    view = m.SavedView(
        id=uuid4(),
        officer_id=viewer.officer,
        institution_id=viewer.institution,
        name=name,
        scope=scope,
        filters=dict(filters),
        shared=shared,
        made_at=now,
    )
    db.session.add(view)
    db.session.flush()
    return view.id


def rename(view_id: UUID, name: str) -> None:
    """Give an own view another name. Refused: not-found, empty, name-too-long, name-taken, and
    not-allowed for a shared one of an officer who leads no more."""
    view = _own(view_id)
    if view.shared and not may_share():
        raise Refused("not-allowed")
    view.name = _checked(name, view_id)
    db.session.flush()


def share(view_id: UUID, *, shared: bool) -> None:
    """Share an own view with the institution, or share it no more. Refused: not-found,
    not-allowed (to share, or after a move to another institution)."""
    view = _own(view_id)
    if shared and not (may_share() and view.institution_id == present().institution):
        raise Refused("not-allowed")
    view.shared = shared
    db.session.flush()


def remove(view_id: UUID) -> None:
    """Delete an own view. Refused: not-found."""
    view = _own(view_id)
    db.session.execute(delete(m.SavedView).where(m.SavedView.id == view.id))


def _own(view_id: UUID) -> m.SavedView:
    view = db.session.get(m.SavedView, view_id)
    if view is None or view.officer_id != present().officer:
        raise Refused("not-found")
    return view


def _checked(name: str, but: UUID | None) -> str:
    """The name as it is kept: not empty, not too long, not that of another own view."""
    name = " ".join(name.split())
    if not name:
        raise Refused("empty")
    if len(name) > LONGEST_NAME:
        raise Refused("name-too-long")
    same = select(m.SavedView.id).where(
        m.SavedView.officer_id == present().officer,
        func.lower(m.SavedView.name) == name.lower(),
        m.SavedView.id != (but or UUID(int=0)),
    )
    if db.session.scalars(same).first() is not None:
        raise Refused("name-taken")
    return name
