"""Directives: what an official on a rung orders, or wants explained, until it is followed.

An order is followed when the handler says so; an explanation that was demanded, by the handler's
reason for the delay and by nothing else. One that is not followed by its day climbs (`ladders`).
Errors: Refused, with a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, ladders, listing, marks, viewers
from feedback.services.errors import Refused
from feedback.services.reference import directory

ORDER, EXPLANATION = "order", "explanation"
FURTHEST = timedelta(days=366)
"""How far ahead the day of a directive, or the last one of a delegation, may lie: one that never
comes asks for nothing."""
_TOLD = {ORDER: "directive", EXPLANATION: "explanation_asked"}
_RECORDED = {ORDER: "directed", EXPLANATION: "explanation_demanded"}


def rung_of(case_id: UUID) -> UUID | None:
    """The latest rung of the case on which the officer's posts stand: directives hang on it."""
    viewer = viewers.present()
    posts = sorted(viewer.posts)
    return db.session.scalars(
        select(m.Escalation.id)
        .where(
            m.Escalation.case_id == case_id,
            m.Escalation.way != "skipped",
            # A rung that is told and no more gives no right to order anything.
            m.Escalation.reads,
            or_(
                m.Escalation.post_id.in_(posts),
                m.Escalation.copy_post_id.in_(posts),
                and_(m.Escalation.way == "deputy", m.Escalation.officer_id == viewer.officer),
            ),
        )
        .order_by(m.Escalation.due_at.desc())
        .limit(1)
    ).one_or_none()


def place_on(case_id: UUID) -> tuple[m.Escalation, int] | None:
    """The latest rung of the case on which the present officer stands, and for which post."""
    found = rung_of(case_id)
    escalation = db.session.get(m.Escalation, found, populate_existing=True) if found else None
    post = _post_on(escalation) if escalation else None
    return (escalation, post) if escalation is not None and post is not None else None


def standing(case: m.Case, verb: Verb) -> tuple[m.Escalation, int]:
    """The rung on which the present officer acts on a locked case, and for which post.

    Refused: not-allowed (no rung of this officer's, or not while it stands so), joined.
    """
    place = place_on(case.id)
    if place is None or not access.may_act(viewers.present(), viewers.facts(case), verb):
        raise Refused("not-allowed")
    acts.status_after(case, verb)
    return place


def _post_on(escalation: m.Escalation) -> int | None:
    """For which post of a rung the present officer stands: the one addressed, else its copy."""
    viewer = viewers.present()
    if escalation.way == "deputy" and escalation.officer_id == viewer.officer:
        return escalation.post_id
    posts = (escalation.post_id, escalation.copy_post_id)
    return next((post for post in posts if post is not None and post in viewer.posts), None)


def direct(
    escalation_id: UUID, body: str, due_on: date, now: datetime, *, kind: str = ORDER
) -> m.Directive:
    """A directive by the officer on a rung: the handler sees it with its due date.

    Refused: not-found (not this officer's rung, or not visible), bad-date, too-far, empty,
    not-allowed.
    """
    escalation = db.session.get(m.Escalation, escalation_id)
    if escalation is None:
        raise Refused("not-found")
    case = acts.locked(escalation.case_id)
    post = _post_on(escalation)
    if (
        post is None
        or not escalation.reads
        or not access.may_act(viewers.present(), viewers.facts(case), Verb.DIRECT)
    ):
        raise Refused("not-found")
    acts.status_after(case, Verb.DIRECT)
    return add(case, escalation, post, body, due_on, now, kind=kind, to=case.handler_id)


def check_day(due_on: date, now: datetime) -> None:
    """Refused: bad-date for a day that is past, too-far for one further ahead than any may lie."""
    if due_on < local_day(now):
        raise Refused("bad-date")
    if due_on > local_day(now) + FURTHEST:
        raise Refused("too-far")


def add(
    case: m.Case,
    escalation: m.Escalation,
    post_id: int,
    body: str,
    due_on: date,
    now: datetime,
    *,
    kind: str,
    to: int | None,
    institution_id: int | None = None,
    told: str = "",
) -> m.Directive:
    """Write a directive down, once it is settled that the officer may give it; `told`: the notice
    to `to`, where it is another than the kind's. Refused: bad-date, too-far,
    empty, too-long."""
    check_day(due_on, now)
    message_id = acts.write(case, "directive", acts.words(body), now, internal=True)
    directive = m.Directive(
        id=uuid4(),
        case_id=case.id,
        escalation_id=escalation.id,
        message_id=message_id,
        post_id=post_id,
        officer_id=acts.officer(),
        kind=kind,
        institution_id=institution_id or case.institution_id,
        due_on=due_on,
        at=now,
    )
    db.session.add(directive)
    ladders.arm(case, directory())
    marks.notices([to], told or _TOLD[kind], case.id, now)
    audit.record(_RECORDED[kind], case.id, now=now, rung=escalation.rung)
    db.session.flush()
    return directive


