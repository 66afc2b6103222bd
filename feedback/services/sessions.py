"""Where officers are logged in: each login is a row, and ends when the row says so.

A session that only showed a password, where a second factor is due, is not proven and opens no
page. Principal: login until it is proven, then the officer.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import ColumnElement, Exists, delete, exists, insert, or_, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.services import audit, job_runs
from feedback.services.errors import Refused

NEEDS_FACTOR = frozenset({"head", "oversight", "ethics", "admin", "auditor"})
"""Roles in which a password alone is not enough."""
TIGHT = frozenset({"head", "oversight", "ethics", "admin"})
"""Roles whose sessions end sooner when nobody is there."""
HALF_WAY = timedelta(minutes=5)
"""How long the second step may take."""
TOUCH_AFTER = timedelta(minutes=1)
KEEP = timedelta(days=90)

_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR|Opera", "Opera"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrom|CriOS", "Chrome"),
    ("Safari", "Safari"),
)


@dataclass(frozen=True, slots=True)
class StaffUser:
    """Who is logged in, as Flask-Login and the views see it."""

    officer_id: int
    session_id: UUID
    username: str
    name: str
    roles: frozenset[str]
    institution_id: int
    unit_id: int
    language: str
    seen_at: datetime
    # A second factor is due and none is set: only its pages open.
    must_enrol: bool = False
    # Jobs of the system that do not run, asked for with the session since every page may say so.
    jobs_behind: int = 0
    is_active: bool = True
    is_authenticated: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        """What the cookie holds: the officer and the session, either of which can end it."""
        return f"{self.officer_id}.{self.session_id.hex}"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as its officer sees it."""

    id: UUID
    device: str
    started_at: datetime
    seen_at: datetime


def device_of(user_agent: str) -> str:
    """Browser and system in a word each; empty where nothing is known."""
    found = [
        next((name for pattern, name in table if re.search(pattern, user_agent[:500])), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found))


def has_factor() -> ColumnElement[bool]:
    """Whether the officer of the row has an authenticator or a passkey."""
    return or_(
        exists().where(m.Totp.officer_id == m.Officer.id, m.Totp.secret.is_not(None)),
        exists().where(m.Passkey.officer_id == m.Officer.id, m.Passkey.removed_at.is_(None)),
    )


def start(officer_id: int, *, proven: bool, device: str, now: datetime) -> UUID:
    """A session after a right password; proven where no second step is due."""
    number = uuid4()
    db.session.execute(
        insert(m.StaffSession).values(
            id=number,
            officer_id=officer_id,
            started_at=now,
            seen_at=now,
            proven_at=now if proven else None,
            device=device,
        )
    )
    if proven:
        audit.record("login", now=now, officer=officer_id)
    return number


def half_way(session_id: UUID, now: datetime) -> m.StaffSession | None:
    """The session that waits for its second step; None when there is none or it took too long."""
    return db.session.scalars(
        select(m.StaffSession)
        .join(m.Officer, m.Officer.id == m.StaffSession.officer_id)
        .where(
            m.StaffSession.id == session_id,
            m.StaffSession.proven_at.is_(None),
            m.StaffSession.ended_at.is_(None),
            m.StaffSession.started_at > now - HALF_WAY,
            m.Officer.active,
        )
    ).one_or_none()


def prove(session_id: UUID, officer_id: int, now: datetime) -> None:
    """The second step was right."""
    db.session.execute(
        update(m.StaffSession)
        .where(m.StaffSession.id == session_id)
        .values(proven_at=now, seen_at=now, challenge=None)
    )
    audit.record("login", now=now, officer=officer_id)


