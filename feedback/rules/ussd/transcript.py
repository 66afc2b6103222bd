"""What is new in a callback.

The gateway sends everything that was put in so far, joined by `*`, which a citizen may type too.
So the new part is what stands behind a transcript that was answered before. Transcripts are known
again by their length and a hash: what was typed is not kept twice.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from feedback.rules.ussd.state import Seen

MOST_KEPT = 60
"""Transcripts that are known again; a session of more steps has long timed out."""


def new_input(text: str, seen: Seen) -> tuple[str | None, Seen]:
    """The input that no screen has answered yet, and what is to be remembered now.

    None: there is none, the screen stays. So it is for an exact repeat of any earlier callback,
    for a transcript that was cut short, and for one that extends nothing: an input counts only
    where it follows the transcript that the present screen was the answer to.
    """
    mark = _mark(text)
    if mark in seen.answered:
        return None, replace(seen, last=mark)
    longest = seen.answered[-1] if seen.answered else None
    for before in (longest, seen.last):
        if before is not None and _extends(text, before):
            return _rest(text, before[0]), _with(seen, mark)
    if longest is None:
        return (text or None), _with(seen, mark)
    return None, replace(seen, last=mark)


def _mark(text: str) -> tuple[int, str]:
    return len(text), sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _extends(text: str, before: tuple[int, str]) -> bool:
    length = before[0]
    if len(text) <= length or (length and text[length] != "*"):
        return False
    return _mark(text[:length]) == before


def _rest(text: str, length: int) -> str:
    return text[length + 1 :] if length else text


def _with(seen: Seen, mark: tuple[int, str]) -> Seen:
    return Seen((*seen.answered, mark)[-MOST_KEPT:], mark)
