"""The desk: lists by due time, the page of a case, each verb, letters; who is let in where."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.models.columns import ROLES
from feedback.services import citizen, directives, escalations
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.web.browser import Browser, browser
from tests.web.office import act, at_desk, references, seen, token_of

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def page_of(receipt: Receipt, base: str = "/desk") -> str:
    return f"{base}/case/{receipt.reference}"


def row(superuser: psycopg.Connection[Any], receipt: Receipt, column: str) -> Any:
    found = superuser.execute(
        f'SELECT {column} FROM "case" WHERE id = %s',  # noqa: S608
        (receipt.case_id,),
    ).fetchone()
    assert found is not None
    return found[0]


def sweep(now: datetime) -> None:
    with transaction(JOB):
        escalations.sweep_batch(now)


# Who is let in where.

ENTERING = {"handler", "coordinator", "head", "registry"}
ROUTES = [
    ("GET", "/desk", {"handler", "coordinator", "head"}),
    ("GET", "/desk/unit", {"handler", "coordinator", "head"}),
    ("GET", "/desk/unowned", {"handler", "coordinator", "head"}),
    ("GET", "/desk/search", {"handler", "coordinator", "head"}),
    ("GET", "/desk/views", {"handler", "coordinator", "head"}),
    ("POST", "/desk/views", {"handler", "coordinator", "head"}),
    ("POST", "/desk/views/{uuid}/{step}", {"handler", "coordinator", "head"}),
    ("GET", "/desk/board", {"coordinator"}),
    ("GET", "/desk/board/cases", {"coordinator"}),
    ("GET", "/desk/forecast", {"coordinator"}),
    ("POST", "/desk/board/move", {"handler", "coordinator", "head"}),
    ("GET", "/desk/board/moves/{uuid}", {"coordinator"}),
    ("POST", "/desk/board/moves/{uuid}/undo", {"handler", "coordinator", "head"}),
    ("GET", "/desk/team", {"coordinator"}),
    ("GET", "/desk/team/print", {"coordinator"}),
    ("GET", "/desk/team/1", {"coordinator"}),
    ("POST", "/desk/team/1/roles", {"handler", "coordinator", "head"}),
    ("GET", "/desk/team/1/hand-over", {"coordinator"}),
    ("POST", "/desk/team/1/hand-over", {"handler", "coordinator", "head"}),
    ("GET", "/desk/leave", {"handler", "coordinator", "head"}),
    ("POST", "/desk/leave", {"handler", "coordinator", "head"}),
    ("GET", "/admin/team", {"admin"}),
    ("GET", "/admin/officers/1/close", {"admin"}),
    ("GET", "/desk/letters", {"coordinator", "head"}),
    ("GET", "/desk/tasks", {"handler", "coordinator", "head"}),
    ("GET", "/desk/answers", {"coordinator", "head"}),
    ("GET", "/desk/answers/help", {"coordinator", "head"}),
    ("POST", "/desk/answers/help", {"coordinator", "head"}),
    ("GET", "/ethics/tasks", {"ethics"}),
    ("GET", "/admin/answers", {"admin"}),
    ("GET", "/admin/answers/help", {"admin"}),
    ("POST", "/admin/answers/help", {"admin"}),
    ("GET", "/desk/poster", {"coordinator", "head"}),
    ("GET", "/admin/poster", {"admin"}),
    ("GET", "/desk/register", ENTERING),
    ("POST", "/desk/register", ENTERING),
    ("GET", "/desk/register/slip", ENTERING),
    ("POST", "/desk/register/slip", ENTERING),
    ("GET", "/desk/register/entries", ENTERING),
    ("GET", "/desk/arrivals", ENTERING | {"oversight"}),
    ("POST", "/desk/arrivals", ENTERING | {"oversight"}),
    ("GET", "/desk/arrivals/logged", ENTERING | {"oversight"}),
    ("GET", "/desk/arrivals/{uuid}", ENTERING | {"oversight"}),
    ("GET", "/desk/improvements", {"handler", "coordinator", "head"}),
    ("GET", "/desk/improvements/new", {"handler", "coordinator", "head"}),
    ("POST", "/desk/improvements/new", {"handler", "coordinator", "head"}),
    ("GET", "/desk/improvements/{uuid}", {"handler", "coordinator", "head"}),
    ("POST", "/desk/improvements/{uuid}/done", {"handler", "coordinator", "head"}),
    ("GET", "/desk/case/{reference}/print", {"handler", "coordinator", "head"}),
    ("GET", "/ethics/case/{reference}/print", {"ethics"}),
    ("GET", "/desk/case/{reference}/final-letter.pdf", {"handler", "coordinator", "head"}),
    ("GET", "/ethics/case/{reference}/final-letter.pdf", {"ethics"}),
    ("GET", "/desk/alarms", {"coordinator", "head"}),
    ("GET", "/admin/dead-letters", {"admin"}),
    ("POST", "/admin/dead-letters/{uuid}/answer", {"admin"}),
    ("GET", "/desk/costs", {"coordinator", "head"}),
    ("GET", "/desk/letters/{uuid}", {"coordinator", "head"}),
    ("POST", "/desk/letters/{uuid}", {"coordinator", "head"}),
    ("POST", "/desk/letters/{uuid}/issue", {"coordinator", "head"}),
    ("GET", "/desk/letters/{uuid}/letter.pdf", {"coordinator", "head"}),
    ("GET", "/desk/case/{reference}", {"handler", "coordinator", "head"}),
    ("GET", "/desk/case/{reference}/file/{number}", {"handler", "coordinator", "head"}),
    ("GET", "/desk/case/{reference}/why", {"handler", "coordinator", "head"}),
    ("POST", "/desk/case/{reference}/answer", {"handler", "coordinator", "head"}),
    ("POST", "/desk/case/{reference}/draft", {"handler", "coordinator", "head"}),
    ("POST", "/desk/case/{reference}/here", {"handler", "coordinator", "head"}),
    ("POST", "/ethics/case/{reference}/draft", {"ethics"}),
    ("POST", "/ethics/case/{reference}/here", {"ethics"}),
    ("GET", "/desk/case/{reference}/identity", {"handler", "coordinator", "head"}),
    ("POST", "/desk/case/{reference}/identity", {"handler", "coordinator", "head"}),
    ("GET", "/desk/openings", {"handler", "coordinator", "head"}),
    ("GET", "/desk/opinions", {"handler", "coordinator", "head"}),
    ("GET", "/desk/opinions/{uuid}", {"handler", "coordinator", "head"}),
    ("POST", "/desk/opinions/{uuid}", {"handler", "coordinator", "head"}),
    ("GET", "/desk/extensions", {"handler", "coordinator", "head"}),
    ("GET", "/ethics/extensions", {"ethics"}),
    ("POST", "/desk/openings/{uuid}/{step}", {"handler", "coordinator", "head"}),
    ("GET", "/ethics/case/{reference}/identity", {"ethics"}),
    ("POST", "/ethics/case/{reference}/identity", {"ethics"}),
    ("GET", "/ethics/openings", {"ethics"}),
    ("POST", "/ethics/openings/{uuid}/{step}", {"ethics"}),
    ("GET", "/ethics/exclusions", {"ethics"}),
    ("GET", "/ethics/exclusions/{uuid}", {"ethics"}),
    ("POST", "/ethics/exclusions/{uuid}", {"ethics"}),
    ("GET", "/ethics/covered", {"ethics"}),
    ("GET", "/ethics/covered/{uuid}", {"ethics"}),
    ("POST", "/ethics/covered/{uuid}", {"ethics"}),
    ("GET", "/ethics", {"ethics"}),
    ("GET", "/ethics/letters", {"ethics"}),
    ("GET", "/ethics/letters/{uuid}", {"ethics"}),
    ("POST", "/ethics/letters/{uuid}", {"ethics"}),
    ("POST", "/ethics/letters/{uuid}/issue", {"ethics"}),
    ("GET", "/ethics/letters/{uuid}/letter.pdf", {"ethics"}),
    ("GET", "/ethics/case/{reference}", {"ethics"}),
    ("GET", "/ethics/case/{reference}/file/{number}", {"ethics"}),
    ("GET", "/ethics/case/{reference}/why", {"ethics"}),
    ("POST", "/ethics/case/{reference}/answer", {"ethics"}),
    ("GET", "/admin", {"admin", "auditor"}),
    ("GET", "/admin/alarms", {"admin"}),
    ("GET", "/admin/costs", {"admin"}),
    ("GET", "/admin/jobs", {"admin"}),
    ("GET", "/admin/texts", {"admin"}),
    ("GET", "/admin/texts/help", {"admin"}),
    ("POST", "/admin/texts/help", {"admin"}),
    ("POST", "/admin/alarms/1/settle", {"admin"}),
    ("GET", "/admin/officers", {"admin"}),
    ("GET", "/admin/officers/new", {"admin"}),
    ("POST", "/admin/officers/new", {"admin"}),
    ("GET", "/admin/officers/1", {"admin"}),
    ("POST", "/admin/officers/1/roles", {"admin"}),
    ("GET", "/admin/posts", {"admin"}),
    ("POST", "/admin/posts/1", {"admin"}),
    ("GET", "/admin/holidays", {"admin"}),
    ("POST", "/admin/holidays", {"admin"}),
    ("POST", "/admin/holidays/move", {"admin"}),
    ("GET", "/admin/units", {"admin"}),
    ("GET", "/admin/units/add", {"admin"}),
    ("POST", "/admin/units/add", {"admin"}),
    ("GET", "/admin/units/row/1", {"admin"}),
    ("POST", "/admin/units/row/1", {"admin"}),
    ("POST", "/admin/units/close/1", {"admin"}),
    ("GET", "/admin/changes", {"admin"}),
    ("POST", "/admin/changes/{uuid}/{step}", {"admin"}),
    ("GET", "/admin/csv/units", {"admin"}),
    ("POST", "/admin/csv/units", {"admin"}),
    ("GET", "/admin/csv/units/template.csv", {"admin"}),
    ("GET", "/admin/record", {"auditor"}),
    ("GET", "/admin/record.csv", {"auditor"}),
    ("GET", "/admin/patterns", {"auditor"}),
    ("GET", "/admin/breach", {"auditor"}),
    ("POST", "/admin/breach", {"auditor"}),
    ("GET", "/admin/holds", {"auditor"}),
    ("POST", "/admin/holds", {"auditor"}),
    ("POST", "/admin/holds/{uuid}/end", {"auditor"}),
    ("POST", "/admin/record/verify", {"auditor"}),
    ("GET", "/staff/password", set(ROLES)),
    ("POST", "/staff/password", set(ROLES)),
    ("GET", "/staff/notices", set(ROLES)),
    ("POST", "/staff/notices", set(ROLES)),
    ("GET", "/staff/look", set(ROLES)),
    ("GET", "/staff/account", set(ROLES)),
    ("GET", "/staff/account/phone", set(ROLES)),
    ("POST", "/staff/account/phone/answer", set(ROLES)),
    ("GET", "/staff/account/told", set(ROLES)),
    ("POST", "/staff/account/told/answer", set(ROLES)),
    ("POST", "/staff/account/sessions", set(ROLES)),
    ("GET", "/staff/approvals", set(ROLES)),
    ("POST", "/staff/approvals/{uuid}/approve", set(ROLES)),
    ("GET", "/staff/factors", set(ROLES)),
    ("POST", "/staff/factors/authenticator", set(ROLES)),
    ("GET", "/staff/factors/authenticator", set(ROLES)),
    ("POST", "/staff/factors/authenticator/confirm", set(ROLES)),
    ("POST", "/staff/factors/off", set(ROLES)),
    ("POST", "/staff/factors/codes", set(ROLES)),
    ("POST", "/staff/factors/passkeys", set(ROLES)),
    ("POST", "/staff/factors/passkeys/remove", set(ROLES)),
]


LOGIN = ("/staff/login", "/staff/login/code", "/staff/code")


def test_every_route_of_the_office_stands_in_the_table(app: Flask) -> None:
    ours = ("/desk", "/ethics", "/admin", "/staff")
    wanted = {
        (method, re.sub(r"<[^>]+>", "x", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & {"GET", "POST"}
        if rule.rule.startswith(ours)
    }
    filled = {
        (method, re.sub(r"\{[^}]+\}|(?<=/)(1|units)(?=/|$)", "x", path))
        for method, path, _ in ROUTES
    }
    filled = {(m, re.sub(r"/(answer|roles|approve|help|done)$", "/x", p)) for m, p in filled}
    open_to_all = {
        *((method, path) for method in ("GET", "POST") for path in LOGIN),
        ("POST", "/staff/login/passkey"),
        ("POST", "/staff/logout"),
    }
    assert wanted - filled == open_to_all


@pytest.mark.parametrize("role", ROLES)
def test_each_route_for_each_role(app: Flask, make: Make, role: str) -> None:
    """Allowed: the page, a 404 of what is not there, or a 400 for the missing form token."""
    receipt = make.case(MONDAY)
    office = at_desk(app, make.officer("PO-PSMGG", role))
    stranger = browser(app)
    for method, path, roles in ROUTES:
        url = path.format(reference=receipt.reference, uuid=receipt.case_id, step="end", number=1)
        answer = office.open(url, method=method)
        expected = {400, 404} if method == "POST" else {200, 302, 404}
        admitted = role in roles
        # The two roles of /admin and the leaders of /desk are told apart after the form's token.
        refused = {400, 403} if method == "POST" else {403}
        assert answer.status_code in (expected if admitted else refused), (role, method, path)
        away = stranger.open(url, method=method)
        assert away.status_code == 302, path
        assert away.location.startswith("/staff/login")


@pytest.mark.parametrize("role", ["handler", "coordinator", "head", "ethics", "admin", "auditor"])
def test_nobody_elses_case_opens(app: Flask, make: Make, case: Receipt, role: str) -> None:
    office = at_desk(app, make.officer("KONDOA-DC", role))
    answer = office.get(page_of(case, "/ethics" if role == "ethics" else "/desk"))
    assert answer.status_code in (403, 404)


# Lists.


def test_what_is_late_stands_on_top(make: Make, tab: Browser, clock: Any) -> None:
    late = make.case(MONDAY - 40 * DAY, category="ROADS")
    new = make.case(MONDAY, category="ROADS")
    enquiry = make.case(MONDAY, category="ROADS", kind="enquiry")
    page = tab.get("/desk").text
    assert references(page) == [late.reference, enquiry.reference, new.reference]
    assert "Late cases of yours: 1." in page
    assert "by working days: 12" in page  # due on 22 October; election day was off
    assert "Working days left: 5" in page


def test_a_list_can_be_narrowed(make: Make, tab: Browser, case: Receipt) -> None:
    enquiry = make.case(MONDAY, category="ROADS", kind="enquiry")
    assert references(tab.get("/desk?kind=enquiry").text) == [enquiry.reference]
    assert references(tab.get("/desk?kind=nonsense").text) != []
    page = tab.get("/desk?status=waiting_citizen").text
    assert "No case fits these filters." in page
    assert "Clear the filters" in page


def test_pages_follow_each_other(make: Make, tab: Browser) -> None:
    made = [make.case(MONDAY + timedelta(minutes=n), category="ROADS") for n in range(27)]
    first = tab.get("/desk?kind=complaint").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    assert "kind=complaint" in following[1]
    second = tab.get(following[1].replace("&amp;", "&")).text
    assert "Back to the first page" in second
    both = references(first) + references(second)
    assert sorted(both) == sorted(receipt.reference for receipt in made)
    assert len(references(first)) == 25


def test_empty_lists_say_so(tab: Browser) -> None:
    assert "No open case waits for you." in tab.get("/desk").text
    assert "Every case of the institution has an owner." in tab.get("/desk/unowned").text


def test_who_owns_what(app: Flask, make: Make, tab: Browser, case: Receipt) -> None:
    make.officer("DODOMA-CC", "handler", unit="HEALTH")
    other = make.case(MONDAY, category="HEALTH-SERVICE")
    colleague = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    assert references(colleague.get("/desk").text) == []
    assert references(colleague.get("/desk/unit").text) == [case.reference]
    assert set(references(coordinator.get("/desk/unit").text)) == {
        case.reference,
        other.reference,
    }


def test_lists_ask_the_same_number_of_questions_whatever_their_length(
    make: Make, tab: Browser, query_count: Any
) -> None:
    make.case(MONDAY, category="ROADS")
    tab.get("/desk")
    with query_count() as short:
        tab.get("/desk")
    for _ in range(12):
        make.case(MONDAY, category="ROADS")
    with query_count() as long:
        tab.get("/desk")
    assert short.number == long.number <= 12


def test_the_page_of_a_case_asks_a_bounded_number_of_questions(
    tab: Browser, case: Receipt, query_count: Any
) -> None:
    tab.get(page_of(case))
    with query_count() as counted:
        tab.get(page_of(case))
    assert counted.number <= 52


# The page of a case, and each verb.


def test_the_page_tells_what_by_when_and_whose_turn(tab: Browser, case: Receipt) -> None:
    page = tab.get(page_of(case)).text
    assert "Taa za barabarani hazijawaka kwa wiki mbili." in page
    assert "Friday 28 November 2025" in page
    assert "Yours." in page
    assert "if nobody acts" in page
    for verb in ("acknowledge", "answer", "ask", "note", "classify", "assign", "transfer"):
        assert f'/{verb}"' in page
    assert "Give the reason for the delay" not in page  # not late


def test_acknowledge(tab: Browser, case: Receipt) -> None:
    answer = act(tab, page_of(case), "acknowledge")
    assert (answer.status_code, answer.location) == (303, page_of(case))
    page = tab.get(page_of(case)).text
    assert "Acknowledged. The citizen is told that it is in hand." in page
    assert '/acknowledge"' not in page
    assert "In progress" in page


def test_answer(tab: Browser, case: Receipt) -> None:
    act(tab, page_of(case), "answer", body="Taa zimetengenezwa jana.\r\nAsante.")
    page = tab.get(page_of(case)).text
    assert "Taa zimetengenezwa jana.\nAsante." in page
    assert "accept the answer or say that it is not fixed" in page
    assert '/answer"' not in page
    assert references(tab.get("/desk").text) == []


def test_ask_pauses_the_clock(tab: Browser, case: Receipt) -> None:
    act(tab, page_of(case), "ask", body="Ni mtaa gani?")
    page = tab.get(page_of(case)).text
    assert "The question is sent. The clock waits for the citizen." in page
    assert "Clock paused" in page


def test_what_the_citizen_wrote_last_stands_in_front(tab: Browser, case: Receipt) -> None:
    act(tab, page_of(case), "ask", body="Ni mtaa gani?")
    with transaction(Principal.of_case(case.case_id)):
        citizen.add_message(case.case_id, "Mtaa wa Uhindini.", MONDAY + DAY)
    page = tab.get(page_of(case)).text
    assert page.index("The citizen wrote last") < page.index("What you can do")


def test_note_and_reason_for_the_delay(app: Flask, handler: int, case: Receipt, clock: Any) -> None:
    clock.move_to(MONDAY + 30 * DAY)
    tab = at_desk(app, handler)
    act(tab, page_of(case), "note", body="Fundi ameitwa.")
    act(tab, page_of(case), "delay", body="Nguzo hazijafika.")
    page = tab.get(page_of(case)).text
    assert "Fundi ameitwa." in page
    assert "Nguzo hazijafika." in page
    assert "seen by officers only" in page


def test_give_it_to_a_colleague(app: Flask, make: Make, tab: Browser, case: Receipt) -> None:
    taker = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Hamisi")
    answer = act(tab, page_of(case), "assign", officer=str(taker))
    assert answer.location == page_of(case)  # of one's own unit: still visible
    assert "Juma Hamisi&#39;s turn." in tab.get(page_of(case)).text
    assert references(at_desk(app, taker).get("/desk").text) == [case.reference]


@pytest.mark.parametrize("target", ["", "999999", "stranger"])
def test_not_to_just_anybody(make: Make, tab: Browser, case: Receipt, target: str) -> None:
    stranger = str(make.officer("KONDOA-DC", "handler"))
    answer = act(tab, page_of(case), "assign", officer=target.replace("stranger", stranger))
    assert answer.status_code == 422
    assert "Choose where it should go" in answer.text


def test_transfer_finds_the_institution_without_a_script(
    tab: Browser, make: Make, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    make.officer("DAWASA", "handler")
    url = page_of(case)
    data = {"csrf_token": token_of(tab), "seen": seen(tab.get(url).text), "find": "1"}
    found = tab.post(
        f"{url}/transfer",
        data={**data, "institution_query": "dawasa", "body": "Ni suala la maji."},
    )
    assert found.status_code == 200
    assert 'value="DAWASA/"' in found.text
    assert "Ni suala la maji." in found.text  # what was typed stays
    before = row(superuser, case, "due_at")
    answer = act(tab, url, "transfer", target="DAWASA/", body="Ni suala la maji.")
    assert (answer.status_code, answer.location) == (303, "/desk")  # not one's own any more
    assert "The case was transferred." in tab.get("/desk").text
    assert tab.get(url).status_code == 404
    assert row(superuser, case, "due_at") == before


def test_a_transfer_to_where_nobody_works_says_what_to_do(tab: Browser, case: Receipt) -> None:
    refused = act(tab, page_of(case), "transfer", target="DAWASA/", body="Ni suala la maji.")
    assert refused.status_code == 422
    assert "Nobody there can take the case now" in refused.text
    assert "Ni suala la maji." in refused.text


def test_a_transfer_needs_a_reason_and_a_target(tab: Browser, case: Receipt) -> None:
    without_reason = act(tab, page_of(case), "transfer", target="DAWASA/", body=" ")
    assert without_reason.status_code == 422
    assert "Write your words here." in without_reason.text
    nowhere = act(tab, page_of(case), "transfer", target="", body="Si letu.")
    assert nowhere.status_code == 422
    assert "Si letu." in nowhere.text
    assert "aria-invalid" not in nowhere.text  # not the words are wrong but the target


def test_classify_may_raise_and_not_lower(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    act(tab, page_of(case), "classify", category="ROADS", confidentiality="confidential")
    assert row(superuser, case, "confidentiality") == "confidential"
    page = tab.get(page_of(case)).text
    assert 'name="confidentiality" value="open"' not in page
    lowered = act(tab, page_of(case), "classify", category="ROADS", confidentiality="open")
    assert lowered.status_code == 422
    assert row(superuser, case, "confidentiality") == "confidential"


def test_raised_to_restricted_it_leaves_the_desk(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    answer = act(tab, page_of(case), "classify", category="ROADS", confidentiality="restricted")
    assert answer.location == "/desk"
    assert tab.get(page_of(case)).status_code == 404
    assert references(at_desk(app, ethics).get("/ethics").text) == [case.reference]


def test_stepping_back_ends_every_look(
    make: Make, tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    other = make.officer("DODOMA-CC", "handler", unit="WORKS")
    answer = act(tab, page_of(case), "recuse")
    assert answer.location == "/desk"
    assert tab.get(page_of(case)).status_code == 404
    assert row(superuser, case, "handler_id") == other


def test_an_officer_is_kept_away(app: Flask, make: Make, tab: Browser, case: Receipt) -> None:
    named = make.officer("DODOMA-CC", "handler", unit="WORKS")
    colleague = at_desk(app, named)
    assert colleague.get(page_of(case)).status_code == 200
    assert act(tab, page_of(case), "exclude", officer=str(named)).status_code == 303
    assert colleague.get(page_of(case)).status_code == 404
    again = act(tab, page_of(case), "assign", officer=str(named))
    assert again.status_code == 422
    assert "This officer is kept away from the case." in again.text


def test_a_directive_is_followed(
    app: Flask,
    make: Make,
    handler: int,
    case: Receipt,
    clock: Any,
    superuser: psycopg.Connection[Any],
) -> None:
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    clock.move_to(MONDAY + 30 * DAY)
    sweep(datetime.now(UTC))
    escalation = superuser.execute(
        "SELECT id FROM escalation WHERE case_id = %s AND officer_id = %s", (case.case_id, head)
    ).fetchone()
    assert escalation is not None
    due_on = (MONDAY + 33 * DAY).date()
    with transaction(Principal.of_officer(head)):
        directives.direct(escalation[0], "Tengeneza wiki hii.", due_on, datetime.now(UTC))
    tab = at_desk(app, handler)
    page = tab.get(page_of(case)).text
    assert "A directive is to be followed by" in page
    assert "Tengeneza wiki hii." in page
    number = re.search(r'name="directive" value="([^"]+)"', page)
    assert number
    assert act(tab, page_of(case), "directive", directive=number[1]).status_code == 303
    assert "A directive is to be followed by" not in tab.get(page_of(case)).text
    assert act(tab, page_of(case), "directive", directive=number[1]).status_code == 422
    assert act(tab, page_of(case), "directive", directive="nonsense").status_code == 422


@pytest.mark.parametrize("verb", ["answer", "ask", "note"])
def test_words_are_needed_and_what_was_typed_stays(tab: Browser, case: Receipt, verb: str) -> None:
    empty = act(tab, page_of(case), verb, body="  ")
    assert empty.status_code == 422
    assert f'id="f-{verb}-error"' in empty.text
    long = act(tab, page_of(case), verb, body="neno " * 1_100)
    assert long.status_code == 422
    assert "neno neno neno" in long.text


def test_somebody_else_was_faster(app: Flask, tab: Browser, case: Receipt, make: Make) -> None:
    """The page comes back with the words, and nothing was sent to the citizen."""
    url = page_of(case)
    head_id = make.officer("DODOMA-CC", "head")
    make.hold(head_id, "DODOMA-CC", "institution_head")
    old = seen(tab.get(url).text)
    act(at_desk(app, head_id), url, "note", body="Subiri kwanza.")
    data = {"csrf_token": token_of(tab), "seen": old, "body": "Jibu langu refu kuhusu taa."}
    answer = tab.post(f"{url}/answer", data=data)
    assert answer.status_code == 409
    assert "Nothing was done yet" in answer.text
    assert "Jibu langu refu kuhusu taa." in answer.text
    assert "Subiri kwanza." in answer.text
    assert seen(answer.text) != old
    data |= {"seen": seen(answer.text), "csrf_token": token_of(tab)}
    assert tab.post(f"{url}/answer", data=data).status_code == 303


def test_a_form_without_its_token_does_nothing(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    data = {"seen": seen(tab.get(page_of(case)).text)}
    assert tab.post(f"{page_of(case)}/acknowledge", data=data).status_code == 400
    assert row(superuser, case, "status") == "assigned"
    data["csrf_token"] = token_of(tab)
    assert tab.post(f"{page_of(case)}/nonsense", data=data).status_code == 404
    assert tab.post("/desk/case/AAAA-AAAA/note", data=data).status_code == 404


def test_a_coordinator_assigns_what_may_not_be_read(
    app: Flask, make: Make, handler: int, superuser: psycopg.Connection[Any]
) -> None:
    receipt = make.case(
        MONDAY, category="ROADS", confidentiality="confidential", body="Maneno ya siri kabisa."
    )
    taker = make.officer("DODOMA-CC", "handler", unit="WORKS")
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    page = office.get(page_of(receipt)).text
    assert "The words are closed to you" in page
    assert "Maneno ya siri" not in page
    assert '/answer"' not in page
    assert act(office, page_of(receipt), "answer", body="Hapana").status_code == 422
    assert act(office, page_of(receipt), "assign", officer=str(taker)).status_code == 303
    assert row(superuser, receipt, "handler_id") == taker
    looks = superuser.execute(
        "SELECT count(*) FROM audit_entry WHERE act = 'looked' AND case_id = %s",
        (receipt.case_id,),
    ).fetchone()
    assert looks is not None
    assert looks[0] >= 1


# Letters and alarms.


def letter_of(superuser: psycopg.Connection[Any], receipt: Receipt) -> str:
    found = superuser.execute(
        "SELECT id FROM escalation WHERE case_id = %s AND way = 'letter' ORDER BY rung",
        (receipt.case_id,),
    ).fetchone()
    assert found is not None
    return str(found[0])


def test_a_letter_is_printed_and_handed_over(
    app: Flask, make: Make, case: Receipt, clock: Any, superuser: psycopg.Connection[Any]
) -> None:
    clock.move_to(MONDAY + 10 * DAY)
    sweep(datetime.now(UTC))
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    url = f"/desk/letters/{letter_of(superuser, case)}"
    assert url in office.get("/desk/letters").text
    letter = office.get(url).text
    assert case.reference in letter
    assert "Barabara" in letter  # the subject of an open case
    assert "Taa za barabarani" not in letter  # and none of its words
    assert "10 Novemba 2025" in letter
    answer = office.post(url, data={"csrf_token": token_of(office)})
    assert (answer.status_code, answer.location) == (303, "/desk/letters")
    assert url not in office.get("/desk/letters").text
    assert "Marked as handed over" in office.get(url).text
    office.post(url, data={"csrf_token": token_of(office)})
    assert "handed over already" in office.get("/desk/letters").text


def test_a_letter_of_a_confidential_case_names_no_subject(
    app: Flask, make: Make, handler: int, clock: Any, superuser: psycopg.Connection[Any]
) -> None:
    receipt = make.case(
        MONDAY, category="ROADS", confidentiality="confidential", place="Mtaa wa Uhindini"
    )
    clock.move_to(MONDAY + 10 * DAY)
    sweep(datetime.now(UTC))
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    letter = office.get(f"/desk/letters/{letter_of(superuser, receipt)}").text
    assert receipt.reference in letter
    assert "Barabara" not in letter
    assert "Uhindini" not in letter


def test_another_institutions_letter_does_not_open(
    app: Flask, make: Make, case: Receipt, clock: Any, superuser: psycopg.Connection[Any]
) -> None:
    clock.move_to(MONDAY + 10 * DAY)
    sweep(datetime.now(UTC))
    url = f"/desk/letters/{letter_of(superuser, case)}"
    other = at_desk(app, make.officer("KONDOA-DC", "coordinator"))
    assert other.get(url).status_code == 404
    assert other.post(url, data={"csrf_token": token_of(other)}).status_code == 404


def test_vacant_posts_show_as_alarms(app: Flask, make: Make, case: Receipt, clock: Any) -> None:
    clock.move_to(MONDAY + 10 * DAY)
    sweep(datetime.now(UTC))
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    assert "post is vacant: name a holder or a deputy" in office.get("/desk/alarms").text


def test_the_desk_speaks_swahili_unless_asked(app: Flask, handler: int) -> None:
    tab = at_desk(app, handler)
    assert '<html lang="sw">' in tab.get("/desk?lang=sw").text
