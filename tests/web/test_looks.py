"""Every page of a case leaves a look on record; a route that shows one and is not walked fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from feedback.services.cases import Receipt
from tests.factories import Make
from tests.services import kit
from tests.services.confidential_probe import Connection
from tests.web.browser import Browser
from tests.web.office import at_desk, seen, token_of

# Routes with a case in their address: how each is walked below. Posts that show no page, because
# they lead to one, come with the page they lead to.
GETS = {
    "desk.case",
    "oversight.case",
    "ethics.case",
    "desk.case_print",
    "ethics.case_print",
    "desk.case_why",
    "ethics.case_why",
    "oversight.case_why",
    "desk.letter_page",
    "ethics.letter_page",
    "desk.letter_file",
    "ethics.letter_file",
    "desk.case_letter",
    "ethics.case_letter",
    "oversight.letter_file",
}
POSTS = {
    "desk.act",
    "ethics.act",
    "oversight.act",
    "oversight.remind",
    "desk.letter_handed_over",
    "ethics.letter_handed_over",
}
# What leaves an entry of its own (`file_read`, `looked_to_decide`, `identity_asked` ...) or shows
# nothing of the words; held by the tests of files, exclusions and openings.
OF_THEIR_OWN = {
    "desk.case_file",
    "oversight.case_file",
    "ethics.case_file",
    "desk.identity_page",
    "ethics.identity_page",
    "desk.ask_identity",
    "ethics.ask_identity",
    "ethics.exclusion_page",
    "ethics.decide_exclusion",
    # A draft shows the officer's own words; where another stands there the page is a look. Who else
    # is there, and whether the case has changed, is nothing of its words.
    "desk.draft",
    "ethics.draft",
    "oversight.draft",
    "desk.here",
    "ethics.here",
    # `letter_issued`.
    "desk.issue_letter",
    "ethics.issue_letter",
}
LEVELS = ("open", "confidential", "restricted")


def test_each_route_of_a_case_is_walked_here(app: Flask) -> None:
    found: dict[str, set[str]] = {"GET": set(), "POST": set()}
    for route in app.url_map.iter_rules():
        if {"reference", "escalation_id", "case_id"} & route.arguments:
            for method in found:
                if method in (route.methods or ()) and route.endpoint not in OF_THEIR_OWN:
                    found[method].add(route.endpoint)
    assert found == {"GET": GETS, "POST": POSTS}


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def case_of(make: Make, now: datetime) -> Callable[[str], Receipt]:
    """A case of a level that climbed: its first rung is a letter, its third somebody's."""

    def lodge(level: str) -> Receipt:
        received = now - timedelta(days=60)
        receipt = make.case(received, confidentiality=level, category="ROADS", phone="0712000001")
        kit.sweep(now)
        return receipt

    return lodge


class Office:
    """An officer at a browser, and how many looks at a case are on record."""

    def __init__(self, app: Flask, behind: Connection, officer: int, case: Receipt) -> None:
        self.tab: Browser = at_desk(app, officer)
        self.behind, self.officer, self.case = behind, officer, case

    def looks(self) -> list[tuple[str, str]]:
        """Words shown or not, and level, of each look."""
        return self.behind.execute(
            "SELECT details ->> 'words', details ->> 'level' FROM audit_entry"
            " WHERE act = 'looked' AND case_id = %s AND actor_id = %s AND actor_kind = 'officer'",
            (self.case.case_id, self.officer),
        ).fetchall()

    def leaves_one(self, url: str, status: int = 200, **data: str) -> None:
        before = len(self.looks())
        if data:
            answer = self.tab.post(url, data={"csrf_token": token_of(self.tab), **data})
        else:
            answer = self.tab.get(url)
        assert (answer.status_code, url) == (status, url)
        assert len(self.looks()) == before + 1, url


def letter_of(behind: Connection, case: Receipt) -> str:
    row = behind.execute(
        "SELECT id FROM escalation WHERE case_id = %s AND way = 'letter' ORDER BY rung",
        (case.case_id,),
    ).fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize("level", LEVELS)
def test_pages_letters_and_refused_acts(
    app: Flask,
    make: Make,
    superuser: Connection,
    case_of: Callable[[str], Receipt],
    level: str,
) -> None:
    restricted = level == "restricted"
    place = "ETHICS" if restricted else "DODOMA-CC"
    handler = make.officer(place, "ethics" if restricted else "handler", unit="REGISTRY")
    head = make.officer("CS" if restricted else "DODOMA-CC", "head", "oversight")
    make.hold(head, *(("CS", "ethics_post") if restricted else ("DODOMA-CC", "institution_head")))
    case = case_of(level)
    base = "/ethics" if restricted else "/desk"
    superuser.execute('UPDATE "case" SET handler_id = %s', (handler,))
    own = Office(app, superuser, handler, case)
    own.leaves_one(f"{base}/case/{case.reference}")
    own.leaves_one(f"{base}/case/{case.reference}/print")
    own.leaves_one(f"{base}/case/{case.reference}/note", 409, seen="old", body="x")
    own.leaves_one(f"{base}/case/{case.reference}/transfer", find="1", institution_query="x")
    above = Office(app, superuser, head, case)
    above.leaves_one(f"/oversight/case/{case.reference}")
    above.leaves_one(f"/oversight/case/{case.reference}/direct", 409, seen="old", body="x")
    shown = seen(above.tab.get(f"/oversight/case/{case.reference}").text)
    above.leaves_one(f"/oversight/case/{case.reference}/direct", 422, seen=shown, due_on="")
    above.leaves_one(f"/oversight/case/{case.reference}/letter", 422, ask="answer", by="")
    superuser.execute(
        "INSERT INTO message (id, case_id, cycle, kind, internal, body, at)"
        " VALUES (gen_random_uuid(), %s, 1, 'final_letter', false, '', now())",
        (case.case_id,),
    )
    own.leaves_one(f"{base}/case/{case.reference}/final-letter.pdf")
    assert set(own.looks()) | set(above.looks()) == {("1", level)}
    own.leaves_one(f"{base}/case/{case.reference}/why")
    above.leaves_one(f"/oversight/case/{case.reference}/why")
    assert ("0", level) in own.looks()
    letter = kit.reminder(superuser, case, head)
    above.leaves_one(f"/oversight/case/{case.reference}/letter/{letter}.pdf")
    carrier = handler if restricted else make.officer("DODOMA-CC", "coordinator")
    printing = Office(app, superuser, carrier, case)
    url = f"{base}/letters/{letter_of(superuser, case)}"
    printing.leaves_one(url)
    printing.leaves_one(url, 303, mark="1")
    printing.tab.post(f"{url}/issue", data={"csrf_token": token_of(printing.tab)})
    printing.leaves_one(f"{url}/letter.pdf")
    assert ("0", level) in printing.looks()


@pytest.mark.parametrize("level", LEVELS)
def test_who_is_shown_nothing_leaves_no_look(
    app: Flask,
    make: Make,
    superuser: Connection,
    case_of: Callable[[str], Receipt],
    level: str,
) -> None:
    stranger = make.officer("DAWASA", "handler", "oversight", "auditor", "admin")
    case = case_of(level)
    office = Office(app, superuser, stranger, case)
    for page in ("/desk", "/oversight"):
        assert office.tab.get(f"{page}/case/{case.reference}").status_code == 404
    assert office.looks() == []
