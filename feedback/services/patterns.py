"""Odd patterns in who looked at what: computed by a job, read by auditors.

The job alone compares hashes of numbers; what it leaves behind names an officer and a number, no
case and no citizen. A look counts once for a case and day, however often the page was opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import patterns as rules
from feedback.services.audit import CASE_LOOKS, IDENTITY_LOOKED, LOOKS

MOST = 200
"""Rows shown at once: more is no exception any more."""

# Each part answers officer, last day, number and what it is compared with.
_PARTS = {
    "many_looks": """
  SELECT DISTINCT ON (d.officer) d.officer, d.day, d.cases, coalesce(o.usual, 0)
    FROM days d CROSS JOIN LATERAL (
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x.cases) AS usual
        FROM days x WHERE x.officer = d.officer AND x.day <> d.day) o
   WHERE d.cases >= :many_cases AND d.cases > :many_times * coalesce(o.usual, 0)
   ORDER BY d.officer, d.cases DESC""",
    "without_work": """
  SELECT officer, max(day) FILTER (WHERE NOT worked), count(*) FILTER (WHERE NOT worked), count(*)
    FROM (SELECT s.officer, max(s.day) AS day, EXISTS (
                   SELECT FROM audit_entry w WHERE w.case_id = s.case_id
                      AND w.actor_id = s.officer AND w.act <> ALL (:looks))
                 OR EXISTS (SELECT FROM assignment h WHERE h.case_id = s.case_id
                               AND h.handler_id = s.officer) AS worked
            FROM seen s GROUP BY s.officer, s.case_id) each
   GROUP BY officer
  HAVING count(*) FILTER (WHERE NOT worked) >= :idle_cases
     AND count(*) FILTER (WHERE NOT worked) * 2 > count(*)""",
    "one_person": """
  SELECT DISTINCT ON (officer) officer, day, cases, NULL::float
    FROM (SELECT s.officer, i.number_hash, max(s.day) AS day, count(DISTINCT s.case_id) AS cases
            FROM seen s JOIN sealed_identity i
              ON i.case_id = s.case_id AND i.number_hash IS NOT NULL
           WHERE NOT EXISTS (SELECT FROM assignment h WHERE h.case_id = s.case_id
                                AND h.handler_id = s.officer)
           GROUP BY s.officer, i.number_hash) each
   WHERE cases >= :same_person ORDER BY officer, cases DESC""",
    "off_hours": """
  SELECT l.officer, max(l.day), count(DISTINCT (l.case_id, l.day)), NULL::float
    FROM look l JOIN officer o ON o.id = l.officer
    JOIN institution i ON i.id = o.institution_id JOIN calendar c ON c.id = i.calendar_id
   WHERE l.hour >= :night_from OR l.hour < :night_to
      OR extract(isodow FROM l.day) - 1 = ANY (c.weekend)
      OR EXISTS (SELECT FROM holiday h WHERE h.calendar_id = c.id AND h.day = l.day
                    AND h.status = 'confirmed' AND h.closes IS NULL
                    AND h.scope IN ('*', 'region:' || i.region, i.code))
   GROUP BY l.officer HAVING count(DISTINCT (l.case_id, l.day)) >= :off_hours""",
    "after_recusal": """
  SELECT l.officer, max(l.day), count(DISTINCT l.case_id), NULL::float
    FROM look l JOIN conflict x ON x.case_id = l.case_id AND x.officer_id = l.officer
   WHERE l.at > x.at GROUP BY l.officer""",
    "after_handover": """
  SELECT l.officer, max(l.day), count(DISTINCT l.case_id), NULL::float
    FROM look l
   WHERE EXISTS (SELECT FROM assignment h WHERE h.case_id = l.case_id
                    AND h.handler_id = l.officer AND h.ended_at < l.at)
     AND NOT EXISTS (SELECT FROM assignment h WHERE h.case_id = l.case_id
                        AND h.handler_id = l.officer
                        AND h.at <= l.at AND (h.ended_at IS NULL OR h.ended_at >= l.at))
   GROUP BY l.officer HAVING count(DISTINCT l.case_id) >= :after_handover""",
    "openings": """
  SELECT a.actor_id, max((a.at AT TIME ZONE 'Africa/Dar_es_Salaam')::date), count(*), NULL::float
    FROM audit_entry a
   WHERE a.act = :opened AND a.actor_id IS NOT NULL AND a.at BETWEEN :since AND :now
   GROUP BY a.actor_id HAVING count(*) >= :openings""",
}
_FIND = """
WITH look AS MATERIALIZED (
  SELECT a.actor_id AS officer, a.case_id, a.at,
         (a.at AT TIME ZONE 'Africa/Dar_es_Salaam')::date AS day,
         extract(hour FROM a.at AT TIME ZONE 'Africa/Dar_es_Salaam') AS hour
    FROM audit_entry a
   WHERE a.act = ANY (:case_looks) AND a.actor_id IS NOT NULL AND a.case_id IS NOT NULL
     AND a.at BETWEEN :since AND :now
), seen AS MATERIALIZED (
  SELECT DISTINCT officer, case_id, day FROM look
), days AS MATERIALIZED (
  SELECT officer, day, count(*) AS cases FROM seen GROUP BY officer, day
)
INSERT INTO audit_pattern (kind, officer_id, last_on, number, usual, computed_at)
SELECT p.kind, p.officer, p.last_on, p.number, p.usual, :now
  FROM ({parts}) AS p (kind, officer, last_on, number, usual)
  JOIN officer o ON o.id = p.officer"""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One officer who stands out in one way; the numbers mean what the kind's rule says."""

    kind: str
    officer: str
    username: str
    institution_id: int
    last_on: date
    number: int
    usual: float | None
    computed_at: datetime


def compute(now: datetime) -> int:
    """Find the patterns of the last days anew (worker); answers how many there are."""
    db.session.execute(delete(m.AuditPattern))
    parts = " UNION ALL ".join(
        f"SELECT '{kind}', part.* FROM ({part}) AS part"  # noqa: S608  # constants of this module
        for kind, part in _PARTS.items()
    )
    found = db.session.execute(
        text(_FIND.format(parts=parts) + " RETURNING kind"),
        {
            "since": now - timedelta(days=rules.DAYS),
            "now": now,
            "many_cases": rules.MANY_CASES,
            "many_times": rules.MANY_TIMES,
            "idle_cases": rules.IDLE_CASES,
            "same_person": rules.SAME_PERSON,
            "off_hours": rules.OFF_HOURS,
            "night_from": rules.NIGHT_FROM,
            "night_to": rules.NIGHT_TO,
            "after_handover": rules.AFTER_HANDOVER,
            "opened": IDENTITY_LOOKED,
            "looks": list(LOOKS),
            "case_looks": list(CASE_LOOKS),
            "openings": rules.OPENINGS,
        },
    )
    return len(found.all())


def found() -> Sequence[Pattern]:
    """What stands out, the gravest kind first, in it the highest number (auditors)."""
    rows = db.session.execute(
        select(m.AuditPattern, m.Officer.name, m.Officer.username, m.Officer.institution_id)
        .join(m.Officer, m.Officer.id == m.AuditPattern.officer_id)
        .order_by(m.AuditPattern.number.desc(), m.AuditPattern.officer_id)
        .limit(MOST)
    )
    patterns = [
        Pattern(
            row.kind, name, username, institution, row.last_on, row.number, row.usual,
            row.computed_at,
        )
        for row, name, username, institution in rows
    ]  # fmt: skip
    return sorted(patterns, key=lambda each: rules.KINDS.index(each.kind))
