"""The restricted queue: whom it shows what, and that a level is never lowered there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services.cases import Receipt
from tests.factories import Make
from tests.web.browser import Browser
from tests.web.office import act, at_desk, references

WORDS = "Afisa aliomba hongo kabla ya kunipa kibali."


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def ethics(make: Make) -> int:
    return make.officer("ETHICS", "ethics", name="Rehema Sanga")


@pytest.fixture
def report(make: Make, ethics: int, now: datetime) -> Receipt:
    return make.case(now - timedelta(days=1), body=WORDS, category="CORRUPTION")


@pytest.fixture
def tab(app: Flask, ethics: int, report: Receipt) -> Browser:
    return at_desk(app, ethics)


def page_of(receipt: Receipt, base: str = "/ethics") -> str:
    return f"{base}/case/{receipt.reference}"


def test_the_queue_holds_restricted_cases_alone(make: Make, tab: Browser, report: Receipt) -> None:
    make.case(datetime.now(UTC))
    page = tab.get("/ethics").text
    assert references(page) == [report.reference]
    assert "Ethics only" in page


def test_an_empty_queue_says_so(app: Flask, ethics: int) -> None:
    assert "No restricted case is open." in at_desk(app, ethics).get("/ethics").text


def test_the_owner_works_on_the_same_page(tab: Browser, report: Receipt) -> None:
    page = tab.get(page_of(report)).text
    assert WORDS in page
    assert "Yours." in page
    assert act(tab, page_of(report), "acknowledge").location == page_of(report)
    assert act(tab, page_of(report), "answer", body="Uchunguzi umekamilika.").status_code == 303
    assert "Uchunguzi umekamilika." in tab.get(page_of(report)).text


def test_a_level_is_not_lowered(
    tab: Browser, report: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    page = tab.get(page_of(report)).text
    assert 'name="confidentiality" value="restricted"' in page
    assert 'name="confidentiality" value="open"' not in page
    assert 'name="confidentiality" value="confidential"' not in page
    assert '/transfer"' not in page
    for level in ("open", "confidential"):
        forced = act(tab, page_of(report), "classify", category="ROADS", confidentiality=level)
        assert forced.status_code == 422
    kept = superuser.execute(
        'SELECT confidentiality FROM "case" WHERE id = %s', (report.case_id,)
    ).fetchone()
    assert kept == ("restricted",)


def test_it_goes_to_another_ethics_officer_and_to_nobody_else(
    app: Flask, make: Make, tab: Browser, report: Receipt
) -> None:
    second = make.officer("ETHICS", "ethics")
    inside = make.officer("DODOMA-CC", "ethics")
    handler = make.officer("DODOMA-CC", "handler")
    for wrong in (inside, handler):
        assert act(tab, page_of(report), "assign", officer=str(wrong)).status_code == 422
    assert act(tab, page_of(report), "assign", officer=str(second)).status_code == 303
    assert "A case was given to you" in at_desk(app, second).get("/staff/notices").text


@pytest.mark.parametrize(
    ("institution", "role", "post"),
    [
        ("DODOMA-CC", "handler", None),
        ("DODOMA-CC", "coordinator", None),
        ("DODOMA-CC", "head", "institution_head"),
        ("RS-DODOMA", "head", "institution_head"),
        ("PO-PSMGG", "admin", None),
        ("PO-PSMGG", "auditor", None),
        ("DODOMA-CC", "ethics", None),
    ],
)
def test_nobody_else_sees_that_it_exists(
    app: Flask, make: Make, report: Receipt, institution: str, role: str, post: str | None
) -> None:
    officer = make.officer(institution, role)
    if post:
        make.hold(officer, institution, post)
    office = at_desk(app, officer)
    base = "/ethics" if role == "ethics" else "/desk"
    assert office.get(page_of(report, base)).status_code in (403, 404)
    for listed in ("/desk", "/desk/unit", "/desk/unowned", "/ethics"):
        assert report.reference not in office.get(listed).text


def test_each_look_is_on_record(
    tab: Browser, ethics: int, report: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    tab.get(page_of(report))
    looks = superuser.execute(
        "SELECT count(*) FROM audit_entry WHERE act = 'looked' AND case_id = %s AND actor_id = %s",
        (report.case_id, ethics),
    ).fetchone()
    assert looks == (1,)