def user(officer_id: int, session_id: UUID, now: datetime) -> StaffUser | None:
    """The officer of a cookie (principal: that officer); None when the session has ended."""
    row = db.session.execute(
        select(
            m.Officer,
            m.StaffSession.seen_at,
            has_factor().label("safe"),
            _seated().label("seated"),
            job_runs.how_many_behind(now).label("behind"),
        )
        .join(m.StaffSession, m.StaffSession.officer_id == m.Officer.id)
        .where(
            m.Officer.id == officer_id,
            m.Officer.active,
            m.StaffSession.id == session_id,
            m.StaffSession.proven_at.is_not(None),
            m.StaffSession.ended_at.is_(None),
            m.StaffSession.started_at > now - lifetime(),
        )
    ).one_or_none()
    if row is None:
        return None
    officer = row[0]
    # A post gives the powers of its holder, whatever the roles.
    powers = set(officer.roles) | ({"head"} if row.seated else set())
    if now - row.seen_at > idle_limit(powers):
        return None
    return StaffUser(
        officer.id,
        session_id,
        officer.username,
        officer.name,
        frozenset(officer.roles),
        officer.institution_id,
        officer.unit_id,
        officer.language,
        row.seen_at,
        must_enrol=bool(NEEDS_FACTOR & powers) and not row.safe,
        jobs_behind=row.behind,
    )


def _seated() -> Exists:
    """Whether the officer holds or deputises for a post that reads or decides, from whatever day
    on. A coordinator's post gives nothing beyond the role."""
    return exists().where(
        m.PostHolding.officer_id == m.Officer.id,
        m.PostHolding.until_day.is_(None),
        m.Post.id == m.PostHolding.post_id,
        m.Post.kind != "coordinator",
    )


def idle_limit(powers: Set[str]) -> timedelta:
    """How long nobody may be there before the session is over."""
    tight = bool(TIGHT & powers)
    minutes: int = current_app.config["IDLE_MINUTES_TIGHT" if tight else "IDLE_MINUTES"]
    return timedelta(minutes=minutes)


def lifetime() -> timedelta:
    """After this a session is over, whoever is there."""
    return timedelta(hours=current_app.config["SESSION_HOURS"])


def is_due(present: StaffUser, now: datetime) -> bool:
    """Whether it is time to write down that somebody is there: once a minute at most."""
    return now - present.seen_at >= TOUCH_AFTER


def touch(session_id: UUID, now: datetime) -> None:
    """Somebody is there."""
    db.session.execute(
        update(m.StaffSession).where(m.StaffSession.id == session_id).values(seen_at=now)
    )


def open_of(officer_id: int, now: datetime) -> list[SessionRow]:
    """Where the officer is logged in, the latest first."""
    rows = db.session.execute(
        select(
            m.StaffSession.id,
            m.StaffSession.device,
            m.StaffSession.started_at,
            m.StaffSession.seen_at,
        )
        .where(
            m.StaffSession.officer_id == officer_id,
            m.StaffSession.ended_at.is_(None),
            m.StaffSession.proven_at.is_not(None),
            m.StaffSession.started_at > now - lifetime(),
        )
        .order_by(m.StaffSession.seen_at.desc())
        .limit(100)
    )
    return [SessionRow(*row) for row in rows]


def end(officer_id: int, session_id: UUID, now: datetime, act: str = "session_ended") -> None:
    """End one session of the officer; Refused: not-found."""
    ended = db.session.execute(
        update(m.StaffSession)
        .where(
            m.StaffSession.id == session_id,
            m.StaffSession.officer_id == officer_id,
            m.StaffSession.ended_at.is_(None),
        )
        .values(ended_at=now)
        .returning(m.StaffSession.id)
    ).first()
    if ended is None:
        raise Refused("not-found")
    audit.record(act, now=now, officer=officer_id)


def end_all(officer_id: int, now: datetime, *, keep: UUID | None = None) -> None:
    """End every session of the officer but the one to keep."""
    query = update(m.StaffSession).where(
        m.StaffSession.officer_id == officer_id, m.StaffSession.ended_at.is_(None)
    )
    if keep is not None:
        query = query.where(m.StaffSession.id != keep)
    db.session.execute(query.values(ended_at=now))


def forget(now: datetime) -> int:
    """Remove sessions that began long ago (worker); answers how many."""
    old = delete(m.StaffSession).where(m.StaffSession.started_at < now - KEEP)
    return len(db.session.execute(old.returning(m.StaffSession.id)).all())
