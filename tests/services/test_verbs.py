"""Partial answers, outcomes, mentions, words to a new owner, second transfers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback.services import alarms, citizen, desk, mentions, notices, outcomes, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
HOUR = timedelta(hours=1)
PHONE = "+255712000001"


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")


@pytest.fixture
def case(make: Make, handler: int, monday: datetime) -> Receipt:
    return make.case(monday, phone=PHONE, category="ROADS")


def test_part_of_an_answer_is_a_human_word_and_stops_no_answer_clock(
    case: Receipt, handler: int, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    later = monday + HOUR
    with as_officer(handler):
        desk.answer_partly(case.case_id, "Fundi ameshaona.", later)
    row = kit.case_row(superuser, case.case_id)
    assert (row["status"], row["first_response_at"]) == ("in_progress", later)
    assert (row["answered_at"], row["window_ends_at"]) == (None, None)
    assert kit.clock(superuser, case.case_id, "acknowledge")["met_at"] == later
    clock = kit.clock(superuser, case.case_id, "answer")
    assert (clock["met_at"], clock["due_at"]) == (None, case.answer_due)
    # The ladder waits for the answer, and no window runs.
    assert kit.timers(superuser, case.case_id).keys() == {"ladder", "reminder"}
    assert kit.timers(superuser, case.case_id)["ladder"] == case.answer_due
    assert kit.owed(superuser, case.case_id) == ["received", "partial_answer"]
    with transaction(Principal.of_case(case.case_id)):
        seen = views.for_citizen(case.case_id, later)
        assert [line.kind for line in seen.messages] == ["citizen", "partial_answer"]
        assert not seen.allowed & {"accept", "not_fixed"}
        with pytest.raises(Refused, match="not-allowed"):
            citizen.accept(case.case_id, 5, later)
    with as_officer(handler):
        desk.answer(case.case_id, "Zinawaka.", later + HOUR, outcome="solved")
    assert kit.case_row(superuser, case.case_id)["status"] == "answered"


def test_part_of_an_answer_leaves_a_question_open(
    case: Receipt, handler: int, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    with as_officer(handler):
        desk.ask(case.case_id, "Wapi?", monday)
    waiting = kit.timers(superuser, case.case_id)
    with as_officer(handler):
        desk.answer_partly(case.case_id, "Tunaendelea.", monday + HOUR)
    assert kit.case_row(superuser, case.case_id)["status"] == "waiting_citizen"
    (pause,) = kit.of_case(superuser, "pause", case.case_id)
    assert pause["ends_at"] is None
    assert kit.timers(superuser, case.case_id) == waiting


@pytest.mark.parametrize(
    ("kind", "ground", "refused"),
    [
        ("solved", "", None),
        ("explained", "haina maana hapa", None),  # a ground belongs to the other two
        ("not_possible", "Kanuni ya 12 ya barabara", None),
        ("court", "Mahakama ya Ardhi", None),
        ("not_possible", " ", "no-ground"),
        ("court", "", "no-ground"),
        ("not_ours", "Ni ya TANESCO", "no-outcome"),  # such a case is transferred
        ("", "", None),  # by SMS none is stated
    ],
)
@pytest.mark.parametrize("level", ["open", "confidential"])
def test_a_final_answer_says_what_came_of_it(
    make: Make,
    handler: int,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    kind: str,
    ground: str,
    refused: str | None,
    level: str,
) -> None:
    case = make.case(monday, phone=PHONE, category="ROADS", confidentiality=level)
    if refused:
        with pytest.raises(Refused, match=refused), as_officer(handler):
            desk.answer(case.case_id, "Jibu.", monday, outcome=kind, ground=ground)
        assert kit.case_row(superuser, case.case_id)["status"] == "assigned"
        return
    with as_officer(handler):
        desk.answer(case.case_id, "Jibu.", monday, outcome=kind, ground=ground)
    kept = ground if kind in outcomes.GROUNDED else ""
    with transaction(Principal.of_case(case.case_id)):
        told = views.for_citizen(case.case_id, monday).outcomes
    assert told == ({1: outcomes.Stated(kind, kept)} if kind else {})
    rows = kit.of_case(superuser, "outcome", case.case_id)
    assert [(row["kind"], row["cycle"]) for row in rows] == ([(kind, 1)] if kind else [])
    assert not any(ground.encode() in (row["sealed"] or b"") for row in rows if kept)
    # Words go by SMS for an open case alone, the outcome with them.
    (sent,) = [
        row
        for row in kit.of_case(superuser, "outbox", case.case_id, "created_at")
        if row["template"].startswith("answer")
    ]
    assert (sent["words"] is not None) == (level == "open")


def test_only_who_may_read_the_words_can_be_named_in_a_note(
    make: Make, handler: int, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Kapinga")
    excluded = make.officer("DODOMA-CC", "handler", unit="WORKS")
    elsewhere = make.officer("DODOMA-CC", "handler", unit="WATER")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    head = make.officer("DODOMA-CC", "head", name="Asha Mkuu")
    make.hold(head, "DODOMA-CC", "institution_head")
    open_case = make.case(monday, category="ROADS")
    hidden = make.case(monday, category="ROADS", confidentiality="confidential")
    for receipt in (open_case, hidden):
        superuser.execute(
            'UPDATE "case" SET handler_id = %s WHERE id = %s', (handler, receipt.case_id)
        )
        make.exclude(receipt.case_id, excluded, monday)
    reading = {
        open_case.case_id: {colleague, coordinator, head},
        hidden.case_id: {head},
    }
    for case_id, readers in reading.items():
        with as_officer(handler):
            case = views.for_officer(case_id, monday)
            assert {number for number, _ in mentions.offered(case)} == readers
        for officer in (colleague, excluded, elsewhere, coordinator, head, 999_999):
            if officer in readers:
                with as_officer(handler):
                    desk.note(case_id, "Angalia hii.", monday, mention=officer)
                    # The acting officer is the one of the transaction all the same.
                    assert views.case_id_of(case.reference) == case_id
            else:
                with pytest.raises(Refused, match="bad-mention"), as_officer(handler):
                    desk.note(case_id, "Angalia hii.", monday, mention=officer)
        told = kit.rows(
            superuser,
            "SELECT officer_id FROM notice WHERE kind = 'mentioned' AND case_id = %s",
            case_id,
        )
        assert {row["officer_id"] for row in told} == readers
    with as_officer(handler):
        lines = views.for_officer(hidden.case_id, monday).messages
    assert lines[-1].body == "@Asha Mkuu\nAngalia hii."
    with as_officer(head):
        assert hidden.reference in {row.reference for row in notices.latest()}


def test_a_word_goes_with_the_case_to_its_new_owner(
    make: Make, case: Receipt, handler: int, monday: datetime, as_officer: AsOfficer
) -> None:
    second = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Kapinga")
    with as_officer(handler):
        desk.assign(case.case_id, second, monday, words="Fundi anakuja kesho.")
    with as_officer(second):
        (note,) = [
            line for line in views.for_officer(case.case_id, monday).messages if line.kind == "note"
        ]
    assert (note.body, note.internal) == ("@Juma Kapinga\nFundi anakuja kesho.", True)


def test_the_second_transfer_alarms_both_institutions(
    make: Make, case: Receipt, handler: int, monday: datetime, superuser: Behind,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    there = make.officer("KONDOA-DC", "handler")
    make.officer("TANGA-CC", "handler")
    leads = {
        code: make.officer(code, "coordinator") for code in ("DODOMA-CC", "KONDOA-DC", "TANGA-CC")
    }
    excluded = make.officer("KONDOA-DC", "coordinator")
    make.exclude(case.case_id, excluded, monday)
    with as_officer(handler):
        desk.transfer(case.case_id, "KONDOA-DC", None, "Ni ya Kondoa.", monday)
    assert not kit.rows(superuser, "SELECT 1 FROM alarm")
    owner = kit.case_row(superuser, case.case_id)["handler_id"]
    assert owner in (there, leads["KONDOA-DC"])
    with as_officer(owner):
        desk.transfer(case.case_id, "TANGA-CC", None, "Ni ya Tanga.", monday + HOUR)
    assert kit.case_row(superuser, case.case_id)["transfers"] == 2
    rows = kit.rows(
        superuser,
        "SELECT a.kind, i.code FROM alarm a JOIN institution i ON i.id = a.institution_id"
        " ORDER BY i.code",
    )
    assert [(row["kind"], row["code"]) for row in rows] == [
        ("second_transfer", "KONDOA-DC"),
        ("second_transfer", "TANGA-CC"),
    ]
    seen = {}
    for code, officer in leads.items():
        with as_officer(officer):
            seen[code] = [(row.reference, row.opens) for row in alarms.standing(None)[0]]
    assert seen == {
        "DODOMA-CC": [],
        "KONDOA-DC": [(case.reference, False)],  # it may know which, and no more
        "TANGA-CC": [(case.reference, True)],
    }
    with as_officer(excluded):
        assert alarms.standing(None)[0] == []
    with as_officer(make.officer("PO-PSMGG", "admin")):
        assert len(alarms.standing(None)[0]) == 2
