"""The append-only record: who did and saw what, without personal data.

Each entry carries a keyed hash of its own content. A worker chains committed entries: link n is a
keyed hash over link n-1 and entry n, so that an edit, a swap or a removal shows. Transactions
never wait for the chain's head; the tail not yet chained is bounded by the job's period.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text

from feedback import clock, transaction
from feedback import models as m
from feedback.extensions import db

CHAIN_BATCH = 2_000
CHAIN_LOCK = 7_301_946  # any fixed number: two workers that chain at once take turns on it
GENESIS = bytes(32)
IDENTITY_LOOKED = "identity_looked"
"""The act of reading a sealed identity; its details name the `fields`."""
CASE_LOOKS = (
    "looked",
    "looked_to_decide",
    "looked_at_extract",
    "looked_for_opinion",
    "file_read",
)
"""Looks at a case: its page or letter (`words` tells whether its words were on it), its words for
a decision about an exclusion, an extract, a file."""
FOUND = "found_by_words"
"""A search showed some words of a case. No look at the case of its own accord: an odd pattern is
told from CASE_LOOKS, not from what a search brought up beside the case that was meant."""
LOOKS = (*CASE_LOOKS, IDENTITY_LOOKED, FOUND)


def canonical(parts: list[str]) -> bytes:
    """Length-prefixed, so that no two different records give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _content(row: dict[str, Any]) -> bytes:
    details = row["details"]
    return canonical(
        [
            str(row["id"]),
            row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            row["act"],
            row["actor_kind"],
            str(row["actor_id"] or ""),
            str(row["case_id"] or ""),
            *(f"{key}={json.dumps(details[key])}" for key in sorted(details)),
        ]
    )


def entry(
    act: str, case_id: UUID | None, now: datetime, details: dict[str, str | int]
) -> dict[str, Any]:
    """One row of the record for the present principal, with its keyed hash."""
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    key_id, key = next(iter(keys.items()))
    principal = transaction.current()
    if principal.channel:
        details = {**details, "channel": principal.channel}
    row: dict[str, Any] = {
        "id": uuid4(),
        "at": now,
        "act": act,
        "actor_kind": principal.kind,
        "actor_id": principal.officer,
        "case_id": case_id,
        "details": details,
        "key_id": key_id,
    }
    row["mac"] = hmac.digest(key, _content(row), hashlib.sha256)
    return row


def record(
    act: str, case_id: UUID | None = None, *, now: datetime | None = None, **details: str | int
) -> None:
    """Add an entry in this transaction. `details` hold codes and numbers, no personal data."""
    row = entry(act, case_id, now or clock.now(), details)
    db.session.execute(insert(m.AuditEntry).values(row))


def record_all(rows: list[dict[str, Any]]) -> None:
    """Add many entries at once (made by `entry`)."""
    if rows:
        db.session.execute(insert(m.AuditEntry), rows)


