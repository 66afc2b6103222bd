"""A citizen's verdict on an answer, as an SMS gives it: satisfied, with rating and word, or not.

    SAWA 5 asante sana          OK 4 they came late
    NIMERIDHIKA 7K2M-9QXA 5     BADO maji hayatoki
    SIJARIDHIKA kwa sababu ...

Such words begin other sentences too ("Bado hatujapata maji"), so a verdict without a reference
counts only where an answer of the same phone waits for one; else the text is what it was before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from feedback.rules.commands import ABOUT_ANSWER, COMMANDS, LONGEST_COMMAND, POLITE, Intent
from feedback.rules.reference import locate_references
from feedback.rules.routing import normalise

AGREEING = frozenset({"sawa", "ok", "okay", "poa", "sawa sawa", "sawasawa"})
"""A verdict only with a rating behind them: alone they are a courtesy."""
DENYING = frozenset({"bado", "still", "bado tatizo"})
COMMON = frozenset({"fixed", "it is fixed", "resolved", "solved", "satisfied"})
"""Commands that begin too many other sentences in English to be one without a reference."""
_RATING = re.compile(
    r"[\s:.,;-]*(?:(?:alama|nyota|rating|stars?)[\s:]+)?([1-5])(?:\s?/\s?5)?(?!\s?/\s?\d|[^\W_])",
    re.IGNORECASE,
)
_OUT_OF_TEN = re.compile(r"[\s:.,;-]*(?:\d\s?/\s?10|10(?:\s?/\s?10)?|[06-9])\W*")
"""A mark on another scale than ours, and nothing else: satisfied, with no rating. It must not
become a new case."""
_WORD = re.compile(r"[^\W_]+")
_AROUND = " \t\r\n:.,;-/"


@dataclass(frozen=True, slots=True)
class Verdict:
    """SATISFIED or NOT_FIXED, the rating from 1 to 5 where one was given, and what the citizen says
    with it, as written."""

    intent: Intent
    rating: int | None
    remark: str

    @property
    def bare(self) -> bool:
        """Nothing is said with it but a courtesy."""
        said = normalise(self.remark)
        return said in ABOUT_ANSWER or not set(said.split()) - POLITE


def read(text: str) -> Verdict | None:
    """The verdict with which a text begins, its references set aside; None where it has none."""
    for start, end, _ in reversed(locate_references(text)):
        text = f"{text[:start]} {text[end:]}"
    ends = [word.end() for word in islice(_WORD.finditer(text), LONGEST_COMMAND)]
    for end in reversed(ends):
        phrase = normalise(text[:end])
        found = _RATING.match(text, end)
        rating = int(found[1]) if found else None
        behind = found.end() if found else end
        if phrase in AGREEING and rating is not None:
            return Verdict(Intent.SATISFIED, rating, text[behind:].strip(_AROUND))
        if phrase in AGREEING and _OUT_OF_TEN.fullmatch(text, end):
            return Verdict(Intent.SATISFIED, None, "")
        command = COMMANDS.get(phrase)
        if command is Intent.SATISFIED and (phrase not in COMMON or rating is not None):
            return Verdict(Intent.SATISFIED, rating, text[behind:].strip(_AROUND))
        if command is Intent.NOT_FIXED or phrase in DENYING:
            return Verdict(Intent.NOT_FIXED, None, text[end:].strip(_AROUND))
    return None
