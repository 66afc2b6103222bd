"""The pages round an identity: asking, deciding, seeing it once, and what the citizen reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from feedback.services.cases import Receipt
from tests.factories import Make
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk, token_of
from tests.web.story import MONDAY, enter

Behind = psycopg.Connection[Any]
NAME, NUMBER = "Neema Kitumbua", "+255712345678"
REASON = "Hospitali inahitaji jina la mgonjwa."


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    """A Monday morning that a test moves on by hand."""
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture
def handler(make: Make) -> int:
    """The handler of the case."""
    return make.officer("DODOMA-CC", "handler", name="Asha Juma")


@pytest.fixture
def head(make: Make) -> int:
    """The head of the institution."""
    number = make.officer("DODOMA-CC", "head", name="Rashid Mfaume")
    make.hold(number, "DODOMA-CC", "institution_head")
    return number


def case(make: Make, level: str = "open") -> Receipt:
    return make.case(MONDAY, confidentiality=level, name=NAME, phone=NUMBER)


def ask(tab: Browser, base: str, receipt: Receipt, **changed: Any) -> TestResponse:
    page = f"{base}/case/{receipt.reference}/identity"
    data = {"csrf_token": token_of(tab), "fields": ["name"], "reason": REASON, **changed}
    return tab.post(page, data=data)


def press(tab: Browser, page: str, verb: str, reference: str = "") -> TestResponse:
    """Press the button of a verb on a page."""
    found = re.search(rf'action="([^"]+/openings/[^"/]+/{verb})"', tab.get(page).text)
    assert found, verb
    return tab.post(found[1], data={"csrf_token": token_of(tab), "reference": reference})


def test_the_handler_of_an_ordinary_case_sees_it_once_asked(
    app: Flask, make: Make, handler: int
) -> None:
    receipt, tab = case(make), at_desk(app, handler)
    page = f"/desk/case/{receipt.reference}"
    assert f'{page}/identity"' in tab.get(page).text
    first = tab.get(f"{page}/identity").text
    assert "The citizen reads this as you write it" in first
    assert "Nobody has asked" in first
    assert ask(tab, "/desk", receipt).location == f"{page}/identity"
    asked = tab.get(f"{page}/identity")
    assert NAME not in asked.text
    shown = press(tab, f"{page}/identity", "look", receipt.reference)
    assert NAME in shown.text
    assert NUMBER not in shown.text  # not asked for
    assert shown.headers["Cache-Control"] == "no-store"
    assert f'href="{page}/identity"' in shown.text
    ended = press(tab, f"{page}/identity", "end", receipt.reference)
    assert (ended.status_code, ended.location) == (303, f"{page}/identity")
    assert "/look" not in tab.get(f"{page}/identity").text


def test_it_ends_by_itself_after_an_hour(app: Flask, make: Make, handler: int, clock: Any) -> None:
    receipt, tab = case(make), at_desk(app, handler)
    page = f"/desk/case/{receipt.reference}/identity"
    ask(tab, "/desk", receipt)
    found = re.search(r'action="([^"]+/look)"', tab.get(page).text)
    assert found
    clock.shift(timedelta(hours=1))
    late = tab.post(found[1], data={"csrf_token": token_of(tab), "reference": receipt.reference})
    assert (late.status_code, late.location) == (303, page)
    assert "it has ended" in tab.get(page).text


@pytest.mark.parametrize("by", ["head on the case", "head on the list", "ethics on the list"])
def test_a_confidential_one_waits_for_a_second_person(
    app: Flask, make: Make, handler: int, head: int, by: str
) -> None:
    receipt, tab = case(make, "confidential"), at_desk(app, handler)
    page = f"/desk/case/{receipt.reference}/identity"
    ask(tab, "/desk", receipt)
    waiting = tab.get(page).text
    assert "Waits for a second person" in waiting
    assert "/look" not in waiting
    assert "/allow" not in waiting
    if by == "ethics on the list":
        second, where = at_desk(app, make.officer("ETHICS", "ethics")), "/ethics/openings"
        assert second.get(f"/ethics/case/{receipt.reference}").status_code == 404
    else:
        second = at_desk(app, head)
        where = page if by == "head on the case" else "/desk/openings"
    assert REASON in second.get(where).text
    assert press(second, where, "allow").status_code == 303
    assert "/allow" not in second.get(where).text
    assert NAME in press(tab, page, "look", receipt.reference).text
    assert "for one hour" in tab.get("/staff/notices").text


def test_refusing_tells_the_officer_and_opens_nothing(
    app: Flask, make: Make, handler: int, head: int
) -> None:
    receipt, tab = case(make, "confidential"), at_desk(app, handler)
    ask(tab, "/desk", receipt)
    second = at_desk(app, head)
    found = re.search(r'formaction="([^"]+/refuse)"', second.get("/desk/openings").text)
    assert found
    second.post(found[1], data={"csrf_token": token_of(second)})
    page = tab.get(f"/desk/case/{receipt.reference}/identity").text
    assert "Refused" in page
    assert "/look" not in page
    assert "stays closed" in tab.get("/staff/notices").text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"fields": []}, "Choose what you need to see."),
        ({"reason": " "}, "Write why you need it."),
        ({"reason": "a" * 501}, "Write at most 500 characters."),
        ({"fields": ["email"]}, "This is not held any more."),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    app: Flask, make: Make, handler: int, changed: dict[str, Any], message: str
) -> None:
    tab = at_desk(app, handler)
    answer = ask(tab, "/desk", case(make), **changed)
    assert answer.status_code == 422
    assert message in answer.text
    assert changed.get("reason", REASON) in answer.text


def test_who_may_neither_ask_nor_decide_finds_no_page(
    app: Flask, make: Make, handler: int, superuser: Behind
) -> None:
    receipt = case(make, "confidential")
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    elsewhere = at_desk(app, make.officer("DAWASA", "handler"))
    page = f"/desk/case/{receipt.reference}"
    assert "/identity" not in coordinator.get(page).text
    assert coordinator.get(f"{page}/identity").status_code == 403
    assert elsewhere.get(f"{page}/identity").status_code == 404
    assert ask(coordinator, "/desk", receipt).status_code == 403
    assert ask(elsewhere, "/desk", receipt).status_code == 404
    assert superuser.execute("SELECT count(*) FROM identity_opening").fetchone() == (0,)


def test_no_leaders_view_shows_the_way_to_it(app: Flask, make: Make, handler: int) -> None:
    leader = make.officer("RS-DODOMA", "oversight")
    post = make.hold(leader, "RS-DODOMA", "institution_head")
    receipt = case(make)
    with psycopg.connect(app.config["DATABASE_OWNER_URL"].replace("+psycopg", "")) as connection:
        connection.execute("SET ROLE mrejesho_owner")
        connection.execute(
            "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, post_id,"
            " from_institution_id, way, restricted, due_at, at) SELECT gen_random_uuid(), id, 1, 4,"
            " 'council', 'answer', %s, institution_id, 'holder', false, now(), now() FROM \"case\"",
            (post,),
        )
    page = at_desk(app, leader).get(f"/oversight/case/{receipt.reference}")
    assert page.status_code == 200
    assert "identity" not in page.text
    assert NAME not in page.text


# The citizen.


@pytest.fixture
def citizen(app: Flask) -> Browser:
    """A citizen's browser that reads English."""
    tab = browser(app)
    tab.get("/?lang=en")
    return tab


