"""The desk's answers before they go, templates on their pages, tasks on the page of a case."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback.clock import local_day
from feedback.services.cases import Receipt
from tests.factories import Make
from tests.web.browser import Browser, hidden
from tests.web.office import at_desk, seen, token_of

pytestmark = pytest.mark.usefixtures("clock")
MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
GOOD = "Taa zote zimewashwa leo."
ODD = "Tutashughulikia taa zenu hivi karibuni, mpigie fundi 0754 000 111."


@pytest.fixture
def case(make: Make, handler: int) -> Receipt:
    return make.case(MONDAY, category="ROADS", place="Makole", phone="+255754000222")


def page_of(case: Receipt) -> str:
    return f"/desk/case/{case.reference}"


def post(tab: Browser, case: Receipt, verb: str, **fields: Any) -> TestResponse:
    """A verb as its form sends it, of someone who was warned of nothing."""
    url = page_of(case)
    data = {"csrf_token": token_of(tab), "seen": seen(tab.get(url).text), **fields}
    return tab.post(f"{url}/{verb}", data=data)


def status(superuser: psycopg.Connection[Any], case: Receipt) -> Any:
    row = superuser.execute('SELECT status FROM "case" WHERE id = %s', (case.case_id,)).fetchone()
    assert row
    return row[0]


def in_form(page: str, verb: str) -> str:
    """What stands in the text of a verb's form."""
    found = re.search(rf'<textarea id="f-{verb}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1]


def test_a_good_answer_goes_at_once(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    assert post(tab, case, "answer", body=GOOD).status_code == 303
    assert status(superuser, case) == "answered"


def test_an_odd_answer_is_shown_again_and_goes_by_the_second_press(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    warned = post(tab, case, "answer", body=ODD)
    assert warned.status_code == 422
    page = warned.text
    assert "(“Tutashughulikia”) and names no day" in page
    assert "somebody&#39;s phone number: 0754 000 111" in page
    assert in_form(page, "answer") == ODD
    assert "Send as it is" in page
    assert f"Jibu la {case.reference}: Tutashughulikia taa zenu" in page  # the SMS
    assert status(superuser, case) == "assigned"
    mark = hidden(page, "checked")
    # Other words are looked at anew; better ones go at once.
    changed = post(tab, case, "answer", body=f"{ODD} Tutakuja.", checked=mark)
    assert changed.status_code == 422
    assert status(superuser, case) == "assigned"
    assert post(tab, case, "answer", body=ODD, checked=mark).status_code == 303
    assert status(superuser, case) == "answered"


def test_a_question_is_looked_at_too(tab: Browser, case: Receipt) -> None:
    warned = post(tab, case, "ask", body="What is the number of the house you live in?")
    assert warned.status_code == 422
    assert "The citizen wrote in Swahili, and this is English" in warned.text
    assert post(tab, case, "ask", body="Ni nguzo ipi?").status_code == 303


def test_a_preview_sends_nothing_and_keeps_the_words(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    shown = post(tab, case, "answer", body=GOOD, preview="Preview")
    assert shown.status_code == 200
    assert in_form(shown.text, "answer") == GOOD
    assert "Nothing odd was found" in shown.text
    assert "Send the answer" in shown.text
    assert status(superuser, case) == "assigned"
    empty = post(tab, case, "answer", body=" ", preview="Preview")
    assert empty.status_code == 422
    assert "Write your words here." in empty.text


def test_of_a_confidential_case_it_is_shown_that_the_answer_waits(
    make: Make, tab: Browser, handler: int
) -> None:
    case = make.case(
        MONDAY, category="ROADS", confidentiality="confidential", phone="+255754000222"
    )
    page = post(tab, case, "answer", body=GOOD, preview="Preview").text
    assert f"Jibu la {case.reference} linakusubiri." in page
    assert "SMS and e-mail say only that words wait" in page


def test_a_template_is_filled_in_behind_the_words(tab: Browser, case: Receipt) -> None:
    page = tab.get(page_of(case)).text
    assert '<option value="road">Roads: repair</option>' in page
    assert 'value="water"' not in page  # of another subject
    filled = post(tab, case, "answer", body="Habari.", template="road", insert="Insert")
    assert filled.status_code == 200
    said = in_form(filled.text, "answer")
    assert said.startswith("Habari.\n\nTulikagua barabara ya {jina la barabara}, Makole")
    warned = post(tab, case, "answer", body=said)
    assert "Still to be filled in: {jina la barabara}" in warned.text


def test_nobody_previews_what_he_may_not_send(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    colleague = at_desk(app, make.officer("DODOMA-CC", "handler", unit="WORKS"))
    refused = post(colleague, case, "answer", body=GOOD, preview="Preview")
    assert refused.status_code == 422
    assert "What the citizen gets" not in refused.text


# Templates on their pages


SAID = {
    "title_sw": "Taa za barabarani",
    "title_en": "Street lights",
    "body_sw": "Taa za {place} zimewashwa {siku}.",
    "body_en": "The lights of {place} burn since {day}.",
    "category": "ROADS",
}


def test_a_coordinator_adds_a_template_and_a_handler_uses_it(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    office = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    token = token_of(office)
    form = office.get("/desk/answers/new").text
    assert "Words in Swahili" in form
    bad = office.post("/desk/answers/new", data={**SAID, "body_en": "", "csrf_token": token})
    assert bad.status_code == 422
    assert "This must not be empty." in bad.text
    assert "Taa za {place}" in bad.text
    saved = office.post("/desk/answers/new", data={**SAID, "csrf_token": token})
    assert (saved.status_code, saved.location) == (303, "/desk/answers")
    assert "Street lights" in office.get("/desk/answers").text
    page = tab.get(page_of(case)).text
    assert '<optgroup label="Of your institution">' in page
    said = post(tab, case, "answer", template="taa-za-barabarani", insert="1", body="").text
    assert in_form(said, "answer") == "Taa za Makole zimewashwa {siku}."
    # Two who change it at once: the second is told.
    url = "/desk/answers/taa-za-barabarani"
    changed = {**SAID, "title_en": "Lamps", "csrf_token": token, "seen": "1"}
    assert office.post(url, data=changed).status_code == 303
    clash = office.post(url, data={**changed, "title_en": "Lanterns"})
    assert clash.status_code == 409
    assert "Lanterns" in clash.text
    office.post(url, data={**changed, "seen": "2", "act": "retire"})
    assert "taa-za-barabarani" not in tab.get(page_of(case)).text


def test_an_administrator_says_a_national_one_otherwise(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    office = at_desk(app, make.officer("PO-PSMGG", "admin"))
    assert "Roads: repair" in office.get("/admin/answers").text
    data = {**SAID, "csrf_token": token_of(office), "seen": "0"}
    assert office.post("/admin/answers/road", data=data).location == "/admin/answers"
    assert '<option value="road">Street lights</option>' in tab.get(page_of(case)).text


def test_a_head_without_the_post_reads_templates_and_changes_none(app: Flask, make: Make) -> None:
    office = at_desk(app, make.officer("DODOMA-CC", "head"))
    assert "Add a template" not in office.get("/desk/answers").text
    assert "Tulikagua barabara" in office.get("/desk/answers/road").text
    data = {**SAID, "csrf_token": token_of(office), "seen": "0"}
    assert office.post("/desk/answers/road", data=data).status_code == 404
    assert office.get("/desk/answers/new").status_code == 404


# Tasks


def test_a_task_from_giving_it_to_the_suggested_answer(
    app: Flask, make: Make, tab: Browser, case: Receipt
) -> None:
    taker = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Kessy")
    page = tab.get(page_of(case)).text
    assert 'name="due_on" required value="2025-11-13"' in page
    today = local_day(MONDAY).isoformat()
    said = {"kind": "inspect", "body": "Kagua nguzo ya 14.", "officer": str(taker)}
    late = post(tab, case, "task", **said, due_on="2025-11-01")
    assert late.status_code == 422
    assert "Choose a day that is not past." in late.text
    assert in_form(late.text, "task") == "Kagua nguzo ya 14."
    assert post(tab, case, "task", **said, due_on=today).status_code == 303
    assert "The task is given." in tab.get(page_of(case)).text

    office = at_desk(app, taker)
    listed = office.get("/desk/tasks").text
    assert "My tasks (1)" in listed
    assert "Due today" in listed
    assert "Kagua nguzo" not in listed
    task = hidden(office.get(page_of(case)).text, "task")
    empty = post(office, case, "task-done", task=task, body=" ")
    assert empty.status_code == 422
    assert f'id="f-task-{task}-error"' in empty.text
    done = post(office, case, "task-done", task=task, body="Nguzo ya 14 ina balbu mpya")
    assert done.status_code == 303
    assert "No task waits for you." in office.get("/desk/tasks").text

    page = tab.get(page_of(case)).text
    assert in_form(page, "answer") == (
        "Tumefanya yafuatayo:\n- Tarehe 10 Novemba 2025: Nguzo ya 14 ina balbu mpya."
    )
    assert "All tasks are done." in page
    assert "All tasks of a case are done: answer now" in tab.get("/staff/notices").text


def test_a_form_that_is_sent_again_gives_no_second_task(
    tab: Browser, case: Receipt, superuser: psycopg.Connection[Any]
) -> None:
    """The answer to the first was lost on the way: nothing of a task stands among the messages."""
    url = page_of(case)
    data = {"csrf_token": token_of(tab), "seen": seen(tab.get(url).text), "kind": "inspect"}
    data |= {"body": "Kagua nguzo.", "officer": "unit", "due_on": "2025-11-12"}
    assert tab.post(f"{url}/task", data=data).status_code == 303
    again = tab.post(f"{url}/task", data=data)
    assert again.status_code == 409
    assert "A task was given, done or cancelled." in again.text
    assert superuser.execute("SELECT count(*) FROM task").fetchone() == (1,)


def test_late_tasks_stand_on_top_and_marked(
    app: Flask, tab: Browser, handler: int, case: Receipt, clock: Any
) -> None:
    for day in (4, 1):
        due = local_day(MONDAY + timedelta(days=day)).isoformat()
        said = {"kind": "repair", "body": "Badilisha balbu.", "officer": "unit", "due_on": due}
        assert post(tab, case, "task", **said).status_code == 303
    clock.shift(timedelta(days=2))
    page = at_desk(app, handler).get("/desk/tasks").text
    assert page.index("11 Nov 2025") < page.index("14 Nov 2025")
    assert page.count('class="tag late"') == 1
    assert "Anyone of the unit" in page
