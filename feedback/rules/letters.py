"""Official letters: their numbers, their tokens, when one is a copy; and what a citizen's letter on
paper does to the ladder of its case."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from datetime import date, datetime, timedelta

from feedback.rules.reference import ALPHABET

ORIGINAL_FOR = timedelta(minutes=30)
"""So long after it was issued a letter is given out as the original: a printer may jam."""
TOKEN = 26
"""Characters of the token in a QR code: 130 bits."""
ASKS = ("answer", "explain", "both")
"""What an official may ask for: an answer to the citizen, an explanation of the delay, both."""
ASKED_WITHIN = 90
"""Calendar days within which what is asked for must be due."""
OLDEST = 366
"""Calendar days: a citizen's letter older than that is no letter about the present state."""


def number(institution: str, year: int, count: int) -> str:
    """The number of a letter as it stands on it (Kumb. Na.)."""
    return f"EM/{institution}/{year}/{count}"


def token(key: bytes, *parts: str) -> str:
    """What proves a letter genuine: a keyed hash of what identifies it, in Crockford's letters.

    Raises ValueError for an empty key.
    """
    if not key:
        raise ValueError("the key is empty")
    content = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    value = int.from_bytes(hmac.digest(key, content, "sha256"), "big")
    found = []
    for _each in range(TOKEN):
        value, rest = divmod(value, 32)
        found.append(ALPHABET[rest])
    return "".join(found)


def token_hash(typed: str) -> bytes:
    """By what a letter is found: the token itself is kept nowhere."""
    return hashlib.sha256(typed.encode()).digest()


def same(right: str, typed: str) -> bool:
    """Whether a token is the right one, in the same time whatever was typed."""
    return hmac.compare_digest(right.encode(), typed.encode())


def is_copy(issued_at: datetime, now: datetime, *, by_day: bool = False) -> bool:
    """Whether it is marked as a copy now. `by_day`: of its issue the day alone is kept, whose hours
    count then."""
    return now - issued_at > (timedelta(days=1) if by_day else ORIGINAL_FOR)


def ask_problem(due_on: date, today: date) -> str:
    """What is wrong with the day by which an official asks for something; '' where nothing is."""
    if due_on <= today:
        return "past"
    return "far" if due_on - today > timedelta(days=ASKED_WITHIN) else ""


def days_problem(written_on: date, received_on: date, today: date) -> tuple[str, str]:
    """Which field of a citizen's letter is wrong and why: ('', '') where nothing is."""
    if received_on > today:
        return "received_on", "future"
    if today - received_on > timedelta(days=OLDEST):
        return "received_on", "too-old"
    if written_on > received_on:
        return "written_on", "after"
    if received_on - written_on > timedelta(days=OLDEST):
        return "written_on", "too-old"
    return "", ""


def outcome(
    *, is_open: bool, own: bool, rung: int | None, top: int, climbed: Collection[int]
) -> str:
    """What a citizen's letter that arrived at a high office does to its case.

    `rung`: where the office stands on the ladder of the case, `top`: where that ends for it,
    `climbed`: the rungs of the present cycle. climbed: the case goes to that rung at once, and
    those below are passed over. Else it is only logged: ended (nothing drives the case), own (the
    office is the one that has the case: letters to it are its daily post), none (no rung of this
    ladder), beyond (above the case's top), used (reached already), below (the case stands higher).
    """
    if not is_open:
        return "ended"
    if own:
        return "own"
    if rung is None:
        return "none"
    if rung > top:
        return "beyond"
    if rung in climbed:
        return "used"
    return "below" if climbed and rung < max(climbed) else "climbed"
