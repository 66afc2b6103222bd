"""The shape of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A text as sentences; one whose optional value is missing is left out.

    With `words`, an office's words stand between `parts` and `after`; where they do not fit,
    their beginning does, and `pointer` says where the whole stands.
    """

    parts: tuple[str, ...]
    after: str = ""
    pointer: str = ""

    @property
    def needed(self) -> frozenset[str]:
        """Values that the text cannot do without; `after` may be left out, and with it what only
        stands there."""
        return placeholders(*self.parts, self.pointer)

    @property
    def used(self) -> frozenset[str]:
        """All values that the text fills in."""
        return placeholders(*self.parts, self.after, self.pointer)


def placeholders(*said: str) -> frozenset[str]:
    """The names that are filled in."""
    return frozenset(name for each in said for name in PLACEHOLDER.findall(each))
