"""The citizen's verbs, on the web after the receipt code was proven, or by SMS from the filing
number (then the worker acts for the citizen). Errors: Refused, with a code.

What is kept of the moment is `acts.stamp`: of a citizen who must stay unknown, the day alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, text

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, workflow
from feedback.rules.access import Level
from feedback.rules.workflow import APPEAL_ANSWER_DAYS, Appeal, Status, Verb
from feedback.services import acts, audit, bodies, clocks, desk, groups, ladders, marks, owners
from feedback.services.conflicts import Said
from feedback.services.errors import Refused
from feedback.services.reference import directory

DAY = timedelta(days=1)


def add_message(case_id: UUID, body: str, now: datetime) -> None:
    """The citizen adds something; whatever it is, it ends a pause (rule 3)."""
    case = acts.locked(case_id)
    body = acts.words(body)
    case.status = acts.status_after(case, Verb.CITIZEN_MESSAGE)
    at = acts.stamp(case, now)
    acts.write(case, "citizen", body, at, by_citizen=True)
    _heard(case, now)
    audit.record("citizen_message", case.id, now=at)
    _tell_unless_named(case, "citizen_message", body, at)


def _tell_unless_named(case: m.Case, kind: str, body: str, at: datetime) -> None:
    """New words of the citizen: to the owner, unless they name just that officer."""
    handler_id = case.handler_id
    if handler_id not in owners.compare_and_pass_on(case, at, Said([body])):
        _tell(case, kind, at, handler_id)


def _heard(case: m.Case, now: datetime) -> None:
    """A word of the citizen ends waiting; the case shows as having something new."""
    case.unread = Status(case.status) in workflow.OPEN
    if clocks.resume(case, clocks.of(case), _resumed(case, now)):
        ladders.arm(case, directory())


def _resumed(case: m.Case, now: datetime) -> datetime:
    """When the clock runs on. Where the hour of the reply is not kept, its day is day 0, like that
    of a receipt: the office never has less time than it would have had."""
    return clock.day_start(now) + DAY if acts.unknown(case) else now


def _tell(case: m.Case, kind: str, at: datetime, handler_id: int | None = None) -> None:
    """A notice to the handler; several on a day whose hours are not kept are several. It leads to
    the page on which the handler acts."""
    key = uuid4().hex if acts.unknown(case) else ""
    marks.notices([handler_id or case.handler_id], kind, groups.page_of(case), at, key)


def withdraw(case_id: UUID, now: datetime) -> None:
    """The citizen takes the case back; every clock stops."""
    case = acts.locked(case_id)
    status = acts.status_after(case, Verb.WITHDRAW)
    at = acts.stamp(case, now)
    groups.part(case, at)  # what was joined to it goes on by itself
    case.status = status
    own = clocks.of(case)
    clocks.resume(case, own, _resumed(case, now))
    for deadline in (own.acknowledge, own.answer):
        if deadline is not None and deadline.met_at is None:
            deadline.met_at = at  # ended, not met: no minutes, so no figure counts it
    case.closed_at, case.unread = at, False
    _stop(case, now)
    _tell(case, "withdrawn", at)
    marks.figures(case.received_at, case.institution_id)
    audit.record("withdrawn", case.id, now=at)


def accept(
    case_id: UUID,
    rating: int | None,
    now: datetime,
    *,
    remark: str = "",
    said_at: datetime | None = None,
) -> None:
    """The citizen is satisfied and closes the case (rule 9); a word may come with the rating.

    While the window lasts, a rating and a word can still be given, or the rating changed; anything
    else said again changes nothing. said_at: when the citizen said it, where it is read later.
    Refused: not-allowed, bad-rating, too-late, too-long.
    """
    case = acts.locked(case_id)
    if rating is not None and not 1 <= rating <= 5:
        raise Refused("bad-rating")
    remark = acts.words(remark) if remark.strip() else ""
    at = acts.stamp(case, now)
    if case.status == Status.CLOSED:
        _rate_again(case, rating, remark, said_at or now, at)
        return
    if _window_over(case, said_at or now):
        raise Refused("too-late")
    case.status = acts.status_after(case, Verb.ACCEPT)
    case.rating, case.closed_at = rating, at
    _stop(case, now)
    _remark(case, remark, at)
    _tell(case, "accepted", at)
    marks.figures(case.received_at, case.institution_id)
    audit.record("accepted", case.id, now=at, rating=rating or 0)


def _rate_again(
    case: m.Case, rating: int | None, remark: str, said_at: datetime, at: datetime
) -> None:
    """A rating given after the case closed, or another one, or a word with it."""
    if (rating is None or rating == case.rating) and not remark:
        return
    if _window_over(case, said_at) or case.window_ends_at is None or _has_letter(case):
        raise Refused("too-late")
    if rating is not None and rating != case.rating:
        case.rating = rating
        audit.record("rated", case.id, now=at, rating=rating)
    _remark(case, remark, at)


def _remark(case: m.Case, remark: str, at: datetime) -> None:
    """The citizen's word with the rating: sealed like every word of the case, read by those who may
    read it, counted nowhere."""
    if remark and not _said_before(case, remark):
        acts.write(case, "remark", remark, at, by_citizen=True)
        owners.compare_and_pass_on(case, at, Said([remark]))  # whom it names reads it no more


def _said_before(case: m.Case, remark: str) -> bool:
    """Whether it is the last such word of this cycle, sent twice."""
    last = db.session.scalars(
        select(m.Message)
        .where(
            m.Message.case_id == case.id,
            m.Message.kind == "remark",
            m.Message.cycle == case.cycle,
        )
        .order_by(m.Message.seq.desc())
        .limit(1)
    ).first()
    return last is not None and acts.read(last) == remark


def _window_over(case: m.Case, said_at: datetime) -> bool:
    return case.window_ends_at is not None and said_at >= case.window_ends_at


def _silenced(case: m.Case, said_at: datetime) -> bool:
    """Whether silence closed it though the citizen had spoken in time: the message was on its way,
    or waited for the answer to "which case?"."""
    return (
        case.status == Status.CLOSED
        and case.window_ends_at is not None
        and case.closed_at == case.window_ends_at
        and said_at < case.window_ends_at
        and not _has_letter(case)
    )


def close_by_silence(case: m.Case, now: datetime) -> None:
    """The window after the answer passed without a word (worker; the case is locked). Timers and
    record are the sweep's, which writes those of many cases at once."""
    case.status = workflow.after(Verb.EXPIRE, Status(case.status)).value
    case.closed_at = case.window_ends_at or now


