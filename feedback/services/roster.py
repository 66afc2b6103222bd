"""The roster of designated officers: who takes which cases where, on which days, and who stands in.

Kept by those who answer for the officers (head and coordinator of the institution, head of a unit
for the unit) and by administrators; the database refuses everybody else. An officer enters the own
leave. Errors: Refused, with a code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import any_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback import transaction
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import teams
from feedback.rules.teams import SHARES, WEEK, Scope
from feedback.services import audit, marks, posts, staffing, viewers
from feedback.services.errors import Refused
from feedback.services.reference import CategoryInfo, UnitInfo, directory

LIMIT = 500
"""Officers of one roster; no institution has more who take cases."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An officer takes cases of a subject (None: of every subject) in a unit, with a share in per
    cent."""

    id: int
    unit: UnitInfo
    category: CategoryInfo | None
    share: int


@dataclass(frozen=True, slots=True)
class Member:
    """An officer of the team. `away`: the leave that runs or comes next; `deputises`: for whom."""

    id: int
    name: str
    unit: UnitInfo
    roles: Sequence[str]
    days: Sequence[int]
    half_days: Sequence[int]
    deputy: str | None
    deputy_id: int | None
    away: m.Leave | None
    is_away: bool
    entries: Sequence[Entry]


def scope() -> Scope:
    """For whom the present officer answers; Refused("not-allowed"): for nobody."""
    viewer = viewers.present()
    led: frozenset[int] = frozenset()
    if "unit_head" in viewer.roles:
        found = select(m.Post.unit_id).where(
            m.Post.id.in_(sorted(viewer.posts)), m.Post.kind == "unit_head"
        )
        led = frozenset(unit for unit in db.session.scalars(found) if unit is not None)
    own = teams.scope(viewer, led)
    if own is None:
        raise Refused("not-allowed")
    return own


def of_scope(own: Scope) -> Any:
    """Officers of a scope, as a condition on `officer`."""
    if own.whole:
        return m.Officer.institution_id.in_(sorted(own.institutions))
    return m.Officer.unit_id.in_(sorted(own.units))


SERVES = or_(*(literal(role) == any_(m.Officer.roles) for role in staffing.OWNERS))


def members(where: Any, day: date) -> list[Member]:
    """The active officers who can own cases and fit a condition, by name, in three queries."""
    deputy = m.Officer.__table__.alias("deputy")
    rows = db.session.execute(
        select(m.Officer, m.Duty, deputy.c.name.label("deputy_name"))
        .outerjoin(m.Duty, m.Duty.officer_id == m.Officer.id)
        .outerjoin(deputy, deputy.c.id == m.Duty.deputy_id)
        .where(m.Officer.active, SERVES, where)
        .order_by(m.Officer.name, m.Officer.id)
        .limit(LIMIT)
    ).all()
    ids = [row.Officer.id for row in rows]
    leave = _leave_of(ids, day)
    listed = _entries_of(ids)
    units = directory().units
    return [
        Member(
            row.Officer.id,
            row.Officer.name,
            units[row.Officer.unit_id],
            row.Officer.roles,
            tuple(row.Duty.days) if row.Duty else WEEK,
            tuple(row.Duty.half_days) if row.Duty else (),
            row.deputy_name,
            row.Duty.deputy_id if row.Duty else None,
            leave.get(row.Officer.id),
            (found := leave.get(row.Officer.id)) is not None and found.first_day <= day,
            listed.get(row.Officer.id, ()),
        )
        for row in rows
    ]


def _leave_of(ids: Sequence[int], day: date) -> dict[int, m.Leave]:
    """The leave of each that is not over, the first of several."""
    rows = db.session.scalars(
        select(m.Leave)
        .where(
            m.Leave.officer_id.in_(ids),
            m.Leave.last_day >= day,
            m.Leave.last_day >= m.Leave.first_day,
        )
        .order_by(m.Leave.first_day.desc())
    )
    return {row.officer_id: row for row in rows}


def _entries_of(ids: Sequence[int]) -> dict[int, list[Entry]]:
    d = directory()
    found: dict[int, list[Entry]] = {}
    for row in db.session.scalars(
        select(m.Roster)
        .where(m.Roster.officer_id.in_(ids), m.Roster.ended_at.is_(None))
        .order_by(m.Roster.unit_id, m.Roster.category_id.nulls_first())
    ):
        category = d.categories.get(row.category_id or 0)
        entry = Entry(row.id, d.units[row.unit_id], category, row.share)
        found.setdefault(row.officer_id, []).append(entry)
    return found


def team(day: date) -> list[Member]:
    """The officers for whom the present one answers."""
    return members(of_scope(scope()), day)


def member(officer_id: int, day: date) -> Member:
    """One officer whom the present one may keep; Refused: not-found."""
    _kept(officer_id)
    found = members(m.Officer.id == officer_id, day)
    if not found:
        raise Refused("not-found")
    return found[0]


def _kept(officer_id: int) -> m.Officer:
    """An officer whom the present one answers for, or any for an administrator."""
    if "admin" in viewers.present().roles:
        return staffing.officer(officer_id)
    own = scope()
    found = staffing.officer(officer_id)
    if not own.holds(found.institution_id, found.unit_id):
        raise Refused("not-found")
    return found


def _no_gift_to_oneself(officer_id: int | None) -> None:
    viewer = viewers.present()
    if officer_id == viewer.officer and not viewer.heads:
        raise Refused("not-yourself")


def _may_send_away(officer_id: int) -> None:
    viewer = viewers.present()
    if officer_id == viewer.officer or "admin" in viewer.roles:
        return
    if not db.session.scalar(select(func.guard.sends_away(officer_id))):
        raise Refused("holds-post")


def put(officer_id: int, unit_id: int, category_id: int | None, share: int, now: datetime) -> None:
    """Put an officer on the roster of a unit of the own institution, or set another share.

    Refused: not-found, bad-target (unit, subject or share is none; nobody who can own cases),
    not-yourself (confidential cases would come: somebody else has to put one there).
    """
    found = _kept(officer_id)
    _no_gift_to_oneself(officer_id)
    d = directory()
    unit = d.units.get(unit_id)
    if (
        unit is None
        or unit.institution_id != found.institution_id
        or share not in SHARES
        or (category_id is not None and category_id not in d.categories)
        or not found.active
        or not set(found.roles) & set(staffing.OWNERS)
    ):
        raise Refused("bad-target")
    statement = insert(m.Roster).values(
        officer_id=officer_id,
        unit_id=unit_id,
        category_id=category_id,
        share=share,
        since_day=local_day(now),
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_id", "officer_id", "category_id"],
            index_where=m.Roster.ended_at.is_(None),
            set_={"share": share},
        )
    )
    audit.record(
        "roster_set",
        now=now,
        officer=officer_id,
        unit=unit.code,
        category=d.categories[category_id].code if category_id else "",
        share=share,
    )


def take_off(officer_id: int, entry_id: int, now: datetime) -> None:
    """Take an officer off the roster for one subject; cases stay. Refused: not-found."""
    _kept(officer_id)
    row = db.session.get(m.Roster, entry_id)
    if row is None or row.officer_id != officer_id:
        raise Refused("not-found")
    if row.ended_at is None:
        row.ended_at = now
        audit.record("roster_ended", now=now, officer=officer_id, entry=entry_id)


def set_duty(
    officer_id: int,
    days: Iterable[int],
    half_days: Iterable[int],
    deputy_id: int | None,
    now: datetime,
) -> None:
    """On which days an officer works (1 Monday to 5 Friday), which of them half, and who stands in
    for new cases.

    Refused: not-found, bad-weekdays, bad-target (deputy not of the institution, or cannot own
    cases), same-person, not-yourself.
    """
    found = _kept(officer_id)
    whole, half = sorted(set(days)), sorted(set(half_days))
    if not whole or not set(whole) <= set(WEEK) or not set(half) <= set(whole):
        raise Refused("bad-weekdays")
    _no_gift_to_oneself(deputy_id)
    if deputy_id is not None:
        deputy = db.session.get(m.Officer, deputy_id)
        if deputy_id == officer_id:
            raise Refused("same-person")
        if (
            deputy is None
            or not deputy.active
            or deputy.institution_id != found.institution_id
            or not set(deputy.roles) & set(staffing.OWNERS)
        ):
            raise Refused("bad-target")
    values = {"days": whole, "half_days": half, "deputy_id": deputy_id}
    statement = insert(m.Duty).values(officer_id=officer_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["officer_id"], set_=values))
    audit.record(
        "duty_set",
        now=now,
        officer=officer_id,
        days="".join(map(str, whole)),
        half="".join(map(str, half)),
        deputy=deputy_id or 0,
    )


def add_leave(officer_id: int, first_day: date, last_day: date, now: datetime) -> None:
    """Days away of somebody whom the officer answers for. Refused: not-found, bad-days, holds-post
    (leave hands a post to its deputy: the holder or the institution's head enters it)."""
    _kept(officer_id)
    _may_send_away(officer_id)
    staffing.add_leave(officer_id, first_day, last_day, now)


def end_leave(officer_id: int, leave_id: int, now: datetime) -> None:
    """Back from today on; Refused: not-found, holds-post."""
    _kept(officer_id)
    _may_send_away(officer_id)
    _end(officer_id, leave_id, now)


def enter_own_leave(first_day: date, last_day: date, now: datetime) -> None:
    """Days away of the present officer, at once: who is ill gets no new case while somebody
    decides. Those who answer for the officer are told and may end it. Refused: bad-days."""
    officer_id = _self()
    staffing.add_leave(officer_id, first_day, last_day, now)
    marks.notices(_told(officer_id, now), "leave_entered", None, now, key=f"{officer_id}:{now}")


def end_own_leave(leave_id: int, now: datetime) -> None:
    """Back from today on; Refused: not-found."""
    _end(_self(), leave_id, now)


def own(day: date) -> Member | None:
    """The present officer as the team sees him; None for one who owns no cases."""
    return next(iter(members(m.Officer.id == _self(), day)), None)


def own_leave(day: date) -> list[m.Leave]:
    """The present officer's leave that is not over."""
    return staffing.leave_of(_self(), day)


def _end(officer_id: int, leave_id: int, now: datetime) -> None:
    leave = db.session.get(m.Leave, leave_id)
    if leave is None or leave.officer_id != officer_id:
        raise Refused("not-found")
    staffing.end_leave(leave_id, now)


def _self() -> int:
    number = transaction.current().officer
    if number is None:
        raise Refused("not-allowed")
    return number


def _told(officer_id: int, now: datetime) -> list[int]:
    """Who answers for an officer: coordinators, and those on the posts of unit and institution."""
    found = staffing.officer(officer_id)
    coordinators = db.session.scalars(
        select(m.Officer.id).where(
            m.Officer.institution_id == found.institution_id,
            m.Officer.active,
            literal("coordinator") == any_(m.Officer.roles),
        )
    )
    addresses = [
        posts.Address(found.institution_id, None, "institution_head"),
        posts.Address(found.institution_id, found.unit_id, "unit_head"),
    ]
    seated = posts.find(addresses, local_day(now)).values()
    heads = [each.holder.id for each in seated if each.holder]
    return [number for number in {*coordinators, *heads} if number != officer_id]


def colleagues(own: Scope, day: date) -> list[tuple[int, str, int]]:
    """To whom cases may be given: id, name and unit of those who can own cases and are not on
    leave, of the institutions (of the units, where one answers for units alone)."""
    rows = db.session.execute(
        select(m.Officer.id, m.Officer.name, m.Officer.unit_id)
        .where(m.Officer.active, SERVES, of_scope(own), ~posts.away(m.Officer.id, day))
        .order_by(m.Officer.name, m.Officer.id)
        .limit(LIMIT)
    )
    return [(row.id, row.name, row.unit_id) for row in rows]


def open_cases_of(officer_id: int) -> int:
    """How many open cases an officer owns, at most 999 (for administrators and leaders)."""
    return int(db.session.scalar(select(func.guard.open_cases_of(officer_id))) or 0)
