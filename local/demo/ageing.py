"""Moves one case's whole history back in time, so that a demonstration need not wait for it.

Everything keeps its distance in working days and its hour of the day; the due times are derived
again by the rules, the timers are set anew, and the next sweep does what has fallen due. What the
record says stays as it was, with an entry that says what was done here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from feedback import models as m
from feedback.clock import DAR_ES_SALAAM, local_day
from feedback.extensions import db
from feedback.rules import deadlines
from feedback.rules.deadlines import Calendar
from feedback.rules.reference import parse_reference
from feedback.rules.workflow import window_end
from feedback.services import audit, clocks, ladders, marks
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory
from feedback.transaction import Principal, transaction

OWNER = Principal("demonstration", role="owner")
ONE_DAY = timedelta(days=1)
MOMENTS = {
    m.Case: ("received_at", "first_response_at", "answered_at", "closed_at", "idle_from"),
    m.Message: ("at",),
    m.Submission: ("at",),
    m.Assignment: ("at", "ended_at"),
    m.Deadline: ("starts_at", "met_at", "due_at"),
    m.Pause: ("starts_at", "runs_out_at", "ends_at"),
    m.Timer: ("due_at",),
    m.Escalation: ("due_at", "at", "handed_over_at"),
    m.Directive: ("at", "done_at"),
    m.Conflict: ("at",),
    m.Notice: ("at",),
    m.Alarm: ("at", "settled_at"),
}


def age(reference: str, working_days: int, now: datetime) -> dict[str, Any]:
    """Make a case `working_days` older; answers when it was received and when it is due.

    Raises Refused: not-a-demonstration, not-found.
    """
    if not current_app.config["DEMO"]:
        raise Refused("not-a-demonstration")
    if working_days < 1:
        raise Refused("bad-days")
    with transaction(OWNER) as session:
        case = session.scalars(
            select(m.Case).where(m.Case.reference == parse_reference(reference)).with_for_update()
        ).one_or_none()
        if case is None:
            raise Refused("not-found")
        d = directory()
        before = case.received_at
        shift = Shift(d.calendar_of(case.institution_id), working_days)
        _move(case, shift)
        _derive(case, d)
        for received_at in (before, case.received_at):
            marks.figures(received_at, case.institution_id)
        audit.record("aged", case.id, now=now, working_days=working_days)
        return {
            "reference": case.reference,
            "working_days": working_days,
            "received_at": case.received_at.isoformat(),
            "due_at": case.due_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Shift:
    """Moments so many working days earlier, in the same order as before; they come out in UTC."""

    calendar: Calendar
    days: int

    def day(self, day: date) -> date:
        """The working day that lies `days` before a working day."""
        left = self.days
        while left:
            day -= ONE_DAY
            left -= self.calendar.is_working_day(day)
        return day

    def moment(self, moment: datetime) -> datetime:
        """The same hour of an earlier working day.

        A moment on days off is put in proportion into the days off between the new neighbours,
        or, where there are none, into the last second before the next working day.
        """
        here = moment.astimezone(DAR_ES_SALAAM)
        if self.calendar.is_working_day(here.date()):
            then = datetime.combine(self.day(here.date()), here.time(), DAR_ES_SALAAM)
            return then.astimezone(UTC)
        last, following = here.date(), here.date()
        while not self.calendar.is_working_day(last):
            last -= ONE_DAY
        while not self.calendar.is_working_day(following):
            following += ONE_DAY
        begin, end = _midnight(last + ONE_DAY), _midnight(following)
        earliest = _midnight(self.day(last) + ONE_DAY) - timedelta(seconds=1)
        latest = _midnight(self.day(following))
        share = (here - begin) / (end - begin)
        return (earliest + (latest - earliest) * share).astimezone(UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), DAR_ES_SALAAM)


def _rows(case: m.Case) -> Iterable[Any]:
    yield case
    for model in MOMENTS:
        if model is not m.Case:
            of_case = model.__table__.c.case_id == case.id
            yield from db.session.scalars(select(model).where(of_case))


def _move(case: m.Case, shift: Shift) -> None:
    for row in _rows(case):
        for name in MOMENTS[type(row)]:
            before = getattr(row, name)
            if before is not None:
                setattr(row, name, shift.moment(before))
                if isinstance(row, m.Alarm | m.Notice):
                    # The key of what happens once holds the moment at which it happened.
                    row.dedupe = row.dedupe.replace(
                        before.isoformat(), getattr(row, name).isoformat()
                    )
        if isinstance(row, m.Directive):
            row.due_on = local_day(shift.moment(_midnight(row.due_on)))
    db.session.flush()


def _derive(case: m.Case, d: Directory) -> None:
    """What follows from the moved facts: due times, window, ladder."""
    for deadline in db.session.scalars(select(m.Deadline).where(m.Deadline.case_id == case.id)):
        pauses = db.session.scalars(
            select(m.Pause).where(m.Pause.case_id == case.id, m.Pause.cycle == deadline.cycle)
        ).all()
        of_answer = [clocks.as_rule(pause) for pause in pauses if deadline.clock == "answer"]
        deadline.due_at = deadlines.due(
            d.calendar(deadline.calendar_id, deadline.office_id),
            deadline.starts_at,
            deadline.working_days,
            of_answer,
            deadline.extension_days,
        )
        if deadline.clock == "answer" and deadline.cycle == case.cycle:
            case.due_at = deadline.due_at
    if case.answered_at is not None:
        case.window_ends_at = window_end(case.answered_at)
        timer = db.session.get(m.Timer, (case.id, "window"))
        if timer is not None:
            timer.due_at = case.window_ends_at
    ladders.arm(case, d)
