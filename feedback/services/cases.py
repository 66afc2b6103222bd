"""Lodging: from what a citizen sent to a case with a named owner and running clocks."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, deadlines
from feedback.rules.reference import make_reference
from feedback.services import audit, conflicts, identity, marks, outbox, receipts
from feedback.services.placing import Placing, place
from feedback.services.reference import directory

REFERENCE_TRIES = 5  # of 2^35 references
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the citizen is given. `receipt_code` is empty once `expired`."""

    case_id: UUID
    reference: str
    receipt_code: str
    acknowledge_due: datetime
    answer_due: datetime
    triage: bool = False
    repeated: bool = False
    altered: bool = False
    expired: bool = False


def lodge(case_id: UUID, lodging: Lodging, now: datetime) -> Receipt:
    """Make the case, or show the first receipt when this submission made one already.

    Principal: lodging for `case_id`, or the worker's job.
    """
    content = _content_hash(lodging)
    first = _repeated(lodging.submission_id, content, now)
    if first is not None:
        return first
    d = directory()
    where = place(lodging, d)
    excluded = (
        conflicts.matching(lodging.persons, where.institution_id, d) if lodging.persons else []
    )
    handler_id = pick_handler(where, excluded, now)
    standard = d.standard(where.standard, lodging.kind)
    calendar_id = d.institutions[where.institution_id].calendar_id
    calendar = d.calendar(calendar_id)
    acknowledge_due = deadlines.due(calendar, now, standard.acknowledge_days)
    answer_due = deadlines.due(calendar, now, standard.answer_days)
    reference = _insert_case(
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
            "reachable": lodging.phone is not None,
            "triage": where.triage,
            "handler_id": handler_id,
            "received_at": now,
            "cycle": 1,
            "appeals": 0,
            "due_at": answer_due,
            "standard": standard.code,
            "max_rung": standard.max_rung,
            "highest_rung": 0,
            "first_rung": 1,
            "unread": True,
            "transfers": 0,
        }
    )
    _insert_words(case_id, lodging, where, content, now)
    _insert_clocks(
        case_id,
        calendar_id,
        now,
        (
            ("acknowledge", standard.acknowledge_days, acknowledge_due),
            ("answer", standard.answer_days, answer_due),
        ),
        deadlines.reminders(calendar, now, answer_due),
    )
    if excluded:
        conflicts.mark(case_id, excluded, "named", now)
    _tell(case_id, lodging, where, handler_id, reference, answer_due, now)
    return Receipt(
        case_id,
        reference,
        receipts.code(lodging.submission_id),
        acknowledge_due,
        answer_due,
        triage=where.triage,
    )


def receipt_for(submission_id: UUID, now: datetime) -> Receipt | None:
    """The receipt of a submission (principal: lodging), for the page after the post."""
    return _repeated(submission_id, None, now)


def pick_handler(where: Placing, excluded: list[int], now: datetime) -> int | None:
    """The named owner for a case at this place; restricted cases go to an ethics officer."""
    if where.confidentiality == access.Level.RESTRICTED:
        statement = "SELECT guard.pick_ethics(:institution, :excluded, :now)"
    else:
        statement = "SELECT guard.pick_handler(:institution, :unit, :excluded, :now)"
    handler_id: int | None = db.session.scalar(
        text(statement),
        {
            "institution": where.institution_id,
            "unit": where.unit_id,
            "excluded": excluded,
            "now": now,
        },
    )
    return handler_id


def _content_hash(lodging: Lodging) -> bytes:
    """Keyed, so that the stored hash tells nothing about short contents."""
    said = {k: v for k, v in asdict(lodging).items() if k not in ("submission_id", "language")}
    content = json.dumps(said, sort_keys=True).encode()
    return hmac.digest(current_app.config["RECEIPT_KEY"], content, hashlib.sha256)


