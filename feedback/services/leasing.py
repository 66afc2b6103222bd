"""Taking one SMS or e-mail of the outbox to be sent: may it go now, to whom, in which words.

All of it is one transaction, so that a message is counted if and only if it is leased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from flask import current_app
from sqlalchemy import or_, select, update

from feedback import gateway, mail
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import sending
from feedback.rules.access import Level
from feedback.rules.sending import Kind
from feedback.services import (
    identity,
    links,
    mailing,
    receipts,
    sms_costs,
    sms_limits,
    texts,
)
from feedback.transaction import JOB, transaction

log = structlog.get_logger()

# One attempt ends within about 15 seconds; a lease that ran out belongs to a worker that died.
LEASE = timedelta(seconds=60)
MOST_UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Not sent, by the citizen's own wish."""

    code: str = "opted-out"


@dataclass(frozen=True, slots=True)
class Leased:
    """A row that this worker alone may send until the lease ends."""

    id: UUID
    token: UUID
    attempts: int
    channel: str
    # Number or address, and an SMS's text or the letter.
    to: str = ""
    text: str = ""
    letter: mail.Letter | None = None
    # The gateway's tag of the message that this one answers.
    link_id: str = ""
    # What became of it before the gateway was asked; then nothing is sent.
    outcome: gateway.Result | Suppressed | None = None


@dataclass(frozen=True, slots=True)
class PutOff:
    """A row whose time had come and that waits all the same, for the morning or the next day."""

    why: str
    channel: str


def place(row: UUID, what: str) -> str:
    """Where a sealed value of the outbox belongs."""
    return f"outbox:{row}:{what}"


def number_of(row: UUID, recipient: bytes | None, case_id: UUID | None) -> str | None:
    """The phone that a row is owed to (worker only); None where a case has no number."""
    if recipient is not None:
        return identity.unseal(recipient, place(row, "recipient"))
    return identity.phone_of(case_id) if case_id is not None else None


