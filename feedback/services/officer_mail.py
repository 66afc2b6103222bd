"""The mailbox of an officer: written down, proven by a code, its hours chosen, taken away; and the
kinds of notices that an officer does not want.

Principal of each function: the officer, except `forget`, which the worker calls.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import contact, notices
from feedback.services import acts, audit, confirming, identity, mailing
from feedback.services.errors import Refused

PURPOSE, TEMPLATE = "officer-mail-code", "officer_mail_code"
FIRST_HOURS = (7,)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An officer's mailbox as its own page shows it."""

    address: str
    confirmed: bool
    expired: bool
    hours: tuple[int, ...]


def place(officer_id: int) -> str:
    """What the sealed address is bound to."""
    return f"officer-mail:{officer_id}:address"


def of(officer_id: int, now: datetime) -> Mailbox | None:
    """The officer's mailbox; None without one."""
    row = db.session.get(m.OfficerMail, officer_id, populate_existing=True)
    if row is None:
        return None
    confirmed = row.confirmed_at is not None
    return Mailbox(
        identity.unseal(row.address, place(officer_id)),
        confirmed,
        not confirmed and confirming.is_over(row, now),
        tuple(row.hours),
    )


def begin(address: str, now: datetime) -> None:
    """Note an address and send a code to it; an earlier one is let go.

    Refused: mail-off (none is sent here), bad-mail, too-soon (a code went out a moment ago).
    """
    if not mailing.is_on():
        raise Refused("mail-off")
    address = address.strip()
    if not contact.is_email(address):
        raise Refused("bad-mail")
    officer_id = acts.officer()
    before = db.session.get(m.OfficerMail, officer_id, with_for_update=True)
    if before is not None and now - before.code_at < confirming.REST:
        raise Refused("too-soon")
    nonce = os.urandom(16)
    hours = list(before.hours) if before is not None else list(FIRST_HOURS)
    values = {
        "address": identity.seal(address, place(officer_id)),
        "code_nonce": nonce,
        "code_at": now,
        "code_failures": 0,
        "confirmed_at": None,
        "hours": hours,
        "next_at": notices.next_list(hours, now),
    }
    db.session.execute(
        insert(m.OfficerMail)
        .values(officer_id=officer_id, **values)
        .on_conflict_do_update(index_elements=["officer_id"], set_=values)
    )
    confirming.send(PURPOSE, TEMPLATE, officer_id, nonce, address, now, channel="email")
    audit.record("officer_mail_begun", now=now)


def confirm(code: str, now: datetime) -> bool:
    """Take the code that was sent: from now on lists go there. False: it does not fit.

    Refused: gone (too late, too many wrong ones, nothing under way).
    """
    officer_id = acts.officer()
    row = db.session.get(m.OfficerMail, officer_id, with_for_update=True)
    under_way = row is not None and row.confirmed_at is None and row.code_nonce is not None
    if row is None or not under_way or confirming.is_over(row, now):
        raise Refused("gone")
    if not confirming.fits(PURPOSE, officer_id, row.code_nonce or b"", code):
        row.code_failures += 1
        return False
    row.confirmed_at, row.code_nonce = now, None
    row.next_at = notices.next_list(row.hours, now)
    audit.record("officer_mail_confirmed", now=now)
    return True


def set_hours(hours: Collection[int], now: datetime) -> None:
    """At which local hours lists come. Refused: not-found, bad-hour (none, too many, at night)."""
    wanted = sorted(set(hours))
    if not 1 <= len(wanted) <= notices.MOST_HOURS or not set(wanted) <= set(notices.HOURS):
        raise Refused("bad-hour")
    row = db.session.get(m.OfficerMail, acts.officer(), with_for_update=True)
    if row is None:
        raise Refused("not-found")
    row.hours, row.next_at = wanted, notices.next_list(wanted, now)
    audit.record("officer_mail_hours", now=now)


def remove(now: datetime) -> None:
    """Send nothing there any more; the desk tells all the same. Refused: not-found."""
    if not db.session.scalar(text("SELECT guard.remove_officer_mail()")):
        raise Refused("not-found")
    db.session.expire_all()
    audit.record("officer_mail_removed", now=now)


def choose(unwanted: Collection[str], now: datetime) -> None:
    """Which kinds of notices the officer does not want; what is part of the duty stays."""
    muted = notices.muted(unwanted)
    statement = insert(m.NoticeChoice).values(officer_id=acts.officer(), muted=muted)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["officer_id"], set_={"muted": muted})
    )
    audit.record("notices_chosen", now=now, muted=len(muted))


def unwanted() -> frozenset[str]:
    """The kinds that the officer does not want."""
    row = db.session.get(m.NoticeChoice, acts.officer())
    return frozenset(row.muted if row else ())


def forget(now: datetime) -> int:
    """Remove addresses whose code was never given back (worker); answers how many."""
    stale = (
        delete(m.OfficerMail)
        .where(
            m.OfficerMail.confirmed_at.is_(None),
            m.OfficerMail.code_at < now - confirming.FORGET_AFTER,
        )
        .returning(m.OfficerMail.officer_id)
    )
    return len(db.session.execute(stale).all())
