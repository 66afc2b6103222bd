"""Days off on screen: moved, closed by order, read by oversight; and why a date is what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback.services import calendars
from feedback.transaction import JOB, transaction
from tests.factories import Make
from tests.services import days_kit, kit
from tests.services.kit import Behind
from tests.web.browser import Browser, browser
from tests.web.office import at_desk, token_of
from tests.web.story import enter


@pytest.fixture
def tanzania(app: Flask, superuser: Behind) -> Any:
    """The national calendar, as it was before the test afterwards."""
    with days_kit.calendar(superuser) as number:
        yield number


def post(tab: Browser, url: str, **given: str) -> TestResponse:
    """Send a form with the token of the page."""
    return tab.post(url, data={"csrf_token": token_of(tab), **given})


def working_day(superuser: Behind, before: datetime) -> str:
    """A working day shortly before a moment."""
    off = {row["day"] for row in kit.rows(superuser, "SELECT day FROM holiday")}
    day = before.date() - timedelta(days=1)
    while day.weekday() > 4 or day in off:
        day -= timedelta(days=1)
    return day.isoformat()


def apply_all() -> None:
    with transaction(JOB):
        waiting = calendars.pending()
    for number in waiting:
        days_kit.apply(number, datetime.now(UTC))


def test_an_office_is_closed_by_order_and_everybody_can_read_why(
    app: Flask, make: Make, superuser: Behind, tanzania: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    receipt = make.case(datetime.now(UTC) - timedelta(minutes=5))
    day = working_day(superuser, receipt.answer_due)
    given = {
        "calendar": str(tanzania),
        "day": day,
        "name_sw": "Mafuriko",
        "name_en": "Floods",
        "whose": "office",
        "office": "dodoma-cc",
        "status": "confirmed",
    }
    missing = post(tab, "/admin/holidays", **given, ordered_by="Mkurugenzi")
    assert missing.status_code == 422
    assert "number of the order" in missing.text
    assert 'value="dodoma-cc"' in missing.text  # what was typed is kept
    nowhere = post(tab, "/admin/holidays", **given | {"office": "Atlantis"}, ordered_by="x")
    assert (nowhere.status_code, "Choose a region" in nowhere.text) == (422, True)
    noon = {"ordered_by": "Mkurugenzi", "order_number": "AB.7", "closes": "soon"}
    assert post(tab, "/admin/holidays", **given, **noon).status_code == 422
    done = post(tab, "/admin/holidays", **given, **noon | {"closes": ""})
    assert done.status_code == 303
    page = tab.get(f"/admin/holidays?year={day[:4]}&calendar={tanzania}").text
    assert "order no. AB.7, Mkurugenzi" in page
    assert "being computed" in page
    apply_all()
    assert kit.case_row(superuser, receipt.case_id)["due_at"] > receipt.answer_due

    seen_to = "".join(map(str.strip, tab.get("/admin/alarms").text.splitlines()))
    assert '"Where to see to it"><a href="/admin/holidays">Days off</a></td>' in seen_to
    above = at_desk(app, head)
    listed = above.get("/oversight/days-off").text
    assert "Floods" in listed
    assert "AB.7, Mkurugenzi" in listed
    assert "An office was closed by order" in above.get("/desk/alarms").text
    case = f"/desk/case/{receipt.reference}"
    desk = at_desk(app, handler)
    assert f"{case}/why" in desk.get(case).text
    why = desk.get(f"{case}/why").text
    assert "office closed by order no. AB.7, Mkurugenzi" in why
    assert "by standard STANDARD, version 1" in why
    assert (
        "office closed by order no. AB.7"
        in above.get(f"/oversight/case/{receipt.reference}/why").text
    )

    citizen = browser(app)
    assert citizen.get("/track/why").headers["Location"] == "/track"
    enter(citizen, receipt)
    assert "/track/why" in citizen.get("/track?lang=en").text
    own = citizen.get("/track/why").text
    assert "office closed by order no. AB.7" in own
    assert "Mkurugenzi" not in own  # whoever ordered it is an officer's matter


def test_a_day_is_moved_with_one_act(
    app: Flask, make: Make, superuser: Behind, tanzania: int
) -> None:
    tab: Browser = at_desk(app, make.officer("PO-PSMGG", "admin"))
    year = datetime.now(UTC).year + 1
    row = {"calendar": str(tanzania), "day": f"{year}-09-01", "scope": "*"}
    named = {"name_sw": "Sikukuu ya mwezi", "name_en": "Moon day", "status": "expected"}
    assert post(tab, "/admin/holidays", **row, **named).status_code == 303
    for to in ("", row["day"]):
        wrong = post(tab, "/admin/holidays/move", **row, to=to)
        assert wrong.status_code == 422
        assert 'id="f-to"' in wrong.text
    assert post(tab, "/admin/holidays/move", **row, to=f"{year}-09-02").status_code == 303
    assert post(tab, "/admin/holidays/move", **row, to=f"{year}-09-03").status_code == 422
    page = tab.get(f"/admin/holidays?year={year}&calendar={tanzania}").text
    assert page.count(">Moon day<") == 2
    assert "Moved to another day: " in page


def test_oversight_reads_who_held_cases_how_long(app: Flask, make: Make) -> None:
    officer = make.officer("RS-DODOMA", "oversight")
    make.hold(officer, "RS-DODOMA", "institution_head")
    tab = at_desk(app, officer)
    page = tab.get("/oversight/held").text
    assert "Dodoma City" in page
    assert "fewer than 10" in page
    assert tab.get("/oversight/held?institution=DODOMA-CC&month=3").status_code == 200
    assert tab.get("/oversight/held?institution=ARUSHA-CC").status_code == 404
    assert "No office was closed by order." in tab.get("/oversight/days-off?before=x").text
