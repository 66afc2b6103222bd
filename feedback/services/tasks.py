"""Tasks attached to a case: given, done, cancelled. `task_upkeep` is what becomes of them by
themselves, `task_lists` the lists of them.

A task names an officer who may read the case anyway, or on an open case its unit; it opens the
case to nobody. When the last open one is done, the answer is suggested from what came of them.
Errors: Refused, with a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, any_, exists, insert, literal, or_, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.models.columns import TASKS
from feedback.rules import access, deadlines
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status, Verb
from feedback.services import acts, audit, identity, marks, task_lists, viewers
from feedback.services.answers.templates import day
from feedback.services.errors import Refused
from feedback.services.reference import directory

SOON = 3
"""Working days after which a new task is suggested to be done, where the case has so many left."""
LONGEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as the page of its case shows it. officer: None where it is the unit's. result: what
    came of it, or why it was cancelled. late: open, and its day is over. mine: the present officer
    may settle it."""

    id: UUID
    kind: str
    words: str
    officer_id: int | None
    officer: str | None
    by: str
    due_on: date
    state: str
    result: str
    settled_by: str | None
    settled_at: datetime | None
    late: bool
    mine: bool
    cycle: int


def add(
    case_id: UUID, kind: str, words: str, officer_id: int | None, due_on: date, now: datetime
) -> UUID:
    """Give somebody something to do for the case; officer_id None: whoever of the unit can.

    Refused: not-found, not-allowed, bad-kind, bad-date (past, or further than a year), bad-target
    (no officer who may read the case, or the unit of a case that the unit does not read), empty,
    too-long.
    """
    case = acts.locked(case_id)
    if not access.may_act(viewers.present(), viewers.facts(case), Verb.TASK):
        raise Refused("not-allowed")
    acts.status_after(case, Verb.TASK)
    if kind not in TASKS:
        raise Refused("bad-kind")
    words = acts.words(words)
    today = local_day(now)
    if not today <= due_on <= today + LONGEST_AHEAD:
        raise Refused("bad-date")
    if officer_id is None:
        fits = case.confidentiality == Level.OPEN
    else:
        fits = officer_id in {each.id for each in takers(case)}
    if not fits:
        raise Refused("bad-target")
    task_id = uuid4()
    db.session.execute(
        insert(m.Task).values(
            id=task_id,
            case_id=case.id,
            cycle=case.cycle,
            kind=kind,
            unit_id=case.unit_id,
            officer_id=officer_id,
            due_on=due_on,
            sealed=identity.seal(words, f"task:{task_id}:words"),
            by_officer_id=acts.officer(),
            at=now,
            state="open",
        )
    )
    if officer_id != acts.officer():
        marks.notices([officer_id], "task_given", case.id, now, str(task_id))
    audit.record(
        "task_added", case.id, now=now, kind=kind, officer=officer_id or 0, day=due_on.isoformat()
    )
    return task_id


def settle(task_id: UUID, state: str, words: str, now: datetime) -> bool:
    """Mark a task as `done`, with what came of it, or `cancelled`, with the reason. Answers
    whether it was the last one open, so that the case may be answered now.

    Refused: not-found, not-allowed (another's, or settled already), empty, too-long.
    """
    task = db.session.get(m.Task, task_id)
    if task is None:
        raise Refused("not-found")
    case = acts.locked(task.case_id)
    db.session.refresh(task)  # another may have settled it while this one waited for the lock
    viewer, facts = viewers.present(), viewers.facts(case)
    if task.state != "open" or not _may_settle(task, viewer, facts):
        raise Refused("not-allowed")
    task.state, task.settled_by, task.settled_at = state, viewer.officer, now
    task.result = identity.seal(acts.words(words), f"task:{task.id}:result")
    db.session.flush()
    audit.record(f"task_{state}", case.id, now=now, kind=task.kind)
    ready = Status(case.status) in OPEN and _all_done(case)
    if ready and case.handler_id != viewer.officer:
        marks.notices([case.handler_id], "tasks_done", case.id, now)
    return ready


def _may_settle(task: m.Task, viewer: access.Viewer, facts: access.CaseFacts) -> bool:
    """Whoever has it, a colleague where it is the unit's, and who acts on the case."""
    if not access.may_read_words(viewer, facts):
        return False
    of_unit = task.officer_id is None and facts.unit in viewer.units
    return task.officer_id == viewer.officer or of_unit or access.may_act(viewer, facts, Verb.TASK)


def _all_done(case: m.Case) -> bool:
    """Whether tasks of this cycle were done and none is open."""
    states = set(
        db.session.scalars(
            select(m.Task.state).where(m.Task.case_id == case.id, m.Task.cycle == case.cycle)
        )
    )
    return "done" in states and "open" not in states


@dataclass(frozen=True, slots=True)
class Board:
    """What the page of a case shows of its tasks. takers: who may get a new one, none where the
    present officer gives none; draft: the answer to begin with, once all are done."""

    tasks: list[TaskView]
    takers: list[m.Officer]
    to_unit: bool
    day: date
    draft: str