def test_the_citizen_reads_who_when_and_why(
    app: Flask, make: Make, handler: int, citizen: Browser
) -> None:
    receipt, tab = case(make), at_desk(app, handler)
    enter(citizen, receipt)
    assert "Who saw your identity" not in citizen.get("/track").text
    ask(tab, "/desk", receipt)
    press(tab, f"/desk/case/{receipt.reference}/identity", "look")
    told = citizen.get("/track").text
    assert "Who saw your identity" in told
    assert REASON in told
    assert "Handler: Name" in told
    assert "Monday 10 November 2025" in told
    assert "Asha Juma" not in told


def test_forget_me_asks_once_more_and_then_does_it(
    make: Make, handler: int, citizen: Browser, superuser: Behind
) -> None:
    receipt = case(make)
    enter(citizen, receipt)
    page = citizen.get("/track").text
    assert "Held under seal: Name, Phone number." in page
    token = hidden(page, "csrf_token")
    unsure = citizen.post("/track", data={"csrf_token": token, "act": "forget"})
    assert unsure.status_code == 422
    assert 'id="f-forget-error"' in unsure.text
    done = citizen.post("/track", data={"csrf_token": token, "act": "forget", "forget": "1"})
    assert done.status_code == 303
    after = citizen.get("/track").text
    assert "are removed" in after
    assert "Forget me" not in after
    assert superuser.execute("SELECT count(*) FROM sealed_identity").fetchone() == (0,)
    # The case stands and goes on.
    said = {"csrf_token": token, "act": "message", "body": "Bado giza."}
    assert citizen.post("/track", data=said).status_code == 303
    assert citizen.post("/track", data=said).status_code == 303  # pressed twice
    assert superuser.execute("SELECT count(*) FROM message").fetchone() == (2,)


