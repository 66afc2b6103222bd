"""What an officer typed into the search, and the place in a text where it was found.

Words are found by their beginnings, in any order, all of them. A text's words end where a letter or
digit does, as the database's index has it.
"""

import re
from dataclasses import dataclass

from feedback.rules.reference import parse_reference

SHORTEST = 3
"""Letters that a word needs to be looked for by its beginning; a shorter one must stand whole."""
MOST_LETTERS = 100
"""Letters of a search that are looked at."""
MOST_WORDS = 8

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Sought:
    """A search: a reference in its canonical form, if it may be one, and words in small letters."""

    reference: str | None
    words: tuple[str, ...]

    @property
    def every(self) -> str | None:
        """The words as PostgreSQL's to_tsquery takes them, all of which must be there."""
        return self._joined(" & ")

    @property
    def any(self) -> str | None:
        """The same, any of which is enough."""
        return self._joined(" | ")

    def _joined(self, by: str) -> str | None:
        parts = (f"{word}:*" if len(word) >= SHORTEST else word for word in self.words)
        return by.join(parts) or None


def read(typed: str) -> Sought | None:
    """What is looked for; None where nothing long enough was typed to look for."""
    text = typed.strip()[:MOST_LETTERS]
    words = tuple(dict.fromkeys(_WORD.findall(text.lower())))[:MOST_WORDS]
    reference = parse_reference(text)
    if not any(len(word) >= SHORTEST for word in words):
        words = ()
    return Sought(reference, words) if words or reference else None


def excerpt(text: str, words: tuple[str, ...], around: int = 90) -> list[tuple[str, bool]]:
    """Pieces of the text about the first word found; the flag marks what was looked for.

    `around`: letters kept before and after it. Where no word is found it is the text's beginning.
    """
    flat = " ".join(text.split())
    found = _pattern(words).search(flat) if words else None
    at, until = (found.start(), found.end()) if found else (0, 0)
    first, last = max(0, at - around), min(len(flat), until + around)
    if first:
        first = flat.find(" ", first, at) + 1 or first
    if last < len(flat):
        last = max(flat.rfind(" ", until, last), until) if " " in flat[until:last] else last
    return [
        *([("… ", False)] if first else []),
        *marked(flat[first:last], words),
        *([(" …", False)] if last < len(flat) else []),
    ]


def marked(text: str, words: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The whole text in pieces; the flag marks what was looked for."""
    pieces: list[tuple[str, bool]] = []
    behind = 0
    for found in _pattern(words).finditer(text) if words else ():
        if found.start() > behind:
            pieces.append((text[behind : found.start()], False))
        pieces.append((found.group(), True))
        behind = found.end()
    if behind < len(text):
        pieces.append((text[behind:], False))
    return pieces


def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    each = (
        re.escape(word) + (r"[^\W_]*" if len(word) >= SHORTEST else r"(?![^\W_])") for word in words
    )
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})", re.IGNORECASE)
