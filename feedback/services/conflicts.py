"""Officers whom a case concerns: found in the citizen's words before anyone is chosen for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, any_, literal, or_, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import persons as rules
from feedback.services import identity
from feedback.services.reference import Directory

# How alike two words must be (0–100).
ALIKE = 82
# Letters of a word up to which it must be the very name: short words have too many neighbours.
EXACT = 4


@dataclass(frozen=True, slots=True)
class Said:
    """What a citizen said of a case: the words, one text each, and the list of persons."""

    texts: Sequence[str] = ()
    persons: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case is, or is about to be."""

    institution_id: int
    unit_id: int
    restricted: bool


def concerned(said: Said, place: Place, d: Directory) -> dict[int, str]:
    """The officers whom the words concern, with the kind of match: named, words or post."""
    near = _near(place.institution_id, d)
    found: dict[int, str] = {}
    known = _known(place, near, d)
    for each in said.texts:
        found |= rules.spoken_of(each, known, partial(_alike, exact=EXACT))
    if said.persons:
        everyone = _everyone(place, near)
        listed = rules.listed(said.persons, everyone, partial(_alike, exact=0))
        titled = rules.spoken_of(said.persons, known, partial(_alike, exact=EXACT))
        found |= titled | dict.fromkeys(listed, "named")
    return found


def _alike(word: str, names: Collection[str], exact: int) -> Collection[str]:
    if len(word) <= exact:
        return {word} & set(names)
    close = process.extract(word, list(names), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
    return [name for name, _score, _index in close]


PEOPLE = text("SELECT version FROM people_state")
_kept: tuple[tuple[int, int], dict[Place, list[rules.Known]]] = ((0, 0), {})


def _known(place: Place, near: set[int], d: Directory) -> list[rules.Known]:
    """Officers near the case, with the posts they hold in the institution concerned.

    Each arrival of a complaint asks for them, so a process keeps them until the database says that
    officers or posts, or the institutions, have changed.
    """
    global _kept
    people = db.session.scalar(PEOPLE)
    if _kept[0] != (people, d.version):
        _kept = ((people, d.version), {})
    kept = _kept[1]
    if place not in kept:
        kept[place] = _read(place, near, d)
    return kept[place]


def _read(place: Place, near: set[int], d: Directory) -> list[rules.Known]:
    units = [unit.id for number in near for unit in d.units_of(number)]
    officer = m.Officer
    where: ColumnElement[bool] = officer.unit_id.in_(units)
    if place.restricted:
        where = or_(where, literal("ethics") == any_(officer.roles))
    rows = db.session.execute(
        select(
            officer.id, officer.name, officer.institution_id, m.PostHolding.capacity, m.Post.kind
        )
        .outerjoin(
            m.PostHolding,
            (m.PostHolding.officer_id == officer.id) & m.PostHolding.until_day.is_(None),
        )
        .outerjoin(
            m.Post,
            (m.Post.id == m.PostHolding.post_id)
            & (m.Post.institution_id == place.institution_id)
            & or_(m.Post.unit_id.is_(None), m.Post.unit_id == place.unit_id),
        )
        .where(where, officer.active)
    )
    posts: dict[int, set[tuple[str, str]]] = {}
    people: dict[int, tuple[str, int]] = {}
    for row in rows:
        people[row.id] = (row.name, row.institution_id)
        if row.kind is not None:
            posts.setdefault(row.id, set()).add((row.kind, row.capacity))
    return [
        rules.Known(
            number,
            name,
            near=True,
            own=institution == place.institution_id,
            posts=frozenset(posts.get(number, ())),
        )
        for number, (name, institution) in people.items()
    ]


def _everyone(place: Place, near: set[int]) -> list[rules.Known]:
    officers = db.session.execute(
        select(m.Officer.id, m.Officer.name, m.Officer.institution_id, m.Officer.roles).where(
            m.Officer.active
        )
    )
    return [
        rules.Known(
            officer.id,
            officer.name,
            near=officer.institution_id in near or "ethics" in officer.roles,
            own=officer.institution_id == place.institution_id,
        )
        for officer in officers
    ]


def _near(institution_id: int, directory: Directory) -> set[int]:
    """The institution, those above it, and those that its ladders name."""
    institution = directory.institutions[institution_id]
    codes = {
        code
        for ladder in (institution.ladder, "restricted")
        for rung in directory.ladder(ladder)
        for code in (rung.at.removeprefix("code:"), rung.copy)
    }
    named = {
        directory.institutions_by_code[code].id
        for code in codes
        if code in directory.institutions_by_code
    }
    return {*institution.path, *named}


def said_in(case_id: UUID) -> Said:
    """What the citizen said so far (principal: one who sees the case, its citizen, the worker)."""
    words = db.session.scalars(
        select(m.Message).from_statement(text("SELECT * FROM guard.words_said(:case)")),
        {"case": case_id},
    ).all()
    rows = db.session.scalars(
        select(m.SealedIdentity).from_statement(text("SELECT * FROM guard.persons_named(:case)")),
        {"case": case_id},
    ).all()
    texts = [
        identity.unseal(each.sealed, f"message:{each.id}") if each.sealed else each.body or ""
        for each in words
    ]
    listed = [identity.unseal(row.sealed, f"case:{case_id}:persons") for row in rows]
    for each in (*words, *rows):
        db.session.expunge(each)  # read for this comparison alone
    return Said(texts, "; ".join(listed))


def keep_away(case_id: UUID, said: Said, place: Place, d: Directory, now: datetime) -> set[int]:
    """Exclude, provisionally, whom the words concern at this place; answers who is new."""
    found = concerned(said, place, d)
    new: set[int] = set()
    for reason in sorted(set(found.values())):
        officers = [number for number, why in found.items() if why == reason]
        new |= mark(case_id, officers, reason, now)
    return new


def mark(case_id: UUID, officers: Iterable[int], reason: str, now: datetime) -> set[int]:
    """Exclude officers from a case; answers those who were not excluded before."""
    return set(
        db.session.scalars(
            text("SELECT * FROM guard.exclude(:case, :officers, :reason, :at)"),
            {"case": case_id, "officers": sorted(set(officers)), "reason": reason, "at": now},
        )
    )
