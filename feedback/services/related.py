"""Cases that an officer sees as related, and those that are possibly about the same matter.

A link and its note are for officers who read the words of both cases. What is possibly the same is
a suggestion with its reasons; nothing follows from it by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from rapidfuzz import fuzz
from sqlalchemy import and_, case, func, insert, or_, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, identity, listing, viewers
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase

LONGEST_NOTE = 500  # characters
NEAR = timedelta(days=45)
"""How long before or after a case another one is received that may be about the same."""
LOOKED_AT = 100
"""Cases of that time that are compared at most, the latest first."""
COMPARED = 400
"""Characters of the first message that are compared."""
ALIKE = 70.0
"""How alike two texts must be (0-100) to be called similar."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Link:
    """A related case, as the other's page shows it. kind: see, or split (one was divided)."""

    id: UUID
    reference: str
    status: str
    kind: str
    note: str
    officer_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Possibly:
    """A case that may be about the same matter, and why: place, category, words."""

    reference: str
    status: str
    received_at: datetime
    reasons: tuple[str, ...]


def link(case_id: UUID, reference: str, note: str, now: datetime) -> None:
    """Say that two cases are related. Refused: no-such-case (or its words are not this officer's to
    read), same-case, linked (they are already), not-allowed, too-long."""
    other_id = db.session.scalars(
        select(m.Case.id).where(m.Case.reference == reference)
    ).one_or_none()
    if other_id is None:
        raise Refused("no-such-case")
    if other_id == case_id:
        raise Refused("same-case")
    locked = {each: acts.locked(each) for each in sorted((case_id, other_id))}
    viewer = viewers.present()
    facts = [viewers.facts(each) for each in locked.values()]
    if not all(access.may_read_words(viewer, each) for each in facts):
        raise Refused("no-such-case")
    if not access.may_act(viewer, viewers.facts(locked[case_id]), Verb.NOTE):
        raise Refused("not-allowed")
    note = note.replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise Refused("too-long")
    first, second = sorted((case_id, other_id))
    standing = select(m.CaseLink.id).where(
        m.CaseLink.case_id == first, m.CaseLink.other_id == second, m.CaseLink.removed_at.is_(None)
    )
    if db.session.scalars(standing).first() is not None:
        raise Refused("linked")
    db.session.execute(insert(m.CaseLink).values(row(first, second, "see", note, now)))
    for each in (first, second):
        audit.record("linked", each, now=now)


def row(
    first: UUID, second: UUID, kind: str, note: str, now: datetime, officer_id: int | None = None
) -> dict[str, object]:
    """A row of `case_link`; by the present officer, or another in whose name the worker acts."""
    link_id = uuid4()
    lower, upper = sorted((first, second))
    return {
        "id": link_id,
        "case_id": lower,
        "other_id": upper,
        "kind": kind,
        "note": identity.seal(note, f"link:{link_id}") if note else None,
        "by_officer_id": acts.officer() if officer_id is None else officer_id,
        "at": now,
    }


def unlink(case_id: UUID, link_id: UUID, now: datetime) -> None:
    """Remove a link. Refused: not-found (removed already, or of a divided case), not-allowed."""
    locked = acts.locked(case_id)
    if not access.may_act(viewers.present(), viewers.facts(locked), Verb.NOTE):
        raise Refused("not-allowed")
    removed = db.session.execute(
        update(m.CaseLink)
        .where(
            m.CaseLink.id == link_id,
            or_(m.CaseLink.case_id == case_id, m.CaseLink.other_id == case_id),
            m.CaseLink.kind == "see",
            m.CaseLink.removed_at.is_(None),
        )
        .values(removed_at=now, removed_by=acts.officer())
        .returning(m.CaseLink.case_id, m.CaseLink.other_id)
    ).one_or_none()
    if removed is None:
        raise Refused("not-found")
    for each in removed:
        audit.record("unlinked", each, now=now)


def of_case(case_id: UUID) -> list[Link]:
    """The related cases that the present officer may know of, the latest first."""
    other = case((m.CaseLink.case_id == case_id, m.CaseLink.other_id), else_=m.CaseLink.case_id)
    rows = db.session.execute(
        select(m.CaseLink, m.Case.reference, m.Case.status, m.Officer.name)
        .join(m.Case, m.Case.id == other)
        .join(m.Officer, m.Officer.id == m.CaseLink.by_officer_id)
        .where(
            or_(m.CaseLink.case_id == case_id, m.CaseLink.other_id == case_id),
            m.CaseLink.removed_at.is_(None),
        )
        .order_by(m.CaseLink.at.desc(), m.CaseLink.id)
    )
    return [
        Link(
            found.id,
            reference,
            status,
            found.kind,
            identity.unseal(found.note, f"link:{found.id}") if found.note else "",
            name,
            found.at,
        )
        for found, reference, status, name in rows
    ]


def possibly_same(shown: OfficerCase) -> list[Possibly]:
    """Open cases of the same institution and level about the same subject at the same place, or in
    similar words, as far as the present officer may see them; the likeliest first.

    One query over the latest of some weeks, by the index of an institution's receipts. Words are
    compared of open cases alone: no others stand in the database in clear.
    """
    said = next((line.body for line in shown.messages if line.author == "citizen"), "")
    is_open = shown.confidentiality == Level.OPEN
    if shown.confidentiality == Level.RESTRICTED or shown.joined or not shown.may_read_words:
        return []
    near = (
        select(
            m.Case.id,
            m.Case.reference,
            m.Case.status,
            m.Case.received_at,
            m.Case.category_id,
            m.Case.place,
        )
        .where(
            m.Case.institution_id == shown.institution.id,
            m.Case.received_at.between(shown.received_at - NEAR, shown.received_at + NEAR),
            listing.IS_OPEN,
            m.Case.confidentiality == shown.confidentiality,
            m.Case.id != shown.id,
        )
        .order_by(m.Case.received_at.desc(), m.Case.id)
        .limit(LOOKED_AT)
        .subquery()
    )
    first = and_(m.Message.case_id == near.c.id, m.Message.seq == 1) if is_open else None
    query = select(near, (func.left(m.Message.body, COMPARED) if is_open else near.c.place))
    rows = db.session.execute(query.outerjoin(m.Message, first) if is_open else query).all()
    words = said[:COMPARED].casefold()
    category = shown.category.id if shown.category else None
    found = []
    for each in rows:
        alike = fuzz.token_sort_ratio(words, (each[-1] or "").casefold()) if is_open else 0.0
        same = [
            code
            for code, is_same in (
                ("place", shown.place is not None and each.place == shown.place),
                ("category", category is not None and each.category_id == category),
                ("words", alike >= ALIKE),
            )
            if is_same
        ]
        if "words" in same or {"place", "category"} <= set(same):
            reasons = tuple(same)
            found.append((alike, Possibly(each.reference, each.status, each.received_at, reasons)))
    ranked = sorted(found, key=lambda pair: (-len(pair[1].reasons), -pair[0]))
    return [possibly for _alike, possibly in ranked[:SHOWN]]


def led_by(shown: OfficerCase) -> str:
    """The reference of the case that leads this one; '' for one that stands alone."""
    if not shown.joined:
        return ""
    own = m.Case.__table__.alias()
    leading = select(m.Case.reference).join(own, own.c.merged_into == m.Case.id)
    return db.session.scalars(leading.where(own.c.id == shown.id)).one_or_none() or ""
