"""The present officer and a case as `rules.access` sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select, text

from feedback import clock
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import CaseFacts, Level, Viewer
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


OTHERS = text(
    "SELECT o.id, o.institution_id, o.unit_id, o.roles, p.post_id, p.institution_id AS at,"
    " p.unit_id AS led, p.kind FROM officer o"
    " LEFT JOIN LATERAL guard.posts_of(o.id, :day) p ON true WHERE o.id = ANY (:officers)"
)


def of_many(officer_ids: list[int]) -> dict[int, Viewer]:
    """Other officers with the scope that each would have, in one query."""
    rows: dict[int, list[Any]] = {}
    day = local_day(clock.now())
    for row in db.session.execute(OTHERS, {"day": day, "officers": officer_ids}):
        rows.setdefault(row.id, []).append(row)
    return {number: _other(found) for number, found in rows.items()}


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
        ).where(m.Escalation.case_id == case.id, m.Escalation.way != "skipped")
    ):
        posts[row.restricted] |= {p for p in (row.post_id, row.copy_post_id) if p is not None}
        if row.way == "deputy" and row.still_deputy:
            deputies[row.restricted].add(row.officer_id)
    excluded = db.session.scalar(text("SELECT guard.excluded(:case)"), {"case": case.id})
    return CaseFacts(
        case.institution_id,
        case.unit_id,
        case.handler_id,
        Level(case.confidentiality),
        frozenset(excluded or ()),
        frozenset(posts[False]),
        frozenset(posts[True]),
        frozenset(deputies[False]),
        frozenset(deputies[True]),
    )
