"""Following up one's own case: opening it with both numbers, and what it tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from feedback.rules.reference import make_reference
from feedback.services import desk, escalations
from feedback.transaction import JOB, transaction
from tests.factories import Make
from tests.web.browser import Browser, browser, hidden
from tests.web.story import DAY, MONDAY, Story, ask, enter

NEVER_MADE = make_reference(bytes(8))


pytestmark = pytest.mark.usefixtures("clock")


# Opening.


@pytest.mark.parametrize("path", ["/track", "/fuatilia"])
def test_both_addresses_ask_for_the_two_numbers(english: Browser, path: str) -> None:
    page = english.get(path)
    assert page.status_code == 200
    assert 'name="reference"' in page.text
    assert 'name="receipt_code"' in page.text


def test_numbers_are_read_as_people_write_them(make: Make, english: Browser) -> None:
    receipt = make.case(MONDAY)
    loose = receipt.receipt_code.lower().replace("-", " ")
    answer = ask(english, f" {receipt.reference.lower().replace('-', '')} ", loose)
    assert (answer.status_code, answer.location) == (303, "/track")
    assert receipt.reference in english.get("/track").text


def test_a_wrong_code_an_unknown_reference_and_no_code_get_one_answer(
    app: Flask, make: Make, english: Browser
) -> None:
    receipt, other = make.case(MONDAY), make.case(MONDAY)
    tries = {
        "wrong code": (receipt.reference, other.receipt_code),
        "unknown": (NEVER_MADE, other.receipt_code),
        "no code": (receipt.reference, ""),
        "unknown, no code": (NEVER_MADE, ""),
        "not a reference": ("xxxx-xxxx", "yyyy"),
        "not a code": (receipt.reference, "yyyy"),
    }
    answers = {}
    for name, (reference, code) in tries.items():
        tab = browser(app)
        answer = ask(tab, reference, code)
        page = answer.text.replace(hidden(answer.text, "csrf_token"), "").replace(reference, "")
        answers[name] = (answer.status_code, page)
        assert tab.get("/track").text.count('name="receipt_code"') == 1
    assert len(set(answers.values())) == 1
    assert answers["unknown"][0] == 422


def test_too_many_tries_wait_the_same_for_an_unknown_reference(app: Flask, make: Make) -> None:
    receipt = make.case(MONDAY)
    pages = []
    for reference in (receipt.reference, NEVER_MADE):
        tab = browser(app)
        for _ in range(4):
            answer = ask(tab, reference, "0000-0000-000")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        token = hidden(answer.text, "csrf_token")
        pages.append(answer.text.replace(token, "").replace(reference, ""))
    assert pages[0] == pages[1]


def test_the_right_code_after_the_wait_opens(make: Make, english: Browser, clock: Any) -> None:
    receipt = make.case(MONDAY)
    for _ in range(4):
        ask(english, receipt.reference, "0000-0000-000")
    assert enter(english, receipt).status_code == 429
    clock.shift(timedelta(minutes=3))
    assert enter(english, receipt).status_code == 303


def test_neither_number_stands_in_an_address_or_cookie(story: Story) -> None:
    cookie = story.client.get_cookie("mrejesho")
    assert cookie is not None
    assert story.receipt.receipt_code not in cookie.value
    assert "?" not in (enter(story.client, story.receipt).location or "")


def test_an_expired_token_keeps_both_numbers_and_opens_nothing(app: Flask, make: Make) -> None:
    receipt = make.case(MONDAY)
    tab = browser(app)
    answer = tab.post(
        "/track", data={"reference": receipt.reference, "receipt_code": receipt.receipt_code}
    )
    assert answer.status_code == 422
    assert receipt.reference in answer.text
    assert receipt.receipt_code in answer.text
    assert 'name="receipt_code"' in tab.get("/track").text


def test_a_case_stays_open_for_half_an_hour_of_doing_nothing(story: Story) -> None:
    for _ in range(3):
        story.clock.shift(timedelta(minutes=29))
        assert story.receipt.reference in story.page()
    story.clock.shift(timedelta(minutes=31))
    page = story.client.get("/track").text
    assert 'name="receipt_code"' in page
    assert "Too much time went by" in page


def test_leaving_closes_the_case(story: Story) -> None:
    assert story.act("leave").location == "/"
    assert 'name="receipt_code"' in story.client.get("/track").text


def test_one_browser_sees_one_case(make: Make, story: Story) -> None:
    other = make.case(MONDAY, body="Shimo barabarani.")
    enter(story.client, other)
    page = story.page()
    assert "Shimo barabarani." in page
    assert "Taa za barabarani" not in page


# What it tells.


def test_a_new_case_tells_who_and_by_when(story: Story) -> None:
    page = story.page()
    for told in (
        "Dodoma City Council",
        "Roads and bridges",
        "Uhindini",
        "Taa za barabarani",
        "Friday 28 November 2025",
        "Wednesday 12 November 2025",
    ):
        assert told in page
    assert "Neema Mushi" not in page
    assert "712345678" not in page


def test_swahili_comes_first(app: Flask, story: Story) -> None:
    tab = browser(app)
    enter(tab, story.receipt)
    page = tab.get("/track").text
    assert '<html lang="sw">' in page
    assert "Halmashauri ya Jiji la Dodoma" in page


def test_an_internal_note_is_not_shown(story: Story) -> None:
    story.office(desk.note, "Fundi hayupo ofisini.")
    assert "Fundi hayupo" not in story.page()


def test_a_question_shows_how_long_the_clock_waits(story: Story) -> None:
    story.office(desk.ask, "Ni nguzo ipi?")
    page = story.page()
    assert "Ni nguzo ipi?" in page
    assert "asked you something" in page
    assert "The clock waits for your reply until Monday 24 November 2025" in page
    assert "Neema Mushi" not in page


def test_a_reply_ends_the_pause(story: Story) -> None:
    story.office(desk.ask, "Ni nguzo ipi?")
    story.act("message", body="Ya tatu kutoka shuleni.")
    page = story.page()
    assert "Ya tatu kutoka shuleni." in page
    assert "The clock runs again" in page
    assert "waits for your reply until" not in page


def test_escalations_are_told_in_plain_words(story: Story) -> None:
    story.later(60 * DAY)
    with transaction(JOB):
        escalations.sweep_batch(datetime.now(UTC))
    page = story.page()
    assert "No answer came in time: taken to a higher office" in page
    assert "Council Director, Dodoma City Council" in page
    assert "You should have been answered by Friday 28 November 2025" in page


def test_an_answer_shows_the_window_and_both_choices(story: Story) -> None:
    story.office(desk.answer, "Taa zimebadilishwa.")
    page = story.page()
    assert "Taa zimebadilishwa." in page
    assert "Say so until Monday 24 November 2025" in page
    assert 'value="accept"' in page
    assert 'value="not_fixed"' in page
    assert 'value="withdraw"' not in page


def test_words_are_shown_as_text(make: Make, english: Browser) -> None:
    receipt = make.case(MONDAY, body="<img src=x onerror=alert(1)>")
    enter(english, receipt)
    page = english.get("/track").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@pytest.mark.parametrize("level", ["confidential", "restricted"])
def test_the_citizen_reads_sealed_words(make: Make, english: Browser, level: str) -> None:
    receipt = make.case(MONDAY, confidentiality=level, body="Siri kubwa.")
    enter(english, receipt)
    assert "Siri kubwa." in english.get("/track").text


def test_the_page_of_a_case_takes_few_statements(story: Story, query_count: Any) -> None:
    story.office(desk.answer, "Tayari.")
    story.page()
    with query_count() as counted:
        story.page()
    assert counted.number <= 22
