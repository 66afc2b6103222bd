"""Oversight: figures of what stands below, cases on one's rung, directives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import directives, escalations, figures
from feedback.services.cases import Receipt
from feedback.transaction import JOB, transaction
from tests.factories import Make
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk, seen
from tests.web.test_figures_pages import figures_of


def login(app: Flask, officer_id: int) -> Browser:
    """The browser of an officer, in English."""
    return at_desk(app, officer_id)


@dataclass
class World:
    """One late case of Dodoma's city council that reached the regional secretariat."""

    case: Receipt
    handler: int
    director: int
    secretary: int
    now: datetime


@pytest.fixture
def world(make: Make, monday: datetime) -> Any:
    handler = make.officer("DODOMA-CC", "handler", name="Neema Mushi")
    director = make.officer("DODOMA-CC", "head")
    secretary = make.officer("RS-DODOMA", "oversight")
    make.hold(director, "DODOMA-CC", "institution_head")
    make.hold(secretary, "RS-DODOMA", "institution_head")
    case = make.case(monday, category="ROADS", body="Daraja limesombwa na maji.")
    with transaction(JOB):
        rungs = 4 * 3 + 1  # working days from the answer's due time to the fourth rung, and one
        now = case.answer_due + timedelta(days=rungs * 2)
    with time_machine.travel(now, tick=False):
        while True:
            with transaction(JOB):
                if not escalations.sweep_batch(now).timers:
                    break
        with transaction(JOB):
            figures.refresh(now)
        yield World(case, handler, director, secretary, now)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("handler", 403),
        ("coordinator", 403),
        ("ethics", 403),
        ("admin", 403),
        ("auditor", 403),
        ("head", 200),
        ("oversight", 200),
    ],
)
def test_is_for_heads_and_oversight(app: Flask, make: Make, role: str, status: int) -> None:
    staff = login(app, make.officer("RS-DODOMA", role))
    for address in ("/oversight", "/oversight/escalations", "/oversight/directives"):
        assert staff.get(address).status_code == status, address
    assert staff.get("/oversight/figures.csv").status_code == status


def test_asks_for_a_login(app: Flask) -> None:
    for address in ("/oversight", "/oversight/escalations", "/oversight/case/0000-0000"):
        answer = browser(app).get(address)
        assert answer.status_code == 302
        assert "/staff/login" in answer.headers["Location"]


@pytest.mark.parametrize(
    ("code", "status"),
    [("", 200), ("RS-DODOMA", 200), ("DODOMA-CC", 200), ("CS", 404), ("RS-TANGA", 404), ("X", 404)],
)
def test_shows_what_stands_below_and_nothing_else(
    app: Flask, make: Make, code: str, status: int
) -> None:
    staff = login(app, make.officer("RS-DODOMA", "oversight"))
    for page in ("/oversight", "/oversight/figures.csv"):
        assert staff.get(f"{page}?institution={code}").status_code == status, page


def test_the_figures_are_those_of_the_institution(app: Flask, make: Make, monday: datetime) -> None:
    make.officer("DODOMA-CC", "handler")
    for _ in range(11):
        make.case(monday, category="ROADS")
    for _ in range(20):
        make.case(monday, institution="TANGA-CC")
    with transaction(JOB):
        figures.refresh(monday)
    for officer, received in (
        (make.officer("RS-DODOMA", "oversight"), "10"),
        (make.officer("PO-RALG", "oversight"), "30"),
        (make.officer("DODOMA-CC", "head"), "10"),
        (make.officer("W-MAJI", "oversight"), "–"),
    ):
        page = login(app, officer).get("/oversight?year=2025").text
        assert figures_of(page)["Received"] == received, officer
    page = login(app, make.officer("PO-RALG", "oversight")).get("/oversight?year=2025").text
    assert re.search(r"institution=RS-DODOMA[^>]*>[^<]*Dodoma", page)


def test_a_case_that_climbed_is_listed_and_told(app: Flask, world: World) -> None:
    staff = login(app, world.secretary)
    for address in ("/oversight", "/oversight/escalations"):
        page = staff.get(address).text
        assert world.case.reference in page, address
        assert "Delay not explained" in page
    page = staff.get(f"/oversight/case/{world.case.reference}").text
    assert "Neema Mushi" in page
    assert "Daraja limesombwa na maji." in page
    assert "The handler has given no reason yet." in page
    assert "working days:" in page
    assert "Regional Administrative Secretary" in page


def test_the_reason_for_the_delay_stands_first(app: Flask, world: World, as_officer: Any) -> None:
    with as_officer(world.handler):
        directives.give_reason(world.case.case_id, "Mkandarasi hajalipwa.", world.now)
    page = login(app, world.secretary).get(f"/oversight/case/{world.case.reference}").text
    assert page.index("Mkandarasi hajalipwa.") < page.index("Who held it")