def _repeated(submission_id: UUID, content: bytes | None, now: datetime) -> Receipt | None:
    first = db.session.execute(
        text("SELECT case_id, reference, content_hash, at FROM guard.repeated(:id)"),
        {"id": submission_id},
    ).one_or_none()
    if first is None:
        return None
    due = dict(
        db.session.execute(
            text("SELECT clock, due_at FROM guard.due_times(:case, :id)"),
            {"case": first.case_id, "id": submission_id},
        ).all()
    )
    expired = now - first.at > timedelta(hours=REPEAT_HOURS)
    return Receipt(
        first.case_id,
        first.reference,
        "" if expired else receipts.code(submission_id),
        due["acknowledge"],
        due["answer"],
        repeated=True,
        altered=content is not None and not hmac.compare_digest(bytes(first.content_hash), content),
        expired=expired,
    )


def _insert_case(values: dict[str, Any]) -> str:
    """Insert under a fresh reference; the rare one that is taken is drawn again."""
    for _ in range(REFERENCE_TRIES):
        reference = make_reference(os.urandom(8))
        statement = pg_insert(m.Case).values(reference=reference, **values)
        # No conflict target: naming one would ask for the right to read the other case.
        if db.session.execute(statement.on_conflict_do_nothing()).rowcount:
            return reference
    raise RuntimeError("no free reference was found")


def _insert_words(
    case_id: UUID, lodging: Lodging, where: Placing, content: bytes, now: datetime
) -> None:
    db.session.execute(
        insert(m.Submission).values(
            id=lodging.submission_id, case_id=case_id, content_hash=content, at=now
        )
    )
    db.session.execute(
        insert(m.Message).values(
            message_row(case_id, 1, "citizen", lodging.body, where.confidentiality, now)
        )
    )
    sealed = {
        "name": lodging.name,
        "phone": lodging.phone,
        "email": lodging.email,
        "persons": lodging.persons,
    }
    rows = [identity.identity_row(case_id, f, value) for f, value in sealed.items() if value]
    if rows:
        db.session.execute(insert(m.SealedIdentity), rows)


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
    """A row of `message`; words of a case that is not open are kept in sealed form only."""
    message_id = uuid4()
    is_open = confidentiality == access.Level.OPEN
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


def _insert_clocks(
    case_id: UUID,
    calendar_id: int,
    now: datetime,
    clocks: tuple[tuple[str, int, datetime], ...],
    reminders: list[datetime],
) -> None:
    db.session.execute(
        insert(m.Deadline),
        [
            {
                "id": uuid4(),
                "case_id": case_id,
                "cycle": 1,
                "clock": clock,
                "starts_at": now,
                "working_days": days,
                "calendar_id": calendar_id,
                "extension_days": 0,
                "due_at": due_at,
            }
            for clock, days, due_at in clocks
        ],
    )
    timers = [("ladder", min(due_at for _, _, due_at in clocks))]
    if reminders:
        timers.append(("reminder", reminders[0]))
    db.session.execute(
        insert(m.Timer),
        [{"case_id": case_id, "purpose": p, "due_at": at, "done": False} for p, at in timers],
    )


def _tell(
    case_id: UUID,
    lodging: Lodging,
    where: Placing,
    handler_id: int | None,
    reference: str,
    answer_due: datetime,
    now: datetime,
) -> None:
    if handler_id is not None:
        db.session.execute(
            insert(m.Assignment).values(
                id=uuid4(),
                case_id=case_id,
                institution_id=where.institution_id,
                unit_id=where.unit_id,
                handler_id=handler_id,
                at=now,
            )
        )
        marks.notices([handler_id], "assigned", case_id, now)
    marks.figures(now, where.institution_id)
    audit.record("lodged", case_id, now=now, channel=lodging.channel, owned=int(bool(handler_id)))
    if lodging.phone:
        outbox.owe(
            f"received:{case_id}",
            "received",
            case_id=case_id,
            language=lodging.language,
            values={"reference": reference, "due": answer_due.isoformat()},
            now=now,
            priority=0,
        )
