"""The coordinator's board: who has how much, what lies idle, what falls due this week.

Everything runs under the officer's principal, so that nobody counts what he may not see. Each
number counts at most so many rows of a partial index: the board costs the same at a million cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, true, tuple_

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import teams
from feedback.rules.teams import Scope
from feedback.services import roster, viewers
from feedback.services.listing import COLUMNS, COUNT_LIMIT, IS_OPEN, Page, decode, encode, queue_row
from feedback.services.reference import UnitInfo, directory

PAGE = 30
"""Officers of one page of the board."""
CASES = 50
"""Cases of one page to tick."""
MOST = 300
"""Open cases of an officer that are counted; more are shown as so many and a plus."""
WHAT = ("all", "late", "week", "idle", "waiting", "unowned", "away")
"""What can be listed."""
IDLE_FROM = func.coalesce(m.Case.idle_from, m.Case.received_at)


@dataclass(frozen=True, slots=True)
class Load:
    """An officer's open cases by what they are. `oldest`: when the one that waits longest came;
    `away_due`: of somebody on leave or about to be, those that fall due before the last day is
    over."""

    officer_id: int
    name: str
    unit: UnitInfo
    open: int
    late: int
    week: int
    waiting: int
    idle: int
    oldest: datetime | None
    away_from: date | None
    away_until: date | None
    away_due: int


@dataclass(frozen=True, slots=True)
class Board:
    """A page of officers, and the numbers of everything together, each at most COUNT_LIMIT."""

    loads: list[Load]
    next: str | None
    totals: dict[str, int]


def of_scope(own: Scope) -> ColumnElement[bool]:
    """The cases of a scope, as a condition on `case`."""
    if not own.whole:
        return m.Case.unit_id.in_(sorted(own.units))
    if len(own.institutions) == 1:  # an index then has them in order
        return m.Case.institution_id == next(iter(own.institutions))
    return m.Case.institution_id.in_(sorted(own.institutions))


def is_what(what: str, now: datetime) -> list[ColumnElement[bool]]:
    """What makes a case belong to one column of the board, beside being open."""
    if what == "late":
        return [m.Case.due_at < now]
    if what == "week":
        return [m.Case.due_at >= now, m.Case.due_at < teams.end_of_week(now)]
    if what == "idle":
        return [idle_before(now) > IDLE_FROM]
    if what == "waiting":
        return [m.Case.status == "waiting_citizen"]
    if what == "unowned":
        return [m.Case.handler_id.is_(None)]
    return []


def idle_before(now: datetime) -> datetime:
    """The moment of `teams.idle_before` by the calendar of the officer's institution."""
    calendar = directory().calendar_of(viewers.present().institution)
    return teams.idle_before(calendar, now)


def board(after: str | None, now: datetime) -> Board:
    """Who has how much, a page of officers by name, in three queries. Refused: not-allowed."""
    own = roster.scope()
    loads, following = _loads(own, after, now)
    return Board(loads, following, _totals(own, now))


