"""The proof of a filing on the web: made by the citizen, checked by an office without a login."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services import desk
from tests.services import kit
from tests.web.browser import browser, by_id, fields, receipt
from tests.web.story import DAY, Story

pytestmark = pytest.mark.usefixtures("clock")
Behind = psycopg.Connection[Any]


def code_and_pin(story: Story) -> tuple[str, str]:
    """What the citizen gives to an office."""
    assert story.act("prove").status_code == 303
    page = story.page()
    code, pin = by_id(page, "proof-code"), by_id(page, "proof-pin")
    assert code
    assert pin
    return code, pin


def checked(app: Flask, code: str, secret: str, path: str = "/proof") -> Any:
    """What an office reads, in a browser of its own."""
    office = browser(app)
    office.get("/?lang=en")
    return office.post(path, data={"code": code, "secret": secret})


def test_the_receipt_shows_the_code_and_a_picture_that_leads_there(app: Flask) -> None:
    citizen = browser(app)
    posted = citizen.post("/new", data=fields(citizen))
    _, secret = receipt(citizen, posted)
    page = citizen.get("/received").text
    code = by_id(page, "proof-code")
    assert code is not None
    assert re.fullmatch("(?:[0-9A-HJKMNP-TV-Z]{4}-?){3}", code)
    assert 'src="data:image/svg+xml' in page
    assert secret is not None
    # The secret code opens it too, typed by the citizen.
    assert "Proof code" in checked(app, code, secret).text
    assert checked(app, code, secret).status_code == 200


def test_an_office_reads_when_and_how_late_and_nothing_else(
    app: Flask, story: Story, superuser: Behind
) -> None:
    code, pin = code_and_pin(story)
    story.clock.shift(5 * DAY)
    page = checked(app, code.lower().replace("-", " "), f"{pin[:3]} {pin[3:]}").text
    assert "The proof is valid" in page
    assert story.receipt.reference in page
    assert "Dodoma" in page
    body = kit.of_case(superuser, "message", story.receipt.case_id)[0]["body"]
    assert body not in page
    for kept in ("Roads", "+255", "0712", "Uhindini", "Neema"):
        assert kept not in page
    assert "Working days:" in page  # nobody has acknowledged it
    assert kit.acts(superuser, story.receipt.case_id).count("proof_shown") == 1
    story.later(timedelta())
    shown = story.page()
    assert "Times it was shown: 1" in shown


def test_who_finds_the_code_learns_nothing(app: Flask, story: Story) -> None:
    code = by_id(story.page(), "proof-code")
    assert code is not None
    found = checked(app, code, "123456")
    unknown = checked(app, "0000-0000-0000", "123456")
    assert found.status_code == unknown.status_code == 422
    assert found.text.replace(code, "") == unknown.text.replace("0000-0000-0000", "")
    asked = browser(app).get(f"/proof?code={code}")
    assert asked.status_code == 200
    assert code in asked.text
    answer = browser(app).post("/proof", data={"code": code, "secret": "123456"})
    assert answer.status_code == 422
    assert "Set-Cookie" not in {*asked.headers.keys(), *answer.headers.keys()}


def test_a_pin_ends_by_itself_by_the_citizen_and_by_another(app: Flask, story: Story) -> None:
    code, pin = code_and_pin(story)
    _, second = code_and_pin(story)
    assert checked(app, code, pin).status_code == (422 if pin != second else 200)
    assert checked(app, code, second).status_code == 200
    story.act("unprove")
    assert by_id(story.page(), "proof-pin") is None
    assert checked(app, code, second).status_code == 422
    _, third = code_and_pin(story)
    story.clock.shift(timedelta(days=8))
    assert checked(app, code, third).status_code == 422


def test_a_secret_code_in_the_wrong_place_is_told(app: Flask, story: Story) -> None:
    answer = checked(app, story.receipt.receipt_code, "123456")
    assert answer.status_code == 422
    assert "form of a secret code" in answer.text
    assert 'id="f-code-error"' in answer.text


def test_a_forgotten_pin_is_asked_for_and_counts_as_no_try(app: Flask, story: Story) -> None:
    code, pin = code_and_pin(story)
    for _ in range(5):
        answer = checked(app, code, " ")
        assert answer.status_code == 422
        assert "Write the PIN that the citizen gave." in answer.text
        assert 'id="f-secret-error"' in answer.text
    assert checked(app, code, pin).status_code == 200
    # A secret code in the wrong place is told also where nothing else was typed.
    assert "form of a secret code" in checked(app, story.receipt.receipt_code, "").text


def test_too_many_tries_wait(app: Flask, story: Story) -> None:
    code, pin = code_and_pin(story)
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    answers = [checked(app, code, wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    story.clock.shift(timedelta(minutes=3))
    assert checked(app, code, pin, "/uthibitisho").status_code == 200


def test_a_word_comes_with_the_rating_and_both_can_be_changed(
    story: Story, superuser: Behind
) -> None:
    story.office(desk.answer, "Tayari.")
    story.act("accept", rating="5", remark="Asante kwa kazi nzuri.")
    assert "Your word with the rating" in story.page()
    story.act("accept", rating="3")
    row = kit.case_row(superuser, story.receipt.case_id)
    assert (row["status"], row["rating"]) == ("closed", 3)
    said = [m for m in kit.of_case(superuser, "message", row["id"]) if m["kind"] == "remark"]
    assert [m["body"] for m in said] == ["Asante kwa kazi nzuri."]
    story.later(15 * DAY)
    assert 'id="rate"' not in story.page()
