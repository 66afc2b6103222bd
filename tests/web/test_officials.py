"""The page of an official: orders made ready, stale forms, who may do what, what handlers see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from feedback import clock
from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import delegations, directives, escalations
from feedback.transaction import JOB, transaction
from feedback.web.oversight.cases import VERBS
from tests.factories import Make
from tests.web.browser import Browser, hidden
from tests.web.office import at_desk, seen


@pytest.fixture
def world(make: Make) -> dict[str, Any]:
    """A late case of Dodoma's council that reached the regional secretariat."""
    now = clock.now()
    people = {
        "handler": make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi"),
        "director": make.officer("DODOMA-CC", "head"),
        "secretary": make.officer("RS-DODOMA", "oversight"),
        "worker": make.officer("RS-DODOMA", "handler", name="Juma Komba"),
        "adviser": make.officer("RS-DODOMA", "oversight", name="Asha Mtega"),
    }
    make.hold(people["director"], "DODOMA-CC", "institution_head")
    people["post"] = make.hold(people["secretary"], "RS-DODOMA", "institution_head")
    case = make.case(now - timedelta(days=90), category="ROADS", body="Daraja limesombwa.")
    with transaction(JOB):
        escalations.sweep_batch(now)
    return {**people, "case": case, "page": f"/oversight/case/{case.reference}", "now": now}


def form(page: str, **fields: Any) -> dict[str, Any]:
    """What a form of the page posts."""
    return {"csrf_token": hidden(page, "csrf_token"), "seen": seen(page), **fields}


def act(tab: Browser, world: dict[str, Any], verb: str, **fields: Any) -> Any:
    page = tab.get(world["page"]).text
    return tab.post(f"{world['page']}/{verb}", data=form(page, **fields))


def test_two_presses_from_the_notice_to_a_directive(app: Flask, world: dict[str, Any]) -> None:
    tab = at_desk(app, world["secretary"])
    assert f'href="{world["page"]}"' in tab.get("/staff/notices").text
    inbox = tab.get("/oversight/escalations").text
    assert "asked=explanation" in inbox
    assert "asked=accepted" not in inbox  # nothing there
    page = tab.get(world["page"]).text
    for asked in ("The handler has not said why", "Neema Mushi", "no answer in time"):
        assert asked in page
    pressed = tab.post(f"{world['page']}/direct", data=form(page, preset="answer", body=""))
    assert pressed.status_code == 200
    words, day = "Answer the citizen by", hidden(pressed.text, "seen")
    assert f">\n{words}" in pressed.text
    assert day == seen(page)
    # What was typed before is kept beside what a press writes.
    typed = tab.post(f"{world['page']}/direct", data=form(page, preset="explain", body="Haraka."))
    assert "Haraka.\nExplain by" in typed.text
    due = local_day(world["now"]) + timedelta(days=3)
    sent = form(pressed.text, kind="order", body="Jibu.", due_on=due.isoformat())
    assert tab.post(f"{world['page']}/direct", data=sent).status_code == 303
    # The same form once more, since its answer was lost: one directive.
    assert tab.post(f"{world['page']}/direct", data=sent).status_code == 303
    # A form that is stale in earnest comes back with its words, and nothing is done.
    stale = tab.post(f"{world['page']}/direct", data=sent | {"body": "Jibu tena."})
    assert stale.status_code == 409
    assert "Jibu tena." in stale.text
    assert "A directive was given, or followed." in stale.text
    with transaction(JOB):
        assert db.session.query(m.Directive).count() == 1


def test_the_handler_sees_what_is_demanded_and_answers_in_one_place(
    app: Flask, world: dict[str, Any]
) -> None:
    official, desk = at_desk(app, world["secretary"]), at_desk(app, world["handler"])
    due = local_day(world["now"]).isoformat()
    answer = act(official, world, "direct", kind="explanation", body="Eleza.", due_on=due)
    assert answer.status_code == 303
    assert "Demanded of you" in desk.get("/desk").text
    case = f"/desk/case/{world['case'].reference}"
    page = desk.get(case).text
    assert "An explanation is demanded by" in page
    assert page.count('id="delay"') == 1
    # It is told once, with its day, and the official waits for it.
    assert "This case went to a higher post. Say why" not in page
    assert "An explanation is demanded and not given yet" in official.get(world["page"]).text
    sent = desk.post(f"{case}/delay", data=form(page, body="Mkandarasi hajalipwa."))
    assert sent.status_code == 303
    assert "Demanded of you" not in desk.get("/desk").text
    listed = official.get("/oversight/escalations?asked=decision").text
    assert world["case"].reference in listed
    assert world["case"].reference not in official.get("/oversight/escalations?asked=overdue").text
    empty = act(official, world, "judge", body=" ", judge_due_on=due)
    assert empty.status_code == 422
    assert 'href="#f-judge"' in empty.text
    assert act(official, world, "judge", verdict="accept").status_code == 303
    assert "Late, reason accepted by" in official.get(world["page"]).text
    assert "reason accepted: the clock runs on" in desk.get(case).text
    assert "Reason accepted on" in official.get("/oversight/escalations?asked=accepted").text


