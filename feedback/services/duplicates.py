"""Joining cases about one matter, and taking them apart again.

A joined case lives on: its citizen keeps reference, receipt code and page, sees nothing of the
others, and is answered when the leading case is. Its own clock goes on being counted and makes the
leading case due no later than itself; its timers rest. Nothing is joined by itself: an officer
decides, and may undo it while the leading case is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status, Verb
from feedback.services import acts, audit, clocks, groups, ladders, marks, outcomes, owners, viewers
from feedback.services.errors import Refused
from feedback.services.reference import directory

JOINED, APART = "joined", "apart"
"""What the message of a joined case, which its citizen reads, tells: codes that the page words."""
RESTING = ("ladder", "reminder", "pause")


@dataclass(frozen=True, slots=True)
class Joined:
    """A case joined to another, as both pages show it. `leads`: the other one leads this one."""

    case_id: UUID
    reference: str
    leads: bool
    due_at: datetime
    officer_name: str
    at: datetime
    ended_at: datetime | None


def merge(case_id: UUID, leading_reference: str, now: datetime) -> None:
    """Join a case to the one that leads from now on: both open, of one institution and one level.

    Refused: no-such-case (or not to be seen), same-case, not-allowed, other-institution,
    other-level (nor is a restricted case ever joined), leads (others are joined to this one),
    follows (that one is joined to another), ends-lower (that one climbs less high), no-owner
    (nobody has the leading one), kept-away (its officer may not see this one).
    """
    leading_id = _case_of(leading_reference)
    if leading_id == case_id:
        raise Refused("same-case")
    locked = {each: acts.locked(each) for each in sorted((case_id, leading_id))}
    case, leading = locked[case_id], locked[leading_id]
    _may_join(case, leading, now)
    status = acts.status_after(case, Verb.MERGE)
    own = clocks.of(case)
    if leading.first_response_at is not None:
        clocks.first_human_word(case, own, now)  # that it is dealt with is a word of an officer
    db.session.add(
        m.CaseMerge(
            case_id=case.id,
            leading_id=leading.id,
            institution_id=case.institution_id,
            unit_id=case.unit_id,
            handler_id=case.handler_id,
            by_officer_id=acts.officer(),
            at=now,
        )
    )
    acts.write(case, "merge", JOINED, now, alone=True)
    acts.owe(case, "joined", now, {"due": case.due_at.isoformat()}, alone=True)
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, case.institution_id, leading.unit_id, leading.handler_id, now)
    clocks.end_timers([case.id], RESTING)
    # The place first: the database joins what stands at one place.
    acts.move(case, unit_id=leading.unit_id, handler_id=leading.handler_id, status=status)
    case.merged_into = leading.id
    leading.unread = leading.unread or case.unread
    leading.highest_rung = max(leading.highest_rung, case.highest_rung)
    _derive(leading, now)
    if leading.handler_id != acts.officer():
        marks.notices([leading.handler_id], "joined", leading.id, now)
    for each, act, other in ((case, "merged", leading), (leading, "led", case)):
        marks.figures(each.received_at, each.institution_id)
        audit.record(act, each.id, now=now, case=str(other.id))


def _case_of(reference: str) -> UUID:
    found = db.session.scalars(select(m.Case.id).where(m.Case.reference == reference)).one_or_none()
    if found is None:
        raise Refused("no-such-case")
    return found


def _may_join(case: m.Case, leading: m.Case, now: datetime) -> None:
    for each in (case, leading):
        if not _may(each, Verb.MERGE):
            raise Refused("not-allowed")
    if groups.follows(leading):
        raise Refused("follows")
    acts.status_after(leading, Verb.MERGE)
    if case.institution_id != leading.institution_id:
        raise Refused("other-institution")
    if Level.RESTRICTED in (case.confidentiality, leading.confidentiality) or (
        case.confidentiality != leading.confidentiality
    ):
        raise Refused("other-level")
    if len(db.session.scalars(groups.members(case)).all()) > 1:
        raise Refused("leads")
    if ladders.top(leading, directory()) < ladders.top(case, directory()):
        raise Refused("ends-lower")  # a suggestion that leads would keep a complaint down
    if leading.handler_id is None:
        raise Refused("no-owner")
    _keep_off(case, leading, now)


def _keep_off(case: m.Case, leading: m.Case, now: datetime) -> None:
    # Officers of the other's unit and on the other's rungs come to see each: words that were never
    # compared with them, or with who came there since, are now.
    owners.compare(case, now, at=(case.institution_id, leading.unit_id))
    owners.compare(leading, now)
    if acts.officer() in {*acts.excluded(case.id), *acts.excluded(leading.id)}:
        raise Refused("kept-away")
    if leading.handler_id in acts.excluded(case.id) or (
        case.handler_id is not None and case.handler_id in acts.excluded(leading.id)
    ):
        raise Refused("kept-away")


def _may(case: m.Case, verb: Verb) -> bool:
    return access.may_act(viewers.present(), viewers.facts(case), verb)


def take_apart(case_id: UUID, now: datetime) -> None:
    """Undo a joining: the case has its own owner, clock and place in the queues again. What was
    said meanwhile stays. Refused: not-found, not-allowed."""
    case = acts.locked(case_id)
    if not groups.follows(case) or not _may(case, Verb.MERGE):
        raise Refused("not-allowed")
    joining = db.session.scalars(
        select(m.CaseMerge).where(m.CaseMerge.case_id == case.id, m.CaseMerge.ended_at.is_(None))
    ).one()
    leading = acts.locked(joining.leading_id)
    groups.part(case, now)
    own = clocks.of(case)
    if case.first_response_at == joining.at and not _was_written_to(case):
        # Joining alone acknowledged it, and no word of an officer came of that.
        case.first_response_at = None
        if own.acknowledge is not None:
            own.acknowledge.met_at = own.acknowledge.minutes = None
            clocks.recompute(case, own, directory())
    acts.write(case, "merge", APART, now, alone=True)
    ladders.arm(case, directory())
    waiting = own.open_pause
    clocks.set_timers(
        {
            (case.id, "reminder"): clocks.next_reminder(own.answer, now, directory()),
            (case.id, "pause"): waiting.runs_out_at if waiting else None,
        }
    )
    leading.highest_rung = _highest(leading)
    _derive(leading, now)
    marks.figures(leading.received_at, leading.institution_id)
    marks.figures(case.received_at, case.institution_id)
    unit_id, handler_id = _owner_before(case, joining)
    if (unit_id, handler_id) != (case.unit_id, case.handler_id):
        acts.end_assignment(case.id, now)
        acts.start_assignment(case.id, case.institution_id, unit_id, handler_id, now)
        marks.notices([handler_id], "assigned", case.id, now)
        acts.move(case, unit_id=unit_id, handler_id=handler_id)


def _was_written_to(case: m.Case) -> bool:
    """Whether an officer said something to the citizen, other than that the case was joined."""
    said = select(m.Message.id).where(
        m.Message.case_id == case.id,
        m.Message.officer_id.is_not(None),
        m.Message.internal.is_(False),
        m.Message.kind != "merge",
    )
    return db.session.scalars(said.limit(1)).first() is not None


def _owner_before(case: m.Case, joining: m.CaseMerge) -> tuple[int, int | None]:
    """Unit and owner from before the joining, if they still can have the case; else the present."""
    former = db.session.get(m.Officer, joining.handler_id or 0)
    if (
        former is not None
        and former.active
        and former.institution_id == case.institution_id == joining.institution_id
        and access.SERVING & set(former.roles)
        and former.id not in acts.excluded(case.id)
    ):
        return joining.unit_id, former.id
    return case.unit_id, case.handler_id


def _highest(case: m.Case) -> int:
    """The highest rung that a case reached itself, or one that it leads."""
    own = select(func.max(m.Escalation.rung)).where(m.Escalation.case_id == case.id)
    joined = [other.highest_rung for other in groups.followers(case)]
    return max(db.session.scalar(own) or 0, *joined, 0)


def _derive(leading: m.Case, now: datetime) -> None:
    """Due times, ladder and reminder of a leading case, by all that are joined to it now."""
    db.session.flush()
    d, own = directory(), clocks.of(leading)
    clocks.recompute(leading, own, d)
    ladders.arm(leading, d)
    clocks.set_timer(leading.id, "reminder", clocks.next_reminder(own.answer, now, d))


def answered(case: m.Case, outcome: str, ground: str, now: datetime) -> None:
    """The answer that a leading case just got, and what came of it, are those of all joined to it:
    each citizen has a window of the own to accept it or to say "not fixed"."""
    for other in groups.followers(case):
        outcomes.state(other, outcome, ground, now)
        own = clocks.of(other)
        clocks.resume(other, own, now)
        clocks.first_human_word(other, own, now)
        clocks.meet(own.answer, own, now)
        other.status = Status.ANSWERED.value
        other.answered_at, other.unread = now, False
        other.window_ends_at = case.window_ends_at
        # "Not fixed" goes on above the rung that dealt with it last.
        other.highest_rung = max(other.highest_rung, case.highest_rung)
        clocks.end_timers([other.id], RESTING)
        clocks.set_timer(other.id, "window", other.window_ends_at)
        marks.figures(other.received_at, other.institution_id)
        audit.record("answered", other.id, now=now, cycle=other.cycle)


def of_case(case_id: UUID) -> list[Joined]:
    """The joinings of a case that the present officer may know of, the latest first."""
    merge_row = m.CaseMerge
    other = func.coalesce(func.nullif(merge_row.leading_id, case_id), merge_row.case_id)
    rows: Sequence[tuple[m.CaseMerge, m.Case, str]] = [
        (row[0], row[1], row[2])
        for row in db.session.execute(
            select(merge_row, m.Case, m.Officer.name)
            .join(m.Case, m.Case.id == other)
            .join(m.Officer, m.Officer.id == merge_row.by_officer_id)
            .where(or_(merge_row.case_id == case_id, merge_row.leading_id == case_id))
            .order_by(merge_row.at.desc(), merge_row.id)
        )
    ]
    return [
        Joined(
            found.id,
            found.reference,
            row.leading_id == found.id,
            found.due_at,
            name,
            row.at,
            # Once it is answered, a case goes its own way.
            row.ended_at or (None if Status(found.status) in OPEN else found.answered_at),
        )
        for row, found, name in rows
    ]
