"""Letters at the browser: issued and printed, shown to be genuine; a citizen's letter is logged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback.jobs import clocks
from feedback.services.cases import Receipt
from tests import pages
from tests.factories import Make
from tests.services import kit
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk, token_of
from tests.web.story import enter

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def post(tab: Browser, url: str, **fields: Any) -> TestResponse:
    return tab.post(url, data={"csrf_token": token_of(tab), **fields})


def is_letter(answer: TestResponse) -> bool:
    """A file that a browser saves, kept by nobody on the way."""
    headers = answer.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["Cache-Control"] == "no-store"
    return answer.data.startswith(b"%PDF-")


@pytest.fixture
def late(make: Make, clock: Any) -> Receipt:
    """A case that climbed to the regional secretariat."""
    receipt = make.case(MONDAY, category="ROADS")
    clock.move_to(MONDAY + 60 * DAY)
    kit.sweep(datetime.now(UTC))
    return receipt


def test_the_coordinator_issues_a_letter_and_whoever_gets_it_can_check_it(
    app: Flask, make: Make, late: Receipt, superuser: psycopg.Connection[Any], clock: Any
) -> None:
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    rung = kit.rungs(superuser, late.case_id)[0]["id"]
    url = f"/desk/letters/{rung}"
    assert office.get(f"{url}/letter.pdf").status_code == 404
    answer = post(office, f"{url}/issue")
    assert (answer.status_code, answer.location) == (303, url)
    assert "EM/DODOMA-CC/2026/1" in office.get(url).text
    first = office.get(f"{url}/letter.pdf")
    assert is_letter(first)
    assert "isbroughttoyou" in pages.text(office.get(f"{url}/letter.pdf?in=en").data)
    token = pages.text(first.data).partition("/letters/")[2][:26]
    # Anyone who holds the paper, without an account and without a cookie.
    stranger = browser(app)
    said = stranger.get(f"/letters/{token}?lang=en")
    assert said.status_code == 200
    for each in ("EM/DODOMA-CC/2026/1", "Friday 9 January 2026", "Head of Department or Unit"):
        assert each in said.text.replace(", 9 January", " 9 January"), each
    for each in (late.reference, "Roads", "Barabara"):
        assert each not in said.text
    refused = {
        re.sub(r"/letters/\w+", "", stranger.get(f"/letters/{wrong}").text)
        for wrong in (token[:-1] + "_", token[::-1], "x", "9" * 26, "9" * 300)
    }
    assert len(refused) == 1
    assert "No letter with this code is known." in refused.pop()
    assert stranger.get(f"/letters/{token.lower()}").status_code == 200
    assert stranger.get("/letters/x").status_code == 404
    clock.shift(timedelta(hours=1))
    again = at_desk(app, make.officer("DODOMA-CC", "coordinator")).get(f"{url}/letter.pdf")
    assert "NAKALA" in pages.text(again.data)


def test_an_official_writes_from_the_page_of_the_case(
    app: Flask, make: Make, late: Receipt
) -> None:
    ras = make.officer("RS-DODOMA", "oversight")
    make.hold(ras, "RS-DODOMA", "institution_head")
    tab = at_desk(app, ras)
    url = f"/oversight/case/{late.reference}"
    assert "Write a letter" in tab.get(url).text
    wrong = post(tab, f"{url}/letter", ask="both", by="2026-01-09")
    assert wrong.status_code == 422
    assert 'id="f-by-error"' in wrong.text
    assert 'value="2026-01-09"' in wrong.text
    assert re.search(r'value="both"[^>]*checked', wrong.text)
    assert 'id="f-ask-error"' in post(tab, f"{url}/letter", ask="x", by="2026-01-19").text
    answer = post(tab, f"{url}/letter", ask="both", by="2026-01-19")
    assert (answer.status_code, answer.location) == (303, f"{url}#letters")
    shown = tab.get(url).text
    assert "EM/RS-DODOMA/2026/1" in shown
    (file,) = set(re.findall(rf'href="({url}/letter/[^"]+)"', shown))
    assert is_letter(tab.get(file))
    # The council's own head reads it and writes none to himself.
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    council = at_desk(app, head)
    assert "EM/RS-DODOMA/2026/1" in council.get(url).text
    assert "Write a letter" not in council.get(url).text
    assert is_letter(council.get(file))
    other = at_desk(app, make.officer("TANGA-CC", "head", "oversight"))
    assert other.get(file).status_code == 404
    assert post(other, f"{url}/letter", ask="both", by="2026-01-19").status_code == 404


def test_the_citizen_fetches_the_final_letter(
    app: Flask, make: Make, handler: int, superuser: psycopg.Connection[Any]
) -> None:
    receipt = make.case(MONDAY)
    tab = browser(app)
    enter(tab, receipt)
    assert tab.get("/track/letter.pdf").status_code == 404
    assert "/track/letter.pdf" not in tab.get("/track").text
    superuser.execute(
        "INSERT INTO message (id, case_id, cycle, kind, internal, body, at)"
        " VALUES (gen_random_uuid(), %s, 1, 'final_letter', false, '', now())",
        (receipt.case_id,),
    )
    assert browser(app).get("/track/letter.pdf").location == "/track"
    enter(tab, receipt)
    assert "/track/letter.pdf" in tab.get("/track").text
    # In Swahili whatever the page's language, and in English where it is asked for.
    own = tab.get("/track/letter.pdf?lang=en")
    assert is_letter(own)
    assert "Shaurilakonamba" in pages.text(own.data) or "Sasaunaweza" in pages.text(own.data)
    assert "abodyoutside" in pages.text(tab.get("/track/letter.pdf?in=en").data)
    # The office hands the same one to who came on paper.
    url = f"/desk/case/{receipt.reference}"
    office = at_desk(app, handler)
    assert f"{url}/final-letter.pdf" in office.get(url).text
    assert office.get(f"{url}/final-letter.pdf").data == own.data


# Citizens' letters on paper


@pytest.fixture
def clerk(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("RS-DODOMA", "registry"))


def log(tab: Browser, reference: str, **changed: str) -> TestResponse:
    page = tab.get("/desk/arrivals").text
    day = date(2025, 11, 10).isoformat()
    typed = {
        "letter_id": hidden(page, "letter_id"),
        "reference": reference,
        "written_on": day,
        "received_on": day,
        "number": "RS/MAL/7",
        **changed,
    }
    return post(tab, "/desk/arrivals", **typed)


def test_a_clerk_logs_a_letter_and_learns_nothing_of_the_case(
    app: Flask, make: Make, clerk: Browser, handler: int, superuser: psycopg.Connection[Any]
) -> None:
    receipt = make.case(MONDAY, category="ROADS")
    told = []
    for reference in (receipt.reference, "0000-0000"):
        answer = log(clerk, reference.lower())
        assert answer.status_code == 303
        clocks._take_letters()
        slip = clerk.get(answer.location)
        assert slip.status_code == 200
        assert "RS/MAL/7" in slip.text
        page = re.sub(r"/desk/arrivals/[0-9a-f-]{36}", "", slip.text)
        told.append(page.replace(reference, "").replace(hidden(page, "csrf_token"), ""))
    assert told[0] == told[1]
    listed = clerk.get("/desk/arrivals/logged").text
    assert receipt.reference in listed
    assert "0000-0000" in listed
    assert "Roads" not in listed
    # A second press of the button logs nothing more.
    again = {"letter_id": str(UUID(int=1))}
    assert log(clerk, receipt.reference, **again).location == f"/desk/arrivals/{UUID(int=1)}"
    assert log(clerk, receipt.reference, **again).status_code == 303
    assert len(kit.rows(superuser, "SELECT * FROM paper_letter")) == 3
    # Those of the case read on its page where the letter arrived and what it did.
    page = at_desk(app, handler).get(f"/desk/case/{receipt.reference}").text
    assert "A letter of the citizen arrived at" in page
    assert "the case went to rung 4" in page
    # The office's leaders are told of the letter that fits no case.
    leader = at_desk(app, make.officer("RS-DODOMA", "coordinator"))
    assert "A letter that was logged fits no case" in leader.get("/desk/alarms").text


def test_an_official_who_comes_to_see_the_case_is_told_what_the_letter_did(
    app: Flask, make: Make, handler: int
) -> None:
    head = make.officer("RS-DODOMA", "oversight")
    make.hold(head, "RS-DODOMA", "institution_head")
    receipt = make.case(MONDAY)
    tab = at_desk(app, head)
    for said in ("the case went to rung 4", "had reached that office"):
        slip = log(tab, receipt.reference).location
        clocks._take_letters()
        assert said in tab.get(slip).text
    assert tab.get(f"/oversight/case/{receipt.reference}").status_code == 200


def test_what_is_wrong_in_the_form_stands_beside_its_field(
    clerk: Browser, superuser: psycopg.Connection[Any], make: Make
) -> None:
    receipt = make.case(MONDAY)
    for field, changed in (
        ("reference", {"reference": "0000-0001"}),
        ("written_on", {"written_on": ""}),
        ("written_on", {"written_on": "2025-11-10", "received_on": "2025-11-09"}),
        ("received_on", {"received_on": "2025-11-11", "written_on": "2025-11-10"}),
        ("number", {"number": "9" * 61}),
    ):
        answer = log(clerk, **{"reference": receipt.reference, **changed})
        assert answer.status_code == 422
        assert f'id="f-{field}-error"' in answer.text, field
        assert changed[field] in answer.text
    assert kit.rows(superuser, "SELECT * FROM paper_letter") == []
