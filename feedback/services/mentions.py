"""A colleague named in a note: only somebody who may read the words of the case.

Whom a page offers follows from `rules.access`; whom a note takes, from the database alone.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import any_, func, literal, or_, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level, Viewer
from feedback.services import viewers
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase

MOST = 200
"""Colleagues that a page offers at most."""
WORKING = ("handler", "coordinator", "head", "ethics")


def to(name: str, body: str) -> str:
    """Words with the name of the officer to whom they are said."""
    return f"@{name}\n{body}"


def addressed(case_id: UUID, officer_id: int, body: str) -> str:
    """The words of a note with the colleague's name; Refused("bad-mention") where that officer may
    not read them, whoever offers it."""
    found = db.session.get(m.Officer, officer_id)
    reads = select(func.guard.reads(case_id, officer_id))
    if found is None or not found.active or not db.session.scalar(reads):
        raise Refused("bad-mention")
    return to(found.name, body)


def offered(case: OfficerCase) -> list[tuple[int, str]]:
    """Colleagues to choose from, by name: of the institution, or of ethics elsewhere, who may read
    the words of this case. Two queries, however many there are."""
    row = db.session.get(m.Case, case.id)
    if row is None:
        return []
    facts, me = viewers.facts(row), viewers.present().officer
    colleagues = select(m.Officer.id, m.Officer.name).where(m.Officer.active, m.Officer.id != me)
    if facts.level is Level.RESTRICTED:
        colleagues = colleagues.where(
            literal("ethics") == any_(m.Officer.roles),
            m.Officer.institution_id != facts.institution,
        )
    else:
        colleagues = colleagues.where(
            m.Officer.institution_id == facts.institution,
            or_(*(literal(role) == any_(m.Officer.roles) for role in WORKING)),
        )
    people = db.session.execute(colleagues.order_by(m.Officer.name).limit(MOST)).all()
    scopes: dict[int, Viewer] = viewers.of_many([each.id for each in people])
    return [
        (each.id, each.name) for each in people if access.may_read_words(scopes[each.id], facts)
    ]