def not_fixed(
    case_id: UUID,
    body: str,
    now: datetime,
    *,
    bare: bool = False,
    said_at: datetime | None = None,
) -> Appeal:
    """ "Not fixed": the next cycle opens one rung higher with an answer clock of its own.

    After the second appeal there is no third: a final letter names the bodies outside. Saying it
    again, while the case is open already or after the letter, changes nothing and answers what the
    first time led to. bare: no reason came with it, and the citizen is asked for one; the case is
    open all the same, so that no window ends over it. said_at: when the citizen said it, where it
    is read later: silence that closed the case meanwhile was none. Refused: not-allowed, too-late,
    empty.
    """
    case = acts.locked(case_id)
    d = directory()
    if case.appeals and not case.reopened and Status(case.status) in workflow.OPEN:
        return Appeal(allowed=True, cycle=case.cycle, rung=case.first_rung, final_letter=False)
    appeal = workflow.appeal(case.appeals, ladders.highest(case), ladders.top(case, d), case.cycle)
    if case.status == Status.CLOSED and appeal.final_letter and _has_letter(case):
        return appeal
    body = acts.words(body)
    if _silenced(case, said_at or now):
        case.status, case.closed_at = Status.ANSWERED.value, None
    status = acts.status_after(case, Verb.NOT_FIXED)
    if _window_over(case, said_at or now):
        raise Refused("too-late")
    at = acts.stamp(case, now)
    acts.write(case, "citizen", body, at, by_citizen=True)
    if not appeal.allowed:
        _final_letter(case, at)
        return appeal
    ladders.leave_cycle(case, d)
    if case.merged_into is not None:
        groups.part(case, at)  # the others may be content: this one goes on by itself
    case.status = status if case.handler_id else Status.NEW.value
    case.cycle, case.appeals = appeal.cycle, case.appeals + 1
    case.first_rung, case.reopened, case.unread = appeal.rung, False, True
    case.answered_at = case.window_ends_at = None
    clocks.start_cycle(case, APPEAL_ANSWER_DAYS, at)
    clocks.set_timer(case.id, "window", None)
    ladders.arm(case, d)
    asks = "reopened_why" if bare else "reopened"
    acts.owe(case, asks, now, {"due": case.due_at.isoformat()})
    marks.figures(case.received_at, case.institution_id)
    audit.record("not_fixed", case.id, now=at, cycle=case.cycle)
    _tell_unless_named(case, "not_fixed", body, at)
    return appeal


