"""The inbox on screen: what is due under its heading, filters in the address, views, search."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask

from feedback.services import desk
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.web.browser import Browser
from tests.web.office import at_desk, references, token_of

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def headings(page: str) -> list[str]:
    return re.findall(r'scope="rowgroup"[^>]*><h2>([^<]+)</h2>', page)


def due_links(page: str) -> dict[str, tuple[str, str]]:
    """Each group's address and count, by its name."""
    found = re.search(r'<nav class="due".*?</nav>', page, re.DOTALL)
    assert found
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+?)(?: <b>([^<]*)</b>)?</a>', found[0])
    return {name: (unescape(url), count) for url, name, count in links}


def save(tab: Browser, **fields: str) -> Any:
    data = {"csrf_token": token_of(tab), "scope": "mine", "name": "Zangu", **fields}
    return tab.post("/desk/views", data=data)


def change(tab: Browser, view: str, verb: str, **fields: str) -> Any:
    return tab.post(f"/desk/views/{view}/{verb}", data={"csrf_token": token_of(tab), **fields})


def view_ids(page: str) -> list[str]:
    return re.findall(r"/desk/views/([0-9a-f-]{36})/delete", page)


def test_groups_stand_under_headings_and_each_opens_alone(
    app: Flask, make: Make, handler: int, clock: Any
) -> None:
    late = make.case(MONDAY - 40 * DAY, category="ROADS")
    week = make.case(MONDAY - 16 * DAY, category="ROADS")
    later = make.case(MONDAY, category="ROADS")
    asked = make.case(MONDAY, category="ROADS", kind="enquiry")
    with transaction(Principal.of_officer(handler)):
        desk.ask(asked.case_id, "Ni mtaa gani?", MONDAY)
    clock.move_to(week.answer_due - timedelta(hours=5))
    tab = at_desk(app, handler)
    page = tab.get("/desk").text
    assert headings(page) == ["Late cases", "Due today", "Due later", "Waiting for a reply"]
    order = [late, week, later, asked]
    assert references(page) == [case.reference for case in order]
    assert re.findall(r'data-reference="([^"]+)"', page) == references(page)
    assert page.count("data-actions") == 4
    assert re.search(r"Clock paused</span><br><span[^>]*>until 24 Nov 2025 at the latest", page)
    links = due_links(page)
    assert {name: count for name, (_, count) in links.items()} == {
        "All open cases": "",
        "Late cases": "1",
        "Due today": "1",
        "Due this week": "0",
        "Due later": "1",
        "Waiting for a reply": "1",
        "New messages": "3",
    }
    for name, expected in (
        ("Late cases", [late]),
        ("Due today", [week]),
        ("Due later", [later]),
        ("Waiting for a reply", [asked]),
        ("New messages", [late, week, later]),
    ):
        alone = tab.get(links[name][0]).text
        assert references(alone) == [case.reference for case in expected], name
        assert headings(alone) == [name]
        assert 'aria-current="page">' + name in alone
    assert "No case fits these filters." in tab.get(links["Due this week"][0]).text


