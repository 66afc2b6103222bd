"""Where a new item goes, by what was chosen, else by its words, else to triage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from feedback.services.cases import Lodging
from feedback.services.errors import Refused
from feedback.services.placing import Placing, place, triage_institution
from feedback.services.reference import Directory, directory
from feedback.transaction import Principal, transaction


@pytest.fixture
def d(app: Flask) -> Iterator[Directory]:
    """The reference data as shipped."""
    with transaction(Principal("reference")):
        yield directory()


def placed(d: Directory, **fields: Any) -> Placing:
    values: dict[str, Any] = {
        "submission_id": uuid4(),
        "channel": "web",
        "kind": "complaint",
        "language": "sw",
        "body": "Nahitaji msaada.",
        **fields,
    }
    return place(Lodging(**values), d)


def code(d: Directory, where: Placing) -> str:
    return d.institutions[where.institution_id].code


def unit(d: Directory, where: Placing) -> str:
    return d.units[where.unit_id].code


@pytest.mark.parametrize(
    ("fields", "institution", "unit_code", "category"),
    [
        ({"institution": "DODOMA-CC"}, "DODOMA-CC", "REGISTRY", None),
        ({"institution": "DODOMA-CC", "category": "ROADS"}, "DODOMA-CC", "WORKS", "ROADS"),
        # an agency has no unit for roads: its desk takes it
        ({"institution": "TANESCO", "category": "ROADS"}, "TANESCO", "REGISTRY", "ROADS"),
        ({"institution": "TANESCO", "category": "ELECTRICITY"}, "TANESCO", "TECH", "ELECTRICITY"),
        ({"body": "TANESCO wamekata umeme."}, "TANESCO", "TECH", "ELECTRICITY"),
        ({"body": "Halmashauri ya Jiji la Dodoma, takataka"}, "DODOMA-CC", "ENV", "WASTE"),
        # what was chosen counts more than what is said
        ({"institution": "KONDOA-DC", "body": "TANESCO wamekata umeme."}, "KONDOA-DC", None, None),
    ],
)
def test_chosen_or_said(
    d: Directory,
    fields: dict[str, Any],
    institution: str,
    unit_code: str | None,
    category: str | None,
) -> None:
    where = placed(d, **fields)
    assert code(d, where) == institution
    assert not where.triage
    if unit_code is not None:
        assert unit(d, where) == unit_code
        found = d.categories.get(where.category_id or 0)
        assert (found.code if found else None) == category


@pytest.mark.parametrize(
    ("place_words", "body", "institution"),
    [
        ("Kondoa", "Nahitaji msaada.", "RS-DODOMA"),
        ("", "Hapa Kondoa hatuna msaada.", "RS-DODOMA"),
        ("Mwanza", "Nahitaji msaada.", "RS-MWANZA"),
        ("", "Nahitaji msaada.", "PO-PSMGG"),
        ("Atlantis", "Nahitaji msaada.", "PO-PSMGG"),
        ("", "", "PO-PSMGG"),
    ],
)
def test_triage_knows_the_region(
    d: Directory, place_words: str, body: str, institution: str
) -> None:
    assert triage_institution(place_words, body, d).code == institution


def test_triage_is_confidential_at_the_desk(d: Directory) -> None:
    where = placed(d, place="Kondoa", body="Nahitaji msaada wa dawa.")
    assert (where.triage, where.confidentiality) == (True, "confidential")
    assert unit(d, where) == "REGISTRY"


@pytest.mark.parametrize(
    ("fields", "standard", "level"),
    [
        ({}, "STANDARD", "open"),
        ({"category": "CORRUPTION"}, "INTEGRITY", "restricted"),
        ({"category": "CONDUCT"}, "INTEGRITY", "restricted"),
        ({"body": "Ameomba hongo."}, "INTEGRITY", "restricted"),
        ({"category": "ROADS", "body": "Ameomba rushwa."}, "INTEGRITY", "restricted"),
        ({"confidentiality": "restricted"}, "STANDARD", "restricted"),
        ({"category": "LAND-DISPUTE"}, "STANDARD", "confidential"),
    ],
)
def test_words_of_integrity_are_restricted(
    d: Directory, fields: dict[str, Any], standard: str, level: str
) -> None:
    where = placed(d, institution="DODOMA-CC", **fields)
    assert (where.standard, where.confidentiality) == (standard, level)


@pytest.mark.parametrize("field", ["institution", "category"])
def test_an_unknown_code_is_refused(d: Directory, field: str) -> None:
    with pytest.raises(Refused, match="bad-target"):
        placed(d, **{field: "NO-SUCH"})


def test_every_category_finds_a_unit_in_every_institution(d: Directory) -> None:
    for institution in d.institutions.values():
        for category in d.categories.values():
            found = d.units[d.unit_for(institution.id, category)]
            assert found.institution_id == institution.id
