"""Corrections of a calendar: recorded, and every running deadline that they touch derived again.

A day off or half day is everybody's, a region's or one office's (`rules.changes`). What is not
everybody's names the order behind it, and stands in a list that oversight reads; closing an office
raises an alarm that whoever entered it cannot settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.services import audit, clocks, groups, ladders, marks
from feedback.services.batch import Batch
from feedback.services.errors import Refused
from feedback.services.officers import LONGEST_NAME
from feedback.services.reference import Directory, directory

BATCH = 500
CASES_AT_ONCE = 50_000  # ids that a run holds in memory
CLOSED_BACK = timedelta(days=7)
"""How long ago a day may be on which an office was closed by order."""
DAYS_BEFORE = (2, 1)
"""Days before an expected day on which administrators are told to decide."""
SETTLED_AFTER = timedelta(seconds=10)
"""Longer than any transaction that began before a correction may still last."""


def holidays(calendar_id: int, year: int) -> list[m.Holiday]:
    """The days off of a year, in order; everybody's before those of a region or an office."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    return list(
        db.session.scalars(
            select(m.Holiday)
            .where(m.Holiday.calendar_id == calendar_id, m.Holiday.day.between(first, last))
            .order_by(m.Holiday.day, m.Holiday.scope != rules.EVERYBODY, m.Holiday.scope)
        )
    )


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose day it is and, where it is not everybody's, by which order; `closes`: a half day."""

    scope: str = rules.EVERYBODY
    closes: time | None = None
    ordered_by: str = ""
    order_number: str = ""


EVERYBODYS = Whose()


def correct(
    calendar_id: int,
    day: date,
    name_sw: str,
    name_en: str,
    status: str,
    officer_id: int,
    now: datetime,
    whose: Whose = EVERYBODYS,
) -> m.CalendarCorrection:
    """Confirm, add or remove a day off (principal: an administrator).

    The running deadlines of the calendar are derived again by `apply`, which the worker runs
    because an administrator may not read cases. Refused: bad-status, empty, name-too-long,
    bad-scope, bad-hour (outside the office hours), no-order, too-old (closed too long ago).
    """
    if status not in ("confirmed", "expected", "removed"):
        raise Refused("bad-status")
    if not (name_sw.strip() and name_en.strip()):
        raise Refused("empty")
    if max(map(len, (name_sw, name_en, whose.ordered_by, whose.order_number))) > LONGEST_NAME:
        raise Refused("name-too-long")
    _check(calendar_id, day, whose, now)
    before = _standing(calendar_id, day, whose.scope)
    values = {
        "name_sw": name_sw.strip(),
        "name_en": name_en.strip(),
        "status": status,
        "source": "administrator",
        "closes": whose.closes,
        "ordered_by": whose.ordered_by.strip(),
        "order_number": whose.order_number.strip(),
    }
    _put(calendar_id, day, whose.scope, values)
    was = before is not None and before.status != "removed"
    shifts = was != (status != "removed") or was and before.closes != whose.closes
    return _record(
        m.CalendarCorrection(
            calendar_id=calendar_id,
            day=day,
            scope=whose.scope,
            status=status,
            shifts=bool(shifts),
            officer_id=officer_id,
            at=now,
        )
    )


def move(
    calendar_id: int,
    day: date,
    to: date,
    officer_id: int,
    now: datetime,
    scope: str = rules.EVERYBODY,
) -> m.CalendarCorrection:
    """The moon was seen on another day: the old day is off no more and the new one is confirmed, in
    one act (principal: an administrator). Refused: not-found, same-day."""
    if to == day:
        raise Refused("same-day")
    row = _standing(calendar_id, day, scope)
    if row is None or row.status == "removed":
        raise Refused("not-found")
    kept = ("name_sw", "name_en", "closes", "ordered_by", "order_number")
    values = {name: getattr(row, name) for name in kept} | {"source": "administrator"}
    _check(calendar_id, to, Whose(scope, row.closes, row.ordered_by, row.order_number), now)
    _put(calendar_id, day, scope, values | {"status": "removed"})
    _put(calendar_id, to, scope, values | {"status": "confirmed"})
    return _record(
        m.CalendarCorrection(
            calendar_id=calendar_id,
            day=day,
            moved_to=to,
            scope=scope,
            status="moved",
            shifts=True,
            officer_id=officer_id,
            at=now,
        )
    )


