"""A text tried before anybody gets it: with values as they mostly are, and with the longest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from feedback.services.texts import versions
from feedback.services.texts.medium import Medium
from feedback.services.texts.shipped import (
    STATUS_PREFIX,
    STATUS_WORDS,
    TEMPLATES,
    TEXTS,
    WHOLE_WORDS,
    medium_of,
)
from feedback.services.texts.template import Template
from feedback.services.texts.writing import CUT, Pieces, fill, fit, join

# By placeholder: an example, and what takes the most places. September is the longest month.
VALUES = {
    "reference": ("7KQ2-M4XP", "MWMW-MWMW"),
    "other": ("3HTR-9WVC", "MWMW-MWMW"),
    "due": ("2026-12-14", "2026-09-30"),
    "code": ("7KQ2-M4XP-3TR", "MWMW-MWMW-MWM"),
    "proof": ("7KQ2-M4XP-3TRA", "MWMW-MWMW-MWMW"),
    "pin": ("204918", "204918"),
    "facts": (
        "lalamiko la 14/07/2026, DODOMA-CC. Ofisi ilithibitisha 15/07/2026. Halijajibiwa, "
        "limechelewa siku 12 za kazi. Ngazi 3.",
        "pendekezo la 14/07/2026, MMMMMMMMMMMMMMMMMMMM. Ofisi ilithibitisha 15/07/2026. "
        "Lilijibiwa 14/12/2026, siku 9999 za kazi baada ya muda. Ngazi 7.",
    ),
    "rating": ("5", "5"),
    "seconds": ("32", "120"),
    "bodies": (
        "TAKUKURU (simu 113)",
        "Sekretarieti ya Maadili (maadili.go.tz) au TAKUKURU",
    ),
    "dial": ("*152*00#", "*152*00*123#"),
    "status": ("in_progress", ""),  # each of them is tried
    "references": ("7KQ2-M4XP, 3HTR-9WVC", ", ".join(["MWMW-MWMW"] * 4)),
    "statuses": (
        "7KQ2-M4XP limejibiwa; 3HTR-9WVC limepokelewa",
        "; ".join(["MWMW-MWMW lina afisa anayelishughulikia"] * 3),
    ),
}
UNDESCRIBED = ("ABC123", "M" * 20)
# An address as long as a ministry may have, so that a text outlives a change of the present one.
LONGEST_URL = "https://mrejesho-ya-wananchi.utumishi.go.tz/track"
MARK = "\x00"  # stands for a word that is still to be written
# What an office says, where its words go with the text.
WORDS = {
    "sw": "Maji yatarudi kesho asubuhi.",
    "en": "Water will be back tomorrow morning.",
}
MANY_WORDS = {
    "sw": "Fundi wetu atafika Jumatatu saa tatu asubuhi kurekebisha bomba lililopasuka. " * 4,
    "en": "Our technician will come on Monday at nine to mend the pipe that has burst. " * 4,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A text filled in. `most`: the parts that were promised for the text it goes out in; `words`:
    those that go with it and are never cut."""

    pieces: Pieces
    medium: Medium
    most: int
    words: str

    @property
    def whole(self) -> str:
        """The text without words of an office that may be cut."""
        return join(self.pieces.head, self.words, self.pieces.after)

    @property
    def parts(self) -> int:
        """How many messages it takes."""
        return self.medium.parts(self.whole)


@dataclass(frozen=True, slots=True)
class Preview:
    """A text as the citizen gets it."""

    text: str
    parts: int


def is_status(name: str) -> bool:
    """Whether the text is the word for a status, which goes out within another text."""
    return name.startswith(STATUS_PREFIX)


def takes_words(name: str) -> bool:
    """Whether an office's own words go out with the text, as far as they fit."""
    return bool(TEXTS[name]["sw"].pointer)


def example(name: str, text: Template, language: str, now: datetime) -> Preview:
    """The text with values as they mostly are."""
    trial = next(_examples(name, text, language, now))
    return _preview(name, trial, WORDS[language])


def longest(name: str, text: Template, language: str, now: datetime) -> Preview:
    """The text with the longest values."""
    trials = extremes(name, text, language, now)
    trial = max(trials, key=lambda each: (each.parts - each.most, len(each.whole)))
    return _preview(name, trial, MANY_WORDS[language])


