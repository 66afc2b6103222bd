"""The second step of the login: who needs it, what opens it, what does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyotp
import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from feedback.transaction import redis_client
from tests.factories import PASSWORD, TOTP_SECRET, Make
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk, post_code, post_login, token_of, username_of

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
NEEDED = ("head", "oversight", "ethics", "admin", "auditor")


@pytest.fixture(autouse=True)
def no_earlier_attempts(app: Flask) -> None:
    redis_client().flushdb()


def first_step(app: Flask, username: str) -> Browser:
    """A browser in which the password was right."""
    tab = browser(app)
    token = hidden(tab.get("/staff/login?lang=en").text, "csrf_token")
    given = {"username": username, "password": PASSWORD, "csrf_token": token}
    answer = tab.post("/staff/login", data=given)
    assert (answer.status_code, answer.location) == (303, "/staff/login/code")
    return tab


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(TOTP_SECRET).at(moment)


def post(tab: Browser, url: str, **given: str) -> TestResponse:
    token = hidden(tab.get("/staff/factors").text, "csrf_token")
    return tab.post(url, data={"csrf_token": token, **given})


@pytest.mark.parametrize("role", NEEDED)
def test_without_a_factor_nothing_but_its_set_up_opens(app: Flask, make: Make, role: str) -> None:
    number = make.officer("PO-PSMGG", role, enrolled=False)
    tab = browser(app)
    assert post_login(tab, username_of(number), PASSWORD).status_code == 303
    for path in ("/admin", "/oversight", "/ethics", "/desk", "/staff/account", "/staff/approvals"):
        assert tab.get(path).location == "/staff/factors", path
    assert tab.post("/staff/password").location == "/staff/factors"
    assert "Your role needs more than a password" in tab.get("/staff/factors?lang=en").text
    assert post(tab, "/staff/logout").location == "/staff/login"


@pytest.mark.parametrize("role", ["handler", "coordinator"])
def test_handlers_may_do_without(app: Flask, make: Make, role: str) -> None:
    name = username_of(make.officer("DODOMA-CC", role))
    assert post_login(browser(app), name, PASSWORD).location == "/desk"


@pytest.mark.parametrize("capacity", ["holder", "deputy"])
def test_a_post_needs_a_factor_whatever_the_role(
    app: Flask, make: Make, superuser: psycopg.Connection[Any], capacity: str
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    make.hold(number, "DODOMA-CC", "institution_head", capacity=capacity)
    superuser.execute("DELETE FROM totp")
    tab = browser(app)
    assert post_login(tab, username_of(number), PASSWORD).status_code == 303
    assert tab.get("/desk").location == "/staff/factors"
    superuser.execute("UPDATE post_holding SET until_day = current_date - 1")
    assert tab.get("/desk").status_code == 200


def test_a_coordinators_post_gives_no_more_than_the_role(
    app: Flask, make: Make, superuser: psycopg.Connection[Any]
) -> None:
    number = make.officer("DODOMA-CC", "coordinator")
    make.hold(number, "DODOMA-CC", "coordinator")
    superuser.execute("DELETE FROM totp")
    tab = browser(app)
    assert post_login(tab, username_of(number), PASSWORD).status_code == 303
    assert tab.get("/desk").status_code == 200


def test_setting_up_an_authenticator_opens_everything(
    app: Flask, make: Make, superuser: psycopg.Connection[Any]
) -> None:
    number = make.officer("PO-PSMGG", "admin", enrolled=False)
    tab, elsewhere = at_desk(app, number), at_desk(app, number)
    assert post(tab, "/staff/factors/authenticator").location == "/staff/factors/authenticator"
    page = tab.get("/staff/factors/authenticator").text
    assert "data:image/svg+xml" in page
    shown = re.search(r'id="totp-secret">([^<]+)<', page)
    assert shown
    secret = shown[1].replace(" ", "")
    kept = superuser.execute("SELECT pending, secret FROM totp").fetchone()
    assert kept is not None
    assert secret.encode() not in bytes(kept[0])
    assert kept[1] is None
    wrong = post(tab, "/staff/factors/authenticator/confirm", code="000000x")
    assert wrong.status_code == 422
    assert tab.get("/admin/officers").status_code == 302
    code = pyotp.TOTP(secret).now()
    codes = post(tab, "/staff/factors/authenticator/confirm", code=code)
    printed = re.findall(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", codes.text)
    assert len(set(printed)) == 10
    assert tab.get("/admin/officers").status_code == 200
    assert elsewhere.get("/staff/factors").location == "/staff/login?next=/staff/factors"
    # The first code is used up; a printed one opens the second step, once.
    name = username_of(number)
    assert post_code(first_step(app, name), code).status_code == 422
    assert post_code(first_step(app, name), printed[3].lower()).status_code == 303
    assert post_code(first_step(app, name), printed[3]).status_code == 422
    hashes = superuser.execute("SELECT code_hash FROM recovery_code").fetchall()
    assert not any(printed[0].encode() in bytes(row[0]) for row in hashes)


def test_a_half_way_login_opens_nothing(app: Flask, make: Make) -> None:
    number = make.officer("RS-DODOMA", "oversight")
    tab = first_step(app, username_of(number))
    assert tab.get("/oversight").location == "/staff/login?next=/oversight"
    with tab.session_transaction() as kept:
        half = kept["half"]
        kept["_user_id"] = f"{number}.{half}"
    assert tab.get("/oversight").location == "/staff/login?next=/oversight"


def test_codes_fit_within_a_step_of_drift_and_are_taken_once(app: Flask, make: Make) -> None:
    name = username_of(make.officer("RS-DODOMA", "oversight"))
    with time_machine.travel(START, tick=False) as moved:
        for off, right in ((-2, False), (2, False), (-1, True), (-1, False), (0, True), (1, True)):
            answer = post_code(first_step(app, name), code_at(START + off * STEP))
            assert (answer.status_code == 303) is right, off
        # After a code of the next step none of the present one is taken any more.
        assert post_code(first_step(app, name), code_at(START)).status_code == 422
        moved.shift(timedelta(minutes=2))
        assert post_code(first_step(app, name), code_at(START + 4 * STEP)).status_code == 303


def test_codes_cannot_be_guessed_at_leisure(app: Flask, make: Make) -> None:
    name = username_of(make.officer("RS-DODOMA", "oversight"))
    with time_machine.travel(START, tick=False) as moved:
        tab = first_step(app, name)
        assert [post_code(tab, "000000").status_code for _ in range(5)] == [422] * 5
        assert post_code(tab, code_at(START)).status_code == 429
        tab = first_step(app, name)  # another browser, another beginning: the count stays
        assert post_code(tab, code_at(START)).status_code == 429
        moved.shift(timedelta(minutes=1))
        assert post_code(tab, code_at(START + 2 * STEP)).status_code == 303


def test_the_second_step_must_follow_soon(app: Flask, make: Make) -> None:
    name = username_of(make.officer("RS-DODOMA", "oversight"))
    with time_machine.travel(START, tick=False) as moved:
        tab = first_step(app, name)
        token = hidden(tab.get("/staff/login/code").text, "csrf_token")
        moved.shift(timedelta(minutes=5))
        given = {"code": code_at(START + 10 * STEP), "csrf_token": token}
        assert tab.post("/staff/login/code", data=given).location == "/staff/login"


def test_the_second_step_leads_where_one_wanted_to_go(app: Flask, make: Make) -> None:
    name = username_of(make.officer("PO-PSMGG", "admin"))
    answer = post_login(browser(app), name, PASSWORD, next="/admin/posts")
    assert answer.location == "/admin/posts"
    with time_machine.travel(datetime.now(UTC) + STEP):
        answer = post_login(browser(app), name, PASSWORD, next="//evil.example")
    assert answer.location == "/admin"


def test_a_factor_is_changed_only_with_the_password(app: Flask, make: Make) -> None:
    number = make.officer("DODOMA-CC", "handler", "auditor")
    tab = at_desk(app, number)
    for url in ("authenticator", "off", "codes"):
        assert post(tab, f"/staff/factors/{url}", current="wrong").status_code == 422, url
    assert post(tab, "/staff/factors/codes", current=PASSWORD).text.count("<li>") >= 10
    assert post(tab, "/staff/factors/off", current=PASSWORD).location == "/staff/factors"
    assert tab.get("/desk").location == "/staff/factors"  # the role needs one


def test_answers_of_a_passkey_that_was_not_asked_for_open_nothing(app: Flask, make: Make) -> None:
    name = username_of(make.officer("RS-DODOMA", "oversight"))
    for answer in ("", "{}", "[]", '{"id": "AA", "rawId": "AA", "type": "public-key"}', "x" * 9):
        tab = first_step(app, name)
        token = hidden(tab.get("/staff/login/code").text, "csrf_token")
        for host in ("localhost", "127.0.0.1"):
            posted = tab.post(
                "/staff/login/passkey",
                data={"answer": answer, "csrf_token": token},
                base_url=f"http://{host}",
            )
            assert posted.status_code in (303, 400, 422, 429)
            assert (posted.location or "/staff/login") == "/staff/login"
    office = at_desk(app, make.officer("DODOMA-CC", "handler"))
    given = {"csrf_token": token_of(office), "answer": "{}", "name": "x"}
    assert office.post("/staff/factors/passkeys", data=given).status_code in (404, 422)
