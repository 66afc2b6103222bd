"""The counter of the page of a text: it counts as the server does, while somebody writes."""

from __future__ import annotations

import pyotp
import pytest
from playwright.sync_api import Page, expect

from feedback.services import texts
from tests.browser.conftest import Site
from tests.factories import PASSWORD, TOTP_SECRET, Make

pytestmark = pytest.mark.browser


def test_a_text_is_counted_while_it_is_written(web: Site, make: Make, wide: Page) -> None:
    make.officer("PO-PSMGG", "admin")
    wide.goto(f"{web.url}/staff/login?lang=en")
    wide.fill("[name=username]", f"officer{make.count}")
    wide.fill("[name=password]", PASSWORD)
    wide.click("main button[type=submit]")
    wide.fill("[name=code]", pyotp.TOTP(TOTP_SECRET).now())
    wide.click("main button[type=submit]")

    wide.goto(f"{web.url}/admin/texts/received")
    field, counter = wide.locator("#f-sw_parts"), wide.locator("[data-count=sw]")
    # The script counts what the server had counted.
    counted = wide.evaluate("fetch(location.href).then((answer) => answer.text())")
    shown = counter.text_content() or "?"
    assert f">{shown}</p>" in counted
    field.fill("Asante.\n")
    wide.get_by_role("button", name="{reference}").click()
    expect(field).to_have_value("Asante.\n{reference}")
    expect(counter).to_contain_text(f"{len('Asante. MWMW-MWMW')} of 160")
    field.fill("a" * 200)
    expect(counter).to_contain_text("200 characters: two SMS")
    field.fill("Ng\u2019ombe")
    expect(counter).to_contain_text("Not in the alphabet of an SMS: \u2019")
    for text in ("", "a" * 160, "a" * 161, "a" * 152 + "€" * 77, "[" * 80, "[" * 81, "é" * 307):
        assert wide.evaluate("(text) => parts(text)", text) == texts.parts(text), text
    # An office's own words go with an answer: what counts is the room that is left for them.
    wide.goto(f"{web.url}/admin/texts/answer")
    expect(counter).to_contain_text("Characters left for the office's own words: ")
