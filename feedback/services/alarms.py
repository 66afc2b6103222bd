"""What the ladder or the system could not do by itself, until somebody has seen to it.

Principal: an administrator, or who leads the institution.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused

PAGE = 50


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm, with the reference of its case for those who may see that case (`opens`) or gave it
    away; whether the present officer is somebody who may settle it; the post to see to, by its
    names and place, where it is about one."""

    id: int
    kind: str
    institution_id: int
    reference: str | None
    opens: bool
    at: datetime
    may_settle: bool
    name_sw: str | None = None
    name_en: str | None = None
    post_institution_id: int | None = None


def standing(after: int | None) -> tuple[list[AlarmRow], int | None]:
    """Alarms that nobody settled, the latest first, and where the next page begins."""
    query = (
        select(
            m.Alarm.id,
            m.Alarm.kind,
            m.Alarm.institution_id,
            # Of a second transfer those who gave the case away see no more than its number; no
            # other alarm is shown to whoever may not see its case.
            func.coalesce(
                m.Case.reference,
                func.guard.passed_on(m.Alarm.case_id, m.Alarm.institution_id),
            ),
            m.Case.id.is_not(None),
            m.Alarm.at,
            func.guard.may_settle(m.Alarm.kind, m.Alarm.dedupe),
            m.Post.name_sw,
            m.Post.name_en,
            m.Post.institution_id,
        )
        .outerjoin(m.Case, m.Case.id == m.Alarm.case_id)
        .outerjoin(m.Post, m.Post.id == m.Alarm.post_id)
        .where(m.Alarm.settled_at.is_(None))
        .order_by(m.Alarm.id.desc())
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(m.Alarm.id < after)
    rows = [AlarmRow(*row) for row in db.session.execute(query)]
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def settle(alarm_id: int, now: datetime) -> None:
    """Somebody saw to an alarm; Refused: not-found, yourself (power one gave alone, or got)."""
    alarm = db.session.get(m.Alarm, alarm_id)
    if alarm is None:
        raise Refused("not-found")
    if alarm.settled_at is not None:
        return
    if not db.session.scalar(select(func.guard.may_settle(alarm.kind, alarm.dedupe))):
        raise Refused("yourself")
    alarm.settled_at = now
    audit.record("alarm_settled", now=now, alarm=alarm_id)
