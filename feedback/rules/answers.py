"""What is odd about an answer before it is sent. It is told with its reason and blocks nothing.

Each rule is one that an officer can be told in a sentence. They look at words alone, so they are
wrong now and then: the officer decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from feedback.rules.reference import locate_references
from feedback.rules.routing import normalise
from feedback.rules.words import ENGLISH, SWAHILI

SHORTEST_WORDS, SHORTEST = 4, 20
"""An answer of fewer words or characters is hardly one."""
LEAST_SHOUTED = 15
"""Letters from which on capitals are noticed."""
LEAST_FOREIGN = 3
"""Words of the other language from which on it is noticed."""
LEAST_COMPARED = 3
"""Words that both sides must have before none in common is noticed."""
MOST_NAMED = 4
"""Words that a reason names."""

BLANK = re.compile(r"\{([^{}\n]{1,40})\}")
"""What a template leaves to be filled in."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What is odd, by code, and what in the words (or the citizen's) shows it."""

    code: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at: the words, the case's language, what the citizen wrote last, and first."""

    words: str
    language: str
    asked: str = ""
    first: str = ""


def fill(text: str, values: Mapping[str, str | None]) -> str:
    """The template with the values there are; what has none stays as it stands, in its braces."""
    return BLANK.sub(lambda found: values.get(found[1].strip()) or found[0], text)


def blanks(text: str) -> list[str]:
    """What is still to be filled in, each once."""
    return list(dict.fromkeys(found[0] for found in BLANK.finditer(text)))


def of_answer(look: Look) -> list[Remark]:
    """What is odd about an answer."""
    return _all(look, (_unfilled, _short, _shouted, _language, _promise, _question, _personal))


def of_question(look: Look) -> list[Remark]:
    """What is odd about a question to the citizen."""
    return _all(look, (_unfilled, _language, _personal))


def _all(look: Look, rules: Collection[Callable[[Look], Iterator[Remark]]]) -> list[Remark]:
    return [remark for rule in rules for remark in rule(look)]


def _unfilled(look: Look) -> Iterator[Remark]:
    left = blanks(look.words)
    if left:
        yield Remark("unfilled", ", ".join(left[:MOST_NAMED]))


def _short(look: Look) -> Iterator[Remark]:
    said = normalise(look.words)
    if len(said.split()) < SHORTEST_WORDS or len(said) < SHORTEST:
        yield Remark("short")


def _shouted(look: Look) -> Iterator[Remark]:
    letters = [c for c in look.words if c.isalpha()]
    if len(letters) >= LEAST_SHOUTED and sum(c.isupper() for c in letters) > 0.7 * len(letters):
        yield Remark("capitals")


# Language

_SW = SWAHILI | {
    *("tumefanya", "yako", "wako", "lako", "zako", "kuwa", "baada", "kabla", "tume", "pia", "ili"),
    *("tafadhali", "tarehe", "ofisi", "yetu", "namba", "ambapo", "ambayo", "hivyo", "tayari"),
}
_EN = ENGLISH | {
    *("your", "will", "be", "by", "at", "as", "it", "a", "an", "or", "if", "can", "has", "done"),
    *("office", "day", "date", "were", "been", "which", "thank", "after", "before", "dear"),
}


def _language(look: Look) -> Iterator[Remark]:
    words = normalise(look.words).split()
    counted = {"sw": [w for w in words if w in _SW], "en": [w for w in words if w in _EN]}
    own = counted.pop(look.language, [])
    ((other, foreign),) = counted.items()
    if len(foreign) >= LEAST_FOREIGN and len(foreign) > 2 * len(own):
        yield Remark(f"language_{other}", _named(foreign))


# A promise without a day