def _loads(own: Scope, after: str | None, now: datetime) -> tuple[list[Load], str | None]:
    day = local_day(now)
    leave = _next_leave(day)
    end_of_leave = func.timezone("Africa/Dar_es_Salaam", leave.c.last_day + timedelta(days=1))
    queue = (
        select(m.Case.due_at, m.Case.status, m.Case.received_at, IDLE_FROM.label("idle_from"))
        .where(m.Case.handler_id == m.Officer.id, IS_OPEN)
        .order_by(m.Case.due_at, m.Case.id)
        .limit(MOST)
        .correlate(m.Officer)
        .subquery()
    )

    def counted(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(condition)

    numbers = (
        select(
            func.count().label("open"),
            counted(queue.c.due_at < now).label("late"),
            counted((queue.c.due_at >= now) & (queue.c.due_at < teams.end_of_week(now))).label(
                "week"
            ),
            counted(queue.c.status == "waiting_citizen").label("waiting"),
            counted(queue.c.idle_from < idle_before(now)).label("idle"),
            func.min(queue.c.received_at).label("oldest"),
            counted(queue.c.due_at < end_of_leave).label("away_due"),
        )
        .select_from(queue)
        .correlate(m.Officer, leave)
        .lateral("numbers")
    )
    query = (
        select(m.Officer.id, m.Officer.name, m.Officer.unit_id, leave, numbers)
        .select_from(m.Officer)
        .outerjoin(leave, true())
        .join(numbers, true())
        .where(m.Officer.active, roster.SERVES, roster.of_scope(own))
        .order_by(m.Officer.name, m.Officer.id)
        .limit(PAGE + 1)
    )
    number, _, name = (after or "").partition("|")
    if number.isdecimal():
        query = query.where(tuple_(m.Officer.name, m.Officer.id) > (name, int(number)))
    rows = db.session.execute(query).all()
    units = directory().units
    loads = [
        Load(
            row.id, row.name, units[row.unit_id], row.open, row.late, row.week, row.waiting,
            row.idle, row.oldest, row.first_day, row.last_day, row.away_due,
        )
        for row in rows[:PAGE]
    ]  # fmt: skip
    more = f"{rows[PAGE - 1].id}|{rows[PAGE - 1].name}" if len(rows) > PAGE else None
    return loads, more


SOON = timedelta(days=7)
"""Leave that begins within so many days stands on the board, so that cases are handed over."""


def _next_leave(day: date) -> Any:
    return (
        select(m.Leave.first_day, m.Leave.last_day)
        .where(
            m.Leave.officer_id == m.Officer.id,
            m.Leave.last_day >= day,
            m.Leave.first_day <= day + SOON,
            m.Leave.last_day >= m.Leave.first_day,
        )
        .order_by(m.Leave.first_day)
        .limit(1)
        .correlate(m.Officer)
        .lateral("away")
    )


def _totals(own: Scope, now: datetime) -> dict[str, int]:
    columns = [
        select(func.count())
        .select_from(
            select(m.Case.id)
            .where(of_scope(own), IS_OPEN, *is_what(what, now))
            .limit(COUNT_LIMIT)
            .subquery()
        )
        .scalar_subquery()
        .label(what)
        for what in ("unowned", "late", "week", "idle")
    ]
    return dict(db.session.execute(select(*columns)).mappings().one())


def cases(officer_id: int | None, what: str, after: str | None, now: datetime) -> Page:
    """Open cases of the scope by due time, of one officer or of all, to be ticked: one query. Idle
    ones stand by how long they lie, as their index has them.

    what: one of WHAT; "away" is what falls due before an officer is back, "all" everything.
    """
    own = roster.scope()
    by: Any = IDLE_FROM if what == "idle" else m.Case.due_at
    where = [of_scope(own), IS_OPEN, *is_what(what, now)]
    if officer_id is not None:
        where.append(m.Case.handler_id == officer_id)
        if what == "away":
            where.append(m.Case.due_at < away_until(officer_id, now))
    query = (
        select(*COLUMNS, by.label("key"))
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(*where)
        .order_by(by, m.Case.id)
        .limit(CASES + 1)
    )
    start = decode(after)
    if start is not None:
        query = query.where(tuple_(by, m.Case.id) > start)
    rows = db.session.execute(query).all()
    more = encode(rows[CASES - 1].key, rows[CASES - 1].id) if len(rows) > CASES else None
    return Page([queue_row(row, now) for row in rows[:CASES]], more)


def away_until(officer_id: int, now: datetime) -> datetime:
    """The end of the leave that runs or comes within a week; `now` for somebody who is here."""
    day = local_day(now)
    last = db.session.scalars(
        select(m.Leave.last_day)
        .where(
            m.Leave.officer_id == officer_id,
            m.Leave.last_day >= day,
            m.Leave.first_day <= day + SOON,
            m.Leave.last_day >= m.Leave.first_day,
        )
        .order_by(m.Leave.first_day)
        .limit(1)
    ).first()
    return teams.midnight(last + timedelta(days=1)) if last else now
