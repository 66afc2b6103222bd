"""Growing delays after wrong logins, by account, by address, and by both.

Counts stand in the database, so that every web process knows them and a restart forgives nothing.
Their keys are keyed hashes: who tried from where is not written down. What is counted decays: a
quiet hour forgets it. No delay is longer than a quarter of an hour, and a browser in which the
account was used before waits for its own mistakes only, so that a stranger who keeps on guessing
cannot keep an official out.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db

FORGET_AFTER = timedelta(hours=1)
STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many wrong attempts are free; each further one doubles the wait, up to `most`."""

    free: int
    most: timedelta


HERE = Allowance(5, timedelta(minutes=15))  # one account, from one address or one known browser
ADDRESS = Allowance(30, timedelta(minutes=15))  # all accounts: an office shares one address
ACCOUNT = Allowance(15, timedelta(minutes=5))  # all addresses
CODE = Allowance(5, timedelta(minutes=15))  # the second step, after a right password


@dataclass(frozen=True, slots=True)
class Watch:
    """The counts that one attempt falls under."""

    keys: tuple[tuple[str, Allowance], ...]


def at_login(username: str, address: str, device: str | None) -> Watch:
    """What a login is held back by; `device` names a browser known for this account."""
    name = username.strip().casefold()
    if device is not None:
        return Watch(((_key("device", name, device), HERE),))
    return Watch(
        (
            (_key("here", name, address), HERE),
            (_key("address", address), ADDRESS),
            (_key("account", name), ACCOUNT),
        )
    )


def at_code(officer_id: int) -> Watch:
    """What the second step is held back by."""
    return Watch(((_key("code", str(officer_id)), CODE),))


def waiting(watch: Watch, now: datetime) -> timedelta:
    """How long the next attempt has to wait; zero when it may be made (principal: login)."""
    longest = timedelta(0)
    counts = _counts(watch)
    for key, allowance in watch.keys:
        failures, last_at = counts.get(key, (0, now))
        if now - last_at < FORGET_AFTER:
            longest = max(longest, last_at + _wait(failures, allowance) - now)
    return longest


def failed(watch: Watch, now: datetime) -> None:
    """Count a wrong attempt."""
    table = m.LoginAttempt
    # Always in one order, so that two attempts at once do not wait for each other.
    for key, _ in sorted(watch.keys, key=lambda pair: pair[0]):
        row = insert(table).values(key=key, failures=1, last_at=now)
        stale = table.last_at < now - FORGET_AFTER
        db.session.execute(
            row.on_conflict_do_update(
                index_elements=[table.key],
                set_={"failures": case((stale, 1), else_=table.failures + 1), "last_at": now},
            )
        )


def succeeded(watch: Watch, now: datetime) -> None:
    """A right attempt forgives those of this account here; the address keeps its count, else one
    own account would be enough to try many others."""
    mine = m.LoginAttempt.key == watch.keys[0][0]
    db.session.execute(update(m.LoginAttempt).where(mine).values(failures=0, last_at=now))


def forget(now: datetime) -> int:
    """Remove counts that have decayed (worker); answers how many."""
    old = delete(m.LoginAttempt).where(m.LoginAttempt.last_at < now - FORGET_AFTER)
    return len(db.session.execute(old.returning(m.LoginAttempt.key)).all())


def _wait(failures: int, allowance: Allowance) -> timedelta:
    if failures < allowance.free:
        return timedelta(0)
    doublings = min(failures - allowance.free, 10)
    return min(STEP * (1 << doublings), allowance.most)


def _counts(watch: Watch) -> dict[str, tuple[int, datetime]]:
    rows = db.session.execute(
        select(m.LoginAttempt.key, m.LoginAttempt.failures, m.LoginAttempt.last_at).where(
            m.LoginAttempt.key.in_([key for key, _ in watch.keys])
        )
    )
    return {row.key: (row.failures, row.last_at) for row in rows}


def _key(*parts: str) -> str:
    secret: str = current_app.config["SECRET_KEY"]
    text = "\n".join(("login-attempt", *parts)).encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:40]
