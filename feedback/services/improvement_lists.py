"""Improvement actions as they are listed and read: by their institution, by those above it without
causes, by the citizen of a linked case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, tuple_

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import LEADING
from feedback.rules.improvements import LIVE, State
from feedback.services import viewers
from feedback.services.errors import Refused
from feedback.services.listing import decode, encode

PAGE = 50
OFFERED = 50  # actions to choose from on the page of a case
COUNT_LIMIT = 999  # more cases than that are shown as this many
BELOW = text("SELECT * FROM guard.improvements_below(:institution, :due, :id, :limit)")
TOLD = text("SELECT note, ended_at FROM guard.improvements_told()")
# Counted under the officer's own policies: nobody learns of a case that is not his to see.
COUNTS = text(
    "SELECT i.id, (SELECT count(*) FROM (SELECT FROM improvement_case l"
    ' JOIN "case" c ON c.id = l.case_id'
    " WHERE l.improvement_id = i.id AND l.unlinked_at IS NULL LIMIT :most) x) AS cases"
    " FROM unnest(CAST(:ids AS uuid[])) AS i (id)"
)


@dataclass(frozen=True, slots=True)
class Action:
    """An action in a list. cases: linked ones that a leader sees; None for whom no count is."""

    id: UUID
    title: str
    state: str
    due_on: date
    owner: str | None
    late: bool
    ended_at: datetime | None
    cases: int | None = None


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action with everything its institution knows of it. gone: linked cases that retention
    removed; may: what this officer may do with it (accept, change, done, drop)."""

    row: Action
    cause: str
    owner_id: int | None
    made_by: str | None
    at: datetime
    note: str | None
    ended_by: str | None
    gone: int
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Linked:
    """A linked case that the officer may see."""

    case_id: UUID
    reference: str
    status: str
    at: datetime
    told_at: datetime | None


def leads() -> bool:
    """Whether the present officer answers for the institution."""
    return bool(LEADING & viewers.present().roles)


