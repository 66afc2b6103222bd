"""The shape of a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """A text as sentences; one whose optional value is missing is left out.

    With `words`, an office's words stand between `parts` and `after`; where they do not fit,
    their beginning does, and `pointer` says where the whole stands.
    """

    parts: tuple[str, ...]
    after: str = ""
    pointer: str = ""
