"""What an official on a rung keeps in view beside single cases: the inbox on the rung, its counts,
digests, and directives with what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from feedback import models as m
from feedback.clock import begin, day_start, local_day
from feedback.extensions import db
from feedback.rules import deadlines
from feedback.services import acts, listing, views
from feedback.services.reference import CategoryInfo, InstitutionInfo, directory
from feedback.services.viewers import present

ASKED = ("all", "explanation", "decision", "overdue", "fresh", "accepted")
"""What the inbox can be narrowed down to: explanation missing, explanation waiting for a decision,
a directive of the post overdue, new today, reason accepted."""
NEWEST = 5_000  # escalations that a digest counts; more than that nobody reads in a day
STATES = ("open", "overdue", "followed")
"""Which directives: not followed (the overdue ones first), overdue alone, followed."""

# One statement each, by the predicate of one SQL function, whatever the list holds: under policies
# the same rows cost a look at each case by every table that hangs on it.
_PAGE = text("SELECT * FROM guard.on_rung(:what, :institution, :day, :at, :id, :limit)")
_COUNTS = text("SELECT * FROM guard.on_rung_counts(:institution, :day, :most)")
_DIGEST = text("SELECT * FROM guard.on_rung_by_institution(:day, :most)")


@dataclass(frozen=True, slots=True)
class RungRow:
    """One open case on the official's rung: facts of the process, none of the person."""

    case_id: UUID
    reference: str
    kind: str
    category: CategoryInfo | None
    institution: InstitutionInfo
    confidentiality: str
    late: bool
    days_left: int
    # Who has it now, and for how many minutes of working time.
    handler_name: str | None
    held: int | None
    rung: int
    name_sw: str
    name_en: str
    clock: str
    way: str
    post: views.PostName | None
    at: datetime
    # explanation, decision or accepted; and when reason and acceptance were given.
    asks: str
    explained_at: datetime | None
    accepted_at: datetime | None
    directives: int
    overdue: bool
    # Read for a post by delegation.
    delegated: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """Late cases of one institution that reached the officer's posts and are still open."""

    institution: InstitutionInfo
    cases: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """A directive, to which institution it was given, and what became of it."""

    id: UUID
    reference: str
    kind: str
    institution: InstitutionInfo
    post: views.PostName | None
    handler_name: str | None
    body: str
    at: datetime
    due_on: date
    done_at: datetime | None
    # The status of its case now.
    status: str
    overdue: bool
    own: bool


def escalated(
    after: str | None,
    now: datetime,
    limit: int = listing.PAGE,
    *,
    what: str = "all",
    institution_id: int | None = None,
) -> listing.Page:
    """A page of open cases on the officer's rungs, the newest on them first."""
    start, d = listing.decode(after), directory()
    rows = db.session.execute(
        _PAGE,
        {
            "what": what,
            "institution": institution_id,
            "day": day_start(now),
            "at": start[0] if start else None,
            "id": start[1] if start else None,
            "limit": limit + 1,
        },
    ).all()
    shown = rows[:limit]
    titles = views.post_names({row.post_id for row in shown}, d)
    last = listing.encode(shown[-1].climbed_at, shown[-1].id) if len(rows) > limit else None
    return listing.Page([_row(row, titles, now) for row in shown], last)


def _row(row: Any, titles: dict[int, views.PostName], now: datetime) -> RungRow:
    d = directory()
    calendar = d.calendar_of(row.institution_id)
    held = row.held_since if row.handler_name else None
    return RungRow(
        row.case_id,
        row.reference,
        row.kind,
        d.categories.get(row.category_id or 0),
        d.institutions[row.institution_id],
        row.confidentiality,
        now > row.case_due_at,
        deadlines.working_days_until(calendar, now, row.case_due_at),
        row.handler_name,
        deadlines.working_minutes(calendar, held, now) if held else None,
        row.rung,
        *d.ladder_names.get((row.ladder, row.rung), (str(row.rung), str(row.rung))),
        row.clock,
        row.way,
        titles.get(row.post_id or 0),
        row.climbed_at,
        row.asks,
        row.explained_at,
        row.accepted_at,
        row.directives,
        row.overdue,
        row.delegated,
    )


