"""Citizens' letters on paper that arrive at a high office about a case that exists already.

Whoever logs one writes the reference down as it stands in the letter and gets a slip, the same
whether such a case exists or not: a registry is no place to try references. The worker finds the
case, puts the letter on it, and takes the case to the rung of that office, where it counts as one.
A letter that fits no case raises an alarm at its office, so that somebody compares the number, and
no letter is lost. Errors: Refused, with a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import letters as rules
from feedback.rules import paper as paper_rules
from feedback.rules import reference as references
from feedback.rules import workflow
from feedback.rules.workflow import Status
from feedback.services import (
    acts,
    audit,
    climbing,
    groups,
    ladders,
    listing,
    marks,
    posts,
    viewers,
)
from feedback.services.batch import Batch
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import wake

log = structlog.get_logger()

LOGGING = frozenset({"registry", "handler", "coordinator", "head", "oversight"})
"""Roles in which an officer logs a letter; the database says the same."""
PER_DAY = 60
"""Letters that one officer may log in a day: more than a registry gets, fewer than a search of
references needs."""
AGAIN = timedelta(hours=1)  # after which a letter that broke the worker is looked at again


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter as its office logged it: the reference as written, the day on it, the day it came,
    the office's own file number (may be empty)."""

    reference: str
    written_on: date
    received_on: date
    number: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """A letter in its officer's list; `outcome` and `rung` for those alone who see its case."""

    id: UUID
    reference: str
    office: InstitutionInfo
    written_on: date
    received_on: date
    number: str
    at: datetime
    outcome: str | None = None
    rung: int | None = None


def register(letter_id: UUID, arrival: Arrival, now: datetime) -> None:
    """Log a letter at the office of the present officer. `letter_id` comes with the form: a repeat
    changes nothing.

    Refused: not-allowed, bad-reference (its check character does not agree: a slip of the pen),
    bad-day, bad-number, too-many.
    """
    viewer = viewers.present()
    if not LOGGING & viewer.roles:
        raise Refused("not-allowed")
    reference = references.parse_reference(arrival.reference)
    if reference is None:
        raise Refused("bad-reference")
    if rules.days_problem(arrival.written_on, arrival.received_on, local_day(now))[0]:
        raise Refused("bad-day")
    number = paper_rules.file_number(arrival.number)
    if number is None:
        raise Refused("bad-number")
    logged = select(func.count()).where(
        m.PaperLetter.officer_id == viewer.officer, m.PaperLetter.at > now - timedelta(days=1)
    )
    if (db.session.scalar(logged) or 0) >= PER_DAY:
        raise Refused("too-many")
    added = db.session.execute(
        upsert(m.PaperLetter)
        .values(
            id=letter_id,
            institution_id=viewer.institution,
            reference=reference,
            written_on=arrival.written_on,
            received_on=arrival.received_on,
            number=number,
            officer_id=viewer.officer,
            at=now,
            next_at=now,
        )
        .on_conflict_do_nothing()
        .returning(m.PaperLetter.id)
    ).one_or_none()
    if added is not None:
        # Without the case, which nobody knows here.
        audit.record("letter_arrived", now=now)
        wake("take_letters")


def mine(after: str | None) -> listing.Page:
    """What the present officer logged, the latest first."""
    query = _logged().where(m.PaperLetter.officer_id == viewers.present().officer)
    start = listing.decode(after)
    if start is not None:
        query = query.where(
            (m.PaperLetter.at < start[0])
            | ((m.PaperLetter.at == start[0]) & (m.PaperLetter.id < start[1]))
        )
    order = m.PaperLetter.at.desc(), m.PaperLetter.id.desc()
    rows = _rows(query.order_by(*order).limit(listing.PAGE + 1))
    more = len(rows) > listing.PAGE
    last = rows[listing.PAGE - 1] if more else None
    return listing.Page(rows[: listing.PAGE], listing.encode(last.at, last.id) if last else None)


def slip(letter_id: UUID) -> Logged:
    """A letter that the present officer logged; Refused: not-found."""
    query = _logged().where(
        m.PaperLetter.id == letter_id, m.PaperLetter.officer_id == viewers.present().officer
    )
    rows = _rows(query)
    if not rows:
        raise Refused("not-found")
    return rows[0]


def of_case(case_id: UUID) -> list[Logged]:
    """Letters that arrived about a case, for those who see it."""
    query = _logged().where(m.PaperLetterCase.case_id == case_id)
    return _rows(query.order_by(m.PaperLetter.at, m.PaperLetter.id))


def _logged() -> Select[Any]:
    columns: list[Any] = [m.PaperLetter, m.PaperLetterCase.outcome, m.PaperLetterCase.rung]
    found = m.PaperLetterCase.letter_id == m.PaperLetter.id
    return select(*columns).outerjoin(m.PaperLetterCase, found)


