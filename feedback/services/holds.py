"""Legal holds: an auditor keeps a case from retention while a court or an inquiry needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, audit, record
from feedback.services.errors import Refused

LONGEST_GROUND = 200
MOST = 200


@dataclass(frozen=True, slots=True)
class Hold:
    """A case kept, since when, by whom and on what ground."""

    id: UUID
    reference: str
    ground: str
    officer: str
    at: datetime


def holds() -> Sequence[Hold]:
    """The holds in force that this auditor may know of, the latest first."""
    rows = db.session.execute(
        select(m.LegalHold, m.Officer.name)
        .join(m.Officer, m.Officer.id == m.LegalHold.officer_id)
        .where(m.LegalHold.ended_at.is_(None))
        .order_by(m.LegalHold.at.desc(), m.LegalHold.id)
        .limit(MOST)
    ).all()
    names = record.references({hold.case_id for hold, _ in rows})
    return [
        Hold(hold.id, names.get(hold.case_id, ""), hold.ground, officer, hold.at)
        for hold, officer in rows
    ]


def set_hold(reference: str, ground: str, now: datetime) -> None:
    """Keep a case (auditor). Refused: not-found, empty, too-long, not-allowed (it is kept)."""
    ground = " ".join(ground.replace("\x00", "").split())
    if not ground:
        raise Refused("empty")
    if len(ground) > LONGEST_GROUND:
        raise Refused("too-long")
    case_id = record.case_of(reference)
    if case_id is None or case_id not in record.references({case_id}):
        raise Refused("not-found")
    kept = select(m.LegalHold.id).where(
        m.LegalHold.case_id == case_id, m.LegalHold.ended_at.is_(None)
    )
    if db.session.scalars(kept).first() is not None:
        raise Refused("not-allowed")
    db.session.execute(
        insert(m.LegalHold).values(
            id=uuid4(), case_id=case_id, officer_id=acts.officer(), ground=ground, at=now
        )
    )
    audit.record("hold_set", case_id, now=now)


def end_hold(hold_id: UUID, now: datetime) -> None:
    """The case is kept no longer than its rule says (auditor). Refused: not-found."""
    case_id = db.session.scalars(
        update(m.LegalHold)
        .where(m.LegalHold.id == hold_id, m.LegalHold.ended_at.is_(None))
        .values(ended_at=now)
        .returning(m.LegalHold.case_id)
    ).one_or_none()
    if case_id is None:
        raise Refused("not-found")
    audit.record("hold_ended", case_id, now=now)
