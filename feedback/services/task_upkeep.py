"""What becomes of tasks by themselves: who loses a case loses its tasks, what a case leaves open
ends with it, and whoever has one is told on its day. Every function here runs for the worker and
finds its work by state, so that a lost wake-up is made up by the next run.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.services import audit, marks, task_lists, tasks
from feedback.services.reference import directory

BATCH = 200
"""Tasks of one transaction."""


def fall_back(now: datetime, limit: int = BATCH) -> int:
    """Give open tasks whose officer left, or may not read the case any more, to its handler, and
    those of a unit that the case has left to the unit where it is; answers how many (worker).

    Found by state, so that a lost wake-up is made up by the next run.
    """
    # Who is kept away from one case of a group is kept away from all of it.
    other = aliased(m.Case)
    excluded = exists().where(
        m.Conflict.officer_id == m.Officer.id,
        m.Conflict.state != "lifted",
        other.id == m.Conflict.case_id,
        func.coalesce(other.merged_into, other.id) == func.coalesce(m.Case.merged_into, m.Case.id),
    )
    is_open = m.Case.confidentiality == Level.OPEN.value
    # A handler who falls away takes along no task: the case gets another, and then the task does.
    lost = and_(
        m.Task.officer_id.is_distinct_from(m.Case.handler_id),
        m.Task.officer_id.is_not(None),
        or_(~func.coalesce(tasks.reads(), literal(False)), excluded),
    )
    stray = and_(
        m.Task.officer_id.is_(None),
        or_(m.Task.unit_id != m.Case.unit_id, and_(~is_open, m.Case.handler_id.is_not(None))),
    )
    rows = db.session.execute(
        select(m.Task, m.Case)
        .join(m.Case, m.Case.id == m.Task.case_id)
        .outerjoin(m.Officer, m.Officer.id == m.Task.officer_id)
        .where(
            m.Task.state == "open",
            m.Case.status.not_in(task_lists.ENDED),
            or_(lost, stray),
            ~_kept(),
        )
        .order_by(m.Task.due_on, m.Task.id)
        .limit(limit)
        .with_for_update(of=m.Task, skip_locked=True)
    ).all()
    for task, case in rows:
        former = task.officer_id
        keep_unit = former is None and case.confidentiality == Level.OPEN
        task.officer_id = None if keep_unit else case.handler_id
        task.unit_id = case.unit_id
        if not keep_unit:
            marks.notices([case.handler_id], "task_back", case.id, now, str(task.id))
        audit.record(
            "task_handed_over", case.id, now=now, former=former or 0, to=task.officer_id or 0
        )
    db.session.flush()
    return len(rows)


def _kept() -> ColumnElement[bool]:
    """Whether ethics officers gave the task to each other, before the case went back to its
    institution, which never reads it."""
    return func.guard.kept_by_ethics(m.Task.case_id, m.Task.at, m.Task.by_officer_id)


def end_with_case(now: datetime, limit: int = BATCH) -> int:
    """Cancel what is open for cases that have ended, and what ethics officers left open in one that
    is theirs no more; answers how many (worker)."""
    rows = db.session.scalars(
        select(m.Task)
        .join(m.Case, m.Case.id == m.Task.case_id)
        .where(m.Task.state == "open", or_(m.Case.status.in_(task_lists.ENDED), _kept()))
        .limit(limit)
        .with_for_update(of=m.Task, skip_locked=True)
    ).all()
    for task in rows:
        task.state, task.settled_at = "cancelled", now
        audit.record("task_cancelled", task.case_id, now=now, kind=task.kind)
    db.session.flush()
    return len(rows)


def remind(now: datetime, limit: int = BATCH) -> int:
    """Tell whoever has a task, from the opening of the office on its day, once; the handler of the
    case where it is the unit's. Answers of how many (worker)."""
    today = local_day(now)
    rows = db.session.execute(
        select(m.Task, m.Case.handler_id, m.Case.institution_id)
        .join(m.Case, m.Case.id == m.Task.case_id)
        .where(
            m.Task.state == "open",
            m.Task.reminded_on.is_(None),
            m.Task.due_on <= today,
            m.Case.status.not_in(task_lists.ENDED),
        )
        .order_by(m.Task.due_on)
        .limit(limit)
        .with_for_update(of=m.Task, skip_locked=True)
    ).all()
    told = 0
    d = directory()
    for row in rows:
        task = row.Task
        if now < d.calendar_of(row.institution_id).opening(today):
            continue
        task.reminded_on = today
        marks.notices([task.officer_id or row.handler_id], "task_due", task.case_id, now,
                      str(task.id))  # fmt: skip
        told += 1
    db.session.flush()
    return told
