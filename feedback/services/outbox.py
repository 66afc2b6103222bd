"""SMS and e-mails that are owed: queued in the act's own transaction, sent later, at most twice.

The row is the truth. A second copy is sent only after an attempt whose outcome is unknown, and
only once, unless a person decides otherwise; a final state (delivered, suppressed, dropped; failed
and expired once reports count no more) never changes by itself. Sending holds no transaction open,
so `deliver` and `replay`, unlike other services, are the edge themselves: each step commits.

    queued -> sending -> sent -> delivered | failed | expired   by the gateway's reports
       ^         |-> failed                                     refused for good
       |         |-> suppressed                                 the citizen said STOP
       |         |-> queued                                     surely not taken: again later
       |         `-> unknown -> sending (once) | dead           may have been taken
       `-- a row that waits for the morning or for the next day's budget is `held`

What ends without arriving is noted with its case (`unreached`); what is dead also stands before
the administrators (`dead_letters`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import gateway, mail
from feedback import models as m
from feedback.extensions import db
from feedback.rules import reports, sending
from feedback.rules.sending import Kind
from feedback.services import (
    delivery_reports,
    identity,
    leasing,
    marks,
    sms_costs,
    sms_limits,
    texts,
    unreached,
)
from feedback.services.leasing import (
    LEASE,
    MOST_UNKNOWN,
    Leased,
    PutOff,
    Suppressed,
    number_of,
    place,
)
from feedback.transaction import JOB, transaction, wake

__all__ = [
    "LEASE",
    "MOST_UNKNOWN",
    "Delivered",
    "Replayed",
    "deliver",
    "number_of",
    "owe",
    "owed",
    "replay",
]

log = structlog.get_logger()

# How long a delivery report is waited for before the second copy, and after it.
UNKNOWN_WAIT = timedelta(minutes=5)
FIRST_BACKOFF = timedelta(seconds=20)
LONGEST_BACKOFF = timedelta(minutes=30)
# Each row waits up to so much longer, always the same for it: what failed together comes back
# one by one.
SPREAD = 0.25
GIVE_UP = timedelta(days=14)
# A run ends after so many seconds, so that other jobs of the worker get their turn, and after so
# many failures in a row that stand against every message, so that an outage of the gateway does
# not use up the second copies of a whole queue.
RUN_SECONDS = 10
FAILURES_IN_A_ROW = 2

# What is told of a message that ended.
ENDED = (
    m.Outbox.id,
    m.Outbox.case_id,
    m.Outbox.template,
    m.Outbox.state,
    m.Outbox.status_code,
    m.Outbox.unknown_attempts,
    m.Outbox.channel,
)

Outcome = gateway.Result | Suppressed


@dataclass
class Delivered:
    """What a run of `deliver` did, in messages."""

    sent: int = 0
    rejected: int = 0
    postponed: int = 0
    unknown: int = 0
    suppressed: int = 0
    held: int = 0
    # The run ended for its time, not for want of work.
    more: bool = False


@dataclass
class Replayed:
    """What a run of `replay` found left over."""

    leases_expired: int = 0
    dead: int = 0
    reported: int = 0


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
    channel: str = "sms",
) -> dict[str, Any]:
    """The row of an SMS, or of an e-mail (`channel`), to be queued.

    recipient: E.164; None stands for the number sealed with the case, which the worker opens.
    words: an office's own words (open cases only), kept encrypted. priority: 0 goes first; what
    nobody asked for never does.
    """
    row, kind = uuid4(), sending.kind(template)
    # A letter wakes nobody.
    quiet = channel == "sms"
    at = sending.earliest(kind, now, sms_limits.quiet_hours()) if quiet else now
    return {
        "id": row,
        "dedupe": dedupe,
        "channel": channel,
        "case_id": case_id,
        "recipient": identity.seal(recipient, place(row, "recipient")) if recipient else None,
        "language": language,
        "template": template,
        "values": dict(values),
        "words": identity.seal(words, place(row, "words")) if words is not None else None,
        "priority": max(priority, 1) if kind is Kind.NOTICE else priority,
        "state": "queued",
        "attempts": 0,
        "unknown_attempts": 0,
        "next_attempt_at": at,
        "created_at": now,
        "held": sending.QUIET if at > now else None,
    }


def dedupe(key: str, channel: str) -> str:
    """The key under which a message is owed by one of its ways."""
    return key if channel == "sms" else f"{channel}:{key}"


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
    """Send what is due, a few at a time, each by a sender with its own lease.

    A run begins with one sender and has twice as many after each success, up to SMS_SENDERS; a
    failure that stands against every message brings it back to one. So an outage is found out by
    one message, and after a kill at most SMS_SENDERS outcomes are unknown.
    """
    done, begun = Delivered(), time.monotonic()

    def moment() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    most: int = current_app.config["SMS_SENDERS"]
    senders, dry = 1, False
    # A gateway that is out does not hold up the mail, nor the other way round.
    failures: Counter[str] = Counter()
    flying: set[Future[tuple[str, Outcome | PutOff | None]]] = set()
    # Those on their way when something failed: that they arrived says nothing of what comes after.
    before: set[Future[tuple[str, Outcome | PutOff | None]]] = set()
    with ThreadPoolExecutor(most, "outbox") as pool:
        while True:
            done.more = time.monotonic() - begun >= seconds and not dry
            out = [name for name, number in failures.items() if number >= FAILURES_IN_A_ROW]
            while len(flying) < senders and not dry and not done.more:
                flying.add(pool.submit(_send_one, app, moment, out))
            if not flying:
                return done
            landed, flying = wait(flying, return_when=FIRST_COMPLETED)
            for each in landed:
                channel, result = each.result()
                if result is None:
                    dry = True
                    continue
                _count(done, result)
                outage = isinstance(result, gateway.Unknown) or (
                    isinstance(result, gateway.Transient) and result.everyone
                )
                if outage:
                    failures[channel] += 1
                    senders, before = 1, set(flying)
                elif each not in before:
                    failures[channel] = 0
                    senders = min(most, senders * 2)


def _send_one(
    app: Flask, moment: Callable[[], datetime], out: list[str]
) -> tuple[str, Outcome | PutOff | None]:
    """Lease, commit, send, finish: one row, in a context of its own, but for the channels that are
    out; answers its channel and what became of it, None when none is due."""
    with app.app_context():
        row = leasing.lease(moment(), out)
        if row is None or isinstance(row, PutOff):
            return row.channel if row else "", row
        result = row.outcome or _send(row)
        _finish(row, result, moment())
        return row.channel, result


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
        buried = db.session.execute(
            update(m.Outbox)
            .where(
                m.Outbox.state == "unknown",
                m.Outbox.unknown_attempts >= MOST_UNKNOWN,
                m.Outbox.next_attempt_at <= now,
            )
            .values(state="dead", finished_at=now)
            .returning(*ENDED)
        ).all()
        for row in buried:
            _ended(row, now)
        found.dead = len(buried)
    if found.leases_expired or found.dead:
        log.warning("outbox_replayed", **asdict(found))
    return found


def _send(row: Leased) -> gateway.Result:
    if row.letter is not None:
        return mail.send(current_app.config, row.to, row.letter)
    parts = texts.parts(row.text)
    return gateway.send(current_app.config, row.to, row.text, str(row.id), row.link_id, parts)


def _finish(row: Leased, result: Outcome, now: datetime) -> None:
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
        values = _outcome(result, row, unknown, stands.created_at, now)
        ended = db.session.execute(
            update(m.Outbox).where(m.Outbox.id == row.id).values(**values).returning(*ENDED)
        ).one()
        _ended(ended, now)


def _ended(row: Any, now: datetime) -> None:
    """What did not arrive is told to the desk; what will not be tried again, to administrators."""
    if row.state == "dead":
        marks.alarm(f"outbox:{row.id}", "outbox_dead", now, again=True)
    if row.channel == "sms":
        problem = reports.problem(row.state, row.status_code, row.unknown_attempts)
    else:
        problem = reports.mail_problem(row.state, row.unknown_attempts)
    if problem:
        unreached.note(row, problem, now)


def _outcome(
    result: Outcome, row: Leased, unknown: int, created_at: datetime, now: datetime
) -> dict[str, Any]:
    """The columns that an outcome sets. `unknown`: earlier attempts whose outcome is unknown."""
    values: dict[str, Any] = {"status_code": result.code, "unknown_attempts": unknown}
    ends = {"finished_at": now, "lease_token": None}
    match result:
        case gateway.Accepted():
            values |= {
                "state": "sent",
                "provider_id": result.provider_id,
                **sms_costs.columns(result),
            }
            values |= ends
        case Suppressed():
            values |= {"state": "suppressed"} | ends
        case gateway.Rejected():
            values |= {"state": "failed"} | ends
        case gateway.Unknown():
            values |= {
                "state": "unknown",
                "unknown_attempts": unknown + 1,
                "next_attempt_at": now + UNKNOWN_WAIT,
            }
        case gateway.Transient() if now - created_at > GIVE_UP:
            values |= {"state": "dead"} | ends
        case gateway.Transient():
            at = now + _backoff(row)
            values |= {"state": "queued", "next_attempt_at": at, "lease_token": None}
    return values


def _backoff(row: Leased) -> timedelta:
    doublings: int = min(row.attempts - 1, 10)
    longer = 1 + SPREAD * (row.id.int % 1_000) / 1_000
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_BACKOFF) * longer


def _count(done: Delivered, result: Outcome | PutOff) -> None:
    match result:
        case gateway.Accepted():
            done.sent += 1
        case gateway.Rejected():
            done.rejected += 1
        case gateway.Transient():
            done.postponed += 1
        case gateway.Unknown():
            done.unknown += 1
        case Suppressed():
            done.suppressed += 1
        case PutOff():
            done.held += 1
