"""A citizen's visit: the time in which a browser keeps a case open or a receipt in reach.

The browser holds a signed cookie, of which a copy may be made on a shared phone. A visit that was
left is written down under its random key, so that such a copy is void as well; the marks stand
among the tries of receipt codes and are forgotten with them, when no visit of that time lives.
Principal of each function: receipt-check.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db

LONGEST = timedelta(hours=4)
"""How long a visit lasts at most, however busy; well within the day that marks are kept."""


def new_key() -> str:
    """The random key of a visit; nothing follows from it."""
    return secrets.token_urlsafe(16)


def end(key: str, now: datetime) -> None:
    """Write down that the visit was left."""
    left = insert(m.ReceiptAttempt).values(reference=mark(key), failures=0, last_at=now)
    db.session.execute(
        left.on_conflict_do_update(index_elements=["reference"], set_={"last_at": now})
    )


def was_left(key: str) -> bool:
    """Whether the visit was left in some browser that held its cookie."""
    left = select(m.ReceiptAttempt.reference).where(m.ReceiptAttempt.reference == mark(key))
    return db.session.scalars(left).first() is not None


def mark(key: str) -> str:
    """What a visit that was left is written down as."""
    return f"left:{key}"