_PROMISES = re.compile(
    r"""\b(
      (tuta|nita)(?!r[ae]tibu)[a-z]{3,}
    | (ita|lita|zita|yata|vita|kita|wata|uta)[a-z]{3,}wa
    | (tuna|una|ina|lina|zina|yana|vina)shughulik(ia|iwa)
    | hivi\ karibuni | muda\ si\ mrefu | (haraka|mapema)\ iwezekanavyo | mbioni | siku\ za\ usoni
    | (will|shall)(?!\ not\b)(\ be)?\ [a-z]+ | [a-z]+'ll\ [a-z]+ | (is|are|am)\ going\ to
    | soon | shortly | in\ due\ course | in\ the\ near\ future
    | (being|be)\ (looked\ into|worked\ on|attended\ to|dealt\ with)
    | working\ on\ it
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_MONTHS = (
    "januari|februari|machi|aprili|mei|juni|julai|agosti|septemba|oktoba|novemba|desemba"
    "|january|february|march|april|may|june|july|august|september|october|november|december"
)
_DAY = re.compile(
    rf"""\b(
      \d{{1,2}}\s?[./-]\s?\d{{1,2}}\b | \d{{4}}-\d{{2}}-\d{{2}}
    | \d{{1,2}}(st|nd|rd|th)?\ (of\ |mwezi\ )?({_MONTHS}) | ({_MONTHS})\ \d{{1,4}}
    | (mwezi|mwaka)\ wa\ \w+ | tarehe\ \d+
    | jumatatu | jumanne | jumatano | alhamisi | ijumaa | jumamosi | jumapili
    | (mon|tues|wednes|thurs|fri|satur|sun)day
    | leo | kesho | keshokutwa | today | tomorrow | tonight
    | (siku|wiki|saa|miezi|mwezi)\ (\d+|moja|mbili|mbil|tatu|nne|tano|sita|saba|nane|tisa|kumi)
    | mwezi\ mmoja | (wiki|mwezi|mwaka|juma)\ (ujao|lijalo|hii|huu|hili)
    | mwisho\ wa\ (wiki|mwezi|mwaka|juma)
    | (\d+|one|two|three|four|five|six|seven|ten|a|an)\ (working\ )?(hour|day|week|month)s?
    | (next|this|end\ of\ the)\ (week|month|year)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def _promise(look: Look) -> Iterator[Remark]:
    for sentence in _SENTENCE.split(look.words):
        found = _PROMISES.search(sentence)
        if found and not _DAY.search(sentence):
            yield Remark("promise", found[0].strip())
            return


# What the citizen wants to know

_WHEN = re.compile(r"\b(lini|siku gani|tarehe gani|when)\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(lini|wapi|kwanini|kwa nini|vipi|ngapi|nani)\b", re.IGNORECASE)
_STOP = (
    SWAHILI - {"maji", "barabara", "shule", "mtaa", "kijiji", "siri"}
    | ENGLISH - {"water", "road", "code", "secret"}
    | {
        *("kuna", "kama", "kwamba", "wiki", "siku", "mwezi", "mwaka", "muda", "sasa", "tena"),
        *("pia", "ili", "lakini", "hivi", "hapa", "pale", "huko", "yenu", "wenu", "mimi", "sisi"),
        *("gani", "ngapi", "nani", "vipi", "mbona", "tafadhali", "ndugu", "mheshimiwa", "ofisi"),
        *("moja", "mbili", "tatu", "wote", "zote", "yote", "lote", "ndiyo", "hapana", "kuwa"),
        *("week", "weeks", "days", "month", "months", "since", "your", "please", "dear", "sir"),
        *("madam", "office", "still", "about", "would", "could", "should", "will", "they", "them"),
        *("here", "just", "very", "also", "does", "did", "can", "any", "all", "who", "its", "but"),
    }
)


def _question(look: Look) -> Iterator[Remark]:
    sentences = [s for s in _SENTENCE.split(look.asked) if "?" in s or _ASKS.search(s)]
    asked = " ".join(sentences)
    if when := _WHEN.search(asked):
        if not _DAY.search(look.words):
            yield Remark("when", when[0])
        return
    wanted, said = _content(asked or look.asked), _content(look.words)
    # "Not yet, it came back" says little: an answer to what was written at first fits it too.
    fits = wanted if asked else [*wanted, *_content(look.first)]
    if not wanted or any(_same(a, b) for a in fits for b in said):
        return
    if asked:
        yield Remark("question", _named(wanted))
    elif min(len(wanted), len(said)) >= LEAST_COMPARED:
        yield Remark("subject", _named(wanted))


def _content(text: str) -> list[str]:
    """Words that say something: short and common ones do not, nor does a case's reference, with
    which an SMS begins."""
    for start, end, _reference in reversed(locate_references(text)):
        text = f"{text[:start]} {text[end:]}"
    words = normalise(text).split()
    kept = (w for w in words if len(w) >= 3 and not w.isdecimal() and w not in _STOP)
    return list(dict.fromkeys(kept))


def _same(a: str, b: str) -> bool:
    """Whether two words are, or grow from, the same: five letters in common, whatever stands
    before and behind them (imetengenezwa, matengenezo); of a short one its beginning."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    if len(short) < 5:
        return len(short) == 4 and long.startswith(short)
    return any(short[i : i + 5] in long for i in range(len(short) - 4))


# What should not be in it

_DATES = re.compile(r"\b\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b")
_YEARS = re.compile(r"\b(19|20)\d\d\s?[-/]\s?(19|20)\d\d\b")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
_DIGITS = re.compile(r"\+?\d[\d ().-]{6,}\d")
_NIDA = 20
_LEAST_DIGITS = 9


def _personal(look: Look) -> Iterator[Remark]:
    for found in _EMAIL.finditer(look.words):
        yield Remark("email", found[0])
    text = _YEARS.sub(" ", _DATES.sub(" ", look.words))
    for found in _DIGITS.finditer(text):
        code = _number(re.sub(r"\D", "", found[0]))
        if code:
            yield Remark(code, found[0].strip())


def _number(digits: str) -> str:
    """What a run of digits is; '' for an office's own line or too few of them."""
    local = "0" + digits[3:] if digits.startswith("255") and len(digits) == 12 else digits
    if len(local) == 10 and local.startswith(("06", "07")):
        return "phone"
    if len(local) == 10 and local.startswith(("02", "08")):
        return ""
    if len(digits) == _NIDA:
        return "id_number"
    return "number" if len(digits) >= _LEAST_DIGITS else ""


def _named(words: list[str]) -> str:
    return ", ".join(list(dict.fromkeys(words))[:MOST_NAMED])
