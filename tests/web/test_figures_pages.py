"""Public figures: the country and each institution, no session, silent about small groups."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from feedback import clock
from feedback.services import figures
from feedback.transaction import JOB, transaction
from feedback.web import downloads
from tests.factories import Make
from tests.web.browser import browser


@pytest.fixture
def twelve(make: Make) -> None:
    """Twelve cases of Dodoma's city council, three of Kondoa's district council."""
    make.officer("DODOMA-CC", "handler")
    now = clock.now()
    for _ in range(12):
        make.case(now, category="ROADS")
    for _ in range(3):
        make.case(now, institution="KONDOA-DC", category="WASTE")
    with transaction(JOB):
        figures.refresh(now + timedelta(seconds=1))


def figures_of(page: str) -> dict[str, str]:
    """The tiles at the top: label and value."""
    found = re.findall(r'class="label">(.*?)</span>\s*<b>(.*?)</b>', page, re.DOTALL)
    return {re.sub("<.*?>", "", label).strip(): value.strip() for label, value in found}


@pytest.mark.parametrize("address", ["/figures", "/takwimu", "/i/DODOMA-CC", "/i/CS"])
def test_is_open_to_everybody_and_sets_no_cookie(app: Flask, address: str) -> None:
    answer = browser(app).get(address)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_shows_the_country(app: Flask, twelve: None) -> None:
    page = browser(app).get("/figures?lang=en").text
    assert figures_of(page)["Received"] == "10"
    assert figures_of(page)["Open"] == "10"
    assert "The whole country" in page


def test_shows_an_institution_and_how_to_reach_it(app: Flask, twelve: None) -> None:
    page = browser(app).get("/i/DODOMA-CC").text
    assert 'href="/new?institution=DODOMA-CC"' in page
    assert "KERO DODOMA-CC" in page
    assert "Halmashauri ya Jiji la Dodoma" in page


def test_what_few_sent_is_shown_nowhere(app: Flask, twelve: None) -> None:
    """Three of fifteen: no address gives them, nor the numbers beside them."""
    someone = browser(app)
    for address, shown in (
        ("/i/KONDOA-DC?lang=en", "–"),
        ("/i/DODOMA-CC?lang=en", "10"),
        ("/i/DODOMA-CC?lang=en&category=ROADS", "10"),
        ("/figures?lang=en&category=ROADS", "10"),
        ("/figures?lang=en&only=category.ROADS", "10"),
    ):
        assert figures_of(someone.get(address).text)["Received"] == shown, address
    rows = list(csv.reader(io.StringIO(someone.get("/i/RS-DODOMA.csv?lang=en").text)))
    received = {row[1]: row[2] for row in rows[3:] if row[0] == "By institution"}
    assert received["Dodoma City Council"] == "10"
    assert received["Kondoa District Council"] == "–"


def test_an_unknown_institution_is_not_found(app: Flask) -> None:
    assert browser(app).get("/i/NOWHERE").status_code == 404
    assert browser(app).get("/i/NOWHERE.csv").status_code == 404


def test_a_code_in_small_letters_leads_to_the_page(app: Flask) -> None:
    answer = browser(app).get("/i/dodoma-cc")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/i/DODOMA-CC"


@pytest.mark.parametrize(
    "query",
    [
        "year=x&month=99&category=NOTHING&channel=pigeon&sort=;",
        "year=1066",
        "year=9999999999999999999999",
        "month=-1&only=category",
        "only=channel.pigeon",
        "q=%00",
        "category=ROADS&channel=sms",
    ],
)
def test_an_address_that_makes_no_sense_is_read_as_far_as_it_can(app: Flask, query: str) -> None:
    assert browser(app).get(f"/figures?{query}").status_code == 200
    assert browser(app).get(f"/figures.csv?{query}").status_code == 200


def test_filters_stay_in_the_addresses(app: Flask, twelve: None) -> None:
    page = browser(app).get("/i/RS-DODOMA?lang=en&category=ROADS&sort=name").text
    assert "/i/DODOMA-CC?" in page
    links = re.findall(r'href="(/i/DODOMA-CC\?[^"]*)"', page)
    assert all("category=ROADS" in link and "sort=name" in link for link in links)
    assert '<option value="category.ROADS" selected>' in page


def test_finds_an_institution_by_name(app: Flask) -> None:
    page = browser(app).get("/figures?q=kondoa").text
    assert 'href="/i/KONDOA-DC"' in page
    assert browser(app).get("/figures?q=zzzzzz&lang=en").text.count("was found") == 1


def test_is_told_in_both_languages(app: Flask) -> None:
    assert '<html lang="sw">' in browser(app).get("/figures").text
    assert "How public institutions answer citizens" in browser(app).get("/figures?lang=en").text


def test_sends_few_statements(app: Flask, twelve: None, query_count: Any) -> None:
    someone = browser(app)
    someone.get("/i/RS-DODOMA")
    with query_count() as counted:
        someone.get("/i/RS-DODOMA")
    assert counted.number <= 12


@pytest.mark.parametrize("value", ["=1+1", "+255", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_a_spreadsheet_would_compute_is_inert(value: str) -> None:
    assert downloads.inert(value) == f"'{value}"
