"""Whether a text may be sent: what an administrator wrote is tried with the longest values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from feedback.services.texts import samples
from feedback.services.texts.gsm import ONE_PART, septets
from feedback.services.texts.medium import Medium
from feedback.services.texts.samples import Trial
from feedback.services.texts.shipped import TEXTS, medium_of
from feedback.services.texts.template import PLACEHOLDER, Template, placeholders
from feedback.services.texts.versions import LANGUAGES, Said
from feedback.services.texts.writing import CUT, OPTIONAL, join

LONGEST = 1_000  # characters of a field that are looked at
ROOM = 40  # places that are left for an office's own words, where some go with the text
_NAME = re.compile(r"[a-z_]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field (parts, after or pointer in a language); `about` are the names,
    characters or numbers concerned."""

    language: str
    field: str
    code: str
    about: str = ""


def problems(name: str, said: Said, now: datetime) -> list[Problem]:
    """Everything that keeps a text from being saved."""
    found = [each for language in LANGUAGES for each in _of_shape(name, said[language], language)]
    if found:
        return found
    odd = said["sw"].used ^ said["en"].used
    if odd:
        return [
            Problem(language, "parts", "languages-differ", _listed(odd - said[language].used))
            for language in LANGUAGES
            if odd - said[language].used
        ]
    return [each for language in LANGUAGES for each in _of_length(name, said, language, now)]


def needed(name: str, said: Said, now: datetime) -> int:
    """The parts that a text without problems takes at most."""
    if samples.takes_words(name):
        return 1  # what does not fit is left out, and the text says where it stands
    return max(parts(name, said[language], language, now) for language in LANGUAGES)


def parts(name: str, text: Template, language: str, now: datetime) -> int:
    """The same in one language."""
    if samples.takes_words(name):
        return 1
    return max(trial.parts for trial in samples.extremes(name, text, language, now))


def outside(name: str, text: Template) -> str:
    """Characters that the medium cannot carry, each once."""
    medium = medium_of(name)
    said = "".join((*text.parts, text.after, text.pointer))
    return "".join(dict.fromkeys(c for c in said if not medium.holds(c)))


def _of_shape(name: str, text: Template, language: str) -> Iterator[Problem]:
    shipped, medium = TEXTS[name][language], medium_of(name)
    fields = {"parts": " ".join(text.parts), "after": text.after, "pointer": text.pointer}
    wanted = {"parts": placeholders(*shipped.parts), "pointer": placeholders(shipped.pointer)}
    for field, said in fields.items():
        if not said and (field == "parts" or getattr(shipped, field) and field == "pointer"):
            yield Problem(language, field, "empty")
            continue
        yield from _of_field(name, said, language, field, medium)
        missing = wanted.get(field, frozenset()) - placeholders(said)
        if missing:
            yield Problem(language, field, "missing", _listed(missing))
    alone = placeholders(*(p for p in text.parts if not placeholders(p) & OPTIONAL))
    together = (wanted["parts"] & placeholders(*text.parts)) - alone - OPTIONAL
    if together:
        yield Problem(language, "parts", "together", _listed(together))


def _of_field(name: str, said: str, language: str, field: str, medium: Medium) -> Iterator[Problem]:
    if len(said) > LONGEST:
        yield Problem(language, field, "long", str(LONGEST))
    if re.search("[{}]", PLACEHOLDER.sub("", said)):
        yield Problem(language, field, "braces")
        return
    names = PLACEHOLDER.findall(said)
    odd = [each for each in names if not _NAME.fullmatch(each)]
    if odd:
        yield Problem(language, field, "format", _listed(odd))
    unknown = [each for each in names if each not in odd and each not in samples.offered(name)]
    if unknown:
        yield Problem(language, field, "unknown", _listed(unknown))
    strange = "".join(dict.fromkeys(c for c in said if not medium.holds(c)))
    if strange:
        yield Problem(language, field, "alphabet", " ".join(strange))


def _of_length(name: str, said: Said, language: str, now: datetime) -> Iterator[Problem]:
    text = said[language]
    if samples.takes_words(name):
        yield from _of_room(name, text, language, now)
        return
    for trial in samples.extremes(name, text, language, now):
        most = trial.most if samples.is_status(name) else trial.medium.most
        if trial.parts > most:
            code = "too-long-there" if samples.is_status(name) else "too-long"
            yield Problem(language, "parts", code, str(trial.parts))
            return


def _of_room(name: str, text: Template, language: str, now: datetime) -> Iterator[Problem]:
    """With the longest values a beginning of the office's words still fits, and with few words
    what stands after them."""
    for trial in samples.extremes(name, text, language, now):
        room = left(trial)
        if room < ROOM:
            yield Problem(language, "parts", "no-room", str(ROOM - room))
        room = ONE_PART - septets(trial.whole) - 1
        if text.after and room < ROOM // 2:
            yield Problem(language, "after", "no-room", str(ROOM // 2 - room))


def left(trial: Trial) -> int:
    """Places that are left for an office's own words where they are cut."""
    return ONE_PART - septets(join(trial.pieces.head, CUT, trial.pieces.pointer)) - 1


def count(name: str, text: Template, language: str, now: datetime) -> tuple[int, int]:
    """The places that a sound text takes with its longest values, and in how many parts; or, of one
    that goes with an office's words, the places left for these, in no part of its own."""
    trials = list(samples.extremes(name, text, language, now))
    if samples.takes_words(name):
        return min(left(trial) for trial in trials), 0
    return max((septets(trial.whole), trial.parts) for trial in trials)


def _listed(names: frozenset[str] | list[str]) -> str:
    return ", ".join("{" + name + "}" for name in sorted(set(names)))
