"""Which post a rung addresses, and who stands there on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Exists, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from feedback import models as m
from feedback.extensions import db
from feedback.rules.ladder import Person, Post, Rung
from feedback.services.reference import Directory


@dataclass(frozen=True, slots=True)
class Address:
    """Where a rung leads for one case; `unit_id` None for a post of the whole institution."""

    institution_id: int
    unit_id: int | None
    kind: str


def address(directory: Directory, rung: Rung, institution_id: int, unit_id: int) -> Address | None:
    """The place of a rung's post; None where a parent or a named institution is missing."""
    if rung.at == "unit":
        return Address(institution_id, unit_id, rung.post)
    if rung.at == "institution":
        return Address(institution_id, None, rung.post)
    if rung.at == "parent":
        path = directory.institutions[institution_id].path
        above = directory.institutions.get(path[-2]) if len(path) > 1 else None
        return Address(above.id, None, rung.post) if above else None
    named = directory.institutions_by_code.get(rung.at.removeprefix("code:"))
    return Address(named.id, None, rung.post) if named else None


def copy_address(directory: Directory, rung: Rung) -> Address | None:
    """The head of the institution that gets a copy of this rung, if there is one."""
    named = directory.institutions_by_code.get(rung.copy)
    return Address(named.id, None, "institution_head") if named else None


def find(addresses: Iterable[Address], day: date) -> dict[Address, Post]:
    """The posts at these addresses with holder and deputy, in two queries however many."""
    wanted = set(addresses)
    if not wanted:
        return {}
    institutions = {a.institution_id for a in wanted}
    kinds = {a.kind for a in wanted}
    posts = {
        Address(row.institution_id, row.unit_id, row.kind): row.id
        for row in db.session.execute(
            select(m.Post.id, m.Post.institution_id, m.Post.unit_id, m.Post.kind).where(
                m.Post.institution_id.in_(institutions), m.Post.kind.in_(kinds)
            )
        )
    }
    people = _people({posts[a] for a in wanted if a in posts}, day)
    return {
        a: Post(posts[a], people.get((posts[a], "holder")), people.get((posts[a], "deputy")))
        for a in wanted
        if a in posts
    }


def away(officer_id: ColumnElement[int] | InstrumentedAttribute[int] | int, day: date) -> Exists:
    """Whether an officer is on leave on that day."""
    return exists().where(
        m.Leave.officer_id == officer_id, m.Leave.first_day <= day, m.Leave.last_day >= day
    )


def _people(post_ids: set[int], day: date) -> dict[tuple[int, str], Person]:
    holding, officer = m.PostHolding, m.Officer
    rows = db.session.execute(
        select(
            holding.post_id,
            holding.capacity,
            officer.id,
            officer.active,
            away(officer.id, day).label("away"),
        )
        .join(officer, officer.id == holding.officer_id)
        .where(
            holding.post_id.in_(post_ids),
            and_(
                holding.since_day <= day,
                or_(holding.until_day.is_(None), holding.until_day >= day),
            ),
        )
        .order_by(holding.since_day)
    )
    return {(r.post_id, r.capacity): Person(r.id, r.active, r.away) for r in rows}
