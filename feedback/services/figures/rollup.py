"""Roll-ups of cases by institution and month, computed again whenever a case of theirs changed.

A row of `figure` counts the cases (but restricted ones) of an institution *and of all below it*,
received in one month, for one category or all, one channel or all, one kind or all
(`ALL_CATEGORIES`, `ALL` stand for "all"; of the combinations only those of `CELLS` are kept). So a
dashboard reads as many rows for the whole country as for one council, however many cases stand
behind them.

A change of one case makes the row sets of its institution and of every one above stale for its
month; they are computed from the deepest level up, each from its own cases and the rows of the
institutions just below. Computing again changes nothing, so it may run at any time, twice, or
late.
"""

# ruff: noqa: S608 -- the statements are made of constants of this module alone

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import text

from feedback.extensions import db
from feedback.rules.access import Level
from feedback.rules.histogram import BOUNDS, SIZE
from feedback.rules.workflow import OPEN, Status

ALL_CATEGORIES = -1
NO_CATEGORY = 0
ALL = "*"
BATCH = 20_000  # marks taken in one run
# Any fixed number: two workers that refresh at once take turns on it.
REFRESH_LOCK = 7_301_947
COUNTS = (
    "received",
    "answered",
    "open",
    "overdue",
    "decided",
    "on_time",
    "escalated",
    "appealed",
    "withdrawn",
)
HISTOGRAMS = ("first_response", "answer")
# What is kept for each institution and month.
CELLS = ("category_id", "channel", "kind", "")

_ZONE = "'Africa/Dar_es_Salaam'"
_IS_OPEN = "c.status IN (" + ", ".join(f"'{s.value}'" for s in sorted(OPEN)) + ")"
# Restricted cases are in no institution's figures: there, even their number would tell.
_COUNTED = f"c.confidentiality <> '{Level.RESTRICTED}'"
_KEYS = "institution_id, month, category_id, channel, kind"
_COLUMNS = ", ".join((_KEYS, *COUNTS, *HISTOGRAMS, "computed_at"))
_SETS = ", ".join(f"({cell})" for cell in CELLS)
_BOUNDS = f"ARRAY[{', '.join(map(str, BOUNDS))}]"


def _bucket(minutes: str) -> str:
    """SQL for rules.histogram.bucket: how many bounds lie below the duration."""
    return f"width_bucket({minutes} - 1, {_BOUNDS})"


def _built(column: str) -> str:
    """SQL for the histogram of a group of single durations, already in buckets."""
    counts = (f"count(*) FILTER (WHERE {column} = {i})" for i in range(SIZE))
    return f"ARRAY[{', '.join(counts)}]"


def summed(column: str) -> str:
    """SQL for the sum of histograms, element by element (much quicker than unnesting them)."""
    return f"ARRAY[{', '.join(f'sum({column}[{i}])' for i in range(1, SIZE + 1))}]"


# The first answer clock is decided when it was met, or when its due time passed unmet; one that
# ended before, because the citizen withdrew, has no minutes and counts neither way.
_OWN = f"""
own AS (
  SELECT c.institution_id, w.month, coalesce(c.category_id, {NO_CATEGORY}) AS category_id,
         c.channel, c.kind,
         c.status IN ('{Status.ANSWERED}', '{Status.CLOSED}') AS answered,
         {_IS_OPEN} AS open, {_IS_OPEN} AND c.due_at < :now AS overdue,
         r.minutes IS NOT NULL OR coalesce(r.met_at, :now) > r.due_at AS decided,
         r.minutes IS NOT NULL AND r.met_at <= r.due_at AS on_time,
         c.highest_rung > 0 AS escalated, c.appeals > 0 AS appealed,
         c.status = '{Status.WITHDRAWN}' AS withdrawn,
         {_bucket("a.minutes")} AS first_bucket, {_bucket("r.minutes")} AS answer_bucket
    FROM wanted w
    JOIN "case" c ON c.institution_id = w.institution_id
     AND c.received_at >= w.starts AND c.received_at < w.ends AND {_COUNTED}
    LEFT JOIN deadline a ON a.case_id = c.id AND a.cycle = 1 AND a.clock = 'acknowledge'
    LEFT JOIN deadline r ON r.case_id = c.id AND r.cycle = 1 AND r.clock = 'answer'
), own_cells AS (
  SELECT institution_id, month,
         CASE WHEN GROUPING(category_id) = 1 THEN {ALL_CATEGORIES} ELSE category_id END
           AS category_id,
         CASE WHEN GROUPING(channel) = 1 THEN '{ALL}' ELSE channel END AS channel,
         CASE WHEN GROUPING(kind) = 1 THEN '{ALL}' ELSE kind END AS kind,
         count(*) AS received,
         {", ".join(f"count(*) FILTER (WHERE {c}) AS {c}" for c in COUNTS[1:])},
         {_built("first_bucket")} AS first_response, {_built("answer_bucket")} AS answer
    FROM own GROUP BY institution_id, month, GROUPING SETS ({_SETS})
)"""
_WANTED = f"""
WITH wanted AS MATERIALIZED (
  SELECT institution_id, month, month::timestamp AT TIME ZONE {_ZONE} AS starts,
         (month + interval '1 month') AT TIME ZONE {_ZONE} AS ends
    FROM unnest(CAST(:institutions AS integer[]), CAST(:months AS date[]))
      AS w (institution_id, month)
), below AS MATERIALIZED (
  SELECT i.id, w.institution_id, w.month
    FROM wanted w JOIN institution i ON i.parent_id = w.institution_id
)"""
# An institution with none below it: its own cases are all there is.
_LEAF = f"""{_WANTED}, {_OWN}
INSERT INTO figure ({_COLUMNS})
SELECT {_KEYS}, {", ".join((*COUNTS, *HISTOGRAMS))}, :now FROM own_cells"""
_INNER = f"""{_WANTED}, {_OWN}, cells AS (
  SELECT * FROM own_cells
  UNION ALL
  SELECT b.institution_id, b.month, f.category_id, f.channel, f.kind,
         {", ".join(f"f.{c}" for c in (*COUNTS, *HISTOGRAMS))}
    FROM below b JOIN figure f ON f.institution_id = b.id AND f.month = b.month
)
INSERT INTO figure ({_COLUMNS})
SELECT {_KEYS}, {", ".join(f"sum({c})" for c in COUNTS)},
       {", ".join(summed(h) for h in HISTOGRAMS)}, :now
  FROM cells GROUP BY {_KEYS}"""
