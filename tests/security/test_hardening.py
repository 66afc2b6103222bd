"""What stands around every page: headers, cookies, hosts, methods, redirects, broken requests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import TestResponse

import config
from feedback import clock, create_app
from feedback.extensions import db
from feedback.web import browsers
from tests.conftest import environment
from tests.factories import Make
from tests.web.browser import browser, hidden
from tests.web.office import at_desk, post_login, token_of, username_of
from tests.web.story import enter
from tests.web.test_routes import FIELDS, ROLES, STAFF, address, methods, routes

PUBLIC = "https://mrejesho.example.go.tz"


class Loose(HTMLParser):
    """Finds what a strict policy would block: script or style written into a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.found.append(f"<{tag}>")
        if tag in ("base", "iframe", "object", "embed"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on") or name == "srcdoc":
                self.found.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction"):
                self.addresses.append(value or "")
                if (value or "").strip().lower().startswith(("javascript:", "vbscript:")):
                    self.found.append(f"{tag} {name}={value}")


@pytest.fixture
def officers(make: Make) -> dict[str, int]:
    return {role: make.officer("DODOMA-CC", role) for role in ROLES}


@pytest.fixture
def behind_tls(urls: dict[str, str]) -> Iterator[Flask]:
    """The application as it stands behind a proxy that ends TLS."""
    given = {**environment(urls), "PUBLIC_URL": PUBLIC, "PROXIES": "1", "ALLOWED_HOSTS": "a.tz"}
    app = create_app({**config.load(given), "TESTING": True})
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def everything(app: Flask, officers: dict[str, int]) -> Iterator[tuple[str, TestResponse]]:
    """An answer of every route and method: of each role's own, of strangers, and of faults."""
    visitor = browser(app)
    tabs = {role: at_desk(app, officer) for role, officer in officers.items()}
    for route in routes(app):
        allowed = STAFF.get(route.endpoint, frozenset())
        for role in [*sorted(allowed)[:1], ""]:
            tab = tabs[role] if role else visitor
            for method in [m for m in methods(route) if m != "OPTIONS"]:
                data = None
                if method == "POST" and not route.endpoint.endswith("logout"):
                    data = {"csrf_token": token_of(tab) if role else "", **FIELDS}
                answer = tab.open(address(app, route), method=method, data=data)
                yield f"{method} {route.rule} {role}", answer
                answer.close()
    for path in ("/nowhere", "/staff/nowhere", "/static/nowhere.js", "/desk/letters/x"):
        yield path, visitor.get(path)
    yield "413", visitor.post("/new", data={"body": "x" * 1_100_000})


def test_every_answer_carries_the_policies(app: Flask, officers: dict[str, int]) -> None:
    pages = 0
    for name, answer in everything(app, officers):
        headers = answer.headers
        policy = dict(
            part.strip().partition(" ")[::2]
            for part in headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'", name
        assert policy["base-uri"] == policy["frame-ancestors"] == "'none'", name
        assert policy.get("script-src", "'none'") in ("'self'", "'none'"), name
        assert "unsafe" not in headers["Content-Security-Policy"], name
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert headers["Referrer-Policy"] == "no-referrer", name
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "geolocation=()" in headers["Permissions-Policy"], name
        assert "Access-Control-Allow-Origin" not in headers, name
        assert "charset=utf-8" in headers["Content-Type"] or answer.mimetype in (
            "application/json",
            "text/css",
            "text/javascript",
        ), (name, headers["Content-Type"])
        if "/static/" not in name:
            assert headers["Cache-Control"] == "no-store", name
        if answer.mimetype == "text/html":
            pages += 1
            assert Loose(answer.text).found == [], name
    assert pages > 40


def test_pages_with_something_on_them_hold_no_script_or_style(
    app: Flask, make: Make, officers: dict[str, int]
) -> None:
    """The walk above meets empty lists; here they are full."""
    make.hold(officers["head"], "DODOMA-CC", "institution_head")
    receipt = make.case(clock.now())
    citizen = browser(app)
    assert enter(citizen, receipt).status_code == 303
    pages = [citizen.get("/track").text]
    for role, paths in {
        "head": ("/desk", "/desk/unit", f"/desk/case/{receipt.reference}", "/oversight"),
        "admin": ("/admin/officers", f"/admin/officers/{officers['head']}"),
        "auditor": ("/admin/record",),
    }.items():
        tab = at_desk(app, officers[role])
        pages += [tab.get(path).text for path in paths]
    pages.append(at_desk(app, officers["admin"]).get("/admin/posts?institution=DODOMA-CC").text)
    pages.append(browser(app).post("/new", data={"body": "x"}).text)
    for page in pages:
        assert "<main" in page
        assert Loose(page).found == []


# Cookies and transport.


def test_behind_tls_cookies_and_answers_ask_for_tls(behind_tls: Flask) -> None:
    answer = browser(behind_tls).get("/new", base_url=PUBLIC)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-mrejesho=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
    assert not any(part.startswith("domain") for part in parts)
    with behind_tls.test_request_context("/staff/login", base_url=PUBLIC):
        kept = behind_tls.make_response("")
        browsers.remember(kept, "asha")
    assert kept.headers["Set-Cookie"].startswith("__Secure-mrejesho_known=")


def test_without_tls_the_cookie_is_shut_to_scripts_and_other_sites(app: Flask) -> None:
    answer = browser(app).get("/new")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {p.strip() for p in cookie.split(";")[1:]}
    assert "Strict-Transport-Security" not in answer.headers


def test_a_cookie_signed_by_the_weaker_hash_counts_for_nothing(app: Flask, make: Make) -> None:
    receipt = make.case(clock.now())
    tab = browser(app)
    enter(tab, receipt)
    with tab.session_transaction() as kept:
        inside = dict(kept)
    older = SecureCookieSessionInterface().get_signing_serializer(app)
    assert older
    tab.set_cookie("mrejesho", str(older.dumps(inside)))
    assert receipt.reference not in tab.get("/track").text
    newer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    tab.set_cookie("mrejesho", newer.dumps(inside))
    assert receipt.reference in tab.get("/track").text


def test_a_reader_gets_no_cookie(app: Flask) -> None:
    for path in ("/", "/figures", "/health/live", "/nowhere"):
        assert "Set-Cookie" not in browser(app).get(path).headers, path


def test_leaving_and_logging_out_clear_the_browser(
    app: Flask, make: Make, officers: dict[str, int]
) -> None:
    tab = at_desk(app, officers["handler"])
    answer = tab.post("/staff/logout", data={"csrf_token": token_of(tab)})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    citizen = browser(app)
    enter(citizen, make.case(clock.now()))
    token = hidden(citizen.get("/track").text, "csrf_token")
    answer = citizen.post("/track", data={"csrf_token": token, "act": "leave"})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


# Hosts.


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "localhost:8000", "192.168.1.5", "[::1]:8000", "tablet", "web.internal:80"],
)
def test_a_local_run_answers_by_any_near_name(app: Flask, host: str) -> None:
    assert browser(app).get("/", headers={"Host": host}).status_code == 200


