"""Officers whom a case concerns: found in the citizen's words before anyone is chosen for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, any_, case, func, literal, or_, select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import persons as rules
from feedback.services import identity
from feedback.services.among import among
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
    _keep_up(d)
    everyone = _everyone(place, near) if said.persons else []
    return _spoken_of(said, _known(place, near, d), everyone)


def may_concern(
    said: Mapping[UUID, Said], places: Mapping[UUID, Place], officers: Collection[int], d: Directory
) -> set[UUID]:
    """Which of many cases may concern one of a few officers, asked without a look at all others.

    With few names to compare a common one points to more than `concerned` would exclude, never to
    less: whoever asks goes on with that for the cases answered here.
    """
    rows = _people(officers)
    _keep_up(d)
    found = set()
    for case_id, words in said.items():
        place = places[case_id]
        near = _near(place.institution_id, d)
        known = [each for each in _known(place, near, d) if each.id in officers]
        if _spoken_of(words, known, _as_known(rows, place, near) if words.persons else []):
            found.add(case_id)
    return found


def _spoken_of(
    said: Said, known: Sequence[rules.Known], everyone: Sequence[rules.Known]
) -> dict[int, str]:
    """By the rules: of `known` whoever the words speak of, of `everyone` whoever is listed."""
    found: dict[int, str] = {}
    for each in said.texts if known else ():
        found |= rules.spoken_of(each, known, partial(_alike, exact=EXACT))
    if said.persons:
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


def _keep_up(d: Directory) -> None:
    """Forget the officers kept in memory when officers, posts or institutions have changed."""
    global _kept
    people = db.session.scalar(PEOPLE)
    if _kept[0] != (people, d.version):
        _kept = ((people, d.version), {})


def _known(place: Place, near: Collection[int], d: Directory) -> list[rules.Known]:
    """Officers near the case, with the posts they hold in the institution concerned.

    Each arrival of a complaint asks for them, so a process keeps them until `_keep_up` forgets.
    """
    kept = _kept[1]
    if place not in kept:
        kept[place] = _read(place, near, d)
    return kept[place]


def _read(place: Place, near: Collection[int], d: Directory) -> list[rules.Known]:
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


def _everyone(place: Place, near: Collection[int]) -> list[rules.Known]:
    return _as_known(_people(), place, near)


def _people(officers: Collection[int] | None = None) -> Sequence[Any]:
    """Active officers, all or some of them."""
    query = select(m.Officer.id, m.Officer.name, m.Officer.institution_id, m.Officer.roles).where(
        m.Officer.active
    )
    if officers is not None:
        query = query.where(m.Officer.id.in_(officers))
    return db.session.execute(query).all()


def _as_known(officers: Sequence[Any], place: Place, near: Collection[int]) -> list[rules.Known]:
    """Officers as the citizen's list of persons may name them, wherever they work."""
    return [
        rules.Known(
            officer.id,
            officer.name,
            near=officer.institution_id in near or "ethics" in officer.roles,
            own=officer.institution_id == place.institution_id,
        )
        for officer in officers
    ]


def _near(institution_id: int, directory: Directory) -> frozenset[int]:
    """The institution, those above it, and those that its ladders name."""
    institution = directory.institutions[institution_id]
    codes = {
        code
        for ladder in (*directory.ladders_of(institution_id), "restricted")
        for rung in directory.ladder(ladder)
        for code in (rung.at.removeprefix("code:"), rung.copy)
    }
    named = {
        directory.institutions_by_code[code].id
        for code in codes
        if code in directory.institutions_by_code
    }
    return frozenset({*institution.path, *named})


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
    said = _read_out(words, rows)
    for each in (*words, *rows):
        db.session.expunge(each)  # read for this comparison alone
    return said


def said_in_all(case_ids: Sequence[UUID]) -> dict[UUID, Said]:
    """What the citizens of these cases said so far, in two questions (principal: the worker)."""
    said: dict[UUID, tuple[list[Any], list[Any]]] = {case_id: ([], []) for case_id in case_ids}
    message, vault, covered = m.Message, m.SealedIdentity, m.Redaction
    # As it was written: a name that was covered since keeps its bearer away all the same.
    original = case((func.length(covered.original) > 1, covered.original))
    words = (
        select(
            message.case_id,
            message.id,
            message.body,
            func.coalesce(original, message.sealed).label("sealed"),
        )
        .outerjoin(covered, (covered.message_id == message.id) & covered.undone_at.is_(None))
        .where(among(message.case_id, case_ids), message.kind.in_(("citizen", "remark")))
        .order_by(message.case_id, message.at, message.id)
    )
    persons = select(vault.case_id, vault.sealed).where(
        among(vault.case_id, case_ids), vault.field == "persons"
    )
    for kind, query in enumerate((words, persons)):
        for row in db.session.execute(query):
            said[row.case_id][kind].append(row)
    return {case_id: _read_out(*rows) for case_id, rows in said.items()}


def _read_out(words: Iterable[Any], persons: Iterable[Any]) -> Said:
    """Rows of messages and of the vault, in clear for this comparison."""
    texts = [
        identity.unseal(each.sealed, f"message:{each.id}") if each.sealed else each.body or ""
        for each in words
    ]
    listed = [identity.unseal(row.sealed, f"case:{row.case_id}:persons") for row in persons]
    return Said(texts, "; ".join(listed))


def mark(case_id: UUID, officers: Iterable[int], reason: str, now: datetime) -> set[int]:
    """Exclude officers from a case; answers those who were not excluded before."""
    return set(
        db.session.scalars(
            text("SELECT * FROM guard.exclude(:case, :officers, :reason, :at)"),
            {"case": case_id, "officers": sorted(set(officers)), "reason": reason, "at": now},
        )
    )
