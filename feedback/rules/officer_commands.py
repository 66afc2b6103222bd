"""What an officer's SMS asks for: a verb, the PIN, a reference, words.

    ORODHA 482915                      LIST
    POKEA 482915 7K2M-9QXA             ACKNOWLEDGE
    ULIZA 482915 7K2M-9QXA maneno      ASK
    JIBU 482915 7K2M-9QXA maneno       ANSWER
    REJESHA 482915 7K2M-9QXA sababu    REASSIGN

An officer may also write as a citizen from the same phone. Many of these verbs begin an ordinary
sentence, so a text is a command only where a PIN, or a reference, follows the verb; a text that
holds what may be a mistyped PIN before a reference is one too, lest a PIN end up among the words
of a citizen's case. Whose text it is, is not known here: the caller asks for officers' phones only.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from feedback.rules.reference import locate_references, parse_reference
from feedback.rules.routing import normalise

PIN_LENGTH = 6


class Verb(StrEnum):
    """What is to be done."""

    LIST = "list"
    ACKNOWLEDGE = "acknowledge"
    ASK = "ask"
    ANSWER = "answer"
    REASSIGN = "reassign"


VERBS: dict[str, tuple[Verb, str]] = {
    **dict.fromkeys(("orodha",), (Verb.LIST, "sw")),
    **dict.fromkeys(("pokea",), (Verb.ACKNOWLEDGE, "sw")),
    **dict.fromkeys(("uliza",), (Verb.ASK, "sw")),
    **dict.fromkeys(("jibu",), (Verb.ANSWER, "sw")),
    **dict.fromkeys(("rejesha", "omba"), (Verb.REASSIGN, "sw")),
    **dict.fromkeys(("list",), (Verb.LIST, "en")),
    **dict.fromkeys(("acknowledge", "ack"), (Verb.ACKNOWLEDGE, "en")),
    **dict.fromkeys(("ask",), (Verb.ASK, "en")),
    **dict.fromkeys(("answer",), (Verb.ANSWER, "en")),
    **dict.fromkeys(("reassign", "return"), (Verb.REASSIGN, "en")),
}
"""Leading words of a command, with the language in which it is answered."""

_WORD = re.compile(r"\s*[\"'(]*([^\W\d_]+)[\s:.,;-]*")
_NUMBER = re.compile(r"(\d+)(?![\w-])[\s:.,;]*")
_NUMBERS = re.compile(rf"(?:{_NUMBER.pattern})+")
_SPACED = re.compile(r"[\d\s.,:;-]*\d[\d\s.,:;-]*")
_AS_A_REFERENCE = re.compile(r"(?=[\w\s-]{0,9}\d)(?=[\w-]*\w{4}[\s-]?\w{4}\b)\S")
_BEHIND = re.compile(r"^[\s:.,;-]+")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as understood. `pin` is what stood in its place, None where nothing did.

    `reference` is canonical, None where none, or none that can be, was given. `words` are as the
    officer wrote them. `without_pin` is the text as it may be kept.
    """

    verb: Verb
    language: str
    pin: str | None
    reference: str | None
    words: str
    without_pin: str


def parse(text: str) -> Command | None:
    """The command that `text` is; None for a citizen's text. Never raises."""
    verb = _verb(text)
    if verb is None:
        return None
    name, language, start = verb
    pin, rest = _pin(name, text[start:])
    reference, words = _reference(rest, strict=pin is None)
    if pin is None and reference is None and (name is not Verb.LIST or rest.strip()):
        return None
    if name is Verb.LIST and pin is None and reference is not None:
        return None
    return Command(name, language, pin, reference, words, f"{text[:start].strip()} {rest}")


def proven(text: str) -> Command | None:
    """A command whose PIN was checked and taken out (`without_pin`)."""
    verb = _verb(text)
    if verb is None:
        return None
    name, language, start = verb
    reference, words = _reference(text[start:], strict=False)
    return Command(name, language, None, reference, words, text)


def _verb(text: str) -> tuple[Verb, str, int] | None:
    word = _WORD.match(text)
    found = VERBS.get(normalise(word[1])) if word else None
    return (*found, word.end()) if found and word else None


def _pin(verb: Verb, rest: str) -> tuple[str | None, str]:
    """The PIN with which the text begins, and what follows it."""
    for start, _, _ in locate_references(rest)[:1]:
        if start and _SPACED.fullmatch(rest[:start]):
            return _digits(rest[:start]), rest[start:]
    first, several = _NUMBER.match(rest), _NUMBERS.match(rest)
    if first is None or several is None:
        return None, rest
    if len(first[1]) == PIN_LENGTH:
        return first[1], rest[first.end() :]
    behind = rest[several.end() :]
    return (_digits(several[0]), behind) if _may_be_a_pin(verb, behind) else (None, rest)


def _digits(text: str) -> str:
    """A number as it was written, in one piece or several: "482 915"."""
    return "".join(filter(str.isdecimal, text))


def _may_be_a_pin(verb: Verb, rest: str) -> bool:
    """Whether digits of another length were meant as the PIN: nothing, or a reference, follows."""
    if verb is Verb.LIST:
        return not rest.strip()
    return _reference(rest, strict=True)[0] is not None or _AS_A_REFERENCE.match(rest) is not None


def _reference(rest: str, *, strict: bool) -> tuple[str | None, str]:
    """The reference with which the text begins and the words behind it, to the last character.

    strict: two ordinary words whose check happens to agree are none.
    """
    for start, end, reference in locate_references(rest)[:1]:
        if not rest[:start].strip():
            return reference, _BEHIND.sub("", rest[end:])
    # In small letters, or cut where nobody else would: the first one or two words.
    for words in (re.match(r"\S+", rest), re.match(r"\S+\s+\S+", rest)):
        read = parse_reference(words[0]) if words else None
        if words and read is not None and (not strict or re.search(r"\d", words[0])):
            return read, _BEHIND.sub("", rest[words.end() :])
    return None, rest
