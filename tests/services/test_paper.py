"""What an officer enters for a citizen: one way into a case, the clock from the day of receipt, no
sight of it afterwards; and the office's file numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from feedback import models as m
from feedback.extensions import db
from feedback.services import paper
from feedback.services.cases import Lodging, Receipt
from feedback.services.errors import Refused
from feedback.services.paper import Entry
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
NOW = datetime(2025, 11, 10, 8, 30, tzinfo=UTC)  # a Monday
TODAY = date(2025, 11, 10)
LETTER = Entry("letter", TODAY, file_number="DCC/MAL/12/2025")


def lodging(**changed: Any) -> Lodging:
    values = {
        "submission_id": uuid4(),
        "channel": "paper",
        "kind": "complaint",
        "language": "sw",
        "body": "Mtaro umeziba mbele ya shule.",
        "institution": "DODOMA-CC",
        "category": "ROADS",
        "phone": "+255712345678",
    }
    return Lodging(**(values | changed))


def enter(clerk: int, what: Lodging, entry: Entry = LETTER, now: datetime = NOW) -> Receipt:
    case_id = uuid4()
    with transaction(Principal.lodging(case_id, officer=clerk)):
        return paper.enter(case_id, what, entry, now)


@pytest.fixture
def clerk(make: Make) -> int:
    return make.officer("DODOMA-CC", "registry", name="Zawadi Kileo")


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")


def seen_by(officer: int, case_id: UUID) -> bool:
    with transaction(Principal.of_officer(officer)):
        return db.session.get(m.Case, case_id) is not None


def own(officer: int, number: str = "") -> list[str]:
    with transaction(Principal.of_officer(officer)):
        return [each.reference for each in paper.own_entries(None, number)[0]]


def test_the_clock_begins_on_the_day_of_receipt(
    superuser: Behind, clerk: int, handler: int
) -> None:
    typed_late = replace(LETTER, received_on=TODAY - timedelta(days=7))
    late = kit.case_row(superuser, enter(clerk, lodging(), typed_late).case_id)
    punctual = kit.case_row(superuser, enter(clerk, lodging(), LETTER).case_id)
    assert (late["channel"], late["handler_id"]) == ("paper", handler)
    assert late["received_at"].astimezone(UTC) == datetime(2025, 11, 2, 21, tzinfo=UTC)
    assert punctual["received_at"].astimezone(UTC) == NOW
    assert punctual["due_at"] - late["due_at"] == timedelta(days=7)
    for row in (late, punctual):
        assert kit.clock(superuser, row["id"], "answer")["due_at"] == row["due_at"]
        # Whatever should have reminded before it was typed reminds nobody now.
        assert kit.timers(superuser, row["id"])["reminder"] > NOW
        (word,) = kit.of_case(superuser, "message", row["id"])
        assert word["at"] == row["received_at"]
        (owner,) = kit.of_case(superuser, "assignment", row["id"])
        assert (owner["at"].astimezone(UTC), owner["by_officer_id"]) == (NOW, clerk)


def test_a_repeated_entry_makes_one_case(superuser: Behind, clerk: int, handler: int) -> None:
    what = lodging()
    first, again = enter(clerk, what), enter(clerk, what, now=NOW + timedelta(minutes=1))
    changed = enter(clerk, what, replace(LETTER, received_on=TODAY - timedelta(days=2)))
    assert (again.reference, again.receipt_code) == (first.reference, first.receipt_code)
    assert (again.altered, changed.altered) == (False, True)
    assert len(kit.rows(superuser, 'SELECT FROM "case"')) == 1
    assert len(kit.rows(superuser, "SELECT FROM paper_record")) == 1
    assert kit.owed(superuser, first.case_id) == ["received"]


@pytest.mark.parametrize(
    "entry",
    [
        replace(LETTER, received_on=TODAY + timedelta(days=1)),
        replace(LETTER, received_on=TODAY - timedelta(days=61)),
        replace(LETTER, received_on=TODAY - timedelta(days=367), late_reason="Ilipotea."),
        replace(LETTER, file_number="N" * 61),
    ],
)
def test_days_and_numbers_that_are_none(superuser: Behind, clerk: int, entry: Entry) -> None:
    with pytest.raises(Refused):
        enter(clerk, lodging(), entry)
    assert not kit.rows(superuser, 'SELECT FROM "case"')


def test_an_old_letter_needs_a_reason(superuser: Behind, clerk: int, handler: int) -> None:
    old = replace(LETTER, received_on=TODAY - timedelta(days=61), late_reason="Ilipotea masjala.")
    (row,) = kit.of_case(superuser, "paper_record", enter(clerk, lodging(), old).case_id, "case_id")
    assert row["late_reason"] == "Ilipotea masjala."


def test_the_clerk_loses_sight_and_keeps_a_list_of_the_ordinary(
    superuser: Behind, clerk: int, handler: int, make: Make
) -> None:
    make.officer("ETHICS", "ethics")
    ordinary = enter(clerk, lodging())
    secret = enter(clerk, lodging(confidentiality="confidential"))
    ethics = enter(clerk, lodging(confidentiality="restricted"))
    about_me = enter(clerk, lodging(persons="Zawadi Kileo"))
    for each in (ordinary, secret, ethics, about_me):
        assert not seen_by(clerk, each.case_id)
    assert own(clerk) == [ordinary.reference]
    assert own(clerk, "dcc/mal/12/2025") == [ordinary.reference]
    assert own(clerk, "DCC/MAL/13/2025") == []
    assert own(handler) == []
    (kept_away,) = kit.of_case(superuser, "conflict", about_me.case_id, "case_id")
    assert kept_away["officer_id"] == clerk


def test_the_record_says_who_entered_it(superuser: Behind, clerk: int, handler: int) -> None:
    receipt = enter(clerk, lodging())
    entries = kit.of_case(superuser, "audit_entry", receipt.case_id)
    assert {(e["act"], e["actor_kind"], e["actor_id"]) for e in entries} == {
        ("lodged", "lodging", clerk),
        ("entered_for_citizen", "lodging", clerk),
    }


def test_who_has_no_role_for_it_enters_nothing(superuser: Behind, make: Make) -> None:
    for officer in (
        make.officer("DODOMA-CC", "auditor"),
        make.officer("DODOMA-CC", "registry", active=False),
    ):
        with pytest.raises(Exception, match="row-level security"):
            enter(officer, lodging())
    assert not kit.rows(superuser, 'SELECT FROM "case"')


def test_of_an_unknown_citizen_the_day_alone_is_kept(
    superuser: Behind, clerk: int, handler: int
) -> None:
    unknown = lodging(anonymous=True, name="Asha", phone="+255712345678")
    receipt = enter(clerk, unknown)
    midnight = datetime(2025, 11, 9, 21, tzinfo=UTC)
    assert kit.case_row(superuser, receipt.case_id)["received_at"].astimezone(UTC) == midnight
    (row,) = kit.of_case(superuser, "paper_record", receipt.case_id, "case_id")
    assert row["at"].astimezone(UTC) == midnight
    for entry in kit.of_case(superuser, "audit_entry", receipt.case_id):
        assert entry["at"].astimezone(UTC) == midnight
    assert not kit.of_case(superuser, "sealed_identity", receipt.case_id, "case_id")


def test_a_file_number_is_set_changed_and_found(
    make: Make, superuser: Behind, handler: int
) -> None:
    receipt = make.case(NOW, category="ROADS")
    stranger = make.officer("KONDOA-DC", "handler")

    def number(officer: int, typed: str) -> None:
        with transaction(Principal.of_officer(officer)):
            paper.set_number(receipt.case_id, typed, NOW)

    def find(officer: int, typed: str) -> list[str]:
        with transaction(Principal.of_officer(officer)):
            return list(paper.find(typed))

    number(handler, "DCC/1")
    number(handler, "  DCC/ 2 ")
    assert find(handler, "dcc/ 2") == [receipt.reference]
    assert find(handler, "DCC/1") == find(handler, " ") == find(stranger, "DCC/ 2") == []
    for officer, typed in ((stranger, "X"), (handler, "N" * 61)):
        with pytest.raises(Refused):
            number(officer, typed)
    assert kit.acts(superuser, receipt.case_id).count("file_numbered") == 2


def test_who_saw_the_code_does_not_own_the_case_where_a_colleague_can(
    make: Make, superuser: Behind, handler: int
) -> None:
    """Else one could answer, and accept the own answer as the citizen."""
    alone = enter(handler, lodging())
    assert kit.case_row(superuser, alone.case_id)["handler_id"] == handler
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    for _ in range(2):
        receipt = enter(handler, lodging())
        assert kit.case_row(superuser, receipt.case_id)["handler_id"] == colleague
