"""The sweep: everything that has fallen due happens now, once, whatever ran before or runs beside.

Work is found by state (a timer that is due and not done), claimed by locking the case with SKIP
LOCKED, and rests on the unique constraint of `escalation`. A rung is recorded with the moment at
which it fell due, so that a sweep after an outage writes what punctual ones would have written.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import deadlines, workflow
from feedback.rules.workflow import Status
from feedback.services import (
    citizen,
    climbing,
    clocks,
    groups,
)
from feedback.services.batch import Batch
from feedback.services.clocks import CaseClocks
from feedback.services.reference import Directory, directory

log = structlog.get_logger()

# Large, since each batch sends the same two dozen statements; small enough that who acts on one of
# its cases meanwhile waits for a part of a second.
BATCH = 500
# A case that breaks the sweep is left for so long, under an alarm, and holds up no other.
STUCK = timedelta(hours=1)


@dataclass(slots=True)
class SweepCounts:
    """What a sweep did."""

    timers: int = 0
    escalations: int = 0
    alarms: int = 0
    closed: int = 0
    pauses_ended: int = 0
    reminders: int = 0

    def add(self, other: SweepCounts) -> None:
        """Sum up batches."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


# A purpose and the locked case for which it fell due.
Due = Sequence[tuple[str, m.Case]]


