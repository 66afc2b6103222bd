"""What the words of a case point at, on its page: told with the reason, and never chosen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from feedback.services.cases import Receipt
from tests.factories import Make
from tests.web.browser import Browser
from tests.web.office import at_desk

MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
WORDS = "TANESCO nguzo ya umeme imeanguka"


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS")


def page(tab: Browser, receipt: Receipt) -> str:
    return " ".join(tab.get(f"/desk/case/{receipt.reference}").text.split())


def test_subject_and_institution_are_suggested_with_the_words(
    make: Make, handler: int, tab: Browser
) -> None:
    case = make.case(MONDAY, category="ROADS", body=WORDS)
    shown = page(tab, case)
    assert shown.count("Suggestion from the words:") == 2
    assert "umeme" in shown
    assert "&rarr; Electricity." in shown or "→ Electricity." in shown
    assert 'value="TANESCO/"' in shown
    assert 'value="TANESCO/" selected' not in shown


def test_what_the_case_has_already_is_not_suggested(make: Make, handler: int, tab: Browser) -> None:
    case = make.case(MONDAY, category="ROADS", body="Barabara ya Jiji la Dodoma ni mbovu")
    assert "Suggestion from the words:" not in page(tab, case)


def test_who_may_not_read_the_words_sees_nothing_of_them(app: Flask, make: Make) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    case = make.case(MONDAY, category="ROADS", body=WORDS, confidentiality="confidential")
    shown = page(at_desk(app, make.officer("DODOMA-CC", "coordinator")), case)
    assert "nguzo" not in shown
    assert "Suggestion from the words:" not in shown
