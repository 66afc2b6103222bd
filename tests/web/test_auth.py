"""Login, logout, password: who gets in, how a session ends, and where a login leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask

from feedback.services import delays
from feedback.transaction import Principal, redis_client, transaction
from feedback.web.auth import landing, safe_next
from tests.factories import PASSWORD, Make
from tests.web.browser import browser, hidden
from tests.web.office import at_desk, post_login, token_of, username_of

NEW = "nywila mpya ya majaribio"


@pytest.fixture(autouse=True)
def no_earlier_attempts(app: Flask) -> None:
    """The counts of wrong attempts begin at nothing."""
    redis_client().flushdb()


@pytest.mark.parametrize(
    ("roles", "place"),
    [
        (["handler"], "/desk"),
        (["coordinator"], "/desk"),
        (["head", "oversight"], "/oversight"),
        (["oversight"], "/oversight"),
        (["ethics"], "/ethics"),
        (["admin"], "/admin"),
        (["auditor"], "/admin"),
    ],
)
def test_a_login_leads_to_ones_work(roles: list[str], place: str) -> None:
    assert landing(roles) == place


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/desk", True),
        ("/desk/case/7K2M-9QXA?lang=en", True),
        (None, False),
        ("", False),
        ("desk", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example/desk", False),
        ("javascript:alert(1)", False),
        ("/desk\r\nSet-Cookie: a=b", False),
        ("/\t/evil.example", False),
    ],
)
def test_only_a_path_of_this_site_follows_a_login(target: str | None, safe: bool) -> None:
    assert safe_next(target) == (target if safe else None)


def test_login_leads_where_one_wanted_to_go(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    tab = browser(app)
    sent_away = tab.get("/desk/unowned?lang=en")
    assert sent_away.location == "/staff/login?next=/desk/unowned?lang%3Den"
    answer = post_login(tab, name, PASSWORD, next="/desk/unowned")
    assert (answer.status_code, answer.location) == (303, "/desk/unowned")
    assert post_login(browser(app), name, PASSWORD, next="//evil.example").location == "/desk"


def test_unknown_name_and_wrong_password_answer_alike(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    wrong = post_login(browser(app), name, "not the password")
    unknown = post_login(browser(app), "nobody", PASSWORD)
    assert wrong.status_code == unknown.status_code == 422
    assert name in wrong.text
    clean = [
        page.text.replace(hidden(page.text, "csrf_token"), "").replace(typed, "")
        for page, typed in ((wrong, name), (unknown, "nobody"))
    ]
    assert clean[0] == clean[1]


def test_a_closed_account_does_not_get_in(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler", active=False))
    assert post_login(browser(app), name, PASSWORD).status_code == 422


def test_too_many_wrong_attempts_have_to_wait(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    other = username_of(make.officer("DODOMA-CC", "handler"))
    tab = browser(app)
    tab.get("/staff/login?lang=en")
    assert [post_login(tab, name, "wrong").status_code for _ in range(5)] == [422] * 5
    refused = post_login(tab, name.upper() + " ", PASSWORD)
    assert refused.status_code == 429
    assert "Minutes to wait before the next: 1." in refused.text
    assert post_login(tab, other, PASSWORD).status_code == 303


def test_waits_grow_and_end(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    start = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as moved:
        tab = browser(app)
        tab.get("/staff/login?lang=en")
        for _ in range(5):
            post_login(tab, name, "wrong")
        for minutes in (1, 2, 4, 8, 15, 15):
            held = post_login(tab, name, PASSWORD)
            assert f"before the next: {minutes}." in held.text
            moved.shift(timedelta(minutes=minutes))
            assert post_login(tab, name, "wrong").status_code == 422
        moved.shift(timedelta(hours=1))
        assert post_login(tab, name, PASSWORD).status_code == 303


def test_a_stranger_who_guesses_does_not_keep_an_official_out(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    usual, stranger = browser(app), browser(app)
    assert post_login(usual, name, PASSWORD).status_code == 303
    with usual.session_transaction() as kept:
        kept.clear()
    for _ in range(5):
        post_login(stranger, name, "a guess")
    assert post_login(stranger, name, PASSWORD).status_code == 429
    assert post_login(usual, name, PASSWORD).status_code == 303


def test_one_address_cannot_try_many_accounts(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    now = datetime.now(UTC)
    with app.test_request_context(), transaction(Principal("login")):
        for number in range(30):
            delays.failed(delays.at_login(f"somebody{number}", "127.0.0.1", None), now)
    assert post_login(browser(app), name, PASSWORD).status_code == 429


def test_right_passwords_are_not_counted(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    answers = [post_login(browser(app), name, PASSWORD).status_code for _ in range(7)]
    assert answers == [303] * 7


def test_nothing_set_before_a_login_counts_after_it(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    tab = browser(app)
    tab.get("/staff/login?lang=en")
    with tab.session_transaction() as session:
        session["planted"] = "by somebody else"
        before = session["csrf_token"]
    answer = post_login(tab, name, PASSWORD)
    assert "Expires=" in answer.headers["Set-Cookie"]  # a session of hours, not of the browser
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    with tab.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before
        assert session["lang"] == "en"


@pytest.mark.parametrize(("role", "minutes"), [("handler", 120), ("head", 30), ("admin", 30)])
def test_a_session_ends_when_nobody_is_there(
    app: Flask, make: Make, role: str, minutes: int
) -> None:
    number = make.officer("DODOMA-CC", role)
    start = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as moved:
        tab = at_desk(app, number)
        for _ in range(3):  # each click counts anew
            moved.shift(timedelta(minutes=minutes - 1))
            assert tab.get("/staff/account").status_code == 200
        moved.shift(timedelta(minutes=minutes + 1))
        assert tab.get("/staff/account").status_code == 302


def test_a_session_ends_after_twelve_hours_whoever_is_there(app: Flask, make: Make) -> None:
    number = make.officer("DODOMA-CC", "handler")
    start = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as moved:
        tab = at_desk(app, number)
        for _ in range(11):
            moved.shift(timedelta(hours=1))
            assert tab.get("/desk").status_code == 200
        moved.shift(timedelta(hours=1))
        assert tab.get("/desk").status_code == 302


def test_being_there_is_written_down_once_a_minute(
    app: Flask, make: Make, query_count: Any
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    with time_machine.travel(datetime(2026, 11, 23, 5, 0, tzinfo=UTC), tick=False) as moved:
        tab = at_desk(app, number)
        counts = []
        for seconds in (0, 59, 1):
            moved.shift(timedelta(seconds=seconds))
            with query_count() as counted:
                tab.get("/staff/password")
            counts.append(counted.number)
        assert counts[0] == counts[1] < counts[2]


def test_a_login_page_open_for_too_long_comes_back_with_the_name(app: Flask) -> None:
    answer = browser(app).post("/staff/login", data={"username": "asha", "password": PASSWORD})
    assert answer.status_code == 400
    assert 'value="asha"' in answer.text
    assert PASSWORD not in answer.text


def test_who_is_logged_in_goes_on(app: Flask, make: Make) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler"))
    assert tab.get("/staff/login").location == "/desk"
    assert tab.get("/staff/login?next=/staff/notices").location == "/staff/notices"


def test_logout_ends_the_session_and_every_copy_of_its_cookie(app: Flask, make: Make) -> None:
    number = make.officer("DODOMA-CC", "handler")
    here, there = at_desk(app, number), at_desk(app, number)
    copy = browser(app)
    with here.session_transaction() as kept, copy.session_transaction() as copied:
        copied.update(kept)
    assert here.get("/staff/logout").status_code == 405
    assert here.post("/staff/logout").status_code == 400  # without its token
    answer = here.post("/staff/logout", data={"csrf_token": token_of(here)})
    assert (answer.status_code, answer.location) == (303, "/staff/login")
    assert here.get("/desk").status_code == 302
    assert copy.get("/desk").status_code == 302
    assert there.get("/desk").status_code == 200


def test_a_login_ends_the_earlier_session_of_the_browser(app: Flask, make: Make) -> None:
    first, second = (make.officer("DODOMA-CC", "handler") for _ in range(2))
    tab, copy = at_desk(app, first), browser(app)
    with tab.session_transaction() as kept, copy.session_transaction() as copied:
        copied.update(kept)
    token = token_of(tab)
    given = {"username": username_of(second), "password": PASSWORD, "csrf_token": token}
    assert tab.post("/staff/login", data=given).status_code == 303
    assert copy.get("/desk").status_code == 302
    assert tab.get("/desk").status_code == 200


def test_sessions_are_listed_and_ended(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    phone = browser(app)
    agent = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"
    phone.environ_base["HTTP_USER_AGENT"] = agent
    assert post_login(phone, name, PASSWORD).status_code == 303
    number = make.officer("DODOMA-CC", "handler")
    office = browser(app)
    assert post_login(office, name, PASSWORD).status_code == 303
    page = office.get("/staff/account?lang=en").text
    assert "Chrome, Android" in page
    chosen = hidden(page, "session")
    stranger = at_desk(app, number)
    data = {"csrf_token": token_of(stranger), "session": chosen}
    assert stranger.post("/staff/account/sessions", data=data).status_code == 404
    assert phone.get("/desk").status_code == 200
    data = {"csrf_token": token_of(office), "session": chosen}
    assert office.post("/staff/account/sessions", data=data).status_code == 303
    assert phone.get("/desk").status_code == 302
    assert post_login(phone, name, PASSWORD).status_code == 303
    data["session"] = "others"
    assert office.post("/staff/account/sessions", data=data).status_code == 303
    assert phone.get("/desk").status_code == 302
    assert office.get("/desk").status_code == 200
    data["session"] = "nonsense"
    assert office.post("/staff/account/sessions", data=data).status_code == 404


def test_a_new_password_ends_every_other_session(
    app: Flask, make: Make, superuser: psycopg.Connection[Any]
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    here, there = at_desk(app, number), at_desk(app, number)
    data = {"csrf_token": token_of(here), "current": PASSWORD, "password": NEW, "again": NEW}
    answer = here.post("/staff/password", data=data)
    assert (answer.status_code, answer.location) == (303, "/staff/account")
    assert "The password is changed" in here.get("/staff/account").text
    assert there.get("/desk").status_code == 302
    acts = superuser.execute("SELECT act FROM audit_entry WHERE actor_kind = 'officer'").fetchall()
    assert acts == [("password_changed",)]
    name = username_of(number)
    assert post_login(browser(app), name, PASSWORD).status_code == 422
    assert post_login(browser(app), name, NEW).status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "again", "message"),
    [
        ("wrong", NEW, NEW, "This is not your present password."),
        (PASSWORD, NEW, NEW + "x", "The two entries differ."),
        (PASSWORD, "short", "short", "Use at least 12 characters."),
        (PASSWORD, "Mwanza@123456", "Mwanza@123456", "Many people would choose this one."),
        (PASSWORD, "officer1-2026!", "officer1-2026!", "Leave your user name out"),
    ],
)
def test_a_password_that_is_not_accepted(
    app: Flask, make: Make, current: str, password: str, again: str, message: str
) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler"))
    data = {"csrf_token": token_of(tab), "current": current, "password": password, "again": again}
    answer = tab.post("/staff/password", data=data)
    assert answer.status_code == 422
    assert message in answer.text
    assert tab.get("/desk").status_code == 200


def test_notices_are_counted_in_the_menu_until_they_are_read(app: Flask, make: Make) -> None:
    number = make.officer("DODOMA-CC", "handler")
    receipt = make.case(datetime.now(UTC))
    tab = at_desk(app, number)
    assert "Notices (1)" in tab.get("/desk").text
    page = tab.get("/staff/notices").text
    assert f"/desk/case/{receipt.reference}" in page
    data = {"csrf_token": hidden(page, "csrf_token"), "upto": hidden(page, "upto")}
    assert tab.post("/staff/notices", data=data).status_code == 303
    assert "Notices (" not in tab.get("/desk").text
    assert receipt.reference in tab.get("/staff/notices").text
    bad = {"csrf_token": token_of(tab), "upto": "2026-11-23T09:00:00"}
    assert tab.post("/staff/notices", data=bad).status_code == 400


def test_the_living_page_is_for_officers(app: Flask, make: Make) -> None:
    assert browser(app).get("/staff/look").status_code == 302
    tab = at_desk(app, make.officer("PO-PSMGG", "auditor"))
    assert tab.get("/staff/look").status_code == 200
