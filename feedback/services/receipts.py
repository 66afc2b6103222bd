"""The citizen's secret: the receipt code that, with the reference, opens a case."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import reference as references

# The delay after wrong tries for one reference from one place: none for the first three, then
# doubling, and capped. Who tries codes for another's reference slows down nobody but himself and
# those behind his own address: 50 bits stand against guessing from many.
FREE_TRIES = 3
FIRST_DELAY = 4  # seconds
LONGEST_DELAY = 120  # seconds
NOBODY = UUID(int=0)
NONCE = 16
PILES = 20  # bits: wrong tries are counted in so many piles, whatever is made up


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong codes for this reference from here: try again in so many seconds."""

    seconds: int


def code(submission_id: UUID, nonce: bytes | None = None) -> str:
    """The receipt code of a submission; derived, never stored. nonce: of one issued again."""
    key = current_app.config["RECEIPT_KEY"]
    return references.receipt_code(key, submission_id, bytes(nonce or b""))


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


def delay(failures: int) -> timedelta:
    """How long one rests who gave so many wrong codes for a reference in a row."""
    if failures < FREE_TRIES:
        return timedelta()
    return timedelta(seconds=min(FIRST_DELAY * 2 ** (failures - FREE_TRIES), LONGEST_DELAY))


def check(
    reference_text: str, code_text: str, now: datetime, source: str = "", caller: str = ""
) -> UUID | Wait | None:
    """The case that reference and code open (principal: receipt-check), or None, or Wait.

    source: the address from which it is asked. caller: instead, a phone number, whose wrong codes
    count for it too, whatever reference they were for. A reference that does not exist takes the
    same statements and the same keyed hash, and counts its wrong tries too, so that neither answer
    nor time tells whether it exists.
    """
    reference = references.parse_reference(reference_text) or "?"
    piles = [_pile(reference, caller or source)]
    piles += [f"n{_pile(caller, caller)}"] if caller else ()
    attempts = {
        row.reference: row
        for row in db.session.execute(
            select(
                m.ReceiptAttempt.reference, m.ReceiptAttempt.failures, m.ReceiptAttempt.last_at
            ).where(m.ReceiptAttempt.reference.in_(piles))
        )
    }
    # What cannot be a reference is one pile: its tries must not slow anybody down.
    left = [
        attempt.last_at + delay(attempt.failures) - now
        for pile, attempt in attempts.items()
        if pile != "?"
    ]
    if left and max(left) > timedelta():
        return Wait(int(max(left).total_seconds()) + 1)
    found = db.session.execute(
        text("SELECT * FROM guard.receipt(:reference)"), {"reference": reference}
    ).one_or_none()
    given = references.parse_receipt_code(code_text) or ""
    submission, nonce, issued = found[1:] if found else (NOBODY, None, None)
    same = [
        hmac.compare_digest(code(submission, each).encode(), given.encode())
        for each in (nonce, issued or nonce)
    ]
    right = any(same) and found is not None
    if right and issued and same[1]:
        db.session.execute(text("SELECT guard.adopt_receipt(:reference)"), {"reference": reference})
    # A right code clears its own reference alone: nobody with a case of his own clears his number.
    touched = [each for each in piles[:1] if each in attempts] if right else piles
    if touched:
        statement = insert(m.ReceiptAttempt).values(
            [{"reference": each, "failures": int(not right), "last_at": now} for each in touched]
        )
        failures = 0 if right else m.ReceiptAttempt.failures + 1
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["reference"], set_={"failures": failures, "last_at": now}
            )
        )
    return found.case_id if right and found else None


def _pile(reference: str, source: str) -> str:
    """Where the tries for a reference from one place are counted: by a keyed hash, one of a
    million piles.

    So the table cannot grow past them, tells nobody which references were tried or from where, and
    who does not have the key cannot choose a made-up reference that slows a given citizen down.
    """
    if reference == "?":
        return reference
    tries = f"tries:{reference}:{_network(source)}".encode()
    digest = hmac.digest(current_app.config["RECEIPT_KEY"], tries, "sha256")
    return f"{int.from_bytes(digest[:4], 'big') >> (32 - PILES):05x}"


def _network(source: str) -> str:
    """An address, or a phone number; of an address of the new kind its network, in which one
    visitor has as many as he likes, unless it is one of the old kind written as a new one."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))
