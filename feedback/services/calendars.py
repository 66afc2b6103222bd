"""Corrections of a calendar: recorded, and every running deadline derived again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, clocks, ladders
from feedback.services.errors import Refused
from feedback.services.reference import directory

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
    because an administrator may not read cases. Refused: bad-status, empty.
    """
    if status not in ("confirmed", "expected", "removed"):
        raise Refused("bad-status")
    if not (name_sw.strip() and name_en.strip()):
        raise Refused("empty")
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


def apply(correction_id: int, now: datetime) -> int:
    """Derive the running deadlines of a corrected calendar again (worker); answers how many moved.

    Rungs already climbed stay.
    """
    correction = db.session.get_one(m.CalendarCorrection, correction_id, with_for_update=True)
    if correction.deadlines_moved is not None:
        return correction.deadlines_moved
    d = directory()
    running = (
        select(m.Case)
        .where(
            m.Case.id.in_(
                select(m.Deadline.case_id).where(
                    m.Deadline.calendar_id == correction.calendar_id, m.Deadline.met_at.is_(None)
                )
            )
        )
        .order_by(m.Case.id)
        .with_for_update()
        .execution_options(yield_per=BATCH)
    )
    moved = 0
    for case in db.session.scalars(running):
        own = clocks.of(case)
        before = [x.due_at for x in (own.acknowledge, own.answer) if x is not None]
        clocks.recompute(case, own, d)
        after = [x.due_at for x in (own.acknowledge, own.answer) if x is not None]
        changed = sum(a != b for a, b in zip(before, after, strict=True))
        if changed:
            moved += changed
            audit.record("deadline_corrected", case.id, now=now, correction=correction_id)
            ladders.arm(case, d)
    correction.deadlines_moved = moved
    return moved
