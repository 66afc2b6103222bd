"""The bodies outside, with how to reach them: for the final letter on the web, by SMS and USSD, and
on paper. The choice is `rules.bodies`; the facts, with their sources, `reference/bodies.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from feedback import models as m
from feedback.rules import bodies as rules
from feedback.services.reference import directory
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


def bodies_for(category: str | None, level: str, institution: str = "") -> tuple[Body, ...]:
    """The bodies for a case of this category and level, the next one first, without the one that
    answered (codes)."""
    return tuple(known()[code] for code in rules.bodies_for(category, level, institution))


def for_case(case: m.Case) -> tuple[Body, ...]:
    """The bodies for this case."""
    d = directory()
    category = d.categories.get(case.category_id or 0)
    office = d.institutions[case.institution_id].code
    return bodies_for(category.code if category else None, case.confidentiality, office)


def in_short(named: Sequence[Body], language: str) -> str:
    """The next two, with the shortest way to the first: what an SMS has room for."""
    first, *others = named
    said = f"{first.said('short', language)} ({first.phone or first.website})"
    joint = " au " if language == "sw" else " or "
    return joint.join([said, *(other.said("short", language) for other in others[:1])])


def letter(reference: str, named: Sequence[Body], language: str) -> str:
    """The final letter in plain text, where there are no headings: USSD."""
    lines = [_LETTER[language].format(reference=reference)]
    for body in named:
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
