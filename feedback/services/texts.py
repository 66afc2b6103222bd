"""Writing an SMS: one of the templates, filled in, in one part of the GSM-7 alphabet.

Dates are spelled by CLDR in the language of the text. A citizen's stored words never pass here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from string import Formatter

from babel.dates import format_date

from feedback import clock
from feedback.services.sms_templates import STATUS_WORDS, TEMPLATES

ONE_PART = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # each takes two places
PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2022\u00b7", "-"),
        **dict.fromkeys("\t\u00a0\u202f\u2009", " "),
        "\u2044": "/",
        "\u2026": "...",
    }
)
OPTIONAL = frozenset({"due"})
CUT = "..."  # stands after words of which only the beginning is sent


def septets(text: str) -> int:
    """Places that a GSM-7 text takes; raises ValueError for a character outside the alphabet."""
    count = 0
    for character in text:
        if character in BASIC:
            count += 1
        elif character in EXTENSION:
            count += 2
        else:
            raise ValueError("the text leaves the GSM-7 alphabet")
    return count


def fits(text: str) -> bool:
    """Whether the text is one GSM-7 part."""
    try:
        return septets(text) <= ONE_PART
    except ValueError:
        return False


def to_gsm(text: str) -> str:
    """The text in the GSM-7 alphabet, for sending only: what has no likeness becomes `?`."""
    out = []
    for character in text.translate(PLAIN):
        if character in BASIC or character in EXTENSION:
            out.append(character)
            continue
        base = [
            c
            for c in unicodedata.normalize("NFKD", character).translate(PLAIN)
            if c in BASIC or c in EXTENSION
        ]
        if base:
            out.extend(base)
        elif unicodedata.category(character)[0] not in "MC":  # marks and joiners say nothing
            out.append("?")
    return "".join(out)


def render(
    template: str,
    language: str,
    values: Mapping[str, str],
    *,
    url: str,
    words: str | None = None,
) -> str:
    """The SMS, one GSM-7 part.

    values: `reference`, `due` (an ISO date or moment, else taken as it is), `status` (a case's
    status), `code`. url: the page that shows a case. words: an office's own words.
    Raises KeyError for an unknown template or a missing value.
    """
    text = TEMPLATES[template][language]
    filled = {"url": to_gsm(url), **_spell(values, language)}
    head = " ".join(p.format(**filled) for p in text.parts if not _lacks(p, filled))
    after = text.after.format(**filled)
    if words is None:
        return _join(head, after) if fits(_join(head, after)) else head[:ONE_PART]
    said = " ".join(to_gsm(words).split())
    for whole in (_join(head, said, after), _join(head, said)):
        if fits(whole):
            return whole
    return _shorten(head, said, text.pointer.format(**filled))


def _shorten(head: str, said: str, pointer: str) -> str:
    """The beginning of `said` up to a word's end, and where the whole stands."""
    room = ONE_PART - septets(_join(head, CUT, pointer)) - 1
    kept = ""
    for word in said.split():
        longer = _join(kept, word)
        if septets(longer) > room:
            break
        kept = longer
    if not kept:  # one endless word
        kept = said
        while kept and septets(kept) > room:
            kept = kept[:-1]
    return _join(head, kept + CUT, pointer)


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _lacks(part: str, values: Mapping[str, str]) -> bool:
    names = {name for _, name, _, _ in Formatter().parse(part) if name}
    return any(name in OPTIONAL and not values.get(name) for name in names)


def _spell(values: Mapping[str, str], language: str) -> dict[str, str]:
    spelled = {name: to_gsm(str(value)) for name, value in values.items()}
    if spelled.get("due"):
        spelled["due"] = _day(spelled["due"], language)
    if "status" in spelled:
        known = STATUS_WORDS.get(spelled["status"])
        spelled["status"] = known[language] if known else spelled["status"]
    return spelled


def _day(value: str, language: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    day = moment.date() if moment.tzinfo is None else clock.local_day(moment)
    return to_gsm(format_date(day, "d MMMM y", locale=language))
