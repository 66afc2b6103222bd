"""SMS that did not reach the citizen of a case: the desk is told, and chooses another way.

Nothing here holds a number or a word. The worker notes a problem when a message ends; what an
officer who sees the case does about it stands in `other_ways`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import reports
from feedback.services import audit, marks


@dataclass(frozen=True, slots=True)
class Problem:
    """A message that did not arrive, as officers read it."""

    id: UUID
    template: str
    outcome: str
    again: bool
    at: datetime
    settled_at: datetime | None
    way: str | None
    officer_name: str | None


def note(row: Any, outcome: str, now: datetime) -> None:
    """A message of a case ended without arriving (worker). row: id, case_id and template.

    Where an earlier report said so already, this one says it better; the handler is told once.
    """
    # That the citizen wants to show elsewhere how the office is doing is not the office's business.
    if row.case_id is None or row.template == "proof":
        return
    tried = select(m.DeliveryProblem.id).where(
        m.DeliveryProblem.outbox_id == row.id, m.DeliveryProblem.way == "sms"
    )
    again = outcome not in reports.POINTLESS and db.session.scalars(tried).first() is None
    said = {
        "id": uuid4(),
        "case_id": row.case_id,
        "outbox_id": row.id,
        "template": row.template,
        "outcome": outcome,
        "again": again,
        "at": now,
    }
    problem = db.session.scalar(
        insert(m.DeliveryProblem)
        .values(said)
        .on_conflict_do_update(
            index_elements=["outbox_id"],
            index_where=m.DeliveryProblem.settled_at.is_(None),
            set_={"outcome": outcome},
        )
        .returning(m.DeliveryProblem.id)
    )
    if problem != said["id"]:
        return
    audit.record("sms_not_reached", row.case_id, now=now, reason=outcome)
    if outcome != "opted_out":  # the citizen's wish, and nobody's to mend
        handler = select(m.Case.handler_id).where(m.Case.id == row.case_id)
        marks.notices(
            [db.session.scalar(handler)], "not_reached", row.case_id, now, key=str(problem)
        )


def reached(outbox_id: UUID, now: datetime) -> None:
    """The message arrived after all (worker)."""
    db.session.execute(
        update(m.DeliveryProblem)
        .where(m.DeliveryProblem.outbox_id == outbox_id, m.DeliveryProblem.settled_at.is_(None))
        .values(settled_at=now, way="reached")
    )


def of_case(case_id: UUID) -> list[Problem]:
    """What did not arrive, the oldest first, as far as the present officer sees the case."""
    rows = db.session.execute(
        select(m.DeliveryProblem, m.Officer.name)
        .outerjoin(m.Officer, m.Officer.id == m.DeliveryProblem.by_officer_id)
        .where(m.DeliveryProblem.case_id == case_id)
        .order_by(m.DeliveryProblem.at, m.DeliveryProblem.id)
    )
    return [
        Problem(p.id, p.template, p.outcome, p.again, p.at, p.settled_at, p.way, officer)
        for p, officer in rows
    ]


def standing(problems: Sequence[Problem]) -> list[Problem]:
    """Those for which nobody has chosen another way yet."""
    return [each for each in problems if each.settled_at is None]
