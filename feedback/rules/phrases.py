"""What a citizen's SMS asks for, in Swahili or English.

Everything that is no clear request is a case to lodge: nobody has to know a keyword. The words
themselves are never altered. A command that is also the beginning of a sentence ("Hali ya
barabara ni mbaya", "Msaada wa kisheria ...") only counts as a command when a reference, or
nothing, follows. Where no reference is given the caller looks for the number's own case.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from feedback.rules import verdicts
from feedback.rules.commands import (
    ABOUT_ANSWER,
    ADDITIONS,
    ALONE,
    ANONYMOUS,
    CHOICE_WORDS,
    COMMANDS,
    COURTESIES,
    GREETINGS,
    INSTITUTION_WORDS,
    KINDS,
    LANGUAGE_WORDS,
    LANGUAGES,
    LONGEST_ANSWER,
    LONGEST_COMMAND,
    LONGEST_KIND,
    POLITE,
    SECRET,
    VERIFYING,
    Intent,
)
from feedback.rules.proof import PIN_LENGTH
from feedback.rules.reference import (
    PROOF_LENGTH,
    RECEIPT_LENGTH,
    locate_references,
    parse_proof_code,
    parse_receipt_code,
    parse_reference,
)
from feedback.rules.routing import normalise
from feedback.rules.verdicts import Verdict
from feedback.rules.words import ENGLISH, SWAHILI


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text as understood. `body` is the text as written, to the last character.

    `reference` is canonical. `kind` is set for LODGE: complaint, suggestion, compliment, enquiry.
    `secret` asks for confidentiality, `anonymous` that the office is not told who writes.
    `worded`: there are words for the office beside the request and the reference.
    `alone`: nothing but a reference, as one answers "which case?". `marked`: the text itself says
    that it is something new. `chosen`: the language asked for. `verdict`: what the text says of an
    answer, which of another intent counts only where an answer waits for it. `codes`: of VERIFY a
    proof code and what is given with it, of PROVE a receipt code.
    """

    intent: Intent
    reference: str | None
    kind: str | None
    body: str
    language: str
    anonymous: bool
    secret: bool = False
    worded: bool = True
    alone: bool = False
    marked: bool = False
    chosen: str | None = None
    verdict: Verdict | None = None
    codes: tuple[str, ...] = ()


ASKED = "?"
"""In place of a language: which one is to be asked."""

JUDGING = frozenset({Intent.SATISFIED, Intent.NOT_FIXED, Intent.LODGE, Intent.ADD})
"""Intents of texts that may be a verdict on an answer."""
LONGEST_CHECK = PROOF_LENGTH + RECEIPT_LENGTH + 1
"""Letters and digits of a proof code and what is given with it, with one too many."""

_WORD = re.compile(r"[^\W_]+")


def parse(text: str, names_institution: Callable[[str], bool] | None = None) -> Parsed:
    """What `text` asks for; never raises, whatever was written.

    `names_institution` tells whether a text is nothing but an institution's name (see
    `routing.names_only`): without it only a leading TAASISI marks the answer to that question.
    """
    codes = _verifying(text)
    if codes is not None:
        spoken = "en" if normalise(text).startswith("verify") else "sw"
        return Parsed(Intent.VERIFY, None, None, text, spoken, False, codes=codes)
    kind, secret, start = _leading(text)
    rest = text[start:]
    mentioned, behind = _opening_reference(rest)
    _, also_secret, start = _leading(behind)
    secret = secret or also_secret
    language = _language_asked(text)
    intent, reference = (
        _without_request(text)
        or ((Intent.LANGUAGE, None) if language else None)
        or _hidden(rest)
        or _command(rest, None)
        or _command(behind[start:], mentioned)
        or _message(text, rest)
        or (_lodging(text, names_institution), None)
    )
    if intent is Intent.LODGE and secret and not kind and not normalise(rest):
        intent = Intent.ADD
    chosen = language if language != ASKED else None
    return Parsed(
        intent=intent,
        reference=reference,
        kind=(kind or "complaint") if intent is Intent.LODGE else None,
        body=text,
        language=chosen or _language(text),
        anonymous=any(f" {phrase} " in f" {normalise(text)} " for phrase in ANONYMOUS),
        secret=secret,
        worded=bool(set(_beside_references(rest)) - CHOICE_WORDS - POLITE - SECRET),
        alone=intent is Intent.STATUS and reference is not None and _chooses(text) is not None,
        marked=kind is not None,
        chosen=chosen,
        verdict=_verdict(text, intent) if not kind else None,
        codes=_receipt_code(text) if intent is Intent.PROVE else (),
    )


def _verdict(text: str, intent: Intent) -> Verdict | None:
    """What the text says of an answer, if it may be meant so."""
    if intent not in JUDGING:
        return None
    said = verdicts.read(text)
    hard = intent in (Intent.SATISFIED, Intent.NOT_FIXED)
    return Verdict(intent, None, "") if hard and said is None else said


