"""Requests that no browser makes: other methods, repeated fields, odd characters, too much."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import structlog
from flask import Flask

from feedback.web.edge import Audience, rule_of
from tests.factories import Make
from tests.services.confidential_probe import Connection
from tests.web.browser import browser, fields
from tests.web.office import at_desk, token_of
from tests.web.test_routes import ROLES, methods, routes

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def officers(make: Make) -> dict[str, int]:
    return {role: make.officer("DODOMA-CC", role) for role in ROLES}


def test_no_header_or_field_changes_the_method(app: Flask, officers: dict[str, int]) -> None:
    tab = at_desk(app, officers["admin"])
    token = token_of(tab)
    victim = officers["handler"]
    for headers in ({"X-HTTP-Method-Override": "POST"}, {"X-Method-Override": "POST"}):
        answer = tab.get(
            f"/admin/officers/{victim}/deactivate",
            headers=headers,
            query_string={"_method": "POST", "csrf_token": token},
        )
        assert answer.status_code == 405
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND"):
        assert tab.open("/desk", method=method).status_code == 405, method


def test_the_first_of_a_repeated_field_counts_and_the_address_never(
    app: Flask, superuser: Connection
) -> None:
    """Fields of the address do not mix with those of the form."""
    tab = browser(app)
    given = fields(tab, kind="complaint")
    body = [*given.items(), ("kind", "compliment"), ("institution", "ETHICS")]
    answer = tab.post("/new?kind=enquiry&csrf_token=x", data=urlencode(body), content_type=FORM)
    assert answer.status_code == 303
    kept = superuser.execute(
        'SELECT c.kind, i.code FROM "case" c JOIN institution i ON i.id = c.institution_id'
    ).fetchall()
    assert kept == [("complaint", "DODOMA-CC")]


@pytest.mark.parametrize("nothing", ["\0", "a\0b", "\ud800", "\u202e"])
def test_no_character_breaks_a_page(app: Flask, officers: dict[str, int], nothing: str) -> None:
    text = nothing.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    tabs = {role: at_desk(app, officers[role]) for role in ("handler", "admin", "auditor")}
    for path, names in {
        "/new": ("kind", "institution", "category"),
        "/track": ("reference",),
        "/staff/login": ("next",),
        "/i/DODOMA-CC": ("from", "to", "sort"),
        "/figures": ("from", "to", "category"),
    }.items():
        for name in names:
            assert browser(app).get(path, query_string={name: text}).status_code < 500, (path, name)
    for role, path, name in (
        ("handler", "/desk", "after"),
        ("admin", "/admin/officers", "words"),
        ("admin", "/admin/officers", "after"),
        ("admin", "/admin/holidays", "year"),
        ("admin", "/admin/posts", "institution"),
        ("auditor", "/admin/record", "officer"),
        ("auditor", "/admin/record", "act"),
    ):
        answer = tabs[role].get(path, query_string={name: text})
        assert answer.status_code < 500, (path, name)


def test_what_is_too_large_is_refused(app: Flask, officers: dict[str, int]) -> None:
    tab = browser(app)
    assert tab.post("/new", data={"body": "x" * 2_000_000}).status_code == 413
    assert tab.post("/new", data={f"f{n}": "" for n in range(5_000)}).status_code in (413, 422)
    assert tab.get("/figures?from=" + "9" * 5_000).status_code < 500
    long = "maji " * 20_000
    answer = tab.post("/new", data={"institution_query": long, "find": "1"})
    assert answer.status_code == 200
    assert answer.text.count("maji") < 300
    admin = at_desk(app, officers["admin"])
    token = token_of(admin)
    for path, field, given in (
        ("/admin/officers/new", "username", {"name": "A", "unit": "1", "roles": "handler"}),
        ("/admin/officers/new", "name", {"username": "u", "unit": "1", "roles": "handler"}),
        ("/admin/holidays", "name_sw", {"day": "2026-12-09", "name_en": "x", "calendar": "1"}),
        ("/admin/holidays", "name_en", {"day": "2026-12-09", "name_sw": "x", "calendar": "1"}),
    ):
        data = {"csrf_token": token, field: "x" * 121, **given}
        answer = admin.post(path, data=data)
        assert answer.status_code == 422, (path, field)
        assert "120" in answer.text, (path, field)


def test_only_hooks_and_operations_stand_outside_the_forgery_check(app: Flask) -> None:
    """What the walk of `tests/web/test_routes.py` tries one by one, as a rule about audiences."""
    outside = {
        route.endpoint
        for route in routes(app)
        if "POST" in methods(route)
        and (rule := rule_of(app, route.endpoint)) is not None
        and rule.audience not in (Audience.STAFF, Audience.CITIZEN)
    }
    assert {endpoint.partition(".")[0] for endpoint in outside} == {"hooks"}


def test_whoever_is_turned_away_is_logged_without_what_was_typed(
    app: Flask, officers: dict[str, int]
) -> None:
    tab = at_desk(app, officers["handler"])
    with structlog.testing.capture_logs() as lines:
        tab.get("/admin/officers?words=siri-kubwa")
        tab.get("/desk/case/2222-3333")
        tab.post("/staff/notices", data={"upto": "siri-kubwa"})
        browser(app).get("/siri-kubwa")
        browser(app).get("/", headers={"Host": "siri-kubwa.example"})
    assert [(each["status"], each["endpoint"], each["officer"]) for each in lines] == [
        (403, "admin.officer_list", officers["handler"]),
        (404, "desk.case", officers["handler"]),
        (400, "auth.account.read_notices", officers["handler"]),
        (400, "public.home", None),
    ]
    assert "siri" not in str(lines)
    assert "2222" not in str(lines)
