"""Whether two messages from one phone are one: cut in pieces by the phone, or sent twice.

Each answer is a word that says why, so that a person can follow it. The texts are the citizen's as
written; nothing is put together or altered here.
"""

import re
from datetime import timedelta

from feedback.rules.commands import KINDS
from feedback.rules.routing import normalise
from feedback.rules.trigrams import likeness, trigrams

WITHIN = timedelta(minutes=5)
"""How long after one piece the next is waited for. A phone sends them in one go, a slow network
brings them within a minute or two; five minutes also takes a citizen who types the rest."""
REPEATED_WITHIN = timedelta(hours=24)
SAME = 0.85
"""How alike, by letters, two texts are that say the same."""
SHORTEST_REPEATED = 2
"""Words from which on a text is told from another at all."""

PART, PART_OF_MANY = 160, 153
WIDE_PART, WIDE_PART_OF_MANY = 70, 67
"""Characters of one SMS and of each piece of a longer one, in the plain and the wide alphabet."""
LONGEST_WORD = 13
"""A phone that cuts at a word's end leaves at most about so much of a piece empty."""

_NUMBER = r"[(\[]?([1-9])\s?(?:/|of)\s?([2-9])[)\]]?"
_NUMBERED = (re.compile(rf"^\s*{_NUMBER}(?![\w/])"), re.compile(rf"(?<![\w/]){_NUMBER}\s*$"))
_ENDED = re.compile(r"[.!?\u2026]['\")\u201d\u2019]*\s*$")
_LETTER = re.compile(r"[^\W\d_]")
GOES_ON = frozenset(
    {
        *("na", "lakini", "pia", "ila", "ambayo", "ambao", "ambaye", "kwamba", "halafu", "kisha"),
        *("and", "but", "also", "because", "which", "then"),
    }
)
"""Words with which a sentence goes on."""


def part_number(text: str) -> tuple[int, int] | None:
    """The mark "1/2" or "(2 of 3)" at the beginning or end: which piece, of how many."""
    for pattern in _NUMBERED:
        found = pattern.search(text)
        if found and int(found[1]) <= int(found[2]):
            return int(found[1]), int(found[2])
    return None


def goes_on(first: str, second: str) -> str | None:
    """Why `second` is the rest of `first`, which came just before; None when it is not.

    numbered: both are marked as pieces of as many. cut: the first is as long as a piece may be and
    does not end a sentence before a new one. middle: the second begins in the middle of a sentence.
    """
    one, two = part_number(first), part_number(second)
    if one and two:
        return "numbered" if one[1] == two[1] and one[0] != two[0] else None
    if two and two[0] > 1:
        return "numbered"
    if normalise(second).partition(" ")[0] in KINDS:
        return None
    if _is_full(first) and not (_ENDED.search(first) and _begins_upper(second)):
        return "cut"
    if not _ENDED.search(first) and _begins_in_the_middle(first, second):
        return "middle"
    return None


def says_the_same(first: str, second: str) -> bool:
    """Whether two texts are the same but for spelling, blanks and marks.

    Every number must be the same: house 12 and house 13 are two complaints.
    """
    one, two = normalise(first), normalise(second)
    if min(len(one.split()), len(two.split())) < SHORTEST_REPEATED:
        return False
    if one == two:
        return True
    if _numbers(one) != _numbers(two):
        return False
    return likeness(trigrams(one), trigrams(two)) >= SAME


def _numbers(plain: str) -> list[str]:
    return sorted(word for word in plain.split() if any(c.isdigit() for c in word))


def _is_full(text: str) -> bool:
    """Whether the text fills an SMS, or the last of its pieces, to within one word."""
    wide = any(ord(character) > 0xFF for character in text)
    part, of_many = (WIDE_PART, WIDE_PART_OF_MANY) if wide else (PART, PART_OF_MANY)
    length = len(text)
    if length <= part:
        return length >= of_many - LONGEST_WORD
    return (length - 1) % of_many + 1 >= of_many - LONGEST_WORD


def _begins_upper(text: str) -> bool:
    letter = _LETTER.search(text)
    return letter is not None and letter.group().isupper()


def _begins_in_the_middle(first: str, second: str) -> bool:
    """A small letter says so of somebody who begins with a capital, a "na" of anybody."""
    letter = _LETTER.search(second)
    if letter is None:
        return False
    small = letter.group().islower() and _begins_upper(first) and not first.isupper()
    return small or normalise(second).partition(" ")[0] in GOES_ON
