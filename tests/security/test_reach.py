"""Ids and fields that a page did not offer: nobody reaches another's case or column by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import time_machine
from flask import Flask

from feedback.services import directives, escalations
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from feedback.web.admin_officers import OFFICER_ACTS
from feedback.web.casework import VERBS
from feedback.web.oversight import cases
from tests.conftest import LONG
from tests.factories import Make
from tests.web.browser import Browser, browser, fields, hidden
from tests.web.office import at_desk, seen, token_of
from tests.web.story import MONDAY, enter
from tests.web.test_routes import ROLES

HERE, THERE = "DODOMA-CC", "MBEYA-CC"
LATE = MONDAY + timedelta(days=60)
WATCHED = (
    *("case", "message", "assignment", "directive", "escalation", "conflict", "outbox"),
    *("officer", "credential", "post_holding", "leave", "notice"),
)
CASE_ROLES = ("handler", "coordinator", "head", "oversight", "ethics")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(LATE, tick=False) as moved:
        yield moved


OFFICIALS = sorted(cases.VERBS)


@dataclass
class Office:
    """An institution with a late case that climbed, a directive on it, and its people."""

    receipt: Receipt
    people: dict[str, int]
    escalation: UUID
    directive: UUID


def office(make: Make, code: str) -> Office:
    people = {role: make.officer(code, role) for role in ROLES}
    make.hold(people["head"], code, "institution_head")
    receipt = make.case(MONDAY, institution=code, category="ROADS", phone="+255712345678")
    with transaction(JOB):
        escalations.sweep_batch(LATE)
    with transaction(Principal.of_officer(people["head"])):
        rung = directives.rung_of(receipt.case_id)
        assert rung
        directive = directives.direct(rung, "Tengeneza.", date(2026, 3, 2), LATE)
        return Office(receipt, people, rung, directive.id)


@pytest.fixture
def here(make: Make) -> Office:
    return office(make, HERE)


@pytest.fixture
def there(make: Make, here: Office) -> Office:
    return office(make, THERE)


def snapshot(superuser: psycopg.Connection[Any]) -> dict[str, list[str]]:
    """Every row of the tables that an act changes, as text."""
    return {
        table: sorted(
            row[0]
            for row in superuser.execute(f'SELECT t::text FROM "{table}" t').fetchall()  # noqa: S608
        )
        for table in WATCHED
    }


# Ids in addresses.


@pytest.mark.parametrize("role", CASE_ROLES)
def test_no_id_in_an_address_reaches_another_institution(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any], role: str
) -> None:
    tab = at_desk(app, here.people[role])
    token = token_of(tab)
    before = snapshot(superuser)
    reference = there.receipt.reference
    for base in ("/desk", "/ethics"):
        for verb in ["", *VERBS]:
            path = f"{base}/case/{reference}/{verb}".rstrip("/")
            data = {"csrf_token": token, "body": "x", "officer": str(here.people["handler"])}
            answer = tab.post(path, data=data) if verb else tab.get(path)
            assert answer.status_code in (403, 404), (path, answer.status_code)
        path = f"{base}/letters/{there.escalation}"
        assert tab.get(path).status_code in (403, 404)
        assert tab.post(path, data={"csrf_token": token}).status_code in (403, 404)
    assert tab.get(f"/oversight/case/{reference}").status_code in (403, 404)
    order = {"csrf_token": token, "body": "x", "due_on": "2026-12-24"}
    order |= {"officer": str(here.people["handler"]), "verdict": "accept"}
    for verb in OFFICIALS:
        path = f"/oversight/case/{reference}/{verb}"
        assert tab.post(path, data=order).status_code in (403, 404), verb
    for listing in ("/desk", "/desk/unit", "/desk/unowned", "/oversight/escalations", "/ethics"):
        assert reference not in tab.get(f"{listing}?institution={THERE}").text
    assert snapshot(superuser) == before


def test_an_official_sees_no_figures_beside_or_above(app: Flask, here: Office) -> None:
    tab = at_desk(app, here.people["head"])
    for code in (THERE, "RS-DODOMA", "PO-PSMGG"):
        assert tab.get(f"/oversight?institution={code}").status_code == 404
        assert tab.get(f"/oversight/figures.csv?institution={code}").status_code == 404


# Ids in fields.


@pytest.mark.parametrize(
    ("role", "verb", "field"),
    [
        ("handler", "directive", "directive"),
        ("handler", "link", "reference"),
        ("handler", "merge", "reference"),
        ("handler", "unlink", "link"),
        ("handler", "redact", "message"),
        ("handler", "split", "target"),
        ("coordinator", "assign", "officer"),
        ("coordinator", "exclude", "officer"),
        ("head", "assign", "officer"),
        ("head", "exclude", "officer"),
    ],
)
def test_no_id_in_a_field_reaches_another_institution(
    app: Flask,
    here: Office,
    there: Office,
    superuser: psycopg.Connection[Any],
    role: str,
    verb: str,
    field: str,
) -> None:
    tab = at_desk(app, here.people[role])
    page = f"/desk/case/{here.receipt.reference}"
    shown = seen(tab.get(page).text)
    token = token_of(tab)
    before = snapshot(superuser)
    theirs = {
        "directive": [there.directive, there.escalation, uuid4(), "x", ""],
        "reference": [there.receipt.reference, there.receipt.case_id, "x", ""],
        "link": [there.directive, uuid4(), "x", ""],
        "message": [there.directive, uuid4(), "x", ""],
        "target": ["NOWHERE/", "DODOMA-CC/NOWHERE"],
        "officer": [*list(there.people.values())[:: 1 if LONG else 4], 0, -1, 10**30, "x", ""],
    }
    for value in theirs[field]:
        data = {"csrf_token": token, "seen": shown, field: str(value), "body": "x"}
        answer = tab.post(f"{page}/{verb}", data=data)
        assert answer.status_code in (400, 404, 409, 422), (value, answer.status_code)
    assert snapshot(superuser) == before


def test_reading_notices_reads_ones_own_alone(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = at_desk(app, here.people["handler"])
    data = {"csrf_token": token_of(tab), "upto": "2027-01-01T00:00:00+00:00"}
    data |= {"officer_id": str(there.people["handler"]), "officer": str(there.people["handler"])}
    assert tab.post("/staff/notices", data=data).status_code == 303
    read = superuser.execute('SELECT DISTINCT officer_id FROM notice WHERE "read"').fetchall()
    assert read == [(here.people["handler"],)]


def test_a_post_takes_nobody_of_another_institution(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = at_desk(app, here.people["admin"])
    token = token_of(tab)
    before = snapshot(superuser)
    found = superuser.execute(
        "SELECT p.id FROM post p JOIN institution i ON i.id = p.institution_id"
        " WHERE i.code = %s AND p.kind = 'institution_head'",
        (HERE,),
    ).fetchone()
    assert found
    for field in ("holder", "deputy"):
        data = {"csrf_token": token, field: str(there.people["handler"])}
        if field == "deputy":
            data["holder"] = str(here.people["head"])
        answer = tab.post(f"/admin/posts/{found[0]}", data=data)
        assert answer.status_code == 422, field
    assert snapshot(superuser) == before


def test_an_administrator_reaches_no_case(app: Flask, here: Office) -> None:
    for role in ("admin", "auditor"):
        tab = at_desk(app, here.people[role])
        reference = here.receipt.reference
        for page in ("/desk/case", "/oversight/case", "/ethics/case"):
            assert tab.get(f"{page}/{reference}").status_code == 403
        assert reference not in tab.get("/admin/alarms").text


# Fields that a form has not.


def test_a_citizens_form_sets_nothing_of_the_office(
    app: Flask, make: Make, superuser: psycopg.Connection[Any]
) -> None:
    handler = make.officer(HERE, "handler")
    other = make.officer(THERE, "handler")
    tab = browser(app)
    more = {
        "id": "11111111-2222-4333-8444-555555555555",
        "case_id": "11111111-2222-4333-8444-555555555555",
        "reference": "AAAA-AAAA",
        "handler_id": str(other),
        "handler": str(other),
        "status": "closed",
        "channel": "sms",
        "received_at": "2020-01-01",
        "due_at": "2099-01-01",
        "max_rung": "1",
        "triage": "1",
        "cautious": "1",
        "standard": "INTEGRITY",
        "rating": "5",
        "language": "xx",
    }
    assert tab.post("/new", data=fields(tab, **more)).status_code == 303
    kept = superuser.execute(
        "SELECT handler_id, status, channel, triage, cautious, standard, rating, language,"
        " received_at::date::text, reference <> 'AAAA-AAAA' AND id::text NOT LIKE '11111111%' FROM"
        ' "case"'
    ).fetchall()
    today = f"{LATE:%F}"
    assert kept == [(handler, "assigned", "web", False, False, "STANDARD", None, "sw", today, True)]


def test_a_citizens_act_touches_the_opened_case_alone(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = browser(app)
    enter(tab, here.receipt)
    token = hidden(tab.get("/track").text, "csrf_token")
    more = {
        "case_id": str(there.receipt.case_id),
        "case": str(there.receipt.case_id),
        "reference": there.receipt.reference,
        "kind": "final_letter",
        "internal": "1",
        "officer_id": str(there.people["handler"]),
        "status": "closed",
        "confidentiality": "restricted",
    }
    data = {"csrf_token": token, "act": "message", "body": "Bado.", **more}
    assert tab.post("/track", data=data).status_code == 303
    kept = superuser.execute(
        "SELECT case_id, kind, internal, officer_id FROM message WHERE body = 'Bado.'"
    ).fetchall()
    assert kept == [(here.receipt.case_id, "citizen", False, None)]
    levels = superuser.execute('SELECT DISTINCT confidentiality FROM "case"').fetchall()
    assert levels == [("open",)]


def test_an_officers_act_changes_what_it_says_and_no_more(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = at_desk(app, here.people["handler"])
    page = f"/desk/case/{here.receipt.reference}"
    before = snapshot(superuser)
    data = {
        "csrf_token": token_of(tab),
        "seen": seen(tab.get(page).text),
        "body": "Kumbuka.",
        "handler_id": str(there.people["handler"]),
        "officer_id": str(there.people["handler"]),
        "status": "closed",
        "confidentiality": "restricted",
        "institution_id": "1",
        "due_at": "2099-01-01",
        "kind": "answer",
        "internal": "0",
    }
    assert tab.post(f"{page}/note", data=data).status_code == 303
    after = snapshot(superuser)
    assert {table for table in WATCHED if before[table] != after[table]} == {"message"}
    (kept,) = superuser.execute(
        "SELECT kind, internal, officer_id FROM message WHERE kind = 'note'"
    )
    assert kept == ("note", True, here.people["handler"])


def test_changing_ones_password_changes_nothing_else(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    mine, theirs = here.people["handler"], there.people["admin"]
    tab = at_desk(app, mine)
    before = snapshot(superuser)
    data = {
        "csrf_token": token_of(tab),
        "current": "a password for tests",
        "password": "mbuyu mkubwa wa Dodoma",
        "again": "mbuyu mkubwa wa Dodoma",
        "officer_id": str(theirs),
        "username": "admin",
        "roles": "admin",
        "active": "0",
        "institution_id": "1",
    }
    assert tab.post("/staff/password", data=data).status_code == 303
    after = snapshot(superuser)
    assert {table for table in WATCHED if before[table] != after[table]} == {"credential"}
    assert len(set(before["credential"]) - set(after["credential"])) == 1


def test_an_administrators_forms_set_what_they_say(
    app: Flask, here: Office, there: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = at_desk(app, here.people["admin"])
    victim = there.people["handler"]
    more = {
        "institution_id": "1",
        "unit_id": "1",
        "username": "root",
        "name": "X",
        "active": "0",
        "password_hash": "x",
        "session_version": "9",
        "last_assigned_at": "2020-01-01",
    }
    columns = "institution_id, unit_id, username, name, active"
    query = f"SELECT {columns} FROM officer WHERE id = %s"  # noqa: S608
    before = superuser.execute(query, (victim,)).fetchone()
    data = {"csrf_token": token_of(tab), "roles": "handler", **more}
    assert tab.post(f"/admin/officers/{victim}/roles", data=data).status_code in (303, 200)
    assert superuser.execute(query, (victim,)).fetchone() == before


def test_every_act_of_an_administrator_needs_an_officer_that_is_there(
    app: Flask, here: Office, superuser: psycopg.Connection[Any]
) -> None:
    tab = at_desk(app, here.people["admin"])
    token = token_of(tab)
    before = snapshot(superuser)
    for act in OFFICER_ACTS:
        data = {"csrf_token": token, "leave": "987654", "roles": "admin"}
        data |= {"first_day": "2026-12-01", "last_day": "2026-12-02"}
        answer = tab.post(f"/admin/officers/987654/{act}", data=data)
        assert answer.status_code == 404, act
    assert snapshot(superuser) == before


def open_tab(app: Flask, receipt: Receipt) -> Browser:
    tab = browser(app)
    enter(tab, receipt)
    return tab


def test_a_forged_cookie_opens_nothing(app: Flask, here: Office, there: Office) -> None:
    """The signed session names the case; whoever changes it loses the signature."""
    tab = open_tab(app, here.receipt)
    cookie = tab.get_cookie("mrejesho")
    assert cookie
    payload, _, rest = cookie.value.partition(".")
    for value in (f"{payload}x.{rest}", f"{payload}.{rest[::-1]}", payload, "e30.x.y", ""):
        tab.set_cookie("mrejesho", value)
        page = tab.get("/track").text
        assert 'name="receipt_code"' in page
        assert here.receipt.reference not in page
