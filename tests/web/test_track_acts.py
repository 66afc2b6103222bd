"""What a citizen can do on the page of the own case, and that nothing typed is lost."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services import desk
from tests.factories import Make
from tests.web.browser import browser, hidden
from tests.web.office import at_desk
from tests.web.story import DAY, HOUR, MONDAY, Story, row, said, token_of

pytestmark = pytest.mark.usefixtures("clock")


def test_a_message_is_added(story: Story, superuser: psycopg.Connection[Any]) -> None:
    answer = story.act("message", body="Sasa zimezimika zote.")
    assert (answer.status_code, answer.location) == (303, "/track")
    page = story.page()
    assert "Your message was added." in page
    assert "Sasa zimezimika zote." in page
    assert said(superuser, "citizen") == 2


def test_a_message_pressed_twice_is_one(
    app: Flask, story: Story, superuser: psycopg.Connection[Any]
) -> None:
    token = hidden(story.page(), "csrf_token")
    cookie = story.client.get_cookie("mrejesho")
    assert cookie is not None

    def press(_: int) -> int:
        tab = browser(app)
        tab.set_cookie("mrejesho", cookie.value)
        data = {"csrf_token": token, "act": "message", "body": "Bado giza."}
        return tab.post("/track", data=data).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(4))) == {303}
    assert said(superuser, "citizen") == 2
    story.clock.shift(timedelta(minutes=11))
    story.act("message", body="Bado giza.")
    assert said(superuser, "citizen") == 3


@pytest.mark.parametrize(
    ("act", "given", "marked"),
    [
        ("message", {"body": ""}, "body"),
        ("message", {"body": "a" * 5_001}, "body"),
        ("withdraw", {}, "confirm"),
        ("raise", {}, "level"),
        ("raise", {"level": "open"}, "level"),
    ],
)
def test_what_an_act_lacks_is_said_beside_it(
    story: Story, act: str, given: dict[str, str], marked: str
) -> None:
    answer = story.act(act, **given)
    assert answer.status_code == 422
    assert f'id="f-{marked}-error"' in answer.text
    assert given.get("body", "") in answer.text


@pytest.mark.parametrize(
    ("act", "given", "marked"),
    [("not_fixed", {"words": " "}, "words"), ("accept", {"rating": "7"}, "rating")],
)
def test_what_a_say_on_the_answer_lacks_is_said_beside_it(
    story: Story, act: str, given: dict[str, str], marked: str
) -> None:
    story.office(desk.answer, "Tayari.")
    answer = story.act(act, **given)
    assert answer.status_code == 422
    assert f'id="f-{marked}-error"' in answer.text


def test_withdrawing_stops_everything(story: Story, superuser: psycopg.Connection[Any]) -> None:
    for _ in range(2):  # pressed twice changes nothing
        assert story.act("withdraw", confirm="1").status_code == 303
    assert row(superuser, "status") == ("withdrawn",)
    page = story.page()
    assert "You withdrew it" in page
    assert 'value="withdraw"' not in page


@pytest.mark.parametrize(("rating", "kept"), [("", None), ("4", 4)])
def test_satisfied_closes_with_or_without_a_rating(
    story: Story, superuser: psycopg.Connection[Any], rating: str, kept: int | None
) -> None:
    story.office(desk.answer, "Tayari.")
    assert story.act("accept", rating=rating).status_code == 303
    assert story.act("accept", rating="").status_code == 303
    assert row(superuser, "status, rating") == ("closed", kept)
    assert "Thank you" in story.page()


def test_not_fixed_opens_again_with_a_new_date(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    story.office(desk.answer, "Tayari.")
    for _ in range(2):
        assert story.act("not_fixed", words="Bado hazijawaka.").status_code == 303
    assert row(superuser, "status, cycle, appeals") == ("assigned", 2, 1)
    page = story.page()
    assert "Bado hazijawaka." in page
    assert "You are answered by Wednesday 19 November 2025" in page


def test_after_two_appeals_a_letter_names_the_bodies_outside(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    for number in range(3):
        story.office(desk.answer, f"Jibu {number}.")
        assert story.act("not_fixed", words=f"Bado {number}.").status_code == 303
    assert row(superuser, "status, appeals") == ("closed", 2)
    page = story.page()
    assert "Final letter" in page
    for body in ("CHRAGG", "chragg.go.tz", "Court ("):
        assert body in page


def test_after_the_window_nothing_reopens(story: Story) -> None:
    story.office(desk.answer, "Tayari.")
    story.later(15 * DAY)
    page = story.page()
    assert 'value="not_fixed"' not in page
    token = hidden(page, "csrf_token")
    late = story.client.post(
        "/track", data={"csrf_token": token, "act": "not_fixed", "words": "Bado."}
    )
    assert late.status_code == 409
    assert "The time to say so is over" in late.text


def test_the_level_can_be_raised(story: Story, superuser: psycopg.Connection[Any]) -> None:
    assert story.act("raise", level="confidential").status_code == 303
    assert story.act("raise", level="confidential").status_code == 303
    assert row(superuser, "confidentiality") == ("confidential",)
    assert said(superuser, "citizen") == 1
    assert superuser.execute("SELECT count(*) FROM message WHERE body IS NOT NULL").fetchone() == (
        0,
    )
    assert "Taa za barabarani" in story.page()


def test_what_caution_made_confidential_the_citizen_can_make_so(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("UPDATE \"case\" SET confidentiality = 'confidential', cautious = true")
    assert 'value="confidential"' in story.page()
    assert story.act("raise", level="confidential").status_code == 303
    assert row(superuser, "confidentiality, cautious") == ("confidential", False)
    assert 'value="confidential"' not in story.page()


def test_raising_to_ethics_keeps_the_citizen_in(
    make: Make, story: Story, superuser: psycopg.Connection[Any]
) -> None:
    make.officer("ETHICS", "ethics")
    assert story.act("raise", level="restricted").status_code == 303
    assert row(superuser, "confidentiality") == ("restricted",)
    page = story.page()
    assert "Taa za barabarani" in page
    assert 'value="raise"' not in page
    # Nobody of the office complained about deals with it, and the page does not read as if.
    assert "It is with an ethics officer outside" in page
    assert "It is with an officer of" not in page
    assert ">Unit<" not in page
    superuser.execute("UPDATE \"case\" SET status = 'answered', answered_at = now()")
    assert "The ethics officer has answered you." in story.page()


def test_an_act_that_does_not_exist_does_nothing(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    assert story.act("delete").status_code == 409
    assert row(superuser, "status") == ("assigned",)


# Nothing typed is lost, and nothing is done unasked.


def test_an_act_with_an_expired_token_is_not_done(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    answer = story.client.post(
        "/track", data={"csrf_token": "old", "act": "message", "body": "Ujumbe mrefu."}
    )
    assert answer.status_code == 422
    assert "Ujumbe mrefu." in answer.text
    assert said(superuser, "citizen") == 1
    token = hidden(answer.text, "csrf_token")
    done = story.client.post(
        "/track", data={"csrf_token": token, "act": "message", "body": "Ujumbe mrefu."}
    )
    assert done.status_code == 303
    assert said(superuser, "citizen") == 2


def test_words_typed_too_slowly_come_along(
    story: Story, superuser: psycopg.Connection[Any]
) -> None:
    token = hidden(story.page(), "csrf_token")
    story.clock.shift(HOUR)
    asked = story.client.post(
        "/track", data={"csrf_token": token, "act": "message", "body": 'Maneno "marefu".'}
    )
    assert asked.status_code == 422
    assert 'name="receipt_code"' in asked.text
    kept = {name: hidden(asked.text, name) for name in ("csrf_token", "kept_act", "body")}
    kept["body"] = kept["body"].replace("&#34;", '"')
    opened = story.client.post(
        "/track",
        data={
            **kept,
            "reference": story.receipt.reference,
            "receipt_code": story.receipt.receipt_code,
        },
    )
    assert opened.status_code == 200
    assert re.search(r"<textarea[^>]*>\s*Maneno &#34;marefu&#34;\.", opened.text)
    assert said(superuser, "citizen") == 1


def test_an_act_without_a_case_asks_for_the_numbers(app: Flask, make: Make) -> None:
    make.case(MONDAY)
    tab = browser(app)
    answer = tab.post("/track", data={"csrf_token": token_of(tab), "act": "withdraw"})
    assert answer.status_code == 422
    assert 'name="receipt_code"' in answer.text


def test_an_oversized_post_gets_its_page(story: Story) -> None:
    assert story.client.post("/track", data={"body": "a" * 2_000_000}).status_code == 413


def test_office_and_citizen_read_the_same_last_day_of_the_window(app: Flask, story: Story) -> None:
    story.office(desk.answer, "Imekamilika.")
    page = at_desk(app, story.handler).get(f"/desk/case/{story.receipt.reference}").text
    ends = re.search(r"The citizen(?:'|&#39;)s window ends on ([^.<]+)\.", page)
    assert ends
    assert ends[1] in story.page()
