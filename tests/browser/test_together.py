"""Two citizens, one matter: joined at a narrow desk, answered once, each told on the own page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from feedback import clock
from tests.browser.conftest import Site, check, log_in
from tests.factories import Make

pytestmark = pytest.mark.browser


def test_joined_and_answered_once(web: Site, make: Make, narrow: Page) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    words = "Taa za barabara ya Nyerere hazijawaka kwa wiki mbili."
    first, second = (make.case(clock.now(), category="ROADS", body=words) for _ in range(2))
    log_in(narrow, web, f"officer{make.count}")
    narrow.goto(f"{web.url}/desk/case/{second.reference}")
    narrow.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    check(narrow)
    narrow.get_by_role("button", name=f"Unganisha na hilo: {first.reference}").click()
    expect(narrow.locator(".notice.success")).to_be_visible()
    narrow.get_by_role("link", name=first.reference).first.click()
    check(narrow)
    narrow.locator("#f-answer").fill("Taa za barabara zimewashwa leo.")
    narrow.locator("[name=outcome][value=solved]").check()
    narrow.get_by_role("button", name="Tuma jibu").click()
    expect(narrow.locator(".notice.success")).to_be_visible()
    narrow.goto(f"{web.url}/track")
    narrow.fill("[name=reference]", second.reference)
    narrow.fill("[name=receipt_code]", second.receipt_code)
    narrow.click("main button[type=submit]")
    expect(narrow.locator("#solved")).to_contain_text("zimewashwa leo.")
    check(narrow)
