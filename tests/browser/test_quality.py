"""An answer looked at before it goes, in a browser: what is odd, what the citizen gets, a task."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from feedback import clock
from tests.browser.conftest import NARROW, WIDE, Site, check, log_in
from tests.factories import Make

pytestmark = pytest.mark.browser
ODD = "Tutashughulikia taa zenu hivi karibuni."


def test_an_odd_answer_goes_by_the_second_press(web: Site, make: Make, wide: Page) -> None:
    make.officer("DODOMA-CC", "handler", "coordinator", unit="WORKS", name="Neema Mushi")
    name = f"officer{make.count}"
    case = make.case(clock.now(), category="ROADS", phone="+255754000111")
    log_in(wide, web, name)
    page = f"{web.url}/desk/case/{case.reference}"
    wide.goto(page)

    # A task, with the day that is suggested.
    wide.locator("#task summary").click()
    wide.select_option("#f-task-kind", "inspect")
    wide.fill("#f-task", "Kagua nguzo ya 14.")
    wide.select_option("#f-task-officer", label="Neema Mushi")
    wide.get_by_role("button", name="Toa kazi hii").click()
    expect(wide.locator(".notice.success")).to_be_visible()
    wide.goto(f"{web.url}/desk/tasks")
    expect(wide.get_by_role("link", name=case.reference)).to_be_visible()
    check(wide)

    # A template, then words of one's own that promise something and name no day.
    wide.goto(page)
    wide.select_option("#f-template", "road")
    wide.get_by_role("button", name="Weka", exact=True).click()
    expect(wide.locator("#f-answer")).to_have_value(re.compile("{jina la barabara}"))
    wide.fill("#f-answer", ODD)
    wide.locator("[name=outcome][value=explained]").check()
    wide.get_by_role("button", name="Tuma jibu").click()
    remarks = wide.locator("#remarks-answer")
    expect(remarks).to_contain_text("bila kutaja siku")
    expect(remarks).to_be_focused()
    expect(wide.locator(".preview")).to_contain_text(f"Jibu la {case.reference}: {ODD}")
    wide.set_viewport_size(NARROW)
    check(wide)
    wide.set_viewport_size(WIDE)
    wide.get_by_role("button", name="Tuma lilivyo").click()
    expect(wide.locator("main")).to_contain_text("Umejibiwa")
    wide.goto(f"{web.url}/desk/answers/road")
    check(wide)
