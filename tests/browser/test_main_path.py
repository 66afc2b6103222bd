"""The whole way of a complaint in a browser: from the citizen's words to the official's screen."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from feedback import clock
from tests.browser.conftest import Site, eventually, log_in, press
from tests.factories import Make

pytestmark = pytest.mark.browser
NUMBER = "+255754000111"


def act(page: Page, verb: str, words: str) -> None:
    """Open the form of a verb on a case page, type and send."""
    form = page.locator(f"#{verb}")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.locator("textarea[name=body]").fill(words)
    if verb == "answer":
        form.locator("[name=outcome][value=solved]").check()
    form.locator("button[type=submit]").first.click()


def staff(make: Make) -> dict[str, str]:
    """A handler at Dodoma and the regional secretary above; user names by role."""
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")
    names = {"handler": f"officer{make.count}"}
    unit_head = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Kessy")
    make.hold(unit_head, "DODOMA-CC", "unit_head", unit="WORKS")
    secretary = make.officer("RS-DODOMA", "oversight", "head", name="Asha Komba")
    names["secretary"] = f"officer{make.count}"
    make.hold(secretary, "RS-DODOMA", "institution_head")
    # Only one handler: so that the case is this one's.
    make.leave(unit_head, date(2020, 1, 1), date(2100, 1, 1))
    return names


def _in_a_week() -> str:
    return (clock.local_day(clock.now()) + timedelta(days=7)).isoformat()


def test_from_the_citizens_words_to_the_officials_screen(
    site: Site, make: Make, narrow: Page, wide: Page
) -> None:
    names = staff(make)

    # A citizen on a small phone complains on the web.
    narrow.goto(f"{site.url}/new?institution=DODOMA-CC")
    narrow.locator("label", has_text="Lalamiko").first.click()
    narrow.select_option("[name=category]", "ROADS")
    narrow.fill("[name=place]", "Makole")
    narrow.fill("[name=body]", "Taa za barabara ya Makole hazijawaka kwa wiki mbili.")
    narrow.fill("[name=phone]", "0754 000 111")
    narrow.get_by_role("button", name="Tuma", exact=True).last.click()
    expect(narrow.locator("#reference")).to_be_visible()
    reference = narrow.locator("#reference").inner_text().strip()
    code = narrow.locator("#receipt-code").inner_text().strip()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", reference)
    assert code not in narrow.url

    # A reload shows the same receipt; the acknowledgement reaches the phone.
    narrow.reload()
    expect(narrow.locator("#receipt-code")).to_have_text(code)
    sms = eventually(lambda: site.phone.ledger(NUMBER))
    assert reference in sms[0].text
    assert code not in sms[0].text

    # The handler asks; the clock waits; the citizen answers with the receipt code.
    log_in(wide, site, names["handler"])
    wide.goto(f"{site.url}/desk")
    wide.get_by_role("link", name=reference).first.click()
    expect(wide.locator("main")).to_contain_text("hazijawaka")
    expect(wide.locator("main")).not_to_contain_text("754")
    act(wide, "ask", "Ni nguzo namba ngapi?")
    eventually(lambda: len(site.phone.ledger(NUMBER)) >= 2)
    narrow.goto(f"{site.url}/track")
    narrow.fill("[name=reference]", reference.lower().replace("-", " "))
    narrow.fill("[name=receipt_code]", code.lower())
    narrow.locator("form:has([name=receipt_code]) button[type=submit]").click()
    expect(narrow.locator("main")).to_contain_text("Ni nguzo namba ngapi?")
    narrow.locator("form:has([value=message]) textarea[name=body]").fill("Nguzo ya 14 na 15.")
    narrow.locator("form:has([value=message]) button[type=submit]").click()
    expect(narrow.locator("main")).to_contain_text("Nguzo ya 14 na 15.")

    # Nobody answers for 25 working days: the case climbs to the regional secretary.
    site.command("age", reference, "--working-days", "30")
    swept = json.loads(site.command("sweep").splitlines()[-1])
    assert swept["ok"]
    official = wide.context.browser.new_context(viewport={"width": 1280, "height": 900})
    oversight = official.new_page()
    log_in(oversight, site, names["secretary"])
    oversight.goto(f"{site.url}/oversight")
    oversight.get_by_role("link", name=reference).first.click()
    expect(oversight.locator("main")).not_to_contain_text("754")
    form = oversight.locator("form:has([name=due_on])").first
    form.locator("textarea").fill("Rekebisha taa zote ndani ya wiki moja.")
    form.locator("[name=due_on]").fill(_in_a_week())
    press(oversight, "Toa agizo")
    expect(oversight.locator("main")).to_contain_text("Rekebisha taa zote")
    official.close()

    # The handler sees the directive and answers; the citizen reads it and is satisfied.
    wide.goto(f"{site.url}/desk/case/{reference}")
    expect(wide.locator("main")).to_contain_text("Rekebisha taa zote")
    act(wide, "answer", "Taa zote zimewashwa leo.")
    expect(wide.locator("main")).to_contain_text("Taa zote zimewashwa leo.")
    eventually(lambda: any("zimewashwa" in m.text for m in site.phone.ledger(NUMBER)))
    narrow.goto(f"{site.url}/track")
    expect(narrow.locator("main")).to_contain_text("Taa zote zimewashwa leo.")
    narrow.locator("form:has([value=accept]) button[type=submit]").click()
    expect(narrow.locator("main")).to_contain_text("Umefungwa")


def test_a_complaint_by_sms_is_answered_by_sms(site: Site, make: Make, wide: Page) -> None:
    make.officer("TANESCO", "handler", name="Rehema Mollel")
    username = f"officer{make.count}"
    site.phone.inbound(NUMBER, "TANESCO hatuna umeme Kikuyu tangu jana")
    sms = eventually(lambda: site.phone.ledger(NUMBER))
    reference = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", sms[0].text).group()
    log_in(wide, site, username)
    wide.goto(f"{site.url}/desk/case/{reference}")
    expect(wide.locator("main")).to_contain_text("hatuna umeme Kikuyu")
    act(wide, "answer", "Umeme umerudi saa nne asubuhi.")
    eventually(lambda: any("umerudi" in m.text for m in site.phone.ledger(NUMBER)))
    site.phone.inbound(NUMBER, f"HALI {reference}")
    eventually(lambda: len(site.phone.ledger(NUMBER)) >= 3)
