"""From a citizen's words to an institution, a region and a category, each with its reason.

Nothing is guessed between two equal candidates: an ambiguous text gives None, and the case goes
to triage. The names come in as a `Gazetteer`; matching ignores case, accents and punctuation.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from feedback.rules.trigrams import Trigrams
from feedback.rules.words import (
    CONDUCT_WORDS,
    CONNECTORS,
    INTEGRITY_WORDS,
    OFFICIAL_WORDS,
    ORDINARY_NAMES,
    ORDINARY_WORDS,
    PLACE_MARKS,
)

LONGEST_PHRASE = 8
"""Words in the longest name that is looked for."""
SHORTEST_MISSPELT = 6
"""Letters from which on a misspelling is forgiven; shorter words have too many neighbours."""
MISSPELT_WORDS = 60
"""Words of a text that are looked at for misspellings, so that a long text costs no more."""

_APOSTROPHES = re.compile("['`\u2018\u2019\u02bc]")
_OTHER = re.compile(r"[\W_]+")
_HONGA = re.compile(r"\b\w*hong(?:a|ana|wa|wi|ia|ewa)\b")


@dataclass(frozen=True, slots=True)
class Match:
    """What was found, and the words that say so."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The names that can be found.

    `institutions`: code to names and aliases. `places`: name of a place to the code of its
    council or region. `categories`: code to keywords.
    """

    institutions: Mapping[str, Sequence[str]]
    places: Mapping[str, str]
    categories: Mapping[str, Sequence[str]]
    _codes: dict[str, set[str]] = field(init=False, repr=False, compare=False)
    _names: dict[str, set[str]] = field(init=False, repr=False, compare=False)
    _places: dict[str, set[str]] = field(init=False, repr=False, compare=False)
    _keywords: dict[str, set[str]] = field(init=False, repr=False, compare=False)
    _vocabulary: Trigrams = field(init=False, repr=False, compare=False)
    _ordinary: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        codes = _phrases((code, code) for code in self.institutions)
        names = _phrases((n, code) for code, given in self.institutions.items() for n in given)
        keywords = _phrases((w, code) for code, given in self.categories.items() for w in given)
        places = _phrases(self.places.items())
        known = {word for phrase in (*codes, *names, *places) for word in phrase.split()}
        object.__setattr__(self, "_codes", codes)
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_places", places)
        object.__setattr__(self, "_keywords", keywords)
        object.__setattr__(
            self, "_vocabulary", Trigrams(w for w in known if len(w) >= SHORTEST_MISSPELT)
        )
        # What a case is about is no misspelt name: "kuondoa" is no Kondoa.
        said = {word for phrase in keywords for word in phrase.split()}
        object.__setattr__(self, "_ordinary", ORDINARY_WORDS | said)

    def _correct(self, word: str) -> str:
        """The one known word of which `word` looks like a misspelling, else `word` itself."""
        if len(word) < SHORTEST_MISSPELT or word in self._ordinary or word in self._vocabulary:
            return word
        return self._vocabulary.meant(word) or word

    def correct(self, words: Sequence[str]) -> list[str]:
        """The words with the misspelt names written right, as far as they are looked at."""
        return [self._correct(word) for word in words[:MISSPELT_WORDS]]


def normalise(text: str) -> str:
    """Lower case words without accents, apostrophes and punctuation, one space between them."""
    plain = text.casefold()
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _OTHER.sub(" ", _APOSTROPHES.sub("", plain)).strip()


def find_institution(text: str, g: Gazetteer, place: str = "") -> Match | None:
    """The one institution that the text names: by its code, else by a name, else misspelt.

    Where several are named, a code among the first two words decides (a keyword may stand before
    it), then a `place` that points to one of them; otherwise None.
    """
    words = normalise(text).split()
    for table in (g._codes, g._names):
        hits = _longest(_hits(words, table))
        if hits:
            return _decide(hits, g, place)
    corrected = g.correct(words)
    if corrected == words[:MISSPELT_WORDS]:
        return None
    hits = _longest([*_hits(corrected, g._codes), *_hits(corrected, g._names)])
    match = _decide(hits, g, place) if hits else None
    if match is None:
        return None
    pairs = zip(words, corrected, strict=False)
    typed = ", ".join(f"{word} ~ {meant}" for word, meant in pairs if word != meant)
    return Match(match.code, typed)


def names_any(text: str, g: Gazetteer) -> bool:
    """Whether the text names an institution at all, be it two of them or one by a misspelling."""
    words = normalise(text).split()
    return any(
        next(_hits(spelt, table), None) is not None
        for spelt in (words, g.correct(words))
        for table in (g._codes, g._names)
    )


def names_only(text: str, g: Gazetteer) -> Match | None:
    """The institution when the text is nothing but its name: an answer to "which office?"."""
    words = normalise(text).split()
    while words and words[0] in CONNECTORS:
        words = words[1:]
    for tried in (words, g.correct(words[:LONGEST_PHRASE])):
        phrase = " ".join(tried)
        for table in (g._codes, g._names):
            codes = table.get(phrase, set())
            if len(codes) == 1:
                return Match(next(iter(codes)), phrase)
    return None


def find_places(text: str, g: Gazetteer) -> frozenset[str]:
    """The codes of the councils and regions to which the places named in the text point."""
    words = normalise(text).split()
    hits = _longest(_hits(words, g._places, whole=len(words) <= 2))
    if not hits:
        hits = _longest(_hits(g.correct(words), g._places, whole=len(words) <= 2))
    return frozenset(code for hit in hits for code in hit.codes)


def find_category(text: str, g: Gazetteer) -> Match | None:
    """The category most of whose keywords stand in the text; the reason lists those words.

    A keyword of two words weighs as two. The locative ending -ni of Swahili and the plural -s of
    English are looked through. None without a keyword or when two categories are level.
    """
    words = normalise(text).split()
    found: dict[str, dict[str, int]] = {}
    for hit in _longest(_hits(words, g._keywords, whole=True, stems=True)):
        for code in hit.codes:
            found.setdefault(code, {})[hit.phrase] = hit.end - hit.start
    scores = sorted(((sum(weights.values()), code) for code, weights in found.items()), key=_first)
    if not scores or (len(scores) > 1 and scores[-1][0] == scores[-2][0]):
        return None
    code = scores[-1][1]
    return Match(code, ", ".join(found[code]))


def is_integrity(text: str) -> bool:
    """Whether the words speak of corruption, or of the misconduct of a public servant.

    Rather once too often: such a case goes to ethics officers, who can hand it on.
    """
    plain = f" {normalise(text)} "
    if any(f" {word} " in plain for word in INTEGRITY_WORDS) or _HONGA.search(plain):
        return True
    return any(f" {word}" in plain for word in CONDUCT_WORDS) and any(
        f" {word}" in plain for word in OFFICIAL_WORDS
    )


@dataclass(frozen=True, slots=True)
class _Hit:
    """A phrase found in the words from `start` to before `end`, and what it may stand for."""

    start: int
    end: int
    phrase: str
    codes: frozenset[str]


def _first(score: tuple[int, str]) -> int:
    return score[0]


def _phrases(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for name, code in pairs:
        phrase = normalise(name)
        if phrase:
            table.setdefault(phrase, set()).add(code)
    return table


def _hits(
    words: Sequence[str],
    table: Mapping[str, set[str]],
    whole: bool = False,
    stems: bool = False,
) -> Iterator[_Hit]:
    """Every phrase of the table in the words; `whole` takes names that are ordinary words too."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST_PHRASE, len(words)) + 1):
            phrase = " ".join(words[start:end])
            for form in _forms(phrase) if stems else (phrase,):
                codes = table.get(form)
                if codes and (whole or _is_meant(words, start, end)):
                    yield _Hit(start, end, form, frozenset(codes))
                    break


