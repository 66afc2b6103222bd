"""Delivery reports: stored as they come, compared with the outbox by the worker.

They come early, twice, out of order and for messages that are none of ours. A report moves a
message that the gateway took to delivered or failed, once; it never touches a case. For a send
whose answer was lost the gateway's id is not known: there a report for the same number that fits
no other message tells that it was taken, and saves the second copy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import column, delete, or_, select, table, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import identity

log = structlog.get_logger()

# `migrations/sql/gateway.sql` tells why this one stands outside the models.
REPORT = table(
    "delivery_report",
    *(column(name) for name in ("provider_id", "status", "number_hash", "reason", "at")),
    schema="guard",
)
# "Success" there means on the handset; Sent, Submitted and Buffered are on the way.
DELIVERED = frozenset({"Success"})
FAILED = frozenset({"Failed", "Rejected", "AbsentSubscriber", "Expired"})
UNDERWAY = frozenset({"Sent", "Submitted", "Buffered"})
KEEP = timedelta(days=1)
# A report younger than this may belong to a send that is still under way.
SETTLED = timedelta(seconds=60)
MOST = 1_000

NumberOf = Callable[[UUID, bytes | None, UUID | None], str | None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message whose fate is unknown, and since when it may have been taken."""

    id: UUID
    number_hash: bytes
    since: datetime


def receive(provider_id: str, status: str, number: str, reason: str, now: datetime) -> bool:
    """Store a report (principal: hook); False for what is no report that we know."""
    if status not in DELIVERED | FAILED | UNDERWAY or not provider_id:
        return False
    e164 = identity.normalise_number(number)
    db.session.execute(
        insert(REPORT)
        .values(
            provider_id=provider_id,
            status=status,
            number_hash=identity.number_hash(e164) if e164 else None,
            reason=reason or None,
            at=now,
        )
        .on_conflict_do_nothing()
    )
    return True


def settle(now: datetime, number_of: NumberOf) -> int:
    """Compare what came in with the outbox (worker); answers how many messages it moved."""
    moved = _by_id(now)
    moved += _by_number(now, number_of)
    db.session.execute(delete(REPORT).where(REPORT.c.at < now - KEEP))
    return moved


def _by_id(now: datetime) -> int:
    moved = 0
    rows = db.session.execute(
        select(REPORT.c.provider_id, REPORT.c.status, m.Outbox.id, m.Outbox.state)
        .join(m.Outbox, m.Outbox.provider_id == REPORT.c.provider_id)
        .order_by(REPORT.c.at)
        .limit(MOST)
    ).all()
    for row in rows:
        moved += _apply(row.id, row.status, now)
        _forget(row.provider_id, row.status)
    return moved


def _by_number(now: datetime, number_of: NumberOf) -> int:
    loose = db.session.execute(
        select(REPORT.c.provider_id, REPORT.c.status, REPORT.c.number_hash, REPORT.c.at)
        .where(REPORT.c.number_hash.is_not(None), REPORT.c.at <= now - SETTLED)
        .order_by(REPORT.c.at)
        .limit(MOST)
    ).all()
    if not loose:
        return 0
    moved = 0
    claimed: dict[str, UUID] = {}
    waiting = _waiting(number_of)
    for report in loose:
        row = claimed.get(report.provider_id)
        if row is None:
            fitting = (
                w
                for w in waiting
                if w.number_hash == bytes(report.number_hash) and w.since <= report.at
            )
            found = next(fitting, None)
            if found is None:
                continue
            waiting.remove(found)
            row = claimed[report.provider_id] = found.id
            db.session.execute(
                update(m.Outbox)
                .where(m.Outbox.id == row)
                .values(
                    state="sent",
                    provider_id=report.provider_id,
                    lease_token=None,
                    finished_at=now,
                )
            )
            moved += 1
        _apply(row, report.status, now)
        _forget(report.provider_id, report.status)
    return moved


def _waiting(number_of: NumberOf) -> list[_Waiting]:
    """Messages that may have been taken, the oldest first; locked against a second copy."""
    rows = db.session.execute(
        select(m.Outbox.id, m.Outbox.recipient, m.Outbox.case_id, m.Outbox.created_at)
        .where(
            m.Outbox.channel == "sms",
            or_(
                m.Outbox.state == "unknown",
                (m.Outbox.state == "queued") & (m.Outbox.unknown_attempts > 0),
            ),
        )
        .order_by(m.Outbox.created_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    waiting = []
    for row in rows:
        try:
            number = number_of(row.id, row.recipient, row.case_id)
        except identity.CannotUnseal:
            log.warning("outbox_number_sealed_by_lost_key")
            continue
        if number is not None:
            waiting.append(_Waiting(row.id, identity.number_hash(number), row.created_at))
    return waiting


def _apply(row: UUID, status: str, now: datetime) -> int:
    """Move a sent message to its final state; 1 when it moved."""
    if status in UNDERWAY:
        return 0
    result = db.session.execute(
        update(m.Outbox)
        .where(m.Outbox.id == row, m.Outbox.state == "sent")
        .values(
            state="delivered" if status in DELIVERED else "failed",
            status_code=status,
            finished_at=now,
        )
        .returning(m.Outbox.id)
    )
    return len(result.all())


def _forget(provider_id: str, status: str) -> None:
    db.session.execute(
        delete(REPORT).where(REPORT.c.provider_id == provider_id, REPORT.c.status == status)
    )
