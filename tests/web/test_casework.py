"""The page of a case while somebody writes on it: drafts, ended sessions, colleagues, its list."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from feedback import jobs
from feedback.services import citizen, presence
from feedback.services.answers import looking
from feedback.services.cases import Receipt
from feedback.transaction import Principal, transaction
from tests.factories import PASSWORD, Make
from tests.services import kit
from tests.web.browser import Browser, hidden
from tests.web.office import act, at_desk, post_login, references, token_of, username_of

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WORDS = "Fundi alirekebisha taa jana asubuhi.\nAsante."
SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def colleague(make: Make, case: Receipt) -> int:
    """Another handler of the unit, who may read the case and write a note."""
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Ally")


def page_of(receipt: Receipt) -> str:
    return f"/desk/case/{receipt.reference}"


def form(page: str, **fields: str) -> dict[str, str]:
    """What a form of the page posts."""
    frame = {name: hidden(page, name) for name in ("csrf_token", "seen", "writer")}
    # Sent as it is, whatever is odd about the words.
    checked = looking.mark(fields.get("body", WORDS))
    return frame | {"draft": "0", "body": WORDS, "checked": checked} | fields


def change_over(tab: Browser, officer_id: int) -> None:
    """In another window of the same browser somebody logs out, and this officer in."""
    tab.post("/staff/logout", data={"csrf_token": token_of(tab)})
    post_login(tab, username_of(officer_id), PASSWORD)


def answers(superuser: psycopg.Connection[Any]) -> int:
    row = superuser.execute("SELECT count(*) FROM message WHERE kind = 'answer'").fetchone()
    return int(row[0]) if row else 0


def drafts(superuser: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return superuser.execute("SELECT officer_id, verb, kept, version FROM draft").fetchall()


def test_a_draft_is_kept_for_its_officer_until_it_is_sent(
    app: Flask, tab: Browser, handler: int, colleague: int, case: Receipt, superuser: Any
) -> None:
    page, url = tab.get(page_of(case)).text, page_of(case)
    saved = tab.post(f"{url}/draft", data=form(page, keep="note"), headers=SCRIPT)
    assert (saved.status_code, saved.json["draft"]) == (200, 1)  # type: ignore[index]
    assert "Draft saved" in saved.json["said"]  # type: ignore[index]
    # Without the script, by a button; it comes back unfolded.
    saved = tab.post(f"{url}/draft", data=form(page, keep="answer", body="Jibu la mwanzo."))
    assert (saved.status_code, saved.location) == (303, f"{url}?open=answer#answer")
    assert drafts(superuser) == [(handler, "note", False, 1), (handler, "answer", False, 1)]
    again = tab.get(url).text
    assert WORDS in again
    assert "Jibu la mwanzo." in again
    assert '<details id="note" open>' in again
    sealed = superuser.execute("SELECT sealed FROM draft").fetchall()
    assert not [row for row in sealed if b"Fundi" in row[0] or b"Jibu" in row[0]]
    assert WORDS not in at_desk(app, colleague).get(url).text
    # An empty form has no draft, and one that was sent none.
    tab.post(f"{url}/draft", data=form(page, keep="note", body=" ", draft="1"))
    act(tab, url, "answer", body="Jibu la mwanzo.")
    assert (answers(superuser), drafts(superuser)) == (1, [])


def test_two_windows_overwrite_nothing_of_each_other(
    tab: Browser, case: Receipt, superuser: Any
) -> None:
    page, url = tab.get(page_of(case)).text, f"{page_of(case)}/draft"
    first, second = (form(page, keep="note", body=body) for body in (WORDS, "Mengine."))
    tab.post(url, data=first)
    refused = tab.post(url, data=second, headers=SCRIPT)
    assert (refused.status_code, refused.json["words"]) == (409, WORDS)  # type: ignore[index]
    both = tab.post(url, data=second)
    assert both.status_code == 409
    assert WORDS in both.text
    assert "Mengine." in both.text
    assert 'name="draft" value="1"' in both.text
    tab.post(url, data=second | {"draft": "1"})
    assert drafts(superuser)[0][3] == 2
    # Bounded, and nothing is kept of what is too much.
    much = tab.post(url, data=second | {"draft": "2", "body": "x" * 50_000}, headers=SCRIPT)
    assert much.status_code == 422
    assert drafts(superuser)[0][3] == 2


def test_a_draft_goes_with_the_sight_of_the_case_and_after_a_month(
    app: Flask,
    make: Make,
    tab: Browser,
    handler: int,
    colleague: int,
    case: Receipt,
    superuser: Any,
    clock: Any,
) -> None:
    other = at_desk(app, colleague)
    for who in (tab, other):
        page = who.get(page_of(case)).text
        who.post(f"{page_of(case)}/draft", data=form(page, keep="note"))
    make.exclude(case.case_id, colleague, MONDAY)
    assert other.get(page_of(case)).status_code == 404
    jobs.purge()
    assert [row[0] for row in drafts(superuser)] == [handler]
    act(tab, page_of(case), "recuse")
    assert drafts(superuser) == []
    third = make.case(MONDAY, category="ROADS")
    page = tab.get(page_of(third)).text
    tab.post(f"{page_of(third)}/draft", data=form(page, keep="note"))
    clock.move_to(MONDAY + 31 * DAY)
    jobs.purge()
    assert drafts(superuser) == []


@pytest.mark.parametrize("level", ["open", "confidential"])
def test_what_is_posted_after_the_session_ended_waits_for_the_same_officer(
    app: Flask, make: Make, handler: int, superuser: Any, clock: Any, level: str
) -> None:
    case = make.case(MONDAY, category="ROADS", confidentiality=level)
    other = make.officer("DODOMA-CC", "handler", unit="WORKS")
    tab, url = at_desk(app, handler), page_of(case)
    tab.post(f"{url}/draft", data=form(tab.get(url).text, keep="answer", body="Ya kwanza."))
    posted = form(tab.get(url).text)
    clock.move_to(MONDAY + 3 * HOUR)  # idle for longer than a session lives
    away = tab.post(f"{url}/answer", data=posted)
    assert away.status_code == 302
    assert away.location == f"/staff/login?next={url}?open%3Danswer%26kept%3D1"
    assert answers(superuser) == 0
    assert {row[2] for row in drafts(superuser)} == {True, False}
    # Whoever logs in next in this browser gets none of it; the officer gets all of it.
    post_login(tab, username_of(other), PASSWORD)
    assert WORDS not in tab.get(f"{url}?open=answer&kept=1").text
    change_over(tab, handler)
    page = tab.get(f"{url}?lang=en&open=answer&kept=1").text
    assert WORDS in page
    assert "You wrote this when your session had ended" in page
    assert "Ya kwanza." in page  # what was saved before stands beside it
    tab.post(f"{url}/answer", data=form(page))
    assert (answers(superuser), drafts(superuser)) == (1, [])


def test_a_forged_page_keeps_nothing(
    app: Flask, tab: Browser, handler: int, colleague: int, case: Receipt, superuser: Any
) -> None:
    page = form(tab.get(page_of(case)).text)
    stranger = app.test_client()
    for writer in ("", page["writer"][:-2] + "xx", page["writer"].replace(".", "")):
        away = stranger.post(f"{page_of(case)}/note", data=page | {"writer": writer})
        assert away.location == "/staff/login"
    # A session that is not the officer's own keeps nothing either.
    with transaction(Principal("login")) as session:
        kept = session.connection().exec_driver_sql(
            "SELECT guard.keep_words(gen_random_uuid(), %s, encode(sha256("
            "convert_to(s.id::text, 'UTF8')), 'hex'), %s, 'note', ''::bytea, now())"
            " FROM staff_session s WHERE s.officer_id = %s",
            (colleague, case.reference, handler),
        )
        assert kept.scalar() is False
    assert drafts(superuser) == []


def test_a_page_of_another_officer_does_nothing_and_shows_nothing(
    app: Flask, tab: Browser, handler: int, colleague: int, case: Receipt, superuser: Any
) -> None:
    posted = form(tab.get(page_of(case)).text)
    change_over(tab, colleague)
    for address in ("note", "draft"):
        fresh = posted | {"csrf_token": token_of(tab), "keep": "note"}
        refused = tab.post(f"{page_of(case)}/{address}", data=fresh)
        assert refused.status_code == 403
        assert WORDS not in refused.text
    assert WORDS not in tab.get(page_of(case)).text
    assert drafts(superuser) == [(handler, "note", True, 2)]


def test_a_form_whose_token_is_too_old_comes_back_with_its_words(
    tab: Browser, handler: int, case: Receipt, superuser: Any
) -> None:
    posted = form(tab.get(page_of(case)).text)
    change_over(tab, handler)
    back = tab.post(f"{page_of(case)}/answer", data=posted)
    assert back.status_code == 400
    assert WORDS in back.text
    assert answers(superuser) == 0
    assert tab.post(f"{page_of(case)}/answer", data=form(back.text)).status_code == 303
    assert answers(superuser) == 1
    # And the script's draft is saved all the same: the page itself shows whose it is.
    page = form(tab.get(page_of(case)).text, keep="note", csrf_token="old")
    assert tab.post(f"{page_of(case)}/draft", data=page, headers=SCRIPT).json["token"]  # type: ignore[index]


def test_two_officers_on_one_case_are_told_of_each_other(
    app: Flask,
    tab: Browser,
    colleague: int,
    case: Receipt,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, other = page_of(case), at_desk(app, colleague)
    page = tab.get(url).text
    assert "Open at this moment" not in page
    assert "Open at this moment also with: Neema Mushi" in other.get(url).text
    frame = {name: hidden(page, name) for name in ("csrf_token", "seen")}
    told = tab.post(f"{url}/here", data=frame).json
    assert told == {"others": "Open at this moment also with: Juma Ally", "changed": ""}
    act(other, url, "note", body="Fundi ameitwa.")
    told = tab.post(f"{url}/here", data=frame).json
    assert told
    assert "has changed" in told["changed"]
    # Without the server in which that stands, nobody is told and everything else works.
    with monkeypatch.context() as broken:
        broken.setattr(presence, "redis_client", lambda: Redis(port=1))
        assert other.get(url).status_code == 200
    # A page that calls by itself keeps no session alive, and whoever left is not there.
    left = {"csrf_token": token_of(other), "left": "1"}
    assert other.post(f"{url}/here", data=left).status_code == 204
    assert "Open at this moment" not in tab.get(url).text
    for minutes, status in ((50, 200), (100, 200), (150, 302)):
        clock.move_to(MONDAY + timedelta(minutes=minutes))
        assert tab.post(f"{url}/here", data=frame).status_code == status


def test_the_later_save_sees_what_changed_and_what_came_through(
    app: Flask, tab: Browser, colleague: int, case: Receipt, superuser: Any
) -> None:
    url = page_of(case)
    page = tab.get(url).text
    act(at_desk(app, colleague), url, "note", body="Fundi ameitwa.")
    with transaction(Principal.of_case(case.case_id)):
        citizen.add_message(case.case_id, "Bado ni giza.", MONDAY)
    refused = tab.post(f"{url}/answer", data=form(page))
    assert (refused.status_code, answers(superuser)) == (409, 0)
    news = refused.text.split("Nothing was done yet")[1].split('class="glance"')[0]
    assert "Fundi ameitwa." in news
    assert "Bado ni giza." in news
    assert WORDS in refused.text.split('id="f-answer"')[1]
    # The same act that came through before, its answer lost on the way, is not called a conflict.
    posted = form(refused.text)
    assert tab.post(f"{url}/answer", data=posted).status_code == 303
    assert tab.post(f"{url}/answer", data=posted).status_code == 303
    assert answers(superuser) == 1
    assert "This was sent already" in tab.get(url).text
    # Words for which there is no form any more are shown as well.
    gone = tab.post(f"{url}/answer", data=posted | {"body": "Mengine."})
    assert gone.status_code == 409
    assert "Mengine." in gone.text
    # A subject that another has set makes a form too old as well.
    other, page = at_desk(app, colleague), tab.get(url).text
    superuser.execute(
        "UPDATE \"case\" SET category_id = (SELECT id FROM category WHERE code = 'TRANSPORT')"
    )
    stale = tab.post(f"{url}/note", data=form(page))
    assert stale.status_code == 409
    assert "Its subject is now" in stale.text
    assert other.get(url).status_code == 200


def test_the_neighbours_in_the_list_are_one_link_away(
    make: Make, app: Flask, tab: Browser, query_count: Any
) -> None:
    made = [make.case(MONDAY - days * DAY, category="ROADS") for days in (9, 6, 3)]
    first, middle, last = (receipt.reference for receipt in made)
    assert references(tab.get("/desk").text) == [first, middle, last]
    page = tab.get(f"/desk/case/{middle}?from=mine").text
    assert f'rel="prev" href="/desk/case/{first}?from=mine"' in page
    assert f'rel="next" href="/desk/case/{last}?from=mine"' in page
    done = act(tab, f"/desk/case/{middle}", "answer", body=WORDS, **{"from": "mine"})
    assert done.location == f"/desk/case/{middle}?from=mine"
    # Answered, it is in the list no more, and still knows its place in it.
    assert f'/desk/case/{last}?from=mine"' in tab.get(done.location).text
    assert 'rel="next"' not in tab.get(f"/desk/case/{last}?from=nonsense").text
    # Each list leads from its first case to its last as it shows them.
    leader = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    for office, name in ((tab, "mine"), (tab, "unit"), (leader, "unit")):
        shown = references(office.get("/desk" if name == "mine" else f"/desk/{name}").text)
        walked = shown[:1]
        while len(walked) < 9:
            page = office.get(f"/desk/case/{walked[-1]}?from={name}").text
            step = re.search(r'rel="next" href="/desk/case/([^?"]+)\?from=', page)
            if step is None:
                break
            walked.append(step[1])
        assert walked == shown
    with query_count() as short:
        tab.get(f"/desk/case/{first}")
    for _ in range(5):
        make.case(MONDAY, category="ROADS")
    with query_count() as long:
        tab.get(f"/desk/case/{first}")
    assert short.number == long.number


def test_a_case_at_a_glance(tab: Browser, case: Receipt, clock: Any) -> None:
    act(tab, page_of(case), "ask", body="Ni mtaa gani?")
    page = tab.get(f"{page_of(case)}?show=messages").text
    glance = page[page.index('class="glance"') : page.index('class="cols"')]
    for words in (
        "Taa za barabarani",
        "Working days left",
        "The citizen&#39;s: your question waits",
        "Waits for the citizen, at most until",
        "Pauses so far: 1",
        "Not climbed",
    ):
        assert words in glance, words
    # A way to each form that needs no script.
    assert f'href="{page_of(case)}?open=note#note"' in glance
    assert '<details id="note" open>' in tab.get(f"{page_of(case)}?open=note").text
    story = page[page.index('id="story"') :]
    assert "Ni mtaa gani?" in story
    assert "Given to an officer" not in story


def test_from_the_second_rung_on_the_handler_says_why(
    app: Flask, handler: int, tab: Browser, case: Receipt, clock: Any
) -> None:
    kit.sweep(MONDAY + 3 * DAY)
    assert "An explanation is demanded" not in tab.get(page_of(case)).text
    kit.sweep(MONDAY + 8 * DAY)
    clock.move_to(MONDAY + 8 * DAY)
    tab = at_desk(app, handler)
    page = tab.get(page_of(case)).text
    assert "An explanation is demanded" in page
    assert "no word in time" in page
    assert "say there why it came so far" in tab.get("/staff/notices").text
    assert '<details id="delay" open>' in tab.get(f"{page_of(case)}?open=delay").text
    act(tab, page_of(case), "delay", body="Fundi alikuwa mgonjwa; anaenda kesho.")
    assert "An explanation is demanded" not in tab.get(page_of(case)).text
