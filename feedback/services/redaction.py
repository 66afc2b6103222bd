"""Words of a citizen that name third persons are covered: for everyone but the citizen and ethics.

The message itself is changed, so that whatever reads it (pages, SMS lists, extracts, searches)
finds the covered form; the original is kept sealed, apart, and opened for an ethics officer of
another institution by a look that is on record. Only such an officer undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, redaction
from feedback.rules.access import Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, identity, viewers
from feedback.services.errors import Refused
from feedback.services.reference import InstitutionInfo, directory

PAGE = 50
COVER = text("SELECT guard.cover(:id, :message, :body, :sealed, :original, :at)")
UNCOVER = text("SELECT guard.uncover(:id, :body, :sealed, :at)")
COVERED = text("SELECT * FROM guard.covered(CAST(:at AS timestamptz), CAST(:id AS uuid), :limit)")


@dataclass(frozen=True, slots=True)
class Covered:
    """A message with covered words, as an ethics officer's list shows it."""

    id: UUID
    case_id: UUID
    reference: str
    institution: InstitutionInfo
    confidentiality: str
    officer_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CoveredPage:
    """Messages with covered words, the latest first; `next` is where the next page begins."""

    rows: list[Covered]
    next: str | None


def cover(
    case_id: UUID, message_id: UUID, now: datetime, *, edited: str = "", passage: str = ""
) -> None:
    """Cover passages of a citizen's message: a passage wherever it stands, else what is taken out
    of the edited text.

    Refused: not-found (no message of this citizen), not-allowed, changed (more than taken out),
    nothing-covered, no-passage, too-long.
    """
    case = acts.locked(case_id)
    viewer, facts = viewers.present(), viewers.facts(case)
    if not (access.may_act(viewer, facts, Verb.REDACT) and access.may_read_words(viewer, facts)):
        raise Refused("not-allowed")
    acts.status_after(case, Verb.REDACT)
    message = db.session.scalars(
        select(m.Message).where(
            m.Message.id == message_id,
            m.Message.case_id == case.id,
            m.Message.kind.in_(("citizen", "remark")),
        )
    ).one_or_none()
    if message is None:
        raise Refused("not-found")
    before = acts.read(message)
    try:
        after = (
            redaction.cover_passage(before, passage)
            if passage.strip()
            else redaction.covered(before, edited)
        )
    except redaction.NotCovered as error:
        codes = {"changed": "changed", "nothing": "nothing-covered", "missing": "no-passage"}
        raise Refused(codes[error.code]) from error
    place = f"message:{message.id}"
    is_open = message.body is not None and case.confidentiality == Level.OPEN
    values = {
        "id": uuid4(),
        "message": message.id,
        "body": after if is_open else None,
        "sealed": None if is_open else identity.seal(after, place),
        "original": identity.seal(before, place),
        "at": now,
    }
    db.session.execute(COVER, values)
    db.session.expire(message)
    audit.record("words_covered", case.id, now=now)


def waiting(after: str | None) -> CoveredPage:
    """What is covered at other institutions, for an ethics officer. `after`: `next` of a page."""
    moment, row_id = _after(after)
    rows = db.session.execute(COVERED, {"at": moment, "id": row_id, "limit": PAGE + 1}).all()
    d = directory()
    found = [
        Covered(
            row.id,
            row.case_id,
            row.reference,
            d.institutions[row.institution_id],
            row.confidentiality,
            row.officer_name,
            row.at,
        )
        for row in rows[:PAGE]
    ]
    last = found[-1] if len(rows) > PAGE else None
    return CoveredPage(found, f"{last.at.isoformat()}_{last.id}" if last else None)


def _after(after: str | None) -> tuple[datetime | None, UUID | None]:
    moment, _mark, row_id = (after or "").partition("_")
    try:
        return datetime.fromisoformat(moment.replace(" ", "+")), UUID(row_id)
    except ValueError:
        return None, None


def original(redaction_id: UUID, now: datetime) -> tuple[UUID, str]:
    """Case and words as the citizen wrote them, for an ethics officer; the look is on record
    before a word is unsealed. Refused: not-found."""
    row = _standing(redaction_id)
    audit.record("looked_at_covered", row.case_id, now=now)
    db.session.flush()
    return row.case_id, identity.unseal(row.original, f"message:{row.message_id}")


def undo(redaction_id: UUID, now: datetime) -> None:
    """Let the words stand as the citizen wrote them (ethics). Refused: not-found, also where
    somebody did it already."""
    row = _standing(redaction_id)
    place = f"message:{row.message_id}"
    words = identity.unseal(row.original, place)
    # In clear or sealed: the database takes the form that the case's level asks for.
    values = {"id": row.id, "body": words, "sealed": identity.seal(words, place), "at": now}
    case_id = row.case_id
    if not db.session.scalar(UNCOVER, values):
        raise Refused("not-found")
    db.session.expire_all()
    audit.record("words_uncovered", case_id, now=now)


def _standing(redaction_id: UUID) -> m.Redaction:
    row = db.session.scalars(
        select(m.Redaction).where(m.Redaction.id == redaction_id, m.Redaction.undone_at.is_(None))
    ).one_or_none()
    if row is None or not row.original:
        raise Refused("not-found")
    return row