OFFICE = "https://ofisi.example.go.tz"


@pytest.fixture
def apart(urls: dict[str, str]) -> Iterator[Flask]:
    """The application with one name for citizens and another for officers."""
    given = {**environment(urls), "PUBLIC_URL": PUBLIC, "STAFF_URL": OFFICE}
    app = create_app({**config.load(given), "TESTING": True})
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_with_two_names_each_side_answers_under_its_own(apart: Flask) -> None:
    """Every route: not there under the other side's name, whoever asks and however."""
    asked = {True: 0, False: 0}
    for route in routes(apart):
        if route.endpoint == "static" or route.endpoint.startswith("operations."):
            continue
        staff = route.endpoint.startswith("auth.") or route.endpoint in STAFF
        path = address(apart, route)
        for method in methods(route):
            wrong = browser(apart).open(path, method=method, base_url=PUBLIC if staff else OFFICE)
            right = browser(apart).open(path, method=method, base_url=OFFICE if staff else PUBLIC)
            if route.endpoint == "public.home":
                assert wrong.headers["Location"] == "/staff/login"
            else:
                assert wrong.status_code == 404, (method, path)
            assert right.status_code != 404 or staff is False, (method, path)
            asked[staff] += 1
    assert min(asked.values()) > 15
    for base in (PUBLIC, OFFICE):
        with browser(apart).get("/static/style.css", base_url=base) as answer:
            assert answer.status_code == 200
        assert browser(apart).get("/health/live", base_url=base).status_code == 200


