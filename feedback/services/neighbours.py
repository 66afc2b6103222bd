"""The case before and the case behind, in the list from which an officer came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import Viewer
from feedback.services.queues import IS_OPEN
from feedback.services.viewers import present


@dataclass(frozen=True, slots=True)
class Neighbours:
    """References of the open cases around one, by due time; None at either end."""

    previous: str | None = None
    next: str | None = None


def _unit(viewer: Viewer) -> ColumnElement[bool]:
    wide = viewer.heads | viewer.coordinates
    if wide:
        return m.Case.institution_id.in_(sorted(wide))
    return m.Case.unit_id.in_(sorted(viewer.units))


# As the lists of services/queues.py pick theirs; a test walks both.
SCOPES: dict[str, Callable[[Viewer], list[ColumnElement[bool]]]] = {
    "mine": lambda viewer: [m.Case.handler_id == viewer.officer],
    "unit": lambda viewer: [_unit(viewer)],
    "unowned": lambda viewer: [
        m.Case.handler_id.is_(None),
        m.Case.institution_id == viewer.institution,
    ],
    "restricted": lambda _viewer: [m.Case.confidentiality == "restricted"],
}
"""Lists by the name under which an address carries them."""


def around(case_id: UUID, scope: str) -> Neighbours:
    """The open cases of a list next to a case, which need not be open or in the list any more.

    One query: each side is the first row of the list's own index, beyond the case's place in it.
    """
    case = db.session.get(m.Case, case_id)
    if case is None:
        return Neighbours()
    where, here = SCOPES[scope](present()), (case.due_at, case.id)
    place = tuple_(m.Case.due_at, m.Case.id)

    def side(name: str, beyond: ColumnElement[bool], *order: Any) -> Select[Any]:
        picked = (
            select(m.Case.reference)
            .where(IS_OPEN, *where, beyond)
            .order_by(*order)
            .limit(1)
            .subquery()
        )
        return select(literal(name), picked.c.reference)

    rows = db.session.execute(
        union_all(
            side("previous", place < here, m.Case.due_at.desc(), m.Case.id.desc()),
            side("next", place > here, m.Case.due_at, m.Case.id),
        )
    )
    found: dict[str, str] = dict(rows.all())
    return Neighbours(found.get("previous"), found.get("next"))
