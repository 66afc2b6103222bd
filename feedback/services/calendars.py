"""Corrections of a calendar: recorded, and every running deadline derived again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, clocks, groups, ladders
from feedback.services.batch import Batch
from feedback.services.errors import Refused
from feedback.services.officers import LONGEST_NAME
from feedback.services.reference import Directory, directory

BATCH = 500


def holidays(calendar_id: int, year: int) -> list[m.Holiday]:
    """The days off of a year, in order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return list(
        db.session.scalars(
            select(m.Holiday)
            .where(m.Holiday.calendar_id == calendar_id, m.Holiday.day.between(first, last))
            .order_by(m.Holiday.day)
        )
    )


def correct(
    calendar_id: int,
    day: date,
    name_sw: str,
    name_en: str,
    status: str,
    officer_id: int,
    now: datetime,
) -> m.CalendarCorrection:
    """Confirm, add or remove a day off (principal: an administrator).

    The running deadlines of the calendar are derived again by `apply`, which the worker runs
    because an administrator may not read cases. Refused: bad-status, empty, name-too-long.
    """
    if status not in ("confirmed", "expected", "removed"):
        raise Refused("bad-status")
    if not (name_sw.strip() and name_en.strip()):
        raise Refused("empty")
    if max(len(name_sw), len(name_en)) > LONGEST_NAME:
        raise Refused("name-too-long")
    statement = insert(m.Holiday).values(
        calendar_id=calendar_id,
        day=day,
        name_sw=name_sw.strip(),
        name_en=name_en.strip(),
        status=status,
        source="administrator",
    )
    kept = ("name_sw", "name_en", "status", "source")
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["calendar_id", "day"],
            set_={name: statement.excluded[name] for name in kept},
        )
    )
    correction = m.CalendarCorrection(
        calendar_id=calendar_id, day=day, status=status, officer_id=officer_id, at=now
    )
    db.session.add(correction)
    db.session.flush()
    audit.record("calendar_corrected", now=now, day=day.isoformat(), status=status)
    return correction


def pending() -> list[int]:
    """Corrections whose deadlines are not derived again yet."""
    return list(
        db.session.scalars(
            select(m.CalendarCorrection.id)
            .where(m.CalendarCorrection.deadlines_moved.is_(None))
            .order_by(m.CalendarCorrection.id)
        )
    )


@dataclass
class Applying:
    """One correction on its way through the cases, and how far it has come."""

    correction_id: int
    after: UUID = UUID(int=0)
    moved: int = 0
    done: bool = False


def apply(run: Applying, now: datetime, limit: int = BATCH) -> None:
    """Derive the running deadlines of one batch of a corrected calendar's cases again (worker, one
    transaction), so that no desk waits for all of them. Rungs already climbed stay.

    The correction is settled with the last batch. A run cut short is begun anew by the next, which
    finds moved what was moved.
    """
    correction = db.session.get_one(
        m.CalendarCorrection, run.correction_id, with_for_update=True, populate_existing=True
    )
    if correction.deadlines_moved is not None:
        run.done = True
        return
    running = select(m.Deadline.case_id).where(
        m.Deadline.calendar_id == correction.calendar_id, m.Deadline.met_at.is_(None)
    )
    cases = db.session.scalars(
        select(m.Case)
        .where(m.Case.id > run.after, m.Case.id.in_(running))
        .order_by(m.Case.id)
        .limit(limit)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if cases:
        run.after = cases[-1].id
        run.moved += _derive(cases, directory(), run.correction_id, now)
    if len(cases) < limit:
        correction.deadlines_moved, run.done = run.moved, True


def _derive(cases: Sequence[m.Case], d: Directory, correction_id: int, now: datetime) -> int:
    """Derive the deadlines of some cases, and set ladder and reminder by them.

    Also where no deadline moved the time on a rung counts working days, so its timer may move.
    """
    batch, found, moved = Batch(now), clocks.of_many(cases), 0
    for case in cases:
        own = found[case.id]
        running = [x for x in (own.acknowledge, own.answer) if x is not None and x.met_at is None]
        before = [x.due_at for x in running]
        clocks.recompute(case, own, d)
        changed = sum(x.due_at != due_at for x, due_at in zip(running, before, strict=True))
        if changed:
            moved += changed
            batch.record("deadline_corrected", case, correction=correction_id)
            batch.figures(case)
        if groups.follows(case) and case.merged_into is not None:
            batch.timers[case.merged_into, "ladder"] = now  # the sweep derives the group anew
        elif own.answer.met_at is None:
            batch.timers[case.id, "reminder"] = clocks.next_reminder(own.answer, now, d)
    ladders.arm_many(cases, d)
    batch.write()
    return moved
