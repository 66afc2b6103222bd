"""A letter to a post that nobody holds with an account: what the coordinator prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import deadlines
from feedback.rules.access import Level, Viewer
from feedback.services import audit, viewers, views
from feedback.services.errors import Refused
from feedback.services.reference import CategoryInfo, InstitutionInfo, UnitInfo, directory


@dataclass(frozen=True, slots=True)
class Letter:
    """The facts of a letter: no word of the case and nothing of the person.

    `unit` is the one the post leads. `category` and `place` are None unless the case is open: on
    paper they tell too much.
    `days_late` counts working days.
    """

    escalation_id: UUID
    reference: str
    kind: str
    category: CategoryInfo | None
    place: str | None
    institution: InstitutionInfo
    post: views.PostName | None
    unit: UnitInfo | None
    rung: int
    received_at: datetime
    due_at: datetime
    at: datetime
    days_late: int
    acknowledged: bool
    earlier: list[views.Rung]
    handed_over_at: datetime | None


def carried_by(viewer: Viewer) -> ColumnElement[bool]:
    """Whose letters an officer carries, as a condition on escalation and case: those of the
    institution that has the case now, for its coordinator or head; those of restricted cases, for
    ethics officers, since nobody of the institution may know of them."""
    places = sorted(viewer.coordinates | viewer.heads)
    own = and_(~m.Escalation.restricted, m.Case.institution_id.in_(places))
    return or_(own, m.Escalation.restricted.is_(True)) if "ethics" in viewer.roles else own


def letter(escalation_id: UUID, now: datetime) -> Letter:
    """The letter of an escalation (principal: one of those who carry it).

    Refused: not-found. The look is recorded.
    """
    found = db.session.execute(
        select(m.Escalation, m.Case)
        .join(m.Case, m.Case.id == m.Escalation.case_id)
        .where(
            m.Escalation.id == escalation_id,
            m.Escalation.way == "letter",
            carried_by(viewers.present()),
        )
    ).one_or_none()
    if found is None:
        raise Refused("not-found")
    escalation, case = found
    d = directory()
    is_open = case.confidentiality == Level.OPEN
    audit.record("looked", case.id, now=now, words=0, level=case.confidentiality)
    calendar = d.calendar_of(case.institution_id)
    return Letter(
        escalation.id,
        case.reference,
        case.kind,
        d.categories.get(case.category_id or 0) if is_open else None,
        case.place if is_open else None,
        d.institutions[escalation.from_institution_id],
        views.post_names({escalation.post_id}, d).get(escalation.post_id or 0),
        d.units.get(_unit_of(escalation.post_id)),
        escalation.rung,
        case.received_at,
        case.due_at,
        escalation.due_at,
        max(0, -deadlines.working_days_until(calendar, now, case.due_at)),
        case.first_response_at is not None,
        _earlier(escalation),
        escalation.handed_over_at,
    )


def _unit_of(post_id: int | None) -> int:
    """The unit a post leads; 0 for a post of the whole institution."""
    return db.session.scalars(select(m.Post.unit_id).where(m.Post.id == post_id)).first() or 0


def _earlier(escalation: m.Escalation) -> list[views.Rung]:
    """The rungs below, which did not help."""
    return views.rungs(
        directory(),
        m.Escalation.case_id == escalation.case_id,
        m.Escalation.cycle == escalation.cycle,
        m.Escalation.restricted == escalation.restricted,
        m.Escalation.rung < escalation.rung,
    )
