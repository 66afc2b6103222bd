"""Whose a case is: given on, transferred, stepped back from."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from uuid import UUID

from flask import g, request
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.learning import Suggestion
from feedback.services import desk, staffing, suggestions
from feedback.services.errors import Refused
from feedback.services.reference import CategoryInfo, Directory, InstitutionInfo, directory
from feedback.services.views import OfficerCase
from feedback.web import finder
from feedback.web.casework.part import Attempt, Part, officer, words
from feedback.web.formats import name

MOST_TARGETS = 6
"""Institutions offered for a transfer at once: each brings its units into the list."""


def _transfer(case_id: UUID) -> None:
    code, _slash, unit = request.form.get("target", "").partition("/")
    if not code:
        raise Refused("bad-target")
    desk.transfer(case_id, code, unit or None, words(), g.now)


def _shown(case: OfficerCase, attempt: Attempt) -> Mapping[str, Any]:
    d = directory()
    takers = staffing.takers(case.institution.id, case.confidentiality, case.handler_id)
    colleagues = staffing.everyone(case.institution.id)
    pointed = _pointed_at(case)
    return {
        "takers": [(each.id, f"{each.name} · {_unit_name(d, each.unit_id)}") for each in takers],
        "colleagues": [(o.id, o.name) for o in colleagues if o.id != current_user.officer_id],
        "targets": _targets(d, case, attempt.given.get("institution_query", ""), pointed),
        "subject_hint": _hint(pointed.category, d.categories_by_code),
        "institution_hint": _hint(pointed.institution, d.institutions_by_code),
        "hops": _hops(case),
        "is_own": case.handler_id == current_user.officer_id,
    }


def _hops(case: OfficerCase) -> list[str]:
    """The offices that had the case, one after the other; none where it was never transferred."""
    places = [
        " · ".join(name(each) for each in (held.institution, held.unit) if each)
        for held in case.held
    ]
    hops = [place for before, place in pairwise(["", *places]) if before != place]
    return hops if case.transfers and case.confidentiality != "restricted" else []


def _pointed_at(case: OfficerCase) -> suggestions.Shown:
    """What the citizen's first words point at, for an officer who reads them and may act on it."""
    said = [line.body for line in case.messages if line.author == "citizen"]
    if not said or not {"classify", "transfer"} & case.allowed:
        return suggestions.Shown()
    category = case.category.code if case.category else None
    return suggestions.of_words(said[0], category, case.institution.code)


def _hint(
    suggestion: Suggestion | None, known: Mapping[str, CategoryInfo] | Mapping[str, InstitutionInfo]
) -> tuple[str, str] | None:
    """The words that say so, and the name that they point at."""
    if suggestion is None:
        return None
    return ", ".join(suggestion.words), name(known[suggestion.label])


def _unit_name(d: Directory, unit_id: int) -> str:
    unit = d.units.get(unit_id)
    return name(unit) if unit else "–"


def _targets(
    d: Directory, case: OfficerCase, query: str, pointed: suggestions.Shown
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where a case may be transferred: what was searched, else what the words point at, then other
    units of the own institution. None is chosen beforehand.

    The value holds both codes, so that institution and unit always fit together.
    """
    found: list[InstitutionInfo] = []
    if query.strip():
        exact = d.institutions_by_code.get(query.strip().upper())
        found = [exact] if exact else finder.search(d, query)[:MOST_TARGETS]
    elif pointed.institution is not None:
        found = [d.institutions_by_code[pointed.institution.label]]
    groups = []
    for institution in dict.fromkeys([*found, case.institution]):
        units = [
            (f"{institution.code}/{unit.code}", name(unit))
            for unit in d.units_of(institution.id)
            if unit.id != (case.unit.id if case.unit else 0)
        ]
        if institution.id != case.institution.id:
            units.insert(0, (f"{institution.code}/", _("The unit that deals with this subject")))
        groups.append((name(institution), units))
    return groups


PART = Part(
    {
        "assign": lambda case_id: desk.assign(case_id, officer(), g.now, words=words()),
        "transfer": _transfer,
        "recuse": lambda case_id: desk.recuse(case_id, g.now),
        "exclude": lambda case_id: desk.exclude(case_id, officer(), g.now),
    },
    _shown,
)