def counts(now: datetime, institution_id: int | None = None) -> dict[str, int]:
    """How many cases each of ASKED has, by the predicate of its page, up to COUNT_LIMIT + 1."""
    values = {
        "institution": institution_id,
        "day": day_start(now),
        "most": listing.COUNT_LIMIT + 1,
    }
    return {row.what: row.cases for row in db.session.execute(_COUNTS, values)}


def digests(now: datetime) -> list[Digest]:
    """The escalations on the officer's posts by institution, most cases first."""
    institutions = directory().institutions
    rows = db.session.execute(_DIGEST, {"day": day_start(now), "most": NEWEST})
    return [
        Digest(institutions[row.institution_id], row.cases, row.newest)
        for row in rows
        if row.institution_id in institutions
    ]


# Policies hide from the planner how many rows an officer may see: each index is followed in its
# order to the end of the page, and a row's case is looked at only when the row's turn comes.
_GIVEN = """
SELECT d.id FROM unnest(CAST(:{keys} AS integer[])) AS k (key) CROSS JOIN LATERAL (
  SELECT x.id, x.due_on FROM directive x
   WHERE x.{column} = k.key AND {state}
     AND (CAST(:day AS date) IS NULL OR (x.due_on, x.id) {beyond} (:day, CAST(:id AS uuid)))
   ORDER BY x.due_on {order}, x.id {order} LIMIT :limit) d"""
_STATE = {
    "open": "x.done_at IS NULL",
    "overdue": "x.done_at IS NULL AND x.due_on < :today",
    "followed": "x.done_at IS NOT NULL",
}
_SHOWN = """
SELECT d.id, d.kind, d.post_id, d.at, d.due_on, d.done_at, d.institution_id, d.officer_id,
       c.reference, c.status, c.institution_id AS case_institution_id, o.name AS handler_name,
       m.id AS message_id, m.body, m.sealed
  FROM directive d JOIN "case" c ON c.id = d.case_id JOIN message m ON m.id = d.message_id
  LEFT JOIN officer o ON o.id = c.handler_id
 WHERE d.id IN ({keys}) ORDER BY d.due_on {order}, d.id {order} LIMIT :limit"""


def directives(
    now: datetime, state: str = "open", after: str | None = None, limit: int = listing.PAGE
) -> listing.Page:
    """Directives of the officer's posts, and those given to an institution that the officer heads:
    the ones not followed by due date, so that the overdue stand first; the followed ones latest
    first."""
    viewer, start = present(), listing.decode(after)
    order, beyond = ("DESC", "<") if state == "followed" else ("ASC", ">")
    words = {"state": _STATE[state], "order": order, "beyond": beyond}
    keys = " UNION ".join(
        _GIVEN.format(keys=keys, column=column, **words)
        for keys, column in (
            ("posts", "post_id"),
            ("own", "officer_id"),
            ("heads", "institution_id"),
        )
    )
    rows = db.session.execute(
        text(_SHOWN.format(keys=keys, order=order)),
        {
            "posts": sorted(viewer.posts),
            "own": [viewer.officer],
            "heads": sorted(viewer.heads),
            "today": local_day(now),
            "day": local_day(start[0]) if start else None,
            "id": start[1] if start else None,
            "limit": limit + 1,
        },
    ).all()
    return _given(rows, limit, now)


def _given(rows: Any, limit: int, now: datetime) -> listing.Page:
    d, viewer, shown = directory(), present(), rows[:limit]
    titles = views.post_names({row.post_id for row in shown}, d)
    given = [
        Given(
            row.id,
            row.reference,
            row.kind,
            d.institutions[row.institution_id or row.case_institution_id],
            titles.get(row.post_id),
            row.handler_name,
            acts.read(m.Message(id=row.message_id, body=row.body, sealed=row.sealed)),
            row.at,
            row.due_on,
            row.done_at,
            row.status,
            row.done_at is None and row.due_on < local_day(now),
            row.post_id in viewer.posts or row.officer_id == viewer.officer,
        )
        for row in shown
    ]
    last = shown[-1] if len(rows) > limit else None
    return listing.Page(given, listing.encode(begin(last.due_on), last.id) if last else None)
