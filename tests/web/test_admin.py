"""Administration: accounts, posts, leave, days off, alarms; and the auditor's record."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback.services import audit, calendars, escalations
from feedback.transaction import JOB, transaction
from tests.factories import PASSWORD, Make
from tests.web.browser import Browser, browser, hidden
from tests.web.office import at_desk, post_login, token_of

WORDS = "maneno matatu yangu peke yangu"


@pytest.fixture
def admin(make: Make) -> int:
    return make.officer("PO-PSMGG", "admin", name="Msimamizi Mkuu")


@pytest.fixture
def tab(app: Flask, admin: int) -> Browser:
    return at_desk(app, admin)


@pytest.fixture
def auditor(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("PO-PSMGG", "auditor", name="Mkaguzi Halima"))


def post(tab: Browser, url: str, **fields: Any) -> TestResponse:
    return tab.post(url, data={"csrf_token": token_of(tab), **fields})


def unit_of(superuser: psycopg.Connection[Any], institution: str, unit: str) -> int:
    found = superuser.execute(
        "SELECT u.id FROM unit u JOIN institution i ON i.id = u.institution_id"
        " WHERE i.code = %s AND u.code = %s",
        (institution, unit),
    ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.fixture
def other_admin(app: Flask, make: Make) -> Browser:
    """Whoever decides where an institution has no head."""
    return at_desk(app, make.officer("PO-PSMGG", "admin", name="Msimamizi wa Pili"))


def approve(tab: Browser) -> TestResponse:
    """Approve the oldest request that waits for this officer."""
    url = re.search(r'action="(/staff/approvals/[^"]+/approve)"', tab.get("/staff/approvals").text)
    assert url
    return post(tab, url[1])


def shown_code(page: str) -> str:
    found = re.search(r'id="one-time-code">([^<]+)<', page)
    assert found
    return found[1]


def set_password(app: Flask, username: str, code: str, password: str) -> TestResponse:
    tab = browser(app)
    token = hidden(tab.get("/staff/code?lang=en").text, "csrf_token")
    given = {"username": username, "code": code, "password": password, "again": password}
    return tab.post("/staff/code", data={"csrf_token": token, **given})


# Where each role begins.


def test_each_role_begins_with_its_own(tab: Browser, auditor: Browser) -> None:
    assert tab.get("/admin").location == "/admin/alarms"
    assert auditor.get("/admin").location == "/admin/record"
    assert "/admin/record" not in tab.get("/admin/alarms").text
    assert "/admin/officers" not in auditor.get("/admin/record").text


# Officers.


def test_officers_are_found_by_name_and_institution(make: Make, tab: Browser) -> None:
    make.officer("DODOMA-CC", "handler", name="Neema Mushi")
    make.officer("KONDOA-DC", "handler", name="Juma Hamisi")
    by_name = tab.get("/admin/officers?words=mushi").text
    assert "Neema Mushi" in by_name
    assert "Juma Hamisi" not in by_name
    by_place = tab.get("/admin/officers?institution=KONDOA-DC").text
    assert "Juma Hamisi" in by_place
    assert "Neema Mushi" not in by_place
    assert "Several institutions fit" in tab.get("/admin/officers?institution=dodoma").text
    assert "No officer was found." in tab.get("/admin/officers?words=%25").text


def test_pages_of_officers_follow_each_other(make: Make, tab: Browser) -> None:
    names = [f"Afisa Namba {n:02}" for n in range(52)]
    for name in names:
        make.officer("DODOMA-CC", "handler", name=name)
    first = tab.get("/admin/officers?words=namba").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = tab.get(following[1].replace("&amp;", "&")).text
    assert sorted(re.findall(r"Afisa Namba \d\d", first + second)) == names


def test_a_new_officer_gets_in_by_a_code_that_only_the_approver_saw(
    app: Flask, tab: Browser, other_admin: Browser, superuser: psycopg.Connection[Any]
) -> None:
    unit = unit_of(superuser, "DODOMA-CC", "WORKS")
    made = post(
        tab,
        "/admin/officers/new",
        institution="DODOMA-CC",
        username=" Asha.Mussa ",
        name="Asha Mussa",
        unit=unit,
        roles=["handler"],
    )
    assert made.status_code == 201
    assert "A second officer must approve this" in made.text
    assert "one-time-code" not in made.text
    assert "Notices (1)" in other_admin.get("/admin/alarms").text
    assert "Nothing waits for you." in tab.get("/staff/approvals").text
    approved = approve(other_admin)
    code = shown_code(approved.text)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", code)
    assert code not in other_admin.get("/staff/approvals").text
    assert set_password(app, "asha.mussa", "AAAA-BBBB-CCCC-DDDD", WORDS).status_code == 422
    assert set_password(app, "asha.mussa", code, "Tanzania12345").status_code == 422
    typed = code.lower().replace("-", " ").replace("0", "o")
    assert set_password(app, "asha.mussa", typed, WORDS).location == "/staff/login"
    assert set_password(app, "asha.mussa", code, WORDS).status_code == 422  # once
    assert post_login(browser(app), "asha.mussa", WORDS).location == "/desk"


def test_where_nobody_else_is_the_first_administrator_decides_and_an_alarm_stands(
    app: Flask, tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    given = {"institution": "DODOMA-CC", "username": "asha", "name": "Asha", "roles": ["handler"]}
    unit = unit_of(superuser, "DODOMA-CC", "WORKS")
    made = post(tab, "/admin/officers/new", **given, unit=unit)
    assert set_password(app, "asha", shown_code(made.text), WORDS).status_code == 303
    assert "An administrator gave power alone" in tab.get("/admin/alarms").text
    alone = superuser.execute("SELECT alone, state FROM grant_request").fetchall()
    assert alone == [(True, "approved")]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"username": ""}, "This must not be empty."),
        ({"name": " "}, "This must not be empty."),
        ({"username": "officer1"}, "Another officer has this user name."),
        ({"username": "a" * 61}, "This is too long."),
        ({"name": "A" * 121}, "This is too long."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["king"]}, "Choose at least one role."),
        ({"unit": "999999"}, "Choose the unit"),
        ({"unit": "nonsense"}, "Choose the unit"),
    ],
)
def test_what_is_wrong_with_a_new_officer(
    tab: Browser, superuser: psycopg.Connection[Any], changed: dict[str, Any], message: str
) -> None:
    given = {
        "institution": "DODOMA-CC",
        "username": "asha",
        "name": "Asha Mussa",
        "unit": unit_of(superuser, "DODOMA-CC", "WORKS"),
        "roles": ["handler"],
        **changed,
    }
    refused = post(tab, "/admin/officers/new", **given)
    assert refused.status_code == 422
    assert message in refused.text
    assert "Please correct the following" in refused.text
    assert superuser.execute("SELECT count(*) FROM officer").fetchone() == (1,)


def test_a_forgotten_password_is_replaced(
    app: Flask, make: Make, tab: Browser, other_admin: Browser
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    name = f"officer{make.count}"
    office = at_desk(app, number)
    assert post(tab, f"/admin/officers/{number}/password").status_code == 303
    assert "Waits for approval" in tab.get(f"/admin/officers/{number}").text
    assert post(tab, f"/admin/officers/{number}/password").status_code == 422  # asked already
    assert office.get("/desk").status_code == 200
    code = shown_code(approve(other_admin).text)
    assert office.get("/desk").status_code == 302
    assert post_login(browser(app), name, PASSWORD).status_code == 422
    assert set_password(app, name, code, WORDS).status_code == 303
    office = browser(app)
    assert post_login(office, name, WORDS).location == "/desk"
    assert "A new password was set for your account" in office.get("/staff/notices?lang=en").text


def test_roles_are_taken_at_once_and_given_by_two(
    make: Make, tab: Browser, admin: int, other_admin: Browser
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    url = f"/admin/officers/{number}"
    assert post(tab, f"{url}/roles", roles=["coordinator"]).status_code == 303
    assert not re.search(r'value="(handler|coordinator)" checked', tab.get(url).text)
    assert approve(other_admin).status_code == 303
    assert re.search(r'value="coordinator" checked', tab.get(url).text)
    assert post(tab, f"{url}/roles").status_code == 422
    own = post(tab, f"/admin/officers/{admin}/roles", roles=["auditor"])
    assert own.status_code == 422
    assert "You cannot do this to your own account." in own.text


def test_what_is_refused_stays_undone(make: Make, tab: Browser, other_admin: Browser) -> None:
    number = make.officer("DODOMA-CC", "handler")
    post(tab, f"/admin/officers/{number}/roles", roles=["handler", "coordinator"])
    page = other_admin.get("/staff/approvals").text
    url = re.search(r'action="(/staff/approvals/[^"]+)/refuse"', page)
    assert url
    assert post(other_admin, f"{url[1]}/nonsense").status_code == 404
    assert post(other_admin, f"{url[1]}/refuse").status_code == 303
    assert post(other_admin, f"{url[1]}/approve").status_code == 404
    assert not re.search(r'value="coordinator" checked', tab.get(f"/admin/officers/{number}").text)


def test_closing_an_account_ends_its_sessions(
    app: Flask, make: Make, tab: Browser, admin: int, other_admin: Browser
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    office = at_desk(app, number)
    url = f"/admin/officers/{number}"
    assert post(tab, f"{url}/deactivate").status_code == 303
    assert office.get("/desk").status_code == 302
    assert "Open the account again" in tab.get(url).text
    post(tab, f"{url}/activate")
    assert "Open the account again" in tab.get(url).text
    assert approve(other_admin).status_code == 303
    assert office.get("/desk").status_code == 302  # the old cookie stays void
    assert at_desk(app, number).get("/desk").status_code == 200
    assert "Close the account" not in tab.get(f"/admin/officers/{admin}").text
    assert post(tab, f"/admin/officers/{admin}/deactivate").status_code == 422
    assert post(tab, "/admin/officers/999999/deactivate").status_code == 404
    assert post(tab, f"{url}/nonsense").status_code == 404


# Posts and leave.


def post_of(superuser: psycopg.Connection[Any], institution: str, kind: str) -> int:
    found = superuser.execute(
        "SELECT p.id FROM post p JOIN institution i ON i.id = p.institution_id"
        " WHERE i.code = %s AND p.kind = %s AND p.unit_id IS NULL",
        (institution, kind),
    ).fetchone()
    assert found is not None
    return int(found[0])


def test_a_post_gets_holder_and_deputy(
    app: Flask, make: Make, tab: Browser, other_admin: Browser, superuser: psycopg.Connection[Any]
) -> None:
    asha = make.officer("DODOMA-CC", "head", name="Asha Mwinyi")
    juma = make.officer("DODOMA-CC", "head", name="Juma Hamisi")
    number = post_of(superuser, "DODOMA-CC", "institution_head")
    given = {"institution": "DODOMA-CC", "holder": asha, "deputy": juma}
    assert post(tab, f"/admin/posts/{number}", **given).status_code == 303
    assert post(tab, f"/admin/posts/{number}", **given).status_code == 303  # changes nothing
    assert "Waits for approval" in tab.get("/admin/posts?institution=DODOMA-CC").text
    assert approve(other_admin).status_code == 303
    head = at_desk(app, asha)  # who is there now, and decides from here on
    assert approve(head).status_code == 303
    swapped = {"institution": "DODOMA-CC", "holder": juma, "deputy": ""}
    assert post(tab, f"/admin/posts/{number}", **swapped).status_code == 303
    assert approve(head).status_code == 303
    today = datetime.now(UTC) + timedelta(hours=3)
    held = superuser.execute(
        "SELECT officer_id, capacity FROM post_holding WHERE post_id = %s"
        " AND since_day <= %s AND (until_day IS NULL OR until_day >= %s)",
        (number, today.date(), today.date()),
    ).fetchall()
    assert held == [(juma, "holder")]
    assert "Council Director" in tab.get("/admin/posts?institution=DODOMA-CC").text


def test_who_cannot_hold_a_post(
    make: Make, tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    own = make.officer("DODOMA-CC", "head")
    stranger = make.officer("KONDOA-DC", "head")
    closed = make.officer("DODOMA-CC", "head", active=False)
    number = post_of(superuser, "DODOMA-CC", "institution_head")
    for holder, deputy in ((stranger, ""), (closed, ""), (999999, ""), (own, own)):
        refused = post(
            tab,
            f"/admin/posts/{number}",
            institution="DODOMA-CC",
            holder=holder,
            deputy=deputy,
        )
        assert refused.status_code == 422, (holder, deputy)
    assert superuser.execute("SELECT count(*) FROM post_holding").fetchone() == (0,)
    assert post(tab, "/admin/posts/999999", holder=own).status_code == 404


def test_leave_is_noted_and_ended(
    make: Make, tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    number = make.officer("DODOMA-CC", "handler")
    url = f"/admin/officers/{number}"
    today = (datetime.now(UTC) + timedelta(hours=3)).date()
    days = {"first_day": today - timedelta(days=2), "last_day": today + timedelta(days=5)}
    assert post(tab, f"{url}/leave", **days).status_code == 303
    assert post(tab, f"{url}/leave", **days).status_code == 422  # noted already
    wrong_way = {"first_day": today + timedelta(days=9), "last_day": today + timedelta(days=8)}
    assert post(tab, f"{url}/leave", **wrong_way).status_code == 422
    assert post(tab, f"{url}/leave", first_day="", last_day="x").status_code == 422
    leave = re.search(r'name="leave" value="(\d+)"', tab.get(url).text)
    assert leave
    assert post(tab, f"{url}/end-leave", leave=leave[1]).status_code == 303
    assert "No leave is noted." in tab.get(url).text
    last = superuser.execute("SELECT last_day FROM leave").fetchone()
    assert last == (today - timedelta(days=1),)


# Days off.


@pytest.fixture
def kept_holidays(superuser: psycopg.Connection[Any]) -> Any:
    """Days off are reference data, which tests share: what this one changes is put back."""
    superuser.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM holiday")
    yield
    superuser.execute("TRUNCATE holiday, calendar_correction RESTART IDENTITY")
    superuser.execute("INSERT INTO holiday OVERRIDING SYSTEM VALUE SELECT * FROM kept")
    superuser.execute("SELECT setval(pg_get_serial_sequence('holiday', 'id'), max(id)) FROM kept")
    superuser.execute("DROP TABLE kept")


@pytest.mark.usefixtures("kept_holidays")
def test_a_day_off_moves_running_deadlines(
    make: Make, tab: Browser, superuser: psycopg.Connection[Any]
) -> None:
    make.officer("DODOMA-CC", "handler")
    now = datetime.now(UTC)
    receipt = make.case(now)
    day = _plain_working_day(superuser, receipt.answer_due)
    calendar = superuser.execute("SELECT id FROM calendar WHERE code = 'TZ'").fetchone()
    assert calendar is not None
    given = {"calendar": calendar[0], "day": day, "status": "confirmed"}
    empty = post(tab, "/admin/holidays", **given, name_sw="", name_en="")
    assert empty.status_code == 422
    done = post(tab, "/admin/holidays", **given, name_sw="Mapumziko", name_en="Day off")
    assert done.status_code == 303
    page = tab.get(f"/admin/holidays?year={day.year}").text
    assert "Day off" in page
    assert "being computed" in page
    with transaction(JOB):
        for number in calendars.pending():
            run = calendars.Applying(number)
            calendars.apply(run, now)
            assert run.moved > 0
    moved = superuser.execute(
        'SELECT due_at FROM "case" WHERE id = %s', (receipt.case_id,)
    ).fetchone()
    assert moved is not None
    assert moved[0] > receipt.answer_due
    assert post(tab, "/admin/holidays", **(given | {"day": "x"})).status_code == 422
    bad = given | {"status": "nonsense"}
    assert post(tab, "/admin/holidays", **bad, name_sw="a", name_en="b").status_code == 422


def _plain_working_day(superuser: psycopg.Connection[Any], before: datetime) -> date:
    """A working day shortly before a deadline."""
    off = {row[0] for row in superuser.execute("SELECT day FROM holiday").fetchall()}
    day = before.date()
    while day.weekday() > 4 or day in off:
        day -= timedelta(days=1)
    return day


# Alarms.


def test_an_alarm_is_settled(make: Make, tab: Browser) -> None:
    make.officer("DODOMA-CC", "handler")
    now = datetime.now(UTC)
    make.case(now - timedelta(days=7))
    with transaction(JOB):
        escalations.sweep_batch(now)
    page = tab.get("/admin/alarms").text
    assert "post is vacant: name a holder or a deputy" in page
    for number in re.findall(r"/admin/alarms/(\d+)/settle", page):
        assert post(tab, f"/admin/alarms/{number}/settle").status_code == 303
    assert "No alarm is open." in tab.get("/admin/alarms").text
    assert post(tab, "/admin/alarms/999999/settle").status_code == 404


# The record.


def chain() -> None:
    with transaction(JOB):
        audit.chain(datetime.now(UTC))


def test_the_record_is_read_by_officer_act_and_case(
    make: Make, auditor: Browser, admin: int
) -> None:
    receipt = make.case(datetime.now(UTC))
    chain()
    everything = auditor.get("/admin/record").text
    assert "Lodged" in everything
    assert "Logged in" in everything
    of_case = auditor.get(f"/admin/record?case={receipt.case_id}").text
    assert receipt.reference in of_case
    assert "Logged in</td>" not in of_case
    assert receipt.reference in auditor.get(f"/admin/record?case={receipt.reference}").text
    assert "<td" not in auditor.get("/admin/record?act=answered").text
    assert "Lodged</td>" in auditor.get("/admin/record?act=lodged").text
    assert "<td" not in auditor.get("/admin/record?officer=nobody").text
    assert "No entry fits." in auditor.get("/admin/record?case=nonsense").text


def test_the_record_pages_by_its_chain(make: Make, auditor: Browser) -> None:
    for _ in range(60):
        make.case(datetime.now(UTC))
    chain()
    first = auditor.get("/admin/record?act=lodged").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = auditor.get(following[1].replace("&amp;", "&")).text
    assert first.count("Lodged</td>") == 50
    assert second.count("Lodged</td>") == 10


def test_tampering_shows(make: Make, auditor: Browser, superuser: psycopg.Connection[Any]) -> None:
    make.case(datetime.now(UTC))
    chain()
    whole = post(auditor, "/admin/record/verify")
    assert "The chain is whole." in whole.text
    chain()
    superuser.execute("UPDATE audit_entry SET act = 'answered' WHERE act = 'lodged'")
    broken = post(auditor, "/admin/record/verify")
    assert "The record was tampered with" in broken.text