def summon(escalation_id: UUID, body: str, due_on: date, now: datetime) -> m.Directive:
    """Demand that the handler says why it is late; while one is waited for, it stays the one.

    Refused as `direct`; demanded-already (by this post, and not given yet).
    """
    directive = direct(escalation_id, body, due_on, now, kind=EXPLANATION)
    others = _owed(directive.case_id, EXPLANATION)
    if any(each.post_id == directive.post_id and each.id != directive.id for each in others):
        raise Refused("demanded-already")
    return directive


def complete(directive_id: UUID, now: datetime) -> None:
    """The handler, or who leads there, did what was ordered; the official who ordered it is told.
    Refused: not-found, not-allowed, needs-reason (an explanation is followed by being given)."""
    directive = db.session.get(m.Directive, directive_id)
    if directive is None:
        raise Refused("not-found")
    case = acts.locked(directive.case_id)
    db.session.refresh(directive)  # another may have done it while this one waited for the lock
    if not access.may_act(viewers.present(), viewers.facts(case), Verb.EXPLAIN):
        raise Refused("not-allowed")
    if directive.done_at is not None:
        raise Refused("not-allowed")
    if directive.kind == EXPLANATION:
        raise Refused("needs-reason")
    directive.done_at = now
    ladders.arm(case, directory())
    marks.notices([directive.officer_id], "directive_done", case.id, now)
    audit.record("directive_done", case.id, now=now)


def give_reason(case_id: UUID, body: str, now: datetime) -> None:
    """Why it is late, by the handler or who leads there: the officials on the rungs read it, and
    what they demanded is given by it. None of them says it for the office. Refused: not-allowed."""
    case = acts.locked(case_id)
    if not access.may_act(viewers.present(), viewers.facts(case), Verb.EXPLAIN):
        raise Refused("not-allowed")
    acts.write(case, "delay_reason", acts.words(body), now, internal=True)
    owed = _owed(case.id, EXPLANATION)
    for each in owed:
        each.done_at = now
    if owed:
        ladders.arm(case, directory())
    marks.notices([each.officer_id for each in owed], "explained", case.id, now)
    audit.record("delay_explained", case.id, now=now)


def own_since(case_id: UUID, since: datetime) -> set[tuple[str, str]]:
    """What the present officer ordered on a case of late: the words, and the day as it is typed. No
    look, since nobody else's words are read."""
    rows = db.session.execute(
        select(m.Message, m.Directive.due_on)
        .join(m.Directive, m.Directive.message_id == m.Message.id)
        .where(
            m.Directive.case_id == case_id,
            m.Directive.officer_id == acts.officer(),
            m.Directive.at >= since,
        )
    )
    return {(acts.read(message), due_on.isoformat()) for message, due_on in rows}


@dataclass(frozen=True, slots=True)
class Demand:
    """What is demanded of the officer who has a case, by when."""

    reference: str
    kind: str
    due_on: date
    overdue: bool


def demanded(now: datetime, limit: int = 10) -> list[Demand]:
    """Directives that the officer's own open cases still owe, by due date."""
    rows = db.session.execute(
        select(m.Case.reference, m.Directive.kind, m.Directive.due_on)
        .join(m.Case, m.Case.id == m.Directive.case_id)
        .where(m.Case.handler_id == acts.officer(), listing.IS_OPEN, m.Directive.done_at.is_(None))
        .order_by(m.Directive.due_on, m.Directive.id)
        .limit(limit)
    )
    return [
        Demand(row.reference, row.kind, row.due_on, row.due_on < local_day(now)) for row in rows
    ]


def _owed(case_id: UUID, kind: str) -> list[m.Directive]:
    return list(
        db.session.scalars(
            select(m.Directive)
            .where(
                m.Directive.case_id == case_id,
                m.Directive.kind == kind,
                m.Directive.done_at.is_(None),
            )
            .order_by(m.Directive.at)
        )
    )
