"""What an official on a rung does beside directives: decide about a reason, take the case over,
hand it down. The clock runs on through all of it, and so does the ladder.

Errors: Refused, with a code.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import any_, literal, or_, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import SERVING, Level
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, clocks, directives, groups, marks, owners, reassignment
from feedback.services.errors import Refused
from feedback.services.reference import directory

MOST = 200
"""Officers that a form offers at most."""


def reason_of(case: m.Case) -> UUID | None:
    """The handler's latest reason of this cycle."""
    return db.session.scalars(
        select(m.Message.id)
        .where(
            m.Message.case_id == case.id,
            m.Message.cycle == case.cycle,
            m.Message.kind == "delay_reason",
        )
        .order_by(m.Message.seq.desc())
        .limit(1)
    ).one_or_none()


def accept(case_id: UUID, now: datetime) -> None:
    """Take the handler's reason, on record: neither clock nor ladder stops by it.

    Refused: not-allowed, no-reason, decided (this post decided about it before).
    """
    case = acts.locked(case_id)
    escalation, _post = _decide(case, now, accepted=True)
    marks.notices([case.handler_id], "reason_accepted", case.id, now)
    audit.record("reason_accepted", case.id, now=now, rung=escalation.rung)


def reject(case_id: UUID, body: str, due_on: date, now: datetime) -> None:
    """Not take the reason, with words: another one is owed by a day.

    Refused as `accept`; empty, too-long, bad-date, too-far.
    """
    case = acts.locked(case_id)
    escalation, post = _decide(case, now, accepted=False)
    audit.record("reason_rejected", case.id, now=now, rung=escalation.rung)
    directives.add(
        case,
        escalation,
        post,
        body,
        due_on,
        now,
        kind=directives.EXPLANATION,
        to=case.handler_id,
        told="reason_rejected",
    )


def _decide(case: m.Case, now: datetime, *, accepted: bool) -> tuple[m.Escalation, int]:
    escalation, post = directives.standing(case, Verb.JUDGE)
    reason = reason_of(case)
    if reason is None:
        raise Refused("no-reason")
    before = select(m.ReasonDecision.id).where(
        m.ReasonDecision.message_id == reason, m.ReasonDecision.post_id == post
    )
    if db.session.scalars(before).first() is not None:
        raise Refused("decided")
    db.session.add(
        m.ReasonDecision(
            id=uuid4(),
            case_id=case.id,
            cycle=case.cycle,
            message_id=reason,
            escalation_id=escalation.id,
            post_id=post,
            officer_id=acts.officer(),
            accepted=accepted,
            at=now,
        )
    )
    db.session.flush()
    return escalation, post


def take_over(case_id: UUID, officer_id: int, now: datetime) -> None:
    """The post becomes responsible: the official, or an officer named of its institution, owns the
    case from now on. No transfer; citizen, earlier owner and institution are told.

    Refused: not-allowed (also where a higher post has it), bad-target (nobody who can own a case
    there), excluded.
    """
    case = acts.locked(case_id)
    escalation, post = directives.standing(case, Verb.TAKE_OVER)
    status = acts.status_after(case, Verb.TAKE_OVER)
    home = db.session.get_one(m.Post, post).institution_id
    if _is_above(case, escalation, home):
        raise Refused("not-allowed")
    target = db.session.get(m.Officer, officer_id)
    if target is None or target.institution_id != home or not _fits(case, target):
        raise Refused("bad-target")
    former, owner = case.institution_id, case.handler_id
    told = [owner, *(reassignment.who_assigns(former, now) if former != home else ())]
    _give(case, target, now)
    kept_away = {*acts.excluded(case.id), acts.officer(), target.id}
    marks.notices([each for each in told if each not in kept_away], "taken_over", case.id, now)
    marks.notices([target.id], "assigned", case.id, now)
    acts.owe(case, "taken_over", now, {"due": case.due_at.isoformat()})
    audit.record("taken_over", case.id, now=now, rung=escalation.rung, to=target.id)
    _move(case, target, status, now)


def hand_down(case_id: UUID, officer_id: int, body: str, due_on: date, now: datetime) -> None:
    """Give the case to a named officer below, with words that become a directive: after it was
    taken over, or while nobody owns it.

    Refused: not-allowed (somebody else's), bad-target, excluded, empty, too-long, bad-date,
    too-far.
    """
    case = acts.locked(case_id)
    escalation, post_id = directives.standing(case, Verb.HAND_DOWN)
    status = acts.status_after(case, Verb.HAND_DOWN)
    post = db.session.get_one(m.Post, post_id)
    if not _is_ours(case, post) or _is_above(case, escalation, post.institution_id):
        raise Refused("not-allowed")
    target = db.session.get(m.Officer, officer_id)
    if target is None or not _below(post, target) or not _fits(case, target):
        raise Refused("bad-target")
    former, owner = case.institution_id, case.handler_id
    restricted = case.confidentiality == Level.RESTRICTED
    place = former if restricted else target.institution_id
    _give(case, target, now)
    directives.add(
        case,
        escalation,
        post_id,
        body,
        due_on,
        now,
        kind=directives.ORDER,
        to=target.id,
        institution_id=place,
        told="handed_down",
    )
    if owner != acts.officer():
        marks.notices([owner], "taken_over", case.id, now)
    if place != former:
        acts.owe(case, "transferred", now, {"due": case.due_at.isoformat()})
    audit.record("handed_down", case.id, now=now, rung=escalation.rung, to=target.id)
    _move(case, target, status, now)


