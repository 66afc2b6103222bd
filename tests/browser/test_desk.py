"""A handler's hour at the desk: answers from the list, a colleague on the same case, a line that
breaks, a session that ends. Nothing typed is lost.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from feedback import clock
from tests.browser.conftest import NARROW, WIDE, Site, check, log_in
from tests.factories import PASSWORD, Make

pytestmark = pytest.mark.browser


def answers(superuser: psycopg.Connection[Any]) -> list[str]:
    rows = superuser.execute("SELECT body FROM message WHERE kind = 'answer' ORDER BY seq")
    return [row[0] for row in rows.fetchall()]


def test_nothing_typed_is_lost_and_answers_take_three_presses(
    site: Site, make: Make, wide: Page, narrow: Page, superuser: psycopg.Connection[Any]
) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")
    neema = f"officer{make.count}"
    for _ in range(3):
        make.case(clock.now(), category="ROADS")  # of now: no sweep changes one meanwhile
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Ally")
    juma = f"officer{make.count}"

    # From the list: a click, the words, a click; then the next row is in hand.
    log_in(wide, site, neema)
    wide.goto(f"{site.url}/desk")
    links, row = wide.locator("[data-answer]"), wide.locator(".answering")
    links.first.click()
    expect(row.locator("textarea")).to_be_focused()
    expect(row).to_contain_text("Taa za barabarani")
    wide.keyboard.type("Taa zimetengenezwa na fundi.")
    row.get_by_role("button", name="Tuma jibu").click()
    expect(links).to_have_count(2)
    expect(links.first).to_be_focused()
    # By keys alone, on a screen as small as a phone's: two presses beside the words.
    wide.set_viewport_size(NARROW)
    wide.keyboard.press("a")
    expect(row.locator("textarea")).to_be_focused()
    wide.keyboard.type("Barabara imefukiwa leo.")
    check(wide)
    wide.keyboard.press("Control+Enter")
    expect(links).to_have_count(1)
    assert answers(superuser) == ["Taa zimetengenezwa na fundi.", "Barabara imefukiwa leo."]

    # Two on one case are told of each other; what comes later overwrites nothing.
    wide.set_viewport_size(WIDE)
    wide.locator("tr:has([data-answer]) th a").click()
    expect(wide.locator("h1")).to_contain_text("Lalamiko")
    url = wide.url
    log_in(narrow, site, juma)
    narrow.goto(url)
    expect(narrow.locator(".also")).to_contain_text("Neema Mushi")
    wide.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(wide.locator(".also")).to_contain_text("Juma Ally")
    wide.keyboard.press("a")
    expect(wide.locator("#f-answer")).to_be_focused()
    wide.keyboard.type("Fundi anakuja kesho.")
    expect(wide.locator("#answer [data-said]")).to_contain_text("Rasimu imehifadhiwa")
    narrow.keyboard.press("i")
    narrow.keyboard.type("Fundi ni mgonjwa.")
    narrow.keyboard.press("Control+Enter")
    expect(narrow.locator(".notice.success")).to_be_focused()
    check(narrow)
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide.locator(".notice.warning")).to_contain_text("Fundi ni mgonjwa.")
    expect(wide.locator("#f-answer")).to_have_value("Fundi anakuja kesho.")
    assert len(answers(superuser)) == 2

    # The line breaks while an answer is sent, and comes back.
    wide.context.set_offline(True)
    wide.locator("#f-answer").fill("Fundi anakuja keshokutwa.")
    wide.get_by_role("button", name="Tuma jibu").click()
    said = wide.locator("#answer [data-said]")
    expect(said).to_contain_text("Hakuna mtandao")
    expect(wide.locator("#f-answer")).to_have_value("Fundi anakuja keshokutwa.")
    wide.context.set_offline(False)
    expect(said).to_contain_text("Rasimu imehifadhiwa")
    wide.set_viewport_size({"width": 640, "height": 400})  # as at 200 % on an office's screen
    check(wide)

    # The session ends while somebody types: the login leads back to the words.
    superuser.execute("UPDATE staff_session SET ended_at = now()")
    wide.locator("#f-answer").fill("Fundi anakuja keshokutwa asubuhi.")
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide).to_have_url(re.compile("/staff/login"))
    wide.fill("[name=username]", neema)
    wide.fill("[name=password]", PASSWORD)
    wide.click("main button[type=submit]")
    expect(wide.locator("#f-answer")).to_have_value("Fundi anakuja keshokutwa asubuhi.")
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide.locator(".notice.success")).to_be_focused()
    assert answers(superuser)[2:] == ["Fundi anakuja keshokutwa asubuhi."]
    assert superuser.execute("SELECT count(*) FROM draft").fetchone() == (0,)