@dataclass(frozen=True, slots=True)
class Measure:
    """By what a page counts while somebody writes: what stands around the text, words that go with
    it, and the mark of a cut where they may be cut."""

    before: str
    behind: str
    words: str
    cut: str


def measure(name: str, language: str, now: datetime) -> Measure:
    """What the text is counted with, beside its values."""
    if not is_status(name):
        return Measure("", "", WHOLE_WORDS.get(name, ""), CUT if takes_words(name) else "")
    trials = extremes(name, Template((MARK,)), language, now)
    before, _, behind = max((trial.whole for trial in trials), key=len).partition(MARK)
    return Measure(before, behind, "", "")


def offered(name: str) -> list[str]:
    """The values that a text may fill in: those shipped, and the address of the page."""
    used = TEXTS[name]["sw"].used
    if is_status(name):
        return []
    known = [each for each in VALUES if each in used]
    return [*known, *sorted(used - {*known, "url"}), "url"]


def spelled(name: str, language: str, which: int, now: datetime) -> dict[str, str]:
    """The values as they stand in a text: the examples (0) or the longest (1)."""
    values = _values(TEXTS[name][language], which)
    words = versions.status_words(language, now)
    found = {
        each: fill(Template((f"{{{each}}}",)), language, values, medium_of(name), words).head
        for each in offered(name)
    }
    if which and "status" in found:
        shown = (versions.variants(f"{STATUS_PREFIX}{each}", now) for each in STATUS_WORDS)
        found["status"] = max((s[language].parts[0] for each in shown for s, _ in each), key=len)
    return found


def _preview(name: str, trial: Trial, words: str) -> Preview:
    said = words if takes_words(name) else None
    written = fit(trial.pieces, said, trial.medium, trial.most)
    if said is None or written is None:
        written = trial.whole
    return Preview(written, trial.medium.parts(written))


def _examples(name: str, text: Template, language: str, now: datetime) -> Iterator[Trial]:
    if not is_status(name):
        words = versions.status_words(language, now)
        yield _trial(name, text, language, _values(text, 0), words, 1)
        return
    status = name.removeprefix(STATUS_PREFIX)
    for carrier in _carriers():
        version = versions.holding(carrier, now)
        changed = version is not None and version.said is not None
        said, most = versions.variants(carrier, now)[1 if changed else 0]
        values = _values(said[language], 0) | {"status": status}
        yield _trial(carrier, said[language], language, values, {status: text.parts[0]}, most)


def extremes(name: str, text: Template, language: str, now: datetime) -> Iterator[Trial]:
    """The text with the longest values, by all that its parts say now or will come to say."""
    if is_status(name):
        status = name.removeprefix(STATUS_PREFIX)
        for carrier in _carriers():
            for said, most in versions.variants(carrier, now):
                values = _values(said[language], 1) | {"status": status}
                word = {status: text.parts[0]}
                yield _trial(carrier, said[language], language, values, word, most)
    elif "status" in text.used:
        for status in STATUS_WORDS:
            for said, _ in versions.variants(f"{STATUS_PREFIX}{status}", now):
                values = _values(text, 1) | {"status": status}
                yield _trial(name, text, language, values, {status: said[language].parts[0]}, 1)
    else:
        yield _trial(name, text, language, _values(text, 1), {}, 1)


def _carriers() -> list[str]:
    """The texts that tell a status."""
    return [name for name, said in TEMPLATES.items() if "status" in said["sw"].used]


def _values(text: Template, which: int) -> dict[str, str]:
    """The examples (0) or the longest (1)."""
    own = f"{current_app.config['PUBLIC_URL']}/track"
    undescribed = text.used - set(VALUES) - {"url"}
    return {
        **{name: pair[which] for name, pair in VALUES.items()},
        **dict.fromkeys(undescribed, UNDESCRIBED[which]),
        "url": max(own, LONGEST_URL, key=len) if which else own,
    }


def _trial(
    name: str,
    text: Template,
    language: str,
    values: dict[str, str],
    words: dict[str, str],
    most: int,
) -> Trial:
    medium = medium_of(name)
    pieces = fill(text, language, values, medium, words)
    return Trial(pieces, medium, most, WHOLE_WORDS.get(name, ""))
