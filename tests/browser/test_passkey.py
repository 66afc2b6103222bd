"""A passkey in a real browser: made by a virtual authenticator, then used as the second step."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.factories import PASSWORD, Make

pytestmark = pytest.mark.browser


def first_step(page: Page, home: str, username: str) -> None:
    page.goto(f"{home}/staff/login?lang=en")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")


def test_a_passkey_is_made_and_opens_the_second_step(web: Site, make: Make, wide: Page) -> None:
    make.officer("PO-PSMGG", "admin", enrolled=False)
    username = f"officer{make.count}"
    home = web.url.replace("127.0.0.1", "localhost")  # a passkey is bound to a name
    tools = wide.context.new_cdp_session(wide)
    tools.send("WebAuthn.enable")
    authenticator = tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )["authenticatorId"]

    # The role needs a second step: the login leads to its set-up.
    first_step(wide, home, username)
    expect(wide).to_have_url(f"{home}/staff/factors")
    wide.fill("[name=name]", "Kompyuta ya ofisi")
    wide.get_by_role("button", name="Add a passkey").click()
    expect(wide.locator("#recovery-codes li")).to_have_count(10)
    kept = tools.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})
    assert [each["rpId"] for each in kept["credentials"]] == ["localhost"]

    wide.goto(f"{home}/admin/officers")
    expect(wide.locator("h1")).to_have_text("Officers")
    wide.get_by_role("button", name="Log out").click()
    first_step(wide, home, username)
    wide.get_by_role("button", name="Use a passkey").click()
    expect(wide).to_have_url(f"{home}/admin/alarms")

    # Without the key the browser says so, and the code stays open.
    wide.get_by_role("button", name="Log out").click()
    tools.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    first_step(wide, home, username)
    wide.get_by_role("button", name="Use a passkey").click()
    expect(wide.locator("[data-failed]")).to_be_visible()
    expect(wide.locator("[name=code]")).to_be_visible()
