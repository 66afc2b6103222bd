"""What derives from a submission: the receipt code that, with the reference, opens a case, and the
proof code."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, text, update

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import proof
from feedback.rules import reference as references
from feedback.services import tries
from feedback.services.tries import Wait

NOBODY = UUID(int=0)
NONCE = 16


def code(submission_id: UUID, nonce: bytes | None = None) -> str:
    """The receipt code of a submission; derived, never stored. nonce: of one issued again."""
    key = current_app.config["RECEIPT_KEY"]
    return references.receipt_code(key, submission_id, bytes(nonce or b""))


def proof_code(submission_id: UUID) -> str:
    """The proof code of a submission (`proofs`); derived, never stored."""
    return references.proof_code(current_app.config["PROOF_KEY"], submission_id)


def proof_mark(submission_id: UUID) -> bytes:
    """By what the proof code of a submission is found."""
    return proof.mark(current_app.config["PROOF_KEY"], proof_code(submission_id))


def proof_pin(submission_id: UUID, nonce: bytes) -> str:
    """The PIN by which the citizen lets a proof be seen; its random number alone is stored."""
    return proof.pin(current_app.config["PROOF_KEY"], submission_id, bytes(nonce))


def proof_for(case_id: UUID) -> dict[str, str]:
    """Proof code, PIN and the PIN's last day, for the SMS that tells them (worker only)."""
    row = db.session.execute(
        select(m.Submission.id, m.FilingProof.pin_nonce, m.FilingProof.pin_until)
        .join(m.FilingProof, m.FilingProof.case_id == m.Submission.case_id)
        .where(m.Submission.case_id == case_id)
    ).one()
    if row.pin_nonce is None:
        return {"proof": proof_code(row.id), "pin": "-", "due": ""}
    until = clock.last_day(row.pin_until).isoformat()
    return {"proof": proof_code(row.id), "pin": proof_pin(row.id, row.pin_nonce), "due": until}


def code_for(case_id: UUID) -> str:
    """The receipt code of a case, for an SMS to the number that filed it (worker only)."""
    row = db.session.execute(
        select(
            m.Submission.id,
            func.coalesce(m.Submission.issued_nonce, m.Submission.receipt_nonce).label("nonce"),
        ).where(m.Submission.case_id == case_id)
    ).one()
    return code(row.id, row.nonce)


def issue_again(case_id: UUID) -> None:
    """Make a new code for the case; its first use makes the old one void (worker only)."""
    db.session.execute(
        update(m.Submission)
        .where(m.Submission.case_id == case_id)
        .values(issued_nonce=os.urandom(NONCE))
    )


def mark() -> str:
    """Tells one issue of the citizen's own code from the next (principal: public): a browser keeps
    it, and is shut out when the code was issued again. Nothing follows from it."""
    nonce = db.session.scalar(text("SELECT guard.receipt_nonce()"))
    return hashlib.sha256(bytes(nonce or b"")).hexdigest()[:16]


def check(
    reference_text: str, code_text: str, now: datetime, source: str = "", caller: str = ""
) -> UUID | Wait | None:
    """The case that reference and code open (principal: receipt-check), or None, or Wait.

    source: the address from which it is asked. caller: instead, a phone number, whose wrong codes
    count for it too, whatever reference they were for. A reference that does not exist takes the
    same statements and the same keyed hash, and counts its wrong tries too, so that neither answer
    nor time tells whether it exists.
    """
    reference = references.parse_reference(reference_text) or tries.NOTHING
    tried = tries.look(reference, source, caller, now)
    if isinstance(tried, Wait):
        return tried
    found = db.session.execute(
        text("SELECT * FROM guard.receipt(:reference)"), {"reference": reference}
    ).one_or_none()
    given = references.parse_receipt_code(code_text) or ""
    submission, nonce, issued = found[1:] if found else (NOBODY, None, None)
    same = fits(given, submission, nonce, issued)
    right = any(same) and found is not None
    if right and issued and same[1]:
        db.session.execute(text("SELECT guard.adopt_receipt(:reference)"), {"reference": reference})
    tries.count(tried, right=right, now=now)
    return found.case_id if right and found else None


def fits(
    given: str, submission_id: UUID, nonce: bytes | None, issued: bytes | None
) -> tuple[bool, bool]:
    """Whether a code is the submission's, and whether it is the one issued again; both hashes are
    made whatever the first one says."""
    first, again = (
        hmac.compare_digest(code(submission_id, each).encode(), given.encode())
        for each in (nonce, issued or nonce)
    )
    return first, again
