"""Random organisations: whoever a case concerns stands on no rung, gets no copy and may do nothing.

Trees, posts, deputies, leave and exclusions are drawn at random, exclusions of everybody among
them; a case then climbs for months, changes hands and levels. What the database picks and shows
is tried by `tests/services/test_no_exposure.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from rapidfuzz import fuzz

from feedback.rules import access, ladder, persons
from feedback.rules.access import CaseFacts, Level, Viewer
from feedback.rules.ladder import Person, Post
from feedback.rules.workflow import Verb
from tests.conftest import LONG

ORGANISATIONS = 10_000 if LONG else 300
ROLES = ("handler", "coordinator", "head", "oversight", "ethics", "admin", "auditor")
FIRST = ("Juma", "Neema", "Rehema", "Salum", "Zawadi", "Baraka", "Halima", "Peter", "Asha")
LAST = ("Kapuya", "Mollel", "Swai", "Ngowi", "Temba", "Komba", "Mbwana", "Chacha", "Lyimo")


@dataclass
class Organisation:
    """Institutions 1 (council), 2 (region), 3 (ministry) and 4 (ethics), each with posts."""

    viewers: dict[int, Viewer] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    posts: list[tuple[int, Post | None]] = field(default_factory=list)  # institution, post


def organisation(draw: Random) -> Organisation:
    org = Organisation()
    number = 0
    held: dict[int, list[int]] = {}
    for institution in (1, 2, 3, 4):
        staff = []
        for _ in range(draw.randint(0, 6)):
            number += 1
            staff.append(number)
            org.people[number] = Person(number, draw.random() < 0.9, draw.random() < 0.2)
            org.names[number] = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
            roles = frozenset(draw.sample(ROLES, draw.randint(1, 3)))
            org.viewers[number] = Viewer(
                number,
                institution,
                roles,
                frozenset({institution * 10} if draw.random() < 0.7 else ()),
                frozenset(),
                frozenset({institution} if draw.random() < 0.3 else ()),
                frozenset({institution} if "coordinator" in roles else ()),
            )
        for offset in range(3):
            post_id = institution * 100 + offset
            holder = draw.choice([*staff, None])
            deputy = draw.choice([*staff, None])
            for officer in (holder, deputy):
                if officer is not None:
                    held.setdefault(officer, []).append(post_id)
            post = Post(
                post_id,
                org.people[holder] if holder else None,
                org.people[deputy] if deputy and deputy != holder else None,
            )
            org.posts.append((institution, post if draw.random() < 0.95 else None))
    for officer, posts in held.items():
        viewer = org.viewers[officer]
        org.viewers[officer] = Viewer(
            officer, viewer.institution, viewer.roles, viewer.units, frozenset(posts),
            viewer.heads, viewer.coordinates,
        )  # fmt: skip
    return org


def exclusions(draw: Random, org: Organisation) -> frozenset[int]:
    everyone = sorted(org.viewers)
    size = draw.choice((0, 1, 2, len(everyone) // 2, len(everyone)))
    return frozenset(draw.sample(everyone, min(size, len(everyone))))


def test_no_excluded_person_is_addressed_or_may_do_anything() -> None:
    ways = set()
    for seed in range(ORGANISATIONS):
        draw = Random(seed)  # noqa: S311
        org = organisation(draw)
        excluded = exclusions(draw, org)
        level = draw.choice(list(Level))
        reached: dict[bool, set[int]] = {False: set(), True: set()}
        deputies: dict[bool, set[int]] = {False: set(), True: set()}
        for month in range(12):  # a rung a month; in between it changes hands and level
            institution, post = org.posts[month]
            if draw.random() < 0.2:
                level = draw.choice(list(Level))
            if draw.random() < 0.2 and org.viewers:  # one more turns out to be concerned
                excluded |= {draw.choice(sorted(org.viewers))}
            restricted = level is Level.RESTRICTED
            way = ladder.resolve(None if restricted and institution == 1 else post, excluded)
            ways.add(way.kind)
            assert way.person not in excluded
            if way.kind == "letter" and post is not None:
                by = {person.id for person in (post.holder, post.deputy) if person}
                assert not by & excluded
            if way.kind != "skipped" and post is not None:
                reached[restricted].add(post.id)
                if way.kind == "deputy" and way.person is not None:
                    deputies[restricted].add(way.person)
            case = CaseFacts(
                institution=draw.choice((1, 2, 3)),
                unit=10,
                # The worst of cases: the owner himself turns out to be concerned.
                handler=draw.choice([*sorted(org.viewers), None]),
                level=level,
                excluded=excluded,
                rung_posts=frozenset(reached[False]),
                restricted_rung_posts=frozenset(reached[True]),
                rung_deputies=frozenset(deputies[False]),
                restricted_rung_deputies=frozenset(deputies[True]),
            )
            _closed_to_the_concerned(org, case)
    assert ways == {"holder", "deputy", "letter", "skipped"}


def _closed_to_the_concerned(org: Organisation, case: CaseFacts) -> None:
    for viewer in org.viewers.values():
        if viewer.officer in case.excluded:
            assert not access.may_read_words(viewer, case)
            assert not any(access.may_act(viewer, case, verb) for verb in Verb)
        own = viewer.institution == case.institution
        if viewer.officer in case.excluded or (own and case.level is Level.RESTRICTED):
            assert not access.may_see_case(viewer, case)


def alike(word: str, names: Collection[str]) -> Collection[str]:
    return {name for name in names if fuzz.ratio(word, name) >= 82}


def misspelt(draw: Random, name: str) -> str:
    """The name with one letter doubled, as people write."""
    at = draw.randrange(1, len(name))
    return name[:at] + name[at] + name[at:]


def test_a_whole_name_however_written_is_found_and_plain_words_find_nobody() -> None:
    for seed in range(ORGANISATIONS):
        draw = Random(seed)  # noqa: S311
        org = organisation(draw)
        known = [
            persons.Known(number, name, near=org.viewers[number].institution == 1,
                          own=org.viewers[number].institution == 1)
            for number, name in org.names.items()
        ]  # fmt: skip
        plain = "Maji hayatoki tangu jana, tunaomba msaada wa haraka kwa mtaa wetu."
        assert persons.spoken_of(plain, known, alike) == {}
        assert persons.listed("", known, alike) == set()
        if not org.names:
            continue
        accused = draw.choice(sorted(org.names))
        first, last = org.names[accused].split()
        written = draw.choice(
            (f"{first} {last}", f"{last} {first}", f"{first.upper()} {misspelt(draw, last)}",
             f"{first} J. {last}", f"Bw. {first} wa {last}")
        )  # fmt: skip
        text = f"Ofisini kwenu {written} hakunipa stakabadhi."
        assert accused in persons.spoken_of(text, known, alike), (written, org.names)
        assert accused in persons.listed(f"{first} {misspelt(draw, last)}", known, alike)