def test_the_forms_offer_whom_the_post_may_name(app: Flask, world: dict[str, Any]) -> None:
    tab = at_desk(app, world["secretary"])
    assert "Juma Komba" in tab.get(f"{world['page']}?open=take_over").text
    assert "Asha Mtega" in tab.get(f"{world['page']}?open=delegate").text
    assert "after you took it over" in tab.get(f"{world['page']}?open=hand_down").text
    # A refused letter says so on top, beside the field, and keeps what was typed.
    refused = act(tab, world, "letter", ask="both", by="2020-01-01")
    assert refused.status_code == 422
    assert 'href="#f-by"' in refused.text
    assert 'value="2020-01-01"' in refused.text
    refused = act(tab, world, "take_over", officer=world["handler"])
    assert "Choose an officer from the list." in refused.text
    assert refused.status_code == 422
    assert 'href="#f-officer"' in refused.text
    assert act(tab, world, "take_over", officer=world["worker"]).status_code == 303
    assert "Neema Mushi" in tab.get(f"{world['page']}?open=hand_down").text
    due = local_day(world["now"]).isoformat()
    given = {"officer": world["handler"], "body": "Jibu.", "hand_down_due_on": due}
    assert act(tab, world, "hand_down", **given).status_code == 303
    listed = at_desk(app, world["director"]).get("/oversight/directives").text
    assert world["case"].reference in listed


def test_a_delegate_prepares_and_the_post_gives_by_one_press(
    app: Flask, world: dict[str, Any], as_officer: Any
) -> None:
    official, adviser = at_desk(app, world["secretary"]), at_desk(app, world["adviser"])
    assert adviser.get(world["page"]).status_code == 404
    day = (local_day(world["now"]) + timedelta(days=2)).isoformat()
    page = official.get("/oversight/delegations").text
    assert "Others: <b>Reading for a post</b>" in page
    fields = {"csrf_token": hidden(page, "csrf_token"), "post": world["post"], "until": day}
    late = fields | {"officer": world["adviser"], "until": "2020-01-01"}
    assert official.post("/oversight/delegations", data=late).status_code == 422
    sent = official.post("/oversight/delegations", data=fields | {"officer": world["adviser"]})
    assert sent.status_code == 303
    page = adviser.get(world["page"]).text
    assert "You read this case for a post" in page
    assert 'id="direct"' not in page
    assert "Read for a post" in adviser.get("/oversight/escalations").text
    for verb in sorted(set(VERBS) - {"recommend", "follow", "delegate-end"}):
        fields = {"body": "x", "due_on": day, "officer": world["worker"], "verdict": "accept"}
        assert act(adviser, world, verb, **fields).status_code == 422, verb
    advice = {"kind": "order", "body": "Jibu kesho.", "recommend_due_on": day}
    assert act(adviser, world, "recommend", **advice).status_code == 303
    assert (
        "Jibu kesho."
        not in at_desk(app, world["handler"]).get(f"/desk/case/{world['case'].reference}").text
    )
    page = official.get(world["page"]).text
    number = hidden(page, "recommendation")
    assert act(official, world, "follow", recommendation=number, verdict="give").status_code == 303
    assert "Jibu kesho." in official.get("/oversight/directives").text
    assert act(official, world, "follow", recommendation=number, verdict="give").status_code == 422
    with as_officer(world["secretary"]):
        (given,) = delegations.standing(world["now"])
    token = {"csrf_token": hidden(adviser.get("/oversight/delegations").text, "csrf_token")}
    assert adviser.post("/oversight/delegations/987654/end", data=token).status_code == 404
    assert adviser.post(f"/oversight/delegations/{given.id}/end", data=token).status_code == 303
    assert adviser.get(world["page"]).status_code == 404


def test_who_is_accused_or_elsewhere_gets_nowhere(
    app: Flask, make: Make, world: dict[str, Any], as_officer: Any
) -> None:
    with as_officer(world["director"]):
        rung = directives.rung_of(world["case"].case_id)
        assert rung is not None
    stranger = make.officer("RS-TANGA", "oversight", "head")
    make.hold(stranger, "RS-TANGA", "institution_head")
    make.exclude(world["case"].case_id, world["director"], world["now"])
    for officer in (stranger, world["director"], world["adviser"]):
        tab = at_desk(app, officer)
        assert tab.get(world["page"]).status_code == 404
        token = {"csrf_token": hidden(tab.get("/oversight/delegations").text, "csrf_token")}
        for verb in VERBS:
            answer = tab.post(f"{world['page']}/{verb}", data=token | {"body": "x", "seen": "1"})
            assert answer.status_code == 404, verb
        assert world["case"].reference not in tab.get("/oversight/escalations").text
