"""An officer's phone on a cheap handset's window, and an answer by SMS that reaches the citizen."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from feedback import clock
from tests.browser.conftest import Site, eventually
from tests.factories import PASSWORD, Make

pytestmark = pytest.mark.browser
OFFICER, CITIZEN, PIN = "+255754000777", "+255712345678", "482915"


def check(page: Page) -> None:
    """Nothing that axe finds, and no scrolling sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_from_the_account_to_the_citizen(site: Site, make: Make, narrow: Page) -> None:
    make.officer("DODOMA-CC", "handler")
    page = narrow
    page.goto(f"{site.url}/staff/login?lang=en")
    page.fill("[name=username]", f"officer{make.count}")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{site.url}/staff/account/phone")
    check(page)
    page.fill("#f-number", "0754 000 777")
    page.fill("#f-pin", PIN)
    page.fill("#f-again", "482916")
    page.fill("#f-current", PASSWORD)
    page.get_by_role("button", name="Send the code").click()
    check(page)
    page.fill("#f-pin", PIN)
    page.fill("#f-again", PIN)
    page.fill("#f-current", PASSWORD)
    page.get_by_role("button", name="Send the code").click()
    check(page)
    (sms,) = eventually(lambda: site.phone.ledger(OFFICER))
    code = re.search(r"\b\d{6}\b", sms.text)
    assert code
    page.fill("#f-code", code[0])
    page.get_by_role("button", name="Confirm the phone").click()
    check(page)

    case = make.case(clock.now(), phone=CITIZEN, email="asha@example.org")
    site.phone.inbound(OFFICER, f"JIBU {PIN} {case.reference} Taa zitawekwa kesho.")
    eventually(lambda: "Taa zitawekwa" in str(site.phone.ledger(CITIZEN)))
    assert site.phone.mail is not None
    letters = site.phone.mail
    eventually(lambda: "Taa zitawekwa" in str(letters.letters("asha@example.org")))
    link = re.search(r"http\S+/track\?reference=\S+", letters.letters()[-1].text)
    assert link
    page.goto(link[0])
    assert page.input_value("#f-reference") == case.reference
    check(page)
