"""The proof of a filing: what a citizen shows to a higher body that asks whether it was late.

A proof code alone opens nothing. The citizen lets it be seen by a PIN that holds for a week, one
at a time; or types the receipt code beside it. What is then told stands in `rules.proof`.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import proof as rules
from feedback.rules import reference as references
from feedback.services import acts, audit, outbox, receipts, tries
from feedback.services.reference import directory
from feedback.services.tries import Wait

NONCE = 16
BY_CITIZEN = ("web", "sms", "ussd")
"""Channels by which a citizen files in person, so that the hour of it is the citizen's own."""


@dataclass(frozen=True, slots=True)
class Own:
    """The proof as its citizen sees it. `pin` is empty where none holds; `void`: too many wrong
    ones were tried since it was made."""

    code: str
    pin: str
    until: datetime | None
    void: bool
    shown: int
    shown_on: date | None


def own(now: datetime) -> Own:
    """The proof of the citizen's own case (principal: public). Its code is shown now, so it can be
    found from now on: one from before there were any, or by a former key."""
    held = db.session.execute(text("SELECT * FROM guard.own_proof()")).one()
    source: UUID = held.submission_id
    mark = receipts.proof_mark(source)
    if held.proof_mark is None or bytes(held.proof_mark) != mark:
        db.session.execute(text("SELECT guard.keep_proof_mark(:mark)"), {"mark": mark})
    pin, until, void = "", None, False
    if held.pin_nonce is not None and now < held.pin_until:
        until, void = held.pin_until, held.pin_failures >= rules.MOST_WRONG
        pin = "" if void else receipts.proof_pin(source, held.pin_nonce)
    return Own(receipts.proof_code(source), pin, until, void, held.shown, held.shown_on)


def release(case_id: UUID, now: datetime) -> None:
    """Make a PIN by which the proof can be seen for a week; the one before is void (principal:
    public, or the worker for the number that filed the case)."""
    case = acts.locked(case_id)
    at = acts.stamp(case, now)
    until = rules.pin_until(at)
    values = {"pin_nonce": os.urandom(NONCE), "pin_until": until, "pin_failures": 0}
    db.session.execute(
        insert(m.FilingProof)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=values)
    )
    audit.record("proof_released", case_id, now=at)


def revoke(case_id: UUID, now: datetime) -> None:
    """The PIN holds no longer (principal: public); without one nothing changes."""
    case = acts.locked(case_id)
    ended = db.session.execute(
        update(m.FilingProof)
        .where(m.FilingProof.case_id == case_id, m.FilingProof.pin_nonce.is_not(None))
        .values(pin_nonce=None, pin_until=None)
        .returning(m.FilingProof.case_id)
    )
    if ended.all():
        audit.record("proof_revoked", case_id, now=acts.stamp(case, now))


def send(case: m.Case, recipient: str, language: str, dedupe: str, now: datetime) -> None:
    """Make a PIN and send it with the code to the phone that asked for it (worker only)."""
    release(case.id, now)
    source = db.session.scalars(
        select(m.Submission.id).where(m.Submission.case_id == case.id)
    ).one()
    db.session.execute(
        update(m.Submission)
        .where(m.Submission.id == source)
        .values(proof_mark=receipts.proof_mark(source))
    )
    outbox.owe(
        dedupe,
        "proof",
        case_id=case.id,
        language=language,
        values={"reference": case.reference},
        now=now,
        recipient=recipient,
        priority=0,
    )


def case_of(reference: str, code_text: str, now: datetime, caller: str) -> UUID | Wait | None:
    """The case that reference and receipt code open, for an SMS from any phone (worker only): as
    `receipts.check`, with the tries of that phone."""
    tried = tries.look(reference, "", caller, now)
    if isinstance(tried, Wait):
        return tried
    row = db.session.execute(
        select(
            m.Submission.case_id,
            m.Submission.id,
            m.Submission.receipt_nonce,
            m.Submission.issued_nonce,
        )
        .join(m.Case, m.Case.id == m.Submission.case_id)
        .where(m.Case.reference == reference)
    ).one_or_none()
    submission, nonce, issued = row[1:] if row else (receipts.NOBODY, None, None)
    given = references.parse_receipt_code(code_text) or ""
    right = any(receipts.fits(given, submission, nonce, issued)) and row is not None
    tries.count(tried, right=right, now=now)
    return row.case_id if right and row else None


