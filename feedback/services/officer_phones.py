"""The phone of an officer: registered in the browser, proven by a code sent to it, taken away.

Principal of each function: the officer, except `remove` and `since`, which an administrator may
call about another, and what the worker calls. The number is sealed and found by its keyed hash.
The PIN is stretched with a key that is outside the database before it is hashed, since six digits
alone are soon tried out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.officer_commands import PIN_LENGTH
from feedback.services import acts, audit, confirming, identity, passwords
from feedback.services.errors import Refused

PURPOSE, TEMPLATE = "officer-code", "officer_code"
HOURS = range(7, 12)
"""Local hours at which the list of the day may be had."""
SHOWN = 3  # last digits of the number that its own officer sees


@dataclass(frozen=True, slots=True)
class Phone:
    """An officer's phone as its own page shows it. `ends` are the number's last digits."""

    ends: str
    confirmed: bool
    locked: bool
    expired: bool
    hour: int | None
    empty: bool


def of(officer_id: int, now: datetime) -> Phone | None:
    """The officer's phone; None without one."""
    row = db.session.get(m.OfficerPhone, officer_id, populate_existing=True)
    if row is None:
        return None
    return Phone(
        identity.unseal(row.number, place(officer_id))[-SHOWN:],
        row.confirmed_at is not None,
        row.pin_hash is None,
        row.confirmed_at is None and confirming.is_over(row, now),
        row.list_hour,
        row.list_empty,
    )


def place(officer_id: int) -> str:
    """What the sealed number is bound to."""
    return f"officer-phone:{officer_id}:number"


def begin(
    officer_id: int, raw: str, pin: str, hour: int | None, now: datetime, *, empty: bool = False
) -> None:
    """Note a number and PIN, and send a code to the number; an earlier phone is let go.

    Refused: bad-number, too-soon (a code went out a moment ago), bad-pin, bad-hour.
    """
    number = identity.normalise_number(raw[:40])
    if number is None or not identity.is_served(number):
        raise Refused("bad-number")
    before = db.session.get(m.OfficerPhone, officer_id, with_for_update=True)
    if before is not None and now - before.code_at < confirming.REST:
        raise Refused("too-soon")
    nonce = os.urandom(16)
    values = {
        "number": identity.seal(number, place(officer_id)),
        "number_hash": identity.number_hash(number),
        "pin_hash": _pin_hash(officer_id, pin),
        "failures": 0,
        "failed_at": None,
        "code_nonce": nonce,
        "code_at": now,
        "code_failures": 0,
        "confirmed_at": None,
        "list_hour": _hour(hour),
        "list_empty": empty,
        "list_day": local_day(now),
    }
    db.session.execute(
        insert(m.OfficerPhone)
        .values(officer_id=officer_id, **values)
        .on_conflict_do_update(index_elements=["officer_id"], set_=values)
    )
    confirming.send(PURPOSE, TEMPLATE, officer_id, nonce, number, now)
    audit.record("officer_phone_begun", now=now)


def confirm(officer_id: int, code: str, now: datetime) -> bool:
    """Take the code that was sent: from now on the phone counts. False: it does not fit.

    Refused: gone (too late, too many wrong ones, nothing under way), number-taken.
    """
    row = db.session.get(m.OfficerPhone, officer_id, with_for_update=True)
    if (
        row is None
        or row.confirmed_at is not None
        or row.code_nonce is None
        or confirming.is_over(row, now)
    ):
        raise Refused("gone")
    if not confirming.fits(PURPOSE, officer_id, row.code_nonce or b"", code):
        row.code_failures += 1
        return False
    try:
        with db.session.begin_nested():
            row.confirmed_at, row.code_nonce = now, None
            db.session.flush()
    except IntegrityError as error:
        raise Refused("number-taken") from error
    audit.record("officer_phone_confirmed", now=now)
    return True


def change_pin(officer_id: int, pin: str, now: datetime) -> None:
    """Set the PIN anew, which opens a locked phone. Refused: not-found, bad-pin."""
    _change(officer_id, pin_hash=_pin_hash(officer_id, pin), failures=0, failed_at=None)
    audit.record("officer_pin_changed", now=now)


def change_list(officer_id: int, hour: int | None, now: datetime, *, empty: bool) -> None:
    """Set the hour of the day's list, None for no list. Refused: not-found, bad-hour."""
    _change(officer_id, list_hour=_hour(hour), list_empty=empty)
    audit.record("officer_list_changed", now=now)


def remove(officer_id: int, now: datetime) -> None:
    """Take a phone away: the own one, or as an administrator anybody's. Refused: not-found."""
    gone = db.session.scalar(
        text("SELECT guard.remove_officer_phone(:officer)"), {"officer": officer_id}
    )
    if not gone:
        raise Refused("not-found")
    db.session.expire_all()
    audit.record("officer_phone_removed", now=now, officer=officer_id)


def since(officer_id: int) -> datetime | None:
    """Since when an officer has a phone, for that officer and for administrators."""
    found: datetime | None = db.session.scalar(
        text("SELECT guard.officer_phone_since(:officer)"), {"officer": officer_id}
    )
    return found


def forget(now: datetime) -> int:
    """Remove numbers whose code was never given back (worker); answers how many."""
    stale = (
        delete(m.OfficerPhone)
        .where(
            m.OfficerPhone.confirmed_at.is_(None),
            m.OfficerPhone.code_at < now - confirming.FORGET_AFTER,
        )
        .returning(m.OfficerPhone.officer_id)
    )
    return len(db.session.execute(stale).all())


def is_pin(officer_id: int, pin_hash: str, pin: str) -> bool:
    """Whether a PIN is the one behind a hash; as slow for a wrong one."""
    return passwords.fits(pin_hash, _stretched(officer_id, pin))


def _change(officer_id: int, **values: object) -> None:
    changed = db.session.execute(
        update(m.OfficerPhone)
        .where(m.OfficerPhone.officer_id == officer_id, m.OfficerPhone.officer_id == acts.officer())
        .values(**values)
        .returning(m.OfficerPhone.officer_id)
    )
    if changed.one_or_none() is None:
        raise Refused("not-found")


def _hour(hour: int | None) -> int | None:
    if hour is not None and hour not in HOURS:
        raise Refused("bad-hour")
    return hour


def _pin_hash(officer_id: int, pin: str) -> str:
    """Refused("bad-pin"): not six digits, all the same, or a run up or down."""
    if not re.fullmatch(rf"[0-9]{{{PIN_LENGTH}}}", pin):
        raise Refused("bad-pin")
    steps = {int(b) - int(a) for a, b in zip(pin, pin[1:], strict=False)}
    if steps in ({0}, {1}, {-1}):
        raise Refused("bad-pin")
    return passwords.hasher.hash(_stretched(officer_id, pin))


def _stretched(officer_id: int, pin: str) -> str:
    key = current_app.config["NUMBER_HASH_KEY"]
    return hmac.new(key, f"pin:{officer_id}:{pin}".encode(), hashlib.sha256).hexdigest()
