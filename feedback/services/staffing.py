"""Officers, posts and leave, as an administrator keeps them; nobody's cases are left behind.

Principal of each function: an officer with the role admin, except `hand_over`, which the worker
runs because an administrator opens no case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, any_, func, literal, or_, select, tuple_

from feedback import models as m
from feedback import transaction
from feedback.clock import local_day
from feedback.extensions import db
from feedback.models.columns import ROLES
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN
from feedback.services import audit, grants, groups, officers, owners, task_upkeep
from feedback.services.errors import Refused
from feedback.services.reference import directory

PAGE = 50
POST_LOCK = 7_301  # any fixed number: the space of locks that posts are set under
OWNERS = ("handler", "coordinator", "head")
CAPACITIES = ("holder", "deputy")


@dataclass(frozen=True, slots=True)
class OfficerPage:
    """Officers by name; `next` is where the following page begins."""

    rows: Sequence[m.Officer]
    next: str | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A post of an institution, and who sits on it."""

    post: m.Post
    holder: m.Officer | None
    deputy: m.Officer | None


def find(words: str, institution_id: int | None, after: str | None) -> OfficerPage:
    """Officers whose name or user name contains the words, of one institution or of all."""
    query = select(m.Officer).order_by(m.Officer.name, m.Officer.id).limit(PAGE + 1)
    if institution_id is not None:
        query = query.where(m.Officer.institution_id == institution_id)
    if words.strip():
        like = words.strip().lower()[: officers.LONGEST_NAME]
        query = query.where(
            or_(
                func.lower(m.Officer.name).contains(like, autoescape=True),
                m.Officer.username.contains(like, autoescape=True),
            )
        )
    if after:
        number, _, name = after.partition("|")
        if number.isdecimal():
            query = query.where(tuple_(m.Officer.name, m.Officer.id) > (name, int(number)))
    rows = db.session.scalars(query).all()
    more = f"{rows[PAGE - 1].id}|{rows[PAGE - 1].name}" if len(rows) > PAGE else None
    return OfficerPage(rows[:PAGE], more)


def officer(officer_id: int) -> m.Officer:
    """An officer's row; Refused: not-found."""
    found = db.session.get(m.Officer, officer_id)
    if found is None:
        raise Refused("not-found")
    return found


def everyone(institution_id: int) -> list[m.Officer]:
    """The active officers of an institution, by name."""
    return list(
        db.session.scalars(
            select(m.Officer)
            .where(m.Officer.institution_id == institution_id, m.Officer.active)
            .order_by(m.Officer.name)
        )
    )


def takers(institution_id: int, level: str, present: int | None) -> list[m.Officer]:
    """Active officers to whom a case of this institution and level may be given.

    A restricted case goes to an ethics officer of another institution, and to nobody else.
    """
    query = select(m.Officer).where(m.Officer.active, m.Officer.id != (present or 0))
    if level == Level.RESTRICTED:
        query = query.where(
            literal("ethics") == any_(m.Officer.roles), m.Officer.institution_id != institution_id
        )
    else:
        query = query.where(
            m.Officer.institution_id == institution_id,
            or_(*(literal(role) == any_(m.Officer.roles) for role in OWNERS)),
        )
    return list(db.session.scalars(query.order_by(m.Officer.name)))


def create(
    *,
    username: str,
    name: str,
    unit_id: int,
    roles: list[str],
    now: datetime,
    language: str = "sw",
) -> grants.Outcome:
    """A new officer of the unit's institution, whose roles wait for a second officer's approval.

    Refused: empty, name-too-long, bad-roles, bad-target (no such unit), name-taken.
    """
    if not (username.strip() and name.strip()):
        raise Refused("empty")
    if not roles or not set(roles) <= set(ROLES):
        raise Refused("bad-roles")
    unit = directory().units.get(unit_id)
    if unit is None or not unit.active:
        raise Refused("bad-target")
    number = officers.create(
        username=username,
        name=name,
        institution_id=unit.institution_id,
        unit_id=unit_id,
        roles=[],
        now=now,
        language=language,
    )
    return grants.ask("roles", number, now, roles=roles)


