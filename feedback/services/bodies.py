"""The bodies outside, with how to reach them: for the final letter on the web, by SMS and USSD, and
on paper. The choice is `rules.bodies`; the facts, with their sources, `reference/bodies.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from feedback.rules import bodies as rules
from feedback.services.reference_files import SHIPPED

FILE = "bodies.csv"


@dataclass(frozen=True, slots=True)
class Body:
    """A body outside. Empty where nothing is known."""

    code: str
    name_sw: str
    name_en: str
    short_sw: str
    short_en: str
    about_sw: str
    about_en: str
    phone: str
    email: str
    website: str
    how_sw: str
    how_en: str
    source: str
    verified: str

    def said(self, field: str, language: str) -> str:
        """`name`, `short`, `about` or `how` in a language."""
        text: str = getattr(self, f"{field}_{language}")
        return text


@cache
def known() -> Mapping[str, Body]:
    """All bodies by code; the file is part of this program."""
    with (SHIPPED / FILE).open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["code"]: Body(**row) for row in csv.DictReader(file)})


def bodies_for(category: str | None, level: str) -> tuple[Body, ...]:
    """The bodies for a case of this category (its code) and level, the next one first."""
    return tuple(known()[code] for code in rules.bodies_for(category, level))


def in_short(category: str | None, level: str, language: str) -> str:
    """The next two, with the shortest way to the first: what an SMS has room for."""
    first, second = bodies_for(category, level)[:2]
    reached = first.phone or first.website
    joint = " au " if language == "sw" else " or "
    return f"{first.said('short', language)} ({reached}){joint}{second.said('short', language)}"


def letter(reference: str, category: str | None, level: str, language: str) -> str:
    """The final letter in plain text, where there are no headings: USSD."""
    lines = [_LETTER[language].format(reference=reference)]
    for body in bodies_for(category, level):
        reached = ", ".join(filter(None, (body.phone, body.website)))
        name, about = body.said("name", language), body.said("about", language)
        lines.append(f"{name} ({about}): {reached}.")
    return "\n".join(lines)


_LETTER = {
    "sw": "Barua ya mwisho, {reference}: hatua za ndani ya utumishi wa umma zimekamilika. Sasa "
    "unaweza kwenda:",
    "en": "Final letter, {reference}: the steps inside the public service are used up. You may "
    "now turn to:",
}
