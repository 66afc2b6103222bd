"""How long each institution held a case: the office time in which it owed the answer.

A period counts by the calendar of the institution that had the case, without the pauses and
without the time after an answer. So a body that got a case late answers for its own days alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import deadlines
from feedback.rules.access import Level
from feedback.rules.disclosure import safe_count, safe_mean
from feedback.rules.workflow import Status
from feedback.services import clocks
from feedback.services.figures.rollup import REFRESH_LOCK
from feedback.services.reference import Directory, directory

BATCH = 500


def minutes(
    period: m.Assignment,
    owed: Sequence[m.Deadline],
    pauses: Sequence[m.Pause],
    d: Directory,
    now: datetime,
    *,
    first: bool = False,
) -> int:
    """Office minutes of one period. owed: the answer clocks of all cycles; first: nobody had the
    case before, so that the time from its receipt on counts for this one."""
    start = min([period.at, *(each.starts_at for each in owed if first)])
    return deadlines.held_minutes(
        d.calendar_of(period.institution_id),
        start,
        period.ended_at or now,
        [(each.starts_at, each.met_at or now) for each in owed],
        [clocks.as_rule(pause) for pause in pauses],
    )


def measure(now: datetime, limit: int = BATCH) -> int:
    """Note the minutes of periods that have ended (worker, one batch); answers how many. Found by
    state, so that none is missed and none is noted twice."""
    periods = db.session.scalars(
        select(m.Assignment)
        .where(m.Assignment.ended_at.is_not(None), m.Assignment.minutes.is_(None))
        .order_by(m.Assignment.ended_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not periods:
        return 0
    ids = {period.case_id for period in periods}
    owed = _by_case(m.Deadline, ids, m.Deadline.clock == "answer")
    pauses = _by_case(m.Pause, ids)
    begun = dict(
        db.session.execute(
            select(m.Assignment.case_id, func.min(m.Assignment.at))
            .where(m.Assignment.case_id.in_(ids))
            .group_by(m.Assignment.case_id)
        ).all()
    )
    d = directory()
    for period in periods:
        case_id = period.case_id
        first = period.at == begun[case_id]
        period.minutes = minutes(
            period, owed.get(case_id, []), pauses.get(case_id, []), d, now, first=first
        )
    return len(periods)


def _by_case(model: Any, ids: Collection[UUID], *which: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in db.session.scalars(select(model).where(model.case_id.in_(ids), *which)):
        found.setdefault(row.case_id, []).append(row)
    return found


# What a period that still runs took of an answered case is what its clocks took in all, less what
# those before it held.
_REFRESH = text(
    f"""
INSERT INTO figure_held (institution_id, month, cases, minutes, computed_at)
SELECT institution_id, date_trunc('month', received_at AT TIME ZONE 'Africa/Dar_es_Salaam')::date,
       count(DISTINCT case_id), sum(minutes), :now
  FROM (
    SELECT a.institution_id, c.received_at, c.id AS case_id, a.minutes
      FROM assignment a JOIN "case" c ON c.id = a.case_id
     WHERE a.minutes IS NOT NULL AND c.confidentiality <> '{Level.RESTRICTED}'
    UNION ALL
    SELECT c.institution_id, c.received_at, c.id, greatest(0, t.took - coalesce(b.held, 0))
      FROM "case" c
      JOIN (SELECT case_id, sum(minutes) AS took FROM deadline WHERE clock = 'answer'
             GROUP BY case_id) t ON t.case_id = c.id
      LEFT JOIN (SELECT case_id, sum(minutes) AS held FROM assignment GROUP BY case_id) b
        ON b.case_id = c.id
     WHERE c.status IN ('{Status.ANSWERED}', '{Status.CLOSED}') AND t.took IS NOT NULL
       AND c.confidentiality <> '{Level.RESTRICTED}'
  ) AS each_held
 GROUP BY 1, 2"""  # noqa: S608 -- constants of the rules alone
)


def refresh(now: datetime) -> int:
    """Add up by institution and month of receipt (worker, once a day); answers how many rows."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": REFRESH_LOCK})
    db.session.execute(text("DELETE FROM figure_held"))
    db.session.execute(_REFRESH, {"now": now})
    return db.session.scalar(select(func.count()).select_from(m.FigureHeld)) or 0


@dataclass(frozen=True, slots=True)
class HeldLine:
    """What one institution itself held: cases in whole tens and the mean office minutes, both none
    where there were fewer than ten."""

    institution_id: int
    cases: int | None
    mean: int | None


def by_institution(ids: Sequence[int], first: date, last: date) -> list[HeldLine]:
    """What these institutions held of the cases received in these months, as it may be shown."""
    table = m.FigureHeld
    rows = {
        row.institution_id: row
        for row in db.session.execute(
            select(
                table.institution_id,
                func.sum(table.cases).label("cases"),
                func.sum(table.minutes).label("minutes"),
            )
            .where(table.institution_id.in_(ids), table.month.between(first, last))
            .group_by(table.institution_id)
        )
    }
    lines = []
    for number in ids:
        row = rows.get(number)
        cases, total = (int(row.cases), int(row.minutes)) if row else (0, 0)
        lines.append(HeldLine(number, safe_count(cases), safe_mean(total, cases)))
    return lines
