"""The privacy notice, and the copy of everything kept for the citizen whose case it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback.services import audit, desk, retention, views
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services.confidential_probe import Connection
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk
from tests.web.story import DAY, MONDAY, Story, begin

pytestmark = pytest.mark.usefixtures("clock")


# The notice.


@pytest.mark.parametrize("path", ["/privacy", "/faragha"])
def test_the_notice_is_short_and_sets_no_cookie(app: Flask, path: str) -> None:
    answer = browser(app).get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Faragha yako" in answer.text
    assert len(answer.data) < 14_336
    english = browser(app).get(f"{path}?lang=en").text
    assert "Your privacy" in english
    assert "name and number 12, words 60" in english
    assert "name and number 36 months, words 120" in english


def test_form_and_footer_lead_to_it(english: Browser) -> None:
    form = english.get("/new").text
    assert "By filling these in you agree" in form
    assert form.count('href="/privacy"') == 2
    assert 'href="/privacy"' in english.get("/").text


def test_the_notice_tells_the_rules_that_hold(english: Browser, superuser: Connection) -> None:
    superuser.execute("UPDATE retention_rule SET words_months = 77 WHERE category = ''")
    try:
        assert "words 77" in english.get("/privacy").text
    finally:
        superuser.execute("UPDATE retention_rule SET words_months = 60 WHERE category = ''")


# The copy.


def copy(story: Story, form: str) -> TestResponse:
    token = hidden(story.page(), "csrf_token")
    return story.client.post("/track/copy", data={"csrf_token": token, "format": form})


def test_the_copy_holds_everything_that_may_be_told(
    make: Make, story: Story, superuser: Connection
) -> None:
    official = make.officer("DODOMA-CC", "head")
    make.hold(official, "DODOMA-CC", "institution_head")
    for _ in range(2):
        with transaction(Principal.of_officer(official)):
            views.for_officer(story.receipt.case_id, MONDAY)
    with transaction(Principal.of_officer(official)):
        audit.record(audit.IDENTITY_LOOKED, story.receipt.case_id, now=MONDAY, fields="phone")
    story.office(desk.note, "Siri ya ofisi")
    story.office(desk.answer, "Taa zimetengenezwa.")
    answer = copy(story, "json")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.text)
    assert told["case"]["reference"] == story.receipt.reference
    assert told["case"]["place"] == "Uhindini"
    said = [(line["from"], line["body"]) for line in told["messages"]]
    assert said[0] == ("citizen", "Taa za barabarani hazijawaka kwa wiki mbili.")
    assert said[-1] == ("officer", "Taa zimetengenezwa.")
    assert told["sealed"] == ["phone"]
    looks = {
        (tuple(look["roles"]), look["words"], look["identity"], look["looks"])
        for look in told["looks"]
    }
    assert looks == {(("head",), True, False, 2), (("head",), False, True, 1)}
    assert {each["template"] for each in told["sms"]} == {"received", "answer"}
    assert told["kept"] == {"identity_months": 12, "words_months": 60}
    for secret in ("255712345678", "712345678", "Siri ya ofisi", "Neema Mushi", "Afisa"):
        assert secret not in answer.text
    given = superuser.execute(
        "SELECT actor_kind, actor_id FROM audit_entry WHERE act = 'copy_given'"
    ).fetchall()
    assert given == [("public", None)]


@pytest.mark.parametrize("act", audit.LOOKS)
def test_the_copy_tells_every_kind_of_look(make: Make, story: Story, act: str) -> None:
    with transaction(Principal.of_officer(story.handler)):
        audit.record(act, story.receipt.case_id, now=MONDAY)
    (look,) = json.loads(copy(story, "json").text)["looks"]
    assert (look["roles"], look["looks"]) == (["handler"], 1)


def test_the_readable_copy_says_the_same_and_computes_nothing(
    make: Make, story: Story, english: Browser
) -> None:
    story.act("message", body="=HYPERLINK(1)<b>kali</b>")
    page = copy(story, "html")
    assert page.mimetype == "text/html"
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "“=HYPERLINK(1)&lt;b&gt;kali&lt;/b&gt;”" in page.text
    for wanted in (
        story.receipt.reference,
        "Phone number",
        "No officer has looked yet.",
        "It was taken to no higher office.",
        "Everything kept about",
    ):
        assert wanted in page.text
    for active in ("<script", "<link", "<form", "http://", "https://", "src="):
        assert active not in page.text


def test_an_anonymous_case_has_nothing_sealed(make: Make, english: Browser, clock: Any) -> None:
    story = begin(make, english, clock)
    with transaction(JOB) as session:
        session.execute(retention.text("DELETE FROM sealed_identity"))
    assert "No name, number or address is kept." in copy(story, "html").text


def test_nobody_gets_a_copy_without_the_code(
    app: Flask, make: Make, story: Story, clock: Any
) -> None:
    stranger = browser(app)
    token = hidden(stranger.get("/new").text, "csrf_token")
    answer = stranger.post("/track/copy", data={"csrf_token": token, "format": "json"})
    assert (answer.status_code, answer.location) == (303, "/track")
    assert story.client.post("/track/copy", data={"format": "json"}).status_code == 400
    token = hidden(story.page(), "csrf_token")
    clock.shift(DAY / 24 * 0.6)  # 36 minutes without a word
    late = story.client.post("/track/copy", data={"csrf_token": token})
    assert (late.status_code, late.location) == (303, "/track")


def test_what_is_held_answers_the_cases_own_principal_alone(
    make: Make, story: Story, superuser: Connection
) -> None:
    officer = make.officer("DODOMA-CC", "head", "auditor", "admin", "ethics")
    case = story.receipt.case_id
    with superuser.transaction(force_rollback=True):
        superuser.execute("SET LOCAL ROLE mrejesho_web")
        for principal in (
            ("officer", officer, case),
            ("lodging", None, case),
            ("receipt-check", None, case),
            ("job", None, case),
            ("nobody", None, case),
        ):
            superuser.execute("SELECT guard.become(%s, %s, %s)", principal)
            assert superuser.execute("SELECT guard.held_about_me()").fetchone() == (None,)
        superuser.execute("SELECT guard.become('public', NULL, %s)", (make.case(MONDAY).case_id,))
        row = superuser.execute("SELECT guard.held_about_me()").fetchone()
    assert row
    assert (row[0]["sealed"], row[0]["looks"]) == ([], [])


# After the words are gone.


def test_pages_say_that_words_were_removed(
    app: Flask, make: Make, story: Story, superuser: Connection
) -> None:
    story.office(desk.answer, "Taa zimetengenezwa.")
    superuser.execute("UPDATE message SET body = '', sealed = NULL")
    gone = "The words were removed: the time for keeping them is over."
    assert gone in story.page()
    handler = at_desk(app, story.handler)
    page = handler.get(f"/desk/case/{story.receipt.reference}").text
    assert page.count(gone) == 3  # at a glance, as what is wanted, and in the timeline
