"""Officers: their password at the login, one-time codes that set one, and new accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, factors, passwords, sessions
from feedback.services.errors import Refused

LONGEST_USERNAME = 60
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who showed a right password, and what is still due."""

    officer_id: int
    username: str
    roles: frozenset[str]
    language: str
    factors: factors.Factors


def login(username: str, password: str, now: datetime) -> Candidate | None:
    """Check name and password (principal: login); None when they do not fit.

    An unknown name, and an account without a password yet, cost as much as a wrong password.
    """
    row = db.session.execute(
        select(m.Officer, m.Credential)
        .outerjoin(m.Credential, m.Credential.officer_id == m.Officer.id)
        .where(m.Officer.username == username.strip().lower(), m.Officer.active)
    ).one_or_none()
    kept = row[1] if row else None
    if not passwords.fits(kept.password_hash if kept else None, password):
        if row:
            audit.record("login_refused", now=now, officer=row[0].id)
        return None
    if row is None or kept is None:
        return None
    officer = row[0]
    if passwords.hasher.check_needs_rehash(kept.password_hash):
        kept.password_hash = passwords.hasher.hash(password)
    return Candidate(
        officer.id,
        officer.username,
        frozenset(officer.roles),
        officer.language,
        factors.of(officer.id),
    )


def has_password(officer_id: int, password: str) -> bool:
    """Whether this is the officer's own present password (principal: that officer)."""
    kept = db.session.scalars(
        select(m.Credential.password_hash).where(m.Credential.officer_id == officer_id)
    ).one_or_none()
    return passwords.fits(kept, password)


def redeem(username: str, code: str, password: str, now: datetime) -> int | None:
    """Set a password by a one-time code (principal: login); answers the officer.

    None when name and code do not fit, or the code is used up or too old. Refused: password-….
    """
    row = db.session.execute(
        select(m.Officer.id, m.Officer.username)
        .join(m.AccessCode, m.AccessCode.officer_id == m.Officer.id)
        .where(
            m.Officer.username == username.strip().lower(),
            m.Officer.active,
            m.AccessCode.code_hash == factors.code_hash(code),
            m.AccessCode.used_at.is_(None),
            m.AccessCode.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        return None
    wanted = passwords.checked_hash(password, row.username)
    used = db.session.execute(
        update(m.AccessCode)
        .where(m.AccessCode.officer_id == row.id, m.AccessCode.used_at.is_(None))
        .values(used_at=now)
        .returning(m.AccessCode.officer_id)
    ).first()
    if used is None:
        return None
    db.session.execute(
        pg_insert(m.Credential)
        .values(officer_id=row.id, password_hash=wanted)
        .on_conflict_do_update(
            index_elements=[m.Credential.officer_id], set_={"password_hash": wanted}
        )
    )
    sessions.end_all(row.id, now)
    audit.record("code_redeemed", now=now, officer=row.id)
    return int(row.id)


def create(
    *,
    username: str,
    name: str,
    institution_id: int,
    unit_id: int,
    roles: list[str],
    now: datetime,
    language: str = "sw",
) -> int:
    """A new officer without a password; answers the id.

    Raises Refused: name-too-long, name-taken, bad-target (unit of another institution).
    """
    username, name = username.strip().lower(), name.strip()
    if len(username) > LONGEST_USERNAME or len(name) > LONGEST_NAME:
        raise Refused("name-too-long")
    if db.session.scalars(select(m.Officer.id).where(m.Officer.username == username)).first():
        raise Refused("name-taken")
    unit = db.session.get(m.Unit, unit_id)
    if unit is None or unit.institution_id != institution_id:
        raise Refused("bad-target")
    officer = m.Officer(
        institution_id=institution_id,
        unit_id=unit_id,
        username=username,
        name=name,
        roles=sorted(roles),
        active=True,
        language=language,
    )
    db.session.add(officer)
    db.session.flush()
    audit.record("officer_created", now=now, officer=officer.id)
    return officer.id


def first_password(officer_id: int, username: str, password: str) -> None:
    """The password of an account made at the command line; Refused: password-…."""
    wanted = passwords.checked_hash(password, username)
    db.session.execute(insert(m.Credential).values(officer_id=officer_id, password_hash=wanted))


def change_password(user: sessions.StaffUser, password: str, now: datetime) -> None:
    """Set a password and end the officer's other sessions; Refused: password-…."""
    wanted = passwords.checked_hash(password, user.username)
    db.session.execute(
        update(m.Credential)
        .where(m.Credential.officer_id == user.officer_id)
        .values(password_hash=wanted)
    )
    sessions.end_all(user.officer_id, now, keep=user.session_id)
    audit.record("password_changed", now=now, officer=user.officer_id)