def _rows(query: Select[Any]) -> list[Logged]:
    institutions = directory().institutions
    return [
        Logged(
            row.PaperLetter.id,
            row.PaperLetter.reference,
            institutions[row.PaperLetter.institution_id],
            row.PaperLetter.written_on,
            row.PaperLetter.received_on,
            row.PaperLetter.number,
            row.PaperLetter.at,
            row.outcome,
            row.rung,
        )
        for row in db.session.execute(query)
    ]


# The worker


def waiting(now: datetime) -> UUID | None:
    """A letter whose case is to be found (worker)."""
    return db.session.scalars(
        select(m.PaperLetter.id)
        .where(m.PaperLetter.next_at <= now)
        .order_by(m.PaperLetter.next_at)
        .limit(1)
    ).first()


def take(letter_id: UUID, now: datetime) -> bool:
    """Put a logged letter on its case, and take that to the office's rung (worker); answers whether
    there was something to do."""
    letter = db.session.scalars(
        select(m.PaperLetter)
        .where(m.PaperLetter.id == letter_id, m.PaperLetter.next_at.is_not(None))
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if letter is None:
        return False
    letter.next_at = None
    known = select(m.Case.id).where(m.Case.reference == letter.reference)
    case_id = db.session.scalars(known).one_or_none()
    if case_id is None:
        _fits_nothing(letter, now)
        return True
    d = directory()
    case = acts.locked(case_id)
    # What leads a group climbs for all of it.
    climber = groups.leading_of(case)
    rung, outcome = _climb(climber, letter, d, now)
    db.session.execute(
        insert(m.PaperLetterCase).values(
            letter_id=letter.id, case_id=case.id, rung=rung, outcome=outcome, at=now
        )
    )
    audit.record("letter_logged", case.id, now=now, outcome=outcome, rung=rung or 0)
    marks.notices([climber.handler_id], "paper_letter", climber.id, now, str(letter.id))
    return True


def spoil(letter_id: UUID, error: str, now: datetime) -> None:
    """A letter broke the worker: it is looked at again later, and holds up no other."""
    log.error("paper_letter_failed", letter=str(letter_id), error=error)
    letter = db.session.get_one(m.PaperLetter, letter_id)
    letter.next_at = now + AGAIN


def _fits_nothing(letter: m.PaperLetter, now: datetime) -> None:
    """An alarm at the office, one for each letter: somebody compares the number with the paper, or
    enters it as a new case. That a registry logs many of them shows as well."""
    values = {
        "dedupe": f"paper_letter:{letter.id}",
        "kind": "paper_letter",
        "institution_id": letter.institution_id,
        "cycle": 1,
        "at": now,
    }
    db.session.execute(upsert(m.Alarm).values(values).on_conflict_do_nothing())
    audit.record("letter_fits_nothing", now=now, officer=letter.officer_id)


def _climb(
    case: m.Case, letter: m.PaperLetter, d: Directory, now: datetime
) -> tuple[int | None, str]:
    """The office's rung for this case, and what the letter does; with the moment at which the
    letter was logged, however late the worker comes."""
    is_open = Status(case.status) in workflow.OPEN
    if is_open:
        # What fell due before comes first, as a punctual sweep would have had it.
        before = Batch(letter.at)
        climbing.climb([case], d, before)
        before.figures(case)
        db.session.flush()
        before.write()
    standing = ladders.standings([case], d)[case.id]
    rung = _rung_of(case, letter.institution_id, standing, d)
    outcome = rules.outcome(
        is_open=is_open,
        own=letter.institution_id == case.institution_id,
        rung=rung,
        top=ladders.top(case, d),
        climbed=[each.rung for each in standing.climbed],
    )
    if outcome == "climbed" and rung is not None:
        batch, climbed = Batch(now), standing.climbed
        moment = max([letter.at, *(each.at for each in climbed)])
        climbing.at_once(case, rung, moment, "paper", d, batch)
        batch.figures(case)
        batch.write()
        ladders.arm(case, d)
    return rung, outcome


def _rung_of(
    case: m.Case, institution_id: int, standing: ladders.Standing, d: Directory
) -> int | None:
    """The highest rung of the case's ladder that stands in an office, else the one of which the
    office gets a copy."""
    found: Sequence[int] = [
        each.number
        for each in standing.rungs
        if (address := posts.address(d, each, case.institution_id, case.unit_id)) is not None
        and address.institution_id == institution_id
    ] or [
        each.number
        for each in standing.rungs
        if (copied := posts.copy_address(d, each)) is not None
        and copied.institution_id == institution_id
    ]
    return max(found, default=None)
