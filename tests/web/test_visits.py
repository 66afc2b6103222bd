"""A citizen's visit ends when it is left, in every browser that holds a copy of its cookie."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from feedback import jobs
from feedback.services import visits
from tests.factories import Make
from tests.web.browser import Browser, browser, by_id, fields, hidden, receipt
from tests.web.story import MONDAY, enter


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """A Monday morning that a test moves on by hand."""
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


def copy_of(app: Flask, tab: Browser) -> Browser:
    """Another browser with the same cookie."""
    cookie = tab.get_cookie("mrejesho")
    assert cookie is not None
    other = browser(app)
    other.set_cookie("mrejesho", cookie.value)
    return other


def leave(tab: Browser, page: str) -> None:
    token = hidden(tab.get(page).text, "csrf_token")
    assert tab.post("/track", data={"csrf_token": token, "act": "leave"}).status_code == 303


def test_a_copied_cookie_opens_the_case_until_the_visit_is_left(app: Flask, make: Make) -> None:
    tab, case = browser(app), make.case(MONDAY)
    enter(tab, case)
    copy = copy_of(app, tab)
    assert case.reference in copy.get("/track").text
    thief = copy_of(app, copy)
    leave(tab, "/track")
    page = thief.get("/track").text
    assert 'name="receipt_code"' in page
    assert case.reference not in page


def test_a_void_copy_can_do_nothing_to_the_case(app: Flask, make: Make, superuser: Any) -> None:
    tab, case = browser(app), make.case(MONDAY)
    enter(tab, case)
    copy = copy_of(app, tab)
    token = hidden(copy.get("/track").text, "csrf_token")
    leave(tab, "/track")
    copy = copy_of(app, copy)
    answer = copy.post("/track", data={"csrf_token": token, "act": "withdraw", "confirm": "1"})
    assert answer.status_code == 422
    assert superuser.execute('SELECT status FROM "case"').fetchone()[0] != "withdrawn"


def test_a_copied_cookie_shows_no_receipt_after_leaving(app: Flask) -> None:
    tab = browser(app)
    _reference, code = receipt(tab, tab.post("/new", data=fields(tab)))
    copy = copy_of(app, tab)
    assert by_id(copy.get("/received").text, "receipt-code") == code
    leave(tab, "/received")
    page = copy.get("/received")
    assert page.status_code == 404
    assert str(code) not in page.text


def test_a_busy_visit_ends_too(app: Flask, make: Make, clock: Any) -> None:
    tab, case = browser(app), make.case(MONDAY)
    enter(tab, case)
    for _ in range(int(visits.LONGEST / timedelta(minutes=20))):
        clock.shift(timedelta(minutes=20))
        assert case.reference in tab.get("/track").text
    clock.shift(timedelta(minutes=1))
    assert 'name="receipt_code"' in tab.get("/track").text
    enter(tab, case)
    assert case.reference in tab.get("/track").text


def test_who_comes_back_begins_a_visit_of_its_own(app: Flask, make: Make) -> None:
    tab, case = browser(app), make.case(MONDAY)
    enter(tab, case)
    leave(tab, "/track")
    enter(tab, case)
    assert case.reference in tab.get("/track").text


def test_marks_live_longer_than_visits(app: Flask, make: Make, superuser: Any) -> None:
    assert visits.LONGEST < jobs.keeping.FORGET_ATTEMPTS
    tab = browser(app)
    enter(tab, make.case(MONDAY))
    leave(tab, "/track")
    (kept,) = superuser.execute("SELECT reference FROM receipt_attempt").fetchone()
    assert kept.startswith("left:")
