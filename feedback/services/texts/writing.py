"""Writing an SMS: one of the templates, filled in, in one part of the GSM-7 alphabet.

Dates are spelled by CLDR in the language of the text. A citizen's stored words never pass here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from string import Formatter

from babel.dates import format_date

from feedback import clock
from feedback.services.texts.gsm import ONE_PART, fits, septets, to_gsm
from feedback.services.texts.shipped import STATUS_WORDS, TEMPLATES

OPTIONAL = frozenset({"due"})
CUT = "..."  # stands after words of which only the beginning is sent


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
