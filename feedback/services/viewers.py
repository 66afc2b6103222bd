"""The present officer and a case as `rules.access` sees them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select, text

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
    " AS leads_a_unit"
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
        frozenset(row.roles) | ({"unit_head"} if row.leads_a_unit else set()),
        frozenset(row.units),
        frozenset(row.posts),
        frozenset(row.heads),
        frozenset(row.coordinates),
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
        ).where(m.Escalation.case_id.in_(groups.members(case)), m.Escalation.way != "skipped")
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
