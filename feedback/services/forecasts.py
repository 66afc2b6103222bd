"""The forecast: of each open case the rungs ahead and its risk, of each institution their sums.

The worker compares, once a minute, each open case with what its forecast was made from, and makes
those anew that changed, or whose risk time itself changed; then it adds up the days again. So a
page reads a few rows however many cases there are, and what it reads says as of when it stands. A
row whose case changed since is shown to nobody: its stamp no longer fits.
"""

# ruff: noqa: S608 -- the statements are made of constants of this module alone

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import forecast as rules
from feedback.rules.workflow import OPEN
from feedback.services import ladders, lateness
from feedback.services.reference import Directory, directory

BATCH = 1_000
"""Cases made anew in one transaction."""
MOST_RUNGS = 10
ANEW = timedelta(days=1)
"""After so long a risk is judged anew: the owner's load and what was learned have changed."""
LOCK = 7_301_953
"""Two workers that refresh at once take turns on it."""

_IS_OPEN = (
    "c.status IN (" + ", ".join(f"'{s.value}'" for s in sorted(OPEN)) + ")"
    " AND c.merged_into IS NULL"
)
_ZONE = "'Africa/Dar_es_Salaam'"
_CHANGED = text(
    f"""
SELECT c.id, guard.forecast_stamp(c, t.due_at, :version) AS stamp
  FROM "case" c
  LEFT JOIN timer t ON t.case_id = c.id AND t.purpose = 'ladder' AND NOT t.done
  LEFT JOIN case_forecast f ON f.case_id = c.id
 WHERE {_IS_OPEN}
   AND (f.case_id IS NULL OR f.good_until <= :now
        OR f.stamp <> guard.forecast_stamp(c, t.due_at, :version))
 LIMIT :limit"""
)
_GONE = text(
    f"""
DELETE FROM case_forecast f
 WHERE NOT EXISTS (SELECT FROM "case" c WHERE c.id = f.case_id AND {_IS_OPEN})
RETURNING f.institution_id"""
)
_KEYS = "institution_id, unit_id, level, day, ladder, rung"
# Only rows that became others are written, so that a quiet minute writes nothing.
_ADD_UP = """
WITH wanted AS MATERIALIZED ({wanted}), gone AS (
  DELETE FROM forecast_cell f WHERE {which} AND NOT EXISTS (
    SELECT FROM wanted w
     WHERE (w.institution_id, w.unit_id, w.level, w.day, w.ladder, w.rung)
         = (f.institution_id, f.unit_id, f.level, f.day, f.ladder, f.rung))
)
INSERT INTO forecast_cell AS f ({keys}, cases)
SELECT * FROM wanted
ON CONFLICT ({keys}) DO UPDATE SET cases = excluded.cases WHERE f.cases <> excluded.cases"""
# The units of some institutions, from their cases.
_UNITS = text(
    _ADD_UP.format(
        keys=_KEYS,
        which="f.unit_id <> 0 AND f.institution_id = ANY (:touched)",
        wanted=f"""
  SELECT f.institution_id, f.unit_id, f.level,
         greatest((s.at AT TIME ZONE {_ZONE})::date, (:now AT TIME ZONE {_ZONE})::date) AS day,
         f.ladder, s.rung, count(*)::integer AS cases
    FROM case_forecast f CROSS JOIN LATERAL unnest(f.rungs, f.moments) AS s (rung, at)
   WHERE f.institution_id = ANY (:touched) AND f.level <> 'restricted'
     AND f.next_at < :until AND s.at < :until
   GROUP BY 1, 2, 3, 4, 5, 6""",
    )
)
# Every institution with all below it, from the units.
_WHOLES = text(
    _ADD_UP.format(
        keys=_KEYS,
        which="f.unit_id = 0",
        wanted="""
  SELECT above AS institution_id, 0 AS unit_id, '*' AS level, o.day, o.ladder, o.rung,
         sum(o.cases)::integer AS cases
    FROM forecast_cell o JOIN institution i ON i.id = o.institution_id
   CROSS JOIN LATERAL unnest(i.path) above
   WHERE o.unit_id <> 0 GROUP BY 1, 4, 5, 6""",
    )
)
_INSTITUTIONS = text("SELECT DISTINCT institution_id FROM case_forecast")


def refresh(now: datetime, limit: int = BATCH) -> int:
    """Make up to `limit` forecasts anew and add up (worker, one transaction); answers how many.

    Running it again changes nothing; a run beside another one waits for it.
    """
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    d = directory()
    asked = {"now": now, "version": d.version, "limit": limit}
    # The stamp is taken before the case is read: what changes meanwhile is found by the next run.
    stamps: dict[UUID, int] = {row.id: row.stamp for row in db.session.execute(_CHANGED, asked)}
    touched = _make(stamps, now, d) if stamps else set()
    touched |= set(db.session.scalars(_GONE))
    before = db.session.scalar(
        select(m.ForecastState.computed_at).where(m.ForecastState.id == lateness.STATE)
    )
    if before is None or local_day(before) != local_day(now):
        # The window moved on by a day.
        touched |= set(db.session.scalars(_INSTITUTIONS))
    if touched:
        until = now + timedelta(days=rules.SPAN)
        db.session.execute(_UNITS, {"now": now, "until": until, "touched": sorted(touched)})
        db.session.execute(_WHOLES)
    stands = {"computed_at": now}
    db.session.execute(
        upsert(m.ForecastState)
        .values(id=lateness.STATE, learned_from=0, **stands)
        .on_conflict_do_update(index_elements=["id"], set_=stands)
    )
    return len(stamps)


def _make(stamps: dict[UUID, int], now: datetime, d: Directory) -> set[int]:
    """Make the forecasts of these cases anew; answers the institutions that they count in, and
    those in which they did before."""
    former = select(m.CaseForecast.institution_id).where(m.CaseForecast.case_id.in_(list(stamps)))
    touched = set(db.session.scalars(former.distinct()))
    cases = db.session.scalars(
        select(m.Case)
        .where(m.Case.id.in_(list(stamps)))
        .order_by(m.Case.id)
        .execution_options(populate_existing=True)
    ).all()
    steps = ladders.forecasts(cases, d, MOST_RUNGS)
    judged = lateness.judge(cases, now, d)
    rows = [
        _row(case, stamps[case.id], steps[case.id], judged.get(case.id), now, d) for case in cases
    ]
    statement = upsert(m.CaseForecast)
    changed = {
        column.name: statement.excluded[column.name]
        for column in m.CaseForecast.__table__.columns
        if column.name != "case_id"
    }
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["case_id"], set_=changed), rows
    )
    return touched | {case.institution_id for case in cases}


def _row(
    case: m.Case,
    stamp: int,
    steps: Sequence[Any],
    judged: lateness.Judged | None,
    now: datetime,
    d: Directory,
) -> dict[str, Any]:
    risk = judged.risk if judged else None
    until = judged.good_until if judged else None
    return {
        "case_id": case.id,
        "stamp": stamp,
        "institution_id": case.institution_id,
        "unit_id": case.unit_id,
        "level": case.confidentiality,
        "ladder": ladders.name_of(case, d),
        "rungs": [step.rung for step in steps],
        "moments": [step.at for step in steps],
        "next_at": steps[0].at if steps else None,
        "risk_key": list(risk.key) if risk else None,
        "risk_cases": risk.count.cases if risk else None,
        "risk_late": risk.count.late if risk else None,
        "likely": risk is not None and risk.likely,
        "computed_at": now,
        "good_until": min(until or now + ANEW, now + ANEW),
    }