def _check(calendar_id: int, day: date, whose: Whose, now: datetime) -> None:
    d = directory()
    calendar = d.calendars.get(calendar_id)
    if calendar is None:
        raise Refused("not-found")
    if whose.closes is not None and not calendar.opens < whose.closes < calendar.closes:
        raise Refused("bad-hour")
    if whose.scope == rules.EVERYBODY:
        return
    if not any(d.institutions[i].calendar_id == calendar_id for i in d.offices_in(whose.scope)):
        raise Refused("bad-scope")
    if not (whose.ordered_by.strip() and whose.order_number.strip()):
        raise Refused("no-order")
    if day < clock.local_day(now) - CLOSED_BACK:
        raise Refused("too-old")


def _standing(calendar_id: int, day: date, scope: str) -> Any:
    table = m.Holiday
    return db.session.execute(
        select(table.__table__).where(
            table.calendar_id == calendar_id, table.day == day, table.scope == scope
        )
    ).one_or_none()


def _put(calendar_id: int, day: date, scope: str, values: dict[str, Any]) -> None:
    statement = insert(m.Holiday).values(calendar_id=calendar_id, day=day, scope=scope, **values)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["calendar_id", "day", "scope"],
            set_={name: statement.excluded[name] for name in values},
        )
    )


def _record(correction: m.CalendarCorrection) -> m.CalendarCorrection:
    """Put a correction on record; whoever was to decide about the day has decided."""
    db.session.add(correction)
    db.session.flush()
    details = {"day": correction.day.isoformat(), "status": correction.status}
    if correction.moved_to is not None:
        details["moved_to"] = correction.moved_to.isoformat()
    if correction.scope != rules.EVERYBODY:
        details["scope"] = correction.scope
    audit.record("calendar_corrected", None, now=correction.at, **details)
    if correction.status != "expected":
        decided = _undecided(correction.calendar_id, correction.day, correction.scope)
        db.session.execute(
            update(m.Alarm)
            .where(m.Alarm.dedupe == decided, m.Alarm.settled_at.is_(None))
            .values(settled_at=correction.at)
            .execution_options(synchronize_session=False)
        )
    return correction


# What nobody decided about yet


def _undecided(calendar_id: int, day: date, scope: str) -> str:
    return f"day_off_undecided:{calendar_id}:{day.isoformat()}:{scope}"


def ask_to_decide(now: datetime) -> int:
    """Tell administrators of expected days that are near and not confirmed (worker): two days and
    one day before, the second time with an alarm; once each, whatever runs twice. Answers how many
    days."""
    today = clock.local_day(now)
    table = m.Holiday
    days = db.session.execute(
        select(table.calendar_id, table.day, table.scope).where(
            table.status == "expected",
            table.day.in_([today + timedelta(days=left) for left in DAYS_BEFORE]),
        )
    ).all()
    if not days:
        return 0
    admins = db.session.scalars(
        select(m.Officer.id).where(m.Officer.active, literal("admin") == any_(m.Officer.roles))
    ).all()
    for row in days:
        left, key = (row.day - today).days, _undecided(row.calendar_id, row.day, row.scope)
        marks.notices(admins, "day_off_undecided", None, now, f"{key}:{left}")
        if left == 1:
            marks.alarm(key, "day_off_undecided", now)
    return len(days)


# Deriving what runs


