"""Search: what is found, by whom, and that it tells nobody of a case that he may not see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback.rules import searching as rules
from feedback.services import citizen, desk, searching
from feedback.services.cases import Receipt
from feedback.services.listing import Page
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]


def found(typed: str, now: datetime, after: str | None = None, limit: int = 25) -> Page:
    """What the present officer's search shows."""
    sought = rules.read(typed)
    assert sought is not None
    return searching.search(sought, after, now, limit)


def ids(typed: str, now: datetime) -> list[Any]:
    return [hit.case.case_id for hit in found(typed, now).rows]


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


def test_what_finds_a_case(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer
) -> None:
    case = make.case(monday, body="Bomba la MAJI limepasuka.", place="Uhindini")
    other = make.case(monday + timedelta(days=1), body="Shule haina madawati.", place="Makole")
    reference = case.reference
    with as_officer(handler):
        desk.answer(case.case_id, "Fundi amelitengeneza leo.", monday)
        desk.note(other.case_id, "Tumemtuma Kilimanjaro.", monday)
    for typed in (
        *(reference, reference.lower(), reference.replace("-", "")),
        *("bomba", "maj", "limepasuka maji", "uhindini", "fundi", "maji uhindini"),
    ):
        with as_officer(handler):
            assert ids(typed, monday) == [case.case_id], typed
    with as_officer(handler):
        # By the beginnings of words, all of them; notes among officers are not looked through.
        for typed in ("asuka", "maji madawati", "kilimanjaro", "haipo"):
            assert ids(typed, monday) == [], typed
        (hit,) = found("Fundi", monday).rows
        assert hit.words == [("Fundi", True), (" amelitengeneza leo.", False)]
        assert hit.case.status == "answered"


def test_what_the_citizen_adds_is_found_at_once_and_gone_with_the_words(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer, superuser: Behind
) -> None:
    case = make.case(monday)
    with transaction(Principal.of_case(case.case_id)):
        citizen.add_message(case.case_id, "Sasa ni giza totoro.", monday)
    with as_officer(handler):
        assert ids("totoro", monday) == [case.case_id]
    superuser.execute("UPDATE message SET body = '' WHERE case_id = %s", [case.case_id])
    superuser.execute("UPDATE \"case\" SET place = 'Chamwino' WHERE id = %s", [case.case_id])
    with as_officer(handler):
        assert ids("totoro", monday) == []
        assert ids("chamwino", monday) == [case.case_id]


def test_pages_lose_and_repeat_nothing_and_cost_the_same(
    make: Make,
    monday: datetime,
    handler: int,
    as_officer: AsOfficer,
    query_count: Any,
) -> None:
    made = [make.case(monday + timedelta(hours=n // 2)).case_id for n in range(7)]
    costs, seen, after = [], [], None
    while True:
        with query_count() as counted, as_officer(handler):
            page = found("taa barabarani", monday, after, limit=3)
        costs.append(counted.number)
        seen += [hit.case for hit in page.rows]
        after = page.next
        if after is None:
            break
    assert len(seen) == 7
    assert {row.case_id for row in seen} == set(made)
    keys = [(row.received_at, row.case_id) for row in seen]
    assert keys == sorted(keys, reverse=True)
    assert len(set(costs)) == 1, costs


def test_who_finds_what(
    make: Make, monday: datetime, as_officer: AsOfficer, superuser: Behind
) -> None:
    """The words, the place and the reference of each level, for everybody who stands near it."""
    handler = make.officer("DODOMA-CC", "handler")
    people = {
        "handler": handler,
        "colleague": make.officer("DODOMA-CC", "handler"),
        "other unit": make.officer("DODOMA-CC", "handler", unit="HEALTH"),
        "coordinator": make.officer("DODOMA-CC", "coordinator"),
        "head": make.officer("DODOMA-CC", "head"),
        "excluded": make.officer("DODOMA-CC", "handler", "coordinator", "head"),
        "elsewhere": make.officer("KONDOA-DC", "coordinator"),
        "ethics inside": make.officer("DODOMA-CC", "ethics", "handler", unit="HEALTH"),
        "superior": make.officer("RS-DODOMA", "head"),
    }
    make.hold(people["head"], "DODOMA-CC", "institution_head")
    make.hold(people["superior"], "RS-DODOMA", "institution_head")
    cases: dict[str, Receipt] = {}
    for level in ("open", "confidential", "restricted"):
        cases[level] = make.case(
            monday, confidentiality=level, body="Neno la zambarau.", place="Zanka"
        )
        make.exclude(cases[level].case_id, people["excluded"], monday)
    superuser.execute(
        'UPDATE "case" SET handler_id = %s WHERE confidentiality <> %s', [handler, "restricted"]
    )
    by_id = {receipt.case_id: level for level, receipt in cases.items()}

    def finds(who: str, typed: str) -> set[str]:
        with as_officer(people[who]):
            return {by_id[number] for number in ids(typed, monday)}

    for who in people:
        words, place = finds(who, "zambarau"), finds(who, "zanka")
        references = {level for level, case in cases.items() if level in finds(who, case.reference)}
        # Of a confidential case no word is found, by those who read it neither.
        assert words == (
            {"open"} if who in ("handler", "colleague", "coordinator", "head") else set()
        )
        seen = {
            "handler": {"open", "confidential"},
            "coordinator": {"open", "confidential"},
            "head": {"open", "confidential"},
            "colleague": {"open"},
        }.get(who, set())
        assert place == references == seen, who
    # A case that climbs is found by the post it has reached, and by no other above.
    kit.sweep(monday + timedelta(days=60))
    assert finds("superior", "zambarau") == {"open"}
    assert finds("superior", "zanka") == {"open", "confidential"}
    assert finds("elsewhere", "zanka") == finds("excluded", "zanka") == set()
    with transaction(Principal.of_case(cases["open"].case_id)):
        assert ids("zambarau", monday) == []


def test_words_are_found_no_more_once_the_case_is_confidential_or_gone(
    make: Make, monday: datetime, as_officer: AsOfficer, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    elsewhere = make.officer("KONDOA-DC", "handler")
    raised, moved = (
        make.case(monday, body="Zambarau moja."),
        make.case(monday, body="Zambarau mbili."),
    )
    with as_officer(handler):
        assert len(ids("zambarau", monday)) == 2
        desk.classify(raised.case_id, "OTHER", "confidential", monday)
        desk.transfer(moved.case_id, "KONDOA-DC", None, "Ni ya huko.", monday)
    with as_officer(handler):
        assert ids("zambarau", monday) == []
    with as_officer(elsewhere):
        assert ids("zambarau", monday) == [moved.case_id]
    left = kit.rows(superuser, "SELECT words::text FROM case_words WHERE words @@ 'moja'::tsquery")
    assert left == []


def test_words_that_were_shown_are_on_record(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer, superuser: Behind
) -> None:
    case = make.case(monday, place="Uhindini")
    with as_officer(handler):
        ids("uhindini", monday)
        ids(case.reference, monday)
    assert "found_by_words" not in kit.acts(superuser, case.case_id)
    with as_officer(handler):
        ids("hazijawaka", monday)
    (entry,) = kit.rows(superuser, "SELECT * FROM audit_entry WHERE act = 'found_by_words'")
    assert (entry["case_id"], entry["actor_id"]) == (case.case_id, handler)
    assert entry["details"] == {"words": 1, "level": "open"}