def _verifying(text: str) -> tuple[str, ...] | None:
    """What an office gives to check a proof: the code, and the PIN or receipt code. None where the
    text asks for no such thing; so tolerant that a mistyped code is told to be wrong."""
    end = _end_of_words(text, 1)
    if normalise(text[:end]) not in VERIFYING:
        return None
    tokens = [each for each in _WORD.findall(text[end:]) if each.lower() != "pin"]
    given = "".join(tokens)
    grouped = all(each.isdigit() or len(each) in (3, 4, 8, 11, PROOF_LENGTH) for each in tokens)
    digits = sum(each.isdigit() for each in given)
    if len(tokens) <= PROOF_LENGTH // 4 and parse_proof_code(given) is not None:
        return given, ""  # the PIN was forgotten: that is told, and is no complaint
    if not grouped or digits < PIN_LENGTH - 1 or not PROOF_LENGTH <= len(given) <= LONGEST_CHECK:
        return None
    return given[:PROOF_LENGTH], given[PROOF_LENGTH:]


def _receipt_code(text: str) -> tuple[str, ...]:
    """The receipt code that stands behind a reference."""
    for _, end, _ in locate_references(text)[:1]:
        code = parse_receipt_code(text[end:])
        return (code,) if code else ()
    return ()


def _language_asked(text: str) -> str | None:
    """The language named, ASKED where only the choice of one is asked for, else None."""
    words = [word for word in normalise(text).split() if word not in POLITE]
    if not 1 <= len(words) <= 3:
        return None
    named = {LANGUAGES[word] for word in words if word in LANGUAGES}
    beside = {word for word in words if word not in LANGUAGES}
    if not beside <= LANGUAGE_WORDS or len(named) > 1:
        return None
    if named:
        return named.pop()
    return ASKED if beside & {"lugha", "language", "luga"} else None


def _hidden(text: str) -> tuple[Intent, str | None] | None:
    """A wish not to be named, for a case that stands."""
    words = _beside_references(text)
    while words and words[-1] in POLITE:
        words = words[:-1]
    if " ".join(words) not in ANONYMOUS:
        return None
    spans = locate_references(text)
    return Intent.ANONYMOUS, spans[0][2] if spans else None


def _beside_references(text: str) -> list[str]:
    """The words of the text without the references in it."""
    for start, end, _ in reversed(locate_references(text)):
        text = f"{text[:start]} {text[end:]}"
    return normalise(text).split()


def _chooses(text: str) -> str | None:
    """The reference when the text is nothing else, a word like "jibu" or "kumbukumbu" apart."""
    alone = parse_reference(text)
    if alone is not None:
        return alone
    spans = locate_references(text)
    if len(spans) != 1:
        return None
    start, end, reference = spans[0]
    beside = normalise(f"{text[:start]} {text[end:]}").split()
    return reference if set(beside) <= CHOICE_WORDS else None


def _without_request(text: str) -> tuple[Intent, str | None] | None:
    plain = normalise(text)
    if not plain or plain in COURTESIES:
        return Intent.EMPTY, None
    return (Intent.HELP, None) if plain in GREETINGS else None


def _message(text: str, rest: str) -> tuple[Intent, str | None] | None:
    """Words for the case that they mention; a reference alone asks how the case stands."""
    chosen = _chooses(text)
    if chosen is not None:
        return Intent.STATUS, chosen
    found = locate_references(rest) or locate_references(text)
    return (Intent.ADD, found[0][2]) if found else None


def _lodging(text: str, names_institution: Callable[[str], bool] | None) -> Intent:
    words = normalise(text).split()
    if len(words) > 1 and words[0] in ADDITIONS:
        return Intent.ADD
    answers = 2 <= len(words) <= LONGEST_ANSWER and words[0] in INSTITUTION_WORDS
    if answers or (names_institution is not None and names_institution(text)):
        return Intent.INSTITUTION
    return Intent.LODGE


def _command(rest: str, mentioned: str | None) -> tuple[Intent, str | None] | None:
    """The command with which `rest` begins, when what follows bears it out.

    `mentioned` is a reference that stood before the command.
    """
    for count in range(LONGEST_COMMAND, 0, -1):
        end = _end_of_words(rest, count)
        intent = COMMANDS.get(normalise(rest[:end]))
        if intent is not None:
            found = _borne_out(intent, rest[end:], mentioned)
            if found is not None:
                return found
    return None


def _borne_out(
    intent: Intent, argument: str, mentioned: str | None
) -> tuple[Intent, str | None] | None:
    plain = normalise(argument)
    reference = mentioned or _reference_in(argument)
    if intent in ALONE:
        if reference is not None:
            return Intent.ADD, reference
        return (intent, None) if plain in POLITE else None
    alone = plain in POLITE or (intent is Intent.NOT_FIXED and plain in ABOUT_ANSWER)
    if reference is not None or alone or _looks_like_reference(argument):
        return intent, reference
    return None


def _leading(text: str) -> tuple[str | None, bool, int]:
    """The kind and secrecy that the first words set, and where the words after them begin.

    One phrase for each, in either order.
    """
    kind: str | None = None
    secret = False
    start = 0
    while True:
        named = _kind_at(text, start) if kind is None else None
        end = start + _end_of_words(text[start:], 1)
        if named is not None:
            kind, start = named
        elif not secret and normalise(text[start:end]) in SECRET:
            secret, start = True, end
        else:
            return kind, secret, start


def _kind_at(text: str, start: int) -> tuple[str, int] | None:
    """The kind that the words from `start` on name, by the longest phrase, and where it ends."""
    for count in range(LONGEST_KIND, 0, -1):
        end = start + _end_of_words(text[start:], count)
        kind = KINDS.get(normalise(text[start:end]))
        if kind is not None:
            return kind, end
    return None


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
