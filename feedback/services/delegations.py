"""An officer reads for a post and prepares what it would order; the decision stays with the post.

A delegation ends by itself with its last day, when whoever gave it leaves the post, or when the
delegate leaves the institution; the database asks for all of it at each transaction's begin. It
opens no restricted case, and none from which the delegate is kept away. Errors: Refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import any_, func, literal, or_, select
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import LOOKING, Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, directives, identity, marks, viewers, views
from feedback.services.errors import Refused
from feedback.services.reference import directory


@dataclass(frozen=True, slots=True)
class Given:
    """A delegation that was not ended, as the post and the delegate see it."""

    id: int
    post: views.PostName | None
    officer_name: str
    by_name: str
    reference: str | None
    until_day: date
    own: bool
    runs: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """A recommendation that waits for the post."""

    id: UUID
    kind: str
    body: str
    due_on: date
    officer_name: str
    at: datetime
    own: bool


def give(
    post_id: int, officer_id: int, until: date, now: datetime, *, case_id: UUID | None = None
) -> None:
    """Let an officer of the own institution read what reached a post, or one case of it.

    Refused: not-allowed (not the officer's post, or not on a rung of the case; a restricted case is
    nobody's to delegate), bad-target, excluded, bad-date, too-far,
    delegated-already.
    """
    directives.check_day(until, now)
    if post_id not in viewers.present().posts:
        raise Refused("not-allowed")
    if case_id is not None:
        case = acts.locked(case_id)
        _escalation, standing = directives.standing(case, Verb.DIRECT)
        if standing != post_id or case.confidentiality == Level.RESTRICTED:
            raise Refused("not-allowed")
        if officer_id in acts.excluded(case_id):
            raise Refused("excluded")
    if not db.session.scalar(select(func.guard.may_delegate(post_id, officer_id))):
        raise Refused("bad-target")
    same = select(m.Delegation.id).where(
        m.Delegation.post_id == post_id,
        m.Delegation.officer_id == officer_id,
        m.Delegation.case_id.is_not_distinct_from(case_id),
        m.Delegation.ended_at.is_(None),
    )
    for before in db.session.scalars(select(m.Delegation).where(m.Delegation.id.in_(same))):
        if before.until_day >= local_day(now):
            raise Refused("delegated-already")
        before.ended_at, before.ended_by = now, acts.officer()  # its day is over
    db.session.flush()
    db.session.add(
        m.Delegation(
            post_id=post_id,
            case_id=case_id,
            officer_id=officer_id,
            by_officer_id=acts.officer(),
            at=now,
            until_day=until,
        )
    )
    db.session.flush()
    marks.notices([officer_id], "delegated", case_id, now)
    audit.record("delegated", case_id, now=now, to=officer_id, post=post_id, day=until.isoformat())


def end(delegation_id: int, now: datetime) -> None:
    """Take a delegation back, or hand it back. Refused: not-found."""
    found = db.session.scalars(
        select(m.Delegation)
        .where(m.Delegation.id == delegation_id, m.Delegation.ended_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise Refused("not-found")
    viewer = viewers.present()
    if found.officer_id != viewer.officer and found.post_id not in viewer.posts:
        raise Refused("not-found")
    found.ended_at, found.ended_by = now, viewer.officer
    db.session.flush()
    if found.officer_id != viewer.officer:
        marks.notices([found.officer_id], "delegation_ended", None, now, str(found.id))
    audit.record("delegation_ended", found.case_id, now=now, officer=found.officer_id)


def offered(institution_id: int) -> list[tuple[int, str]]:
    """Officers of an institution to whom its posts may delegate, by name."""
    officer = m.Officer
    return [
        (row.id, row.name)
        for row in db.session.execute(
            select(officer.id, officer.name)
            .where(
                officer.institution_id == institution_id,
                officer.active,
                officer.id != acts.officer(),
                or_(*(literal(role) == any_(officer.roles) for role in sorted(LOOKING))),
            )
            .order_by(officer.name)
            .limit(200)
        )
    ]


def standing(now: datetime, case_id: UUID | None = None) -> list[Given]:
    """Delegations of the officer's posts and to the officer: all, or those that open a case."""
    d, viewer = directory(), viewers.present()
    delegate, giver = aliased(m.Officer), aliased(m.Officer)
    query = (
        select(m.Delegation, delegate.name, giver.name.label("giver"), m.Case.reference)
        .join(delegate, delegate.id == m.Delegation.officer_id)
        .join(giver, giver.id == m.Delegation.by_officer_id)
        .outerjoin(m.Case, m.Case.id == m.Delegation.case_id)
        .where(m.Delegation.ended_at.is_(None), m.Delegation.until_day >= local_day(now))
        .order_by(m.Delegation.case_id.is_not(None), m.Delegation.until_day, m.Delegation.id)
        .limit(200)
    )
    if case_id is not None:
        query = query.where(m.Delegation.case_id == case_id)
    rows = db.session.execute(query).all()
    titles = views.post_names({row.Delegation.post_id for row in rows}, d)
    return [
        Given(
            each.id,
            titles.get(each.post_id),
            name,
            by_name,
            reference,
            each.until_day,
            each.officer_id == viewer.officer,
            each.by_officer_id != viewer.officer or each.post_id in viewer.posts,
        )
        for each, name, by_name, reference in rows
    ]


def posts_of() -> list[tuple[int, views.PostName]]:
    """The posts on which the officer stands today."""
    names = views.post_names(set(viewers.present().posts), directory())
    return sorted(names.items())


# Recommendations


def _place(recommendation_id: UUID) -> str:
    return f"recommendation:{recommendation_id}:sealed"


def recommend(case_id: UUID, kind: str, body: str, due_on: date, now: datetime) -> None:
    """Tell the post what one would order; nothing happens until it gives that.

    Refused: not-allowed (no delegation that opens this case), bad-date, too-far, empty,
    too-long.
    """
    case = acts.locked(case_id)
    if not access.may_act(viewers.present(), viewers.facts(case), Verb.RECOMMEND):
        raise Refused("not-allowed")
    acts.status_after(case, Verb.RECOMMEND)
    directives.check_day(due_on, now)
    if kind not in (directives.ORDER, directives.EXPLANATION):
        raise Refused("not-allowed")
    delegation = _delegation(case)
    number = uuid4()
    db.session.add(
        m.Recommendation(
            id=number,
            case_id=case.id,
            delegation_id=delegation.id,
            post_id=delegation.post_id,
            officer_id=acts.officer(),
            kind=kind,
            sealed=identity.seal(acts.words(body), _place(number)),
            due_on=due_on,
            at=now,
        )
    )
    db.session.flush()
    marks.notices([delegation.by_officer_id], "recommended", case.id, now)
    audit.record("recommended", case.id, now=now, post=delegation.post_id)


def _delegation(case: m.Case) -> m.Delegation:
    """By which delegation the present officer reads a case: one of the case before one of all."""
    rung = m.Escalation
    reached = select(rung.id).where(
        rung.case_id == case.id,
        rung.way != "skipped",
        rung.reads,
        or_(rung.post_id == m.Delegation.post_id, rung.copy_post_id == m.Delegation.post_id),
    )
    found = db.session.scalars(
        select(m.Delegation)
        .where(
            m.Delegation.id == any_(func.guard.ids("delegated")),
            or_(m.Delegation.case_id.is_(None), m.Delegation.case_id == case.id),
            reached.exists(),
            m.Delegation.by_officer_id.not_in(acts.excluded(case.id)),
        )
        .order_by(m.Delegation.case_id.is_(None), m.Delegation.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        raise Refused("not-allowed")
    return found


def waiting(case_id: UUID) -> list[Advice]:
    """Recommendations for a case that wait, for the post and for whoever wrote them."""
    rows = db.session.execute(
        select(m.Recommendation, m.Officer.name)
        .join(m.Officer, m.Officer.id == m.Recommendation.officer_id)
        .where(m.Recommendation.case_id == case_id, m.Recommendation.settled_at.is_(None))
        .order_by(m.Recommendation.at)
    )
    me = acts.officer()
    return [
        Advice(
            row.id,
            row.kind,
            identity.unseal(row.sealed, _place(row.id)),
            row.due_on,
            name,
            row.at,
            row.officer_id == me,
        )
        for row, name in rows
    ]


def follow(recommendation_id: UUID, now: datetime) -> None:
    """The post gives what was recommended, as a directive in its own name.

    Refused: gone (settled already, or not this post's), and as `directives.direct`.
    """
    found = _locked(recommendation_id)
    rung = directives.rung_of(found.case_id)
    if rung is None:
        raise Refused("not-allowed")
    body = identity.unseal(found.sealed, _place(found.id))
    given = directives.direct(rung, body, found.due_on, now, kind=found.kind)
    found.settled_at, found.settled_by, found.directive_id = now, acts.officer(), given.id
    db.session.flush()


def lay_aside(recommendation_id: UUID, now: datetime) -> None:
    """The post does not give it. Refused: gone."""
    found = _locked(recommendation_id)
    found.settled_at, found.settled_by = now, acts.officer()
    audit.record("recommendation_laid_aside", found.case_id, now=now, officer=found.officer_id)
    db.session.flush()


def _locked(recommendation_id: UUID) -> m.Recommendation:
    found = db.session.scalars(
        select(m.Recommendation)
        .where(m.Recommendation.id == recommendation_id, m.Recommendation.settled_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if found is None or found.post_id not in viewers.present().posts:
        raise Refused("gone")
    return found