_CLEAR = f"""{_WANTED}
DELETE FROM figure f USING wanted w
 WHERE f.institution_id = w.institution_id AND f.month = w.month"""
# A case becomes overdue by nothing but time: whatever passed its due time since the last run.
_MARK_OVERDUE = f"""
INSERT INTO figure_dirty (id, institution_id, month)
SELECT DISTINCT ON (c.institution_id, date_trunc('month', c.received_at AT TIME ZONE {_ZONE}))
       gen_random_uuid(), c.institution_id,
       date_trunc('month', c.received_at AT TIME ZONE {_ZONE})::date
  FROM "case" c
 WHERE {_IS_OPEN} AND {_COUNTED} AND c.due_at < :now AND c.due_at >= (
   SELECT max(f.computed_at) FROM figure f JOIN institution i ON i.id = f.institution_id
    WHERE i.parent_id IS NULL AND f.category_id = {ALL_CATEGORIES}
      AND f.channel = '{ALL}' AND f.kind = '{ALL}')"""
_TAKE_MARKS = """
DELETE FROM figure_dirty
 WHERE id IN (SELECT id FROM figure_dirty LIMIT :limit)
RETURNING institution_id, month"""
_EVERYTHING = f"""
SELECT DISTINCT institution_id, date_trunc('month', received_at AT TIME ZONE {_ZONE})::date
  FROM "case" c WHERE {_COUNTED}"""


def refresh(now: datetime, limit: int = BATCH) -> int:
    """Compute again what changed since the last run (worker, one transaction).

    Takes up to `limit` marks; answers how many months of institutions were computed. A run beside
    another one waits for it.
    """
    _lock()
    db.session.execute(text(_MARK_OVERDUE), {"now": now})
    marks = db.session.execute(text(_TAKE_MARKS), {"limit": limit})
    return _compute({(institution, month) for institution, month in marks}, now)


def refresh_all(now: datetime) -> int:
    """Throw every figure away and compute all from the cases (worker, one transaction).

    Needed after a bulk load, or when the tree of institutions was changed.
    """
    _lock()
    db.session.execute(text("DELETE FROM figure_dirty"))
    db.session.execute(text("DELETE FROM figure"))
    marks = db.session.execute(text(_EVERYTHING))
    return _compute({(institution, month) for institution, month in marks}, now, clear=False)


def _lock() -> None:
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": REFRESH_LOCK})


def _compute(stale: set[tuple[int, date]], now: datetime, *, clear: bool = True) -> int:
    """The row sets of these institutions and months and of all above, deepest first."""
    if not stale:
        return 0
    tree = {
        row.id: (tuple(row.path), row.parent)
        for row in db.session.execute(
            text(
                "SELECT i.id, i.path, EXISTS (SELECT FROM institution b WHERE b.parent_id = i.id)"
                " AS parent FROM institution i"
            )
        )
    }
    levels: dict[tuple[int, bool], set[tuple[int, date]]] = {}
    for institution, month in stale:
        for above in tree[institution][0]:
            path, parent = tree[above]
            levels.setdefault((len(path), parent), set()).add((above, month))
    for depth, parent in sorted(levels, reverse=True):
        _compute_level(levels[depth, parent], parent, now, clear=clear)
    return len(set().union(*levels.values()))


def _compute_level(
    groups: Iterable[tuple[int, date]], parent: bool, now: datetime, *, clear: bool
) -> None:
    ordered = sorted(groups)
    chosen = {
        "institutions": [institution for institution, _ in ordered],
        "months": [month for _, month in ordered],
    }
    if clear:
        db.session.execute(text(_CLEAR), chosen)
    db.session.execute(text(_INNER if parent else _LEAF), {**chosen, "now": now})