def test_an_unknown_citizen_and_the_office_talk_and_see_no_hour(
    app: Flask, make: Make, handler: int, citizen: Browser, clock: Any
) -> None:
    clock.shift(timedelta(hours=1, minutes=23))
    receipt = make.case(MONDAY + timedelta(minutes=83), anonymous=True)
    tab = at_desk(app, handler)
    page = f"/desk/case/{receipt.reference}"
    tab.get("/?lang=sw")
    desk_page = tab.get(page).text
    assert "Mwananchi" in desk_page
    assert "10:23" not in desk_page
    data = {"csrf_token": token_of(tab), "seen": hidden(desk_page, "seen"), "body": "Wapi?"}
    assert tab.post(f"{page}/ask", data=data).status_code == 303
    enter(citizen, receipt)
    shown = citizen.get("/track").text
    assert "Wapi?" in shown
    assert "Forget me" not in shown
    said = {"csrf_token": hidden(shown, "csrf_token"), "act": "message", "body": "Uhindini."}
    clock.shift(timedelta(minutes=1))
    assert citizen.post("/track", data=said).status_code == 303
    for both in (tab.get(page).text, citizen.get("/track").text):
        assert both.index("Wapi?") < both.index("Uhindini.", both.index("Wapi?"))
        assert "10:24" not in both


def lost(tab: Browser, reference: str) -> str:
    token = hidden(tab.get("/track").text, "csrf_token")
    answer = tab.post("/track", data={"csrf_token": token, "act": "lost", "reference": reference})
    assert (answer.status_code, answer.location) == (303, "/track")
    return re.sub(r'value="[^"]*"', "", tab.get("/track").text)


def test_a_lost_code_gets_one_answer_whatever_is_true(make: Make, citizen: Browser) -> None:
    known, without = case(make), make.case(MONDAY)
    answers = {lost(citizen, r) for r in (known.reference, without.reference, "AAAA-AAAA", "")}
    assert len(answers) == 1
    assert "is on its way" in answers.pop()


def test_a_browser_opened_by_the_old_code_is_shut_out(
    make: Make, handler: int, citizen: Browser, superuser: Behind
) -> None:
    receipt = case(make)
    enter(citizen, receipt)
    assert receipt.reference in citizen.get("/track").text
    superuser.execute("UPDATE submission SET receipt_nonce = '\\x0102'")
    page = citizen.get("/track")
    assert "Secret code" in page.text
    assert "Taa za barabarani" not in page.text
    assert enter(citizen, receipt).status_code == 422
