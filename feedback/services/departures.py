"""Nothing stays with someone who left: posts, rosters, deputyships and leave of closed accounts.

Found by state, like the cases (`staffing.hand_over`), so that it holds whatever way an account was
closed, and a run cut short is made up by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import audit, roster, staffing
from feedback.services.reference import directory

ONE_DAY = timedelta(days=1)
LATELY = timedelta(days=30)
"""A vacancy older than this was there before anybody was told of vacancies."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A post of an officer: in which capacity, and who is left on it."""

    post: m.Post
    capacity: str
    left: str | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """What closing an account moves: open cases (at most 999), posts, roster entries, those whose
    deputy it is, leave to come; and the colleagues of the unit who take cases by load."""

    cases: int
    seats: Sequence[Seat]
    entries: Sequence[roster.Entry]
    deputises_for: Sequence[str]
    leave: Sequence[m.Leave]
    colleagues: Sequence[str]


def preview(officer_id: int, now: datetime) -> Leaving:
    """What will happen when the account is closed (administrator). Refused: not-found."""
    found, day = staffing.officer(officer_id), local_day(now)
    d = directory()
    entries = [
        roster.Entry(
            row.id, d.units[row.unit_id], d.categories.get(row.category_id or 0), row.share
        )
        for row in db.session.scalars(
            select(m.Roster)
            .where(m.Roster.officer_id == officer_id, m.Roster.ended_at.is_(None))
            .order_by(m.Roster.unit_id, m.Roster.category_id.nulls_first())
        )
    ]
    deputised = db.session.scalars(
        select(m.Officer.name)
        .join(m.Duty, m.Duty.officer_id == m.Officer.id)
        .where(m.Duty.deputy_id == officer_id, m.Officer.active)
        .order_by(m.Officer.name)
    )
    listed = select(m.Roster.officer_id).where(
        m.Roster.unit_id == found.unit_id, m.Roster.ended_at.is_(None)
    )
    colleagues = db.session.scalars(
        select(m.Officer.name)
        .where(
            m.Officer.active,
            m.Officer.id != officer_id,
            roster.SERVES,
            m.Officer.institution_id == found.institution_id,
            or_(m.Officer.unit_id == found.unit_id, m.Officer.id.in_(listed)),
        )
        .order_by(m.Officer.name)
        .limit(staffing.PAGE)
    )
    return Leaving(
        roster.open_cases_of(officer_id),
        _seats(officer_id, day),
        entries,
        list(deputised),
        staffing.leave_of(officer_id, day),
        list(colleagues),
    )


def _seats(officer_id: int, day: date) -> list[Seat]:
    held = staffing.held_by(officer_id, day)
    others = {
        row.post_id: row.name
        for row in db.session.execute(
            select(m.PostHolding.post_id, m.Officer.name)
            .join(m.Officer, m.Officer.id == m.PostHolding.officer_id)
            .where(
                m.PostHolding.post_id.in_([post.id for post, _capacity in held]),
                m.PostHolding.officer_id != officer_id,
                m.PostHolding.until_day.is_(None),
                m.Officer.active,
            )
        )
    }
    return [Seat(post, capacity, others.get(post.id)) for post, capacity in held]


def clear(now: datetime) -> int:
    """End what closed accounts still hold (worker); answers how many rows.

    Posts end with the day before, as when an administrator empties them; roster entries at once;
    those whose deputy it was have none; leave that has not begun falls away.
    """
    day, number = local_day(now), 0
    gone = select(m.Officer.id).where(m.Officer.active.is_(False))
    seats = db.session.execute(
        update(m.PostHolding)
        .where(m.PostHolding.officer_id.in_(gone), m.PostHolding.until_day.is_(None))
        .values(until_day=func.greatest(m.PostHolding.since_day, day - ONE_DAY))
        .returning(m.PostHolding.post_id, m.PostHolding.officer_id, m.PostHolding.capacity)
        .execution_options(synchronize_session=False)
    ).all()
    for seat in seats:
        audit.record(
            "post_left", now=now, post=seat.post_id, capacity=seat.capacity, officer=seat.officer_id
        )
    entries = db.session.execute(
        update(m.Roster)
        .where(m.Roster.officer_id.in_(gone), m.Roster.ended_at.is_(None))
        .values(ended_at=now)
        .returning(m.Roster.id, m.Roster.officer_id)
        .execution_options(synchronize_session=False)
    ).all()
    for entry in entries:
        audit.record("roster_ended", now=now, officer=entry.officer_id, entry=entry.id)
    number += _without_deputy(gone, now) + _without_leave(gone, day)
    return number + len(seats) + len(entries) + _tell_vacant(now)


def _without_deputy(gone: Select[int], now: datetime) -> int:
    freed = db.session.scalars(
        update(m.Duty)
        .where(m.Duty.deputy_id.in_(gone))
        .values(deputy_id=None)
        .returning(m.Duty.officer_id)
        .execution_options(synchronize_session=False)
    ).all()
    for officer_id in freed:
        audit.record("deputy_left", now=now, officer=officer_id)
    return len(freed)


def _without_leave(gone: Select[int], day: date) -> int:
    ended = db.session.scalars(
        update(m.Leave)
        .where(
            m.Leave.officer_id.in_(gone),
            m.Leave.last_day >= day,
            m.Leave.last_day >= m.Leave.first_day,
        )
        .values(
            last_day=func.least(
                m.Leave.last_day, func.greatest(m.Leave.first_day - 1, day - ONE_DAY)
            )
        )
        .returning(m.Leave.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(ended)


def _tell_vacant(now: datetime) -> int:
    """An alarm, once, for each post that has lost its holder lately and got no other."""
    holding, day = m.PostHolding, local_day(now)
    last = (
        select(holding.post_id, func.max(holding.id).label("holding_id"))
        .where(holding.capacity == "holder")
        .group_by(holding.post_id)
        .having(
            func.bool_and(holding.until_day.is_not(None)),
            func.max(holding.until_day) < day,
            func.max(holding.until_day) >= day - LATELY,
        )
        .subquery()
    )
    vacant = db.session.execute(
        select(last.c.post_id, last.c.holding_id, m.Post.institution_id).join(
            m.Post, m.Post.id == last.c.post_id
        )
    ).all()
    if not vacant:
        return 0
    told = (
        insert(m.Alarm)
        .values(
            [
                {
                    "dedupe": f"post_vacant:{row.post_id}:{row.holding_id}",
                    "kind": "post_vacant",
                    "institution_id": row.institution_id,
                    "cycle": 1,
                    "at": now,
                }
                for row in vacant
            ]
        )
        .on_conflict_do_nothing()
        .returning(m.Alarm.id)
    )
    return len(db.session.scalars(told).all())
