"""Finding cases by reference, place and the words of open cases, whatever their status.

What may be found is what the present officer sees: the database's one function for it says so, and
the policies once more. Words of confidential and restricted cases are sealed and found by nobody.
That words of a case were shown is on record as a look at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, Uuid, column, func, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import searching as rules
from feedback.rules.searching import Sought
from feedback.services import audit
from feedback.services.listing import COLUMNS, PAGE, Page, QueueRow, decode, encode, queue_row


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that was found, and the pieces of its words about what was looked for; the flag marks
    it. Empty where it was found by its reference or place."""

    case: QueueRow
    place: list[tuple[str, bool]]
    words: list[tuple[str, bool]]


def search(sought: Sought, after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """The cases that fit, the newest first, as Hits; one statement for the page, one that puts the
    looks on record."""
    start = decode(after)
    found = func.guard.search(
        sought.reference,
        sought.every,
        sought.any,
        start[0] if start else None,
        start[1] if start else None,
        limit + 1,
    ).table_valued(column("case_id", Uuid), column("body", String), name="found")
    query = (
        select(*COLUMNS, found.c.body)
        .select_from(found)
        .join(m.Case, m.Case.id == found.c.case_id)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .order_by(m.Case.received_at.desc(), m.Case.id.desc())
    )
    rows = db.session.execute(query).all()
    hits = [
        Hit(
            queue_row(row, now),
            rules.marked(row.place or "", sought.words),
            rules.excerpt(row.body, sought.words) if row.body else [],
        )
        for row in rows[:limit]
    ]
    audit.record_all(
        [
            audit.entry(
                audit.FOUND, hit.case.case_id, now, {"words": 1, "level": hit.case.confidentiality}
            )
            for hit in hits
            if hit.words
        ]
    )
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return Page(hits, encode(last.received_at, last.id) if last else None)