def test_a_case_below_that_has_not_climbed_so_far_is_closed(
    app: Flask, make: Make, world: World
) -> None:
    minister = make.officer("PO-RALG", "oversight")
    make.hold(minister, "PO-RALG", "institution_head")
    fresh = make.case(world.now, category="ROADS")
    for officer in (minister, world.secretary):
        staff = login(app, officer)
        assert staff.get(f"/oversight/case/{fresh.reference}").status_code == 404
        assert fresh.reference not in staff.get("/oversight/escalations").text
    assert login(app, minister).get("/oversight/case/0000-0000").status_code == 404


def give(staff: Browser, world: World, **fields: str) -> Any:
    """Post a directive with a fresh token."""
    address = f"/oversight/case/{world.case.reference}"
    page = staff.get(address).text
    token = hidden(page, "csrf_token")
    return staff.post(f"{address}/direct", data={"csrf_token": token, "seen": seen(page), **fields})


def test_a_directive_reaches_the_handler_and_is_followed(
    app: Flask, world: World, as_officer: Any
) -> None:
    staff = login(app, world.secretary)
    due_on = local_day(world.now) + timedelta(days=5)
    answer = give(staff, world, body="Daraja lijengwe upya.", due_on=due_on.isoformat())
    assert answer.status_code == 303
    page = login(app, world.handler).get(f"/desk/case/{world.case.reference}").text
    assert "Daraja lijengwe upya." in page
    listed = staff.get("/oversight/directives").text
    assert "Daraja lijengwe upya." in listed
    assert "Not followed so far ·" in listed
    with transaction(JOB):
        directive = db.session.query(m.Directive.id).scalar()
    with as_officer(world.handler):
        directives.complete(directive, world.now)
    assert "Followed on" in staff.get("/oversight/directives?state=followed").text
    assert "Directives: 1" in staff.get("/oversight/escalations").text


@pytest.mark.parametrize(
    ("body", "due_on", "field"),
    [
        ("", "2030-01-01", "body"),
        ("Fanya kazi.", "", "due_on"),
        ("Fanya kazi.", "tomorrow", "due_on"),
        ("Fanya kazi.", "2001-01-01", "due_on"),
        ("x" * 5_001, "2030-01-01", "body"),
    ],
)
def test_a_directive_that_cannot_be_given_comes_back_with_its_words(
    app: Flask, world: World, body: str, due_on: str, field: str
) -> None:
    answer = give(login(app, world.secretary), world, body=body, due_on=due_on)
    assert answer.status_code == 422
    assert f'href="#f-{"direct" if field == "body" else field}"' in answer.text
    assert body in answer.text
    with transaction(JOB):
        assert db.session.query(m.Directive).count() == 0


def test_only_the_rungs_direct(app: Flask, make: Make, world: World) -> None:
    stranger = make.officer("RS-TANGA", "oversight")
    make.hold(stranger, "RS-TANGA", "institution_head")
    staff = login(app, stranger)
    token = hidden(staff.get("/oversight").text, "csrf_token")
    answer = staff.post(
        f"/oversight/case/{world.case.reference}/direct",
        data={"csrf_token": token, "body": "x", "due_on": date(2030, 1, 1).isoformat()},
    )
    assert answer.status_code == 404


def test_an_officer_in_conflict_does_not_see_the_case(app: Flask, make: Make, world: World) -> None:
    make.exclude(world.case.case_id, world.secretary, world.now)
    staff = login(app, world.secretary)
    assert staff.get(f"/oversight/case/{world.case.reference}").status_code == 404
    assert world.case.reference not in staff.get("/oversight/escalations").text


def test_pages_go_on_where_the_last_ended(app: Flask, make: Make, world: World) -> None:
    for _ in range(30):
        make.case(world.now - timedelta(days=90), category="ROADS")
    while True:
        with transaction(JOB):
            if not escalations.sweep_batch(world.now).timers:
                break
    staff = login(app, world.secretary)
    page, seen = "/oversight/escalations", []
    while page:
        text = staff.get(page).text
        seen += re.findall(r'href="/oversight/case/([^"]+)"', text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        page = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 31
    only = staff.get("/oversight/escalations?institution=DODOMA-CC").text
    assert "Show all institutions" in only
    none = staff.get("/oversight/escalations?institution=KONDOA-DC").text
    assert "No late case has reached your post." in none


def test_sends_few_statements(app: Flask, world: World, query_count: Any) -> None:
    staff = login(app, world.secretary)
    for address, most in (
        ("/oversight", 22),
        ("/oversight/escalations", 16),
        ("/oversight/directives", 10),
        (f"/oversight/case/{world.case.reference}", 40),
    ):
        staff.get(address)
        with query_count() as counted:
            staff.get(address)
        assert counted.number <= most, (address, counted.number)