def lease(now: datetime, out: Sequence[str] = ()) -> Leased | PutOff | None:
    """Take the row that is due first, but for the channels that are `out`; None when none is."""
    with transaction(JOB):
        row = db.session.execute(
            select(m.Outbox.__table__)
            .where(
                m.Outbox.next_attempt_at <= now,
                # Only where one is: the condition would change the order of equal moments.
                *([m.Outbox.channel.not_in(out)] if out else ()),
                or_(
                    m.Outbox.state == "queued",
                    (m.Outbox.state == "unknown") & (m.Outbox.unknown_attempts < MOST_UNKNOWN),
                ),
            )
            .order_by(m.Outbox.priority, m.Outbox.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        return None if row is None else _take(row, now)


def _take(row: Any, now: datetime) -> Leased | PutOff:
    kind, by_sms = sending.kind(row.template), row.channel == "sms"
    if by_sms and sending.earliest(kind, now, sms_limits.quiet_hours()) > now:
        return _put_off(row, kind, sending.QUIET, now)
    leased, day = _leased(row), local_day(now)
    # A message counts once a day: a second copy, or another try, counts with the first. Letters
    # cost nothing; only those that a stranger's forms cause are counted, by address.
    counts = leased.outcome is None and row.counted_on != day
    counts = counts and (by_sms or kind is Kind.ASKED)
    to_hash = identity.number_hash(leased.to.casefold()) if counts else b""
    if counts and sms_limits.number_full(kind, to_hash, day):
        if now - row.created_at <= sending.TOO_LATE:
            return _put_off(row, kind, sending.OVER_NUMBER, now)
        leased, counts = replace(leased, outcome=gateway.Rejected("daily-limit")), False
    _write(
        row.id,
        state="sending",
        lease_token=leased.token,
        attempts=leased.attempts,
        next_attempt_at=now + LEASE,
        held=None,
        counted_on=day if counts else row.counted_on,
        **(sms_costs.charged(row.case_id, now) if by_sms else {}),
    )
    # Last, since every other worker waits here until this one has committed.
    if counts and by_sms and sms_limits.day_full(kind, day):
        if kind is Kind.ASKED:
            sms_limits.uncount(to_hash, day)
        _write(
            row.id,
            state=row.state,
            lease_token=row.lease_token,
            attempts=row.attempts,
            counted_on=row.counted_on,
        )
        return _put_off(row, kind, sending.OVER_BUDGET, now)
    return leased


def _put_off(row: Any, kind: Kind, why: str, now: datetime) -> PutOff:
    _write(row.id, held=why, next_attempt_at=sms_limits.put_off(kind, why, now))
    return PutOff(why, row.channel)


def _write(row: UUID, **values: Any) -> None:
    db.session.execute(update(m.Outbox).where(m.Outbox.id == row).values(**values))


def _leased(row: Any) -> Leased:
    """Write the text. A row that cannot be written harms itself alone."""
    leased = Leased(row.id, uuid4(), row.attempts + 1, row.channel)
    try:
        with db.session.begin_nested():
            return replace(leased, **(_letter(row) if row.channel == "email" else _sms(row)))
    except Exception as error:
        log.exception("message_cannot_be_written", channel=row.channel, template=row.template)
        failure = gateway.Transient(type(error).__name__, everyone=False)
        return replace(leased, outcome=failure)


def _sms(row: Any) -> dict[str, Any]:
    """To whom an SMS goes and with which words, or what became of it."""
    number = number_of(row.id, row.recipient, row.case_id)
    if number is None:
        return {"outcome": gateway.Rejected("no-number")}
    if refusal := _refusal(row.template, number):
        return {"outcome": refusal}
    link_id = links.answered_by(row.dedupe, row.case_id)
    return {"to": number, "text": _render(row), "link_id": link_id}


def _letter(row: Any) -> dict[str, Any]:
    """The same of an e-mail."""
    if not mailing.is_on():
        return {"outcome": gateway.Transient("mail-is-off")}
    found = mailing.letter(row)
    if isinstance(found, str):
        return {"outcome": gateway.Rejected(found) if found != "stopped" else Suppressed()}
    address, letter = found
    return {"to": address, "letter": letter}


def _refusal(template: str, number: str) -> gateway.Result | Suppressed | None:
    """Why this number gets no such SMS, today or ever."""
    if not identity.is_served(number):
        return gateway.Rejected("country")
    if sending.respects_stop(sending.kind(template)) and _stopped(number):
        return Suppressed()
    return None


def _stopped(number: str) -> bool:
    said = select(m.Phone.stopped_at).where(m.Phone.number_hash == identity.number_hash(number))
    return db.session.scalars(said).one_or_none() is not None


def _render(row: Any) -> str:
    values = dict(row.values)
    if row.template == "receipt_code" and row.case_id is not None:
        values["code"] = receipts.code_for(row.case_id)
    if row.template == "proof" and row.case_id is not None:
        values |= receipts.proof_for(row.case_id)
    if row.words is None:
        return written(row.template, row.language, values)
    if row.case_id is not None and not _is_open(row.case_id):
        # The level was raised while the words waited: of this case no word goes by SMS any more.
        return written(f"{row.template}_waits", row.language, values)
    words = identity.unseal(row.words, place(row.id, "words"))
    return written(row.template, row.language, values, words)


def written(
    template: str, language: str, values: Mapping[str, str], words: str | None = None
) -> str:
    """An SMS as it is sent, with the address and the menu's number of this installation."""
    filled = dict(values)
    if dial := current_app.config["USSD_CODE"]:
        filled["dial"] = dial
    url = f"{current_app.config['PUBLIC_URL']}/track"
    return texts.render(template, language, filled, url=url, words=words)


def _is_open(case_id: UUID) -> bool:
    level = db.session.scalars(select(m.Case.confidentiality).where(m.Case.id == case_id)).first()
    return level == Level.OPEN
