"""One inbox, ordered by what is due: a page and its counts by the same question.

Every list runs under the officer's principal: the question picks the rows, the database's policies
decide what may be among them. The clock of most cases runs, and they stand by due time; those that
wait for the citizen follow, by when their pause runs out. Each part is read from an index of its
own, and a page is one statement however long the parts are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, text, tuple_, union_all

from feedback import models as m
from feedback.extensions import db
from feedback.rules import inbox as rules
from feedback.services import forecast_lists
from feedback.services.listing import (
    COLUMNS,
    COUNT_LIMIT,
    IS_OPEN,
    PAGE,
    Page,
    decode,
    encode,
    of_scope,
    queue_row,
)
from feedback.services.reference import directory
from feedback.services.viewers import present

DUE = (*rules.GROUPS, rules.UNREAD)
"""What a list can be narrowed down to: a group, or what has a new message."""
RISKS = ("late",)
"""What a list can be narrowed down to by what is likely: what is likely late."""
WAITING = "w."
"""Before the key of a page that begins among the cases that wait for the citizen."""

IN_ORDER = text(
    "SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_seqscan', 'off', true)"
)


@dataclass(frozen=True, slots=True)
class Question:
    """Which open cases. scope: mine, unit (a leader's: the institution), unowned, restricted.

    category: a code; place: part of its name; handler: an officer's number; due: one of DUE;
    risk: one of RISKS.
    """

    scope: str
    kind: str | None = None
    status: str | None = None
    category: str | None = None
    place: str | None = None
    confidentiality: str | None = None
    handler: int | None = None
    due: str | None = None
    risk: str | None = None


def leads() -> bool:
    """Whether the present officer's "unit" is the whole institution."""
    viewer = present()
    return bool(viewer.heads | viewer.coordinates)


def page(question: Question, after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """Open cases: those whose clock runs by due time, then those that wait. An edited key begins
    at the beginning."""
    _in_order()
    where = _where(question, rules.edges(now))
    running, waiting = _running(question), _waiting(question)
    marked = (after or "").startswith(WAITING)
    start = decode((after or "").removeprefix(WAITING))
    among_waiting = start if marked and waiting is not None else None
    parts = []
    if running is not None and among_waiting is None:
        parts.append(_part(0, m.Case.due_at, [*where, *running], None if marked else start, limit))
    if waiting is not None:
        parts.append(_part(1, m.Case.paused_until, [*where, *waiting], among_waiting, limit))
    keys = (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()
    query = (
        select(*COLUMNS, keys.c.part, keys.c.place_in_list)
        .select_from(keys)
        .join(m.Case, m.Case.id == keys.c.id)
        .outerjoin(m.Officer, m.Officer.id == m.Case.handler_id)
        .order_by(keys.c.part, keys.c.place_in_list, m.Case.id)
        .limit(limit + 1)
    )
    rows = db.session.execute(query).all()
    shown = rows[:limit]
    following = None
    if len(rows) > limit:
        last = shown[-1]
        mark = WAITING if last.part else ""
        following = mark + encode(last.place_in_list, last.id)
    return Page([queue_row(row, now) for row in shown], following)


def group_counts(question: Question, now: datetime) -> dict[str, int]:
    """How many cases each of DUE has under the question's other filters, by the same predicate as
    its page; COUNT_LIMIT + 1 stands for any more."""
    return count({due: replace(question, due=due) for due in DUE}, now)


def count(
    questions: Mapping[str, Question],
    now: datetime,
    others: Mapping[str, Select[Any]] | None = None,
) -> dict[str, int]:
    """How many cases each question has, and rows each of the other queries, counted to
    COUNT_LIMIT + 1 and no further, in one statement."""
    _in_order()
    edges = rules.edges(now)
    queries = dict(others or {})
    for name, question in questions.items():
        narrowed = _where(question, edges)
        if question.due == "waiting":
            narrowed += _waiting(question) or []
        elif question.due is not None:
            narrowed += _running(question) or []
        queries[name] = select(m.Case.id).where(*narrowed)
    columns = [
        select(func.count())
        .select_from(query.limit(COUNT_LIMIT + 1).subquery())
        .scalar_subquery()
        .label(name)
        for name, query in queries.items()
    ]
    return dict(db.session.execute(select(*columns)).mappings().one())


def _in_order() -> None:
    """Let the planner read lists in the order of their index, which ends with the page. It cannot
    tell how many rows the policies let through, takes them for few, and would fetch and sort
    everything that a large institution has open. For the rest of the transaction, set once."""
    known: dict[str, Any] = db.session().info
    if known.get("in_order") is not present():
        known["in_order"] = present()
        db.session.execute(IN_ORDER)


def _part(number: int, order: Any, where: list[Any], start: Any, limit: int) -> Select[Any]:
    """The keys of one part of a list, from its index."""
    query = (
        select(m.Case.id, literal(number).label("part"), order.label("place_in_list"))
        .where(*where)
        .order_by(order, m.Case.id)
        .limit(limit + 1)
    )
    return query.where(tuple_(order, m.Case.id) > start) if start else query


def _running(question: Question) -> list[Any] | None:
    """What sets the first part of a list apart; None: the question leaves it out. What has a new
    message stands by due time whether its clock runs or not."""
    if question.due == rules.UNREAD:
        return [m.Case.unread]
    return None if question.due == "waiting" else [m.Case.paused_until.is_(None)]


def _waiting(question: Question) -> list[Any] | None:
    return [m.Case.paused_until.is_not(None)] if question.due in (None, "waiting") else None


def _where(question: Question, edges: rules.Edges) -> list[Any]:
    found: list[Any] = [IS_OPEN, of_scope(question.scope)]
    for column, value in (
        (m.Case.kind, question.kind),
        (m.Case.status, question.status),
        (m.Case.confidentiality, question.confidentiality),
        (m.Case.handler_id, question.handler),
    ):
        if value is not None:
            found.append(column == value)
    if question.category is not None:
        category = directory().categories_by_code.get(question.category)
        found.append(m.Case.category_id == (category.id if category else 0))
    if question.risk is not None:
        found.append(forecast_lists.is_likely_late(present(), edges.now))
    if question.place is not None:
        found.append(func.lower(m.Case.place).contains(question.place.lower(), autoescape=True))
    if question.due in ("late", "today", "week", "later"):
        first, end = edges.within(question.due)
        found += [m.Case.due_at >= first] if first else []
        found += [m.Case.due_at < end] if end else []
    return found
