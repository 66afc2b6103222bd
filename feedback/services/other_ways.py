"""Another way to a citizen whom an SMS did not reach: once more by SMS, by telephone, by letter."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, update

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, viewers
from feedback.services.errors import Refused
from feedback.transaction import wake

WAYS = ("telephone", "letter")


def may_settle(case: m.Case) -> bool:
    """Whether the present officer chooses another way: whoever may write to the case's file."""
    return access.may_act(viewers.present(), viewers.facts(case), Verb.NOTE)


def send_again(case_id: UUID, problem_id: UUID, now: datetime) -> None:
    """One more copy by SMS. Refused: not-found, not-allowed (sent again before, or pointless)."""
    problem = _standing(case_id, problem_id)
    asked = text("SELECT guard.send_again(:problem, :now)")
    if not db.session.scalar(asked, {"problem": problem.id, "now": now}):
        raise Refused("not-allowed")
    audit.record("sms_sent_again", case_id, now=now)
    wake("deliver")


def told_otherwise(case_id: UUID, problem_id: UUID, way: str, now: datetime) -> None:
    """The citizen was told by telephone or by letter. Refused: not-found, not-allowed, bad-way."""
    if way not in WAYS:
        raise Refused("bad-way")
    problem = _standing(case_id, problem_id)
    db.session.execute(
        update(m.DeliveryProblem)
        .where(m.DeliveryProblem.id == problem.id)
        .values(settled_at=now, way=way, by_officer_id=acts.officer())
    )
    audit.record("told_otherwise", case_id, now=now, way=way)


def _standing(case_id: UUID, problem_id: UUID) -> m.DeliveryProblem:
    case = acts.locked(case_id)
    if not may_settle(case):
        raise Refused("not-allowed")
    problem = db.session.scalars(
        select(m.DeliveryProblem).where(
            m.DeliveryProblem.id == problem_id, m.DeliveryProblem.case_id == case_id
        )
    ).one_or_none()
    if problem is None:
        raise Refused("not-found")
    if problem.settled_at is not None:
        raise Refused("settled")
    return problem
