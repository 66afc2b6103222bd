"""The administrator's pages of texts: changed, checked, planned, brought back."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback import clock
from feedback.services import texts
from feedback.services.texts import shipped
from feedback.transaction import JOB, transaction
from feedback.web import text_wording
from tests.factories import Make
from tests.services.kit import Behind, rows
from tests.web.browser import Browser, hidden
from tests.web.office import at_desk, token_of

HELP = {"sw_parts": "Karibu Mrejesho.\nTuma HALI.", "en_parts": "Welcome.\nSend STATUS."}


@pytest.fixture
def tab(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "admin", name="Msimamizi Mkuu"))


@pytest.fixture
def other(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "admin", name="Msimamizi wa Pili"))


def post(tab: Browser, name: str, act: str = "save", **fields: Any) -> TestResponse:
    """The form of a text as it stands on its page, with other values in some fields."""
    page = tab.get(f"/admin/texts/{name}").text
    said = {
        field: html.unescape(text).lstrip("\n")
        for field, text in re.findall(
            r'<textarea id="[^"]+" name="([^"]+)"[^>]*>([^<]*)</textarea>', page
        )
    }
    said |= {
        field: html.unescape(text)
        for field, text in re.findall(r'name="(\w+_\w+)" type="text" value="([^"]*)"', page)
    }
    given = {"seen": hidden(page, "seen"), "begins": "now", "day": "", "act": act, **said, **fields}
    return tab.post(f"/admin/texts/{name}", data={"csrf_token": token_of(tab), **given})


def sent(name: str = "help", language: str = "sw") -> str:
    with transaction(JOB):
        return texts.render(name, language, {"reference": "A", "due": ""}, url="x")


def plain(page: str) -> str:
    """The words of a page."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_every_text_says_what_it_is_for() -> None:
    assert text_wording.described() >= set(shipped.TEMPLATES)


def test_the_list_names_every_text_and_its_state(tab: Browser) -> None:
    page = tab.get("/admin/texts").text
    assert set(re.findall(r'href="/admin/texts/([^"]+)"', page)) == set(shipped.TEXTS)
    assert page.count("As shipped") == len(shipped.TEXTS)
    assert "linasubiri jibu lako" in page
    swahili = plain(tab.get("/admin/texts?lang=sw").text)
    assert "Ujumbe wa mfumo" in swahili
    assert "Mwananchi anapoomba msaada kwa SMS." in swahili


@pytest.mark.parametrize(
    ("language", "refusal"), [("en", "Nothing was saved."), ("sw", "Hakuna kilichohifadhiwa.")]
)
def test_every_text_has_a_page(tab: Browser, language: str, refusal: str) -> None:
    for name in shipped.TEXTS:
        page = tab.get(f"/admin/texts/{name}?lang={language}")
        assert page.status_code == 200
        assert page.text.count('class="bubble"') in (2, 4)
        untouched = post(tab, name)
        assert untouched.status_code == 422
        assert refusal in untouched.text, name


def test_a_text_is_changed_and_brought_back(tab: Browser) -> None:
    before = sent()
    answer = post(tab, "help", **HELP)
    assert (answer.status_code, answer.location) == (303, "/admin/texts/help")
    assert sent() == "Karibu Mrejesho. Tuma HALI."
    assert sent(language="en") == "Welcome. Send STATUS."
    page = tab.get("/admin/texts/help").text
    assert "holds from now on" in page
    assert "<ins>Karibu" in page
    assert "Msimamizi Mkuu" in page
    listed = plain(tab.get("/admin/texts").text)
    assert f"{listed.count('As shipped')}" == str(len(shipped.TEXTS) - 1)

    # The link of the history fills the form, which is saved in the ordinary way.
    back = tab.get("/admin/texts/help?version=0").text
    assert "Save it to bring it back" in back
    assert "Andika tatizo lako" in back
    texts_shipped = {
        f"{language}_parts": "\n".join(text.parts)
        for language, text in shipped.TEXTS["help"].items()
    }
    assert post(tab, "help", **texts_shipped).status_code == 303
    assert sent() == before
    again = tab.get("/admin/texts/help?version=1").text
    assert "Karibu Mrejesho.\nTuma HALI." in again
    assert tab.get("/admin/texts/help?version=9").status_code == 404


def test_a_check_saves_nothing_and_shows_both_languages(tab: Browser, superuser: Behind) -> None:
    answer = post(tab, "help", "check", **HELP)
    assert answer.status_code == 200
    assert "It is not saved yet." in answer.text
    assert "Karibu Mrejesho. Tuma HALI.</p>" in answer.text
    assert "Welcome. Send STATUS.</p>" in answer.text
    assert "27 of 160 characters" in answer.text
    assert rows(superuser, "SELECT * FROM text_version") == []


def test_what_is_wrong_stands_beside_its_field(tab: Browser, superuser: Behind) -> None:
    answer = post(tab, "received", sw_parts="Tumepokea {referense}.", en_parts="We {due.x} {")
    assert answer.status_code == 422
    assert 'href="#f-sw_parts"' in answer.text
    page = plain(answer.text)
    assert "{referense} is not known to this text." in page
    assert "A brace stands alone." in page
    assert "Correct the text first." in page
    assert rows(superuser, "SELECT * FROM text_version") == []