def test_filters_stay_in_the_address_through_groups_and_pages(
    make: Make, tab: Browser, handler: int, superuser: Behind
) -> None:
    kit.many(superuser, 30, MONDAY, handler=handler)
    superuser.execute("UPDATE \"case\" SET place = 'Uhindini & Zanka'")
    other = make.case(MONDAY, category="ROADS", kind="enquiry")
    asked = "kind=complaint&place=hindini+%26+z&confidentiality=open&due=later"
    first = tab.get(f"/desk?{asked}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert asked in unescape(following[1])
    second = tab.get(unescape(following[1])).text
    shown = re.findall(r'data-reference="([^"]+)"', first + second)
    assert (len(shown), len(set(shown))) == (30, 30)
    assert other.reference not in first + second
    assert due_links(first)["Due later"][1] == "30"
    assert due_links(first)["Late cases"][0] == f"/desk?{asked.replace('due=later', 'due=late')}"
    assert 'value="hindini &amp; z"' in first
    assert '<input type="hidden" name="due" value="later">' in first
    # What no filter knows is left out.
    odd = tab.get("/desk?kind=x&status=closed&category=x&due=x&handler=x&confidentiality=x").text
    assert odd.count("data-reference") == 25


def test_only_who_leads_filters_by_officer(
    app: Flask, make: Make, tab: Browser, handler: int
) -> None:
    mine = make.case(MONDAY, category="ROADS")
    other = make.officer("DODOMA-CC", "handler", unit="HEALTH", name="Juma Hamisi")
    make.case(MONDAY, category="HEALTH-SERVICE")
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    page = coordinator.get(f"/desk/unit?handler={handler}").text
    assert references(page) == [mine.reference]
    assert f'<option value="{handler}" selected>Neema Mushi' in page
    assert 'name="handler"' not in tab.get(f"/desk/unit?handler={other}").text
    assert references(tab.get(f"/desk/unit?handler={other}").text) == [mine.reference]


def test_a_view_is_saved_opened_renamed_and_deleted(make: Make, tab: Browser) -> None:
    make.case(MONDAY, category="ROADS")
    answer = save(tab, kind="enquiry", due="late", place="Zanka", after="x", junk="x")
    assert (answer.status_code, answer.location) == (303, "/desk?kind=enquiry&place=Zanka&due=late")
    page = tab.get(answer.location).text
    assert (
        '<a href="/desk?kind=enquiry&amp;place=Zanka&amp;due=late" aria-current="page">Zangu'
        in page
    )
    assert "The view is saved." in page
    (view,) = view_ids(tab.get("/desk/views").text)
    taken = save(tab, status="new")
    assert taken.status_code == 422
    assert "You have a view of this name." in taken.text
    assert 'id="f-name-error"' in taken.text
    assert 'value="Zangu"' in taken.text
    assert '<option value="new" selected>' in taken.text
    empty = change(tab, view, "rename", name=" ")
    assert empty.status_code == 422
    assert "Give the view a name." in empty.text
    assert change(tab, view, "rename", name="Za Zanka").status_code == 303
    assert "Za Zanka" in tab.get("/desk").text
    assert change(tab, view, "share").status_code == 422
    assert change(tab, view, "delete").status_code == 303
    assert "You have saved no view yet." in tab.get("/desk/views").text
    assert change(tab, view, "delete").status_code == 404


def test_a_shared_view_is_everybodys_to_open_and_its_owners_to_change(
    app: Flask, make: Make, tab: Browser
) -> None:
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    save(coordinator, scope="unit", name="Ya wote", shared="1", status="new")
    assert save(tab, name="Zangu", shared="1").status_code == 303  # kept, and not shared
    page = tab.get("/desk").text
    assert '<a href="/desk/unit?status=new">Ya wote</a> <span class="soft">(shared)' in page
    assert "Zangu" not in coordinator.get("/desk").text
    (view,) = view_ids(coordinator.get("/desk/views").text)
    assert view not in tab.get("/desk/views").text
    assert change(tab, view, "delete").status_code == 404
    assert change(coordinator, view, "unshare").status_code == 303
    assert "Ya wote" not in tab.get("/desk").text


def test_the_search_shows_words_in_their_context_as_text(
    make: Make, tab: Browser, handler: int, superuser: Behind
) -> None:
    case = make.case(MONDAY, category="ROADS", body="Angalia <b>daraja</b> la <script>x</script>.")
    with transaction(Principal.of_officer(handler)):
        desk.answer(case.case_id, "Limetengenezwa.", MONDAY)
    page = tab.get("/desk/search?q=DARAJA").text
    assert references(page) == [case.reference]
    assert "Angalia &lt;b&gt;<mark>daraja</mark>&lt;/b&gt; la &lt;script&gt;" in page
    assert 'value="DARAJA"' in page
    assert "Answered" in page
    assert references(tab.get(f"/desk/search?q={case.reference.lower()}").text) == [case.reference]
    nothing = tab.get("/desk/search?q=kilimanjaro%26%7C!%27").text
    assert "Nothing was found among the cases you may see." in nothing
    short = tab.get("/desk/search?q=la")
    assert short.status_code == 422
    assert "Write at least three letters of a word." in short.text
    assert 'aria-invalid="true"' in short.text
    assert "Nothing was found" not in tab.get("/desk/search").text
    kit.many(superuser, 30, MONDAY, handler=handler)
    superuser.execute(
        "UPDATE \"case\" SET place = 'Zanka', unit_id = (SELECT unit_id FROM officer WHERE id = %s)"
        " WHERE reference LIKE 'TA%%'",
        [handler],
    )
    superuser.execute('SELECT guard.reword(id) FROM "case"')
    first = tab.get("/desk/search?q=zanka").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert first.count("data-reference") == 25
    assert tab.get(unescape(following[1])).text.count("data-reference") == 5


def test_no_page_of_the_inbox_asks_more_for_more_cases(
    app: Flask, make: Make, tab: Browser, handler: int, superuser: Behind, query_count: Any
) -> None:
    pages = ("/desk", "/desk/unit", "/desk/unowned?due=late", "/desk?due=waiting", "/desk/views")

    def costs() -> list[int]:
        found = []
        for page in (*pages, "/desk/search?q=barabarani"):
            with query_count() as counted:
                assert tab.get(page).status_code == 200
            found.append(counted.number)
        return found

    make.case(MONDAY, category="ROADS")
    save(tab)
    costs()
    few = costs()
    for _ in range(4):
        make.case(MONDAY, category="ROADS")
    save(tab, name="Zingine")
    kit.many(superuser, 200, MONDAY, handler=handler)
    assert costs() == few
    assert max(few) <= 13
