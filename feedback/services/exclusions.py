"""Exclusions that words brought about, until an ethics officer confirms or lifts them.

The officer who decides belongs to another institution and is not concerned by the case; the
database shows nothing of it to anyone else. Principal of each function: an ethics officer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, conflicts
from feedback.services.errors import Refused
from feedback.services.reference import InstitutionInfo, directory

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case with exclusions to decide."""

    case_id: UUID
    reference: str
    institution: InstitutionInfo
    confidentiality: str
    officers: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Waitings:
    """Cases with exclusions to decide, the oldest first; `next` is where the next page begins."""

    rows: list[Waiting]
    next: str | None


@dataclass(frozen=True, slots=True)
class Excluded:
    """An officer kept away, and by which kind of match."""

    officer_id: int
    name: str
    institution: InstitutionInfo | None
    reason: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """What is needed to decide: who is kept away, and what the citizen said."""

    case_id: UUID
    institution: InstitutionInfo
    excluded: list[Excluded]
    texts: list[str]
    persons: str


def waiting(after: str | None) -> Waitings:
    """Cases whose exclusions wait for a decision. `after`: `next` of an earlier page."""
    moment, case_id = _after(after)
    rows = db.session.execute(
        text(
            "SELECT * FROM guard.exclusions(CAST(:at AS timestamptz), CAST(:case AS uuid), :limit)"
        ),
        {"at": moment, "case": case_id, "limit": PAGE + 1},
    ).all()
    d = directory()
    found = [
        Waiting(
            row.case_id,
            row.reference,
            d.institutions[row.institution_id],
            row.confidentiality,
            row.officers,
            row.since,
        )
        for row in rows[:PAGE]
    ]
    last = found[-1] if len(rows) > PAGE else None
    return Waitings(found, f"{last.since.isoformat()}_{last.case_id}" if last else None)


def _after(after: str | None) -> tuple[datetime | None, UUID | None]:
    moment, _mark, case_id = (after or "").partition("_")
    try:
        return datetime.fromisoformat(moment.replace(" ", "+")), UUID(case_id)
    except ValueError:
        return None, None


def matter(case_id: UUID, now: datetime) -> Matter:
    """One case for deciding; the look is on record before a word is unsealed.

    Refused: not-found (not there, nothing to decide, or not this officer's to decide).
    """
    rows = db.session.execute(
        text("SELECT * FROM guard.exclusions_of(:case)"), {"case": case_id}
    ).all()
    place = db.session.scalar(text("SELECT guard.institution_of(:case)"), {"case": case_id})
    if not rows or place is None:
        raise Refused("not-found")
    audit.record("looked_to_decide", case_id, now=now)
    db.session.flush()
    said = conflicts.said_in(case_id)
    d = directory()
    officers = {
        row.id: row
        for row in db.session.execute(
            select(m.Officer.id, m.Officer.name, m.Officer.institution_id).where(
                m.Officer.id.in_([row.officer_id for row in rows])
            )
        )
    }
    return Matter(
        case_id,
        d.institutions[place],
        [
            Excluded(
                row.officer_id,
                officers[row.officer_id].name,
                d.institutions.get(officers[row.officer_id].institution_id),
                row.reason,
                row.state,
                row.at,
            )
            for row in rows
        ],
        list(said.texts),
        said.persons,
    )


def decide(case_id: UUID, officer_id: int, *, lift: bool, now: datetime) -> None:
    """Confirm the exclusion of an officer, or lift it, which gives the access back.

    Refused: not-found, also where somebody decided it meanwhile.
    """
    decided = db.session.scalar(
        text("SELECT guard.decide_exclusion(:case, :officer, :state, :at)"),
        {
            "case": case_id,
            "officer": officer_id,
            "state": "lifted" if lift else "confirmed",
            "at": now,
        },
    )
    if not decided:
        raise Refused("not-found")
    act = "exclusion_lifted" if lift else "exclusion_confirmed"
    audit.record(act, case_id, now=now, officer=officer_id)


def waits(case_id: UUID) -> bool:
    """Whether something of the case is still to be decided by the present officer."""
    return bool(db.session.scalar(text("SELECT guard.may_decide(:case)"), {"case": case_id}))
