"""Officers: login, their session, and who could take a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import insert, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused

SHORTEST_PASSWORD = 12
hasher = PasswordHasher()
# Verified when the name is unknown, so that an unknown name takes as long as a wrong password.
UNKNOWN = hasher.hash("nobody has this password")


@dataclass(frozen=True, slots=True)
class StaffUser:
    """Who is logged in, as Flask-Login and the views see it."""

    officer_id: int
    session_version: int
    username: str
    name: str
    roles: frozenset[str]
    institution_id: int
    unit_id: int
    language: str
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the cookie holds: the session version makes an older cookie void."""
        return f"{self.officer_id}.{self.session_version}"


def _user(officer: m.Officer, version: int) -> StaffUser:
    return StaffUser(
        officer.id,
        version,
        officer.username,
        officer.name,
        frozenset(officer.roles),
        officer.institution_id,
        officer.unit_id,
        officer.language,
    )


def session_user(officer_id: int, version: int) -> StaffUser | None:
    """The officer of a cookie (principal: that officer); None when the session has ended."""
    row = db.session.execute(
        select(m.Officer, m.Credential.session_version)
        .join(m.Credential, m.Credential.officer_id == m.Officer.id)
        .where(
            m.Officer.id == officer_id,
            m.Officer.active,
            m.Credential.session_version == version,
        )
    ).one_or_none()
    return None if row is None else _user(row[0], row[1])


def login(username: str, password: str, now: datetime) -> StaffUser | None:
    """Check name and password (principal: login); None when they do not fit.

    An unknown name costs as much as a wrong password.
    """
    row = db.session.execute(
        select(m.Officer, m.Credential)
        .join(m.Credential, m.Credential.officer_id == m.Officer.id)
        .where(m.Officer.username == username.strip().lower(), m.Officer.active)
    ).one_or_none()
    try:
        hasher.verify(row[1].password_hash if row else UNKNOWN, password)
    except VerificationError:
        if row:
            audit.record("login_refused", now=now, officer=row[0].id)
        return None
    if row is None:
        return None
    officer, credential = row
    if hasher.check_needs_rehash(credential.password_hash):
        credential.password_hash = hasher.hash(password)
    audit.record("login", now=now, officer=officer.id)
    return _user(officer, credential.session_version)


def end_sessions(officer_id: int, now: datetime) -> None:
    """Log out everywhere: every cookie given so far is void."""
    db.session.execute(
        update(m.Credential)
        .where(m.Credential.officer_id == officer_id)
        .values(session_version=m.Credential.session_version + 1)
    )
    audit.record("logout", now=now, officer=officer_id)


def create(
    *,
    username: str,
    name: str,
    password: str,
    institution_id: int,
    unit_id: int,
    roles: list[str],
    now: datetime,
    language: str = "sw",
) -> int:
    """A new officer with a password; answers the id.

    Raises Refused: weak-password, name-taken, bad-target (unit of another institution).
    """
    username = username.strip().lower()
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("weak-password")
    if db.session.scalars(select(m.Officer.id).where(m.Officer.username == username)).first():
        raise Refused("name-taken")
    unit = db.session.get(m.Unit, unit_id)
    if unit is None or unit.institution_id != institution_id:
        raise Refused("bad-target")
    officer = m.Officer(
        institution_id=institution_id,
        unit_id=unit_id,
        username=username,
        name=name.strip(),
        roles=sorted(roles),
        active=True,
        language=language,
    )
    db.session.add(officer)
    db.session.flush()
    db.session.execute(
        insert(m.Credential).values(officer_id=officer.id, password_hash=hasher.hash(password))
    )
    audit.record("officer_created", now=now, officer=officer.id)
    return officer.id


def change_password(officer_id: int, password: str, now: datetime) -> None:
    """Set a password and end the sessions given under the old one; Refused: weak-password."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("weak-password")
    db.session.execute(
        update(m.Credential)
        .where(m.Credential.officer_id == officer_id)
        .values(
            password_hash=hasher.hash(password),
            session_version=m.Credential.session_version + 1,
        )
    )
    audit.record("password_changed", now=now, officer=officer_id)
