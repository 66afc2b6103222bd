"""Bodies outside: the right one comes first, and everybody is told of one."""

from __future__ import annotations

import csv
from itertools import product

import pytest

from feedback.rules import bodies as rules
from feedback.services import bodies
from feedback.services.reference_files import SHIPPED
from feedback.services.texts import ONE_PART, septets

LEVELS = ("open", "confidential", "restricted")


def categories() -> list[str | None]:
    with (SHIPPED / "categories.csv").open(encoding="utf-8", newline="") as file:
        return [None, "PROCUREMENT", *(row["code"] for row in csv.DictReader(file))]


@pytest.mark.parametrize(
    ("category", "level", "first"),
    [
        (None, "open", "CHRAGG"),
        ("WATER-SUPPLY", "open", "CHRAGG"),
        ("POLICE-SERVICE", "confidential", "CHRAGG"),
        ("CORRUPTION", "restricted", "TAKUKURU"),
        ("CONDUCT", "restricted", "ETHICS"),
        (None, "restricted", "TAKUKURU"),
        ("LABOUR", "confidential", "CMA"),
        ("PROCUREMENT", "open", "PPAA"),
        ("LAND-DISPUTE", "confidential", "COURT"),
    ],
)
def test_the_next_body(category: str | None, level: str, first: str) -> None:
    assert rules.bodies_for(category, level)[0] == first


@pytest.mark.parametrize("language", ["sw", "en"])
def test_every_case_has_one_with_a_way_to_it_in_one_part(language: str) -> None:
    for category, level in product(categories(), LEVELS):
        for office in ("", *bodies.known()):
            named = bodies.bodies_for(category, level, office)
            assert named
            assert office not in {body.code for body in named}
            assert len(set(named)) == len(named)
            assert septets(bodies.in_short(named, language)) <= 51
            letter = bodies.letter("7K2M-9QXA", named, language)
            assert all(body.said("name", language) in letter for body in named)
    assert ONE_PART == 160


def test_each_fact_has_a_source_and_each_body_a_way() -> None:
    for body in bodies.known().values():
        assert body.source
        assert body.verified in ("yes", "no")
        assert body.phone or body.website
        for language in ("sw", "en"):
            assert all(body.said(field, language) for field in ("name", "short", "about", "how"))
