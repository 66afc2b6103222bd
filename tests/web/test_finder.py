"""Finding the institution: by name, by region, by the Enter key, by a link."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services.reference import directory
from feedback.transaction import Principal, transaction
from feedback.web import finder
from tests.web.browser import Browser, browser, count, fields, offered, receipt


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser without cookies."""
    return browser(app)


def test_finding_by_name_keeps_everything_typed(client: Browser) -> None:
    posted = fields(client, institution="", institution_query="kondoa", find="1", email="mbaya")
    answer = client.post("/new", data=posted)
    assert answer.status_code == 200
    assert offered(answer.text)[:2] == ["KONDOA-TC", "KONDOA-DC"]
    assert offered(answer.text)[-1] == "unknown"
    assert 'class="error"' not in answer.text
    for kept in ("body", "place", "phone", "email", "submission_id"):
        assert posted[kept] in answer.text


def test_going_from_a_region_to_its_councils(client: Browser) -> None:
    page = client.post(
        "/new", data=fields(client, institution="", region="RS-KATAVI", find="1")
    ).text
    assert set(offered(page)) == {
        *("MPANDA-MC", "NSIMBO-DC", "MLELE-DC", "MPIMBWE-DC", "TANGANYIKA-DC"),
        *("RS-KATAVI", "unknown"),
    }
    assert re.search(r'value="RS-KATAVI" selected', page)


def test_the_enter_key_finds_before_it_sends(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    """The first button of the form is the one that a keyboard presses."""
    page = client.get("/new").text
    assert re.findall(r'<button[^>]* name="(\w+)"', page)[0] == "enter"
    answer = client.post(
        "/new", data=fields(client, institution="", institution_query="kondoa", enter="1")
    )
    assert answer.status_code == 200
    assert "KONDOA-TC" in offered(answer.text)
    assert client.post("/new", data=fields(client, body="", enter="1")).status_code == 200
    assert count(superuser) == 0
    receipt(client, client.post("/new", data=fields(client, enter="1")))


def test_a_name_typed_exactly_needs_no_search(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    receipt(
        client, client.post("/new", data=fields(client, institution="", institution_query="Dawasa"))
    )
    row = superuser.execute(
        'SELECT i.code FROM "case" c JOIN institution i ON i.id = c.institution_id'
    ).fetchone()
    assert row == ("DAWASA",)


def test_a_name_that_fits_several_is_asked_about(client: Browser) -> None:
    answer = client.post("/new", data=fields(client, institution="", institution_query="kondoa"))
    assert answer.status_code == 422
    assert {"KONDOA-DC", "KONDOA-TC", "unknown"} <= set(offered(answer.text))


def test_nothing_found_says_so(client: Browser) -> None:
    page = client.post(
        "/new", data=fields(client, institution="", institution_query="xyzzy qwerty", find="1")
    ).text
    assert 'role="status"' in page
    assert offered(page) == ["unknown"]


def test_an_unknown_institution_goes_to_triage(
    client: Browser, superuser: psycopg.Connection[Any]
) -> None:
    posted = fields(
        client, institution="unknown", category="", place="Kondoa", body="Kuna tatizo hapa kwetu."
    )
    receipt(client, client.post("/new", data=posted))
    row = superuser.execute('SELECT triage, confidentiality FROM "case"').fetchone()
    assert row == (True, "confidential")


def test_a_link_chooses_the_institution(client: Browser) -> None:
    page = client.get("/new?institution=dawasa&kind=enquiry").text
    assert re.search(r'value="DAWASA" checked', page)
    assert re.search(r'value="enquiry" checked', page)
    assert 'value="SCHOOL"' not in page  # subjects of its kind only
    assert 'value="WATER-SUPPLY"' in page


def test_a_link_to_nothing_still_shows_the_form(client: Browser) -> None:
    answer = client.get("/new?institution=NOTHING-HERE&kind=x&category=y")
    assert answer.status_code == 200
    assert offered(answer.text) == ["unknown"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("DAWASA", "DAWASA"),
        ("tanesco", "TANESCO"),
        ("Tanesko", "TANESCO"),
        ("wizara ya maji", "W-MAJI"),
        ("maji", "W-MAJI"),
        ("takukuru", "TAKUKURU"),
        ("utumishi", "PO-PSMGG"),
        ("jiji la dodoma", "DODOMA-CC"),
        ("Dodoma City", "DODOMA-CC"),
        ("dodoma", "DODOMA-CC"),
        ("mpwapwa", "MPWAPWA-DC"),
        ("MPWAPWA-DC", "MPWAPWA-DC"),
        ("halmashauri kongwa", "KONGWA-DC"),
    ],
)
def test_words_find_the_institution(app: Flask, typed: str, code: str) -> None:
    with transaction(Principal("reference")):
        found = finder.search(directory(), typed)
    assert found[0].code == code


@pytest.mark.parametrize("typed", ["", "   ", "?!", "xyzzy", "a" * 5_000])
def test_words_that_name_nothing_find_nothing(app: Flask, typed: str) -> None:
    with transaction(Principal("reference")):
        assert finder.search(directory(), typed) == []
