"""Which institution, unit, category and level a new item gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from feedback.rules import access, routing
from feedback.services.errors import Refused
from feedback.services.reference import CategoryInfo, Directory, InstitutionInfo

if TYPE_CHECKING:
    from feedback.services.cases import Lodging


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a case stands and how it is treated. `triage`: someone has still to say whose it is."""

    institution_id: int
    unit_id: int
    category_id: int | None
    confidentiality: str
    standard: str
    triage: bool
    # The level was set by triage's caution alone.
    cautious: bool = False


def place(lodging: Lodging, d: Directory) -> Placing:
    """Route by what was chosen, else by the words, else to triage, which has owner and clock too.

    Raises Refused("bad-target") for an institution or category that does not exist.
    """
    category = _category(lodging, d)
    institution = _institution(lodging, d)
    triage = institution is None
    if institution is None and lodging.suggested:
        institution = d.institutions_by_code.get(lodging.suggested)
    if institution is None:
        institution = triage_institution(lodging.place or "", lodging.body, d)
    integrity = routing.is_integrity(lodging.body)
    level = access.Level(lodging.confidentiality or access.Level.OPEN)
    if category is not None:
        level = max(level, access.Level(category.confidentiality), key=access.rank)
    if integrity:
        level = access.Level.RESTRICTED
    cautious = triage and level == access.Level.OPEN
    if cautious:
        level = access.Level.CONFIDENTIAL
    return Placing(
        institution.id,
        d.unit_for(institution.id, None if triage else category),
        category.id if category else None,
        level.value,
        "INTEGRITY" if integrity else category.standard if category else "STANDARD",
        triage,
        cautious,
    )


def triage_institution(place_words: str, body: str, d: Directory) -> InstitutionInfo:
    """The secretariat of the region where the place is known, else the home institution.

    A ward and its town are two places of one region; places of two regions tell nothing.
    """
    regions = set()
    for code in routing.find_places(f"{place_words} {body}", d.gazetteer):
        found = d.institutions_by_code.get(code)
        if found is not None and found.kind == "council" and found.parent_id is not None:
            found = d.institutions.get(found.parent_id)
        if found is not None:
            regions.add(found.id)
    if len(regions) == 1:
        return d.institutions[regions.pop()]
    return d.institutions_by_code[current_app.config["HOME_INSTITUTION"]]


def _institution(lodging: Lodging, d: Directory) -> InstitutionInfo | None:
    if lodging.institution:
        named = d.living(lodging.institution)
        if named is None:
            raise Refused("bad-target")
        return named
    match = routing.find_institution(lodging.body, d.gazetteer, lodging.place or "")
    return d.institutions_by_code.get(match.code) if match else None


def _category(lodging: Lodging, d: Directory) -> CategoryInfo | None:
    if lodging.category:
        if lodging.category not in d.categories_by_code:
            raise Refused("bad-target")
        return d.categories_by_code[lodging.category]
    match = routing.find_category(lodging.body, d.gazetteer)
    return d.categories_by_code.get(match.code) if match else None
