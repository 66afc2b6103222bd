"""Files over a line that breaks: sent piece by piece, taken up where they stopped."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Site, eventually
from tests.cleaning import samples
from tests.factories import Make

pytestmark = pytest.mark.browser


def test_a_file_arrives_over_a_line_that_breaks(site: Site, make: Make, narrow: Page) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    page, seen = narrow, []

    def breaks(route: Route) -> None:
        """Every third piece is lost, with its answer."""
        seen.append(int(route.request.headers["x-begins"]))
        if len(seen) % 3 == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files", breaks)
    page.goto(f"{site.url}/new?institution=DODOMA-CC&kind=complaint&category=ROADS")
    page.fill("[name=body]", "Barabara imeharibika, picha hii hapa.")
    photo = samples.jpeg((2000, 1500)) + bytes(150_000)
    page.set_input_files(
        "[name=attachments]",
        [
            {"name": "barabara.jpg", "mimeType": "image/jpeg", "buffer": photo},
            {"name": "x.zip", "mimeType": "image/jpeg", "buffer": samples.archive()},
        ],
    )
    status = page.locator("[data-draft] [role=status]")
    expect(status).to_contain_text("barabara.jpg: Limetumwa", timeout=20_000)
    expect(status).to_contain_text("x.zip: Faili lililofungashwa")
    assert len(seen) > len(set(seen)), "no piece had to be sent again"
    assert page.evaluate("document.querySelector('[name=attachments]').files.length") == 0
    page.locator("main button.btn[type=submit]").last.click()
    expect(page.locator("#reference")).to_be_visible()
    reference = page.locator("#reference").inner_text()
    code = page.locator("#receipt-code").inner_text()
    page.goto(f"{site.url}/track")
    page.fill("[name=reference]", reference)
    page.fill("[name=receipt_code]", code)
    page.click("main button[type=submit]")

    def fetched() -> bool:
        page.reload()
        return page.locator("a[href='/track/file/1']").count() == 1

    eventually(fetched)
    with page.expect_download() as download:
        page.click("a[href='/track/file/1']")
    assert download.value.suggested_filename == "picha-1.jpg"
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xff\xd8\xff")
    assert samples.SECRET not in content


def test_a_file_that_cannot_go_before_the_form_goes_with_it(
    site: Site, make: Make, wide: Page
) -> None:
    """Send waits for the pieces; what did not get through stays in the field."""
    make.officer("DODOMA-CC", "handler", unit="WORKS")
    page = wide
    page.route("**/files", lambda route: route.fulfill(status=403, json={"error": "x"}))
    page.goto(f"{site.url}/new?institution=DODOMA-CC&kind=complaint&lang=en")
    page.fill("[name=body]", "The road is broken.")
    page.set_input_files(
        "[name=attachments]",
        [{"name": "a.pdf", "mimeType": "application/pdf", "buffer": samples.pdf()}],
    )
    page.locator("main button.btn[type=submit]").last.click()
    expect(page.locator("#reference")).to_be_visible()
    reference = page.locator("#reference").inner_text()
    code = page.locator("#receipt-code").inner_text()
    page.goto(f"{site.url}/track")
    page.fill("[name=reference]", reference)
    page.fill("[name=receipt_code]", code)
    page.click("main button[type=submit]")
    expect(page.locator("main")).to_contain_text("hati-1.pdf")
