"""No sweep comes between the answer to a late case and the next cycle: nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback import models as m
from feedback.services import citizen, climbing, desk, duplicates, reopening
from feedback.services.batch import Batch
from feedback.services.cases import Receipt
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = [(1, 1, "acknowledge"), (1, 2, "acknowledge"), (1, 3, "answer")]


def climbed(behind: Behind, receipt: Receipt) -> list[tuple[int, int, str]]:
    """Cycle, rung and driver of each escalation."""
    rows = kit.rungs(behind, receipt.case_id)
    return sorted((row["cycle"], row["rung"], row["clock"]) for row in rows)


def left(behind: Behind) -> int:
    return len(kit.rows(behind, "SELECT 1 FROM deadline WHERE left_at IS NOT NULL"))


def say_not_fixed(receipt: Receipt, now: datetime) -> None:
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.not_fixed(receipt.case_id, "Bado.", now)


@pytest.fixture
def late(make: Make, monday: datetime, as_officer: AsOfficer) -> tuple[Receipt, int, datetime]:
    """A case that was answered when three rungs had fallen due; its handler; when that was."""
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    answered = receipt.answer_due + 5 * HOUR
    with as_officer(handler):
        desk.answer(receipt.case_id, "Imekamilika.", answered)
    return receipt, handler, answered


def test_an_appeal_begins_above_the_rungs_that_were_due(
    late: tuple[Receipt, int, datetime], superuser: Behind
) -> None:
    receipt, _, answered = late
    say_not_fixed(receipt, answered + HOUR)
    kit.sweep(answered + DAY)
    assert climbed(superuser, receipt) == [*FIRST, (2, 4, "appeal")]
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["first_rung"], case["highest_rung"], left(superuser)) == (4, 4, 0)
    kit.sweep(answered + 2 * DAY)
    assert len(climbed(superuser, receipt)) == 4


def test_the_office_opening_it_again_leaves_none_out(
    late: tuple[Receipt, int, datetime], superuser: Behind, as_officer: AsOfficer
) -> None:
    receipt, handler, answered = late
    with as_officer(handler):
        reopening.reopen(receipt.case_id, "Tulikosea.", answered + HOUR)
        # Whatever sets the ladder's timer meanwhile keeps what waits.
        desk.ask(receipt.case_id, "Wapi?", answered + HOUR)
    kit.sweep(answered + DAY)
    assert climbed(superuser, receipt) == FIRST
    assert kit.case_row(superuser, receipt.case_id)["first_rung"] == 3


def test_two_cycles_that_were_left_are_caught_up_in_their_order(
    late: tuple[Receipt, int, datetime], superuser: Behind, as_officer: AsOfficer
) -> None:
    receipt, handler, answered = late
    with as_officer(handler):
        reopening.reopen(receipt.case_id, "Tulikosea.", answered + HOUR)
        desk.answer(receipt.case_id, "Sasa tayari.", answered + 2 * HOUR)
    say_not_fixed(receipt, answered + 3 * HOUR)
    kit.sweep(answered + DAY)
    assert climbed(superuser, receipt) == [*FIRST, (3, 4, "appeal")]


def test_a_case_that_became_restricted_climbs_no_rung_of_the_ladder_it_left(
    late: tuple[Receipt, int, datetime], make: Make, superuser: Behind
) -> None:
    receipt, _, answered = late
    make.officer("PO-PSMGG", "ethics")
    say_not_fixed(receipt, answered + HOUR)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", answered + HOUR)
    kit.sweep(answered + DAY)
    assert all(row["restricted"] for row in kit.rungs(superuser, receipt.case_id))
    assert left(superuser) == 0


def test_a_cycle_whose_rungs_were_climbed_leaves_nothing(
    late: tuple[Receipt, int, datetime], superuser: Behind
) -> None:
    receipt, _, answered = late
    kit.sweep(answered + HOUR)
    say_not_fixed(receipt, answered + 2 * HOUR)
    assert left(superuser) == 0
    kit.sweep(answered + DAY)
    assert climbed(superuser, receipt) == [*FIRST, (2, 4, "appeal")]


def test_a_letter_from_before_the_answer_takes_nothing_of_that_away(
    late: tuple[Receipt, int, datetime], superuser: Behind
) -> None:
    receipt, _, answered = late
    say_not_fixed(receipt, answered + HOUR)
    with transaction(JOB) as session:
        case = session.get_one(m.Case, receipt.case_id)
        before = Batch(answered - DAY)  # as a letter logged then, which the worker reads now
        climbing.climb([case], directory(), before)
        before.write()
    assert left(superuser) == 1
    kit.sweep(answered + DAY)
    assert climbed(superuser, receipt) == [*FIRST, (2, 4, "appeal")]


def test_what_leads_others_goes_on_above_the_rungs_that_they_had_reached(
    make: Make, monday: datetime, as_officer: AsOfficer, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    older = make.case(monday, body="Kisima cha Chang'ombe kimekauka tangu Jumatatu.")
    leading = make.case(monday + 2 * DAY)
    kit.sweep(older.acknowledge_due)
    joined = older.acknowledge_due + HOUR
    with as_officer(handler):
        duplicates.merge(older.case_id, leading.reference, joined)
        desk.answer(leading.case_id, "Imekamilika.", joined + 5 * DAY)
    say_not_fixed(leading, joined + 5 * DAY + HOUR)
    kit.sweep(joined + 6 * DAY)
    assert climbed(superuser, older) == [(1, 1, "acknowledge")]
    assert climbed(superuser, leading) == [(1, 2, "acknowledge"), (2, 3, "appeal")]
