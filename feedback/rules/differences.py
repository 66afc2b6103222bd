"""What became of a text, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

_WORD = re.compile(r"\s+|[^\s]+")


def differences(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Stretches in order, each as (same, removed or added; its text)."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(old[a:b])
            continue
        if b > a:
            yield "removed", "".join(old[a:b])
        if d > c:
            yield "added", "".join(new[c:d])
