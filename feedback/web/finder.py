"""Finding an institution by what a citizen types, or by going from a region to its councils."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from feedback.rules.routing import normalise
from feedback.rules.words import CONNECTORS
from feedback.services.reference import Directory, InstitutionInfo

MOST = 12
"""Institutions offered at once: more would bury the right one on a small screen."""
SHORTEST_PLACE = 3
"""Letters from which on the beginning of a place name counts."""
LONGEST = 200
"""Letters that are compared; no name has as many."""
ALIKE = 84
"""How alike, of 100, a misspelt name must be."""

_WIDEST = ("office", "ministry", "agency", "council", "region")
_Rank = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class _Entry:
    institution: InstitutionInfo
    phrases: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Index:
    directory: Directory
    entries: tuple[_Entry, ...]
    places: tuple[tuple[str, str], ...]
    regions: tuple[InstitutionInfo, ...]


_index: _Index | None = None


def regions(directory: Directory) -> tuple[InstitutionInfo, ...]:
    """The regional secretariats, by the name of their region."""
    return _indexed(directory).regions


def councils(directory: Directory, region: str) -> list[InstitutionInfo]:
    """The councils below the regional secretariat with this code, and last the secretariat."""
    top = directory.institutions_by_code.get(region)
    if top is None or top.kind != "region":
        return []
    below = [i for i in directory.institutions_by_code.values() if i.parent_id == top.id]
    return [*sorted(below, key=_by_name), top]


def find(directory: Directory, query: str, region: str) -> list[InstitutionInfo]:
    """What both fields together ask for: words, a region, or words within a region.

    Where the words name nothing in that region, what they name elsewhere comes first.
    """
    within = councils(directory, region)
    named = search(directory, query)
    if not (within and named):
        return within or named
    return [i for i in within if i in named] or [*named, *within]


def search(directory: Directory, query: str) -> list[InstitutionInfo]:
    """The institutions that the words name, the nearest first, at most `MOST`.

    Every word must begin some word of a name; where none fits so, a misspelling is forgiven. The
    name of a place finds its council, and councils before whatever else bears that name.
    """
    phrase = normalise(query[:LONGEST])
    typed = [word for word in phrase.split() if word not in CONNECTORS] or phrase.split()
    if not typed:
        return []
    index = _indexed(directory)
    ranked: dict[str, _Rank] = {}
    is_place = any(place == phrase for place, _code in index.places)
    for entry in index.entries:
        if phrase in entry.phrases:
            ranked[entry.institution.code] = _rank(entry.institution, 0, 0)
        elif all(any(word.startswith(t) for word in entry.words) for t in typed):
            partial = sum(t not in entry.words for t in typed)
            step = 0 if is_place and entry.institution.kind == "council" else 1
            ranked[entry.institution.code] = _rank(entry.institution, step, partial)
    if len(phrase) >= SHORTEST_PLACE:
        for place, code in index.places:
            if place.startswith(phrase) and code in directory.institutions_by_code:
                institution = directory.institutions_by_code[code]
                ranked.setdefault(code, _rank(institution, 1 if place == phrase else 2, 0))
    if not ranked:
        ranked = _misspelt(index, phrase)
    codes = sorted(ranked, key=ranked.__getitem__)[:MOST]
    return [directory.institutions_by_code[code] for code in codes]


def exact(directory: Directory, query: str) -> InstitutionInfo | None:
    """The one institution whose code, name or alias is just what was typed."""
    phrase = normalise(query[:LONGEST])
    found = [e.institution for e in _indexed(directory).entries if phrase in e.phrases]
    return found[0] if len(found) == 1 else None


def _rank(institution: InstitutionInfo, step: int, distance: int) -> _Rank:
    """The better the fit, then the wider the office, then by name."""
    return (step, distance, _WIDEST.index(institution.kind), institution.name_sw)


def _misspelt(index: _Index, phrase: str) -> dict[str, _Rank]:
    names = [(phrase, e.institution) for e in index.entries for phrase in e.phrases]
    close = process.extract(
        phrase, [n for n, _ in names], scorer=fuzz.ratio, score_cutoff=ALIKE, limit=MOST
    )
    ranked: dict[str, _Rank] = {}
    for _, score, position in close:
        institution = names[position][1]
        ranked.setdefault(institution.code, _rank(institution, 3, 100 - int(score)))
    return ranked


def _indexed(directory: Directory) -> _Index:
    global _index
    if _index is None or _index.directory is not directory:
        _index = _Index(
            directory,
            tuple(_entry(i) for i in directory.institutions_by_code.values()),
            tuple((normalise(p), code) for p, code in directory.gazetteer.places.items()),
            tuple(
                sorted(
                    (i for i in directory.institutions_by_code.values() if i.kind == "region"),
                    key=_by_region,
                )
            ),
        )
    return _index


def _entry(institution: InstitutionInfo) -> _Entry:
    names = (institution.code, institution.name_sw, institution.name_en, *institution.aliases)
    phrases = frozenset(normalise(name) for name in names)
    return _Entry(institution, phrases, frozenset(w for p in phrases for w in p.split()))


def _by_name(institution: InstitutionInfo) -> str:
    return institution.name_sw


def _by_region(institution: InstitutionInfo) -> str:
    return institution.region


def chosen(d: Directory, typed: str) -> tuple[InstitutionInfo | None, list[InstitutionInfo]]:
    """The institution that was typed, by code or name, else those that it may mean."""
    if not typed.strip():
        return None, []
    meant = d.institutions_by_code.get(typed.strip().upper()) or exact(d, typed)
    if meant:
        return meant, []
    found = search(d, typed)
    return (found[0], []) if len(found) == 1 else (None, found)
