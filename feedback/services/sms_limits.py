"""To which numbers an SMS goes, and how many automatic ones a day.

Whoever can make this system write to any number can make it pay, or annoy somebody else: by
numbers of other countries whose owner shares in the price, or by a thousand forms with a
stranger's number. What an officer causes (an answer, a question) is never held back by the count.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import structlog
from flask import current_app
from redis import RedisError

from feedback.services import identity
from feedback.transaction import redis_client

log = structlog.get_logger()

AUTOMATIC = ("received:", "reply:")
"""How the dedupe of an SMS begins that nobody but the citizen's own message caused."""
KEEP = timedelta(days=2)


def refusal(row: UUID, dedupe: str, number: str, day: date) -> str | None:
    """Why this SMS is not sent, as a status code: `country`, `daily-limit`; None: it may go."""
    if not identity.is_served(number):
        return "country"
    if not dedupe.startswith(AUTOMATIC):
        return None
    return "daily-limit" if is_over(row, number, day) else None


def is_over(row: UUID, to: str, day: date) -> bool:
    """Whether an automatic message is one too many today for this number or address.

    The second copy of a message counts with the first. The count stands in the queue's server: when
    that is away or was emptied, an acknowledgement is worth more than a count.
    """
    key = f"sms:{day.isoformat()}:{identity.number_hash(to).hex()[:32]}"
    try:
        with redis_client().pipeline() as pipe:
            pipe.sismember(key, str(row))
            pipe.scard(key)
            known, sent = pipe.execute()
            if known:
                return False
            if sent >= current_app.config["SMS_PER_NUMBER"]:
                return True
            pipe.sadd(key, str(row))
            pipe.expire(key, int(KEEP.total_seconds()))
            pipe.execute()
    except RedisError as error:
        log.warning("sms_uncounted", error=type(error).__name__)
    return False
