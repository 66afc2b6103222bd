"""Every route that touches a case × every relation to it × every level, with a declared answer.

A route with a part of a case in its address fails here until it has a row; a list fails until it
says whom it may name a case to. Whoever is not named gets what one gets who asks for nothing that
exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from feedback import clock
from feedback.services import audit, checking, forecasts, identity, letters
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from tests.cleaning import samples
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.test_attachments import give
from tests.web.browser import Browser, browser
from tests.web.office import at_desk, token_of
from tests.web.story import enter

LEVELS = ("open", "confidential", "restricted")
ROLES = ("handler", "coordinator", "head", "oversight", "ethics", "admin", "auditor", "registry")

# Who stands how to the case. `excluded` has every role and the head's post, in the institution and,
# for the restricted case, in the Ethics Secretariat as well.
PEOPLE = (
    "handler",
    "colleague",
    "other_unit",
    "coordinator",
    "unit_head",
    "head",
    "other_institution",
    "superior",
    "rung",
    "excluded",
    "excluded_ethics",
    "ethics",
    "ethics_inside",
    "admin",
    "auditor",
    "registry",
)
CITIZENS = ("citizen", "other_citizen", "nobody")

Answer = dict[str, frozenset[str]]


def levels(open_: str = "", confidential: str = "", restricted: str = "") -> Answer:
    """For each level, who is let in."""
    given = (open_, confidential, restricted)
    return {level: frozenset(names.split()) for level, names in zip(LEVELS, given, strict=True)}


DESK = levels(
    "handler colleague coordinator unit_head head rung", "handler coordinator head rung", ""
)
CITIZENS_OWN = levels("citizen", "citizen", "citizen")
ETHICS = levels("", "", "ethics")
AUDITED = levels("auditor", "auditor", "auditor")
DECIDING = levels("ethics", "ethics", "ethics")
# Addresses with a part of a case. `rung` is the head of PO-RALG, whom the case has reached.
CASE_ROUTES: dict[str, Answer] = {
    "desk.case": DESK,
    "desk.act": DESK,
    "desk.draft": DESK,
    "desk.here": DESK,
    "desk.case_why": DESK,
    "ethics.case_why": ETHICS,
    "oversight.case_why": levels("rung head unit_head", "rung head", ""),
    "oversight.case": levels("rung head unit_head", "rung head", ""),
    # Whoever may read the page but stands on no rung is told so.
    "oversight.act": levels("rung head unit_head", "rung head", ""),
    # Words are kept for whoever reads the page.
    "oversight.draft": levels("rung head unit_head", "rung head", ""),
    # Who may ask to see the identity; and who knows of a request, as asker or as second person.
    "desk.identity_page": levels("handler head", "handler head", ""),
    "desk.ask_identity": levels("handler head", "handler head", ""),
    "desk.opening_act": levels("handler head", "handler head", ""),
    "ethics.identity_page": ETHICS,
    "ethics.ask_identity": ETHICS,
    "ethics.opening_act": levels("ethics", "ethics", "ethics"),
    "ethics.case": ETHICS,
    "ethics.act": ETHICS,
    "ethics.draft": ETHICS,
    "ethics.here": ETHICS,
    # The letter of a rung whose post has no account, in the coordinator's print queue.
    "desk.letter_page": levels("coordinator head", "coordinator head", ""),
    "desk.letter_handed_over": levels("coordinator head", "coordinator head", ""),
    "desk.issue_letter": levels("coordinator head", "coordinator head", ""),
    "desk.letter_file": levels("coordinator head", "coordinator head", ""),
    "ethics.letter_page": ETHICS,
    "ethics.letter_handed_over": ETHICS,
    "ethics.issue_letter": ETHICS,
    "ethics.letter_file": ETHICS,
    # The final letter, for those who may read that there is one.
    "desk.case_letter": levels(
        "handler colleague coordinator unit_head head rung", "handler head rung", ""
    ),
    "ethics.case_letter": ETHICS,
    # Letters from a rung; of a restricted case there are none.
    "oversight.remind": levels("rung head unit_head", "rung head", ""),
    "oversight.letter_file": levels("rung head unit_head", "rung head", ""),
    # A citizen's letter, for the clerk alone who logged it under the number that stands in it.
    "arrivals.slip": levels("registry", "registry", "registry"),
    # Files are for those who may read the words.
    "desk.case_file": levels(
        "handler colleague coordinator unit_head head rung", "handler head rung", ""
    ),
    # A whole case on paper is for those who may read its words.
    "desk.case_print": levels(
        "handler colleague coordinator unit_head head rung", "handler head rung", ""
    ),
    "ethics.case_print": ETHICS,
    "oversight.case_file": levels("rung head unit_head", "rung head", ""),
    "ethics.case_file": ETHICS,
    "public.own_file": CITIZENS_OWN,
    # A case kept for a court: known by its reference, not opened.
    "admin.end_hold": AUDITED,
    # Words and exclusions of any level, for deciding alone; never the case's own page.
    "ethics.exclusion_page": DECIDING,
    "ethics.decide_exclusion": DECIDING,
    # An opinion asked of another unit, of a confidential case of an officer there.
    "desk.opinion_page": levels("other_unit coordinator head", "other_unit", ""),
    "desk.give_opinion": levels("other_unit coordinator head", "other_unit", ""),
    # What the citizen wrote before passages were covered.
    "ethics.covered_page": DECIDING,
    "ethics.uncover": DECIDING,
    # An extract addressed to the council's head.
    "extracts.one": levels("head", "head", "head"),
    "extracts.reply": levels("head", "head", "head"),
}
# Pages that name cases: whose page may hold the reference.
LISTS: dict[str, Answer] = {
    "desk.mine": levels("handler", "handler", ""),
    "desk.unit": levels(
        "handler colleague coordinator unit_head head", "handler coordinator head", ""
    ),
    "desk.unowned": levels(),
    # Nothing is sought.
    "desk.search": levels(),
    "desk.view_list": levels(),
    "desk.board": levels(),
    "desk.board_cases": levels("coordinator unit_head head", "coordinator head", ""),
    # What the worker forecast; restricted cases are no head's.
    "desk.forecast": levels("coordinator unit_head head", "coordinator head", ""),
    "desk.team": levels(),
    "desk.team_print": levels(),
    "desk.own_leave": levels(),
    "admin.team_list": levels(),
    "desk.poster_page": levels(),
    # The clerk entered all of them, and is told of the ordinary one alone.
    "registry.entries": levels("registry"),
    "registry.form": levels(),
    "registry.slip": levels(),
    "arrivals.form": levels(),
    "arrivals.listed": levels("registry", "registry", "registry"),
    # All are linked with an action of the institution.
    "improvements.one": levels(
        "handler colleague coordinator unit_head head", "handler coordinator head", ""
    ),
    "improvements.listed": levels(),
    "improvements.new": levels(),
    "oversight.improvement_list": levels(),
    "admin.poster_page": levels(),
    "desk.letter_list": levels("coordinator head", "coordinator head", ""),
    # A task is the handler's own.
    "desk.task_list": levels("handler", "handler", ""),
    "ethics.task_list": ETHICS,
    "desk.answer_list": levels(),
    "desk.alarm_list": levels("coordinator head", "coordinator head", ""),
    "desk.cost_list": levels(),
    # What waits for a second person, who need not see the case; one's own request is not there.
    "desk.opening_list": levels("head", "head", ""),
    "ethics.opening_list": levels("ethics", "ethics", ""),
    # An opinion on a confidential case is listed without its reference.
    "desk.opinion_list": levels("other_unit coordinator head", "", ""),
    "desk.extension_list": levels("head", "head", ""),
    "ethics.extension_list": levels(),
    "oversight.board": levels("rung", "rung", ""),
    "oversight.board_file": levels(),
    "oversight.escalated": levels("rung", "rung", ""),
    "oversight.directives": levels(),
    "oversight.time_held": levels(),
    "oversight.closure_list": levels(),
    "oversight.delegation_list": levels(),
    "oversight.forecast": levels(),
    "ethics.queue": ETHICS,
    "ethics.letter_list": ETHICS,
    "ethics.exclusion_list": DECIDING,
    "ethics.covered_list": DECIDING,
    "extracts.listed": levels(),
    "admin.home": levels(),
    "admin.alarm_list": levels(),
    "admin.cost_list": levels(),
    "admin.jobs": levels(),
    "admin.dead_letter_list": levels(),
    "admin.officer_list": levels(),
    "admin.change_list": levels(),
    "admin.new_officer": levels(),
    "admin.holiday_list": levels(),
    "admin.post_list": levels(),
    "admin.text_list": levels(),
    "admin.answer_list": levels(),
    "admin.record_page": AUDITED,
    "admin.record_file": AUDITED,
    "admin.pattern_list": levels(),
    "admin.hold_list": AUDITED,
    "admin.breach_form": levels(),
    "auth.account.notice_list": levels("handler", "handler", "ethics"),
    "auth.account.password": levels(),
    "auth.account.look": levels(),
    "auth.account.overview": levels(),
    "auth.account.phone": levels(),
    "auth.account.told": levels(),
    "auth.account.approvals": levels(),
    "auth.factors.overview": levels(),
    "auth.factors.authenticator": levels(),
}
CITIZEN_PAGES: dict[str, Answer] = {
    "public.home": levels(),
    "public.new": levels(),
    "privacy.notice": levels(),
    "public.received": levels(),
    "proof.form": levels(),
    "public.track": CITIZENS_OWN,
    "public.why": CITIZENS_OWN,
    "public.own_letter": CITIZENS_OWN,
    "figures.country": levels(),
    "figures.takwimu": levels(),
    "figures.country_file": levels(),
    "figures.institution": levels(),
    "figures.institution_file": levels(),
    "auth.login": levels(),
    "auth.second_step": levels(),
    "auth.one_time_code": levels(),
    "operations.live": levels(),
    "operations.ready": levels(),
    "operations.metrics": levels(),
}
# Parts of an address that say nothing of a case.
PLAIN = {
    *("request_id", "decision", "filename", "code", "token"),
    *("alarm_id", "letter_id", "officer_id", "post_id", "text_name"),
    *("slug", "key", "change_id"),
    *("view_id", "change"),
    "delegation_id",
    *("alarm_id", "letter_id", "officer_id", "post_id", "text_name", "answer_code"),
    *("alarm_id", "letter_id", "officer_id", "post_id", "text_name", "move_id"),
    *("alarm_id", "letter_id", "officer_id", "post_id", "text_name", "improvement_id"),
}


# Acts that succeed with what this test posts, and change the world for those who come after.
ACTING = ("letter", "hold", "opinion", "uncover")


@dataclass
class Case:
    receipt: Receipt
    level: str
    parts: dict[str, Any]


@dataclass
class World:
    app: Flask
    people: dict[str, int]
    cases: dict[str, Case]

    def tab(self, name: str, case: Case) -> Browser:
        """The browser of someone who stands so to the case."""
        if name in self.people:
            return at_desk(self.app, self.people[name])
        client = browser(self.app)
        if name == "citizen":
            enter(client, case.receipt)
        if name == "other_citizen":
            enter(client, self.cases["other"].receipt)
        return client


@pytest.fixture
def world(app: Flask, make: Make, superuser: psycopg.Connection[Any]) -> World:
    now = clock.now() - timedelta(days=1)
    people = {
        "handler": make.officer("DODOMA-CC", "handler", unit="WORKS"),
        "other_unit": make.officer("DODOMA-CC", "handler", unit="WATER"),
        "coordinator": make.officer("DODOMA-CC", "coordinator"),
        "ethics": make.officer("ETHICS", "ethics"),
    }
    cases = {level: _case(make, superuser, level, now) for level in (*LEVELS, "other")}
    assert checking.check(now, 60).cleaned == len(LEVELS)
    people["colleague"] = make.officer("DODOMA-CC", "handler", unit="WORKS")
    people["unit_head"] = make.officer("DODOMA-CC", "head")
    make.hold(people["unit_head"], "DODOMA-CC", "unit_head", unit="WORKS")
    people["head"] = make.officer("DODOMA-CC", "head")
    make.hold(people["head"], "DODOMA-CC", "institution_head")
    people["other_institution"] = make.officer("TANGA-CC", "handler", "coordinator", "head")
    make.hold(people["other_institution"], "TANGA-CC", "institution_head")
    people["superior"] = make.officer("RS-DODOMA", "oversight")
    make.hold(people["superior"], "RS-DODOMA", "institution_head")
    people["rung"] = make.officer("PO-RALG", "oversight", "head")
    make.hold(people["rung"], "PO-RALG", "institution_head")
    people["ethics_inside"] = make.officer("DODOMA-CC", "ethics")
    people["admin"] = make.officer("PO-PSMGG", "admin")
    people["auditor"] = make.officer("PO-PSMGG", "auditor")
    people["registry"] = make.officer("DODOMA-CC", "registry")
    people["excluded"] = make.officer("DODOMA-CC", *ROLES, unit="WORKS")
    make.hold(people["excluded"], "DODOMA-CC", "institution_head", capacity="deputy")
    people["excluded_ethics"] = make.officer("ETHICS", *ROLES)
    for case in cases.values():
        for name in ("excluded", "excluded_ethics"):
            make.exclude(case.receipt.case_id, people[name], now)
        for officer in people.values():
            superuser.execute(
                "INSERT INTO notice (id, dedupe, officer_id, kind, case_id, at, read)"
                " SELECT %s, %s, %s, 'assigned', %s, %s, false"
                " WHERE EXISTS (SELECT FROM conflict WHERE officer_id = %s AND case_id = %s)",
                (uuid4(), str(uuid4()), officer, case.receipt.case_id, now, officer,
                 case.receipt.case_id),
            )  # fmt: skip
    superuser.execute("UPDATE conflict SET state = 'provisional'")
    action = uuid4()
    superuser.execute(
        "INSERT INTO improvement (id, institution_id, title, cause, due_on, state, officer_id, at)"
        " SELECT %s, institution_id, 'x', 'x', %s, 'open', id, %s FROM officer WHERE id = %s",
        (action, now.date(), now, people["head"]),
    )
    for case in cases.values():
        _extract(superuser, case, people["ethics"])
        _asked(superuser, case, people)
        _entered(superuser, case, people["registry"], action, now)
        _cover(superuser, case, people["handler"])
        _letters(superuser, case, people, now)
    for name, level in ((n, case.level) for n in people for case in cases.values()):
        case = cases.get(level)
        if case and level == "restricted" and name == "ethics":
            assert _handler(superuser, case) == people["ethics"]
        if case and level in ("open", "confidential") and name == "handler":
            assert _handler(superuser, case) == people["handler"]
    ralg = _one(superuser, "SELECT p.id FROM post p JOIN institution i ON i.id = p.institution_id"
                " WHERE i.code = 'PO-RALG' AND p.kind = 'institution_head'")  # fmt: skip
    for level in ("open", "confidential"):
        _escalate(superuser, cases[level], people["rung"], ralg, 5, "holder", restricted=False)
        cases[level].parts["hold_id"] = _hold(superuser, cases[level], people["auditor"])
    cases["restricted"].parts["hold_id"] = _hold(superuser, cases["restricted"], people["auditor"])
    with transaction(JOB):
        audit.chain(clock.now())
    with transaction(JOB):
        forecasts.refresh(clock.now())
    return World(app, people, cases)


def _hold(superuser: psycopg.Connection[Any], case: Case, officer: int) -> UUID:
    number = uuid4()
    superuser.execute(
        "INSERT INTO legal_hold (id, case_id, officer_id, ground, at)"
        " VALUES (%s, %s, %s, 'x', now())",
        (number, case.receipt.case_id, officer),
    )
    return number


def _case(make: Make, superuser: psycopg.Connection[Any], level: str, now: Any) -> Case:
    asked = level if level in LEVELS else "open"
    receipt = make.case(now, category="ROADS", confidentiality=asked)
    parts = {"reference": receipt.reference, "verb": "note", "step": "end", "rung_verb": "direct"}
    case = Case(receipt, level, parts)
    vacant = _one(superuser, "SELECT min(id) FROM post WHERE kind = 'institution_head'")
    case.parts["escalation_id"] = _escalate(
        superuser, case, None, vacant, 2, "letter", restricted=level == "restricted"
    )
    case.parts["opening_id"] = uuid4()
    superuser.execute(
        "INSERT INTO identity_opening (id, case_id, officer_id, role, fields, reason, asked_at,"
        " looks) SELECT %s, id, handler_id, 'handler', '{name}', %s, %s, 0"
        ' FROM "case" WHERE id = %s',
        (
            case.parts["opening_id"],
            identity.seal("Sababu.", f"opening:{case.parts['opening_id']}"),
            now,
            receipt.case_id,
        ),
    )
    superuser.execute(
        "INSERT INTO task (id, case_id, cycle, kind, unit_id, officer_id, due_on, sealed,"
        " by_officer_id, at, state) SELECT gen_random_uuid(), id, 1, 'inspect', unit_id,"
        " handler_id, current_date, '', handler_id, now(), 'open' FROM \"case\" WHERE id = %s",
        (receipt.case_id,),
    )
    if level in LEVELS:
        give(receipt, now, samples.jpeg())
        case.parts["number"] = 1
    superuser.execute(
        "INSERT INTO alarm (dedupe, kind, institution_id, case_id, cycle, at)"
        " SELECT %s, 'vacant', institution_id, id, 1, %s FROM \"case\" WHERE id = %s",
        (f"alarm {level}", now, receipt.case_id),
    )
    return case


def _entered(
    superuser: psycopg.Connection[Any], case: Case, clerk: int, action: UUID, now: Any
) -> None:
    """A clerk entered the case, and it is linked with an improvement action."""
    case.parts["improvement_id"] = action
    values = (case.receipt.case_id, now.date(), clerk, now)
    superuser.execute("INSERT INTO paper_record VALUES (%s, 'letter', %s, NULL, %s, %s)", values)
    superuser.execute(
        "INSERT INTO improvement_case (improvement_id, case_id, officer_id, at)"
        " VALUES (%s, %s, %s, %s)",
        (action, case.receipt.case_id, clerk, now),
    )


def _letters(
    superuser: psycopg.Connection[Any], case: Case, people: dict[str, int], now: Any
) -> None:
    """Letters of the office, the final one among them, and one of the citizen at a registry."""
    case_id = case.receipt.case_id
    carrier = people["ethics" if case.level == "restricted" else "coordinator"]
    with transaction(Principal.of_officer(carrier)):
        letters.issue(case.parts["escalation_id"], clock.now())
    case.parts["paper_id"] = uuid4()
    if case.level != "restricted":
        case.parts["paper_id"] = kit.reminder(superuser, case.receipt, people["handler"])
    superuser.execute(
        "INSERT INTO message (id, case_id, cycle, kind, internal, body, at)"
        " VALUES (gen_random_uuid(), %s, 1, 'final_letter', false, '', now())",
        (case_id,),
    )
    case.parts["arrival_id"] = uuid4()
    superuser.execute(
        "INSERT INTO paper_letter (id, institution_id, reference, written_on, received_on, number,"
        " officer_id, at) SELECT %s, institution_id, %s, %s, %s, '', id, %s FROM officer"
        " WHERE id = %s",
        (case.parts["arrival_id"], case.receipt.reference, now.date(), now.date(), now,
         people["registry"]),
    )  # fmt: skip


def _extract(superuser: psycopg.Connection[Any], case: Case, ethics: int) -> None:
    number = case.parts["extract_id"] = uuid4()
    case.parts["case_id"] = case.receipt.case_id
    superuser.execute(
        "INSERT INTO extract (id, case_id, by_officer_id, post_id, sealed, at)"
        " SELECT %s, %s, %s, p.id, %s, now() FROM post p JOIN institution i"
        " ON i.id = p.institution_id WHERE i.code = 'DODOMA-CC' AND p.kind = 'institution_head'",
        (number, case.receipt.case_id, ethics,
         identity.seal("Dondoo.", f"extract:{number}:sealed")),
    )  # fmt: skip


def _asked(superuser: psycopg.Connection[Any], case: Case, people: dict[str, int]) -> None:
    """An opinion, and more time, that wait for somebody."""
    number = case.parts["opinion_id"] = uuid4()
    message = _one(superuser, "SELECT id FROM message WHERE case_id = %s", case.receipt.case_id)
    officer = people["other_unit"] if case.level == "confidential" else None
    superuser.execute(
        "INSERT INTO opinion (id, case_id, by_officer_id, institution_id, unit_id, officer_id,"
        " question_id, asked_at, due_at) SELECT %s, %s, %s, institution_id, unit_id, %s, %s,"
        " now(), now() FROM officer WHERE id = %s",
        (number, case.receipt.case_id, people["handler"], officer, message,
         people["other_unit"]),
    )  # fmt: skip
    superuser.execute(
        "INSERT INTO extension (id, case_id, cycle, days, message_id, asked_by, asked_at)"
        " VALUES (%s, %s, 1, 3, %s, %s, now())",
        (uuid4(), case.receipt.case_id, message, people["handler"]),
    )


def _cover(superuser: psycopg.Connection[Any], case: Case, officer: int) -> None:
    number = case.parts["redaction_id"] = uuid4()
    message = _one(superuser, "SELECT id FROM message WHERE case_id = %s", case.receipt.case_id)
    superuser.execute(
        "INSERT INTO redaction (id, case_id, message_id, original, by_officer_id, at)"
        " VALUES (%s, %s, %s, %s, %s, now())",
        (number, case.receipt.case_id, message, identity.seal("Maneno.", f"message:{message}"),
         officer),
    )  # fmt: skip


def _one(superuser: psycopg.Connection[Any], query: str, *values: Any) -> Any:
    row = superuser.execute(query, values).fetchone()  # type: ignore[arg-type]
    assert row
    return row[0]


def _handler(superuser: psycopg.Connection[Any], case: Case) -> Any:
    return _one(superuser, 'SELECT handler_id FROM "case" WHERE id = %s', case.receipt.case_id)


def _escalate(
    superuser: psycopg.Connection[Any],
    case: Case,
    officer: int | None,
    post: int,
    rung: int,
    way: str,
    *,
    restricted: bool,
) -> UUID:
    number = uuid4()
    superuser.execute(
        "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, post_id,"
        " from_institution_id, way, officer_id, restricted, due_at, at)"
        " SELECT %s, id, 1, %s, %s, 'answer', %s, institution_id, %s, %s, %s, now(), now()"
        ' FROM "case" WHERE id = %s',
        (number, rung, "restricted" if restricted else "council", post, way, officer, restricted,
         case.receipt.case_id),
    )  # fmt: skip
    return number


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule


def _of_case(rule: Rule) -> bool:
    of_people = rule.rule.startswith(("/admin/", "/staff/account/", "/desk/team/"))
    return bool(set(rule.arguments) - PLAIN - ({"act"} if of_people else set()))


def test_every_route_has_a_row(app: Flask) -> None:
    of_case = {rule.endpoint for rule in _rules(app) if _of_case(rule)}
    assert of_case == set(CASE_ROUTES)
    pages = {
        rule.endpoint
        for rule in _rules(app)
        if "GET" in (rule.methods or ()) and not set(rule.arguments) - {"code", "improvement_id"}
    }
    assert pages - of_case == set(LISTS) | set(CITIZEN_PAGES)


def _urls(app: Flask, endpoint: str, parts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules(endpoint):
        values = {name: parts[name] for name in rule.arguments}
        with app.test_request_context():
            built = app.url_map.bind("localhost").build(endpoint, values, append_unknown=False)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, str(built).removeprefix("http://localhost")


def _ask(tab: Browser, method: str, url: str, token: str) -> TestResponse:
    if method == "GET":
        return tab.get(url)
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    data = {"csrf_token": token, "body": "Tafadhali jibu.", "due_on": tomorrow, "seen": "1"}
    data["keep"] = "direct"
    return tab.post(url, data=data)


def _let_in(answer: TestResponse) -> bool:
    """Anything but: log in first, not for your role, not there."""
    assert answer.status_code < 500
    location = answer.headers.get("Location", "")
    if location.startswith("/staff/login") or location == "/track":
        return False
    return answer.status_code not in (401, 403, 404)


def _some(routes: Mapping[str, Answer], name: str, level: str) -> Iterator[tuple[str, Answer]]:
    """All routes in the long run; in the short one a fifth, another for each person and level."""
    offset = (*PEOPLE, *CITIZENS).index(name) + LEVELS.index(level)
    for number, route in enumerate(routes.items()):
        if LONG or (number + offset) % 5 == 0:
            yield route


def test_who_gets_to_a_case(world: World) -> None:
    wrong = []
    for name in (*PEOPLE, *CITIZENS):
        for level in LEVELS:
            case = world.cases[level]
            tab = world.tab(name, case)
            token = token_of(tab) if name in PEOPLE else "none"
            for endpoint, expected in _some(CASE_ROUTES, name, level):
                for method, url in _urls(world.app, endpoint, case.parts):
                    succeeds = any(each in endpoint for each in ACTING)
                    if method == "POST" and name in expected[level] and succeeds:
                        continue  # tests of their own do it
                    answer = _ask(tab, method, url, token)
                    if _let_in(answer) is not (name in expected[level]):
                        wrong.append((name, level, method, endpoint, answer.status_code))
                    if not _let_in(answer):
                        assert case.receipt.reference not in answer.text.replace(url, "")
    assert not wrong, wrong


def test_whose_pages_name_a_case(world: World) -> None:
    wrong = []
    for name in (*PEOPLE, *CITIZENS):
        for level in LEVELS if name == "citizen" else LEVELS[:1]:
            tab = world.tab(name, world.cases[level])
            for endpoint, expected in _some(LISTS | CITIZEN_PAGES, name, level):
                parts = {"code": "DODOMA-CC", **world.cases["open"].parts}
                for method, url in _urls(world.app, endpoint, parts):
                    page = tab.get(url).data.decode(errors="replace") if method == "GET" else ""
                    for each in LEVELS:
                        named = world.cases[each].receipt.reference in page
                        right = name in expected[each] and (name != "citizen" or each == level)
                        if method == "GET" and named is not right:
                            wrong.append((name, each, endpoint, named))
    assert not wrong, wrong