def test_with_two_names_a_session_of_one_side_is_none_of_the_other(
    apart: Flask, make: Make, officers: dict[str, int]
) -> None:
    tab = browser(apart)
    page = tab.get("/staff/login", base_url=OFFICE).text
    assert f'href="{PUBLIC}/track"' in page
    assert "/staff" not in tab.get("/", base_url=PUBLIC).text
    data = {
        "csrf_token": hidden(page, "csrf_token"),
        "username": username_of(officers["handler"]),
        "password": "x",
    }
    assert tab.post("/staff/login", data=data, base_url=PUBLIC).status_code == 404
    answer = tab.post("/staff/login", data=data, base_url=OFFICE, headers={"Referer": OFFICE})
    assert answer.status_code == 422
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "domain" not in cookie.lower()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.local.tz"])
@pytest.mark.parametrize("path", ["/", "/staff/login", "/static/style.css", "/desk"])
def test_a_host_that_is_not_ours_gets_nothing(app: Flask, host: str, path: str) -> None:
    answer = browser(app).get(path, headers={"Host": host})
    assert answer.status_code == 400
    assert host not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("mrejesho.example.go.tz", 200),
        ("MREJESHO.example.go.tz:443", 200),
        ("a.tz", 200),
        ("localhost", 400),
        ("127.0.0.1", 400),
        ("xmrejesho.example.go.tz", 400),
        ("mrejesho.example.go.tz.evil.tz", 400),
        ("mrejesho.example.go.tz@evil.tz", 400),
        ("", 400),
    ],
)
def test_behind_tls_only_the_public_name_counts(behind_tls: Flask, host: str, status: int) -> None:
    assert browser(behind_tls).get("/", headers={"Host": host}).status_code == status
    forwarded = {"X-Forwarded-Host": host, "Host": "mrejesho.example.go.tz"}
    wanted = 200 if not host else status
    assert browser(behind_tls).get("/", headers=forwarded).status_code == wanted


def test_checks_of_health_come_by_any_name(behind_tls: Flask) -> None:
    assert browser(behind_tls).get("/health/live", headers={"Host": "10.0.0.7"}).status_code == 200


def test_behind_a_proxy_this_machine_alone_reads_no_metrics(behind_tls: Flask) -> None:
    """The proxy that forgets to say for whom it asks, on the same machine."""
    tab = browser(behind_tls)
    assert tab.get("/metrics", base_url=PUBLIC).status_code == 403
    token = {"Authorization": f"Bearer {behind_tls.config['METRICS_TOKEN']}"}
    assert tab.get("/metrics", base_url=PUBLIC, headers=token).status_code == 200


@pytest.mark.parametrize("setting", ["PROXIES", "SESSION_COOKIE_SECURE"])
def test_one_sign_of_a_proxy_is_enough(
    app: Flask, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    assert browser(app).get("/metrics").status_code == 200
    monkeypatch.setitem(app.config, setting, 1)
    headers = {"Host": "127.0.0.1"}
    assert browser(app).get("/metrics", headers=headers).status_code == 403


# Redirects and addresses.

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    "///evil.example",
    "%2F%2Fevil.example",
)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_login_leads_nowhere_else(app: Flask, make: Make, target: str) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    inside = at_desk(app, officer).get("/staff/login", query_string={"next": target})
    assert urlsplit(inside.headers["Location"]).netloc in ("", "localhost")
    assert "evil" not in inside.headers["Location"] or inside.headers["Location"][1] not in "/\\"
    asked = browser(app).get("/staff/login", query_string={"next": target})
    kept = re.search(r'name="next" value="([^"]*)"', asked.text)
    assert kept is None


def test_a_login_leads_to_the_page_asked_for(app: Flask, make: Make) -> None:
    name = username_of(make.officer("DODOMA-CC", "handler"))
    answer = post_login(browser(app), name, "a password for tests", next="/desk/unit")
    assert answer.headers["Location"].endswith("/desk/unit")
    answer = post_login(browser(app), name, "a password for tests", next="//evil.example")
    assert "evil" not in answer.headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/%2e%2e",
        "/new?lang=en&x=//evil.example",
        "/nowhere?next=https://evil.example&x=%22%3E%3Cscript%3E",
        "//evil.example/nowhere?lang=sw",
        "/staff/login?next=//evil.example&lang=en",
    ],
)
def test_no_link_of_a_page_leads_to_another_host(app: Flask, path: str) -> None:
    answer = browser(app).get(path)
    if answer.status_code in (301, 302, 303, 308):
        assert urlsplit(answer.headers["Location"]).netloc in ("", "localhost")
        return
    assert "<script>" not in answer.text
    for link in Loose(answer.text).addresses:
        assert not urlsplit(link).netloc, link
        assert not link.startswith(("//", "/\\")), link


@pytest.mark.parametrize("value", ["en\r\nX-Evil: 1", "en%0d%0aX-Evil:%201", "sw\nSet-Cookie: a=b"])
def test_no_header_is_split(app: Flask, value: str) -> None:
    tab = browser(app)
    for path in ("/", "/staff/login", "/admin/posts", "/new"):
        for name in ("lang", "next", "institution", "reference"):
            answer = tab.get(path, query_string={name: value})
            assert "X-Evil" not in answer.headers
            assert "a=b" not in str(answer.headers.getlist("Set-Cookie"))
