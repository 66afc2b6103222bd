"""The administration in a real browser: nothing that axe finds, a change without a mouse."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from feedback.clock import now
from tests.browser.conftest import Site, check, log_in, press
from tests.factories import Make
from tests.services.kit import Behind
from tests.services.reference_kit import kept

pytestmark = pytest.mark.browser


def test_a_rung_is_changed_and_a_file_tried_on_a_phone(
    site: Site, make: Make, narrow: Page, superuser: Behind, tmp_path: Path
) -> None:
    make.officer("PO-PSMGG", "admin")
    me = f"officer{make.count}"
    make.officer("PO-PSMGG", "admin")
    table = tmp_path / "maafisa.csv"
    table.write_text("username;name;institution\nx;X;DODOMA-CC\n=y;Y;DODOMA-CC\n")
    with kept(superuser):
        log_in(narrow, site, me)
        for page in ("institutions?lang=sw", "institutions/row/DODOMA-CC"):
            narrow.goto(f"{site.url}/admin/{page}")
            check(narrow)
        narrow.goto(f"{site.url}/admin/csv/people")
        narrow.set_input_files("[name=file]", table)
        press(narrow, "Ona litafanya nini")
        check(narrow)
        narrow.goto(f"{site.url}/admin/ladders/row/council/4?lang=en")
        narrow.get_by_label("Working days on this rung").fill("5")
        narrow.get_by_label("From a day on").check()
        narrow.get_by_label("Day", exact=True).first.fill(f"{now().year + 1}-02-01")
        with narrow.expect_navigation(wait_until="load"):
            narrow.keyboard.press("Enter")  # checks, and saves nothing
        expect(narrow.get_by_text("stays there for 5 working days")).to_be_visible()
        check(narrow)
        press(narrow, "Save")
        expect(narrow.get_by_text("Waits for a second administrator")).to_be_visible()
        check(narrow)
