"""Signed heads of the record's chain, kept outside the database.

Whoever owns the database could cut the newest entries off together with their links, or, with the
keys as well, write a whole chain anew. Neither fits the heads that were written down elsewhere. A
head tells how far the chain had come and what its last link was; Ed25519 under a key derived from
the record's keys signs it, so that the public key is enough to check one kept on paper.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit
from feedback.services.audit import AuditReport

EVERY = timedelta(minutes=1)
"""At most one head in so long, and as much of the newest record could be cut off unnoticed."""
TAIL = 4_096  # bytes at a file's end in which its last whole line stands
BATCH = 1_000


class Mismatch(Exception):
    """The chain is not the one of the last head: nothing more is written down over it."""


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain had come.

    number: the running number in its file, so that a line taken out shows; 0 for one printed.
    position: the last link, which is also how many entries were sealed. chain, signature: hex.
    """

    number: int
    at: datetime
    position: int
    chain: str
    key_id: str
    signature: str = ""

    def line(self) -> bytes:
        """The head as a line of its file."""
        told = {**asdict(self), "at": self.at.astimezone(UTC).isoformat(timespec="seconds")}
        return (json.dumps(told, sort_keys=True) + "\n").encode()


@lru_cache(maxsize=16)
def _signer(key: bytes) -> Ed25519PrivateKey:
    derived = HKDF(hashes.SHA256(), 32, None, b"e-mrejesho: heads of the record").derive(key)
    return Ed25519PrivateKey.from_private_bytes(derived)


def _signed_part(head: Head) -> bytes:
    at = head.at.astimezone(UTC).isoformat(timespec="seconds")
    return audit.canonical([str(head.number), at, str(head.position), head.chain, head.key_id])


def public_key(key_id: str) -> str:
    """The public half of a key that signs, hex: who keeps heads elsewhere keeps it with them."""
    key: bytes = current_app.config["AUDIT_KEYS"][key_id]
    return _signer(key).public_key().public_bytes_raw().hex()


def present(now: datetime, number: int = 0) -> Head | None:
    """The head as it is now, signed; None while nothing is sealed (worker, auditor)."""
    last = db.session.execute(
        select(m.AuditLink.position, m.AuditLink.chain)
        .order_by(m.AuditLink.position.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return None
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    key_id, key = next(iter(keys.items()))
    at = now.replace(microsecond=0)
    bare = Head(number, at, last.position, bytes(last.chain).hex(), key_id)
    signature = _signer(key).sign(_signed_part(bare)).hex()
    return Head(number, at, bare.position, bare.chain, key_id, signature)


def append(path: Path, now: datetime, *, at_once: bool = False) -> Head | None:
    """Write the present head behind those in the file, if one is due (worker).

    Due is one when the chain went on and the last is a minute old; `at_once`: however young it
    is. Workers of one machine take turns on the file's lock. The first head of a file leaves an
    entry in the record, so that a file that is gone shows. Raises Mismatch, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last, whole = _last(file)
        head = present(now, last.number + 1 if last else 1)
        if last is not None:
            if _chain_at([last.position]).get(last.position) != last.chain:
                raise Mismatch
            if head is None or head.position == last.position:
                return None
            if not at_once and now - last.at < EVERY:
                return None
        if head is None:
            return None
        # A line that a failing machine cut short stays behind, by itself on its line.
        file.write(head.line() if whole else b"\n" + head.line())
        os.fsync(file.fileno())
    if last is None:
        audit.record("heads_begun", now=now)
    return head


def _last(file: BinaryIO) -> tuple[Head | None, bool]:
    """The last head of a file, and whether its last line is a whole one."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    heads = [head for line in tail.splitlines() if (head := _parse(line))]
    return (heads[-1] if heads else None), not tail or tail.endswith(b"\n")


def _parse(line: bytes) -> Head | None:
    try:
        told = json.loads(line)
        at = datetime.fromisoformat(told["at"])
        return Head(
            int(told["number"]),
            at if at.tzinfo else at.replace(tzinfo=UTC),
            int(told["position"]),
            str(told["chain"]),
            str(told["key_id"]),
            str(told["signature"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def read(path: Path) -> list[Head]:
    """The heads of a file, in its order; lines that are none are passed over: the running
    numbers tell whether one is missing. Raises OSError."""
    return [head for line in path.read_bytes().splitlines() if (head := _parse(line))]


def _chain_at(positions: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(positions), BATCH):
        rows = db.session.execute(
            select(m.AuditLink.position, m.AuditLink.chain).where(
                m.AuditLink.position.in_(positions[start : start + BATCH])
            )
        )
        found |= {row.position: bytes(row.chain).hex() for row in rows}
    return found


def compare(report: AuditReport, heads: Sequence[Head]) -> None:
    """Add to the report where the chain is not the one that the heads were taken from.

    No heads at all are a problem where the record says that they were begun.
    """
    keys: dict[str, bytes] = current_app.config["AUDIT_KEYS"]
    report.heads = len(heads)
    if not heads and _begun():
        report.problems.append("signed heads were begun, and none is there")
    stands = _chain_at([head.position for head in heads])
    number = 0
    for head in heads:
        key = keys.get(head.key_id)
        if key is None or not _is_signed(head, key):
            report.problems.append(f"head {head.number} is not signed by a known key")
            continue
        if number and head.number and head.number != number + 1:
            report.problems.append(f"heads between {number} and {head.number} are missing")
        number = head.number or number
        if head.position not in stands:
            report.problems.append(f"the chain is cut before position {head.position}")
        elif stands[head.position] != head.chain:
            report.problems.append(f"position {head.position} is not the one written down")


def _is_signed(head: Head, key: bytes) -> bool:
    try:
        signature = bytes.fromhex(head.signature)
        _signer(key).public_key().verify(signature, _signed_part(head))
    except (InvalidSignature, ValueError):
        return False
    return True


def _begun() -> bool:
    begun = select(func.count()).where(m.AuditEntry.act == "heads_begun")
    return db.session.scalars(begun).one() > 0
