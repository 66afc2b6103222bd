"""Every route against every role: who gets past the gate, by a table that names each one.

A route that is new fails here until the table says for whom it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import config
from feedback import create_app
from feedback.extensions import db
from feedback.web.edge import Audience, rule_of
from tests import factories
from tests.conftest import environment
from tests.factories import Make
from tests.services.confidential_probe import Connection

ROLES = ("handler", "coordinator", "head", "oversight", "ethics", "admin", "auditor", "registry")
EVERYONE = frozenset(ROLES)
SERVING = frozenset({"handler", "coordinator", "head"})
ENTERING = SERVING | {"registry"}
LEADING = frozenset({"coordinator", "head"})
LOOKING = frozenset({"head", "oversight"})
ETHICS, ADMIN, AUDITOR = frozenset({"ethics"}), frozenset({"admin"}), frozenset({"auditor"})
STAFF = {
    "admin.home": ADMIN | AUDITOR,
    "admin.alarm_list": ADMIN,
    "admin.cost_list": ADMIN,
    "admin.jobs": ADMIN,
    "admin.settle": ADMIN,
    "admin.dead_letter_list": ADMIN,
    "admin.settle_dead_letter": ADMIN,
    "admin.holiday_list": ADMIN,
    "admin.correct_holiday": ADMIN,
    "admin.move_holiday": ADMIN,
    "admin.thing_list": ADMIN,
    "admin.new_thing": ADMIN,
    "admin.add_thing": ADMIN,
    "admin.thing_page": ADMIN,
    "admin.change_thing": ADMIN,
    "admin.close_thing": ADMIN,
    "admin.change_list": ADMIN,
    "admin.decide_change": ADMIN,
    "admin.sheet_form": ADMIN,
    "admin.sheet_template": ADMIN,
    "admin.try_sheet": ADMIN,
    "admin.officer_list": ADMIN,
    "admin.officer_page": ADMIN,
    "admin.change_officer": ADMIN,
    "admin.new_officer": ADMIN,
    "admin.create_officer": ADMIN,
    "admin.post_list": ADMIN,
    "admin.team_list": ADMIN,
    "admin.close_officer": ADMIN,
    "admin.set_post": ADMIN,
    "admin.text_list": ADMIN,
    "admin.text_page": ADMIN,
    "admin.change_text": ADMIN,
    "admin.answer_list": ADMIN,
    "admin.answer_page": ADMIN,
    "admin.save_answer": ADMIN,
    "admin.record_page": AUDITOR,
    "admin.record_file": AUDITOR,
    "admin.verify_record": AUDITOR,
    "admin.pattern_list": AUDITOR,
    "admin.hold_list": AUDITOR,
    "admin.set_hold": AUDITOR,
    "admin.breach_form": AUDITOR,
    "admin.breach_report": AUDITOR,
    "admin.end_hold": AUDITOR,
    "desk.mine": SERVING,
    "desk.unit": SERVING,
    "desk.unowned": SERVING,
    "desk.search": SERVING,
    "desk.view_list": SERVING,
    "desk.save_view": SERVING,
    "desk.change_view": SERVING,
    "desk.task_list": SERVING,
    "desk.answer_list": LEADING,
    "desk.answer_page": LEADING,
    "desk.save_answer": LEADING,
    "desk.case": SERVING,
    "desk.case_file": SERVING,
    "desk.case_print": SERVING,
    "desk.case_why": SERVING,
    "desk.case_letter": SERVING,
    "desk.poster_page": LEADING,
    "admin.poster_page": ADMIN,
    "registry.form": ENTERING,
    "registry.enter": ENTERING,
    "registry.slip": ENTERING,
    "registry.put_away": ENTERING,
    "registry.entries": ENTERING,
    **dict.fromkeys(
        ("arrivals.form", "arrivals.register", "arrivals.slip", "arrivals.listed"),
        ENTERING | {"oversight"},
    ),
    "improvements.listed": SERVING,
    "improvements.new": SERVING,
    "improvements.make": SERVING,
    "improvements.one": SERVING,
    "improvements.act": SERVING,
    "oversight.improvement_list": LOOKING,
    "desk.act": SERVING,
    "desk.draft": SERVING,
    "desk.here": SERVING,
    "desk.opinion_list": SERVING,
    "desk.opinion_page": SERVING,
    "desk.give_opinion": SERVING,
    "desk.extension_list": SERVING,
    "desk.opening_list": SERVING,
    "desk.opening_act": SERVING,
    "desk.identity_page": SERVING,
    "desk.ask_identity": SERVING,
    # By post or role; a head is one by the post.
    **dict.fromkeys(
        (
            *("desk.board", "desk.board_cases", "desk.move_cases", "desk.move_result"),
            *("desk.undo_move", "desk.hand_over", "desk.hand_over_cases", "desk.forecast"),
            *("desk.team", "desk.team_print", "desk.team_member", "desk.change_member"),
        ),
        frozenset({"coordinator"}),
    ),
    "desk.own_leave": SERVING,
    "desk.enter_leave": SERVING,
    "desk.letter_list": LEADING,
    "desk.letter_page": LEADING,
    "desk.letter_handed_over": LEADING,
    "desk.issue_letter": LEADING,
    "desk.letter_file": LEADING,
    "ethics.letter_list": ETHICS,
    "ethics.letter_page": ETHICS,
    "ethics.letter_handed_over": ETHICS,
    "ethics.issue_letter": ETHICS,
    "ethics.letter_file": ETHICS,
    "desk.alarm_list": LEADING,
    "desk.cost_list": LEADING,
    "ethics.task_list": ETHICS,
    "ethics.queue": ETHICS,
    "ethics.case": ETHICS,
    "ethics.case_file": ETHICS,
    "ethics.case_print": ETHICS,
    "ethics.case_why": ETHICS,
    "ethics.case_letter": ETHICS,
    "ethics.act": ETHICS,
    "ethics.draft": ETHICS,
    "ethics.here": ETHICS,
    "ethics.extension_list": ETHICS,
    "ethics.opening_list": ETHICS,
    "ethics.opening_act": ETHICS,
    "ethics.identity_page": ETHICS,
    "ethics.ask_identity": ETHICS,
    "ethics.exclusion_list": ETHICS,
    "ethics.exclusion_page": ETHICS,
    "ethics.decide_exclusion": ETHICS,
    "ethics.covered_list": ETHICS,
    "ethics.covered_page": ETHICS,
    "ethics.uncover": ETHICS,
    "extracts.listed": SERVING | LOOKING,
    "extracts.one": SERVING | LOOKING,
    "extracts.reply": SERVING | LOOKING,
    "oversight.board": LOOKING,
    "oversight.board_file": LOOKING,
    "oversight.escalated": LOOKING,
    "oversight.directives": LOOKING,
    "oversight.forecast": LOOKING,
    "oversight.case": LOOKING,
    "oversight.case_file": LOOKING,
    "oversight.case_why": LOOKING,
    "oversight.time_held": LOOKING,
    "oversight.closure_list": LOOKING,
    "oversight.draft": LOOKING,
    "oversight.act": LOOKING,
    "oversight.delegation_list": LOOKING,
    "oversight.delegate": LOOKING,
    "oversight.end_delegation": LOOKING,
    "oversight.remind": LOOKING,
    "oversight.letter_file": LOOKING,
    "auth.account.look": EVERYONE,
    "auth.account.notice_list": EVERYONE,
    "auth.account.read_notices": EVERYONE,
    "auth.account.password": EVERYONE,
    "auth.account.change_password": EVERYONE,
    "auth.account.overview": EVERYONE,
    "auth.account.end_session": EVERYONE,
    "auth.account.phone": EVERYONE,
    "auth.account.change_phone": EVERYONE,
    "auth.account.told": EVERYONE,
    "auth.account.change_told": EVERYONE,
    "auth.account.approvals": EVERYONE,
    "auth.account.decide": EVERYONE,
    "auth.factors.overview": EVERYONE,
    "auth.factors.begin": EVERYONE,
    "auth.factors.authenticator": EVERYONE,
    "auth.factors.confirm": EVERYONE,
    "auth.factors.switch_off": EVERYONE,
    "auth.factors.recovery_codes": EVERYONE,
    "auth.factors.add_passkey": EVERYONE,
    "auth.factors.remove_passkey": EVERYONE,
    "auth.factors.logout": EVERYONE,
}
CITIZEN = {
    "public.home",
    "public.new",
    "public.send",
    "public.received",
    "public.track",
    "public.why",
    "public.follow",
    "public.own_file",
    "public.own_letter",
    "genuine.letter",
    "public.piece",
    "proof.form",
    "proof.check",
    "privacy.notice",
    "privacy.copy",
    "mail.ask_to_stop",
    "mail.stop",
    "figures.country",
    "figures.takwimu",
    "figures.country_file",
    "figures.institution",
    "figures.institution_file",
    "auth.login",
    "auth.enter",
    "auth.second_step",
    "auth.enter_code",
    "auth.enter_passkey",
    "auth.one_time_code",
    "auth.redeem",
}
OTHERS = {
    Audience.GATEWAY: {
        "hooks.sms",
        "hooks.delivery",
        "hooks.opt_out",
        "hooks.ussd",
        "hooks.ussd_end",
        "hooks.plain_sms",
        "hooks.plain_delivery",
    },
    Audience.OPERATIONS: {"operations.live", "operations.ready", "operations.metrics"},
}
# What stands for the parts of an address: nothing of that name exists, so whoever passes the gate
# finds nothing.
PARTS = {
    "answer_code": "done",
    "reference": "AAAA-AAAA",
    "number": 1,
    "verb": "note",
    "step": "end",
    "rung_verb": "direct",
    "delegation_id": 987654,
    "act": "roles",
    "alarm_id": 987654,
    "officer_id": 987654,
    "post_id": 987654,
    "text_name": "no-such-text",
    "slug": "institutions",
    "key": "NO-SUCH",
    "change_id": "00000000-0000-0000-0000-000000000001",
    "request_id": "00000000-0000-0000-0000-000000000001",
    "decision": "approve",
    "case_id": "00000000-0000-0000-0000-000000000001",
    "extract_id": "00000000-0000-0000-0000-000000000001",
    "opinion_id": "00000000-0000-0000-0000-000000000001",
    "escalation_id": "00000000-0000-0000-0000-000000000001",
    "opening_id": "00000000-0000-0000-0000-000000000001",
    "view_id": "00000000-0000-0000-0000-000000000001",
    "change": "rename",
    "redaction_id": "00000000-0000-0000-0000-000000000001",
    "letter_id": "00000000-0000-0000-0000-000000000001",
    "paper_id": "00000000-0000-0000-0000-000000000001",
    "arrival_id": "00000000-0000-0000-0000-000000000001",
    "move_id": "00000000-0000-0000-0000-000000000001",
    "improvement_id": "00000000-0000-0000-0000-000000000001",
    "hold_id": "00000000-0000-0000-0000-000000000001",
    "code": "DODOMA-CC",
    "token": "wrong",
    "filename": "style.css",
}
FIELDS = {"upto": "2025-11-10T06:00:00+00:00"}  # what a form cannot be without
CASE_TABLES = ("case", "message", "audit_entry", "outbox", "inbound_message")


def routes(app: Flask) -> list[Rule]:
    """All routes; what ends a session comes last."""
    return sorted(app.url_map.iter_rules(), key=lambda r: (r.endpoint.endswith("logout"), r.rule))


def address(app: Flask, route: Rule) -> str:
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(
            route.endpoint, {name: PARTS[name] for name in route.arguments}, append_unknown=False
        )
    return str(built).removeprefix("http://localhost")


def methods(route: Rule) -> list[str]:
    return sorted(route.methods or ())


def logged_in(app: Flask, officer_id: int) -> FlaskClient:
    tab = app.test_client()
    with tab.session_transaction() as session:
        session["_user_id"], session["_fresh"] = factories.logged_in(officer_id), True
    return tab


def token_of(tab: FlaskClient) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', tab.get("/staff/password").text)
    assert found
    return found[1]


@pytest.fixture
def officers(make: Make) -> dict[str, int]:
    """An officer with each role, and nothing else."""
    return {role: make.officer("DODOMA-CC", role) for role in ROLES}


def test_the_table_names_each_route_and_its_audience(app: Flask) -> None:
    found: dict[Any, set[str]] = {}
    for route in routes(app):
        if route.endpoint == "static":
            continue
        rule = rule_of(app, route.endpoint)
        assert rule is not None, f"{route.endpoint}: its blueprint was not made by guarded()"
        found.setdefault(rule.audience, set()).add(route.endpoint)
    assert found == {Audience.STAFF: set(STAFF), Audience.CITIZEN: CITIZEN, **OTHERS}


def test_each_view_has_the_name_by_which_the_limiter_counts(app: Flask) -> None:
    """Without one the limiter takes the queue for unreachable, and counts by itself alone."""
    assert [
        name for name, view in app.view_functions.items() if not hasattr(view, "__name__")
    ] == []


def test_whoever_is_not_logged_in_gets_past_no_staff_route(app: Flask, client: FlaskClient) -> None:
    for route in routes(app):
        if route.endpoint not in STAFF:
            continue
        for method in methods(route):
            answer = client.open(address(app, route), method=method)
            assert answer.status_code in (302, 303), (route.rule, method)
            assert answer.headers["Location"].startswith("/staff/login"), (route.rule, method)
            assert not answer.history


def test_a_cookie_of_nobody_or_of_an_old_session_opens_nothing(
    app: Flask, officers: dict[str, int]
) -> None:
    admin, handler = officers["admin"], officers["handler"]
    other = factories.logged_in(handler).partition(".")[2]
    unknown = f"{admin}.{'0' * 32}"
    for cookie in ("", "0.1", "x.1", f"{admin}.{other}", f"{admin}", "1.1.1", unknown):
        tab = app.test_client()
        with tab.session_transaction() as session:
            session["_user_id"] = cookie
        answer = tab.get("/admin/officers")
        assert answer.status_code == 302, cookie
        assert answer.headers["Location"].startswith("/staff/login"), cookie


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_past_what_the_table_says(
    app: Flask, officers: dict[str, int], role: str
) -> None:
    tab = logged_in(app, officers[role])
    token = token_of(tab)
    wrong = []
    for route in routes(app):
        if route.endpoint not in STAFF:
            continue
        for method in methods(route):
            if method == "OPTIONS":
                continue
            data = {"csrf_token": token, **FIELDS} if method == "POST" else None
            answer = tab.open(address(app, route), method=method, data=data)
            allowed = role in STAFF[route.endpoint]
            location = answer.headers.get("Location", "")
            if allowed is (answer.status_code == 403) or location.startswith("/staff/login?"):
                wrong.append((route.endpoint, method, answer.status_code))
            assert answer.status_code < 500, route.endpoint
            assert not (allowed and answer.status_code == 400), (route.endpoint, answer.text)
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("token", [None, "", "made up"])
def test_a_post_of_staff_without_a_token_is_refused(
    app: Flask, officers: dict[str, int], superuser: Connection, role: str, token: str | None
) -> None:
    tab = logged_in(app, officers[role])
    assert tab.get("/staff/password").status_code == 200
    before = _counts(superuser)
    for route in routes(app):
        if "POST" not in methods(route) or role not in STAFF.get(route.endpoint, ()):
            continue
        data = {} if token is None else {"csrf_token": token}
        assert tab.post(address(app, route), data=data).status_code == 400, route.endpoint
    assert _counts(superuser) == before
    assert tab.get("/staff/password").status_code == 200


def test_a_post_of_a_citizen_without_a_token_does_nothing(
    app: Flask, client: FlaskClient, superuser: Connection
) -> None:
    before = _counts(superuser)
    said = {
        "kind": "complaint",
        "institution": "DODOMA-CC",
        "body": "Taa za barabarani hazijawaka.",
        "submission_id": "11111111-2222-4333-8444-555555555555",
        "anonymous": "yes",
        "username": "officer1",
        "password": "x",
    }
    for route in routes(app):
        if route.endpoint in CITIZEN and "POST" in methods(route):
            answer = client.post(address(app, route), data=said)
            assert answer.status_code in (200, 303, 400, 403, 404, 422), route.endpoint
    assert _counts(superuser) == before


def test_the_gateway_needs_its_token(
    app: Flask, client: FlaskClient, superuser: Connection
) -> None:
    before = _counts(superuser)
    for route in routes(app):
        if route.endpoint in OTHERS[Audience.GATEWAY]:
            said = {"id": "1", "from": "x", "text": "x"}
            answer = client.post(address(app, route), data=said)
            assert answer.status_code in (403, 404), route.endpoint
            answer = client.get(address(app, route), query_string=said)
            assert answer.status_code in (403, 404, 405), route.endpoint
    assert _counts(superuser) == before


def test_methods_that_a_route_has_not_are_refused(app: Flask, officers: dict[str, int]) -> None:
    tab = logged_in(app, officers["admin"])
    for route in routes(app):
        for method in ("PUT", "DELETE", "PATCH"):
            assert tab.open(address(app, route), method=method).status_code == 405, route.rule


def _counts(superuser: Connection) -> dict[str, int]:
    return {
        table: superuser.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # type: ignore[index]  # noqa: S608
        for table in CASE_TABLES
    }


PAGES = ("/desk/case", "/oversight/case", "/ethics/case")


@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_no_page_shows_a_case_to_one_who_is_excluded(
    app: Flask, make: Make, monday: datetime, level: str
) -> None:
    """Whoever it is, and by whichever page: as if the case were not there."""
    institution = "ETHICS" if level == "restricted" else "DODOMA-CC"
    everybody = make.officer(institution, *ROLES)
    make.hold(everybody, institution, "institution_head")
    case = make.case(monday, confidentiality=level)
    tab = logged_in(app, everybody)
    seen = {page: tab.get(f"{page}/{case.reference}").status_code for page in PAGES}
    assert 200 in seen.values()
    make.exclude(case.case_id, everybody, monday)
    for page in PAGES:
        answer = tab.get(f"{page}/{case.reference}")
        assert answer.status_code == 404, page
        assert answer.text == tab.get(f"{page}/AAAA-AAAA").text
    for listing in ("/desk", "/desk/unit", "/desk/unowned", "/ethics", "/oversight/escalations"):
        assert case.reference not in tab.get(listing).text, listing


def test_no_page_shows_a_restricted_case_within_the_institution(
    app: Flask, make: Make, monday: datetime
) -> None:
    everybody = make.officer("DODOMA-CC", *ROLES)
    make.hold(everybody, "DODOMA-CC", "institution_head")
    case = make.case(monday, confidentiality="restricted")
    tab = logged_in(app, everybody)
    for page in PAGES:
        assert tab.get(f"{page}/{case.reference}").status_code == 404, page


@pytest.fixture
def careless(urls: dict[str, str]) -> Iterator[Flask]:
    """An application with routes that forgot to say for whom they are."""
    app = create_app({**config.load(environment(urls)), "TESTING": True})
    plain = Blueprint("plain", __name__)
    plain.add_url_rule("/plain", "plain", lambda: "open to all", methods=["GET", "POST"])
    app.register_blueprint(plain)
    app.add_url_rule("/bare", "bare", lambda: "open to all")
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_a_blueprint_made_without_guarded_serves_nobody(careless: Flask) -> None:
    tab = careless.test_client()
    for path, method in (
        ("/plain", "GET"),
        ("/plain", "POST"),
        ("/bare", "GET"),
        ("/plain", "HEAD"),
    ):
        answer = tab.open(path, method=method)
        assert answer.status_code == 403, (path, method)
        assert "open to all" not in answer.text
    assert tab.get("/staff/login").status_code == 200
