"""SMS that are owed: queued in the act's own transaction, sent later, at most twice.

The row is the truth. A second copy is sent only after an attempt whose outcome is unknown, and
only once; a final state (delivered, failed, dead) never changes again. Sending holds no
transaction open, so `deliver` and `replay`, unlike other services, are the edge themselves: each
step of theirs commits.

    queued -> sending -> sent -> delivered | failed      by the gateway's report
                 |-> failed                              refused for good
                 |-> queued                              surely not taken: again later
                 `-> unknown -> sending (once) | dead    may have been taken
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import gateway
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.services import delivery_reports, identity, receipts, sms_limits, texts
from feedback.services.reference import directory
from feedback.transaction import JOB, transaction, wake

log = structlog.get_logger()

# One attempt ends within about 15 seconds; a lease that ran out belongs to a worker that died.
LEASE = timedelta(seconds=60)
# How long a delivery report is waited for before the second copy, and after it.
UNKNOWN_WAIT = timedelta(minutes=5)
FIRST_BACKOFF = timedelta(seconds=20)
LONGEST_BACKOFF = timedelta(minutes=30)
GIVE_UP = timedelta(days=14)
MOST_UNKNOWN = 2
# A run ends after so many seconds, so that other jobs of the worker get their turn, and after so
# many failures in a row that stand against every message, so that an outage of the gateway does
# not use up the second copies of a whole queue.
RUN_SECONDS = 10
FAILURES_IN_A_ROW = 2


@dataclass
class Delivered:
    """What a run of `deliver` did, in messages."""

    sent: int = 0
    rejected: int = 0
    postponed: int = 0
    unknown: int = 0
    # The run ended for its time, not for want of work.
    more: bool = False


@dataclass
class Replayed:
    """What a run of `replay` found left over."""

    leases_expired: int = 0
    dead: int = 0
    reported: int = 0


@dataclass(frozen=True, slots=True)
class _Leased:
    """A row that this worker alone may send until the lease ends."""

    id: UUID
    token: UUID
    attempts: int
    dedupe: str
    case_id: UUID | None
    recipient: bytes | None
    template: str
    language: str
    values: Mapping[str, str]
    words: bytes | None


def owed(
    dedupe: str,
    template: str,
    *,
    case_id: UUID | None,
    language: str,
    values: Mapping[str, str],
    now: datetime,
    words: str | None = None,
    recipient: str | None = None,
    priority: int = 1,
) -> dict[str, Any]:
    """The row of an SMS to be queued.

    recipient: E.164; None stands for the number sealed with the case, which the worker opens.
    words: an office's own words (open cases only), kept encrypted. priority: 0 goes first.
    """
    row = uuid4()
    return {
        "id": row,
        "dedupe": dedupe,
        "case_id": case_id,
        "recipient": identity.seal(recipient, _place(row, "recipient")) if recipient else None,
        "language": language,
        "template": template,
        "values": dict(values),
        "words": identity.seal(words, _place(row, "words")) if words is not None else None,
        "priority": priority,
        "state": "queued",
        "attempts": 0,
        "unknown_attempts": 0,
        "next_attempt_at": now,
        "created_at": now,
    }


def owe(dedupe: str, template: str, **said: Any) -> None:
    """Queue an SMS once for each `dedupe`, in the present transaction; arguments as of `owed`."""
    # Without a conflict target, which would need the right to read the outbox.
    statement = insert(m.Outbox).values(owed(dedupe, template, **said)).on_conflict_do_nothing()
    db.session.execute(statement)
    wake("deliver")


def say_instead(dedupe: str, template: str) -> None:
    """Let an SMS of this same transaction say something else (worker)."""
    db.session.execute(
        update(m.Outbox)
        .where(m.Outbox.dedupe == dedupe, m.Outbox.attempts == 0)
        .values(template=template)
    )


def deliver(now: datetime, *, seconds: float = RUN_SECONDS) -> Delivered:
    """Send what is due, one row at a time: lease, commit, send, finish.

    Rows are leased singly, so that after a kill exactly one outcome is unknown.
    """
    done = Delivered()
    begun = time.monotonic()
    failures = 0
    while failures < FAILURES_IN_A_ROW:
        elapsed = time.monotonic() - begun
        if elapsed >= seconds:
            done.more = True
            break
        row = _lease(now + timedelta(seconds=elapsed))
        if row is None:
            break
        result = _attempt(row, local_day(now))
        _finish(row, result, now + timedelta(seconds=time.monotonic() - begun))
        _count(done, result)
        outage = isinstance(result, gateway.Unknown) or (
            isinstance(result, gateway.Transient) and result.everyone
        )
        failures = failures + 1 if outage else 0
    return done


def replay(now: datetime) -> Replayed:
    """Settle what was left: expired leases, answers that never came, delivery reports."""
    found = Replayed()
    with transaction(JOB):
        # The worker died, before or after the send: that is unknown. The token stays, so that a
        # worker that was only slow can still tell what happened.
        expired = db.session.execute(
            update(m.Outbox)
            .where(m.Outbox.state == "sending", m.Outbox.next_attempt_at <= now)
            .values(
                state="unknown",
                unknown_attempts=m.Outbox.unknown_attempts + 1,
                status_code="lease-expired",
                next_attempt_at=now + UNKNOWN_WAIT,
            )
            .returning(m.Outbox.id)
        )
        found.leases_expired = len(expired.all())
    with transaction(JOB):
        found.reported = delivery_reports.settle(now, number_of)
    with transaction(JOB):
        dead = db.session.execute(
            update(m.Outbox)
            .where(
                m.Outbox.state == "unknown",
                m.Outbox.unknown_attempts >= MOST_UNKNOWN,
                m.Outbox.next_attempt_at <= now,
            )
            .values(state="dead", finished_at=now)
            .returning(m.Outbox.id)
        )
        buried = dead.all()
        for row in buried:
            _alarm(row.id, now)
        found.dead = len(buried)
    if found.leases_expired or found.dead:
        log.warning("outbox_replayed", **asdict(found))
    return found


def number_of(row: UUID, recipient: bytes | None, case_id: UUID | None) -> str | None:
    """The phone that a row is owed to (worker only); None where a case has no number."""
    if recipient is not None:
        return identity.unseal(recipient, _place(row, "recipient"))
    return identity.phone_of(case_id) if case_id is not None else None


def _place(row: UUID, what: str) -> str:
    return f"outbox:{row}:{what}"


def _lease(now: datetime) -> _Leased | None:
    token = uuid4()
    with transaction(JOB):
        row = db.session.execute(
            select(m.Outbox.__table__)
            .where(
                m.Outbox.next_attempt_at <= now,
                or_(
                    m.Outbox.state == "queued",
                    (m.Outbox.state == "unknown") & (m.Outbox.unknown_attempts < MOST_UNKNOWN),
                ),
            )
            .order_by(m.Outbox.priority, m.Outbox.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return None
        attempts = row.attempts + 1
        db.session.execute(
            update(m.Outbox)
            .where(m.Outbox.id == row.id)
            .values(
                state="sending",
                lease_token=token,
                attempts=attempts,
                next_attempt_at=now + LEASE,
            )
        )
    return _Leased(
        row.id,
        token,
        attempts,
        row.dedupe,
        row.case_id,
        row.recipient,
        row.template,
        row.language,
        row.values,
        row.words,
    )


def _attempt(row: _Leased, day: date) -> gateway.Result:
    """Write the text and send it. A row that cannot be written harms itself alone."""
    try:
        with transaction(JOB):
            number = number_of(row.id, row.recipient, row.case_id)
            text = None if number is None else _render(row)
            _note_parts(row, text)
    except Exception as error:
        log.exception("sms_cannot_be_written", template=row.template)
        return gateway.Transient(type(error).__name__, everyone=False)
    if number is None or text is None:
        return gateway.Rejected("no-number")
    if refusal := sms_limits.refusal(row.id, row.dedupe, number, day):
        return gateway.Rejected(refusal)
    return gateway.send(current_app.config, number, text)


def _note_parts(row: _Leased, text: str | None) -> None:
    """What is sent is paid by its parts, so they are written down beside it."""
    if text is not None:
        db.session.execute(
            update(m.Outbox)
            .where(m.Outbox.id == row.id, m.Outbox.lease_token == row.token)
            .values(parts=texts.parts(text))
        )


def _render(row: _Leased) -> str:
    values = dict(row.values)
    if row.template == "receipt_code" and row.case_id is not None:
        values["code"] = receipts.code_for(row.case_id)
    url = f"{current_app.config['PUBLIC_URL']}/track"
    if row.words is None:
        return texts.render(row.template, row.language, values, url=url)
    if row.case_id is not None and not _is_open(row.case_id):
        # The level was raised while the words waited: of this case no word goes by SMS any more.
        return texts.render(f"{row.template}_waits", row.language, values, url=url)
    words = identity.unseal(row.words, _place(row.id, "words"))
    return texts.render(row.template, row.language, values, url=url, words=words)


def _is_open(case_id: UUID) -> bool:
    level = db.session.scalars(select(m.Case.confidentiality).where(m.Case.id == case_id)).first()
    return level == Level.OPEN


def _finish(row: _Leased, result: gateway.Result, now: datetime) -> None:
    """Write down the outcome, if the lease is still ours."""
    with transaction(JOB):
        stands = db.session.execute(
            select(m.Outbox.state, m.Outbox.unknown_attempts, m.Outbox.created_at)
            .where(
                m.Outbox.id == row.id,
                m.Outbox.lease_token == row.token,
                m.Outbox.state.in_(("sending", "unknown")),
            )
            .with_for_update()
        ).one_or_none()
        if stands is None:
            log.warning("sms_lease_lost", outcome=type(result).__name__)
            return
        # A lease that ran out meanwhile was counted as unknown; now it is known after all.
        unknown = stands.unknown_attempts - (stands.state == "unknown")
        values = _outcome(result, row.attempts, unknown, stands.created_at, now)
        db.session.execute(update(m.Outbox).where(m.Outbox.id == row.id).values(**values))
        if values.get("state") == "dead":
            _alarm(row.id, now)


def _alarm(row: UUID, now: datetime) -> None:
    """An SMS that will not be tried again is seen by administrators."""
    home = directory().institutions_by_code[current_app.config["HOME_INSTITUTION"]]
    alarm = {"dedupe": f"outbox:{row}", "kind": "outbox_dead", "institution_id": home.id}
    db.session.execute(insert(m.Alarm).values(**alarm, cycle=1, at=now).on_conflict_do_nothing())


def _outcome(
    result: gateway.Result, attempts: int, unknown: int, created_at: datetime, now: datetime
) -> dict[str, Any]:
    """The columns that an outcome sets. `unknown`: earlier attempts whose outcome is unknown."""
    values: dict[str, Any] = {"status_code": result.code, "unknown_attempts": unknown}
    match result:
        case gateway.Accepted():
            values |= {
                "state": "sent",
                "provider_id": result.provider_id,
                "cost": result.cost,
                "finished_at": now,
                "lease_token": None,
            }
        case gateway.Rejected():
            values |= {"state": "failed", "finished_at": now, "lease_token": None}
        case gateway.Unknown():
            values |= {
                "state": "unknown",
                "unknown_attempts": unknown + 1,
                "next_attempt_at": now + UNKNOWN_WAIT,
            }
        case gateway.Transient() if now - created_at > GIVE_UP:
            values |= {"state": "dead", "finished_at": now, "lease_token": None}
        case gateway.Transient():
            wait = min(FIRST_BACKOFF * 2 ** min(attempts - 1, 10), LONGEST_BACKOFF)
            values |= {"state": "queued", "next_attempt_at": now + wait, "lease_token": None}
    return values


def _count(done: Delivered, result: gateway.Result) -> None:
    match result:
        case gateway.Accepted():
            done.sent += 1
        case gateway.Rejected():
            done.rejected += 1
        case gateway.Transient():
            done.postponed += 1
        case gateway.Unknown():
            done.unknown += 1
