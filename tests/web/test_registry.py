"""Paper and telephone at the browser: the form, its slip, the list of entries; the printed file."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.cleaning import samples
from tests.factories import Make
from tests.services import kit
from tests.web.browser import Browser, by_id, count, hidden
from tests.web.office import act, at_desk, token_of

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
WORDS = "Mtaro umeziba mbele ya shule ya Uhindini."


@pytest.fixture
def tab(app: Flask, make: Make, handler: int) -> Browser:
    return at_desk(app, make.officer("DODOMA-CC", "registry", name="Zawadi Kileo"))


def filled(tab: Browser, **changed: Any) -> dict[str, Any]:
    """The form as a browser posts it: fetched, then filled in."""
    page = tab.get("/desk/register").text
    return {
        "csrf_token": hidden(page, "csrf_token"),
        "submission_id": hidden(page, "submission_id"),
        "how": "letter",
        "received_on": "2025-11-03",
        "file_number": "DCC/MAL/12",
        "kind": "complaint",
        "category": "ROADS",
        "body": WORDS,
        "confidentiality": "open",
        "phone": "0712 345 678",
        "language": "sw",
        **changed,
    }


def enter(tab: Browser, data: dict[str, Any]) -> TestResponse:
    return tab.post("/desk/register", data=data, content_type="multipart/form-data")


def test_a_letter_becomes_a_case_and_a_slip(
    tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    data = filled(tab, attachments=[(io.BytesIO(samples.jpeg()), "barua.jpg")])
    answer = enter(tab, data)
    assert (answer.status_code, answer.location) == (303, "/desk/register/slip")
    slip = tab.get(answer.location).text
    reference, code = by_id(slip, "reference"), by_id(slip, "receipt-code")
    assert reference
    assert code
    assert "Monday 3 November 2025" in slip or "Monday, 3 November 2025" in slip
    assert "data:image/svg+xml" in slip
    assert WORDS not in slip
    # The back button and a second press: the same case, the same numbers.
    again = {**filled(tab), "submission_id": data["submission_id"]}
    assert enter(tab, again).status_code == 303
    slip = tab.get("/desk/register/slip").text
    assert (by_id(slip, "reference"), by_id(slip, "receipt-code")) == (reference, code)
    assert count(superuser) == 1
    ((case,),) = superuser.execute('SELECT id FROM "case"').fetchall()
    assert len(kit.of_case(superuser, "attachment", case)) == 1
    # The clerk's list has the number, the words are nowhere.
    listed = tab.get("/desk/register/entries").text
    assert reference in listed
    assert "DCC/MAL/12" in listed
    assert tab.get(f"/desk/case/{reference}").status_code == 403
    # Put away, the code is shown no more.
    tab.post("/desk/register/slip", data={"csrf_token": token_of(tab)})
    gone = tab.get("/desk/register/slip")
    assert gone.status_code == 404
    assert code not in gone.text


def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(
    tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    wrong = filled(tab, how="", received_on="2025-11-11", phone="12", persons="Bwana Afya")
    answer = enter(tab, wrong)
    assert answer.status_code == 422
    for field in ("how", "received_on", "phone"):
        assert f'id="f-{field}-error"' in answer.text
    for kept in (WORDS, "Bwana Afya", "DCC/MAL/12", wrong["submission_id"]):
        assert kept in answer.text
    old = enter(tab, filled(tab, received_on="01/09/2025"))
    assert 'id="f-late_reason-error"' in old.text
    assert 'value="2025-09-01"' in old.text
    assert count(superuser) == 0


def test_an_entry_about_the_clerk_warns_first(
    tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    about = filled(tab, persons="Zawadi Kileo wa masjala")
    answer = enter(tab, about)
    assert answer.status_code == 422
    assert "It seems to concern you" in answer.text
    assert count(superuser) == 0
    assert enter(tab, {**about, "confirmed": "1"}).status_code == 303
    reference = by_id(tab.get("/desk/register/slip").text, "reference")
    assert reference not in tab.get("/desk/register/entries").text


def test_another_officer_of_the_browser_sees_no_slip(app: Flask, tab: Browser, make: Make) -> None:
    enter(tab, filled(tab))
    other = make.officer("DODOMA-CC", "registry")
    with at_desk(app, other).session_transaction() as theirs, tab.session_transaction() as mine:
        mine["_user_id"] = theirs["_user_id"]
    assert tab.get("/desk/register/slip").status_code == 404


def test_the_office_s_number_and_the_printed_file(
    app: Flask, tab: Browser, handler: int, superuser: psycopg.Connection[Any], clock: Any
) -> None:
    enter(tab, filled(tab))
    reference = by_id(tab.get("/desk/register/slip").text, "reference")
    desk = at_desk(app, handler)
    page = desk.get(f"/desk/case/{reference}").text
    assert "Zawadi Kileo" in page
    assert act(desk, f"/desk/case/{reference}", "file_number", number="DCC/99").status_code == 303
    found = desk.get("/desk/search", query_string={"q": "DCC/99"}).text
    assert f'<li><a href="/desk/case/{reference}">' in found
    too_long = act(desk, f"/desk/case/{reference}", "file_number", number="9" * 61)
    assert too_long.status_code == 422
    assert "9" * 61 in too_long.text
    assert reference in desk.get("/desk/register/entries?number=dcc/99").text
    act(desk, f"/desk/case/{reference}", "answer", body="Mtaro umesafishwa jana.")
    printed = desk.get(f"/desk/case/{reference}/print").text
    for said in (WORDS, "Mtaro umesafishwa jana.", "DCC/99", "Printed by Neema Mushi"):
        assert said in printed
    assert "712" not in printed
    ((case,),) = superuser.execute('SELECT id FROM "case"').fetchall()
    assert "file_printed" in kit.acts(superuser, case)


def test_who_may_not_read_the_words_prints_nothing(app: Flask, make: Make, handler: int) -> None:
    receipt = make.case(MONDAY, category="ROADS", confidentiality="confidential")
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    assert coordinator.get(f"/desk/case/{receipt.reference}").status_code == 200
    assert coordinator.get(f"/desk/case/{receipt.reference}/print").status_code == 404


def test_the_poster_is_in_swahili_whatever_the_officer_reads(
    app: Flask, make: Make, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "AT_SHORTCODE", "15054")
    head = at_desk(app, make.officer("DODOMA-CC", "head"))
    for url in ("/desk/poster", "/desk/poster?sheet=cards&language=nonsense"):
        page = head.get(url).text
        for said in ("Jiji la Dodoma", "DODOMA-CC", "15054", "*152*00#", "/i/DODOMA-CC"):
            assert said in page, said
    assert "Dodoma City Council" in head.get("/desk/poster?language=en").text
    admin = at_desk(app, make.officer("PO-PSMGG", "admin"))
    assert "Tuambie!" in admin.get("/admin/poster?institution=dodoma-cc").text
    assert re.search(r'name="institution"', admin.get("/admin/poster").text)
    handler = at_desk(app, make.officer("DODOMA-CC", "handler"))
    assert handler.get("/desk/poster").status_code == 403


def test_a_slip_ends_with_the_day(tab: Browser, clock: Any) -> None:
    enter(tab, filled(tab))
    assert tab.get("/desk/register/slip").status_code == 200
    clock.shift(timedelta(hours=5))
    answer = tab.get("/desk/register/slip")
    assert by_id(answer.text, "receipt-code") is None
