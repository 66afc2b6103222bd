"""Every page of every audience in a real browser: nothing that axe finds, in both languages, and no
scrolling sideways on a phone. The pages come from the application itself, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from playwright.sync_api import Page, Route
from werkzeug.routing import Rule

from feedback import clock
from feedback.services import letters, mailing
from feedback.services.letters import issuing
from feedback.transaction import Principal, transaction
from tests import pages
from tests.browser.conftest import check
from tests.conftest import LONG
from tests.factories import PASSWORD, Make
from tests.security.test_matrix import CASE_ROUTES, LEVELS, World
from tests.security.test_matrix import world as world
from tests.web.browser import Browser, browser, fields
from tests.web.office import post_first_step, token_of, username_of
from tests.web.test_routes import PARTS, STAFF

pytestmark = pytest.mark.browser
HOME = "http://localhost"
# Who opens a page that is for a role, in the world of the matrix.
OF_ROLE = {
    "coordinator": "coordinator",
    "handler": "handler",
    "head": "head",
    "oversight": "rung",
    "ethics": "ethics",
    "admin": "admin",
    "auditor": "auditor",
    "registry": "registry",
}
# Looked at in every run; all others in the long one.
ALWAYS = {"public.new", "desk.mine", "desk.case", "oversight.case", "admin.officer_list"}
# Files and answers for machines; steps that only come after another; forms that lead elsewhere.
NO_PAGES = {
    *("operations.live", "operations.ready", "operations.metrics", "public.own_file"),
    *("desk.case_file", "oversight.case_file", "ethics.case_file", "oversight.board_file"),
    *("figures.country_file", "figures.institution_file", "admin.record_file", "admin.home"),
    "admin.sheet_template",
    *("public.own_letter", "oversight.letter_file"),
    *(f"{base}.{file}" for base in ("desk", "ethics") for file in ("letter_file", "case_letter")),
    # The way through the clerk's form has a test of its own, which looks at the slip.
    "registry.slip",
}


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES | {"static"}:
            continue
        if rule.endpoint.startswith("hooks."):
            continue
        if LONG or rule.endpoint in ALWAYS:
            yield rule


def _viewers(world: World, endpoint: str) -> Iterator[tuple[Browser, dict[str, object]]]:
    """Browsers of those who may open the page, and the parts of its address."""
    for level in LEVELS:
        case = world.cases[level]
        parts = {**PARTS, **case.parts, "text_name": "received"}
        parts["officer_id"] = world.people["colleague"]
        for name in sorted(CASE_ROUTES.get(endpoint, {}).get(level, ())):
            yield world.tab(name, case), parts
    parts = {**PARTS, **world.cases["open"].parts, "text_name": "received"}
    parts |= {"officer_id": world.people["colleague"], "slug": "institutions", "key": "DODOMA-CC"}
    if endpoint == "genuine.letter":
        parts["token"] = _token(world)
    if endpoint == "public.received":
        tab = browser(world.app)
        assert tab.post("/new", data=fields(tab)).status_code == 303
        yield tab, parts
    elif endpoint == "mail.ask_to_stop":
        case_id = world.cases["open"].receipt.case_id
        yield browser(world.app), {"token": mailing._token(case_id)}
    elif endpoint == "auth.second_step":
        tab = browser(world.app)
        post_first_step(tab, username_of(world.people["admin"]), PASSWORD)
        yield tab, parts
    elif endpoint == "auth.factors.authenticator":
        tab = world.tab("colleague", world.cases["open"])
        tab.post("/staff/factors/authenticator", data={"csrf_token": token_of(tab)})
        yield tab, parts
    elif endpoint in STAFF:
        for role in sorted(STAFF[endpoint]):
            yield world.tab(OF_ROLE[role], world.cases["open"]), parts
    else:
        yield world.tab("citizen", world.cases["open"]), parts
        yield world.tab("nobody", world.cases["open"]), parts


def _address(app: Flask, rule: Rule, parts: dict[str, object]) -> str:
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(
            rule.endpoint, {name: parts[name] for name in rule.arguments}, append_unknown=False
        )
    return urlsplit(str(built)).path


def _token(world: World) -> str:
    """What stands in the QR code of a letter."""
    with transaction(Principal.of_officer(world.people["coordinator"])):
        letter = letters.issued(world.cases["open"].parts["escalation_id"])
        made, _name = issuing.paper(letter, clock.now())
    return pages.text(made).partition("/letters/")[2][:26]


def _acts_of(superuser: psycopg.Connection[Any], officer: int) -> dict[str, object]:
    """An improvement action and an act on many cases, of a coordinator."""
    improvement, move = uuid4(), uuid4()
    superuser.execute(
        "INSERT INTO improvement (id, institution_id, title, cause, owner_id, due_on, state,"
        " officer_id, at) SELECT %s, institution_id, 'x', 'x', id, now(), 'open', id, now()"
        " FROM officer WHERE id = %s",
        (improvement, officer),
    )
    superuser.execute(
        "INSERT INTO bulk_move (id, institution_id, by_officer_id, at)"
        " SELECT %s, institution_id, id, now() FROM officer WHERE id = %s",
        (move, officer),
    )
    return {"improvement_id": improvement, "move_id": move}


def test_every_page(
    app: Flask, make: Make, world: World, narrow: Page, superuser: psycopg.Connection[Any]
) -> None:
    world.cases["open"].parts |= _acts_of(superuser, world.people["coordinator"])
    tab: list[Browser] = []

    def give(route: Route) -> None:
        url = urlsplit(route.request.url)
        answer = tab[0].get(f"{url.path}?{url.query}", base_url=HOME)
        route.fulfill(
            status=answer.status_code, headers=dict(answer.headers), body=answer.get_data()
        )
        answer.close()

    narrow.route("**/*", give)
    unseen, wrong = [], []
    for number, rule in enumerate(_rules(app)):
        for viewer, parts in _viewers(world, rule.endpoint):
            url = _address(app, rule, parts)
            answer = viewer.get(url)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                tab[:] = [viewer]
                break
        else:
            unseen.append(rule.endpoint)
            continue
        for language in ("sw", "en") if LONG else (("sw", "en")[number % 2],):
            narrow.goto(f"{HOME}{url}?lang={language}")
            try:
                check(narrow)
            except AssertionError as found:
                wrong.append(f"{rule.endpoint} {language}: {found}")
    assert not wrong, "\n".join(wrong)
    assert not unseen, "nobody could open these: the test must know who can"
