"""Lodging: from what a citizen sent to a case with a named owner and running clocks."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import select, text

from feedback import clock, transaction
from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, contact, deadlines
from feedback.rules.reference import make_reference
from feedback.services import (
    audit,
    conflicts,
    identity,
    mailing,
    marks,
    outbox,
    receipts,
    visits,
)
from feedback.services.placing import Placing, place
from feedback.services.reference import directory

REPEATED = text("SELECT case_id, reference, content_hash, at, reissued FROM guard.repeated(:id)")
RECEIPT_AGAIN = text("SELECT * FROM guard.receipt_again(:id, :visit)")
PICK_HANDLER = text("SELECT guard.pick_handler(:institution, :unit, :category, :excluded, :now)")
PICK_ETHICS = text("SELECT guard.pick_ethics(:institution, :excluded, :now)")
INSERT_ROWS = text("SELECT guard.insert_rows(CAST(:rows AS jsonb))")
REFERENCE_TRIES = 5  # of 2^35 references
NOT_SAID = frozenset({"submission_id", "language", "suggested"})  # no content of the citizen's
REPEAT_HOURS = 24  # how long a repeated post shows the receipt code again


@dataclass(frozen=True, slots=True)
class Lodging:
    """What a citizen sent, checked by the edge: codes as posted, phone in E.164."""

    submission_id: UUID
    channel: str
    kind: str
    language: str
    body: str
    institution: str | None = None
    category: str | None = None
    place: str | None = None
    confidentiality: str | None = None
    anonymous: bool = False
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    persons: str | None = None
    # Where triage takes place when nothing names an institution; somebody has still to confirm it.
    suggested: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the citizen is given. `receipt_code` is empty once `expired`."""

    case_id: UUID
    reference: str
    receipt_code: str
    acknowledge_due: datetime
    answer_due: datetime
    proof_code: str = ""
    triage: bool = False
    repeated: bool = False
    altered: bool = False
    expired: bool = False


def lodge(
    case_id: UUID, lodging: Lodging, now: datetime, *, received_on: date | None = None
) -> Receipt:
    """Make the case, or show the first receipt when this submission made one already.

    received_on: the day on which the office got it, where it is entered by an officer; the clocks
    run from there.
    Principal: lodging for `case_id`, or the worker's job.
    """
    # A text column cannot hold the character 0, which a phone or a script may send.
    lodging = replace(lodging, body=lodging.body.replace("\x00", ""))
    if lodging.anonymous and lodging.channel in ("web", "paper"):
        lodging = replace(lodging, name=None, phone=None, email=None)
    content = _content_hash(lodging, received_on)
    first = _repeated(lodging.submission_id, content, now)
    if first is not None:
        return first
    if lodging.anonymous and lodging.phone is None:
        # Nobody is to find out who it was by when it came. The day of receipt is day 0 whatever
        # the hour, so the clocks are the same.
        now = clock.day_start(now)
    # Of an earlier day the hour is not known.
    earlier = received_on is not None and received_on < clock.local_day(now)
    received = clock.begin(received_on) if received_on and earlier else now
    d = directory()
    where = place(lodging, d)
    restricted = where.confidentiality == access.Level.RESTRICTED
    excluded = conflicts.concerned(
        conflicts.Said([lodging.body], lodging.persons or ""),
        conflicts.Place(where.institution_id, where.unit_id, restricted),
        d,
    )
    handler_id = _owner(where, list(excluded), now)
    standard = d.standard(where.standard, lodging.kind, where.institution_id, where.confidentiality)
    calendar = d.calendar_of(where.institution_id)
    acknowledge_due = deadlines.due(calendar, received, standard.acknowledge_days)
    answer_due = deadlines.due(calendar, received, standard.answer_days)
    rows = _rows(case_id, lodging, where, handler_id, content, now, received)
    rows["case"] = [
        {
            "id": case_id,
            "kind": lodging.kind,
            "status": "assigned" if handler_id else "new",
            "channel": lodging.channel,
            "language": lodging.language,
            "institution_id": where.institution_id,
            "unit_id": where.unit_id,
            "category_id": where.category_id,
            "place": lodging.place,
            "confidentiality": where.confidentiality,
            "anonymous": lodging.anonymous,
            "reachable": _reachable(lodging),
            "mail": "all" if lodging.email else "none",
            "triage": where.triage,
            "cautious": where.cautious,
            "handler_id": handler_id,
            "received_at": received,
            "cycle": 1,
            "appeals": 0,
            "due_at": answer_due,
            "standard": standard.code,
            "max_rung": standard.max_rung,
            "highest_rung": 0,
            "first_rung": 1,
            "reopened": False,
            "unread": True,
            "transfers": 0,
        }
    ]
    clocks = (
        ("acknowledge", standard.acknowledge_days, acknowledge_due),
        ("answer", standard.answer_days, answer_due),
    )
    rows["deadline"] = [
        {
            "id": uuid4(),
            "case_id": case_id,
            "cycle": 1,
            "clock": name,
            "starts_at": received,
            "working_days": days,
            "calendar_id": d.institutions[where.institution_id].calendar_id,
            "office_id": where.institution_id,
            "standard_id": standard.id,
            "extension_days": 0,
            "due_at": due_at,
        }
        for name, days, due_at in clocks
    ]
    # A case that nobody owns is looked at by the next sweep, which raises an alarm.
    timers = [("ladder", min(acknowledge_due, answer_due) if handler_id else now)]
    ahead = [at for at in deadlines.reminders(calendar, received, answer_due) if at > now]
    timers += [("reminder", at) for at in ahead[:1]]
    rows["timer"] = [
        {"case_id": case_id, "purpose": purpose, "due_at": at, "done": False}
        for purpose, at in timers
    ]
    if excluded:
        rows["conflict"] = [
            {
                "case_id": case_id,
                "officer_id": officer,
                "reason": reason,
                "state": "provisional",
                "at": now,
            }
            for officer, reason in excluded.items()
        ]
    reference = _insert(rows, lodging, answer_due, now)
    return Receipt(
        case_id,
        reference,
        receipts.code(lodging.submission_id),
        acknowledge_due,
        answer_due,
        receipts.proof_code(lodging.submission_id),
        triage=where.triage,
    )


