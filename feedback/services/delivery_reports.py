"""Delivery reports: stored as they come, compared with the outbox by the worker.

They come early, twice, late, out of order, forged, and for messages that are none of ours. A report
moves a message that the gateway took to delivered, failed or expired, by the order of
`rules.reports` and not by the order in which they came; it never touches a case. One that names
another number than the message's is no report of it. For a send whose answer was lost the gateway's
id is not known: there a report for the same number that fits no other message tells that it was
taken, and saves the second copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    column,
    delete,
    func,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import reports
from feedback.services import identity, unreached

log = structlog.get_logger()

# `migrations/sql/gateway.sql` tells why this one stands outside the models.
REPORT = table(
    "delivery_report",
    *(
        column(name)
        for name in ("provider_id", "status", "network_code", "number_hash", "reason", "at")
    ),
    schema="guard",
)
# A letter's id stands in its head, where whoever got it reads it; no mail server reports here.
IS_SMS = m.Outbox.channel == "sms"
KEEP = timedelta(days=1)
# A report younger than this may belong to a send that is still under way.
SETTLED = timedelta(seconds=60)
MOST = 1_000

NumberOf = Callable[[UUID, bytes | None, UUID | None], str | None]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message whose fate is unknown, and since when it may have been taken."""

    row: Any
    number_hash: bytes


def receive(
    provider_id: str,
    status: str,
    number: str,
    reason: str,
    now: datetime,
    network_code: str | None = None,
) -> bool:
    """Store a report (principal: hook); False for what is no report that we know.

    network_code: as it came, known or not.
    """
    if status not in reports.STATUSES or not provider_id:
        return False
    named = identity.normalise_number(number) or number.strip()
    db.session.execute(
        insert(REPORT)
        .values(
            provider_id=provider_id,
            status=status,
            network_code=network_code,
            number_hash=identity.number_hash(named) if named else None,
            reason=reason or None,
            at=now,
        )
        .on_conflict_do_nothing()
    )
    return True


def settle(now: datetime, number_of: NumberOf) -> int:
    """Compare what came in with the outbox (worker); answers how many messages it moved."""
    _note_networks()
    moved = _by_id(now, number_of)
    moved += _by_number(now, number_of)
    db.session.execute(delete(REPORT).where(REPORT.c.at < now - KEEP))
    return moved


def _note_networks() -> None:
    """Keep the network's code with the message. Where reports name two, as after a number was
    carried over, it is the same one whatever their order."""
    named = (
        select(REPORT.c.provider_id, func.min(REPORT.c.network_code).label("network_code"))
        .where(REPORT.c.network_code.is_not(None))
        .group_by(REPORT.c.provider_id)
        .subquery()
    )
    db.session.execute(
        update(m.Outbox)
        .where(m.Outbox.provider_id == named.c.provider_id, IS_SMS)
        .values(network_code=func.least(m.Outbox.network_code, named.c.network_code))
    )


def _by_id(now: datetime, number_of: NumberOf) -> int:
    """Reports of messages whose id is known: each is taken out of the list, once."""
    place: ColumnElement[Any] = literal_column("delivery_report.ctid")
    known = (
        select(place)
        .select_from(REPORT.join(m.Outbox, m.Outbox.provider_id == REPORT.c.provider_id))
        .where(IS_SMS)
        .order_by(REPORT.c.at)
        .limit(MOST)
    )
    taken = db.session.execute(delete(REPORT).where(place.in_(known)).returning(*REPORT.c)).all()
    if not taken:
        return 0
    given: dict[str, list[Any]] = {}
    for each in taken:
        given.setdefault(each.provider_id, []).append(each)
    return sum(_apply_all(row, given[row.provider_id], number_of, now) for row in _locked(given))


def _locked(provider_ids: Iterable[str]) -> list[Any]:
    """Messages by the gateway's ids, held until this transaction ends."""
    found = (
        select(m.Outbox.__table__)
        .where(m.Outbox.provider_id.in_(provider_ids), IS_SMS)
        .order_by(m.Outbox.id)
        .with_for_update()
    )
    return list(db.session.execute(found))


