"""Levels go up at any time and down by the citizen's word; extracts, and what they do not open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from feedback.services import citizen, desk, extracts, lowering, views
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
AsOfficer = Callable[[int], Any]
MOVE = (
    "SELECT guard.move_case(id, institution_id, unit_id, handler_id, :level, status, triage,"
    ' transfers) FROM "case" WHERE id = :case'
)


def level(behind: Behind, case_id: UUID) -> str:
    return str(kit.case_row(behind, case_id)["confidentiality"])


def ask(as_officer: AsOfficer, officer: int, case_id: UUID, now: datetime) -> None:
    with as_officer(officer):
        lowering.ask(case_id, now)


def reply(case_id: UUID, now: datetime, *, yes: bool) -> None:
    with transaction(Principal.of_case(case_id)):
        lowering.answer(case_id, yes=yes, now=now)


def test_the_citizen_raises_at_any_time_one_step_or_two(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.answer(receipt.case_id, "Tumetengeneza.", monday)
    for wanted in ("confidential", "restricted"):
        with transaction(Principal.of_case(receipt.case_id)):
            citizen.raise_confidentiality(receipt.case_id, wanted, monday)
        assert level(superuser, receipt.case_id) == wanted
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == ethics
    with as_officer(handler), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)


def test_only_a_yes_lowers_and_sealed_words_stay_sealed(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    receipt = make.case(monday, confidentiality="confidential", phone="+255712000001")
    owner = kit.case_row(superuser, receipt.case_id)["handler_id"]
    other = colleague if owner == handler else handler
    ask(as_officer, owner, receipt.case_id, monday)
    assert "question_waits" in kit.owed(superuser, receipt.case_id)
    with as_officer(owner), pytest.raises(Refused, match="not-allowed"):
        lowering.ask(receipt.case_id, monday)  # one question at a time
    reply(receipt.case_id, monday, yes=False)
    assert level(superuser, receipt.case_id) == "confidential"
    with pytest.raises(Refused, match="not-allowed"):
        reply(receipt.case_id, monday, yes=True)  # the question is answered
    ask(as_officer, owner, receipt.case_id, monday)
    with as_officer(other), pytest.raises(Refused, match="not-found"):
        views.for_officer(receipt.case_id, monday)
    reply(receipt.case_id, monday, yes=True)
    assert level(superuser, receipt.case_id) == "open"
    rows = kit.of_case(superuser, "message", receipt.case_id)
    assert all(row["body"] is None for row in rows)
    with as_officer(other):
        assert views.for_officer(receipt.case_id, monday).may_read_words
    told = kit.rows(superuser, "SELECT kind FROM notice WHERE officer_id = %s", owner)
    assert {"lowering_refused", "lowering_granted"} <= {row["kind"] for row in told}


def test_a_question_is_void_once_the_level_was_raised(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    make.officer("ETHICS", "ethics")
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, confidentiality="confidential")
    ask(as_officer, handler, receipt.case_id, monday)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", monday)
    with pytest.raises(Refused, match="not-allowed"):
        reply(receipt.case_id, monday, yes=True)
    assert level(superuser, receipt.case_id) == "restricted"


def test_from_ethics_it_goes_back_round_the_concerned_without_the_notes_of_ethics(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    accused = make.officer("DODOMA-CC", "handler", name="Juma Kapuya")
    other = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, confidentiality="restricted", persons="Juma Kapuya")
    with as_officer(ethics):
        desk.note(receipt.case_id, "Dokezo la maadili.", monday)
    ask(as_officer, ethics, receipt.case_id, monday)
    later = monday + timedelta(hours=1)
    reply(receipt.case_id, later, yes=True)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["confidentiality"], case["handler_id"]) == ("confidential", other)
    with as_officer(other):
        desk.note(receipt.case_id, "Dokezo la ofisi.", later + timedelta(minutes=1))
    with as_officer(other):
        bodies = [line.body for line in views.for_officer(receipt.case_id, later).messages]
    assert "Dokezo la maadili." not in bodies
    assert "Dokezo la ofisi." in bodies
    for number in (accused, ethics):
        with as_officer(number), pytest.raises(Refused, match="not-found"):
            views.for_officer(receipt.case_id, later)
    # Raised again, the notes are there for those who wrote them.
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", later)
    with as_officer(ethics):
        bodies = [line.body for line in views.for_officer(receipt.case_id, later).messages]
    assert "Dokezo la maadili." in bodies


def test_a_rung_of_ethics_cannot_ask_without_being_of_ethics(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    chief = make.officer("CS", "oversight")
    make.hold(chief, "CS", "ethics_post")
    make.officer("ETHICS", "ethics")
    receipt = make.case(monday, confidentiality="restricted")
    kit.sweep(receipt.answer_due + timedelta(days=60))
    with as_officer(chief) as session:
        assert views.for_officer(receipt.case_id, monday).may_read_words
        with pytest.raises(Refused, match="not-allowed"):
            lowering.ask(receipt.case_id, monday)
        with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO lowering (id, case_id, officer_id, from_level, to_level, at)"
                    " VALUES (gen_random_uuid(), :case, :me, 'restricted', 'confidential', now())"
                ),
                {"case": receipt.case_id, "me": chief},
            )


@pytest.mark.parametrize("before", ["confidential", "restricted"])
def test_the_database_lowers_for_no_officer_no_worker_and_no_unasked_citizen(
    make: Make, monday: datetime, superuser: Behind, before: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, confidentiality=before)
    owner = ethics if before == "restricted" else handler
    for principal in (Principal.of_officer(owner), JOB, Principal.of_case(receipt.case_id)):
        with pytest.raises(ProgrammingError, match="citizen alone"), transaction(principal) as s:
            s.execute(text(MOVE), {"case": receipt.case_id, "level": "open"})
    assert level(superuser, receipt.case_id) == before


# Extracts


def test_an_extract_opens_itself_alone_and_is_answered(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, confidentiality="restricted", body="Neema Mushi anaomba hongo.")
    with as_officer(ethics):
        extract = extracts.hand_over(receipt.case_id, "DODOMA-CC", "Kuna taarifa.", monday)
    (row,) = kit.of_case(superuser, "extract", receipt.case_id)
    assert b"Kuna" not in bytes(row["sealed"])
    with as_officer(head):
        (listed,), following = extracts.addressed()
        assert (listed.id, following) == (extract, None)
        assert extracts.read(extract, monday).body == "Kuna taarifa."
        with pytest.raises(Refused, match="not-found"):
            views.for_officer(receipt.case_id, monday)
    with as_officer(handler), pytest.raises(Refused, match="not-found"):
        extracts.read(extract, monday)
    with as_officer(head):
        extracts.answer(extract, "Tumeanza uchunguzi.", monday)
    with as_officer(head), pytest.raises(Refused, match="not-allowed"):
        extracts.answer(extract, "Tena.", monday)
    with as_officer(ethics):
        (view,) = extracts.of_case(receipt.case_id)
        assert view.answer == "Tumeanza uchunguzi."
    acts = set(kit.acts(superuser, receipt.case_id))
    assert {"extract_handed_over", "looked_at_extract", "extract_answered"} <= acts


def test_an_extract_goes_round_the_head_whom_it_concerns(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    head = make.officer("DODOMA-CC", "head", name="Juma Hamisi Kapuya")
    make.hold(head, "DODOMA-CC", "institution_head")
    receipt = make.case(monday, confidentiality="restricted", persons="Juma Kapuya")
    with as_officer(ethics), pytest.raises(Refused, match="no-addressee"):
        extracts.hand_over(receipt.case_id, "DODOMA-CC", "Kuna taarifa.", monday)
    deputy = make.officer("DODOMA-CC", "head", name="Neema Swai")
    make.hold(deputy, "DODOMA-CC", "institution_head", capacity="deputy")
    with as_officer(ethics):
        extract = extracts.hand_over(receipt.case_id, "DODOMA-CC", "Kuna taarifa.", monday)
    with as_officer(head):
        assert extracts.addressed()[0] == []
        with pytest.raises(Refused, match="not-found"):
            extracts.read(extract, monday)
    with as_officer(deputy):
        assert extracts.read(extract, monday).body == "Kuna taarifa."


def test_one_who_is_excluded_later_loses_the_extract(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    head = make.officer("DODOMA-CC", "head", name="Juma Hamisi Kapuya")
    make.hold(head, "DODOMA-CC", "institution_head")
    receipt = make.case(monday, confidentiality="restricted")
    with as_officer(ethics):
        extract = extracts.hand_over(receipt.case_id, "DODOMA-CC", "Kuna taarifa.", monday)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Ni Bw. Juma Kapuya mwenyewe.", monday)
    with as_officer(head), pytest.raises(Refused, match="not-found"):
        extracts.read(extract, monday)


def test_only_ethics_hands_over_and_only_of_a_restricted_case(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    chief = make.officer("CS", "oversight")
    make.hold(chief, "CS", "ethics_post")
    ethics = make.officer("ETHICS", "ethics")
    plain = make.case(monday, confidentiality="confidential")
    with as_officer(head), pytest.raises(Refused, match="not-allowed"):
        extracts.hand_over(plain.case_id, "DODOMA-CC", "x", monday)
    receipt = make.case(monday, confidentiality="restricted")
    kit.sweep(receipt.answer_due + timedelta(days=60))
    with as_officer(chief), pytest.raises(Refused, match="not-allowed"):
        extracts.hand_over(receipt.case_id, "DODOMA-CC", "x", monday)
    with as_officer(ethics), pytest.raises(Refused, match="bad-target"):
        extracts.hand_over(receipt.case_id, "TANESCO", "x", monday)
    with as_officer(ethics), pytest.raises(Refused, match="empty"):
        extracts.hand_over(receipt.case_id, "DODOMA-CC", "  ", monday)
