"""A lost receipt code, issued again: a new one, to the number that filed the case and no other."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import reference as references
from feedback.services import audit, outbox, receipts
from feedback.transaction import wake

# On the web a code is sent again at most once in this time for each reference.
REQUEST_REST = timedelta(days=1)


def say_lost(reference_text: str, now: datetime) -> None:
    """Note that the code of a reference is lost (principal: receipt-check).

    One statement, whatever the reference: whether there is a case, and a number to send to, a
    worker finds out afterwards. Within a day of the last time nothing more is noted, so that
    nobody can flood a phone with codes.
    """
    statement = insert(m.ReceiptRequest).values(
        reference=references.parse_reference(reference_text) or "?", at=now, done=False
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["reference"],
            set_={"at": now, "done": False},
            where=m.ReceiptRequest.at < now - REQUEST_REST,
        )
    )
    wake("reissue_receipts")


def answer_lost(now: datetime, limit: int = 100) -> int:
    """Send a new code to the number that filed each case whose code was said to be lost (worker);
    answers how many. What has no case, or no number, is answered by silence."""
    asked = db.session.scalars(
        select(m.ReceiptRequest)
        .where(~m.ReceiptRequest.done)
        .order_by(m.ReceiptRequest.at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    cases = db.session.scalars(
        select(m.Case).where(
            m.Case.reference.in_([request.reference for request in asked]), m.Case.reachable
        )
    ).all()
    for case in cases:
        send_again(case, case.language, f"lost:{case.id}:{now.isoformat()}", now)
    for request in asked:
        request.done = True
    return len(cases)


def send_again(
    case: m.Case, language: str, dedupe: str, now: datetime, recipient: str | None = None
) -> None:
    """Make a new code and send it to the number that filed the case (worker only)."""
    receipts.issue_again(case.id)
    audit.record("receipt_code_sent", case.id, now=now)
    outbox.owe(
        dedupe,
        "receipt_code",
        case_id=case.id,
        language=language,
        values={"reference": case.reference},
        now=now,
        recipient=recipient,
        priority=0,
    )


def forget(now: datetime) -> int:
    """Let go of requests that hold nothing back any more (worker); answers how many."""
    gone = (
        delete(m.ReceiptRequest)
        .where(m.ReceiptRequest.done, m.ReceiptRequest.at < now - REQUEST_REST)
        .returning(m.ReceiptRequest.reference)
    )
    return len(db.session.execute(gone).all())
