"""What a citizen's SMS asks for, in Swahili or English.

Everything that is no clear request is a case to lodge: nobody has to know a keyword. The words
themselves are never altered. A command that is also the beginning of a sentence ("Hali ya
barabara ni mbaya", "Msaada wa kisheria ...") only counts as a command when a reference, or
nothing, follows. Where no reference is given the caller looks for the number's own case.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from feedback.rules.reference import locate_references, parse_reference
from feedback.rules.routing import normalise
from feedback.rules.words import ENGLISH, SWAHILI


class Intent(StrEnum):
    """What the text asks for. EMPTY: no words, or a mere courtesy."""

    LODGE = "lodge"
    STATUS = "status"
    RECEIPT_CODE = "receipt_code"
    HELP = "help"
    SATISFIED = "satisfied"
    NOT_FIXED = "not_fixed"
    ADD = "add"
    INSTITUTION = "institution"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text as understood. `body` is the text as written, to the last character.

    `reference` is canonical. `kind` is set for LODGE: complaint, suggestion, compliment, enquiry.
    `secret` asks for confidentiality, `anonymous` that the office is not told who writes.
    """

    intent: Intent
    reference: str | None
    kind: str | None
    body: str
    language: str
    anonymous: bool
    secret: bool = False


COMMANDS: dict[str, Intent] = {
    **dict.fromkeys(("hali", "status", "fuatilia", "track"), Intent.STATUS),
    **dict.fromkeys(("msimbo", "code"), Intent.RECEIPT_CODE),
    **dict.fromkeys(("nimeridhika", "nimerizika", "satisfied"), Intent.SATISFIED),
    **dict.fromkeys(
        ("sijaridhika", "sijarizika", "sikuridhika", "not fixed", "not satisfied"), Intent.NOT_FIXED
    ),
    **dict.fromkeys(("msaada", "help", "usaidizi"), Intent.HELP),
}
"""Leading words of a command."""

KINDS: dict[str, str] = {
    **dict.fromkeys(
        ("malalamiko", "lalamiko", "malamiko", "kero", "taarifa", "tatizo", "shida"), "complaint"
    ),
    **dict.fromkeys(("complaint", "complaints", "complain", "report", "problem"), "complaint"),
    **dict.fromkeys(
        ("maoni", "pendekezo", "mapendekezo", "ushauri", "suggestion", "suggest"), "suggestion"
    ),
    **dict.fromkeys(("pongezi", "hongera", "compliment", "compliments", "praise"), "compliment"),
    **dict.fromkeys(
        ("ulizo", "maulizo", "swali", "maswali", "enquiry", "inquiry", "question", "ask"), "enquiry"
    ),
}
"""Leading words that set the kind; without one it is a complaint."""

SECRET = frozenset({"siri", "secret", "confidential"})
ANONYMOUS = (
    *("bila jina", "usitaje jina", "ficha jina", "msitaje jina", "jina langu lisitajwe"),
    *("jina lisitajwe", "sitaki kujulikana", "nisijulikane", "without name", "hide my name"),
    *("do not name me", "anonymous", "anonymously"),
)
INSTITUTION_WORDS = frozenset({"taasisi", "institution"})

POLITE = frozenset({"", "tafadhali", "please", "me", "naomba", "asante", "bado", "kabisa"})
"""What may follow a command that stands for itself."""
ABOUT_ANSWER = frozenset({"na jibu", "na majibu", "na jibu lenu", "na majibu yenu", "with answer"})
COURTESIES = frozenset(
    {
        *("asante", "ahsante", "asante sana", "ahsante sana", "asanteni", "asanteni sana"),
        *("shukrani", "shukran", "sawa", "sawa asante", "sawa ahsante", "poa"),
        *("ok", "okay", "thanks", "thank you", "thank you very much", "ok thanks"),
    }
)
GREETINGS = frozenset(
    {
        *("habari", "habari yako", "habari zenu", "hujambo", "jambo", "mambo", "salamu"),
        *("shikamoo", "hello", "hi", "good morning", "anza", "start"),
    }
)

LONGEST_ANSWER = 8
"""Words in the longest answer to "which institution?" that begins with TAASISI."""

_WORD = re.compile(r"[^\W_]+")


