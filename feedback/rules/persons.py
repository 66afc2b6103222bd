"""Officers of whom a text speaks: by a name, by a name behind a title, or by the title of a post.

Explainable on purpose: a hit says by which rule, and a rule can be told to a citizen in a
sentence. Better one officer too many than the one complained about, since an exclusion waits for
a decision and costs a colleague a minute; but a common first name excludes no whole office.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feedback.rules.routing import is_integrity, normalise
from feedback.rules.words import ENGLISH, ORDINARY_NAMES, ORDINARY_WORDS, SWAHILI

WINDOW = 4
"""Words within which two names of one person stand: a middle name or a title may be between."""
MOST_ALIKE = 3
"""Officers whom one name behind a title may point to; with more it points to nobody."""
MOST_LISTED = 5
"""Officers whom one name alone in the citizen's list of persons may point to."""
SHORTEST = 3
"""Letters of the shortest word that is taken for a name."""
LONGEST_TEXT = 5_000
"""Characters of a text that are looked at."""

TITLES = frozenset(
    {
        *("afisa", "ofisa", "bi", "bibi", "bw", "bwana", "daktari", "dk", "dr", "engineer", "eng"),
        *("mama", "mhe", "mheshimiwa", "mhandisi", "mkuu", "mkurugenzi", "mr", "mrs", "ms", "miss"),
        *("mtendaji", "mtumishi", "mwalimu", "mzee", "ndg", "ndugu", "officer", "teacher", "sir"),
        *("muuguzi", "nesi", "karani", "katibu", "mratibu", "meneja", "manager", "director"),
        *("mwenyekiti", "hakimu", "wakili", "prof", "profesa", "kaimu", "naibu", "anaitwa"),
        *("aitwaye", "jina", "named", "called", "madam", "nurse", "doctor", "clerk"),
    }
)
"""Words behind which a name stands."""
NO_NAMES = frozenset({*TITLES, "the", "wa", "ya", "wetu", "yetu", "huyo", "huyu", "msaidizi"})
ORDINARY = frozenset(
    {
        *(ENGLISH | SWAHILI | ORDINARY_NAMES | ORDINARY_WORDS | NO_NAMES),
        *("utumishi", "mapato", "biashara", "ujenzi", "kilimo", "mifugo", "misitu", "mazingira"),
        *("fedha", "rushwa", "hongo", "fulani", "mmoja", "wenu", "yenu", "kijana", "mkubwa"),
    }
)
"""Words that in a sentence are no name, whatever name they resemble."""
SEPARATORS = re.compile(r"[,;\n/&]|\bna\b|\band\b", re.IGNORECASE)

POST_TITLES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("mkurugenzi", "ded", "director", "katibu tawala wa mkoa", "ras", "katibu mkuu"),
            *("permanent secretary", "mtendaji mkuu", "chief executive", "ceo", "meneja mkuu"),
            *("afisa masuuli", "accounting officer", "kamishna mkuu", "commissioner general"),
            *("mkuu wa taasisi", "head of the institution", "regional administrative secretary"),
        ),
        "institution_head",
    ),
    **dict.fromkeys(
        ("afisa utumishi", "mkuu wa utawala", "mkurugenzi wa utawala", "head of administration"),
        "hr_head",
    ),
    **dict.fromkeys(
        ("mkuu wa idara", "mkuu wa kitengo", "head of department", "head of unit"), "unit_head"
    ),
    **dict.fromkeys(("mratibu wa malalamiko", "complaints coordinator"), "coordinator"),
}
"""What citizens call a post, to its kind. A longer title wins over one that it contains."""
STAND_INS = ("kaimu", "acting", "naibu", "deputy")
"""Words before a title that speak of the deputy."""


@dataclass(frozen=True, slots=True)
class Known:
    """An officer as a text may speak of one. `posts`: kinds of posts held in the institution
    concerned, with the capacity (holder or deputy). `own`: in that institution; `near`: there,
    above it, or where its ladder leads."""

    id: int
    name: str
    near: bool
    own: bool = False
    posts: frozenset[tuple[str, str]] = frozenset()


Alike = Callable[[str, Collection[str]], Collection[str]]
"""The names among those given that a word may mean, misspellings among them."""


