"""Ask for a change, decide about one, cancel one; what is planned and what was done.

Principal: an administrator. Nothing is written here but the plan: the worker applies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row as Found
from sqlalchemy import Select, any_, func, insert, literal, or_, select
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback import transaction
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.services import audit, marks
from feedback.services.changes import closing, previews, subjects
from feedback.services.changes.subjects import Values
from feedback.services.errors import Refused
from feedback.services.reference import Directory

PAGE = 30
OPEN = ("asked", "planned")


class Unfit(Refused):
    """Values that do not fit, by field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("unfit")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be saved: the fields that change, what they say now, and whether it waits for a
    second administrator."""

    subject: str
    key: str
    act: str
    said: Values
    before: Values
    needs_second: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A change with the names of who asked for it and who decided."""

    id: UUID
    subject: str
    key: str
    act: str
    said: Values
    before: Values
    from_day: date
    at: datetime
    state: str
    problem: str
    alone: bool
    settled_at: datetime | None
    officer_id: int
    officer: str
    second: str | None
    preview: Values | None = None

    @property
    def previewed(self) -> bool:
        """Whether what it would have done is played through before it holds."""
        known = self.state in OPEN or self.preview is not None
        return known and previews.touches(self.subject, self.act, self.said)


@dataclass(frozen=True, slots=True)
class Page:
    """Changes, the latest first; `next` is where the following page begins."""

    rows: Sequence[Change]
    next: str | None


def plan(subject: str, key: str | None, wanted: Values, d: Directory) -> Plan:
    """What saving these values would do; key None adds a row.

    Raises Unfit with the problems by field; Refused: not-found (no such row, or closed), unchanged.
    """
    present = subjects.load(subject, key, d) if key is not None else None
    if key is not None and (present is None or not present.active):
        raise Refused("not-found")
    values = {**(present.values if present else rules.DEFAULTS.get(subject, {})), **wanted}
    found = subjects.check(subject, values, present, d)
    own = subjects.key_of(subject, values)
    if present is None and not found and _taken(subject, own, d):
        fixed = [f.name for f in rules.FIELDS[subject] if f.fixed]
        found[fixed[-1] if subject in ("rung", "choice") else "code"] = "taken"
    if found:
        raise Unfit(found)
    before = present.values if present else {}
    said = rules.changed(before, values) if present else values
    if not said:
        raise Refused("unchanged")
    act = "change" if present else "add"
    old = {name: before[name] for name in said} if present else {}
    closed = None if present else subjects.load(subject, own, d)
    second = rules.needs_second(subject, act, closed.values if closed else before, said)
    return Plan(subject, own, act, said, old, second)


def plan_close(subject: str, key: str, successor: str, d: Directory) -> Plan:
    """What closing a row would do; successor: who takes over from an institution or unit.

    Refused: not-found and what `closing.check` refuses.
    """
    present = subjects.load(subject, key, d)
    if present is None or not present.active:
        raise Refused("not-found")
    closing.check(subject, present, successor, d)
    second = rules.needs_second(subject, "close", present.values, {})
    said = {"successor": successor} if successor else {}
    return Plan(
        subject, subjects.key_of(subject, present.values), "close", said, present.values, second
    )


def _taken(subject: str, key: str, d: Directory) -> bool:
    """Whether a row of the key is there, or on its way. A closed one may come back."""
    present = subjects.load(subject, key, d)
    final = ("institution", "unit", "ladder", "officer")
    if present is not None and (present.active or subject in final):
        return True
    change = m.ReferenceChange
    waiting = select(change.id).where(
        change.subject == subject, change.key == key, change.act == "add", change.state.in_(OPEN)
    )
    return db.session.scalars(waiting.limit(1)).first() is not None


