"""Improvement actions: what an institution does about a root cause, and for which cases.

Leaders (coordinator, head) make them; who works on a case links it, or proposes an action. When one
is done, the worker tells every linked citizen once (`improvement_telling`). The database shows an
action to its institution alone, and of the linked cases those that the officer may see. Errors:
Refused, with a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import models as m
from feedback import transaction
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access
from feedback.rules import improvements as rules
from feedback.rules.access import Level
from feedback.rules.improvements import LIVE, State
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, marks, staffing, viewers
from feedback.services.errors import Refused
from feedback.services.improvement_lists import found, leads


@dataclass(frozen=True, slots=True)
class Draft:
    """What was filled in for an action. owner_id and due_on: a leader's; else it is a proposal."""

    title: str
    cause: str
    owner_id: int | None = None
    due_on: date | None = None


def _locked(improvement_id: UUID) -> m.Improvement:
    """The action, locked, if the officer may change it; Refused: not-found, not-allowed."""
    found(improvement_id)
    action = db.session.scalars(
        select(m.Improvement)
        .where(m.Improvement.id == improvement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if action is None:  # the policy for changing it says no
        raise Refused("not-allowed")
    return action


def _in_turn(improvement_id: UUID | None) -> None:
    """Linking and finishing an action take turns. Who links may not lock the action itself."""
    key = func.hashtextextended(f"improvement:{improvement_id}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _said(typed: str, longest: int) -> str:
    said = typed.replace("\x00", "").strip()
    if not said:
        raise Refused("empty")
    if len(said) > longest:
        raise Refused("too-long-here")
    return said


def _title(typed: str) -> str:
    title = " ".join(_said(typed, rules.LONGEST_TITLE).split())
    if rules.points_at_somebody(title):
        raise Refused("names-somebody")
    return title


def _owner(owner_id: int | None, institution_id: int) -> int:
    if owner_id not in {o.id for o in staffing.takers(institution_id, Level.OPEN, None)}:
        raise Refused("bad-target")
    return int(owner_id or 0)


def _due(due_on: date | None, now: datetime) -> date:
    if due_on is None or due_on < local_day(now):
        raise Refused("bad-date")
    return due_on


def make(draft: Draft, now: datetime) -> UUID:
    """A new action of the officer's institution, or a proposal where the officer leads nothing.

    Refused: empty, too-long-here, names-somebody, bad-target (owner), bad-date.
    """
    viewer = viewers.present()
    values: dict[str, Any] = {
        "title": _title(draft.title),
        "cause": _said(draft.cause, rules.LONGEST_TEXT),
    }
    if leads():
        values |= {
            "state": State.OPEN.value,
            "owner_id": _owner(draft.owner_id, viewer.institution),
            "due_on": _due(draft.due_on, now),
        }
    else:
        later = date.fromordinal(local_day(now).toordinal() + rules.PROPOSED_DAYS)
        values |= {"state": State.PROPOSED.value, "due_on": draft.due_on or later}
        _due(values["due_on"], now)
    number = uuid4()
    db.session.execute(
        insert(m.Improvement).values(
            id=number,
            institution_id=viewer.institution,
            officer_id=viewer.officer,
            at=now,
            **values,
        )
    )
    proposed = values["state"] == State.PROPOSED
    _record("improvement_proposed" if proposed else "improvement_made", number, now)
    if not proposed:
        _give(values["owner_id"], number, now)
    return number


def _give(owner_id: int, number: UUID, now: datetime) -> None:
    if owner_id != acts.officer():
        marks.notices([owner_id], "improvement_given", None, now, str(number))


def _record(act: str, number: UUID, now: datetime, to: int = 0) -> None:
    details: dict[str, Any] = {"to": to} if to else {}
    audit.record(act, now=now, action=str(number), **details)


def change(improvement_id: UUID, owner_id: int | None, due_on: date | None, now: datetime) -> None:
    """Give the action an owner and a due date; a proposal becomes an action by it (a leader).

    Refused: not-found, not-allowed, bad-target, bad-date.
    """
    action = _locked(improvement_id)
    if not leads() or action.state not in LIVE:
        raise Refused("not-allowed")
    owner = _owner(owner_id, action.institution_id)
    accepted = action.state == State.PROPOSED
    if accepted or due_on != action.due_on:
        action.due_on, action.late_told = _due(due_on, now), False
    former, action.owner_id = action.owner_id, owner
    action.state = State.OPEN.value
    db.session.flush()
    if owner != former:
        _give(owner, action.id, now)
    _record("improvement_made" if accepted else "improvement_changed", action.id, now, to=owner)


def finish(improvement_id: UUID, note: str, now: datetime) -> None:
    """It is done: every citizen of a linked case is told once, in words that the note says on their
    own page (a leader, or the owner). Refused: not-found, not-allowed, empty, too-long-here,
    names-somebody."""
    _in_turn(improvement_id)
    action = _locked(improvement_id)
    if action.state != State.OPEN:
        raise Refused("not-allowed")
    action.note = _said(note, rules.LONGEST_TEXT)
    if rules.points_at_somebody(action.note):
        raise Refused("names-somebody")
    action.state, action.telling = State.DONE.value, True
    action.ended_at, action.ended_by = now, acts.officer()
    db.session.flush()
    _record("improvement_done", action.id, now)
    transaction.wake("follow_improvements")


def drop(improvement_id: UUID, note: str, now: datetime) -> None:
    """It will not be done, for a reason (a leader); nobody is told. Refused: as `finish`."""
    action = _locked(improvement_id)
    if not leads() or action.state not in LIVE:
        raise Refused("not-allowed")
    action.note, action.state = _said(note, rules.LONGEST_TEXT), State.DROPPED.value
    action.ended_at, action.ended_by = now, acts.officer()
    db.session.flush()
    _record("improvement_dropped", action.id, now)


def may_link(case: m.Case) -> bool:
    """Whether the present officer may link the case: one who works on it in its institution. Of a
    restricted case the institution is to learn nothing."""
    viewer = viewers.present()
    return (
        case.confidentiality != Level.RESTRICTED
        and viewer.institution == case.institution_id
        and bool(access.SERVING & viewer.roles)
        and access.may_act(viewer, viewers.facts(case), Verb.NOTE)
    )


def link(case_id: UUID, improvement_id: UUID | None, draft: Draft | None, now: datetime) -> None:
    """Link a case with an action that lives, or with a new one. Refused: not-found, not-allowed,
    bad-target (no such action), and as `make`."""
    case = acts.locked(case_id)
    if not may_link(case):
        raise Refused("not-allowed")
    if draft is not None:
        improvement_id = make(draft, now)
    # An action that is being finished takes no more cases: nobody would tell their citizens.
    _in_turn(improvement_id)
    state = db.session.scalars(
        select(m.Improvement.state).where(
            m.Improvement.id == improvement_id, m.Improvement.state.in_(LIVE)
        )
    ).one_or_none()
    if state is None or improvement_id is None:
        raise Refused("bad-target")
    values = {"officer_id": acts.officer(), "at": now, "unlinked_at": None}
    db.session.execute(
        upsert(m.ImprovementCase)
        .values(improvement_id=improvement_id, case_id=case.id, **values)
        .on_conflict_do_update(index_elements=["improvement_id", "case_id"], set_=values)
    )
    audit.record("improvement_linked", case.id, now=now, action=str(improvement_id))


def unlink(improvement_id: UUID, reference: str, now: datetime) -> None:
    """Take a case out of an action that lives again. Refused: not-found, not-allowed."""
    action = found(improvement_id)
    case = db.session.scalars(select(m.Case).where(m.Case.reference == reference)).one_or_none()
    if case is None:
        raise Refused("not-found")
    if action.state not in LIVE or not may_link(case):
        raise Refused("not-allowed")
    taken = db.session.execute(
        update(m.ImprovementCase)
        .where(
            m.ImprovementCase.improvement_id == action.id,
            m.ImprovementCase.case_id == case.id,
            m.ImprovementCase.unlinked_at.is_(None),
        )
        .values(unlinked_at=now, officer_id=acts.officer())
        .returning(m.ImprovementCase.case_id)
    ).all()
    if not taken:
        raise Refused("not-found")
    audit.record("improvement_unlinked", case.id, now=now, action=str(action.id))
