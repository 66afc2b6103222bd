"""What an official on a rung keeps in view beside single cases: digests and directives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, listing, queues, views
from feedback.services.lines import Line
from feedback.services.reference import InstitutionInfo, directory
from feedback.services.viewers import present

NEWEST = 300  # escalations that a digest looks at; more than that nobody reads in a day
DIRECTIVES = 100


@dataclass(frozen=True, slots=True)
class Digest:
    """Late cases of one institution that reached the officer's posts and are still open."""

    institution: InstitutionInfo
    cases: int
    newest: datetime


@dataclass(frozen=True, slots=True)
class Given:
    """A directive of one of the officer's posts."""

    id: UUID
    reference: str
    institution: InstitutionInfo
    body: str
    at: datetime
    due_on: date
    done_at: datetime | None


# Policies hide from the planner how many rows an officer may see, so that it would look at every
# case that ever reached a post and sort them all. Here it has no choice: each post's index is
# followed from its newest end, and a row's case is looked at only when the row's turn comes.
_NEWEST = """
SELECT e.id, e.from_institution_id, e.case_id, e.due_at
  FROM unnest(CAST(:{keys} AS integer[])) AS p (post) CROSS JOIN LATERAL (
    SELECT * FROM escalation x
     WHERE x.{column} = p.post {more}
       AND (SELECT c.status = ANY (:open) FROM "case" c WHERE c.id = x.case_id)
     ORDER BY x.due_at DESC, x.id DESC LIMIT :limit) e"""
_INSTITUTION = "AND x.from_institution_id = :institution"
_AFTER = "AND (x.due_at, x.id) < (:due_at, :id)"


def _newest(
    limit: int, institution_id: int | None = None, after: tuple[datetime, UUID] | None = None
) -> list[Any]:
    """The newest escalations on the officer's posts whose case is open; copies count as well."""
    viewer, d = present(), directory()
    more = _INSTITUTION if institution_id is not None else ""
    values: dict[str, Any] = {
        "posts": sorted(viewer.posts),
        "open": list(listing.OPEN_STATUSES),
        "limit": limit,
    }
    if institution_id is not None:
        values["institution"] = institution_id
    if after is not None:
        more = f"{more} {_AFTER}"
        values |= {"due_at": after[0], "id": after[1]}
    values["own"] = [viewer.officer]
    parts = [
        _NEWEST.format(column="post_id", keys="posts", more=more),
        # Where the officer stands in as deputy of a holder who may not see that case.
        _NEWEST.format(column="officer_id", keys="own", more=f"AND x.way = 'deputy' {more}"),
    ]
    copied = {rung.copy for ladder in d.ladders.values() for rung in ladder if rung.copy}
    if any(d.institutions[head].code in copied for head in viewer.heads):
        parts.append(_NEWEST.format(column="copy_post_id", keys="posts", more=more))
    query = " UNION ".join(parts) + " ORDER BY due_at DESC, id DESC LIMIT :limit"
    return list(db.session.execute(text(query), values))


def escalated(
    after: str | None,
    now: datetime,
    limit: int = listing.PAGE,
    *,
    institution_id: int | None = None,
) -> listing.Page:
    """A page of open cases on the officer's posts, the newest on them first."""
    keys = _newest(limit + 1, institution_id, listing.decode(after))
    shown = keys[:limit]
    query = queues.escalation_query().where(m.Escalation.id.in_([key.id for key in shown]))
    query = query.order_by(m.Escalation.due_at.desc(), m.Escalation.id.desc())
    page = queues.escalation_page(query, now, limit)
    last = listing.encode(shown[-1].due_at, shown[-1].id) if len(keys) > limit else None
    return listing.Page(page.rows, last)


def digests() -> list[Digest]:
    """The newest escalations on the officer's posts by institution, most cases first."""
    cases: dict[int, set[UUID]] = {}
    newest: dict[int, datetime] = {}
    for row in _newest(NEWEST):
        cases.setdefault(row.from_institution_id, set()).add(row.case_id)
        newest.setdefault(row.from_institution_id, row.due_at)
    institutions = directory().institutions
    found = [
        Digest(institutions[i], len(of), newest[i]) for i, of in cases.items() if i in institutions
    ]
    return sorted(found, key=lambda each: -each.cases)


def escalation_of(case_id: UUID) -> UUID | None:
    """The latest rung of the case on which the officer's posts stand: directives hang on it."""
    viewer = present()
    posts = sorted(viewer.posts)
    return db.session.scalars(
        select(m.Escalation.id)
        .where(
            m.Escalation.case_id == case_id,
            m.Escalation.way != "skipped",
            or_(
                m.Escalation.post_id.in_(posts),
                m.Escalation.copy_post_id.in_(posts),
                and_(m.Escalation.way == "deputy", m.Escalation.officer_id == viewer.officer),
            ),
        )
        .order_by(m.Escalation.due_at.desc())
        .limit(1)
    ).one_or_none()


def directives() -> list[Given]:
    """Directives of the officer's posts: those not yet followed first, by due date."""
    rows = db.session.execute(
        select(m.Directive, m.Message, m.Case.reference, m.Case.institution_id)
        .join(m.Message, m.Message.id == m.Directive.message_id)
        .join(m.Case, m.Case.id == m.Directive.case_id)
        .where(
            or_(
                m.Directive.post_id.in_(sorted(present().posts)),
                m.Directive.officer_id == func.guard.officer(),
            )
        )
        .order_by(m.Directive.done_at.is_not(None), m.Directive.due_on, m.Directive.id)
        .limit(DIRECTIVES)
    )
    institutions = directory().institutions
    return [
        Given(
            directive.id,
            reference,
            institutions[institution],
            acts.read(message),
            directive.at,
            directive.due_on,
            directive.done_at,
        )
        for directive, message, reference, institution in rows
    ]


def delay_reason(case: views.OfficerCase) -> Line | None:
    """What the handler last said of the delay."""
    said = [line for line in case.messages if line.kind == "delay_reason"]
    return said[-1] if said else None