def pending(now: datetime | None = None) -> list[int]:
    """Corrections whose deadlines are not derived again yet; with `now` those alone that have
    stood for a moment, since a case that was being lodged meanwhile knew the calendar as it was."""
    said = m.CalendarCorrection
    query = select(said.id).where(said.deadlines_moved.is_(None)).order_by(said.id)
    if now is not None:
        query = query.where(said.at <= now - SETTLED_AFTER)
    return list(db.session.scalars(query))


@dataclass
class Applying:
    """One correction on its way through the cases, and how far it has come. waiting: cases found
    and not looked at yet; `last`: there are none behind them."""

    correction_id: int
    after: UUID = UUID(int=0)
    moved: int = 0
    done: bool = False
    waiting: list[UUID] = field(default_factory=list)
    last: bool = False


def apply(run: Applying, now: datetime, limit: int = BATCH) -> None:
    """Derive the running deadlines of one batch of the cases that a correction touches again
    (worker, one transaction), so that no desk waits for all of them. Rungs already climbed stay.

    The correction is settled with the last batch. A run cut short is begun anew by the next, which
    finds moved what was moved.
    """
    correction = db.session.get_one(
        m.CalendarCorrection, run.correction_id, with_for_update=True, populate_existing=True
    )
    if correction.deadlines_moved is not None:
        run.done = True
        return
    d = directory()
    if not run.waiting:
        run.waiting = _touched(correction, run.after, d) if correction.shifts else []
        run.last = len(run.waiting) < CASES_AT_ONCE
    batch, run.waiting = run.waiting[:limit], run.waiting[limit:]
    if batch:
        run.after = batch[-1]
        cases = db.session.scalars(
            select(m.Case)
            .where(m.Case.id.in_(batch))
            .order_by(m.Case.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        run.moved += _derive(cases, d, run.correction_id, now)
    if run.last and not run.waiting:
        correction.deadlines_moved, correction.done_at, run.done = run.moved, now, True
        _tell(correction, d, now)


def _touched(correction: m.CalendarCorrection, after: UUID, d: Directory) -> list[UUID]:
    """The next cases, by id, whose clocks or rungs the corrected days can move: a deadline that
    runs over one of them, or a ladder that moves on at or after it. A clock that begins later, or
    is due before, counts none of those days."""
    days = [correction.day, correction.moved_to or correction.day]
    begin, end = clock.begin(min(days)), clock.begin(max(days) + timedelta(days=1))
    deadline, timer = m.Deadline, m.Timer
    over = [
        deadline.calendar_id == correction.calendar_id,
        deadline.met_at.is_(None),
        deadline.starts_at < end,
        deadline.due_at >= begin,
    ]
    has_now: list[ColumnElement[bool]] = [
        m.Institution.id == m.Case.institution_id,
        m.Institution.calendar_id == correction.calendar_id,
    ]
    if correction.scope != rules.EVERYBODY:
        offices = d.offices_in(correction.scope)
        over.append(deadline.office_id.in_(offices))
        has_now.append(m.Case.institution_id.in_(offices))
    climbing = (
        select(timer.case_id)
        .join(m.Case, m.Case.id == timer.case_id)
        .where(
            timer.purpose == "ladder",
            ~timer.done,
            timer.due_at >= begin,
            m.Case.received_at < end,
            timer.case_id > after,
            exists().where(*has_now),
        )
    )
    either = select(deadline.case_id).where(*over, deadline.case_id > after).union(climbing)
    found = either.subquery()
    query = select(found.c.case_id).order_by(found.c.case_id).limit(CASES_AT_ONCE)
    return list(db.session.scalars(query))


def _tell(correction: m.CalendarCorrection, d: Directory, now: datetime) -> None:
    """An office that was closed slows its clocks: administrators and its own head see that."""
    closed = correction.shifts and correction.status in ("confirmed", "expected", "moved")
    if correction.scope == rules.EVERYBODY or correction.officer_id is None or not closed:
        return
    office = d.institutions_by_code.get(correction.scope)
    marks.alarm(
        f"office_closed:{correction.id}",
        "office_closed",
        now,
        institution_id=office.id if office else None,
    )


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