def _forms(phrase: str) -> Iterator[str]:
    yield phrase
    for ending in ("ni", "s"):
        if phrase.endswith(ending) and len(phrase) > 4:
            yield phrase.removesuffix(ending)


def _is_meant(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a name that is also an ordinary word ("moshi", "same") is used as a name."""
    if end - start > 1 or words[start] not in ORDINARY_NAMES or len(words) == 1:
        return True
    before = [word for word in words[max(0, start - 2) : start] if word not in CONNECTORS]
    return bool(before and before[-1] in PLACE_MARKS) or (
        end < len(words) and words[end] in PLACE_MARKS
    )


def _longest(hits: Iterable[_Hit]) -> list[_Hit]:
    """The hits that do not stand inside a longer one, in the order of the text."""
    kept: list[_Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start)):
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)


def _decide(hits: Sequence[_Hit], g: Gazetteer, place: str) -> Match | None:
    codes = {code for hit in hits for code in hit.codes}
    if len(codes) > 1 and hits[0].start <= 1 and hits[0].phrase in g._codes:
        codes = set(hits[0].codes)
    if len(codes) > 1 and place:
        named = {code for hit in _hits(normalise(place).split(), g._names) for code in hit.codes}
        codes &= named | find_places(place, g)
    if len(codes) != 1:
        return None
    code = next(iter(codes))
    return Match(code, next(hit.phrase for hit in hits if code in hit.codes))
