"""Improvement actions at the browser: linked from a case, led to an end, told to the citizen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.factories import Make
from tests.web.browser import Browser
from tests.web.office import act, at_desk, token_of
from tests.web.story import MONDAY, Story, enter

DUE = (MONDAY + timedelta(days=20)).date().isoformat()
CAUSE = "Taa hazikaguliwi."


def post(tab: Browser, url: str, **fields: Any) -> Any:
    return tab.post(url, data={"csrf_token": token_of(tab), **fields})


def number_of(superuser: psycopg.Connection[Any]) -> str:
    row = superuser.execute("SELECT id FROM improvement").fetchone()
    assert row
    return str(row[0])


@pytest.fixture
def leader(app: Flask, make: Make) -> Browser:
    return at_desk(app, make.officer("DODOMA-CC", "coordinator"))


def test_from_the_case_to_the_citizen(
    app: Flask, story: Story, leader: Browser, superuser: psycopg.Connection[Any]
) -> None:
    desk, case = at_desk(app, story.handler), f"/desk/case/{story.receipt.reference}"
    wrong = act(desk, case, "improve", improvement="new", title="Piga 0712 345 678", cause=CAUSE)
    assert wrong.status_code == 422
    for kept in ("Piga 0712 345 678", CAUSE, "by which a person could be found"):
        assert kept in wrong.text
    title = "Kukagua taa kila mwezi"
    assert (
        act(desk, case, "improve", improvement="new", title=title, cause=CAUSE).status_code == 303
    )
    assert title in desk.get(case).text
    here = f"/desk/improvements/{number_of(superuser)}"
    assert title in desk.get("/desk/improvements?state=proposed").text
    assert "What you can do" not in desk.get(here).text  # a proposal is the leaders' to decide
    missing = post(leader, f"{here}/change", owner="", due_on=DUE)
    assert missing.status_code == 422
    assert 'id="f-owner-error"' in missing.text
    assert post(leader, f"{here}/change", owner=story.handler, due_on=DUE).status_code == 303
    empty = post(desk, f"{here}/done", note=" ")
    assert empty.status_code == 422
    assert "Write your words here." in empty.text
    assert post(desk, f"{here}/done", note="Taa zinakaguliwa sasa.").status_code == 303
    assert post(desk, f"{here}/nonsense").status_code == 404
    enter(story.client, story.receipt)
    page = story.page()
    assert "Ulichotueleza kimeleta uboreshaji" in page
    assert "Taa zinakaguliwa sasa." in page
    # Counts stand before leaders alone.
    assert ">Cases<" in leader.get("/desk/improvements?state=done").text
    listed = desk.get("/desk/improvements?state=done").text
    assert ">Cases<" not in listed
    assert 'href="/desk/unit"' in listed  # the menu of the desk stays


def test_a_leader_s_form_keeps_what_was_typed(
    leader: Browser, superuser: psycopg.Connection[Any]
) -> None:
    answer = post(leader, "/desk/improvements/new", title="", cause=CAUSE, due_on=DUE)
    assert answer.status_code == 422
    assert 'id="f-title-error"' in answer.text
    assert CAUSE in answer.text
    answer = post(leader, "/desk/improvements/new", title="Kukagua", cause=CAUSE, due_on=DUE)
    assert 'id="f-owner-error"' in answer.text
    assert superuser.execute("SELECT count(*) FROM improvement").fetchone() == (0,)


def test_a_wrong_link_is_taken_out_and_oversight_reads_no_cause(
    app: Flask, make: Make, story: Story, leader: Browser, superuser: psycopg.Connection[Any]
) -> None:
    post(
        leader, "/desk/improvements/new", title="Kukagua taa", cause=CAUSE,
        owner=story.handler, due_on=DUE,
    )  # fmt: skip
    number = number_of(superuser)
    desk = at_desk(app, story.handler)
    act(desk, f"/desk/case/{story.receipt.reference}", "improve", improvement=number)
    here = f"/desk/improvements/{number}"
    assert story.receipt.reference in desk.get(here).text
    post(desk, f"{here}/unlink", reference=story.receipt.reference)
    assert story.receipt.reference not in desk.get(here).text
    assert post(desk, f"{here}/unlink", reference=story.receipt.reference).status_code == 404
    region = at_desk(app, make.officer("RS-DODOMA", "oversight"))
    listed = region.get("/oversight/improvements?institution=DODOMA-CC").text
    assert "Kukagua taa" in listed
    assert CAUSE not in listed
    assert region.get("/oversight/improvements?institution=TANGA-CC").status_code == 404
