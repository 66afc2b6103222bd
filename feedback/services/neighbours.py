"""The case before and the case behind, in the list from which an officer came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all

from feedback import models as m
from feedback.extensions import db
from feedback.services.listing import IS_OPEN, of_scope

RUNNING, WAITING = m.Case.paused_until.is_(None), m.Case.paused_until.is_not(None)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """References of the open cases around one, as the list stands; None at either end."""

    previous: str | None = None
    next: str | None = None


def around(case_id: UUID, scope: str) -> Neighbours:
    """The open cases of a list next to a case, which need not be open or in the list any more.

    The order is that of `services.inbox`: by due time, then those that wait for the citizen. One
    query: each side is the first row of an index, beyond the case's place in it, or at the edge of
    the other part.
    """
    case = db.session.get(m.Case, case_id)
    if case is None:
        return Neighbours()
    where = [IS_OPEN, of_scope(scope)]
    waits = case.paused_until is not None
    part, column = (WAITING, m.Case.paused_until) if waits else (RUNNING, m.Case.due_at)
    here = (case.paused_until if waits else case.due_at, case.id)
    place = tuple_(column, m.Case.id)
    sides = [
        _side("previous", 0, [*where, part, place < here], column.desc(), m.Case.id.desc()),
        _side("next", 0, [*where, part, place > here], column, m.Case.id),
        _side("previous", 1, [*where, RUNNING], m.Case.due_at.desc(), m.Case.id.desc())
        if waits
        else _side("next", 1, [*where, WAITING], m.Case.paused_until, m.Case.id),
    ]
    found: dict[str, str] = {}
    for row in sorted(db.session.execute(union_all(*sides)).all(), key=_rank):
        found.setdefault(row.name, row.reference)
    return Neighbours(found.get("previous"), found.get("next"))


def _rank(row: Any) -> int:
    return int(row.rank)


def _side(name: str, rank: int, where: list[ColumnElement[bool]], *order: Any) -> Select[Any]:
    picked = select(m.Case.reference).where(*where).order_by(*order).limit(1).subquery()
    return select(literal(name).label("name"), literal(rank).label("rank"), picked.c.reference)