def found(improvement_id: UUID) -> m.Improvement:
    """The row of an action of the officer's institution; Refused: not-found."""
    action = db.session.scalars(
        select(m.Improvement)
        .where(m.Improvement.id == improvement_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if action is None:
        raise Refused("not-found")
    return action


def _row(row: Any, today: date, cases: int | None = None) -> Action:
    late = row.state == State.OPEN and row.due_on < today
    return Action(row.id, row.title, row.state, row.due_on, row.owner, late, row.ended_at, cases)


COLUMNS: tuple[Any, ...] = (
    m.Improvement.id,
    m.Improvement.title,
    m.Improvement.state,
    m.Improvement.due_on,
    m.Improvement.ended_at,
    m.Officer.name.label("owner"),
)


def _rows() -> Select[Any]:
    return select(*COLUMNS).outerjoin(m.Officer, m.Officer.id == m.Improvement.owner_id)


def _key(after: str | None) -> tuple[date, UUID] | None:
    day, _dot, number = (after or "").partition(".")
    try:
        return date.fromisoformat(day), UUID(number)
    except ValueError:
        return None


def listed(state: str, after: str | None, now: datetime) -> tuple[list[Action], str | None]:
    """Actions of the institution in one state: what lives by what is due first, what ended the
    latest first. Counts of cases are for leaders."""
    institution = viewers.present().institution
    key = tuple_(m.Improvement.due_on, m.Improvement.id)
    query = _rows().where(m.Improvement.institution_id == institution, m.Improvement.state == state)
    start, lives = _key(after), state in LIVE
    if start is not None:
        query = query.where(key > start if lives else key < start)
    order = (m.Improvement.due_on, m.Improvement.id)
    query = query.order_by(*(order if lives else (each.desc() for each in order)))
    rows = db.session.execute(query.limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    counts = _counts([row.id for row in shown]) if leads() else {}
    more = f"{shown[-1].due_on}.{shown[-1].id}" if len(rows) > PAGE else None
    today = local_day(now)
    return [_row(row, today, counts.get(row.id)) for row in shown], more


def _counts(ids: list[UUID]) -> dict[UUID, int]:
    found = db.session.execute(COUNTS, {"ids": ids, "most": COUNT_LIMIT})
    return {row.id: row.cases for row in found}


def one(improvement_id: UUID, now: datetime) -> ActionView:
    """An action of the officer's institution. Refused: not-found."""
    action, viewer = found(improvement_id), viewers.present()
    names = {
        row.id: row.name
        for row in db.session.execute(
            select(m.Officer.id, m.Officer.name).where(
                m.Officer.id.in_([action.owner_id, action.officer_id, action.ended_by])
            )
        )
    }
    leading = leads()
    may: set[str] = set()
    if leading and action.state in LIVE:
        may |= {"change", "drop"}
    if action.state == State.OPEN and (leading or action.owner_id == viewer.officer):
        may.add("done")
    late = action.state == State.OPEN and action.due_on < local_day(now)
    cases = _counts([action.id]).get(action.id) if leading else None
    row = Action(
        action.id,
        action.title,
        action.state,
        action.due_on,
        names.get(action.owner_id or 0),
        late,
        action.ended_at,
        cases,
    )
    return ActionView(
        row,
        action.cause,
        action.owner_id,
        names.get(action.officer_id),
        action.at,
        action.note,
        names.get(action.ended_by or 0),
        action.cases_gone if leading else 0,
        frozenset(may),
    )


def cases_of(improvement_id: UUID, after: str | None) -> tuple[list[Linked], str | None]:
    """The linked cases that the officer may see, the latest link first."""
    key = tuple_(m.ImprovementCase.at, m.ImprovementCase.case_id)
    query = (
        select(
            m.Case.id,
            m.Case.reference,
            m.Case.status,
            m.ImprovementCase.at,
            m.ImprovementCase.told_at,
        )
        .join(m.Case, m.Case.id == m.ImprovementCase.case_id)
        .where(
            m.ImprovementCase.improvement_id == improvement_id,
            m.ImprovementCase.unlinked_at.is_(None),
        )
        .order_by(m.ImprovementCase.at.desc(), m.ImprovementCase.case_id.desc())
        .limit(PAGE + 1)
    )
    start = decode(after)
    if start is not None:
        query = query.where(key < start)
    rows = [Linked(*row) for row in db.session.execute(query)]
    more = encode(rows[PAGE - 1].at, rows[PAGE - 1].case_id) if len(rows) > PAGE else None
    return rows[:PAGE], more


def of_case(case_id: UUID, now: datetime) -> list[Action]:
    """The actions behind a case that the officer may see, for its page."""
    query = (
        _rows()
        .join(m.ImprovementCase, m.ImprovementCase.improvement_id == m.Improvement.id)
        .where(m.ImprovementCase.case_id == case_id, m.ImprovementCase.unlinked_at.is_(None))
        .order_by(m.Improvement.due_on, m.Improvement.id)
    )
    today = local_day(now)
    return [_row(row, today) for row in db.session.execute(query)]


def offered() -> Sequence[tuple[UUID, str]]:
    """Actions of the institution that live, to link a case with."""
    rows = db.session.execute(
        select(m.Improvement.id, m.Improvement.title)
        .where(
            m.Improvement.institution_id == viewers.present().institution,
            m.Improvement.state.in_(LIVE),
        )
        .order_by(func.lower(m.Improvement.title), m.Improvement.id)
        .limit(OFFERED)
    )
    return [(row.id, row.title) for row in rows]


def below(institution_id: int, after: str | None, now: datetime) -> tuple[list[Action], str | None]:
    """Title, due date and state of the actions of an institution at or below the official's own,
    the latest due first; nothing where it is elsewhere."""
    due_on, number = _key(after) or (None, None)
    values = {"institution": institution_id, "due": due_on, "id": number, "limit": PAGE + 1}
    rows, today = db.session.execute(BELOW, values).all(), local_day(now)
    more = f"{rows[PAGE - 1].due_on}.{rows[PAGE - 1].id}" if len(rows) > PAGE else None
    return [
        Action(
            row.id,
            row.title,
            row.state,
            row.due_on,
            None,
            row.state == State.OPEN and row.due_on < today,
            row.ended_at,
        )
        for row in rows[:PAGE]
    ], more


def told() -> list[tuple[str, datetime]]:
    """What was done about the citizen's own case, and when (principal: public)."""
    return [(row.note, row.ended_at) for row in db.session.execute(TOLD)]
