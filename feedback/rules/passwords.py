"""What a password must be: long, not common, not the officer's own name.

Nearly no list holds common passwords of twelve letters and more, because few sites asked for so
many. What people do when asked is known: a common word with digits and signs around it, a word
twice, keys in a row. So a password is brought back to the word behind it before the list is asked.
"""

import re
import unicodedata

SHORTEST = 12
LONGEST = 128
"""Hashing is slow on purpose: a password of megabytes would be an attack."""

_LEET = str.maketrans("013457@$!", "oieastasi")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890", "abcdefghijklmnopqrstuvwxyz")
_RUN = 4
"""Keys that follow each other count as one from this many on."""
_LEFT_OVER = 5
"""Letters beside common words that make a password one's own."""


def weakness(password: str, username: str, common: frozenset[str]) -> str | None:
    """Why a password is not taken: short, long, common, name; None when it is."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    squeezed = re.sub(r"[\W_]+", "", plain)
    if any(name in squeezed for name in _names(username)):
        return "name"
    return "common" if _is_common(plain, common) else None


def _is_common(plain: str, common: frozenset[str]) -> bool:
    """Whether it is a word or two of the list, keys in a row, digits and repetitions."""
    return len(set(plain)) < 5 or any(_is_worn(form, common) for form in _forms(plain))


def _forms(plain: str) -> set[str]:
    """The letters of it as typed, and with digits and signs read as the letters they replace."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    return {re.sub(r"[\W\d_]+", "", text) for text in (plain, core.translate(_LEET))}


def _is_worn(letters: str, common: frozenset[str]) -> bool:
    """Whether at most two different common words, and few letters beside them, are all of it."""
    position, own, words = 0, "", set()
    while position < len(letters):
        word = _common_at(letters, position, common)
        if word:
            words.add(letters[position : position + word])
        taken = word or _run_at(letters, position)
        own += "" if taken else letters[position]
        position += taken or 1
    half = len(own) // 2
    if half and own == own[:half] * 2:
        own = own[:half]
    return len(own) < _LEFT_OVER and len(words) <= 2


def _common_at(letters: str, start: int, common: frozenset[str]) -> int:
    """The length of the longest common word that begins there, of four letters at least."""
    for end in range(len(letters), start + 3, -1):
        if letters[start:end] in common:
            return end - start
    return 0


def _run_at(letters: str, start: int) -> int:
    """How many keys in a row, or equal ones, begin there; 0 below four."""
    longest = 0
    for row in (*_ROWS, *(row[::-1] for row in _ROWS), letters[start] * len(letters)):
        length = 0
        while start + length < len(letters) and letters[start : start + length + 1] in row:
            length += 1
        longest = max(longest, length)
    return longest if longest >= _RUN else 0


def _names(username: str) -> set[str]:
    """The user name as one word, and its parts of four letters and more."""
    parts = re.split(r"[\W\d_]+", username.casefold())
    return {part for part in (*parts, "".join(parts)) if len(part) >= 4}