def set_roles(officer_id: int, roles: list[str], now: datetime) -> grants.Outcome:
    """Take roles away at once, and ask for those that are new; Refused: not-found, bad-roles.

    An administrator cannot give up the own role: someone must be left to give it back.
    """
    found = officer(officer_id)
    if not roles or not set(roles) <= set(ROLES):
        raise Refused("bad-roles")
    if officer_id == transaction.current().officer and "admin" not in roles:
        raise Refused("yourself")
    added, taken = set(roles) - set(found.roles), set(found.roles) - set(roles)
    if taken:
        found.roles = sorted(set(found.roles) - taken)
        db.session.flush()
        audit.record(
            "roles_set",
            now=now,
            officer=officer_id,
            roles=",".join(found.roles),
            taken=",".join(sorted(taken)),
        )
    return grants.ask("roles", officer_id, now, roles=added) if added else grants.Outcome("done")


def reset(officer_id: int, kind: str, now: datetime) -> grants.Outcome:
    """Ask that an officer gets in anew, with a new password, or with new factors as well."""
    officer(officer_id)
    return grants.ask(kind, officer_id, now)


def deactivate(officer_id: int, now: datetime) -> None:
    """Close an account; sessions end, and a worker hands the open cases over to others.

    Refused: not-found, yourself.
    """
    found = officer(officer_id)
    if officer_id == transaction.current().officer:
        raise Refused("yourself")
    if not found.active:
        return
    found.active = False
    audit.record("officer_deactivated", now=now, officer=officer_id)
    transaction.wake("hand_over")


def activate(officer_id: int, now: datetime) -> grants.Outcome:
    """Ask that a closed account is opened again; Refused: not-found."""
    if officer(officer_id).active:
        return grants.Outcome("done")
    return grants.ask("activate", officer_id, now)


def hand_over(now: datetime, limit: int = 200) -> int:
    """Give open cases of officers whose account is closed to others, and their tasks to the
    handlers of the cases (worker); answers how many cases and tasks.

    Found by state, so that a lost wake-up or a case reopened later is caught by the next run.
    Where nobody can take it a case becomes unowned, with clock and ladder running.
    """
    stranded = db.session.scalars(
        select(m.Case)
        .join(m.Officer, m.Officer.id == m.Case.handler_id)
        .where(
            m.Officer.active.is_(False),
            m.Case.status.in_([status.value for status in OPEN]),
            groups.ALONE,
        )
        .order_by(m.Case.due_at, m.Case.id)
        .limit(limit)
        .with_for_update(of=m.Case, skip_locked=True)
    ).all()
    for case in stranded:
        case_id, former = case.id, case.handler_id
        taker = owners.pass_on(case, now)
        audit.record("handed_over", case_id, now=now, former=former or 0, to=taker or 0)
    return len(stranded) + task_upkeep.fall_back(now, limit)


def seats(institution_id: int, day: date) -> list[Seat]:
    """The posts of an institution, those of the whole institution first."""
    posts = db.session.scalars(
        select(m.Post)
        .where(m.Post.institution_id == institution_id)
        .order_by(m.Post.unit_id.nulls_first(), m.Post.id)
    ).all()
    holding = m.PostHolding
    people: dict[tuple[int, str], m.Officer] = {
        (post_id, capacity): found
        for post_id, capacity, found in db.session.execute(
            select(holding.post_id, holding.capacity, m.Officer)
            .join(m.Officer, m.Officer.id == holding.officer_id)
            .where(
                holding.post_id.in_([post.id for post in posts]),
                holding.since_day <= day,
                or_(holding.until_day.is_(None), holding.until_day >= day),
            )
            .order_by(holding.since_day)
        )
    }
    return [
        Seat(post, people.get((post.id, "holder")), people.get((post.id, "deputy")))
        for post in posts
    ]


