"""What an act of many moves would do, did, and can still be undone: the reading side of `moves`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import teams
from feedback.rules.access import Level
from feedback.services import moves, roster, viewers, workload
from feedback.services.listing import COUNT_LIMIT, IS_OPEN

SHOWN = 1_000
"""Lines of one result page: what a single request moves."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one case; `to`: the name of who has it by this act. `undone`: "back", why it
    could not be taken back, or none."""

    reference: str
    outcome: str
    former: str | None
    to: str | None
    undone: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """One act: what became of each case, and whether it can still be undone."""

    move: m.BulkMove
    lines: Sequence[Line]
    moved: int
    back: int
    from_name: str | None
    left: int
    can_undo: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a handover would move, each number at most `most`."""

    open: int
    late: int
    week: int
    confidential: int
    away_due: int
    most: int


def preview(officer_id: int, now: datetime) -> Preview:
    """What a handover of an officer's cases would move. Refused: not-allowed."""
    queue = (
        select(m.Case.due_at, m.Case.confidentiality)
        .where(workload.of_scope(roster.scope()), m.Case.handler_id == officer_id, IS_OPEN)
        .order_by(m.Case.due_at, m.Case.id)
        .limit(COUNT_LIMIT)
        .subquery()
    )
    week = teams.end_of_week(now)
    row = db.session.execute(
        select(
            func.count(),
            func.count().filter(queue.c.due_at < now),
            func.count().filter(queue.c.due_at >= now, queue.c.due_at < week),
            func.count().filter(queue.c.confidentiality == Level.CONFIDENTIAL.value),
            func.count().filter(queue.c.due_at < workload.away_until(officer_id, now)),
        )
    ).one()
    return Preview(*row, most=COUNT_LIMIT)


def result(move_id: UUID, now: datetime) -> Result:
    """What became of an act, the cases that one may see. Refused: not-found."""
    move = moves.move_row(move_id)
    item, former, taker = m.BulkMoveItem, _named("former"), _named("taker")
    rows = db.session.execute(
        select(
            m.Case.reference,
            item.outcome,
            former.c.name.label("former"),
            taker.c.name.label("taker"),
            item.undone,
        )
        .join(m.Case, m.Case.id == item.case_id)
        .outerjoin(former, former.c.id == item.from_officer_id)
        .outerjoin(taker, taker.c.id == item.to_officer_id)
        .where(item.move_id == move_id)
        .order_by(item.outcome != moves.MOVED, m.Case.due_at, m.Case.id)
        .limit(SHOWN)
    )
    lines = [Line(*row) for row in rows]
    counts = db.session.execute(
        select(
            func.count().filter(item.outcome == moves.MOVED).label("moved"),
            func.count().filter(item.undone == moves.BACK).label("back"),
            func.count().filter(item.outcome == moves.MOVED, item.undone.is_(None)).label("open"),
        ).where(item.move_id == move_id)
    ).one()
    giver = db.session.get(m.Officer, move.from_officer_id) if move.from_officer_id else None
    left = preview(giver.id, now).open if giver else 0
    can_undo = bool(counts.open) and teams.may_undo(move.at, now)
    return Result(
        move, lines, counts.moved, counts.back, giver.name if giver else None, left, can_undo
    )


def recent(now: datetime) -> list[tuple[m.BulkMove, str, int]]:
    """Acts of the last day that may be undone, the latest first, by whom and how many cases."""
    moved = (
        select(func.count())
        .select_from(m.BulkMoveItem)
        .where(m.BulkMoveItem.move_id == m.BulkMove.id, m.BulkMoveItem.outcome == moves.MOVED)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(m.BulkMove, m.Officer.name, moved)
        .join(m.Officer, m.Officer.id == m.BulkMove.by_officer_id)
        .where(
            m.BulkMove.at > now - teams.UNDO,
            m.BulkMove.undone_at.is_(None),
            m.BulkMove.institution_id == viewers.present().institution,
        )
        .order_by(m.BulkMove.at.desc())
        .limit(10)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _named(name: str) -> Any:
    return m.Officer.__table__.alias(name)