def spoken_of(text: str, known: Sequence[Known], alike: Alike) -> dict[int, str]:
    """The officers of whom the text speaks, with the rule: words (a name) or post (a title)."""
    words = normalise(text[:LONGEST_TEXT]).split()
    by_post = dict.fromkeys(_by_post(words, text, known), "post")
    return by_post | dict.fromkeys(_by_name(words, known, alike), "words")


def listed(persons: str, known: Sequence[Known], alike: Alike) -> set[int]:
    """The officers whom the citizen's list of persons names; each part is one person.

    In the institution concerned and above it one name is enough, as long as it does not point to
    half of the office; elsewhere, where a transfer may lead, it takes two names.
    """
    names = _names(known)
    found: set[int] = set()
    for part in SEPARATORS.split(persons[:LONGEST_TEXT]):
        said = [w for w in normalise(part).split() if len(w) >= SHORTEST and w not in NO_NAMES]
        if not said:
            continue
        meant = {word: set(alike(word, names)) for word in said}
        hits: dict[int, int] = {}
        for each in known:
            hits[each.id] = sum(bool(meant[word] & _parts(each.name)) for word in said)
        near = {each.id for each in known if each.near}
        whole = {number for number, count in hits.items() if count == len(said) > 1}
        close = {number for number, count in hits.items() if number in near and count > 1}
        single = {number for number, count in hits.items() if number in near and count == 1}
        found |= whole | close
        if len(said) == 1 and len(single) <= MOST_LISTED:
            found |= single
    return found


@lru_cache(maxsize=20_000)
def _parts(name: str) -> frozenset[str]:
    """The words of an officer's name by which one is known."""
    words = normalise(name).split()
    return frozenset(w for w in words if len(w) >= SHORTEST and w not in NO_NAMES)


def _names(known: Iterable[Known]) -> dict[str, set[int]]:
    names: dict[str, set[int]] = {}
    for each in known:
        for name in _parts(each.name):
            names.setdefault(name, set()).add(each.id)
    return names


def _by_name(words: Sequence[str], known: Sequence[Known], alike: Alike) -> set[int]:
    """Two names of one officer close together; or one behind a title, where it points to few."""
    names = _names(known)
    own = {each.id for each in known if each.own}
    meant: dict[str, Collection[str]] = {}
    places: dict[int, list[tuple[int, str]]] = {}
    found: set[int] = set()
    for index, word in enumerate(words):
        if len(word) < SHORTEST or word in ORDINARY:
            continue
        if word not in meant:
            meant[word] = alike(word, names)
        pointed: set[int] = set()
        for name in meant[word]:
            pointed |= names[name]
            for number in names[name]:
                places.setdefault(number, []).append((index, name))
        if _behind_title(words, index) and len(pointed & own) <= MOST_ALIKE:
            found |= pointed & own
    return found | {number for number, hits in places.items() if _whole(hits)}


def _behind_title(words: Sequence[str], index: int) -> bool:
    """A title before it, an initial or a short word ("wa", "J") between them or not."""
    before = words[max(0, index - 2) : index]
    return bool(before) and (
        before[-1] in TITLES or (before[0] in TITLES and len(before) == 2 and len(before[1]) <= 2)
    )


def _whole(hits: Sequence[tuple[int, str]]) -> bool:
    return any(
        name != other and 0 < later - index < WINDOW
        for index, name in hits
        for later, other in hits
    )


def _by_post(words: Sequence[str], text: str, known: Sequence[Known]) -> set[int]:
    """Holders of posts that the text names, when it speaks of corruption or misconduct."""
    if not any(each.posts for each in known) or not is_integrity(text):
        return set()
    spoken: set[tuple[str, str]] = set()
    taken: set[int] = set()
    for title in sorted(POST_TITLES, key=len, reverse=True):
        parts = title.split()
        for start in range(len(words) - len(parts) + 1):
            span = set(range(start, start + len(parts)))
            if list(words[start : start + len(parts)]) == parts and not span & taken:
                taken |= span
                stands_in = start > 0 and words[start - 1] in STAND_INS
                spoken.add((POST_TITLES[title], "deputy" if stands_in else "holder"))
    return {each.id for each in known if each.posts & spoken}
