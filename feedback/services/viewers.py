"""The present officer and a case as `rules.access` sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, text, true
from sqlalchemy.orm import aliased

from feedback import clock
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import CaseFacts, Level, Viewer
from feedback.services import groups
from feedback.services.errors import Refused

PRESENT = text(
    "SELECT guard.officer() AS officer, guard.institution() AS institution,"
    " guard.ids('units') AS units, guard.ids('posts') AS posts, guard.ids('heads') AS heads,"
    " guard.ids('coordinates') AS coordinates,"
    " (SELECT o.roles FROM officer o WHERE o.id = guard.officer()) AS roles,"
    " EXISTS (SELECT FROM post p WHERE p.id = ANY (guard.ids('posts')) AND p.kind = 'unit_head')"
    " AS leads_a_unit,"
    " EXISTS (SELECT FROM post p WHERE p.id = ANY (guard.ids('posts'))"
    " AND p.kind = 'ethics_senior') AS leads_ethics"
)

OTHERS = text("SELECT guard.excluded(:case) AS excluded, guard.delegates(:case) AS delegates")


def present() -> Viewer:
    """The officer of this transaction, with the scope the database works by: looked up once in a
    transaction, at whose begin the database settled it."""
    known: dict[str, Any] = db.session().info
    db.session.connection()  # begins the transaction, if none is on
    if known.get("viewer") is None:
        known["viewer"] = _present()
    viewer: Viewer = known["viewer"]
    return viewer


def _present() -> Viewer:
    row = db.session.execute(PRESENT).one()
    if row.officer is None:
        raise Refused("not-allowed")
    return Viewer(
        row.officer,
        row.institution,
        frozenset(row.roles)
        | ({"unit_head"} if row.leads_a_unit else set())
        | ({"ethics_senior"} if row.leads_ethics else set()),
        frozenset(row.units),
        frozenset(row.posts),
        frozenset(row.heads),
        frozenset(row.coordinates),
    )


def of_many(*which: ColumnElement[bool], limit: int) -> list[tuple[str, Viewer]]:
    """Other officers by name, with the scope that each would have, in one query."""
    some = select(m.Officer).where(*which).order_by(m.Officer.name).limit(limit).subquery()
    one = aliased(m.Officer, some)
    posts = (
        func.guard.posts_of(one.id, local_day(clock.now()))
        .table_valued("post_id", "institution_id", "unit_id", "kind")
        .lateral("p")
    )
    rows: dict[int, list[Any]] = {}
    for row in db.session.execute(
        select(
            one.id,
            one.name,
            one.institution_id,
            one.unit_id,
            one.roles,
            posts.c.post_id,
            posts.c.institution_id.label("at"),
            posts.c.unit_id.label("led"),
            posts.c.kind,
        )
        .outerjoin(posts, true())
        .order_by(one.name, one.id)
    ):
        rows.setdefault(row.id, []).append(row)
    return [(found[0].name, _other(found)) for found in rows.values()]


def _other(rows: list[Any]) -> Viewer:
    """One officer, by a row for each post."""
    one, kinds = rows[0], {row.kind for row in rows}
    units = {row.led for row in rows if row.kind == "unit_head"}
    roles = set(one.roles)
    return Viewer(
        one.id,
        one.institution_id,
        frozenset(
            roles
            | ({"unit_head"} if "unit_head" in kinds else set())
            | ({"ethics_senior"} if "ethics_senior" in kinds else set())
        ),
        frozenset(units | ({one.unit_id} if "handler" in roles else set())),
        frozenset(row.post_id for row in rows if row.post_id is not None),
        frozenset(row.at for row in rows if row.kind == "institution_head"),
        frozenset({one.institution_id} if "coordinator" in roles else set()),
    )


def facts(case: m.Case) -> CaseFacts:
    """What access to the case depends on."""
    posts: dict[bool, set[int]] = {False: set(), True: set()}
    deputies: dict[bool, set[int]] = {False: set(), True: set()}
    seat = m.PostHolding
    still_deputy = (
        exists()
        .where(
            seat.post_id == m.Escalation.post_id,
            seat.officer_id == m.Escalation.officer_id,
            seat.capacity == "deputy",
            or_(seat.until_day.is_(None), seat.until_day >= local_day(clock.now())),
        )
        .label("still_deputy")
    )
    for row in db.session.execute(
        select(
            m.Escalation.post_id,
            m.Escalation.copy_post_id,
            m.Escalation.restricted,
            m.Escalation.way,
            m.Escalation.officer_id,
            still_deputy,
        ).where(
            m.Escalation.case_id.in_(groups.members(case)),
            m.Escalation.way != "skipped",
            m.Escalation.reads,
        )
    ):
        posts[row.restricted] |= {p for p in (row.post_id, row.copy_post_id) if p is not None}
        if row.way == "deputy" and row.still_deputy:
            deputies[row.restricted].add(row.officer_id)
    others = db.session.execute(OTHERS, {"case": case.id}).one()
    return CaseFacts(
        case.institution_id,
        case.unit_id,
        case.handler_id,
        Level(case.confidentiality),
        frozenset(others.excluded or ()),
        frozenset(posts[False]),
        frozenset(posts[True]),
        frozenset(deputies[False]),
        frozenset(deputies[True]),
        frozenset(others.delegates or ()),
    )
