"""Wrong tries of a citizen's secret: counted by what was tried and from where, and slowed down.

Who tries codes for another's reference slows down nobody but himself and those behind his own
address: fifty bits stand against guessing from many. Principal: receipt-check, or the worker's job.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db

# The delay after wrong tries for one reference from one place: none for the first three, then
# doubling, and capped.
FREE_TRIES = 3
FIRST_DELAY = 4  # seconds
LONGEST_DELAY = 120  # seconds
PILES = 20  # bits: wrong tries are counted in so many piles, whatever is made up
NOTHING = "?"
"""What cannot be a reference is one pile: its tries must not slow anybody down."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong codes for this reference from here: try again in so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Tries:
    """Where the tries of one question are counted, and which of these hold any."""

    piles: Sequence[str]
    begun: frozenset[str]


def delay(failures: int) -> timedelta:
    """How long one rests who gave so many wrong codes for a reference in a row."""
    if failures < FREE_TRIES:
        return timedelta()
    return timedelta(seconds=min(FIRST_DELAY * 2 ** (failures - FREE_TRIES), LONGEST_DELAY))


def look(reference: str, source: str, caller: str, now: datetime) -> Tries | Wait:
    """The tries for a reference so far, or how long to wait.

    source: the address from which it is asked. caller: instead, a phone number, whose wrong codes
    count for it too, whatever reference they were for.
    """
    piles = [_pile(reference, caller or source)]
    piles += [f"n{_pile(caller, caller)}"] if caller else ()
    attempts = {
        row.reference: row
        for row in db.session.execute(
            select(
                m.ReceiptAttempt.reference, m.ReceiptAttempt.failures, m.ReceiptAttempt.last_at
            ).where(m.ReceiptAttempt.reference.in_(piles))
        )
    }
    left = [
        attempt.last_at + delay(attempt.failures) - now
        for pile, attempt in attempts.items()
        if pile != NOTHING
    ]
    if left and max(left) > timedelta():
        return Wait(int(max(left).total_seconds()) + 1)
    return Tries(piles, frozenset(attempts))


def count(tries: Tries, *, right: bool, now: datetime) -> None:
    """Write down how the try went. A right code clears its own reference alone: nobody with a case
    of his own clears his number."""
    touched = [each for each in tries.piles[:1] if each in tries.begun] if right else tries.piles
    if not touched:
        return
    statement = insert(m.ReceiptAttempt).values(
        [{"reference": each, "failures": int(not right), "last_at": now} for each in touched]
    )
    failures = 0 if right else m.ReceiptAttempt.failures + 1
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["reference"], set_={"failures": failures, "last_at": now}
        )
    )


def _pile(reference: str, source: str) -> str:
    """Where the tries for a reference from one place are counted: by a keyed hash, one of a
    million piles.

    So the table cannot grow past them, tells nobody which references were tried or from where, and
    who does not have the key cannot choose a made-up reference that slows a given citizen down.
    """
    if reference == NOTHING:
        return reference
    tries = f"tries:{reference}:{_network(source)}".encode()
    digest = hmac.digest(current_app.config["RECEIPT_KEY"], tries, "sha256")
    return f"{int.from_bytes(digest[:4], 'big') >> (32 - PILES):05x}"


def _network(source: str) -> str:
    """An address, or a phone number; of an address of the new kind its network, in which one
    visitor has as many as he likes, unless it is one of the old kind written as a new one."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))
