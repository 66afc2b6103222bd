"""The verbs of one case and the lists that wait for others, as officers and citizens see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from feedback.services import opinions
from feedback.services.cases import Receipt
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.web.browser import Browser, browser, hidden
from tests.web.office import act, at_desk, token_of
from tests.web.story import enter

MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture
def head(make: Make) -> int:
    officer = make.officer("DODOMA-CC", "head", name="Asha Mkuu")
    make.hold(officer, "DODOMA-CC", "institution_head")
    return officer


@pytest.fixture
def case(make: Make, handler: int) -> Receipt:
    return make.case(MONDAY, category="ROADS", phone="+255712000001")


def page_of(receipt: Receipt) -> str:
    return f"/desk/case/{receipt.reference}"


def tracked(app: Flask, receipt: Receipt) -> str:
    client = browser(app)
    client.get("/?lang=en")
    enter(client, receipt)
    return client.get("/track").text


def test_a_part_then_the_whole_with_what_came_of_it(
    app: Flask, tab: Browser, case: Receipt, head: int
) -> None:
    url = page_of(case)
    said = {"body": "Nguzo zimeagizwa."}
    assert act(tab, url, "answer", part="partial", **said).status_code == 303
    assert "The clock for the whole answer runs on." in tab.get(url).text
    told = tracked(app, case)
    assert "has answered part of it and works on the rest." in told
    assert "Part of the answer" in told
    assert "Is it solved?" not in told
    # The whole one says what came of it, and why where that is a rule; what was typed stays.
    for given, message in (
        ({}, "Choose what came of it"),
        ({"outcome": "not_possible"}, "Name the rule that says so"),
    ):
        refused = act(tab, url, "answer", part="final", **said, **given)
        assert refused.status_code == 422
        assert re.search(rf'id="f-(outcome|ground)-error">[^/]+/span> {message}', refused.text)
        assert "Nguzo zimeagizwa." in refused.text
    ground = {"outcome": "not_possible", "ground": "Kanuni ya 12"}
    assert act(tab, url, "answer", part="final", **said, **ground).status_code == 303
    told = tracked(app, case)
    assert "Answer: not possible" in told
    assert "The rule: Kanuni ya 12" in told
    # The office finds that it was wrong, and says so.
    assert 'id="reopen"' in tab.get(url).text
    assert act(tab, url, "reopen", body="Kanuni ilibadilishwa.").status_code == 303
    told = tracked(app, case)
    assert "The office opened it again, for this reason" in told
    assert "Kanuni ilibadilishwa." in told
    assert re.search(r"You are answered by [^.]*19 November", told)
    assert "not ours" not in tab.get(url).text.lower()


def test_more_time_is_asked_for_decided_in_a_list_and_told(
    app: Flask, tab: Browser, case: Receipt, head: int
) -> None:
    url, office = page_of(case), at_desk(app, head)
    asked = {"body": "Vipuri vinatoka nje."}
    refused = act(tab, url, "extend", extension_days="99", **asked)
    assert refused.status_code == 422
    assert 'id="f-extension_days-error"' in refused.text
    assert act(tab, url, "extend", extension_days="5", **asked).status_code == 303
    assert "5 more working days are asked for and not decided yet." in tab.get(url).text
    listed = office.get("/desk/extensions").text
    assert "Extensions to decide (1)" in listed
    assert f'href="{url}#extension"' in listed
    assert "/desk/extensions" not in tab.get("/desk").text  # a handler decides none
    assert asked["body"] in office.get(url).text
    assert act(office, url, "extension", decision="grant", **asked).status_code == 303
    assert "No request waits for you." in office.get("/desk/extensions").text
    told = tracked(app, case)
    assert "The office was given more time, for this reason" in told
    assert asked["body"] in told
    assert re.search(r"You are answered by [^.]*\b5 December", told)
    assert 'id="extend"' in tab.get(url).text  # five days are left


def test_an_opinion_is_asked_found_in_a_list_and_given(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    url, office = page_of(case), at_desk(app, make.officer("DODOMA-CC", "handler", unit="WATER"))
    found = act(tab, url, "opinion", find="1", institution_query="Tanga", body="Bomba?")
    assert "TANGA-CC/" in found.text
    asked = {"target": "DODOMA-CC/WATER", "body": "Bomba liko wapi?"}
    refused = act(tab, url, "opinion", opinion_days="15", **asked)
    assert (refused.status_code, 'id="f-opinion_days-error"' in refused.text) == (422, True)
    assert act(tab, url, "opinion", opinion_days="3", **asked).status_code == 303
    listed = office.get("/desk/opinions").text
    assert "Opinions asked of you (1)" in listed
    assert case.reference in listed
    (address,) = re.findall(r"/desk/opinions/[0-9a-f-]{36}", listed)
    assert "It stands under" not in office.get(url).text
    assert office.get(url).status_code == 404  # the case itself stays closed
    page = office.get(address).text
    assert "Bomba liko wapi?" in page
    assert "Taa za barabarani hazijawaka" in page
    data = {"csrf_token": token_of(office), "step": "give"}
    assert office.post(address, data=data | {"body": ""}).status_code == 422
    assert office.post(address, data=data | {"body": "Chini ya barabara."}).status_code == 303
    assert "No opinion is asked of you." in office.get("/desk/opinions").text
    assert office.get(address).status_code == 404
    shown = tab.get(url).text
    assert "Chini ya barabara." in shown
    assert "Given on" in shown
    assert "Chini ya barabara." not in tracked(app, case)


def test_a_note_names_a_colleague_and_a_new_owner_gets_a_word(
    app: Flask, make: Make, tab: Browser, case: Receipt, head: int
) -> None:
    elsewhere = make.officer("DODOMA-CC", "handler", unit="WATER", name="Juma Maji")
    url = page_of(case)
    page = tab.get(url).text
    (offered,) = re.findall(r'<select id="f-mention".*?</select>', page, re.S)
    assert "Asha Mkuu" in offered
    assert "Juma Maji" not in offered
    refused = act(tab, url, "note", body="Angalia.", mention=str(elsewhere))
    assert (refused.status_code, 'id="f-mention-error"' in refused.text) == (422, True)
    assert act(tab, url, "note", body="Angalia.", mention=str(head)).status_code == 303
    assert "@Asha Mkuu" in tab.get(url).text
    office = at_desk(app, head)
    assert "A colleague named you in a note" in office.get("/staff/notices").text
    assert act(tab, url, "assign", officer=str(head), body="Limekuzidi.").status_code == 303
    shown = office.get(url).text
    assert "Limekuzidi." in shown
    assert hidden(shown, "seen")


def test_a_case_shows_its_hops_and_the_second_alarms(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    there = at_desk(app, make.officer("KONDOA-DC", "handler", "coordinator"))
    beyond = at_desk(app, make.officer("TANGA-CC", "handler", "coordinator"))
    moved = {"body": "Ni yao."}
    act(tab, page_of(case), "transfer", target="KONDOA-DC/", **moved)
    assert "No alarm is open." in there.get("/desk/alarms").text
    act(there, page_of(case), "transfer", target="TANGA-CC/", **moved)
    page = beyond.get(page_of(case)).text
    assert "The way it took" in page
    for office, opens in ((there, False), (beyond, True)):
        alarms = office.get("/desk/alarms").text
        assert "The case was transferred for the second time" in alarms
        assert case.reference in alarms
        assert (f'href="{page_of(case)}"' in alarms) is opens


def test_nothing_is_asked_of_whom_the_case_concerns(
    app: Flask, make: Make, handler: int, case: Receipt
) -> None:
    concerned = make.officer("DODOMA-CC", "handler", unit="WATER")
    make.officer("DODOMA-CC", "handler", unit="WATER")
    make.exclude(case.case_id, concerned, MONDAY)
    with transaction(Principal.of_officer(handler)):
        asked = opinions.ask(case.case_id, "Bomba?", 3, MONDAY, unit=("DODOMA-CC", "WATER"))
    office = at_desk(app, concerned)
    assert "No opinion is asked of you." in office.get("/desk/opinions").text
    assert office.get(f"/desk/opinions/{asked}").status_code == 404
    assert case.reference not in office.get("/staff/notices").text
