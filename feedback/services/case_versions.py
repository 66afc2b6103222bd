"""The state of a case as the forms of its page carry it, and the own words written since."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from feedback import models as m
from feedback.extensions import db
from feedback.services import acts


def own_words_since(case_id: UUID, known: int) -> list[tuple[str, str]]:
    """What the present officer wrote on the case after the first `known` messages: kind and words.
    No look, since nobody else's words are read."""
    shown = (
        select(m.Message.id, m.Message.seq)
        .where(m.Message.case_id == case_id, m.Message.kind != "directive")
        .order_by(m.Message.seq)
        .offset(known)
        .subquery()
    )
    rows = db.session.scalars(
        select(m.Message)
        .join(shown, shown.c.id == m.Message.id)
        .where(m.Message.officer_id == acts.officer())
    )
    return [(row.kind, acts.read(row)) for row in rows]


def of(case_id: UUID) -> str:
    """The state of a case as a form carries it: every part that an act may change, so that a form
    made before is shown again and not performed. `PARTS` names them in order."""

    def count(model: type[Any], *where: ColumnElement[bool]) -> ColumnElement[int]:
        counted = select(func.count()).select_from(model).where(model.case_id == case_id, *where)
        return counted.scalar_subquery()

    parts = db.session.execute(
        select(
            m.Case.status,
            func.coalesce(m.Case.handler_id, 0),
            m.Case.unit_id,
            m.Case.cycle,
            count(m.Message, m.Message.kind != "directive"),
            count(m.Escalation),
            func.coalesce(m.Case.category_id, 0),
            m.Case.confidentiality,
            # One for a directive that is given, one more when it is followed.
            count(m.Directive) + count(m.Directive, m.Directive.done_at.is_not(None)),
            # One for a task that is given, one more when it is settled.
            count(m.Task) + count(m.Task, m.Task.settled_at.is_not(None)),
            count(m.CaseSplit),
            count(m.Extract),
            count(m.ImprovementCase, m.ImprovementCase.unlinked_at.is_(None)),
            count(m.ReasonDecision),
        ).where(m.Case.id == case_id)
    ).one()
    return ".".join(str(part) for part in parts)


PARTS = (
    "status",
    "handler",
    "unit",
    "cycle",
    "messages",
    "rungs",
    "category",
    "level",
    "directives",
    "tasks",
    "splits",
    "extracts",
    "improvements",
    "decisions",
)
