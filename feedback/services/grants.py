"""What makes an officer more powerful: asked for by an administrator, decided by a second officer.

The database alone applies a decision (guard.decide); who decides is told in migrations/sql/
accounts.sql. Principal: an administrator who asks, an officer who decides.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, column, func, insert, select, true
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback import transaction
from feedback.extensions import db
from feedback.models.columns import ROLES
from feedback.rules import codes
from feedback.services import audit, factors, marks
from feedback.services.errors import Refused

OPEN_FOR = timedelta(days=7)
TOLD = {
    "roles": "granted_roles",
    "post": "granted_post",
    "password": "reset_password",
    "factors": "reset_factors",
    "activate": "account_opened",
}
"""The notice that the officer concerned gets, by what was decided."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked for, with the names that a person decides by."""

    id: UUID
    kind: str
    officer: str
    institution_id: int
    roles: Sequence[str]
    post: m.Post | None
    capacity: str | None
    asked_by: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: pending, refused, done, gone, or code with the code to hand over.

    `username` names whom the code is for.
    """

    state: str
    code: str = ""
    username: str = ""


def ask(
    kind: str,
    officer_id: int,
    now: datetime,
    *,
    roles: Iterable[str] = (),
    post_id: int | None = None,
    capacity: str | None = None,
) -> Outcome:
    """Ask for a grant; its approvers are told. Where an installation has nobody to approve, it is
    done at once and an alarm tells so.

    Refused: bad-roles, asked-already, nobody-decides (asked for oneself where nobody else is).
    """
    wanted = sorted(set(roles))
    if not set(wanted) <= set(ROLES):
        raise Refused("bad-roles")
    mine = transaction.current().officer
    _not_twice(kind, officer_id, wanted, post_id, capacity, now)
    number = uuid4()
    db.session.execute(
        insert(m.GrantRequest).values(
            id=number,
            kind=kind,
            officer_id=officer_id,
            roles=wanted,
            post_id=post_id,
            capacity=capacity,
            asked_by=mine,
            asked_at=now,
            expires_at=now + OPEN_FOR,
            state="pending",
            alone=False,
        )
    )
    audit.record("grant_asked", now=now, officer=officer_id, kind=kind, roles=",".join(wanted))
    approvers = db.session.scalar(select(func.guard.approvers(number))) or []
    if approvers:
        marks.notices(approvers, "grant_asked", None, now, str(number))
        return Outcome("pending")
    if officer_id == mine:
        raise Refused("nobody-decides")
    try:
        return decide(number, now, approve=True)
    except ProgrammingError as error:
        # Nobody is there, and this is not for an administrator alone.
        if getattr(error.orig, "sqlstate", "") == "42501":
            raise Refused("nobody-decides") from None
        raise


def _not_twice(
    kind: str,
    officer_id: int,
    wanted: list[str],
    post_id: int | None,
    capacity: str | None,
    now: datetime,
) -> None:
    same = select(m.GrantRequest.id).where(
        m.GrantRequest.officer_id == officer_id,
        m.GrantRequest.kind == kind,
        m.GrantRequest.roles == wanted,
        m.GrantRequest.post_id.is_not_distinct_from(post_id),
        m.GrantRequest.capacity.is_not_distinct_from(capacity),
        m.GrantRequest.state == "pending",
        m.GrantRequest.expires_at > now,
    )
    if db.session.scalars(same.limit(1)).first() is not None:
        raise Refused("asked-already")


def to_decide(now: datetime) -> list[Request]:
    """What waits for the present officer, the oldest first."""
    return _requests(_open_to_me(now))


def asked_about(officer_ids: Iterable[int], now: datetime) -> list[Request]:
    """What was asked about these officers and is not decided (principal: an administrator)."""
    table = m.GrantRequest.__table__
    return _requests(
        table,
        table.c.officer_id.in_(list(officer_ids)),
        table.c.state == "pending",
        table.c.expires_at > now,
    )


def _open_to_me(now: datetime) -> Any:
    """The database's own list of what the present officer may decide, as a table."""
    names: list[Any] = [column(name) for name in m.GrantRequest.__table__.c.keys()]  # noqa: SIM118
    return func.guard.to_decide(now).table_valued(*names, name="open_to_me")


def _requests(source: Any, *conditions: Any) -> list[Request]:
    """Requests of a table with the names that belong to them, in one query."""
    asker = aliased(m.Officer)
    c = source.c
    rows = db.session.execute(
        select(
            c.id,
            c.kind,
            m.Officer.name,
            m.Officer.institution_id,
            c.roles,
            m.Post,
            c.capacity,
            asker.name,
            c.asked_at,
            c.expires_at,
        )
        .select_from(source)
        .join(m.Officer, m.Officer.id == c.officer_id)
        .join(asker, asker.id == c.asked_by)
        .outerjoin(m.Post, m.Post.id == c.post_id)
        .where(*conditions)
        .order_by(c.asked_at)
    )
    return [Request(*row) for row in rows]


def decide(request_id: UUID, now: datetime, *, approve: bool) -> Outcome:
    """Approve or refuse, as the database allows it; Refused: not-found, gone.

    A code in the outcome is shown once, to the one who decided, who hands it over in person: the
    administrator who asked never sees the way into an account that reads cases.
    """
    about = _about(request_id, now)
    code = codes.make(os.urandom(10), 16, 4)
    state = db.session.scalar(
        select(func.guard.decide(request_id, approve, factors.code_hash(code), now))
    )
    if state == "gone":
        raise Refused("gone")
    act = "grant_approved" if approve else "grant_refused"
    audit.record(act, now=now, officer=about.officer_id, kind=about.kind)
    if approve:
        marks.notices([about.officer_id], TOLD[about.kind], None, now, str(request_id))
        transaction.wake("compare_newcomers")  # whom a case concerns is kept off at once
    return Outcome(state or "", code if state == "code" else "", about.username)


def _about(request_id: UUID, now: datetime) -> Row[Any]:
    """Whom a request is about, for one who asked or may decide; Refused: not-found."""
    table, mine = m.GrantRequest.__table__, transaction.current().officer
    for source, condition in ((_open_to_me(now), true()), (table, table.c.asked_by == mine)):
        found = db.session.execute(
            select(source.c.officer_id, source.c.kind, m.Officer.username)
            .join(m.Officer, m.Officer.id == source.c.officer_id)
            .where(source.c.id == request_id, condition)
        ).one_or_none()
        if found is not None:
            return found
    raise Refused("not-found")