def chain(now: datetime) -> int:
    """Link entries that are committed and not yet chained; answers how many (worker only)."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    key_id, key = next(iter(keys.items()))
    last = db.session.execute(
        select(m.AuditLink.position, m.AuditLink.chain)
        .order_by(m.AuditLink.position.desc())
        .limit(1)
    ).one_or_none()
    position, before = (last.position, bytes(last.chain)) if last else (0, GENESIS)
    waiting = db.session.execute(
        select(m.AuditEntry.id, m.AuditEntry.mac)
        .join(m.AuditTail, m.AuditTail.entry_id == m.AuditEntry.id)
        .where(_may_be_chained(now))
        .order_by(m.AuditEntry.at, m.AuditEntry.id)
        .limit(CHAIN_BATCH)
    )
    links = []
    for row in waiting:
        position += 1
        before = _link(key, position, before, bytes(row.mac))
        links.append({"position": position, "entry_id": row.id, "key_id": key_id, "chain": before})
    if links:
        db.session.execute(insert(m.AuditLink), links)
        done = [link["entry_id"] for link in links]
        db.session.execute(delete(m.AuditTail).where(m.AuditTail.entry_id.in_(done)))
    return len(links)


def _may_be_chained(now: datetime) -> ColumnElement[bool]:
    """Not yet what an unknown citizen did today: those entries carry the day alone, and their place
    between others in the chain would tell the hour. They are chained when the day is over."""
    at = m.AuditEntry.at
    day = func.date_trunc("day", at, clock.DAR_ES_SALAAM.key)
    return or_(at != day, at < clock.day_start(now))


def _link(key: bytes, position: int, before: bytes, mac: bytes) -> bytes:
    return hmac.digest(key, position.to_bytes(8, "big") + before + mac, hashlib.sha256)


@dataclass
class AuditReport:
    """What `verify` found; `problems` name positions and ids, nothing else."""

    entries: int = 0
    chained: int = 0
    heads: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def verify() -> AuditReport:
    """Check each entry's keyed hash and the whole chain, in order (worker, auditor).

    What it cannot tell by itself: that the newest entries were taken away together with their
    links, or that all was written anew with the keys. `audit_heads.compare` can.
    """
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    report = AuditReport()
    hidden = _hidden()
    seen = db.session.scalars(select(func.count()).select_from(m.AuditEntry)).one()
    report.entries = seen + len(hidden)
    before, expected = GENESIS, 0
    rows = db.session.execute(
        select(
            m.AuditLink.position,
            m.AuditLink.chain,
            m.AuditLink.key_id,
            m.AuditLink.entry_id,
            m.AuditEntry.__table__,
        )
        .outerjoin(m.AuditEntry, m.AuditEntry.id == m.AuditLink.entry_id)
        .order_by(m.AuditLink.position)
        .execution_options(yield_per=2_000)
    ).mappings()
    for row in rows:
        expected += 1
        report.chained += 1
        if row["position"] != expected:
            report.problems.append(f"position {expected} is missing")
            expected = row["position"]
        link_key = keys.get(row["key_id"])
        mac = hidden.get(row["entry_id"]) or _checked(row, keys, report)
        if mac is None or link_key is None:
            report.problems.append(f"position {expected}: entry or key is not known")
        elif _link(link_key, expected, before, mac) != bytes(row["chain"]):
            report.problems.append(f"the chain breaks at position {expected}")
        before = bytes(row["chain"])
    _verify_unchained(report)
    return report


def _hidden() -> dict[UUID, bytes]:
    """Keyed hashes of the entries that the present auditor may not read: their place in the chain
    can be checked, their content by others."""
    if transaction.current().kind != "officer":
        return {}
    rows = db.session.execute(text("SELECT entry_id, mac FROM guard.hidden_macs()"))
    return {row.entry_id: bytes(row.mac) for row in rows}


def _checked(row: Any, keys: dict[str, bytes], report: AuditReport) -> bytes | None:
    """The keyed hash that an entry carries, after a look whether it fits the entry."""
    key = keys.get(row["key_id_1"])
    if key is None:
        return None
    if not hmac.compare_digest(
        hmac.digest(key, _content(dict(row)), hashlib.sha256), bytes(row["mac"])
    ):
        report.problems.append(f"entry {row['id']} was changed")
    return bytes(row["mac"])


def _verify_unchained(report: AuditReport) -> None:
    """Entries without a link are the newest, which wait for the chain; none other may be."""
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    entry, link, tail = m.AuditEntry.__table__, m.AuditLink, m.AuditTail
    rows = db.session.execute(
        select(entry, tail.entry_id.label("waits"))
        .outerjoin(link, link.entry_id == entry.c.id)
        .outerjoin(tail, tail.entry_id == entry.c.id)
        .where(link.position.is_(None))
        .execution_options(yield_per=2_000)
    ).mappings()
    for row in rows:
        key = keys.get(row["key_id"])
        mac = hmac.digest(key, _content(dict(row)), hashlib.sha256) if key else b""
        if not hmac.compare_digest(mac, bytes(row["mac"])):
            report.problems.append(f"entry {row['id']} was changed")
        if row["waits"] is None:
            report.problems.append(f"entry {row['id']} stands outside the chain")