def _has_letter(case: m.Case) -> bool:
    letter = select(m.Message.id).where(
        m.Message.case_id == case.id, m.Message.kind == "final_letter"
    )
    return db.session.scalars(letter.limit(1)).first() is not None


def _final_letter(case: m.Case, now: datetime) -> None:
    """No third appeal: the citizen is told of the bodies outside, and the case closes."""
    case.status, case.closed_at = Status.CLOSED.value, now
    acts.write(case, "final_letter", case.reference, now, by_citizen=True)
    _stop(case, now)
    if case.confidentiality == Level.OPEN:
        named = bodies.in_short(bodies.for_case(case), case.language)
        acts.owe(case, "final_letter_to", now, {"bodies": named})
    else:
        # The body's name would tell whoever holds the phone what the case is about.
        acts.owe(case, "final_letter", now, {})
    _tell(case, "final_letter", now)
    marks.figures(case.received_at, case.institution_id)
    audit.record("final_letter", case.id, now=now)


def raise_confidentiality(case_id: UUID, level: str, now: datetime) -> None:
    """The citizen may make the case stricter at any time. Refused: bad-target, not-allowed."""
    case = acts.locked(case_id)
    status = acts.status_after(case, Verb.RAISE_CONFIDENTIALITY)
    if level not in set(Level):
        raise Refused("bad-target")
    before, wanted, at = Level(case.confidentiality), Level(level), acts.stamp(case, now)
    if wanted == before and case.cautious:
        # It was so by caution alone; from now on it is so because the citizen wants it.
        case.cautious = False
        audit.record("confidentiality_raised", case.id, now=at, level=wanted.value)
        return
    if wanted == before or not access.raise_to(before, wanted):
        raise Refused("not-allowed")
    case.cautious = False
    audit.record("confidentiality_raised", case.id, now=at, level=wanted.value)
    desk.raise_level(case, wanted, status, at)


def hide_name(case_id: UUID, now: datetime) -> None:
    """The office is not to be shown who wrote; the number stays sealed for the relay alone.
    Saying it again changes nothing. Refused: not-allowed once the case has ended."""
    case = acts.locked(case_id)
    acts.status_after(case, Verb.CITIZEN_MESSAGE)
    if case.anonymous:
        return
    case.anonymous = True
    audit.record("made_anonymous", case.id, now=now)


def _stop(case: m.Case, now: datetime) -> None:
    clocks.end_timers([case.id], over_at=now)


def forget_me(case_id: UUID, now: datetime) -> None:
    """Remove the citizen's name, number and address and keep the case (principal: public).

    From then on the citizen is reached by the receipt code alone. Saying it again changes nothing.
    """
    case = acts.locked(case_id)
    if acts.unknown(case):
        return
    db.session.flush()
    db.session.execute(text("SELECT guard.forget_identity(:now)"), {"now": now})
    db.session.refresh(case)
    audit.record("identity_forgotten", case.id, now=acts.stamp(case, now))