def save(made: Plan, day: date | None, now: datetime) -> tuple[UUID, str]:
    """Keep a plan; answers its number and its state. day: from when it holds, None is at once.

    Where it needs a second administrator the others get a notice; where there never was another,
    it is planned at once and an alarm tells so. Refused: bad-date.
    """
    today = local_day(now)
    begins = day or today
    if begins < today:
        raise Refused("bad-date")
    mine = transaction.current().officer
    number = uuid4()
    db.session.execute(
        insert(m.ReferenceChange).values(
            id=number,
            subject=made.subject,
            key=made.key,
            act=made.act,
            said=made.said,
            before=made.before,
            from_day=begins,
            officer_id=mine,
            at=now,
            needs_second=made.needs_second,
            alone=False,
            state="asked" if made.needs_second else "planned",
            problem="",
        )
    )
    audit.record(
        "change_asked",
        now=now,
        subject=made.subject,
        key=made.key,
        change=made.act,
        holds_from=begins.isoformat(),
    )
    if previews.touches(made.subject, made.act, made.said):
        transaction.wake("preview_changes")
    if not made.needs_second:
        transaction.wake("apply_changes")
        return number, "planned"
    others = _other_admins(mine)
    marks.notices(others, "change_asked", None, now, str(number))
    if not others and decide(number, "approve", now) == "planned":
        return number, "planned"
    return number, "asked"


def somebody_else() -> bool:
    """Whether another administrator is there, who can be asked to agree."""
    return bool(_other_admins(transaction.current().officer))


def _other_admins(mine: int | None) -> list[int]:
    return list(
        db.session.scalars(
            select(m.Officer.id).where(
                m.Officer.active, literal("admin") == any_(m.Officer.roles), m.Officer.id != mine
            )
        )
    )


def decide(number: UUID, act: str, now: datetime) -> str:
    """Approve, refuse or cancel; answers the state. Refused: gone, not-found."""
    row = db.session.get(m.ReferenceChange, number)
    if row is None or act not in ("approve", "refuse", "cancel"):
        raise Refused("not-found")
    state: str = db.session.scalar(select(func.guard.decide_change(number, act, now))) or "gone"
    if state == "gone":
        raise Refused("gone")
    if state != "yourself":
        told = {"planned": "change_approved", "refused": "change_refused"}
        audit.record(told.get(state, "change_cancelled"), now=now, subject=row.subject, key=row.key)
        if row.officer_id != transaction.current().officer:
            marks.notices([row.officer_id], "change_decided", None, now, f"{number}:{state}")
    db.session.expire(row)
    if state == "planned":
        transaction.wake("apply_changes")
    return state


def open_changes(subject: str = "", key: str = "") -> list[Change]:
    """What waits, for a second or for its day, in the order in which it holds; of one row, or all
    of it (at most 200)."""
    change = m.ReferenceChange
    query = _changes().where(change.state.in_(OPEN))
    if subject:
        query = query.where(change.subject == subject, change.key == key)
    return _read(query.order_by(change.from_day, change.at, change.id).limit(200))


def settled(subject: str = "", key: str = "", after: str | None = None) -> Page:
    """What was done, cancelled, refused or failed, the latest first; of one row, or of all."""
    change = m.ReferenceChange
    query = _changes().where(change.state.not_in(OPEN))
    if subject:
        query = query.where(change.subject == subject, change.key == key)
    moment, _, number = (after or "").partition("|")
    try:
        at, last = datetime.fromisoformat(moment), UUID(number)
    except ValueError:
        pass
    else:
        query = query.where(or_(change.at < at, (change.at == at) & (change.id < last)))
    rows = _read(query.order_by(change.at.desc(), change.id.desc()).limit(PAGE + 1))
    last_row = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(rows[:PAGE], f"{last_row.at.isoformat()}|{last_row.id}" if last_row else None)


def _changes() -> Select[Any]:
    asker, second = aliased(m.Officer), aliased(m.Officer)
    return (
        select(m.ReferenceChange.__table__, asker.name.label("officer"), second.name.label("other"))
        .join(asker, asker.id == m.ReferenceChange.officer_id)
        .outerjoin(second, second.id == m.ReferenceChange.decided_by)
    )


def _read(query: Select[Any]) -> list[Change]:
    return [_change(row) for row in db.session.execute(query)]


def _change(row: Found[Any]) -> Change:
    return Change(
        row.id,
        row.subject,
        row.key,
        row.act,
        row.said,
        row.before,
        row.from_day,
        row.at,
        row.state,
        row.problem,
        row.alone,
        row.settled_at,
        row.officer_id,
        row.officer,
        row.other,
        row.preview,
    )
