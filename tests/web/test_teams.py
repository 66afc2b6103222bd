"""The board, the team, handover with its way back, and closing an account, as on screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback import clock
from feedback.clock import local_day
from tests.factories import Make
from tests.services import kit
from tests.web.browser import Browser, hidden
from tests.web.office import at_desk, references

Behind = psycopg.Connection[Any]


def send(tab: Browser, page: str, path: str, /, **fields: Any) -> TestResponse:
    """Post one of a page's forms and follow it to where it leads."""
    token = hidden(tab.get(page).text, "csrf_token")
    return tab.post(path, data={"csrf_token": token, **fields}, follow_redirects=True)


@pytest.fixture
def office(app: Flask, make: Make) -> dict[str, int]:
    """A council with two handlers of works, who own three and no cases, and a coordinator."""
    now = clock.now() - timedelta(days=1)
    people = {
        "asha": make.officer("DODOMA-CC", "handler", unit="WORKS", name="Asha Mwakyusa"),
        "neema": make.officer("DODOMA-CC", "coordinator", name="Neema Kimaro"),
    }
    for _ in range(3):
        make.case(now, category="ROADS")
    people["baraka"] = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Baraka Mollel")
    return people


def owners(superuser: Behind) -> list[int]:
    return sorted(row["handler_id"] for row in kit.rows(superuser, 'SELECT handler_id FROM "case"'))


def test_everything_is_handed_over_in_one_act_and_taken_back(
    app: Flask, office: dict[str, int], superuser: Behind
) -> None:
    tab = at_desk(app, office["neema"])
    url = f"/desk/team/{office['asha']}/hand-over"
    page = tab.get(url).text
    assert "<dt>Open cases</dt><dd>3</dd>" in page
    wrong = send(tab, url, url, to="999")
    assert wrong.status_code == 422
    assert "Choose an officer" in wrong.text
    done = send(tab, url, url, to=str(office["baraka"]), which="all")
    assert "Cases moved: 3" in done.text
    assert len(references(done.text)) == 3
    assert owners(superuser) == [office["baraka"]] * 3
    move = done.request.path
    assert f'href="{move}"' in tab.get("/desk/board").text
    undone = send(tab, move, f"{move}/undo")
    assert "Given back: 3" in undone.text
    assert owners(superuser) == [office["asha"]] * 3
    again = send(tab, url, f"{move}/undo")
    assert again.status_code == 422
    assert "It is too late for this." in again.text


def test_ticked_cases_go_to_whoever_has_the_least(
    app: Flask, office: dict[str, int], superuser: Behind
) -> None:
    tab = at_desk(app, office["neema"])
    url = f"/desk/board/cases?officer={office['asha']}&what=all"
    page = tab.get(url + "&all=1").text
    assert page.count(" checked>") == 3
    empty = send(tab, url, "/desk/board/move", to="load", officer=str(office["asha"]))
    assert empty.status_code == 422
    assert "Tick at least one case." in empty.text
    cases = kit.rows(superuser, 'SELECT id FROM "case" ORDER BY due_at, id LIMIT 2')
    done = send(
        tab, url, "/desk/board/move", to="load", case=[str(row["id"]) for row in cases] + ["x"]
    )
    assert "Cases moved: 2" in done.text
    assert owners(superuser) == sorted([office["asha"], office["baraka"], office["baraka"]])


def test_the_roster_is_kept_and_printed(
    app: Flask, office: dict[str, int], superuser: Behind
) -> None:
    tab = at_desk(app, office["neema"])
    page = f"/desk/team/{office['baraka']}"
    (unit,) = kit.rows(superuser, "SELECT unit_id FROM officer WHERE id = %s", office["baraka"])
    done = send(tab, page, f"{page}/roster", unit=str(unit["unit_id"]), category="", share="50")
    assert "The roster is set." in done.text
    none = send(tab, page, f"{page}/duty", deputy="")
    assert none.status_code == 422
    assert "Choose at least one day" in none.text
    send(tab, page, f"{page}/duty", days=["1", "3"], half_days=["3"], deputy=str(office["asha"]))
    team = tab.get("/desk/team").text
    assert "Mon, Wed ½" in team
    assert "half a load" in team
    paper = tab.get("/desk/team/print").text
    assert "Mambo yote" in paper
    assert "Jtt, Jtn ½" in paper
    entry = hidden(tab.get(page).text, "entry")
    assert "Not on the roster" in send(tab, page, f"{page}/unroster", entry=entry).text