def board(case_id: UUID, now: datetime, *, gives: bool) -> Board:
    """The tasks of a case; gives: the present officer may give new ones."""
    case = db.session.get_one(m.Case, case_id)
    tasks = of_case(case_id, now)
    return Board(
        tasks,
        takers(case) if gives else [],
        case.confidentiality == Level.OPEN,
        suggested_day(case, now),
        draft(tasks, case.cycle, case.language),
    )


def of_case(case_id: UUID, now: datetime) -> list[TaskView]:
    """The tasks of a case that the present officer may read, by the day they are due."""
    rows = db.session.scalars(
        select(m.Task).where(m.Task.case_id == case_id).order_by(m.Task.due_on, m.Task.at)
    ).all()
    if not rows:
        return []
    case = db.session.get_one(m.Case, case_id)
    viewer, facts = viewers.present(), viewers.facts(case)
    names = _names({n for row in rows for n in (row.officer_id, row.by_officer_id, row.settled_by)})
    today, ended = local_day(now), case.status in task_lists.ENDED
    return [
        TaskView(
            row.id,
            row.kind,
            _read(row.sealed, f"task:{row.id}:words"),
            row.officer_id,
            names.get(row.officer_id or 0),
            names.get(row.by_officer_id, "–"),
            row.due_on,
            row.state,
            _read(row.result, f"task:{row.id}:result"),
            names.get(row.settled_by or 0),
            row.settled_at,
            row.state == "open" and row.due_on < today,
            row.state == "open" and not ended and _may_settle(row, viewer, facts),
            row.cycle,
        )
        for row in rows
    ]


def _read(sealed: bytes | None, place: str) -> str:
    """What is sealed; nothing where retention took it away."""
    return identity.unseal(sealed, place) if sealed else ""


def _names(ids: set[int | None]) -> dict[int, str]:
    rows = db.session.execute(select(m.Officer.id, m.Officer.name).where(m.Officer.id.in_(ids)))
    return {row.id: row.name for row in rows}


_DRAFTS = {
    "sw": ("Tumefanya yafuatayo:", "Tarehe {day}: {words}."),
    "en": ("This is what we have done:", "On {day}: {words}."),
}


def draft(tasks: Sequence[TaskView], cycle: int, language: str) -> str:
    """An answer to begin with, made of what came of the tasks of this cycle, in the citizen's
    language; empty while one is open, or where none was done."""
    own = [each for each in tasks if each.cycle == cycle]
    done = [each for each in own if each.state == "done" and each.result and each.settled_at]
    if not done or any(each.state == "open" for each in own):
        return ""
    head, line = _DRAFTS[language]
    said = [
        line.format(words=each.result.strip().rstrip("."), day=day(local_day(at), language))
        for each in done
        if (at := each.settled_at) is not None
    ]
    return "\n".join([head, *(f"- {each}" for each in said)])[: acts.LONGEST]


def suggested_day(case: m.Case, now: datetime) -> date:
    """The day to begin with for a new task: some working days on, and before the answer is due;
    at least the next working day."""
    calendar = directory().calendar_of(case.institution_id)
    day_ = local_day(deadlines.add_working_days(calendar, now, SOON))
    first = local_day(deadlines.add_working_days(calendar, now, 1))
    while day_ > first and (day_ >= local_day(case.due_at) or not calendar.is_working_day(day_)):
        day_ -= timedelta(days=1)
    return day_


# Who may have one


def _holds(kind: str, *, unit: bool) -> ColumnElement[bool]:
    """Whether the officer of the row holds a post of this kind at the case's place."""
    post, seat = m.Post, m.PostHolding
    return exists().where(
        seat.post_id == post.id,
        seat.officer_id == m.Officer.id,
        seat.capacity == "holder",
        seat.until_day.is_(None),
        post.kind == kind,
        post.institution_id == m.Case.institution_id,
        *([post.unit_id == m.Case.unit_id] if unit else []),
    )


def reads() -> ColumnElement[bool]:
    """Whether the officer of a row may read the case of a row, by rules.access; deputies and rungs
    left out, who come and go. A test compares the two."""
    here = m.Officer.institution_id == m.Case.institution_id
    roles = m.Officer.roles

    def has(role: str) -> ColumnElement[bool]:
        return literal(role) == any_(roles)

    owns = and_(
        m.Case.handler_id == m.Officer.id, here, or_(*(has(r) for r in sorted(access.SERVING)))
    )
    of_open = or_(
        and_(has("handler"), m.Officer.unit_id == m.Case.unit_id),
        and_(has("coordinator"), here),
        _holds("unit_head", unit=True),
    )
    head = _holds("institution_head", unit=False)
    level = m.Case.confidentiality
    return and_(
        m.Officer.active,
        or_(
            and_(level == Level.OPEN.value, or_(owns, head, of_open)),
            and_(level == Level.CONFIDENTIAL.value, or_(owns, head)),
            and_(level == Level.RESTRICTED.value, has("ethics"), ~here),
        ),
    )


def takers(case: m.Case) -> list[m.Officer]:
    """Officers to whom a task of this case may be given: those who may read it anyway, by name."""
    return list(
        db.session.scalars(
            select(m.Officer)
            .join(m.Case, literal(True))
            .where(m.Case.id == case.id, reads(), m.Officer.id.not_in(acts.excluded(case.id)))
            .order_by(m.Officer.name, m.Officer.id)
        )
    )
