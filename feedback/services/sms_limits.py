"""How many SMS go in a day, and at which hours: the limits of `rules.sending`, counted in the
database (worker).

Whoever can make this system write to any number can make it pay, or annoy somebody else: by
numbers of other countries whose owner shares in the price, or by a thousand forms with a
stranger's number. What is over a limit waits for the next day; it is not lost.

One row a day counts a number, one counts all. They are raised in the transaction that leases a
message, each by one statement that does nothing at the limit, so that no number of workers goes
beyond it. The row of all comes last, so that it is locked for one commit only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import sending
from feedback.rules.sending import Budget, Kind, QuietHours
from feedback.services import marks

ALL = b""
KEEP = timedelta(days=2)
# Messages that are moved to the next day, or to the morning, at once.
BATCH = 1_000


def quiet_hours() -> QuietHours:
    """The hours at which nobody is woken."""
    return QuietHours(*current_app.config["QUIET_HOURS"])


def budget() -> Budget:
    """What a day allows."""
    settings = current_app.config
    return Budget(settings["SMS_PER_NUMBER"], settings["SMS_PER_DAY"], settings["SMS_RESERVE"])


def number_full(kind: Kind, number_hash: bytes, day: date) -> bool:
    """Count a message to a number, unless it has had as many as it gets; True if it has."""
    most = budget().of_number(kind)
    return most is not None and not _counted(day, number_hash, most)


def day_full(kind: Kind, day: date) -> bool:
    """Count a message of the day, unless its kind has used up its share; True if it has."""
    return not _counted(day, ALL, budget().of_day(kind))


def uncount(number_hash: bytes, day: date) -> None:
    """A message to a number was counted, and does not go today."""
    db.session.execute(
        update(m.SmsDay)
        .where(m.SmsDay.day == day, m.SmsDay.number_hash == number_hash)
        .values(sent=m.SmsDay.sent - 1)
    )


def put_off(kind: Kind, why: str, now: datetime) -> datetime:
    """Let what waits for the same reason wait together: it would be looked at one by one, before
    what may go. Answers until when."""
    quiet = quiet_hours()
    if why == sending.QUIET:
        until, templates = quiet.over(now), sending.kinds_held(Kind.DIRECT)
    else:
        until, templates = sending.next_day(now, quiet), sending.kinds_held(kind)
        _alarm(why, now)
    if why != sending.OVER_NUMBER:
        _put_off(templates, why, now, until)
    return until


def forget(now: datetime) -> int:
    """Let go of the counts of days that are over (worker); answers how many."""
    gone = (
        delete(m.SmsDay).where(m.SmsDay.day < local_day(now - KEEP)).returning(m.SmsDay.number_hash)
    )
    return len(db.session.execute(gone).all())


def _counted(day: date, number_hash: bytes, most: int) -> bool:
    if most <= 0:
        return False
    first: dict[str, Any] = {"day": day, "number_hash": number_hash, "sent": 1}
    counted = (
        insert(m.SmsDay)
        .values(first)
        .on_conflict_do_update(
            index_elements=["day", "number_hash"],
            set_={"sent": m.SmsDay.sent + 1},
            where=m.SmsDay.sent < most,
        )
        .returning(m.SmsDay.sent)
    )
    return db.session.scalars(counted).one_or_none() is not None


def _put_off(templates: Sequence[str], why: str, now: datetime, until: datetime) -> None:
    waiting = (
        select(m.Outbox.id)
        .where(
            m.Outbox.channel == "sms",
            m.Outbox.state == "queued",
            m.Outbox.next_attempt_at <= now,
            m.Outbox.template.in_(templates),
            m.Outbox.counted_on.is_distinct_from(local_day(now)),
        )
        .order_by(m.Outbox.priority, m.Outbox.next_attempt_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(m.Outbox)
        .where(m.Outbox.id.in_(waiting.scalar_subquery()))
        .values(held=why, next_attempt_at=until)
    )


def _alarm(why: str, now: datetime) -> None:
    """Administrators learn once a day that messages wait for the next."""
    kind = "sms_budget" if why == sending.OVER_BUDGET else "sms_number"
    marks.alarm(f"{kind}:{local_day(now).isoformat()}", kind, now)
