"""A handler's hour at the desk: answers from the list in few presses, a colleague on the same case,
a line that breaks, a session that ends. Nothing typed is lost.
"""

from __future__ import annotations

import re
import time
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from feedback import clock
from tests.browser.conftest import NARROW, WIDE, Site, check, log_in
from tests.conftest import LONG
from tests.factories import PASSWORD, Make

pytestmark = pytest.mark.browser


def answers(superuser: psycopg.Connection[Any]) -> list[str]:
    rows = superuser.execute("SELECT body FROM message WHERE kind = 'answer' ORDER BY seq")
    return [row[0] for row in rows.fetchall()]


def test_nothing_typed_is_lost(
    web: Site, make: Make, wide: Page, narrow: Page, superuser: psycopg.Connection[Any]
) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")
    neema = f"officer{make.count}"
    for _ in range(3):
        make.case(clock.now(), category="ROADS")  # of now: no sweep changes one meanwhile
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Ally")
    juma = f"officer{make.count}"

    # From the list: a click, the words, a click; then the next row is in hand.
    log_in(wide, web, neema)
    wide.goto(f"{web.url}/desk")
    links, row = wide.locator("[data-answer]"), wide.locator(".answering")
    links.first.click()
    expect(row.locator("textarea").first).to_be_focused()
    expect(row).to_contain_text("Taa za barabarani")
    wide.keyboard.type("Taa zimetengenezwa na fundi.")
    row.locator("[name=outcome][value=solved]").check()
    row.get_by_role("button", name="Tuma jibu").click()
    expect(links).to_have_count(2)
    expect(links.first).to_be_focused()
    # By keys on a screen as small as a phone's.
    wide.set_viewport_size(NARROW)
    wide.keyboard.press("a")
    expect(row.locator("textarea").first).to_be_focused()
    row.locator("[name=outcome][value=solved]").check()
    row.locator("textarea").first.focus()
    wide.keyboard.type("Taa za barabarani zinawaka leo.")
    check(wide)
    wide.keyboard.press("Control+Enter")
    expect(links).to_have_count(1)
    assert answers(superuser) == ["Taa zimetengenezwa na fundi.", "Taa za barabarani zinawaka leo."]

    # Two on one case are told of each other; what comes later overwrites nothing.
    wide.set_viewport_size(WIDE)
    wide.locator("tr:has([data-answer]) th a").click()
    expect(wide.locator("h1")).to_contain_text("Lalamiko")
    url = wide.url
    log_in(narrow, web, juma)
    narrow.goto(url)
    expect(narrow.locator(".also")).to_contain_text("Neema Mushi")
    wide.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(wide.locator(".also")).to_contain_text("Juma Ally")
    wide.keyboard.press("a")
    expect(wide.locator("#f-answer")).to_be_focused()
    wide.keyboard.type("Fundi wa taa anakuja kesho.")
    expect(wide.locator("#answer [data-said]")).to_contain_text("Rasimu imehifadhiwa")
    narrow.keyboard.press("i")
    narrow.keyboard.type("Fundi ni mgonjwa.")
    narrow.keyboard.press("Control+Enter")
    expect(narrow.locator(".notice.success")).to_be_focused()
    check(narrow)
    wide.locator("[name=outcome][value=explained]").check()
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide.locator(".notice.warning")).to_contain_text("Fundi ni mgonjwa.")
    expect(wide.locator("#f-answer")).to_have_value("Fundi wa taa anakuja kesho.")
    assert len(answers(superuser)) == 2

    # The line breaks while an answer is sent, and comes back.
    wide.context.set_offline(True)
    wide.locator("#f-answer").fill("Fundi wa taa anakuja keshokutwa.")
    wide.get_by_role("button", name="Tuma jibu").click()
    said = wide.locator("#answer [data-said]")
    expect(said).to_contain_text("Hakuna mtandao")
    expect(wide.locator("#f-answer")).to_have_value("Fundi wa taa anakuja keshokutwa.")
    wide.context.set_offline(False)
    expect(said).to_contain_text("Rasimu imehifadhiwa")
    wide.set_viewport_size({"width": 640, "height": 400})  # as at 200 % on an office's screen
    check(wide)

    # The session ends while somebody types: the login leads back to the words.
    superuser.execute("UPDATE staff_session SET ended_at = now()")
    wide.locator("#f-answer").fill("Fundi wa taa anakuja keshokutwa asubuhi.")
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide).to_have_url(re.compile("/staff/login"))
    wide.fill("[name=username]", neema)
    wide.fill("[name=password]", PASSWORD)
    wide.click("main button[type=submit]")
    expect(wide.locator("#f-answer")).to_have_value("Fundi wa taa anakuja keshokutwa asubuhi.")
    wide.get_by_role("button", name="Tuma jibu").click()
    expect(wide.locator(".notice.success")).to_be_focused()
    assert answers(superuser)[2:] == ["Fundi wa taa anakuja keshokutwa asubuhi."]
    assert superuser.execute("SELECT count(*) FROM draft").fetchone() == (0,)


@pytest.mark.parametrize("size", [NARROW, WIDE] if LONG else [NARROW])
def test_a_morning_with_forty_cases(
    web: Site,
    make: Make,
    wide: Page,
    superuser: psycopg.Connection[Any],
    size: dict[str, int],
) -> None:
    """Ten are cleared from the list, each by at most three presses beside the words."""
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    for _ in range(40):
        make.case(clock.now(), category="ROADS")
    wide.set_viewport_size(size)
    wide.add_init_script("addEventListener('pointerdown', () => { window.pressed += 1; }, true)")
    log_in(wide, web, f"officer{make.count}")
    wide.goto(f"{web.url}/desk?lang=sw")
    links, row = wide.locator("[data-answer]"), wide.locator(".answering")
    listed = links.count()
    cleared = 10 if LONG else 3
    begun, presses = time.monotonic(), []
    for number in range(cleared):
        wide.evaluate("window.pressed = 0")
        links.first.click()
        expect(row.locator("textarea").first).to_be_focused()
        wide.keyboard.insert_text(f"Taa za barabarani zimewashwa leo na fundi {number + 1}.")
        row.locator("label", has_text="Limetatuliwa").click()
        row.get_by_role("button", name=re.compile("Tuma")).last.click()
        expect(links).to_have_count(listed - number - 1)
        presses.append(wide.evaluate("window.pressed"))
    print(f"{cleared} answers in {time.monotonic() - begun:.1f} s, presses {presses}")
    assert max(presses) <= 3
    assert len(answers(superuser)) == cleared
