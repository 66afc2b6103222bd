"""The authenticator application of an officer, and the printed codes that stand in for it.

Principal: the officer, or login at the second step. The secret is sealed as identities are, bound
to the officer. No code is taken twice: the step of the latest one is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import pyotp
from flask import current_app
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import codes
from feedback.services import audit, identity
from feedback.services.errors import Refused

STEP = 30  # seconds
DRIFT = 1  # steps that a phone's clock may be off
CODES = 10
ISSUER = "e-Mrejesho"


@dataclass(frozen=True, slots=True)
class Factors:
    """What an officer has beside the password."""

    totp: bool
    passkeys: int
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether a second step is due at login."""
        return self.totp or self.passkeys > 0


def of(officer_id: int) -> Factors:
    """The second factors of an officer."""
    totp = select(m.Totp.officer_id).where(
        m.Totp.officer_id == officer_id, m.Totp.secret.is_not(None)
    )
    passkeys = select(func.count()).where(
        m.Passkey.officer_id == officer_id, m.Passkey.removed_at.is_(None)
    )
    left = select(func.count()).where(
        m.RecoveryCode.officer_id == officer_id, m.RecoveryCode.used_at.is_(None)
    )
    row = db.session.execute(
        select(totp.exists(), passkeys.scalar_subquery(), left.scalar_subquery())
    ).one()
    return Factors(*row)


def sealed(officer_id: int, secret: str) -> bytes:
    """The secret as the table keeps it."""
    return identity.seal(secret, f"officer:{officer_id}:totp")


def _opened(officer_id: int, kept: bytes) -> str | None:
    """The secret; None where its key is gone: recovery codes still open the second step."""
    try:
        return identity.unseal(kept, f"officer:{officer_id}:totp")
    except identity.CannotUnseal:
        return None


def begin(officer_id: int) -> str:
    """A new secret, which counts once a code of it was shown; an earlier one counts until then."""
    secret = pyotp.random_base32()
    kept = sealed(officer_id, secret)
    db.session.execute(
        pg_insert(m.Totp)
        .values(officer_id=officer_id, pending=kept, last_step=0)
        .on_conflict_do_update(index_elements=[m.Totp.officer_id], set_={"pending": kept})
    )
    return secret


def pending(officer_id: int) -> str | None:
    """The secret that was begun and not confirmed."""
    found = db.session.scalars(
        select(m.Totp.pending).where(m.Totp.officer_id == officer_id)
    ).one_or_none()
    return None if found is None else _opened(officer_id, found)


def address(username: str, secret: str) -> str:
    """What the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def confirm(officer_id: int, code: str, now: datetime) -> None:
    """The new secret works: from now on it counts. Refused: bad-code, not-found."""
    secret = pending(officer_id)
    if secret is None:
        raise Refused("not-found")
    step = _step_of(secret, code, now)
    if step is None:
        raise Refused("bad-code")
    db.session.execute(
        update(m.Totp)
        .where(m.Totp.officer_id == officer_id)
        .values(secret=m.Totp.pending, pending=None, last_step=step)
    )
    audit.record("factor_set", now=now, officer=officer_id)


def switch_off(officer_id: int, now: datetime) -> None:
    """The authenticator counts no more."""
    db.session.execute(
        update(m.Totp).where(m.Totp.officer_id == officer_id).values(secret=None, pending=None)
    )
    audit.record("factor_removed", now=now, officer=officer_id)


def check(officer_id: int, code: str, now: datetime) -> bool:
    """Whether the code is one of the authenticator or an unused recovery code; it is used up."""
    return _check_totp(officer_id, code, now) or _check_recovery(officer_id, code, now)


def _check_totp(officer_id: int, code: str, now: datetime) -> bool:
    kept = db.session.execute(
        select(m.Totp.secret, m.Totp.last_step).where(
            m.Totp.officer_id == officer_id, m.Totp.secret.is_not(None)
        )
    ).one_or_none()
    if kept is None:
        return False
    secret = _opened(officer_id, kept.secret)
    step = _step_of(secret, code, now) if secret else None
    if step is None:
        return False
    # Compared where it is written: of two requests at once with one code, one finds it used.
    taken = db.session.execute(
        update(m.Totp)
        .where(m.Totp.officer_id == officer_id, m.Totp.last_step < step)
        .values(last_step=step)
        .returning(m.Totp.officer_id)
    )
    return taken.first() is not None


def _check_recovery(officer_id: int, code: str, now: datetime) -> bool:
    used = db.session.execute(
        update(m.RecoveryCode)
        .where(
            m.RecoveryCode.officer_id == officer_id,
            m.RecoveryCode.code_hash == code_hash(code),
            m.RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(m.RecoveryCode.id)
    ).first()
    if used is None:
        return False
    audit.record("recovery_code_used", now=now, officer=officer_id)
    return True


def new_recovery_codes(officer_id: int, now: datetime) -> list[str]:
    """Fresh codes, to be shown once; earlier ones work no more."""
    db.session.execute(
        update(m.RecoveryCode)
        .where(m.RecoveryCode.officer_id == officer_id, m.RecoveryCode.used_at.is_(None))
        .values(used_at=now)
    )
    drawn = [codes.make(os.urandom(8), 10, 5) for _ in range(CODES)]
    db.session.execute(
        insert(m.RecoveryCode),
        [{"id": uuid4(), "officer_id": officer_id, "code_hash": code_hash(code)} for code in drawn],
    )
    audit.record("recovery_codes_made", now=now, officer=officer_id)
    return drawn


def code_hash(code: str) -> bytes:
    """Keyed hash of a printed code: a stolen database does not tell it."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, b"one-time-code:" + codes.normal(code).encode(), hashlib.sha256)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step whose code this is, within the drift of a clock."""
    typed = "".join(character for character in code if character.isdigit())
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            return step
    return None