def receipt_for(submission_id: UUID, visit: str, now: datetime) -> Receipt | None:
    """The receipt of a submission, for the page after the post (principal: receipt-check); None
    where the visit in which it was sent was left."""
    first = db.session.execute(
        RECEIPT_AGAIN, {"id": submission_id, "visit": visits.mark(visit)}
    ).one_or_none()
    if first is None:
        return None
    due = {"acknowledge": first.acknowledge_due, "answer": first.answer_due}
    return _again(first, due, submission_id, now)


def _reachable(lodging: Lodging) -> bool:
    """Whether the citizen gets SMS; a number of another country is kept as a contact only."""
    return lodging.phone is not None and identity.is_served(lodging.phone)


def _owner(where: Placing, excluded: list[int], now: datetime) -> int | None:
    """The first owner. Who enters it for the citizen has seen the receipt code, and could accept
    the own answer with it: a colleague of the unit owns the case, where there is one."""
    entered_by = transaction.current().officer
    if entered_by is not None:
        other = pick_handler(where, [*excluded, entered_by], now)
        of_unit = select(m.Officer.unit_id).where(m.Officer.id == other)
        if other is not None and db.session.scalar(of_unit) == where.unit_id:
            return other
    return pick_handler(where, excluded, now)


def pick_handler(where: Placing, excluded: list[int], now: datetime) -> int | None:
    """The named owner for a case at this place, by roster and load; restricted cases go to an
    ethics officer."""
    restricted = where.confidentiality == access.Level.RESTRICTED
    handler_id: int | None = db.session.scalar(
        PICK_ETHICS if restricted else PICK_HANDLER,
        {
            "institution": where.institution_id,
            "unit": where.unit_id,
            "category": where.category_id,
            "excluded": excluded,
            "now": now,
        },
    )
    return handler_id


def _content_hash(lodging: Lodging, received_on: date | None) -> bytes:
    """Keyed, so that the stored hash tells nothing about short contents."""
    said = {k: v for k, v in asdict(lodging).items() if k not in NOT_SAID}
    if received_on is not None:
        said["received_on"] = str(received_on)
    content = json.dumps(said, sort_keys=True).encode()
    return hmac.digest(current_app.config["RECEIPT_KEY"], content, hashlib.sha256)


def _repeated(submission_id: UUID, content: bytes, now: datetime) -> Receipt | None:
    first = db.session.execute(REPEATED, {"id": submission_id}).one_or_none()
    if first is None:
        return None
    due: dict[str, datetime] = {
        row.clock: row.due_at
        for row in db.session.execute(
            text("SELECT clock, due_at FROM guard.due_times(:case, :id)"),
            {"case": first.case_id, "id": submission_id},
        )
    }
    altered = not hmac.compare_digest(bytes(first.content_hash), content)
    return replace(_again(first, due, submission_id, now), altered=altered)


