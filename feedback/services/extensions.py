"""More time for an answer: the owner asks before it is overdue, the head decides, the citizen is
told. A request that waits stops no clock; rungs already climbed stay. Errors: Refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, tuple_

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access, extensions, ladder
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status, Verb
from feedback.services import (
    acts,
    audit,
    clocks,
    desk,
    groups,
    ladders,
    listing,
    marks,
    posts,
    queues,
    viewers,
)
from feedback.services.errors import Refused
from feedback.services.posts import Address
from feedback.services.reference import directory


@dataclass(frozen=True, slots=True)
class Request:
    """A request for more time, with the reason."""

    id: UUID
    days: int
    reason: str
    asked_by: str
    asked_at: datetime
    granted: bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The requests of a case, and what the present officer may do. `days_left`: working days that
    may still be granted."""

    requests: Sequence[Request]
    days_left: int
    may_ask: bool
    may_decide: bool

    @property
    def waiting(self) -> Request | None:
        """The one that nobody has decided yet."""
        return next((each for each in self.requests if each.granted is None), None)


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A request in a list: the case, and what is asked, without a word of it."""

    case: listing.QueueRow
    days: int
    asked_by: str
    asked_at: datetime


def of_case(case_id: UUID, now: datetime, facts: access.CaseFacts | None = None) -> Standing:
    """How it stands with more time for a case (principal: an officer who sees it). facts: what
    access to it depends on, where that was looked up already."""
    case = db.session.get_one(m.Case, case_id)
    asked = db.session.execute(
        select(m.Extension, m.Message, m.Officer.name)
        # Who may not read the words of the case sees that and for how long, and no reason.
        .outerjoin(m.Message, m.Message.id == m.Extension.message_id)
        .join(m.Officer, m.Officer.id == m.Extension.asked_by)
        .where(m.Extension.case_id == case_id)
        .order_by(m.Extension.asked_at)
    )
    # One that nobody decided before the answer has lapsed with its cycle.
    rows = [each for each in asked if each[0].decided_at or each[0].cycle == case.cycle]
    found = [
        Request(row.id, row.days, acts.read(said) if said else "", name, row.asked_at, row.granted)
        for row, said, name in rows
    ]
    waiting = next((row for row, _, _ in rows if row.decided_at is None), None)
    runs = Status(case.status) in OPEN
    left = _left(case, [row for row, _, _ in rows])
    viewer, facts = viewers.present(), facts or viewers.facts(case)
    return Standing(
        found,
        left,
        may_ask=runs
        and waiting is None
        and left > 0
        and extensions.in_time(now, case.due_at)
        and access.may_act(viewer, facts, Verb.EXTEND),
        may_decide=runs
        and waiting is not None
        and access.may_decide_extension(viewer, facts, waiting.asked_by),
    )


def _left(case: m.Case, rows: Sequence[m.Extension]) -> int:
    """What may still be granted: by the days that its clocks got so far, also with a group that
    it was in or from the case that it was divided from, and by the standard that they were set by.
    """
    standard = m.ServiceStandard
    given, limit = db.session.execute(
        select(func.sum(m.Deadline.extension_days), func.max(standard.extension_days_max))
        .outerjoin(standard, standard.id == m.Deadline.standard_id)
        .where(m.Deadline.case_id == case.id)
    ).one()
    if limit is None:  # set before versions were kept
        present = directory().standard(
            case.standard, case.kind, case.institution_id, case.confidentiality
        )
        limit = present.extension_days_max
    return extensions.days_left(limit, int(given or 0), sum(bool(row.granted) for row in rows))


def _rows(case_id: UUID) -> Sequence[m.Extension]:
    return db.session.scalars(select(m.Extension).where(m.Extension.case_id == case_id)).all()


def ask(case_id: UUID, days: int, reason: str, now: datetime) -> None:
    """The owner asks for more working days. Refused: not-allowed (not the owner, or a request waits
    already), too-late (overdue), bad-days-more (more than may be granted), empty, too-long."""
    case = acts.locked(case_id)
    desk.may(case, Verb.EXTEND)
    reason = acts.words(reason)
    acts.status_after(case, Verb.EXTEND)
    rows = _rows(case.id)
    if any(row.decided_at is None and row.cycle == case.cycle for row in rows):
        raise Refused("not-allowed")
    if not extensions.in_time(now, case.due_at):
        raise Refused("too-late")
    if not 1 <= days <= _left(case, rows):
        raise Refused("bad-days-more")
    message_id = acts.write(case, "extension_request", reason, now, internal=True)
    db.session.execute(
        insert(m.Extension).values(
            id=uuid4(),
            case_id=case.id,
            cycle=case.cycle,
            days=days,
            message_id=message_id,
            asked_by=acts.officer(),
            asked_at=now,
        )
    )
    marks.notices([_decides(case, now)], "extension_asked", case.id, now)
    audit.record("extension_asked", case.id, now=now, days=days)


def _decides(case: m.Case, now: datetime) -> int | None:
    """Who is to decide: the head or who acts for the head; of a restricted case the senior ethics
    officer, on the first rung of its ladder."""
    d = directory()
    address: Address | None = Address(case.institution_id, None, "institution_head")
    if case.confidentiality == Level.RESTRICTED:
        first = d.ladder(ladders.RESTRICTED)[:1]
        address = posts.address(d, first[0], case.institution_id, case.unit_id) if first else None
    if address is None:
        return None
    post = posts.find([address], local_day(now)).get(address)
    return ladder.resolve(post, frozenset(acts.excluded(case.id))).person


def grant(case_id: UUID, told: str, now: datetime) -> None:
    """Give the days that were asked for: the due time follows from them, and the citizen reads why
    (`told`). Refused: not-allowed, bad-days-more (no more may be given), empty, too-long."""
    case, row = _to_decide(case_id)
    told = acts.words(told)
    if row.days > _left(case, _rows(case.id)):
        raise Refused("bad-days-more")
    d = directory()
    # Those joined to the case are answered with it: each gets the same days, else the earliest of
    # them would keep the group due when it was. None gets more than its own standard allows.
    for other in groups.followers(case):
        theirs = clocks.of(other)
        theirs.answer.extension_days += min(row.days, _left(other, _rows(other.id)))
        clocks.recompute(other, theirs, d)
    db.session.flush()
    own = clocks.of(case)
    own.answer.extension_days += row.days
    clocks.recompute(case, own, d)
    clocks.set_timer(case.id, "reminder", clocks.next_reminder(own.answer, now, d))
    _settle(row, now, granted=True)
    acts.write(case, "extension", told, now)
    ladders.arm(case, d)
    acts.owe(case, "extended", now, {"due": case.due_at.isoformat()}, told)
    marks.notices([row.asked_by, case.handler_id], "extension_granted", case.id, now)
    marks.figures(case.received_at, case.institution_id)
    audit.record("extension_granted", case.id, now=now, days=row.days)


def refuse(case_id: UUID, why: str, now: datetime) -> None:
    """Give no more time, and say why to the owner. Refused: not-allowed, empty, too-long."""
    case, row = _to_decide(case_id)
    why = acts.words(why)
    _settle(row, now, granted=False)
    acts.write(case, "extension", why, now, internal=True)
    marks.notices([row.asked_by, case.handler_id], "extension_refused", case.id, now)
    audit.record("extension_refused", case.id, now=now, days=row.days)


def _to_decide(case_id: UUID) -> tuple[m.Case, m.Extension]:
    """The locked case and the request that the present officer may decide."""
    case = acts.locked(case_id)
    row = db.session.scalars(
        select(m.Extension)
        .where(
            m.Extension.case_id == case_id,
            m.Extension.cycle == case.cycle,
            m.Extension.decided_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or Status(case.status) not in OPEN:
        raise Refused("not-allowed")
    if not access.may_decide_extension(viewers.present(), viewers.facts(case), row.asked_by):
        raise Refused("not-allowed")
    return case, row


def _settle(row: m.Extension, now: datetime, *, granted: bool) -> None:
    row.decided_by, row.decided_at, row.granted = acts.officer(), now, granted
    db.session.flush()


def to_decide(after: str | None, now: datetime, limit: int = listing.PAGE) -> listing.Page:
    """Requests that wait for the present officer's decision, what falls due first on top."""
    query = (
        select(
            *listing.COLUMNS,
            m.Extension.days,
            m.Extension.asked_at,
            m.Extension.asked_by,
        )
        .join(m.Extension, m.Extension.case_id == m.Case.id)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(*queues.extensions_waiting(viewers.present()))
        .order_by(m.Case.due_at, m.Case.id)
        .limit(limit + 1)
    )
    start = listing.decode(after)
    if start is not None:
        query = query.where(tuple_(m.Case.due_at, m.Case.id) > start)
    rows = db.session.execute(query).all()
    names = _names({row.asked_by for row in rows})
    listed = [
        ToDecide(listing.queue_row(row, now), row.days, names.get(row.asked_by, "–"), row.asked_at)
        for row in rows[:limit]
    ]
    last = listed[-1].case if len(rows) > limit else None
    return listing.Page(listed, listing.encode(last.due_at, last.case_id) if last else None)


def _names(officers: set[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(m.Officer.id, m.Officer.name).where(m.Officer.id.in_(officers))
    )
    return {row.id: row.name for row in rows}
