"""A code that shows whose a phone or a mailbox is: sent there, given back in the browser."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Protocol

from flask import current_app
from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.services import outbox

LASTS = timedelta(minutes=30)
REST = timedelta(minutes=2)  # between two codes, wherever they go to
TRIES = 5
FORGET_AFTER = timedelta(days=1)  # what was never confirmed


class UnderWay(Protocol):
    """What is asked of a row that waits for its code."""

    code_at: datetime
    code_failures: int


def code(purpose: str, officer_id: int, nonce: bytes) -> str:
    """The code, derived, so that it is stored nowhere but in the sealed message."""
    place = f"{purpose}:{officer_id}:".encode() + bytes(nonce)
    digest = hmac.digest(current_app.config["RECEIPT_KEY"], place, hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**6:06}"


def fits(purpose: str, officer_id: int, nonce: bytes, given: str) -> bool:
    """Whether the code is what was typed, spaces and signs aside."""
    digits = "".join(filter(str.isdecimal, given[:40]))
    return hmac.compare_digest(digits.encode(), code(purpose, officer_id, nonce).encode())


def is_over(row: UnderWay, now: datetime) -> bool:
    """Whether another code is needed: too late, or too many wrong ones."""
    return row.code_failures >= TRIES or now - row.code_at > LASTS


def send(
    purpose: str,
    template: str,
    officer_id: int,
    nonce: bytes,
    to: str,
    now: datetime,
    channel: str = "sms",
) -> None:
    """Owe the officer the code: to a number in E.164, or to an e-mail address."""
    language = select(m.Officer.language).where(m.Officer.id == officer_id)
    outbox.owe(
        outbox.dedupe(f"{purpose}:{officer_id}:{now.isoformat()}", channel),
        template,
        case_id=None,
        language=db.session.scalars(language).one(),
        values={},
        words=code(purpose, officer_id, nonce),
        now=now,
        recipient=to,
        priority=0,
        channel=channel,
    )