def _by_number(now: datetime, number_of: NumberOf) -> int:
    loose = db.session.execute(
        select(*REPORT.c)
        .where(REPORT.c.number_hash.is_not(None), REPORT.c.at <= now - SETTLED)
        .order_by(REPORT.c.at)
        .limit(MOST)
    ).all()
    if not loose:
        return 0
    moved = 0
    waiting = _waiting(number_of)
    for provider_id in dict.fromkeys(report.provider_id for report in loose):
        own = [report for report in loose if report.provider_id == provider_id]
        first = own[0]
        fitting = (
            w
            for w in waiting
            if w.number_hash == bytes(first.number_hash) and w.row.created_at <= first.at
        )
        found = next(fitting, None)
        if found is None:
            continue
        waiting.remove(found)
        row = db.session.execute(
            update(m.Outbox)
            .where(m.Outbox.id == found.row.id)
            .values(
                state="sent",
                provider_id=provider_id,
                lease_token=None,
                finished_at=first.at,
                held=None,
            )
            .returning(m.Outbox.__table__)
        ).one()
        _apply_all(row, own, number_of, now)
        db.session.execute(
            delete(REPORT).where(REPORT.c.provider_id == provider_id, REPORT.c.at <= own[-1].at)
        )
        moved += 1
    return moved


def _waiting(number_of: NumberOf) -> list[_Waiting]:
    """Messages that may have been taken, the oldest first; locked against a second copy."""
    rows = db.session.execute(
        select(m.Outbox.__table__)
        .where(
            IS_SMS,
            m.Outbox.unknown_attempts > 0,
            m.Outbox.state.in_(("queued", "unknown")),
        )
        .order_by(m.Outbox.created_at)
        .limit(MOST)
        .with_for_update(skip_locked=True)
    )
    waiting = []
    for row in rows:
        number_hash = _number_hash(row, number_of)
        if number_hash is not None:
            waiting.append(_Waiting(row, number_hash))
    return waiting


def _number_hash(row: Any, number_of: NumberOf) -> bytes | None:
    """Keyed hash of the number that a message went to, while there is one."""
    try:
        number = number_of(row.id, row.recipient, row.case_id)
    except identity.CannotUnseal:
        log.warning("outbox_number_sealed_by_lost_key")
        return None
    return None if number is None else identity.number_hash(number)


def _apply_all(row: Any, given: list[Any], number_of: NumberOf, now: datetime) -> int:
    """Let the report that counts most move the message; 1 when it moved. `row`: locked."""
    mine = _number_hash(row, number_of) if any(each.number_hash for each in given) else None
    taken_at = row.finished_at or row.created_at
    code: str | None = None
    for each in given:
        said = reports.code(each.status, each.reason)
        if said is None or not reports.counts(each.at, taken_at):
            continue
        if each.number_hash is not None and bytes(each.number_hash) != mine:
            log.warning("report_of_another_number")
            continue
        if reports.moves(code, said):
            code = said
    if code is None or not _moves(row, code):
        return 0
    moved = db.session.execute(
        update(m.Outbox)
        .where(m.Outbox.id == row.id)
        .values(
            state=reports.state(code),
            status_code=code,
            finished_at=row.finished_at or now,
            lease_token=None,
            held=None,
        )
        .returning(m.Outbox.__table__)
    ).one()
    problem = reports.problem(moved.state, code, moved.unknown_attempts)
    if problem is None:
        unreached.reached(row.id, now)
    else:
        unreached.note(moved, problem, now)
    return 1


def _moves(row: Any, code: str) -> bool:
    """Whether a report changes where the message stands. Where no report decided that (it waits to
    be sent again, or was refused the second time), the copy sent before may still have arrived."""
    if row.state == "sent":
        return True
    if row.state in ("failed", "expired") and row.status_code in reports.RANK:
        return reports.moves(row.status_code, code)
    return row.state in ("queued", "unknown", "dead", "failed") and code == reports.SUCCESS