def _is_above(case: m.Case, escalation: m.Escalation, home: int) -> bool:
    """Whether a post on a higher rung took the case to its own institution: none below takes that
    back. A restricted case stays where it is."""
    if case.institution_id == home:
        return False
    higher = (
        select(m.Escalation.id)
        .join(m.Post, m.Post.id.in_((m.Escalation.post_id, m.Escalation.copy_post_id)))
        .where(
            m.Escalation.case_id == case.id,
            m.Escalation.way != "skipped",
            m.Escalation.rung > escalation.rung,
            m.Post.institution_id == case.institution_id,
        )
    )
    return db.session.scalars(higher.limit(1)).first() is not None


def _is_ours(case: m.Case, post: m.Post) -> bool:
    """Whether nobody owns the case, or somebody of the post's own institution does."""
    if case.handler_id is None:
        return True
    if case.confidentiality != Level.RESTRICTED:
        return case.institution_id == post.institution_id
    owner = db.session.get_one(m.Officer, case.handler_id)
    return owner.institution_id == post.institution_id


def _below(post: m.Post, target: m.Officer) -> bool:
    """Whether an officer works under a post: in its unit, or its institution, or one below."""
    if post.unit_id is not None:
        return target.unit_id == post.unit_id
    place = directory().institutions.get(target.institution_id)
    return place is not None and post.institution_id in place.path


def _fits(case: m.Case, target: m.Officer) -> bool:
    """Whether an officer can own a case of this level, and does not already."""
    if not target.active or target.id == case.handler_id:
        return False
    if case.confidentiality == Level.RESTRICTED:
        return "ethics" in target.roles and target.institution_id != case.institution_id
    return bool(SERVING & set(target.roles))


def _give(case: m.Case, target: m.Officer, now: datetime) -> None:
    """The time of the new owner begins. Refused("excluded") for one whom the words concern, which
    are compared first with whoever comes to see the case by it."""
    restricted = case.confidentiality == Level.RESTRICTED
    place = (case.institution_id, case.unit_id) if restricted else _place(target)
    group = (case, *groups.followers(case))
    for each in group:  # they go along
        owners.compare(each, now, at=place, level=case.confidentiality)
    if target.id in acts.excluded(case.id):
        raise Refused("excluded")
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, *place, target.id, now)
    for each in group:
        marks.figures(each.received_at, case.institution_id, place[0])


def _place(target: m.Officer) -> tuple[int, int]:
    return target.institution_id, target.unit_id


def _move(case: m.Case, target: m.Officer, status: str, now: datetime) -> None:
    """Comes last. The place of a restricted case is the one complained about, and stays."""
    restricted = case.confidentiality == Level.RESTRICTED
    place = (case.institution_id, case.unit_id) if restricted else _place(target)
    # Perhaps another ladder: the sweep, which sees the case wherever it is, sets the timer anew.
    clocks.set_timer(case.id, "ladder", now)
    acts.move(
        case,
        institution_id=place[0],
        unit_id=place[1],
        handler_id=target.id,
        status=status,
        triage=False,
    )


def those_below(case_id: UUID, post_id: int, institution_ids: set[int]) -> list[m.Officer]:
    """Officers of these institutions to whom the post may hand a case down; none where it may
    not."""
    post, case = db.session.get_one(m.Post, post_id), db.session.get_one(m.Case, case_id)
    place = directives.place_on(case_id)
    if place is None or not _is_ours(case, post) or _is_above(case, place[0], post.institution_id):
        return []
    return [each for each in _offered(case, institution_ids) if _below(post, each)]


def takers(case_id: UUID, post_id: int) -> list[m.Officer]:
    """Who may own a case that the post takes over."""
    case, place = db.session.get_one(m.Case, case_id), directives.place_on(case_id)
    home = db.session.get_one(m.Post, post_id).institution_id
    if place is None or _is_above(case, place[0], home):
        return []
    return _offered(case, {home})


def _offered(case: m.Case, institution_ids: set[int]) -> list[m.Officer]:
    officer = m.Officer
    roles = {"ethics"} if case.confidentiality == Level.RESTRICTED else SERVING
    query = (
        select(officer)
        .where(
            officer.active,
            officer.institution_id.in_(sorted(institution_ids)),
            or_(*(literal(role) == any_(officer.roles) for role in sorted(roles))),
            officer.id.not_in(acts.excluded(case.id)),
        )
        .order_by(officer.institution_id, officer.name)
        .limit(MOST)
    )
    return [each for each in db.session.scalars(query) if _fits(case, each)]
