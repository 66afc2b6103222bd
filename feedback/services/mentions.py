"""A colleague named in a note: only somebody who may read the words of the case.

Whom a page offers follows from `rules.access`; whom a note takes, from the database alone.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import any_, func, literal, or_, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
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
    the words of this case. One query, however many there are."""
    facts, officer = case.facts, m.Officer
    if facts is None:
        return []
    if facts.level is Level.RESTRICTED:
        place = (
            literal("ethics") == any_(officer.roles),
            officer.institution_id != facts.institution,
        )
    else:
        place = (
            or_(*(literal(role) == any_(officer.roles) for role in WORKING)),
            officer.institution_id == facts.institution,
        )
    others = (officer.active.is_(True), officer.id != viewers.present().officer)
    return [
        (viewer.officer, name)
        for name, viewer in viewers.of_many(*others, *place, limit=MOST)
        if access.may_read_words(viewer, facts)
    ]