def test_characters_that_an_sms_lacks_are_offered_in_their_likeness(tab: Browser) -> None:
    typed = "Karibu \u2013 Ng\u2019ombe \U0001f600"
    refused = post(tab, "help", sw_parts=typed)
    assert refused.status_code == 422
    assert "An SMS cannot carry: \u2013 \u2019 \U0001f600" in plain(refused.text)
    assert typed in html.unescape(refused.text)  # as it was typed
    taken = post(tab, "help", "alphabet", sw_parts=typed)
    assert taken.status_code == 200
    assert "Karibu - Ng'ombe ?</textarea>" in html.unescape(taken.text)
    assert sent().startswith("Andika")


def test_a_second_part_is_confirmed_and_marked(tab: Browser) -> None:
    long = "Andika tatizo lako na jina la taasisi, utume hapa. " * 4
    refused = post(tab, "help", sw_parts=long)
    assert refused.status_code == 422
    assert 'name="two_parts"' in refused.text
    assert "it will cost two SMS each" in refused.text
    assert post(tab, "help", sw_parts=long, two_parts="1").status_code == 303
    assert texts.parts(sent()) == 2
    assert ">2 SMS</span>" in tab.get("/admin/texts").text
    assert 'name="two_parts"' not in tab.get("/admin/texts/received").text


def test_a_planned_text_is_shown_and_withdrawn(tab: Browser) -> None:
    day = (clock.local_day(clock.now()) + timedelta(days=3)).isoformat()
    assert post(tab, "help", **HELP, begins="day", day=day).status_code == 303
    assert sent().startswith("Andika")
    page = tab.get("/admin/texts/help").text
    assert "Planned from" in page
    link = re.search(r'href="(/admin/texts/help\?version=0&amp;day=[^"]+)">Withdraw', page)
    assert link
    withdrawing = tab.get(html.unescape(link[1])).text
    assert f'value="{day}"' in withdrawing
    said = {
        f"{language}_parts": "\n".join(text.parts)
        for language, text in shipped.TEXTS["help"].items()
    }
    assert post(tab, "help", **said, begins="day", day=day).status_code == 303
    assert "Planned from" not in tab.get("/admin/texts/help").text


@pytest.mark.parametrize("day", ["", "kesho", "2020-01-01"])
def test_a_day_that_is_none_or_past_is_refused(tab: Browser, day: str) -> None:
    answer = post(tab, "help", **HELP, begins="day", day=day)
    assert answer.status_code == 422
    assert 'href="#f-day"' in answer.text


def test_of_two_who_edit_at_once_the_later_sees_both(tab: Browser, other: Browser) -> None:
    seen = hidden(tab.get("/admin/texts/help").text, "seen")
    assert post(other, "help", **HELP).status_code == 303
    mine = {"sw_parts": "Habari.\nTuma HALI.", "en_parts": "Hello.\nSend STATUS."}
    clash = post(tab, "help", **mine, seen=seen)
    assert clash.status_code == 409
    assert "Msimamizi wa Pili" in clash.text
    assert "<del>Karibu" in clash.text
    assert "<ins>Habari." in clash.text
    assert "Habari.\nTuma HALI.</textarea>" in clash.text
    assert sent().startswith("Karibu")
    # Who saves now has seen what the other said.
    assert hidden(clash.text, "seen") == "1"
    assert post(tab, "help", **mine, seen="1").status_code == 303
    assert sent().startswith("Habari.")


def test_a_form_that_names_no_version_is_not_saved(tab: Browser, superuser: Behind) -> None:
    for seen in ("", "x", "-1", "7"):
        assert post(tab, "help", **HELP, seen=seen).status_code == 409
    assert rows(superuser, "SELECT * FROM text_version") == []


def test_a_text_that_can_no_longer_be_sent_is_marked(tab: Browser, superuser: Behind) -> None:
    post(tab, "help", **HELP)
    superuser.execute(
        "UPDATE text_version SET said = jsonb_set(said, '{sw,parts}', '[\"{gone}\"]')"
    )
    assert "Cannot be used: sent as shipped" in tab.get("/admin/texts").text
    assert sent().startswith("Andika")


def test_the_word_for_a_status_is_counted_in_its_text(tab: Browser) -> None:
    page = tab.get("/admin/texts/status.new").text
    assert "7KQ2-M4XP: limepokelewa. Mwisho wa kujibu: 14 Desemba 2026." in page
    refused = post(tab, "status.new", sw_parts="x" * 160)
    assert "the text about the status takes 2 SMS" in refused.text
    assert post(tab, "status.new", sw_parts="limefika").status_code == 303
    assert "limefika" in tab.get("/admin/texts").text


def test_pages_of_texts_cost_a_fixed_number_of_queries(tab: Browser, query_count: Any) -> None:
    tab.get("/admin/texts")
    with query_count() as first:
        tab.get("/admin/texts")
        tab.get("/admin/texts/help")
    for number in range(3):
        post(tab, "help", sw_parts=f"Karibu {number}.", en_parts="Welcome.")
    tab.get("/admin/texts")
    with query_count() as later:
        tab.get("/admin/texts")
        tab.get("/admin/texts/help")
    assert later.number == first.number


def test_a_change_stands_on_record(tab: Browser, superuser: Behind) -> None:
    post(tab, "help", **HELP)
    (entry,) = rows(superuser, "SELECT * FROM audit_entry WHERE act = 'text_changed'")
    assert "Karibu" not in str(entry["details"])
    assert entry["details"]["text"] == "help"
