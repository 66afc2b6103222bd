"""Rows that a sweep makes for many cases, written together at its end.

Whoever writes rows that others may write too (a digest's notice) does so in one order, once in a
transaction: two sweeps then wait for each other, never in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, text

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, marks
from feedback.services.cases import plain

ONCE = "ON CONFLICT DO NOTHING"
# A timer that ends keeps its moment; one that never was is not made to end it.
SET_TIMERS = """
WITH wanted AS (
  SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS w (case_id uuid, purpose text, due_at timestamptz, done boolean)
), ended AS (
  UPDATE timer t SET done = true FROM wanted w
   WHERE w.done AND t.case_id = w.case_id AND t.purpose = w.purpose AND NOT t.done
)
INSERT INTO timer (case_id, purpose, due_at, done)
SELECT case_id, purpose, due_at, false FROM wanted WHERE NOT done
ON CONFLICT (case_id, purpose) DO UPDATE SET due_at = excluded.due_at, done = false"""
RAISE_RUNGS = """
UPDATE "case" c SET highest_rung = greatest(c.highest_rung, w.rung)
  FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS w (id uuid, rung integer) WHERE c.id = w.id"""


class Batch:
    """What is written at `now`. `timers`: by case and purpose the next moment, None to end it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.timers: dict[tuple[UUID, str], datetime | None] = {}
        # The highest rung that each case reached now.
        self.highest: dict[UUID, int] = {}
        self.escalations: list[dict[str, Any]] = []
        self.alarms: dict[str, dict[str, Any]] = {}
        # How many of them were new, once they are written.
        self.raised = 0
        self._notices: dict[str, dict[str, Any]] = {}
        self._record: list[dict[str, Any]] = []
        self._dirty: dict[tuple[int, Any], dict[str, Any]] = {}

    def notice(
        self, officers: Iterable[int | None], kind: str, case: m.Case, key: str = ""
    ) -> None:
        """A notice to each officer, once for each kind, case and key."""
        for row in marks.notice_rows(officers, kind, case.id, self.now, key):
            self._notices.setdefault(row["dedupe"], {**row, "institution_id": None})

    def digest(self, officer: int, institution: int, key: str, kind: str = "digest") -> None:
        """A notice about an institution's cases, once for each kind and key."""
        for row in marks.notice_rows([officer], kind, None, self.now):
            dedupe = f"{kind}:{officer}:{institution}:{key}"
            self._notices.setdefault(
                dedupe, {**row, "dedupe": dedupe, "institution_id": institution}
            )

    def alarm(
        self,
        kind: str,
        case: m.Case,
        key: str,
        at: datetime,
        *,
        post: int | None = None,
        cycle: int | None = None,
    ) -> None:
        """An alarm about a case, once for each kind, cycle (the present one) and key; post: the one
        to see to."""
        cycle = case.cycle if cycle is None else cycle
        dedupe = f"{kind}:{case.id}:{cycle}:{key}"
        row = {
            "dedupe": dedupe,
            "kind": kind,
            "institution_id": case.institution_id,
            "case_id": case.id,
            "cycle": cycle,
            "post_id": post,
            "at": at,
        }
        self.alarms.setdefault(dedupe, row)

    def record(self, act: str, case: m.Case, **details: str | int) -> None:
        """An entry of the record."""
        self._record.append(audit.entry(act, case.id, self.now, details))

    def figures(self, case: m.Case) -> None:
        """The figures of the month of receipt must be computed again."""
        month = marks.month_of(case.received_at)
        if (case.institution_id, month) not in self._dirty:
            (row,) = marks.figure_rows(case.received_at, case.institution_id)
            self._dirty[case.institution_id, month] = row

    def write(self) -> None:
        """Write everything, in one statement for each table however many rows there are."""
        set_timers = [
            {"case_id": case_id, "purpose": purpose, "due_at": at, "done": at is None}
            for (case_id, purpose), at in sorted(self.timers.items())
        ]
        _send(SET_TIMERS, set_timers)
        _send(RAISE_RUNGS, [{"id": case, "rung": rung} for case, rung in self.highest.items()])
        _send(_insert("escalation", self.escalations), self.escalations)
        alarms = [self.alarms[key] for key in sorted(self.alarms)]
        self.raised = _send(_insert("alarm", alarms, ONCE), alarms)
        notices = [self._notices[key] for key in sorted(self._notices)]
        _send(_insert("notice", notices, ONCE), notices)
        _send(_insert("audit_entry", self._record), self._record)
        dirty = list(self._dirty.values())
        _send(_insert("figure_dirty", dirty), dirty)


def _insert(table: str, rows: list[dict[str, Any]], conflict: str = "") -> str:
    """One INSERT for all rows, which must have the same keys: many times as quick as one each."""
    columns = ", ".join(rows[0]) if rows else ""
    return (
        f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608 -- names of our own
        f" FROM jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb)) {conflict}"
    )


def _send(statement: str, rows: list[dict[str, Any]]) -> int:
    """Run the statement on the rows; answers how many it made."""
    if not rows:
        return 0
    document = json.dumps(rows, default=plain)
    result = db.session.execute(text(statement), {"rows": document})
    return int(cast("CursorResult[Any]", result).rowcount)