def parse(text: str, names_institution: Callable[[str], bool] | None = None) -> Parsed:
    """What `text` asks for; never raises, whatever was written.

    `names_institution` tells whether a text is nothing but an institution's name (see
    `routing.names_only`): without it only a leading TAASISI marks the answer to that question.
    """
    kind, secret, start = _leading(text)
    rest = text[start:]
    mentioned, behind = _opening_reference(rest)
    _, also_secret, start = _leading(behind)
    secret = secret or also_secret
    intent, reference = (
        _without_request(text)
        or _command(rest, None)
        or _command(behind[start:], mentioned)
        or _message(text, rest)
        or (_lodging(text, names_institution), None)
    )
    if intent is Intent.LODGE and secret and not kind and not normalise(rest):
        intent = Intent.ADD
    return Parsed(
        intent=intent,
        reference=reference,
        kind=(kind or "complaint") if intent is Intent.LODGE else None,
        body=text,
        language=_language(text),
        anonymous=any(f" {phrase} " in f" {normalise(text)} " for phrase in ANONYMOUS),
        secret=secret,
    )


def _without_request(text: str) -> tuple[Intent, str | None] | None:
    plain = normalise(text)
    if not plain or plain in COURTESIES:
        return Intent.EMPTY, None
    return (Intent.HELP, None) if plain in GREETINGS else None


def _message(text: str, rest: str) -> tuple[Intent, str | None] | None:
    """Words for the case that they mention; a reference alone asks how the case stands."""
    alone = parse_reference(text)
    if alone is not None:
        return Intent.STATUS, alone
    found = locate_references(rest) or locate_references(text)
    return (Intent.ADD, found[0][2]) if found else None


def _lodging(text: str, names_institution: Callable[[str], bool] | None) -> Intent:
    words = normalise(text).split()
    answers = 2 <= len(words) <= LONGEST_ANSWER and words[0] in INSTITUTION_WORDS
    if answers or (names_institution is not None and names_institution(text)):
        return Intent.INSTITUTION
    return Intent.LODGE


def _command(rest: str, mentioned: str | None) -> tuple[Intent, str | None] | None:
    """The command with which `rest` begins, when what follows bears it out.

    `mentioned` is a reference that stood before the command.
    """
    for count in (2, 1):
        end = _end_of_words(rest, count)
        intent = COMMANDS.get(normalise(rest[:end]))
        if intent is not None:
            return _borne_out(intent, rest[end:], mentioned)
    return None


def _borne_out(
    intent: Intent, argument: str, mentioned: str | None
) -> tuple[Intent, str | None] | None:
    plain = normalise(argument)
    if intent is Intent.HELP:
        return (intent, None) if plain in POLITE else None
    reference = mentioned or _reference_in(argument)
    alone = plain in POLITE or (intent is Intent.NOT_FIXED and plain in ABOUT_ANSWER)
    if reference is not None or alone or _looks_like_reference(argument):
        return intent, reference
    return None


def _leading(text: str) -> tuple[str | None, bool, int]:
    """The kind and secrecy that the first words set, and where the words after them begin.

    One word for each, in either order.
    """
    kind: str | None = None
    secret = False
    start = 0
    while True:
        word = _WORD.search(text, start)
        if word is None:
            return kind, secret, start
        plain = normalise(word.group())
        if plain in KINDS and kind is None:
            kind = KINDS[plain]
        elif plain in SECRET and not secret:
            secret = True
        else:
            return kind, secret, start
        start = word.end()


def _opening_reference(text: str) -> tuple[str | None, str]:
    """The reference with which the text opens and what follows it, else None and the text."""
    for start, end, reference in locate_references(text)[:1]:
        if not normalise(text[:start]):
            return reference, text[end:]
    return None, text


def _reference_in(argument: str) -> str | None:
    """The reference after a command: its first one or two words, read tolerantly, or any later."""
    for count in (1, 2):
        reference = parse_reference(argument[: _end_of_words(argument, count)].strip(" :.-"))
        if reference is not None:
            return reference
    for _, _, reference in locate_references(argument)[:1]:
        return reference
    return parse_reference(argument)


def _looks_like_reference(argument: str) -> bool:
    """Whether someone tried to write a reference and mistyped it."""
    squeezed = normalise(argument).replace(" ", "")
    return 6 <= len(squeezed) <= 10 and any(character.isdigit() for character in squeezed)


def _end_of_words(text: str, count: int) -> int:
    """Where the first `count` words of the text end."""
    ends = [word.end() for word, _ in zip(_WORD.finditer(text), range(count), strict=False)]
    return ends[-1] if ends else 0


def _language(text: str) -> str:
    words = normalise(text).split()
    english = sum(word in ENGLISH for word in words)
    swahili = sum(word in SWAHILI for word in words)
    return "en" if english > swahili else "sw"