def check(
    code_text: str, secret_text: str, now: datetime, source: str = "", caller: str = ""
) -> rules.Told | Wait | None:
    """What a proof tells to whoever holds its code and its PIN, or the receipt code (principal:
    receipt-check, or the worker's job); None, or Wait.

    A code that does not exist takes the same statements and the same keyed hashes as a wrong PIN.
    source and caller as of `receipts.check`. Each time that it is shown is on record, and counted
    for the citizen.
    """
    proof = references.parse_proof_code(code_text)
    tried = tries.look(f"proof:{proof}" if proof else tries.NOTHING, source, caller, now)
    if isinstance(tried, Wait):
        return tried
    key = current_app.config["PROOF_KEY"]
    rows = db.session.execute(
        text("SELECT * FROM guard.proofs(:mark)"), {"mark": rules.mark(key, proof or "")}
    ).all()
    # Both comparisons are made in every case, and once where there is no row.
    opened = [_opens(row, secret_text, now) for row in rows] or [_opens(None, secret_text, now)]
    found = next((row for row, way in zip(rows, opened, strict=False) if way), None)
    tries.count(tried, right=found is not None, now=now)
    if found is None:
        guessed = rules.parse_pin(secret_text) is not None
        db.session.execute(
            text("SELECT guard.proof_missed(:cases)"),
            {"cases": [row.case_id for row in rows] if guessed else []},
        )
        return None
    _note_shown(found, next(way for way in opened if way), now)
    calendar = directory().calendar(found.calendar_id, found.office_id)
    return rules.told(_facts(found), calendar, now)


def _opens(row: Any, typed: str, now: datetime) -> str:
    """By what the secret opens the proof of this row: pin, code, or not at all."""
    submission = row.submission_id if row is not None else receipts.NOBODY
    nonce = row.pin_nonce if row is not None else None
    pin = receipts.proof_pin(submission, nonce or b"")
    same_pin = hmac.compare_digest(pin.encode(), (rules.parse_pin(typed) or "").encode())
    same_code = receipts.fits(
        references.parse_receipt_code(typed) or "",
        submission,
        row.receipt_nonce if row is not None else None,
        row.issued_nonce if row is not None else None,
    )
    if row is None:
        return ""
    holds = nonce is not None and now < row.pin_until and row.pin_failures < rules.MOST_WRONG
    return "pin" if same_pin and holds else "code" if any(same_code) else ""


def _note_shown(row: Any, way: str, now: datetime) -> None:
    at = clock.day_start(now) if row.unknown else now
    audit.record("proof_shown", row.case_id, now=at, by=way)
    db.session.execute(
        text("SELECT guard.proof_shown(:case, :day)"),
        {"case": row.case_id, "day": clock.local_day(now)},
    )


def _facts(row: Any) -> rules.Facts:
    return rules.Facts(
        reference=row.reference,
        kind=row.kind,
        confidentiality=row.confidentiality,
        institution_id=row.institution_id,
        status=row.status,
        received_at=row.received_at,
        hour_known=row.channel in BY_CITIZEN and not clock.is_day(row.received_at),
        acknowledged_at=row.acknowledged_at,
        acknowledge_due=row.acknowledge_due,
        answered_at=row.answered_at,
        due_at=row.due_at,
        appeals=row.appeals,
        rung=row.rung,
        ladder=row.ladder,
        final_letter=row.final_letter,
    )


def forget(now: datetime, limit: int = 5_000) -> int:
    """Let go of PINs that are over (principal: job); answers how many."""
    over = (
        select(m.FilingProof.case_id)
        .where(m.FilingProof.pin_nonce.is_not(None), m.FilingProof.pin_until <= now)
        .order_by(m.FilingProof.pin_until)
        .limit(limit)
    )
    gone = (
        update(m.FilingProof)
        .where(m.FilingProof.case_id.in_(over))
        .values(pin_nonce=None, pin_until=None, pin_failures=0)
        .returning(m.FilingProof.case_id)
    )
    return len(db.session.execute(gone).all())