def sweep_batch(now: datetime, limit: int = BATCH) -> SweepCounts:
    """Take up to `limit` due timers and do what they stand for (worker, one transaction).

    With nothing due it is one query on the partial index of `timer`.
    """
    rows = db.session.execute(
        select(m.Timer.purpose, m.Case)
        .join(m.Case, m.Case.id == m.Timer.case_id)
        .where(~m.Timer.done, m.Timer.due_at <= now)
        .order_by(m.Timer.due_at)
        .limit(limit)
        .with_for_update(of=m.Case, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        return SweepCounts()
    due = [(row.purpose, row.Case) for row in rows]
    d = directory()
    try:
        with db.session.begin_nested(), _uncollected():
            counts = _handle(due, d, now)
    except OperationalError:
        raise  # the connection is gone, or the database chose this transaction to give way
    except Exception as error:
        log.exception("sweep_batch_failed", error=type(error).__name__)
        counts = _handle_each(due, d, now)
    counts.timers = len(due)
    return counts


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection in between: it would walk through the whole directory again and again,
    which was a third of a worker's time, to free what one batch leaves, and that is bounded."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _handle_each(due: Due, d: Directory, now: datetime) -> SweepCounts:
    """Case by case, so that one that breaks stops none of the others."""
    by_case: dict[UUID, list[tuple[str, m.Case]]] = {}
    for purpose, case in due:
        by_case.setdefault(case.id, []).append((purpose, case))
    counts = SweepCounts()
    for case_id, rows in by_case.items():
        try:
            with db.session.begin_nested():
                counts.add(_handle(rows, d, now))
        except OperationalError:
            raise
        except Exception as error:
            log.error("sweep_case_failed", case=str(case_id), error=type(error).__name__)
            batch = Batch(now)
            for purpose, case in rows:
                batch.timers[case_id, purpose] = now + STUCK
                batch.alarm("stuck", case, str(local_day(now)), now)
            batch.write()
            counts.alarms += 1
    return counts


def _handle(due: Due, d: Directory, now: datetime) -> SweepCounts:
    counts, batch = SweepCounts(), Batch(now)
    resting = [(purpose, case) for purpose, case in due if groups.follows(case)]
    if resting:
        _rest(resting, batch)
        due = [(purpose, case) for purpose, case in due if not groups.follows(case)]
    cases = {case.id: case for _, case in due}
    chosen = {
        purpose: [case for timer, case in due if timer == purpose] for purpose in clocks.PURPOSES
    }
    counted = {case.id: case for case in (*chosen["pause"], *chosen["reminder"])}
    own = clocks.of_many(list(counted.values()))
    for case in chosen["pause"]:
        counts.pauses_ended += _end_pause(case, own[case.id], batch, d)
    for case in chosen["window"]:
        counts.closed += _close(case, batch)
    for case in chosen["reminder"]:
        counts.reminders += _remind(case, own[case.id], batch, d)
    _derive_groups(chosen["ladder"], d)
    db.session.flush()
    climbing.climb(chosen["ladder"], d, batch)
    for case in cases.values():
        batch.figures(case)
    db.session.flush()
    batch.write()
    counts.escalations, counts.alarms = len(batch.escalations), batch.raised
    return counts


def _rest(resting: Due, batch: Batch) -> None:
    """A joined case neither climbs nor reminds: the one that leads it does. Where that one lives no
    more, it goes on by itself, from the next sweep on."""
    stranded = groups.stranded({case.id: case for _, case in resting}.values())
    for case in stranded:
        groups.part(case, batch.now)
    left = {case.id for case in stranded}
    for purpose, case in resting:
        if case.id not in left:
            batch.timers[case.id, purpose] = None


def _derive_groups(cases: Sequence[m.Case], d: Directory) -> None:
    """Derive the due times of cases that lead others, or did: one of those may have left, or be due
    at another time than before."""
    led = groups.led([case.id for case in cases]) if cases else set()
    leading = [case for case in cases if case.id in led and Status(case.status) in workflow.OPEN]
    for case_id, own in clocks.of_many(leading).items():
        clocks.recompute(next(case for case in leading if case.id == case_id), own, d)


def _end_pause(case: m.Case, own: CaseClocks, batch: Batch, d: Directory) -> int:
    """The pause ran out: the clock runs on, and the handler is told that the citizen was silent."""
    waiting = own.open_pause
    if waiting is not None and waiting.runs_out_at > batch.now:
        batch.timers[case.id, "pause"] = waiting.runs_out_at
        return 0
    batch.timers[case.id, "pause"] = None
    if waiting is None:
        return 0
    clocks.end_pause(case, own, batch.now, d)
    batch.timers[case.id, "reminder"] = clocks.next_reminder(own.answer, waiting.runs_out_at, d)
    batch.notice([case.handler_id], "pause_over", case)
    batch.record("pause_over", case)
    return 1


def _close(case: m.Case, batch: Batch) -> int:
    """The citizen's window is over."""
    answered = case.status == Status.ANSWERED
    if answered and case.window_ends_at is not None and case.window_ends_at > batch.now:
        batch.timers[case.id, "window"] = case.window_ends_at
        return 0
    batch.timers[case.id, "window"] = None
    if not answered:
        return 0
    citizen.close_by_silence(case, batch.now)
    # A rung that fell due before the answer is still climbed.
    for purpose in ("reminder", "pause"):
        batch.timers[case.id, purpose] = None
    batch.record("closed_by_silence", case)
    return 1


def _remind(case: m.Case, own: CaseClocks, batch: Batch, d: Directory) -> int:
    """Half the time, two working days before, on the day: a notice to the owner, while the office
    works. After an outage it waits for the next opening: of several that were missed the latest
    alone is told, and none once the case is late, which its rungs tell."""
    if Status(case.status) not in workflow.OPEN:
        batch.timers[case.id, "reminder"] = None
        return 0
    opens = deadlines.at_work(d.calendar_of(case.institution_id), batch.now)
    if opens > batch.now:
        batch.timers[case.id, "reminder"] = opens
        return 0
    answer = own.answer
    batch.timers[case.id, "reminder"] = clocks.next_reminder(answer, batch.now, d)
    calendar = d.calendar(answer.calendar_id, answer.office_id)
    moments = deadlines.reminders(calendar, answer.starts_at, answer.due_at)
    today = local_day(batch.now)
    told = any(moment <= batch.now for moment in moments) and batch.now <= answer.due_at
    if own.open_pause is not None or not told:
        return 0
    kind = "due_today" if local_day(answer.due_at) == today else "reminder"
    batch.notice([case.handler_id], kind, case, key=today.isoformat())
    return 1
