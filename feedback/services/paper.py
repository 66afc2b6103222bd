"""What an officer enters for a citizen (a letter, a visit, a call), and the office's file numbers.

An entry becomes a case by `cases.lodge`, like everything else. The officer who typed it keeps no
sight of it by that: the database tells the officer's own list a reference and a day of ordinary
cases, and nothing of others. Errors: Refused, with a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import clock, transaction
from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules import paper as rules
from feedback.rules.access import Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, cases, conflicts, viewers
from feedback.services.cases import Lodging, Receipt
from feedback.services.errors import Refused
from feedback.services.listing import decode, encode
from feedback.services.placing import place
from feedback.services.reference import Directory

CHANNEL = "paper"
ENTERING = frozenset({"registry", "handler", "coordinator", "head"})
"""Roles in which an officer enters a case for a citizen; the database says the same."""
PAGE = 50
MOST_FOUND = 20  # cases that one file number leads to
OWN = text("SELECT * FROM guard.own_entries(:number, :at, :case, :limit)")


@dataclass(frozen=True, slots=True)
class Entry:
    """How something came (letter, visit, call) and when; the office's number of it, if any.

    late_reason: why it is entered long after that day."""

    how: str
    received_on: date
    late_reason: str = ""
    file_number: str = ""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One of the officer's own entries: no word of it."""

    reference: str
    how: str
    received_on: date
    number: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """How a case came on paper and who entered it, and the office's number, for its page."""

    how: str | None
    received_on: date | None
    late_reason: str | None
    entered_by: str | None
    number: str | None


def enter(case_id: UUID, lodging: Lodging, entry: Entry, now: datetime) -> Receipt:
    """Lodge it for the citizen: the clock begins on the day the office received it, whenever it is
    typed. A repeated submission shows the first receipt and changes nothing.

    Principal: lodging for `case_id`, with the officer who enters it.
    Refused: bad-day, bad-number, bad-target, not-allowed.
    """
    if transaction.current().officer is None:
        raise Refused("not-allowed")
    today = clock.local_day(now)
    explained = bool(entry.late_reason.strip())
    if rules.day_problem(entry.received_on, today, explained=explained):
        raise Refused("bad-day")
    number = rules.file_number(entry.file_number)
    if number is None:
        raise Refused("bad-number")
    lodging = replace(lodging, channel=CHANNEL)
    receipt = cases.lodge(case_id, lodging, now, received_on=entry.received_on)
    if receipt.repeated:
        return receipt
    at = clock.day_start(now) if lodging.anonymous else now
    officer_id = acts.officer()
    db.session.execute(
        insert(m.PaperRecord).values(
            case_id=case_id,
            how=entry.how,
            received_on=entry.received_on,
            late_reason=entry.late_reason.strip()[: rules.LONGEST_REASON] or None,
            officer_id=officer_id,
            at=at,
        )
    )
    if number:
        db.session.execute(
            insert(m.OfficeFile).values(
                case_id=case_id,
                number=number,
                folded=number.lower(),
                officer_id=officer_id,
                at=at,
            )
        )
    days = (today - entry.received_on).days
    audit.record("entered_for_citizen", case_id, now=at, how=entry.how, days=days)
    return receipt


def concerns_me(lodging: Lodging, d: Directory) -> bool:
    """Whether the words or the list of persons point at the present officer, who would be kept
    away from the case (principal: officer)."""
    where = place(lodging, d)
    found = conflicts.concerned(
        conflicts.Said([lodging.body], lodging.persons or ""),
        conflicts.Place(
            where.institution_id, where.unit_id, where.confidentiality == Level.RESTRICTED
        ),
        d,
    )
    return acts.officer() in found


def own_entries(after: str | None, number: str = "") -> tuple[list[OwnEntry], str | None]:
    """What the present officer entered, the latest first, and where the next page begins; with a
    file number, those under it."""
    at, case_id = decode(after) or (None, None)
    wanted = (rules.file_number(number) or "").lower() or None
    values: dict[str, Any] = {"number": wanted, "limit": PAGE + 1}
    rows = db.session.execute(OWN, values | {"at": at, "case": case_id}).all()
    more = encode(rows[PAGE - 1].at, rows[PAGE - 1].case_id) if len(rows) > PAGE else None
    return [OwnEntry(r.reference, r.how, r.received_on, r.number, r.at) for r in rows[:PAGE]], more


def find(number: str) -> Sequence[str]:
    """References of the cases under a file number that the present officer may see."""
    wanted = rules.file_number(number)
    if not wanted:
        return []
    return db.session.scalars(
        select(m.Case.reference)
        .join(m.OfficeFile, m.OfficeFile.case_id == m.Case.id)
        .where(m.OfficeFile.folded == wanted.lower())
        .order_by(m.Case.received_at.desc(), m.Case.id)
        .limit(MOST_FOUND)
    ).all()


def filed(case_id: UUID) -> Filed:
    """How a case came and under which number the office keeps it (principal: officer)."""
    row = db.session.execute(
        select(
            m.PaperRecord.how,
            m.PaperRecord.received_on,
            m.PaperRecord.late_reason,
            m.Officer.name,
            m.OfficeFile.number,
        )
        .select_from(m.Case)
        .outerjoin(m.PaperRecord, m.PaperRecord.case_id == m.Case.id)
        .outerjoin(m.OfficeFile, m.OfficeFile.case_id == m.Case.id)
        .outerjoin(m.Officer, m.Officer.id == m.PaperRecord.officer_id)
        .where(m.Case.id == case_id)
    ).one_or_none()
    return Filed(None, None, None, None, None) if row is None else Filed(*row)


def may_number(case: m.Case) -> bool:
    """Whether the present officer works on the case, and so may write its file number down."""
    viewer, facts = viewers.present(), viewers.facts(case)
    return any(access.may_act(viewer, facts, verb) for verb in (Verb.NOTE, Verb.ASSIGN))


def set_number(case_id: UUID, typed: str, now: datetime) -> None:
    """Write down under which number the office keeps the case; empty text takes it away.

    Refused: not-found, not-allowed, bad-number."""
    case = acts.locked(case_id)
    if not may_number(case):
        raise Refused("not-allowed")
    number = rules.file_number(typed)
    if number is None:
        raise Refused("bad-number")
    values = {
        "number": number,
        "folded": number.lower(),
        "officer_id": acts.officer(),
        "at": now,
    }
    db.session.execute(
        upsert(m.OfficeFile)
        .values(case_id=case.id, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=values)
    )
    audit.record("file_numbered", case.id, now=now)
