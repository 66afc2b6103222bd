"""Plain factories: they make what a test needs and say nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import event, insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.engine import Engine

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.services import cases, factors, passwords, sessions
from feedback.services.cases import Lodging, Receipt
from feedback.transaction import JOB, Principal, transaction

OWNER = Principal("reference-load", role="owner")
PASSWORD = "a password for tests"
# One hash for all officers of the tests: argon2 is slow on purpose.
PASSWORD_HASH = passwords.hasher.hash(PASSWORD)
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass
class Make:
    """Makes officers, posts and cases in the database of an application."""

    app: Flask
    count: int = 0

    def officer(
        self,
        institution: str,
        *roles: str,
        unit: str = "REGISTRY",
        name: str = "",
        active: bool = True,
        enrolled: bool = True,
    ) -> int:
        """An officer who can log in with PASSWORD, and a code of TOTP_SECRET where the role needs
        one; answers the id."""
        self.count += 1
        with transaction(OWNER) as session:
            unit_id, institution_id = session.execute(
                select(m.Unit.id, m.Unit.institution_id)
                .join(m.Institution, m.Institution.id == m.Unit.institution_id)
                .where(m.Institution.code == institution, m.Unit.code == unit)
            ).one()
            officer = m.Officer(
                institution_id=institution_id,
                unit_id=unit_id,
                username=f"officer{self.count}",
                name=name or f"Afisa {'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[self.count % 26]}{self.count}",
                roles=list(roles) or ["handler"],
                active=active,
                language="sw",
            )
            session.add(officer)
            session.flush()
            session.execute(
                insert(m.Credential).values(officer_id=officer.id, password_hash=PASSWORD_HASH)
            )
            if enrolled and sessions.NEEDS_FACTOR & set(officer.roles):
                self.enrol(officer.id)
            return officer.id

    def enrol(self, officer_id: int) -> None:
        """Give an officer the second step TOTP_SECRET, if there is none (in a transaction)."""
        secret = factors.sealed(officer_id, TOTP_SECRET)
        db.session.execute(
            pg_insert(m.Totp)
            .values(officer_id=officer_id, secret=secret, last_step=0)
            .on_conflict_do_nothing()
        )

    def hold(
        self,
        officer_id: int,
        institution: str,
        post: str,
        *,
        unit: str | None = None,
        capacity: str = "holder",
        since: date = date(2020, 1, 1),
    ) -> int:
        """Put an officer on a post; answers the post's id."""
        with transaction(OWNER) as session:
            query = (
                select(m.Post.id)
                .join(m.Institution, m.Institution.id == m.Post.institution_id)
                .where(m.Institution.code == institution, m.Post.kind == post)
            )
            if unit:
                query = query.join(m.Unit, m.Unit.id == m.Post.unit_id).where(m.Unit.code == unit)
            else:
                query = query.where(m.Post.unit_id.is_(None))
            post_id = session.scalars(query).one()
            self.enrol(officer_id)
            session.add(
                m.PostHolding(
                    post_id=post_id, officer_id=officer_id, capacity=capacity, since_day=since
                )
            )
            return post_id

    def leave(self, officer_id: int, first: date, last: date) -> None:
        """An officer is away."""
        with transaction(OWNER) as session:
            session.add(m.Leave(officer_id=officer_id, first_day=first, last_day=last))

    def case(self, now: datetime, **fields: Any) -> Receipt:
        """A case lodged as the web lodges it; by default an open complaint in Dodoma city."""
        values: dict[str, Any] = {
            "submission_id": uuid4(),
            "channel": "web",
            "kind": "complaint",
            "language": "sw",
            "body": "Taa za barabarani hazijawaka kwa wiki mbili.",
            "institution": "DODOMA-CC",
            **fields,
        }
        case_id = uuid4()
        with transaction(Principal.lodging(case_id)):
            return cases.lodge(case_id, Lodging(**values), now)

    def exclude(self, case_id: UUID, officer_id: int, now: datetime) -> None:
        """Mark an officer as in conflict with a case."""
        with transaction(JOB) as session:
            session.execute(
                insert(m.Conflict).values(
                    case_id=case_id, officer_id=officer_id, reason="marked", at=now
                )
            )


def logged_in(officer_id: int, now: datetime | None = None) -> str:
    """A session of an officer as a login begins one; answers what its cookie holds.

    argon2 is slow on purpose: most tests need no password checked.
    """
    with transaction(Principal("login")):
        started = sessions.start(officer_id, proven=True, device="", now=now or clock.now())
    return f"{officer_id}.{started.hex}"


@dataclass
class Counted:
    """How many statements were sent."""

    number: int = 0


@contextmanager
def count_queries() -> Iterator[Counted]:
    """Count the statements that any engine sends within the block."""
    counted = Counted()

    def count(*_args: Any) -> None:
        counted.number += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", count)
