"""A call entered on a narrow window, its slip on one sheet of A5, the poster on one of A4; axe
finds nothing on the pages of paper and of improvement actions."""

from __future__ import annotations

import io

import pikepdf
import pytest
from playwright.sync_api import Page

from feedback import clock
from tests.browser.conftest import Site, check, log_in, press
from tests.factories import Make

pytestmark = pytest.mark.browser
A4, A5 = (210, 297), (148, 210)  # mm


def sheets(page: Page) -> list[tuple[int, int]]:
    """The sheets that a printer gets, in mm."""
    document = pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    boxes = [[float(number) / 72 * 25.4 for number in sheet.mediabox] for sheet in document.pages]
    return [(round(box[2]), round(box[3])) for box in boxes]


def test_from_the_call_to_the_slip(site: Site, make: Make, narrow: Page, wide: Page) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    make.officer("DODOMA-CC", "registry")
    log_in(narrow, site, f"officer{make.count}")
    narrow.check("[name=how][value=call]")
    narrow.check("[name=kind][value=complaint]")
    press(narrow, "Sajili na chapisha stakabadhi")
    check(narrow)  # the words are missing
    assert narrow.is_checked("[name=how][value=call]")
    narrow.fill("[name=body]", "Taa za barabarani hazijawaka kwa wiki mbili.")
    narrow.select_option("[name=category]", "ROADS")
    press(narrow, "Sajili na chapisha stakabadhi")
    check(narrow)
    assert sheets(narrow) == [A5]
    narrow.goto(f"{site.url}/desk/register/entries")
    check(narrow)

    receipt = make.case(clock.now(), category="ROADS")
    make.officer("DODOMA-CC", "coordinator")
    log_in(wide, site, f"officer{make.count}")
    wide.goto(f"{site.url}/desk/improvements/new")
    wide.fill("[name=title]", "Kukagua taa kila mwezi")
    wide.fill("[name=cause]", "Taa hazikaguliwi.")
    press(wide, "Andika hatua")
    check(wide)
    wide.select_option("[name=owner]", index=1)
    wide.fill("[name=due_on]", "2099-12-31")
    press(wide, "Andika hatua")
    check(wide)
    wide.goto(f"{site.url}/desk/improvements")
    check(wide)
    wide.goto(f"{site.url}/desk/poster")
    check(wide)
    assert sheets(wide) == [A4]
    wide.goto(f"{site.url}/desk/poster?sheet=cards")
    check(wide)
    assert sheets(wide) == [A4]
    wide.goto(f"{site.url}/desk/case/{receipt.reference}/print")
    check(wide)
    assert set(sheets(wide)) == {A4}
