"""Texts changed by an administrator: each save is a version of its own, and none is lost.

Principal: an officer; the database lets administrators alone save.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.clock import DAR_ES_SALAAM, local_day
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused
from feedback.services.texts import checking, versions
from feedback.services.texts.checking import Problem
from feedback.services.texts.shipped import TEXTS, medium_of
from feedback.services.texts.template import Template
from feedback.services.texts.versions import Said, Version

PAGE = 20


class Unsound(Refused):
    """A text that may not be sent, and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("unsound")
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Saved:
    """A version as the history shows it; `before` is what the text said until it was saved."""

    number: int
    said: Said
    before: Said
    as_shipped: bool
    most: int
    officer: str
    at: datetime
    holds_from: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a text stands. `said`: now; `holding`: the number of that version, 0 where there is none;
    `held`: that version where it is not as shipped; `parts`: by language. One that is not usable
    is sent as shipped."""

    name: str
    medium: str
    said: Said
    holding: int
    held: Version | None
    ahead: list[Version]
    parts: dict[str, int]
    usable: bool


@dataclass(frozen=True, slots=True)
class History:
    """Versions, the latest first; `next` is the number before which the next page ends."""

    rows: Sequence[Saved]
    next: int | None


def latest(name: str) -> int:
    """The number of the version saved last; 0 where the text was never changed."""
    query = select(func.max(m.TextVersion.number)).where(m.TextVersion.name == name)
    return db.session.scalar(query) or 0


def history(name: str, *, before: int | None = None) -> History:
    """Who changed the text to what."""
    row = m.TextVersion
    query = (
        select(row.__table__, m.Officer.name.label("officer"))
        .join(m.Officer, m.Officer.id == row.officer_id)
        .where(row.name == name)
        .order_by(row.number.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(row.number < before)
    found = db.session.execute(query).all()
    said = [_said(each) for each in found]
    rows = [
        Saved(
            each.number,
            said[place],
            said[place + 1] if place + 1 < len(said) else TEXTS[name],
            each.said is None,
            each.most_parts,
            each.officer,
            each.at,
            each.holds_from,
        )
        for place, each in enumerate(found)
    ]
    return History(rows[:PAGE], rows[PAGE - 1].number if len(rows) > PAGE else None)


def version(name: str, number: int) -> Said:
    """What a version says; 0 is the text as shipped. Refused: not-found."""
    if number == 0:
        return TEXTS[name]
    row = db.session.get(m.TextVersion, (name, number))
    if row is None:
        raise Refused("not-found")
    return _said(row)


def overview(now: datetime) -> list[Standing]:
    """All texts as they stand, without a query of their own."""
    return [standing(name, now) for name in TEXTS]


def standing(name: str, now: datetime) -> Standing:
    """How a text stands."""
    held = versions.holding(name, now)
    changed = held is not None and held.said is not None
    said = present(name, now)
    usable = not (changed and checking.problems(name, said, now))
    shown = said if usable else TEXTS[name]
    return Standing(
        name,
        medium_of(name).code,
        shown,
        held.number if held else 0,
        held if changed else None,
        versions.ahead(name, now),
        {each: checking.parts(name, shown[each], each, now) for each in versions.LANGUAGES},
        usable,
    )


def present(name: str, now: datetime) -> Said:
    """What the text says now."""
    held = versions.holding(name, now)
    return held.said if held and held.said else TEXTS[name]


def save(
    name: str,
    said: dict[str, Template],
    *,
    seen: int,
    day: date | None,
    two_parts: bool,
    officer_id: int,
    now: datetime,
) -> int:
    """Keep a text as a new version and answer its number (principal: an administrator).

    seen: the number of the version it was made from. day: from when it holds; None is at once.
    two_parts: the administrator knows that it may cost two SMS each. Refused: unsound (with the
    problems), bad-date, unchanged, two-parts, clash (somebody saved meanwhile).
    """
    begins = _begin(day, now)
    found = checking.problems(name, said, now)
    if found:
        raise Unsound(found)
    if latest(name) != seen:
        raise Refused("clash")
    if said == present(name, begins):
        raise Refused("unchanged")
    parts = checking.needed(name, said, now)
    if parts > 1 and not two_parts:
        raise Refused("two-parts")
    number = seen + 1
    row = {
        "name": name,
        "number": number,
        # What equals the text as shipped follows it, should the product say it better one day.
        "said": None if said == TEXTS[name] else versions.packed(said),
        "most_parts": parts,
        "officer_id": officer_id,
        "at": now,
        "holds_from": begins,
    }
    kept = insert(m.TextVersion).values(row).on_conflict_do_nothing()
    if db.session.scalar(kept.returning(m.TextVersion.number)) is None:
        raise Refused("clash")
    audit.record(
        "text_changed",
        now=now,
        text=name,
        version=number,
        parts=parts,
        holds_from=local_day(begins).isoformat(),
    )
    return number


def _begin(day: date | None, now: datetime) -> datetime:
    today = local_day(now)
    if day is None or day == today:
        return now
    if day < today:
        raise Refused("bad-date")
    return datetime.combine(day, time(), DAR_ES_SALAAM)


def _said(row: m.TextVersion | Row[Any]) -> Said:
    return versions.unpacked(row.name, row.number, row.said) or TEXTS[row.name]