def _again(first: Any, due: dict[str, datetime], submission_id: UUID, now: datetime) -> Receipt:
    """The receipt of a case that was made before."""
    # Of an unknown citizen's only the day is kept: 24 hours from its end.
    begun = first.at + timedelta(days=1) if clock.is_day(first.at) else first.at
    expired = first.reissued or now - begun > timedelta(hours=REPEAT_HOURS)
    return Receipt(
        first.case_id,
        first.reference,
        "" if expired else receipts.code(submission_id),
        due["acknowledge"],
        due["answer"],
        receipts.proof_code(submission_id),
        repeated=True,
        expired=expired,
    )


def _rows(
    case_id: UUID,
    lodging: Lodging,
    where: Placing,
    handler_id: int | None,
    content: bytes,
    now: datetime,
    received: datetime,
) -> dict[str, list[dict[str, Any]]]:
    """Words, identity, owner and record of a new case."""
    rows: dict[str, list[dict[str, Any]]] = {
        "submission": [
            {
                "id": lodging.submission_id,
                "case_id": case_id,
                "content_hash": content,
                "at": now,
                "proof_mark": receipts.proof_mark(lodging.submission_id),
            }
        ],
        "message": [
            message_row(case_id, 1, "citizen", lodging.body, where.confidentiality, received)
        ],
        "figure_dirty": marks.figure_rows(received, where.institution_id),
        "audit_entry": [
            audit.entry(
                "lodged",
                case_id,
                now,
                {"channel": lodging.channel, "owned": int(handler_id is not None)},
            )
        ],
    }
    sealed = {
        "name": lodging.name,
        "phone": lodging.phone,
        "email": lodging.email,
        "persons": lodging.persons,
    }
    vault = [identity.identity_row(case_id, f, value) for f, value in sealed.items() if value]
    rows["message"][0]["seq"] = 1
    if vault:
        rows["sealed_identity"] = vault
    # Also where nobody is named: the institution holds it from here on.
    rows["assignment"] = [
        {
            "id": uuid4(),
            "case_id": case_id,
            "institution_id": where.institution_id,
            "unit_id": where.unit_id,
            "handler_id": handler_id,
            "by_officer_id": transaction.current().officer,
            "at": now,
        }
    ]
    if handler_id is not None:
        rows["notice"] = marks.notice_rows([handler_id], "assigned", case_id, now)
    return rows


def _insert(
    rows: dict[str, list[dict[str, Any]]], lodging: Lodging, answer_due: datetime, now: datetime
) -> str:
    """Write everything at once under a fresh reference; the rare taken one is drawn again."""
    case = rows["case"][0]
    for _ in range(REFERENCE_TRIES):
        reference = case["reference"] = make_reference(os.urandom(8))
        owed = [
            outbox.owed(
                outbox.dedupe(f"received:{case['id']}", channel),
                "received",
                case_id=case["id"],
                language=lodging.language,
                values={"reference": reference, "due": answer_due.isoformat()},
                now=now,
                priority=0,
                channel=channel,
            )
            for channel in contact.ways(
                "received",
                reachable=case["reachable"],
                mail=case["mail"] if mailing.is_on() else "none",
            )
        ]
        if owed:
            rows["outbox"] = owed
        document = json.dumps(rows, default=plain)
        if db.session.scalar(INSERT_ROWS, {"rows": document}):
            if "outbox" in rows:
                transaction.wake("deliver")
            return reference
    raise RuntimeError("no free reference was found")


def plain(value: object) -> str:
    """Values of a row as PostgreSQL reads them from JSON."""
    if isinstance(value, UUID):
        return value.hex  # in a fourth of the time that its usual form takes
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def message_row(
    case_id: UUID,
    cycle: int,
    kind: str,
    body: str,
    confidentiality: str,
    now: datetime,
    *,
    officer_id: int | None = None,
    internal: bool = False,
) -> dict[str, Any]:
    """A row of `message`; words of a case that is not open are kept in sealed form only.

    Internal words always are: a citizen who raises the level seals what was written before, and
    could not seal what a citizen may not read.
    """
    message_id = uuid4()
    is_open = confidentiality == access.Level.OPEN and not internal
    return {
        "id": message_id,
        "case_id": case_id,
        "cycle": cycle,
        "kind": kind,
        "officer_id": officer_id,
        "internal": internal,
        "body": body if is_open else None,
        "sealed": None if is_open else identity.seal(body, f"message:{message_id}"),
        "at": now,
    }
