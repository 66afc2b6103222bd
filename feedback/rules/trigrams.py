"""Which known word a misspelt one is: found by groups of three letters, told by its distance.

Kept in memory: the names of all institutions and places are some 1,200 words, and one look-up takes
a tenth of a millisecond. docs/decisions/0021-words-of-citizens.md has the measure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

LONG = 9
"""Letters from which on two mistakes are forgiven instead of one."""
ALIKE = 0.4
"""How alike the groups must be for the distance to be looked at."""
APART = 0.05
"""Two words that are as near as each other, to so much, are told apart by nothing."""

SOUNDS = (("dh", "z"), ("th", "s"), ("sh", "s"), ("gh", "g"), ("ph", "f"), ("r", "l"))
"""Letters that many write for each other."""


def trigrams(word: str) -> Counter[str]:
    """The groups of three letters of a word; two blanks before it weigh its beginning."""
    padded = f"  {word} "
    return Counter(padded[i : i + 3] for i in range(len(padded) - 2))


def likeness(first: Counter[str], second: Counter[str]) -> float:
    """From 0 for nothing in common to 1 for the same groups (Dice's coefficient)."""
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def distance(first: str, second: str) -> int:
    """How many letters are wrong, missing, too many or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row = [i]
        for j, other in enumerate(second, 1):
            steps = min(row[-1] + 1, last[j] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and other == first[i - 2]:
                steps = min(steps, before[j - 2] + 1)
            row.append(steps)
        before, last = last, row
    return last[-1]


class Trigrams:
    """Known words, to be found by what somebody wrote for them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._known = frozenset(words)
        # By first letter, which people get right, and length: what can be near at all.
        self._near: dict[tuple[str, int], list[tuple[str, Counter[str]]]] = {}
        for word in sorted(self._known):
            self._near.setdefault((word[0], len(word)), []).append((word, trigrams(word)))

    def __contains__(self, word: object) -> bool:
        return word in self._known

    def meant(self, word: str) -> str | None:
        """The one known word, with the same first letter, that is near enough; else None."""
        asked = trigrams(word)
        forgiven = 2 if len(word) >= LONG else 1
        found: list[tuple[int, float, str]] = []
        for length in range(len(word) - forgiven, len(word) + forgiven + 1):
            for known, groups in self._near.get((word[0], length), ()):
                alike = likeness(asked, groups)
                if alike < ALIKE:
                    continue
                wrong = min(distance(word, known), distance(_sounds(word), _sounds(known)))
                if wrong <= forgiven:
                    found.append((wrong, -alike, known))
        found.sort()
        if len(found) > 1 and found[0][0] == found[1][0] and found[1][1] - found[0][1] < APART:
            return None
        return found[0][2] if found else None


def _sounds(word: str) -> str:
    for written, heard in SOUNDS:
        word = word.replace(written, heard)
    return word
