"""An officer's phone on a cheap handset's window, and an answer by SMS that reaches the citizen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from feedback import clock
from tests.browser.conftest import Site, check, eventually, press
from tests.factories import PASSWORD, Make

pytestmark = pytest.mark.browser
OFFICER, CITIZEN, PIN = "+255754000777", "+255712345678", "482915"


def test_from_the_account_to_the_citizen(site: Site, make: Make, narrow: Page) -> None:
    make.officer("DODOMA-CC", "handler")
    page = narrow
    page.goto(f"{site.url}/staff/login?lang=en")
    page.fill("[name=username]", f"officer{make.count}")
    page.fill("[name=password]", PASSWORD)
    press(page, "Log in")
    page.goto(f"{site.url}/staff/account/phone")
    check(page)
    page.fill("#f-number", "0754 000 777")
    page.fill("#f-pin", PIN)
    page.fill("#f-again", "482916")
    page.fill("#f-current", PASSWORD)
    press(page, "Send the code")
    check(page)
    page.fill("#f-pin", PIN)
    page.fill("#f-again", PIN)
    page.fill("#f-current", PASSWORD)
    press(page, "Send the code")
    check(page)
    (sms,) = eventually(lambda: site.phone.ledger(OFFICER))
    code = re.search(r"\b\d{6}\b", sms.text)
    assert code
    page.fill("#f-code", code[0])
    press(page, "Confirm the phone")
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