def seat(
    post_id: int, holder_id: int | None, deputy_id: int | None, now: datetime
) -> list[grants.Outcome]:
    """Who shall hold a post and who deputise: None leaves it empty from today on, a person is
    asked for. Answers what became of what was asked for.

    Refused: not-found, bad-target (not an active officer of the post's institution), same-person.
    """
    # Whoever sets the same post at this moment waits; the post itself is not ours to lock.
    db.session.execute(select(func.pg_advisory_xact_lock(POST_LOCK, post_id)))
    post = db.session.get(m.Post, post_id)
    if post is None:
        raise Refused("not-found")
    if holder_id is not None and holder_id == deputy_id:
        raise Refused("same-person")
    seated = (
        _seat(post, capacity, officer_id, now)
        for capacity, officer_id in zip(CAPACITIES, (holder_id, deputy_id), strict=True)
    )
    return [outcome for outcome in seated if outcome is not None]


def _seat(
    post: m.Post, capacity: str, officer_id: int | None, now: datetime
) -> grants.Outcome | None:
    present = db.session.scalars(
        select(m.PostHolding).where(
            m.PostHolding.post_id == post.id,
            m.PostHolding.capacity == capacity,
            m.PostHolding.until_day.is_(None),
        )
    ).one_or_none()
    if (present.officer_id if present else None) == officer_id:
        return None
    if officer_id is not None:
        wanted = db.session.get(m.Officer, officer_id)
        if wanted is None or not wanted.active or wanted.institution_id != post.institution_id:
            raise Refused("bad-target")
        try:
            return grants.ask("post", officer_id, now, post_id=post.id, capacity=capacity)
        except Refused as refused:
            if refused.code != "asked-already":
                raise
            return grants.Outcome("pending")  # the form shows both seats; one may wait already
    if present is not None:
        present.until_day = local_day(now) - timedelta(days=1)
        db.session.flush()
        audit.record("post_set", now=now, post=post.id, capacity=capacity, officer=0)
    return None


def held_by(officer_id: int, day: date) -> list[tuple[m.Post, str]]:
    """The posts of an officer with the capacity, holder or deputy."""
    rows = db.session.execute(
        select(m.Post, m.PostHolding.capacity)
        .join(m.PostHolding, m.PostHolding.post_id == m.Post.id)
        .where(
            m.PostHolding.officer_id == officer_id,
            m.PostHolding.since_day <= day,
            or_(m.PostHolding.until_day.is_(None), m.PostHolding.until_day >= day),
        )
        .order_by(m.Post.id)
    )
    return [(post, capacity) for post, capacity in rows]


def leave_of(officer_id: int, day: date) -> list[m.Leave]:
    """Leave that is not over."""
    return list(
        db.session.scalars(
            select(m.Leave)
            .where(
                m.Leave.officer_id == officer_id,
                m.Leave.last_day >= day,
                m.Leave.last_day >= m.Leave.first_day,
            )
            .order_by(m.Leave.first_day)
        )
    )


def add_leave(officer_id: int, first_day: date, last_day: date, now: datetime) -> None:
    """Days away; the deputy stands in for the officer's posts and no new case comes.

    Refused: not-found, bad-days (the wrong way round, over already, or overlapping).
    """
    officer(officer_id)
    if last_day < first_day or last_day < local_day(now):
        raise Refused("bad-days")
    overlapping = select(m.Leave.id).where(
        m.Leave.officer_id == officer_id,
        and_(
            m.Leave.first_day <= last_day,
            m.Leave.last_day >= first_day,
            m.Leave.last_day >= m.Leave.first_day,
        ),
    )
    if db.session.scalars(overlapping.limit(1)).first() is not None:
        raise Refused("bad-days")
    db.session.add(m.Leave(officer_id=officer_id, first_day=first_day, last_day=last_day))
    audit.record("leave_added", now=now, officer=officer_id, days=(last_day - first_day).days + 1)


def end_leave(leave_id: int, now: datetime) -> None:
    """The officer is back from today on, or never goes; what was already away stays on record."""
    leave = db.session.get(m.Leave, leave_id)
    if leave is None:
        raise Refused("not-found")
    before_today = local_day(now) - timedelta(days=1)
    leave.last_day = min(leave.last_day, max(before_today, leave.first_day - timedelta(days=1)))
    audit.record("leave_ended", now=now, officer=leave.officer_id)
