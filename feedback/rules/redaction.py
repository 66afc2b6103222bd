"""Covering passages of what a citizen wrote: nothing is added, nothing is put in other words."""

import re

COVERED = "[imefichwa]"
"""What stands in place of covered words, whatever the language of the rest."""
TYPED = re.compile(r"\[(?:\.\.\.|…|imefichwa)\]", re.IGNORECASE)
"""What an officer may type for a covered passage."""


class NotCovered(ValueError):
    """The text is no covered form of the original. code: changed (it differs by more than covered
    passages), nothing (no passage is covered that was not before) or missing (the passage does not
    stand in the words)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def covered(original: str, edited: str) -> str:
    """The edited text with one kind of mark, if it is the original with passages taken out.

    Ends of lines may differ in kind, and blanks at both ends of the text. A mark that the original
    has already stays one. Raises NotCovered: changed, nothing.
    """
    before, after = _plain(original), _plain(TYPED.sub(COVERED, edited))
    if after == before:
        raise NotCovered("nothing")
    kept = after.split(COVERED)
    if len(kept) == 1 or not _is_left(before, kept):
        raise NotCovered("changed")
    return after


def cover_passage(original: str, passage: str) -> str:
    """The original with a passage covered wherever it stands, in capitals or not. Raises
    NotCovered: missing."""
    wanted = re.escape(_plain(passage))
    after, times = re.subn(wanted, COVERED, _plain(original), flags=re.IGNORECASE)
    if not wanted or not times:
        raise NotCovered("missing")
    return after


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _is_left(before: str, kept: list[str]) -> bool:
    """Whether the pieces stand in `before` in this order, the first at its beginning and the last
    at its end, with something between each two and the next."""
    first, last = kept[0], kept[-1]
    if not before.startswith(first):
        return False
    at = len(first)
    for piece in kept[1:-1]:
        found = before.find(piece, at + 1)
        if found < 0:
            return False
        at = found + len(piece)
    return before.endswith(last) and len(before) - len(last) > at
