"""An official on a tablet: from the notice of an escalation to a directive in three touches."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, expect

from feedback import clock
from feedback.services import escalations
from feedback.transaction import JOB, transaction
from tests.browser.conftest import NARROW, Site, check, log_in
from tests.factories import Make

pytestmark = pytest.mark.browser
TABLET = {"width": 1024, "height": 768}


def test_three_touches_from_the_notice_to_a_directive(
    web: Site, make: Make, chromium: Browser
) -> None:
    now = clock.now()
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")
    secretary = make.officer("RS-DODOMA", "oversight", name="Asha Komba")
    name = f"officer{make.count}"
    make.hold(secretary, "RS-DODOMA", "institution_head")
    case = make.case(now - timedelta(days=60), category="ROADS", body="Taa haziwaki.")
    with transaction(JOB):
        escalations.sweep_batch(now)
    context = chromium.new_context(viewport=TABLET, has_touch=True, locale="sw-TZ")
    tablet, touches = context.new_page(), 0

    def touch(what: Locator) -> None:
        nonlocal touches
        touches += 1
        with tablet.expect_navigation(wait_until="load"):
            what.tap()

    log_in(tablet, web, name)
    tablet.goto(f"{web.url}/staff/notices")
    touch(tablet.get_by_role("link", name=case.reference))
    expect(tablet).to_have_url(re.compile(f"/oversight/case/{case.reference}$"))
    preset = tablet.get_by_role("button", name=re.compile("^Jibu mwananchi kufikia"))
    # In sight without scrolling: a finger that moves the page is a touch too.
    expect(preset).to_be_in_viewport()
    touch(preset)
    give = tablet.get_by_role("button", name="Toa agizo", exact=True)
    expect(tablet.locator("#f-direct")).to_have_value(re.compile("^Mjibu mwananchi kufikia"))
    expect(give).to_be_in_viewport()
    touch(give)
    expect(tablet.locator(".notice.success")).to_contain_text("Agizo limetolewa")
    assert touches == 3
    check(tablet)
    for page in (
        "escalations",
        "directives",
        "delegations",
        f"case/{case.reference}?open=take_over",
    ):
        tablet.goto(f"{web.url}/oversight/{page}")
        check(tablet)
        tablet.set_viewport_size(NARROW)
        check(tablet)
        tablet.set_viewport_size(TABLET)
    context.close()
