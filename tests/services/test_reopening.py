"""The office opens its own answer again: a cycle of its own, no appeal, no rung."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from feedback.services import citizen, desk, duplicates, figures, inbox, reopening, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.services.inbox import Question
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

DAY = timedelta(days=1)


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS")


@pytest.fixture
def case(make: Make, handler: int, monday: datetime) -> Receipt:
    receipt = make.case(monday, phone="+255712000001", category="ROADS")
    answer(handler, receipt, monday)
    return receipt


def answer(officer: int, case: Receipt, now: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        desk.answer(case.case_id, "Imekamilika.", now, outcome="solved")


def reopen(officer: int, case: Receipt, now: datetime) -> None:
    with transaction(Principal.of_officer(officer)):
        reopening.reopen(case.case_id, "Jibu lilikuwa la mtaa mwingine.", now)


def test_it_opens_the_next_cycle_and_uses_up_no_appeal(
    case: Receipt, handler: int, monday: datetime, superuser: Behind
) -> None:
    later = monday + DAY
    with transaction(Principal.of_case(case.case_id)):
        citizen.accept(case.case_id, 4, monday)
    reopen(handler, case, later)
    row = kit.case_row(superuser, case.case_id)
    assert (row["status"], row["cycle"], row["appeals"]) == ("in_progress", 2, 0)
    assert (row["reopened"], row["first_rung"], row["closed_at"]) == (True, 1, None)
    due = kit.at("2025-11-20 15:30")  # seven working days after Tuesday the 11th
    assert row["due_at"] == kit.clock(superuser, case.case_id, "answer", 2)["due_at"] == due
    # No rung is due at once, and no window runs.
    assert kit.timers(superuser, case.case_id) == {
        "ladder": due,
        "reminder": kit.at("2025-11-17 07:30"),
    }
    kit.sweep(later)
    assert kit.rungs(superuser, case.case_id) == []
    assert kit.owed(superuser, case.case_id)[-1] == "reopened_by_office"
    with transaction(Principal.of_case(case.case_id)):
        told = views.for_citizen(case.case_id, later)
    assert (told.messages[-1].kind, told.messages[-1].internal) == ("reopening", False)
    assert told.appeals_left == 2
    # What came of the first cycle stands, in the record of clocks and in the figures.
    first = kit.clock(superuser, case.case_id, "answer", 1)
    assert (first["met_at"], first["minutes"]) == (monday, 0)
    with transaction(JOB):
        figures.refresh(later)
    (figure,) = kit.rows(
        superuser,
        "SELECT f.* FROM figure f JOIN institution i ON i.id = f.institution_id"
        " WHERE i.code = 'DODOMA-CC' AND f.category_id = -1 AND f.channel = '*' AND f.kind = '*'",
    )
    assert (figure["on_time"], figure["appealed"], figure["open"]) == (1, 0, 1)


def test_a_missed_second_clock_climbs_from_where_the_case_stood_and_no_higher(
    make: Make, handler: int, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, category="ROADS")
    late = case.answer_due + DAY
    kit.sweep(kit.at("2025-12-08 15:30"))
    stood = [row["rung"] for row in kit.rungs(superuser, case.case_id)]
    assert stood == [1, 2, 3, 4, 5]
    answer(handler, case, kit.at("2025-12-08 16:00"))
    reopen(handler, case, kit.at("2025-12-10 10:00"))
    row = kit.case_row(superuser, case.case_id)
    assert (row["first_rung"], row["highest_rung"]) == (5, 5)
    kit.sweep(row["due_at"] - timedelta(minutes=1))
    assert len(kit.rungs(superuser, case.case_id)) == 5
    kit.sweep(row["due_at"])
    again = [r for r in kit.rungs(superuser, case.case_id) if r["cycle"] == 2]
    assert [(r["rung"], r["clock"], r["due_at"]) for r in again] == [(5, "answer", row["due_at"])]
    assert late < row["due_at"]


def test_the_citizens_appeals_come_after_it_unharmed(
    case: Receipt, handler: int, monday: datetime, superuser: Behind
) -> None:
    """Reopened, appealed, reopened, appealed: each cycle has a number and a clock of its own."""
    now = monday
    for number, act in enumerate(("office", "citizen", "office", "citizen"), start=2):
        now += DAY
        if act == "office":
            reopen(handler, case, now)
        else:
            with transaction(Principal.of_case(case.case_id)):
                assert citizen.not_fixed(case.case_id, "Bado.", now).allowed
        kit.sweep(now)
        row = kit.case_row(superuser, case.case_id)
        assert (row["cycle"], row["reopened"]) == (number, act == "office")
        answer(handler, case, now)
    assert row["appeals"] == 2
    # An appeal climbs one above the highest; the office's own cycles climbed nothing.
    assert [(r["cycle"], r["rung"]) for r in kit.rungs(superuser, case.case_id)] == [(3, 1), (5, 2)]
    with transaction(Principal.of_case(case.case_id)):
        assert citizen.not_fixed(case.case_id, "Bado.", now + DAY).final_letter
    assert len(kit.of_case(superuser, "outcome", case.case_id)) == 5


def test_until_when_of_what_and_by_whom(
    make: Make, case: Receipt, handler: int, monday: datetime, superuser: Behind
) -> None:
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    for officer in (colleague, coordinator):
        with pytest.raises(Refused, match="not-allowed"):
            reopen(officer, case, monday)
    kit.sweep(monday + 20 * DAY)
    closed = kit.case_row(superuser, case.case_id)["closed_at"]
    with pytest.raises(Refused, match="too-late"):
        reopen(handler, case, closed + 91 * DAY)
    with pytest.raises(Refused, match="empty"), transaction(Principal.of_officer(handler)):
        reopening.reopen(case.case_id, " ", closed)
    # A duplicate that ended without an answer comes back in another way.
    superuser.execute('UPDATE "case" SET answered_at = NULL WHERE id = %s', (case.case_id,))
    with pytest.raises(Refused, match="not-allowed"):
        reopen(handler, case, closed)
    superuser.execute('UPDATE "case" SET answered_at = %s WHERE id = %s', (monday, case.case_id))
    reopen(handler, case, closed + 89 * DAY)
    with pytest.raises(Refused, match="not-allowed"):
        reopen(handler, case, closed + 89 * DAY)  # it is open


def test_taking_answers_back_is_no_clock_without_an_end(
    case: Receipt, handler: int, make: Make, monday: datetime, superuser: Behind
) -> None:
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    for day in (1, 2):
        reopen(handler, case, monday + day * DAY)
        answer(handler, case, monday + day * DAY)
    with pytest.raises(Refused, match="too-often"):
        reopen(handler, case, monday + 3 * DAY)
    reopen(head, case, monday + 3 * DAY)
    assert kit.case_row(superuser, case.case_id)["cycle"] == 4


def test_a_joined_case_that_the_office_opens_again_goes_on_by_itself(
    make: Make, handler: int, monday: datetime, superuser: Behind
) -> None:
    other = make.case(monday, body="Shimo barabarani Nkuhungu.", category="ROADS")
    leading = make.case(monday, category="ROADS")
    with transaction(Principal.of_officer(handler)):
        duplicates.merge(other.case_id, leading.reference, monday)
    answer(handler, leading, monday)
    reopen(handler, other, monday + DAY)
    row = kit.case_row(superuser, other.case_id)
    assert (row["merged_into"], row["status"]) == (None, "in_progress")
    with transaction(Principal.of_officer(handler)):
        page = inbox.page(Question("mine"), None, monday + DAY)
        listed = [each.case_id for each in page.rows]
    assert listed == [other.case_id]
