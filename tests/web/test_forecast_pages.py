"""The forecast on screen: of a case, in a row, of an office, and below an official."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services import desk, forecasts, marks
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.web.office import at_desk, references

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def refresh(now: datetime) -> None:
    with transaction(JOB):
        forecasts.refresh(now)


def learned(superuser: psycopg.Connection[Any]) -> None:
    """What was learned, as if from 120 cases that nobody acknowledged."""
    superuser.execute("INSERT INTO forecast_state VALUES (1, NULL, %s, 120)", (MONDAY,))
    for key, late in (
        ("{}", 90),
        ("{half}", 90),
        ("{half,silent}", 84),
        ("{half,acknowledged}", 6),
    ):
        superuser.execute("INSERT INTO risk_cell VALUES (%s, 120, %s)", (key, late))


def test_a_row_and_a_page_say_what_comes(
    app: Flask,
    make: Make,
    handler: int,
    clock: Any,
    superuser: psycopg.Connection[Any],
) -> None:
    learned(superuser)
    silent = make.case(MONDAY, category="ROADS")
    heard = make.case(MONDAY, category="ROADS")
    with transaction(Principal.of_officer(handler)):
        desk.acknowledge(heard.case_id, MONDAY)
    now = MONDAY + 11 * DAY
    clock.move_to(now)
    refresh(now)
    tab = at_desk(app, handler)
    page = tab.get("/desk").text
    assert page.count("Likely late") == 2  # one row, and the choice of the filter
    assert "Of 120 cases like this one 84 were late: not acknowledged, half the time gone." in page
    assert "Head of unit: today" in page
    assert "Head of unit: 5 days" in page
    assert references(tab.get("/desk?risk=late").text) == [silent.reference]
    assert len(references(tab.get("/desk?risk=x").text)) == 2
    case = tab.get(f"/desk/case/{heard.reference}").text
    assert (
        "If nobody acts it reaches Head of unit in 5 working days,"
        " Head of Administration and Human Resources in 8, Council Director in 11." in case
    )
    assert "Likely late" not in case
    assert "84 were late" in tab.get(f"/desk/case/{silent.reference}").text
    swahili = tab.get(f"/desk/case/{silent.reference}?lang=sw").text
    assert "Kati ya mashauri 120 kama hili, 84 yalichelewa" in swahili
    assert "Huenda likachelewa" in swahili


def test_heads_and_oversight_see_the_coming_days(
    app: Flask, make: Make, handler: int, clock: Any, query_count: Any
) -> None:
    clock.move_to(MONDAY)
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    official = make.officer("RS-DODOMA", "oversight")
    tab = at_desk(app, head)
    assert "The forecast is being made." in tab.get("/desk/board").text
    cases = [make.case(MONDAY, category="ROADS") for _ in range(11)]
    refresh(MONDAY)
    tab.get("/desk/forecast")
    for path in ("/desk/board", "/desk/forecast"):
        page = tab.get(path).text
        assert "12 Nov 2025</th>" in page
        assert '<td class="num">11</td>' in page
        assert "As of " in page
    assert set(references(page)) == {case.reference for case in cases}
    with query_count() as counted:
        tab.get("/desk/forecast")
    assert counted.number <= 20
    with transaction(JOB):
        marks.notices([head], "will_climb", None, MONDAY, "2025-11-10")
    assert 'href="/desk/forecast">Forecast' in tab.get("/staff/notices").text
    assert at_desk(app, handler).get("/desk/forecast").status_code == 403
    region = at_desk(app, official)
    below = region.get("/oversight/forecast").text
    assert '<td class="num">10</td>' in below  # never eleven
    assert '<td class="num">11</td>' not in below
    assert "fewer than 10" in below
    assert "Dodoma City Council" in below
    one = region.get("/oversight/forecast?institution=DODOMA-CC")
    assert one.status_code == 200
    assert not references(one.text)
    assert region.get("/oversight/forecast?institution=TANGA-CC").status_code == 404
