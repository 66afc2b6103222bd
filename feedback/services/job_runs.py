"""When each periodic job ran last, and the alarm when one does not: written at each run's end.

Whoever notices raises the alarm: the scheduler, the next job of any kind, and, without writing, the
web. It stands from the last good run on and is settled by the next; both stay on record.

Principal: the job; reading: an officer, the operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    any_,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.clock import local
from feedback.extensions import db
from feedback.rules import clockwork
from feedback.services import marks

KINDS = ("job_silent", "job_failing", "clock_moved")
LISTED = 50
# Nothing of a run is lost with the last moments of a server: the next one writes it anew. So no run
# waits for the disk.
QUICKLY = text("SET LOCAL synchronous_commit = off")


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a job's run; error: the class of what broke it. runs: how many are told of
    together, since one that had nothing to do is not written each time."""

    name: str
    period: int
    begun_at: datetime
    ended_at: datetime
    seconds: float
    counts: dict[str, Any]
    error: str = ""
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Silence:
    """A job that did not end well for longer than its promise allows. since: its last good run;
    None: there was none."""

    name: str
    kind: str
    since: datetime
    ever: bool


@dataclass(frozen=True, slots=True)
class Outage:
    """An alarm of the system about itself. name: the job, or the beginning of a machine's name."""

    kind: str
    name: str
    begun_at: datetime
    ended_at: datetime | None


def know(periods: dict[str, int], now: datetime) -> None:
    """Expect these jobs from now on, and no other."""
    table = pg_insert(m.JobRun)
    rows = [
        {"name": n, "period": p, "known_at": now, "counts": {}, "runs": 0, "failures": 0}
        for n, p in sorted(periods.items())
    ]
    db.session.execute(
        table.on_conflict_do_update(
            index_elements=["name"],
            set_={"period": table.excluded.period},
            where=m.JobRun.period != table.excluded.period,
        ),
        rows,
    )
    db.session.execute(delete(m.JobRun).where(m.JobRun.name.not_in(periods)))


def record(run: Run) -> None:
    """Write down a run; one that ends well ends the alarms about its job (one transaction)."""
    db.session.execute(QUICKLY)
    before = select(_since()).where(m.JobRun.name == run.name).scalar_subquery()
    good = not run.error
    row = {
        "period": run.period,
        "begun_at": run.begun_at,
        "seconds": run.seconds,
        **({"ended_at": run.ended_at} if good else {"failed_at": run.ended_at, "error": run.error}),
        **({"counts": run.counts} if any(run.counts.values()) else {}),
    }
    new = {
        "name": run.name,
        "known_at": run.begun_at,
        "counts": {},
        "runs": run.runs,
        "failures": int(not good),
    }
    last = db.session.scalar(
        pg_insert(m.JobRun)
        .values(new | row)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={
                **row,
                "runs": m.JobRun.runs + run.runs,
                "failures": m.JobRun.failures + int(not good),
            },
        )
        .returning(before)
    )
    if good and last is not None and run.ended_at - last > clockwork.patience(run.period):
        _end(run, last)


def _end(run: Run, since: datetime) -> None:
    """The job is back: its alarms end; where nobody was there to raise one it stands from its begin
    to its end."""
    keys = [_key(kind, run.name, since) for kind in KINDS]
    known = select(m.Alarm.id).where(m.Alarm.dedupe.in_(keys)).limit(1)
    if db.session.scalar(known) is None:
        marks.alarm(keys[0], KINDS[0], since)
        tell_administrators(run.ended_at)
    settle(keys, run.ended_at)


def watch(now: datetime) -> int:
    """Raise an alarm for each job that is silent or fails; answers how many are new."""
    found = behind(now)
    keys = {_key(each.kind, each.name, each.since): each for each in found}
    known = set(db.session.scalars(select(m.Alarm.dedupe).where(m.Alarm.dedupe.in_(list(keys)))))
    new = sorted(keys.keys() - known)
    for key in new:
        marks.alarm(key, keys[key].kind, keys[key].since)
    if new:
        tell_administrators(now)
    return len(new)


def _since() -> ColumnElement[datetime]:
    return func.coalesce(m.JobRun.ended_at, m.JobRun.known_at)


def _is_behind(now: datetime) -> ColumnElement[bool]:
    """Not ended well for twice its period (`clockwork.patience`)."""
    waited = func.extract("epoch", literal(now) - _since())
    return waited > func.greatest(2 * m.JobRun.period, clockwork.SHORTEST_SECONDS)


def how_many_behind(now: datetime) -> ScalarSelect[int]:
    """The number of such jobs, as part of another query."""
    return select(func.count()).select_from(m.JobRun).where(_is_behind(now)).scalar_subquery()


def behind(now: datetime) -> list[Silence]:
    """Jobs whose promise does not hold."""
    rows = db.session.execute(
        select(m.JobRun, _since().label("since")).where(_is_behind(now)).order_by(m.JobRun.name)
    )
    return [
        Silence(
            row.JobRun.name,
            KINDS[1] if _fails(row.JobRun, now) else KINDS[0],
            row.since,
            row.JobRun.ended_at is not None,
        )
        for row in rows
    ]


def _fails(row: m.JobRun, now: datetime) -> bool:
    """Whether it is asked for and breaks, rather than never begun."""
    return row.failed_at is not None and now - row.failed_at <= clockwork.patience(row.period)


def all_runs() -> list[m.JobRun]:
    """Every job that is expected, the most frequent first."""
    return list(db.session.scalars(select(m.JobRun).order_by(m.JobRun.period, m.JobRun.name)))


def doubts() -> list[m.MachineClock]:
    """Machines whose clock is in doubt."""
    return list(
        db.session.scalars(
            select(m.MachineClock)
            .where(m.MachineClock.doubt != "")
            .order_by(m.MachineClock.doubted_at)
        )
    )


def outages() -> list[Outage]:
    """The alarms of the system about itself, the latest first, ended ones among them."""
    rows = db.session.scalars(
        select(m.Alarm)
        .where(or_(*(m.Alarm.kind == kind for kind in KINDS)))
        .order_by(m.Alarm.id.desc())
        .limit(LISTED)
    )
    return [Outage(row.kind, row.dedupe.split(":")[1], row.at, row.settled_at) for row in rows]


def settle(keys: Iterable[str], now: datetime) -> None:
    """End alarms of the system about itself."""
    db.session.execute(
        update(m.Alarm)
        .where(m.Alarm.dedupe.in_(list(keys)), m.Alarm.settled_at.is_(None))
        .values(settled_at=now)
    )


def tell_administrators(now: datetime) -> None:
    """One notice to each administrator in an hour, however many jobs are silent."""
    administrators = db.session.scalars(
        select(m.Officer.id).where(m.Officer.active, literal("admin") == any_(m.Officer.roles))
    ).all()
    hour = local(now).strftime("%Y-%m-%dT%H")
    marks.notices(administrators, "system_alarm", None, now, hour)


def _key(kind: str, name: str, since: datetime) -> str:
    return f"{kind}:{name}:{since.isoformat()}"