def test_own_leave_is_entered_at_once_and_stands_on_the_board(
    app: Flask, office: dict[str, int]
) -> None:
    tab, today = at_desk(app, office["asha"]), local_day(clock.now())
    wrong = send(tab, "/desk/leave", "/desk/leave", first_day="x", last_day="")
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text  # beside the field, not above the page alone
    days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=60)).isoformat()}
    assert "The leave is noted." in send(tab, "/desk/leave", "/desk/leave", **days).text
    leading = at_desk(app, office["neema"])
    board = leading.get("/desk/board").text
    assert "Asha Mwakyusa is away" in board
    assert "Cases that fall due in this time: 3." in board
    assert "An officer of yours entered leave" in leading.get("/staff/notices").text
    url = f"/desk/team/{office['baraka']}/hand-over"
    assert "on leave today" in send(leading, url, url, to=str(office["asha"])).text
    entry = hidden(tab.get("/desk/leave").text, "leave")
    assert "The leave has ended." in send(tab, "/desk/leave", "/desk/leave", leave=entry).text


def test_nobody_else_keeps_a_team(app: Flask, make: Make, office: dict[str, int]) -> None:
    stranger = make.officer("TANGA-CC", "coordinator")
    for officer, code in ((office["asha"], 403), (stranger, 404)):
        tab = at_desk(app, officer)
        page = f"/desk/team/{office['baraka']}"
        token = hidden(tab.get("/desk/leave").text, "csrf_token")
        for path in (page, f"{page}/hand-over", f"/desk/board/cases?officer={office['baraka']}"):
            assert tab.get(path).status_code == code, path
        for act in ("roster", "duty", "leave", "unroster", "end-leave"):
            posted = tab.post(f"{page}/{act}", data={"csrf_token": token, "days": "1"})
            assert posted.status_code in (403, 404), act
        to = {"csrf_token": token, "to": "load"}
        assert tab.post(f"{page}/hand-over", data=to).status_code == code


def test_closing_an_account_says_what_happens(
    app: Flask, make: Make, office: dict[str, int]
) -> None:
    make.hold(office["asha"], "DODOMA-CC", "unit_head", unit="WORKS")
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    page = f"/admin/officers/{office['asha']}"
    assert f'href="{page}/close"' in tab.get(page).text
    told = tab.get(f"{page}/close").text
    assert "Open cases: 3" in told
    assert "Baraka Mollel" in told
    assert "Nobody is left on it" in told
    assert "Closed account" in send(tab, f"{page}/close", f"{page}/deactivate").text
    assert tab.get(f"{page}/close").status_code == 404


def test_the_board_costs_the_same_whatever_it_shows(
    app: Flask, make: Make, office: dict[str, int], superuser: Behind, query_count: Any
) -> None:
    tab = at_desk(app, office["neema"])
    paths = ("/desk/board", f"/desk/board/cases?officer={office['asha']}", "/desk/team")
    before = []
    for path in paths:
        tab.get(path)
        with query_count() as counted:
            tab.get(path)
        before.append(counted.number)
    kit.many(superuser, 200, clock.now() - timedelta(days=9), handler=office["asha"])
    for _ in range(3):
        make.officer("DODOMA-CC", "handler", unit="WATER")
    after = []
    for path in paths:
        with query_count() as counted:
            tab.get(path)
        after.append(counted.number)
    assert after == before
