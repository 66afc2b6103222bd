"""From the screens: join, take apart, link, divide and cover; desk, ethics and citizen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from feedback import jobs
from tests.factories import Make
from tests.web.browser import browser, hidden
from tests.web.office import act, at_desk, seen, token_of
from tests.web.story import enter

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
WORDS = "Taa za barabara ya Nyerere hazijawaka kwa wiki mbili."


def test_joined_from_a_suggestion_answered_and_taken_apart(
    app: Flask, make: Make, clock: Any
) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    first, second = (make.case(MONDAY, category="ROADS", body=WORDS) for _ in range(2))
    third = make.case(MONDAY, category="ROADS", body="Daraja la Kizota limevunjika.")
    page, leading = f"/desk/case/{second.reference}", f"/desk/case/{first.reference}"
    shown = tab.get(page).text
    assert "Possibly the same" in shown
    assert "same subject, similar words" in shown
    assert third.reference not in shown[shown.index("Possibly the same") :]
    # What is wrong stands in the form, with what was typed.
    refused = act(tab, page, "merge", reference="ABCD-1234")
    assert refused.status_code == 422
    assert 'value="ABCD-1234"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert act(tab, page, "merge", reference=first.reference.lower()).status_code == 303
    assert second.reference not in tab.get("/desk").text
    shown = tab.get(page).text
    assert f'href="{leading}"' in shown
    assert 'id="f-answer"' not in shown
    shown = tab.get(leading).text
    assert "Joined cases" in shown
    assert f"Citizen of {second.reference}" in shown
    clock.shift(timedelta(hours=1))
    assert act(tab, page, "apart").status_code == 303
    assert second.reference in tab.get("/desk").text
    assert act(tab, page, "merge", reference=first.reference).status_code == 303
    assert act(tab, leading, "answer", body="Zimewashwa leo.").status_code == 303
    citizen = browser(app)
    enter(citizen, second)
    told = citizen.get("/track?lang=en").text
    assert "Zimewashwa leo." in told
    assert "handled together with others about the same matter" in told
    assert "The words were removed" not in told  # the title says it all
    assert "What is still not right?" in told
    form = {"csrf_token": hidden(told, "csrf_token"), "format": "html"}
    copy = citizen.post("/track/copy?lang=en", data=form).text
    assert "handled together with others about the same matter" in copy
    assert "“joined”" not in copy
    assert first.reference not in told


def test_linked_and_divided(app: Flask, make: Make, clock: Any) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    case, other = (make.case(MONDAY, category="ROADS", body=WORDS) for _ in range(2))
    page = f"/desk/case/{case.reference}"
    linked = act(tab, page, "link", reference=other.reference, note="Mtaa uleule")
    assert linked.status_code == 303
    for each in (case, other):
        shown = tab.get(f"/desk/case/{each.reference}").text
        assert "See also" in shown
        assert "Mtaa uleule" in shown
    refused = act(tab, page, "split", body="  ", category="WATER")
    assert refused.status_code == 422
    assert "Write your words here." in refused.text
    data = {"csrf_token": token_of(tab), "seen": seen(tab.get(page).text), "category": ""}
    data["body"] = "Maji hayatoki."
    assert tab.post(f"{page}/split", data=data).status_code == 303
    # Its answer was lost on the way, and the form comes once more.
    assert tab.post(f"{page}/split", data=data).status_code == 409
    assert "A second case is being made" in tab.get(page).text
    assert jobs.divide() == {"made": 1, "failed": 0}
    shown = tab.get(page).text
    assert "made of the same message" in shown
    citizen = browser(app)
    enter(citizen, case)
    told = citizen.get("/track?lang=en").text
    assert "Your message held two matters" in told
    assert "Its secret code:" in told
    assert other.reference not in told


def test_covered_at_the_desk_and_uncovered_by_ethics(app: Flask, make: Make) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    ethics = at_desk(app, make.officer("ETHICS", "ethics"))
    case = make.case(MONDAY, category="ROADS", body="Juma Ally aliiba taa.")
    page = f"/desk/case/{case.reference}"
    shown = tab.get(page).text
    message = shown.split('name="message" value="')[1].split('"')[0]
    changed = act(tab, page, "redact", message=message, body="[...] aliiba nyaya.")
    assert changed.status_code == 422
    assert "Something was changed beside the covered passages" in changed.text
    assert "[...] aliiba nyaya." in changed.text
    assert act(tab, page, "redact", message=message, body="[...] aliiba taa.").status_code == 303
    shown = tab.get(page).text
    assert "[imefichwa] aliiba taa." in shown
    assert "Juma Ally" not in shown
    listed = ethics.get("/ethics/covered").text
    assert case.reference in listed
    one = listed.split('href="/ethics/covered/')[1].split('"')[0]
    assert "Juma Ally aliiba taa." in ethics.get(f"/ethics/covered/{one}").text
    done = ethics.post(f"/ethics/covered/{one}", data={"csrf_token": token_of(ethics)})
    assert done.status_code == 303
    assert "Nothing is covered now." in ethics.get("/ethics/covered").text
    assert "Juma Ally" in tab.get(page).text
    assert ethics.get(f"/ethics/covered/{one}").status_code == 404
