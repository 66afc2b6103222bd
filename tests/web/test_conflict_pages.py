"""Exclusions to decide, the question to the citizen, and extracts: the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask

from feedback.services import extracts
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.web.browser import browser, hidden
from tests.web.office import act, at_desk, token_of
from tests.web.story import MONDAY, ask

Behind = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """A Monday morning."""
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


def test_an_ethics_officer_decides_on_a_page(
    app: Flask, make: Make, now: datetime, superuser: Behind, query_count: Any
) -> None:
    tab = at_desk(app, make.officer("ETHICS", "ethics"))
    assert "No exclusion waits for a decision." in tab.get("/ethics/exclusions").text
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    head = make.officer("DODOMA-CC", "head", name="Neema Swai")
    make.hold(head, "DODOMA-CC", "institution_head")
    receipt = make.case(now, body="Bi. Swai alinizuia.", persons="Juma Kapuya", name="Zawadi Siri")
    with query_count() as one:
        listed = tab.get("/ethics/exclusions").text
    assert receipt.reference in listed
    page = tab.get(f"/ethics/exclusions/{receipt.case_id}").text
    for shown in ("Juma Hamisi Kapuya", "Neema Swai", "Bi. Swai alinizuia.", "list of persons"):
        assert shown in page
    assert "Zawadi Siri" not in page
    here = f"/ethics/exclusions/{receipt.case_id}"
    token = token_of(tab)
    lifted = tab.post(here, data={"csrf_token": token, "officer": str(head), "decision": "lift"})
    assert (lifted.status_code, lifted.location) == (303, here)
    again = tab.post(here, data={"csrf_token": token, "officer": str(head), "decision": "confirm"})
    assert again.location == here
    assert "decided already" in tab.get(here).text
    confirmed = tab.post(
        here, data={"csrf_token": token, "officer": str(accused), "decision": "confirm"}
    )
    assert confirmed.location == "/ethics/exclusions"
    last = tab.post(here, data={"csrf_token": token, "officer": str(head), "decision": "lift"})
    assert last.status_code == 404
    assert tab.get(here).status_code == 404
    states = superuser.execute("SELECT officer_id, state FROM conflict").fetchall()
    assert dict(states) == {accused: "confirmed", head: "lifted"}
    for _ in range(5):
        make.case(now, persons="Juma Kapuya")
    with query_count() as many:
        tab.get("/ethics/exclusions")
    assert many.number == one.number


def test_nobody_else_opens_the_page_of_an_exclusion(app: Flask, make: Make, now: datetime) -> None:
    named = make.officer("ETHICS", "ethics", name="Rehema Sanga Mollel")
    inside = make.officer("DODOMA-CC", "ethics")
    receipt = make.case(now, persons="Rehema Sanga Mollel")
    for number in (named, inside):
        tab = at_desk(app, number)
        assert tab.get(f"/ethics/exclusions/{receipt.case_id}").status_code == 404
        assert receipt.reference not in tab.get("/ethics/exclusions").text


def test_the_citizen_is_asked_and_says_no_then_yes(
    app: Flask, make: Make, now: datetime, superuser: Behind
) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler"))
    receipt = make.case(now, confidentiality="confidential")
    case = f"/desk/case/{receipt.reference}"
    citizen = browser(app)
    citizen.get("/?lang=en")
    ask(citizen, receipt.reference, receipt.receipt_code)
    assert "May it be less confidential?" not in citizen.get("/track").text
    for answer, level in (("lower_no", "confidential"), ("lower_yes", "open")):
        assert "Ask the citizen to make it less confidential" in tab.get(case).text
        assert act(tab, case, "lower").status_code == 303
        assert "has not said yet" in tab.get(case).text
        page = citizen.get("/track").text
        assert "May it be less confidential?" in page
        assert "what was sealed stays encrypted" in page
        token = hidden(page, "csrf_token")
        said = citizen.post("/track", data={"csrf_token": token, "act": answer})
        assert said.status_code == 303
        (row,) = superuser.execute('SELECT confidentiality FROM "case"').fetchall()
        assert row == (level,)
    assert "May it be less confidential?" not in citizen.get("/track").text
    token = hidden(citizen.get("/track").text, "csrf_token")
    unasked = citizen.post("/track", data={"csrf_token": token, "act": "lower_yes"})
    assert unasked.status_code == 409
    assert "Ask the citizen to make" not in tab.get(case).text


def test_an_extract_is_written_read_and_answered(app: Flask, make: Make, now: datetime) -> None:
    ethics = at_desk(app, make.officer("ETHICS", "ethics"))
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")
    head = at_desk(app, director)
    assert "No extract was handed to you." in head.get("/extracts").text
    body = "Mimi Neema naona afisa anaomba hongo."
    receipt = make.case(now, confidentiality="restricted", body=body, name="Neema Siri")
    case = f"/ethics/case/{receipt.reference}"
    page = ethics.get(case).text
    draft = re.search(r'id="f-extract"[^>]*>\s*([^<]*)</textarea>', page)
    assert draft
    assert draft[1].strip() == body
    empty = act(ethics, case, "extract", institution="DODOMA-CC", body=" ")
    assert empty.status_code == 422
    told = act(ethics, case, "extract", institution="DODOMA-CC", body="Afisa anaomba hongo.")
    assert told.status_code == 303
    listed = head.get("/extracts").text
    assert receipt.reference not in listed
    (address,) = re.findall(r'href="(/extracts/[0-9a-f-]{36})"', listed)
    page = head.get(address).text
    assert "Afisa anaomba hongo." in page
    for secret in (receipt.reference, body, "Neema Siri"):
        assert secret not in page
    token = token_of(head)
    assert head.post(address, data={"csrf_token": token, "body": ""}).status_code == 422
    assert (
        head.post(address, data={"csrf_token": token, "body": "Tunachunguza."}).status_code == 303
    )
    assert "Tunachunguza." in head.get(address).text
    again = head.post(address, data={"csrf_token": token, "body": "Tena."})
    assert again.status_code == 422
    assert "Tunachunguza." in ethics.get(case).text
    other = at_desk(app, make.officer("DODOMA-CC", "head"))
    assert other.get(address).status_code == 404
    assert other.post(address, data={"csrf_token": token_of(other), "body": "x"}).status_code == 404


def test_the_lists_of_extracts_do_not_ask_for_each_row(
    app: Flask, make: Make, now: datetime, query_count: Any
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")
    receipt = make.case(now, confidentiality="restricted")
    tab = at_desk(app, director)
    counts = []
    for number in (1, 6):
        for _ in range(number):
            with transaction(Principal.of_officer(ethics)):
                extracts.hand_over(receipt.case_id, "DODOMA-CC", "Dondoo.", now)
        with query_count() as counted:
            assert tab.get("/extracts").status_code == 200
        counts.append(counted.number)
    assert counts[0] == counts[1]
