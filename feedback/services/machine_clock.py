"""The moment by which a worker does what cannot be undone: this machine's clock, while the
database's clock and the seconds counted since agree with it (`rules.clockwork`).

Principal: the job. In a transaction of its own, so that a doubt is kept whatever becomes of the
work.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import clockwork
from feedback.services import job_runs, marks

KIND = "clock_moved"
# A machine whose clock is right need not be written down at each look: its seconds are counted.
WRITE_AFTER = 60.0
FORGET = timedelta(days=30)


def look(wall: datetime, ticks: float, boot: str) -> clockwork.Verdict:
    """Judge this machine's clock; a doubt that begins raises an alarm, one that ends settles it."""
    row = db.session.execute(
        select(
            func.statement_timestamp(),
            select(func.max(m.MachineClock.believed_at)).scalar_subquery(),
            m.MachineClock,
        )
        .select_from(select(1).subquery())
        .outerjoin(m.MachineClock, m.MachineClock.boot == boot)
        .execution_options(populate_existing=True)
    ).one()
    database, last, known = row
    reading = clockwork.Reading(wall, database.astimezone(wall.tzinfo), ticks)
    kept = known and clockwork.Kept(known.believed_at, known.ticks, known.doubted_since)
    verdict = clockwork.judge(reading, kept, last)
    before = known.doubt if known else ""
    if verdict.doubt or before or not known or ticks - known.ticks >= WRITE_AFTER:
        begun = known.doubted_at if known and before else verdict.now
        _tell(boot, verdict, bool(before), begun)
        _keep(boot, verdict, begun if verdict.doubt else None)
    return verdict


def now() -> datetime:
    """Look at the clock of this machine; answers the moment by which to act."""
    return look(clock.now(), clock.ticks(), clock.boot()).now


def _tell(boot: str, verdict: clockwork.Verdict, doubted: bool, begun: datetime) -> None:
    dedupe = f"{KIND}:{boot[:8]}:{begun.isoformat()}"
    if verdict.doubt and not doubted:
        marks.alarm(dedupe, KIND, begun)
        job_runs.tell_administrators(verdict.now)
    elif doubted and not verdict.doubt:
        job_runs.settle([dedupe], max(verdict.now, begun))


def _keep(boot: str, verdict: clockwork.Verdict, doubted_at: datetime | None) -> None:
    kept = verdict.kept
    values = {
        "believed_at": kept.believed,
        "ticks": kept.ticks,
        "doubted_since": kept.doubted_since,
        "doubted_at": doubted_at,
        "doubt": verdict.doubt,
    }
    db.session.execute(
        pg_insert(m.MachineClock)
        .values(boot=boot, **values)
        .on_conflict_do_update(index_elements=["boot"], set_=values)
    )
    db.session.execute(
        delete(m.MachineClock).where(m.MachineClock.believed_at < verdict.now - FORGET)
    )
