"""Writing a text: filled in, in what its medium can carry, in as many parts as it may take.

What an administrator made of it comes first; where that cannot be used, what was shipped is sent.
Dates are spelled by CLDR in the language of the text. A citizen's stored words never pass here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from babel.dates import format_date

from feedback import clock
from feedback.services.texts import versions
from feedback.services.texts.gsm import ONE_PART, septets
from feedback.services.texts.medium import Medium
from feedback.services.texts.shipped import STATUS_WORDS, TEMPLATES, medium_of
from feedback.services.texts.template import Template, placeholders

log = structlog.get_logger()
OPTIONAL = frozenset({"due", "dial"})
CUT = "..."  # stands after words of which only the beginning is sent


def render(
    template: str,
    language: str,
    values: Mapping[str, str],
    *,
    url: str,
    words: str | None = None,
    now: datetime | None = None,
) -> str:
    """The text that holds now, in one GSM-7 part unless an administrator allowed two.

    values: `reference`, `due` (an ISO date or moment, else taken as it is), `status` (a case's
    status), `code`, `dial` (the USSD code, where there is one). url: the page that shows a case.
    words: an office's own words.
    Raises KeyError for an unknown template or a missing value.
    """
    shipped, medium = TEMPLATES[template][language], medium_of(template)
    moment = now or clock.now()
    filled = {"url": url, **values}
    said = versions.status_words(language, moment) if "status" in values else {}
    changed = _changed(template, language, filled, said, words, moment)
    if changed is not None:
        return changed
    for statuses in (said, _shipped_statuses(language)):
        pieces = fill(shipped, language, filled, medium, statuses)
        text = fit(pieces, words, medium, 1)
        if text is not None:
            return text
    cut = pieces.head[:ONE_PART]
    while medium.parts(cut) > 1:  # characters that take two places
        cut = cut[:-1]
    return cut


def _changed(
    name: str,
    language: str,
    values: Mapping[str, str],
    statuses: Mapping[str, str],
    words: str | None,
    now: datetime,
) -> str | None:
    """What an administrator made of it; None where there is nothing, or nothing of use."""
    version = versions.holding(name, now)
    if version is None or version.said is None:
        return None
    medium, error = medium_of(name), "TooLong"
    try:
        pieces = fill(version.said[language], language, values, medium, statuses)
        text = fit(pieces, words, medium, version.most)
    except Exception as broken:  # whatever it is, the citizen gets the text as shipped
        text, error = None, type(broken).__name__
    if text is None:
        log.warning("text_version_unusable", text=name, number=version.number, error=error)
    return text


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text filled in, before it is known what fits."""

    head: str
    after: str
    pointer: str


def fill(
    text: Template,
    language: str,
    values: Mapping[str, str],
    medium: Medium,
    statuses: Mapping[str, str],
) -> Pieces:
    """The pieces with their values; `statuses` are the words for each status."""
    filled = {name: medium.like(str(value)) for name, value in values.items()}
    if filled.get("due"):
        filled["due"] = medium.like(_day(filled["due"], language))
    if "status" in filled:
        filled["status"] = statuses.get(filled["status"], filled["status"])
    return Pieces(
        " ".join(part.format(**filled) for part in text.parts if not _lacks(part, filled)),
        text.after.format(**filled),
        text.pointer.format(**filled),
    )


def fit(pieces: Pieces, words: str | None, medium: Medium, most: int) -> str | None:
    """As much as fits `most` parts: what stands at the end is given up before a word of the office;
    None where not even the head fits."""
    said = None if words is None else " ".join(medium.like(words).split())
    for whole in _ways(pieces, said):
        if medium.parts(whole) <= most:
            return whole
    return None if said is None else _shorten(pieces.head, said, pieces.pointer)


def _ways(pieces: Pieces, said: str | None) -> Iterator[str]:
    yield join(pieces.head, said or "", pieces.after)
    yield join(pieces.head, said or "")


def _shipped_statuses(language: str) -> dict[str, str]:
    return {status: words[language] for status, words in STATUS_WORDS.items()}


def _shorten(head: str, said: str, pointer: str) -> str:
    """The beginning of `said` up to a word's end, and where the whole stands."""
    room = ONE_PART - septets(join(head, CUT, pointer)) - 1
    if room < 1 and pointer:  # an address longer than any that was tried
        return _shorten(head, said, "")
    kept = ""
    for word in said.split():
        longer = join(kept, word)
        if septets(longer) > room:
            break
        kept = longer
    if not kept:  # one endless word
        kept = said
        while kept and septets(kept) > room:
            kept = kept[:-1]
    return join(head, kept + CUT, pointer)


def join(*parts: str) -> str:
    """Pieces of a text as one line."""
    return " ".join(part for part in parts if part)


def _lacks(part: str, values: Mapping[str, str]) -> bool:
    return any(name in OPTIONAL and not values.get(name) for name in placeholders(part))


def _day(value: str, language: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    day = moment.date() if moment.tzinfo is None else clock.local_day(moment)
    return format_date(day, "d MMMM y", locale=language)
