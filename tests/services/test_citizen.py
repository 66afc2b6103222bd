"""The citizen's verbs: message, satisfied, not fixed, withdraw, stricter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from feedback.rules.workflow import Appeal
from feedback.services import citizen, desk, views
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
OF_ITS_CITIZEN = Principal.of_case


def answered(make: Make, now: datetime, **fields: Any) -> tuple[UUID, int]:
    """A case that its handler has answered at `now`."""
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(now, phone="+255712000001", **fields)
    answer(receipt.case_id, handler, now)
    return receipt.case_id, handler


def answer(case_id: UUID, handler: int, now: datetime) -> None:
    with transaction(Principal.of_officer(handler)):
        desk.answer(case_id, "Imekamilika.", now)


def not_fixed(case_id: UUID, now: datetime) -> Appeal:
    with transaction(OF_ITS_CITIZEN(case_id)):
        return citizen.not_fixed(case_id, "Bado.", now)


def test_an_answer_opens_the_window(make: Make, monday: datetime, superuser: Behind) -> None:
    case_id, _ = answered(make, monday)
    case = kit.case_row(superuser, case_id)
    # fourteen days after Monday the 10th, until midnight
    assert case["window_ends_at"] == kit.at("2025-11-25 00:00")
    assert kit.timers(superuser, case_id) == {"window": case["window_ends_at"]}
    with transaction(OF_ITS_CITIZEN(case_id)):
        seen = views.for_citizen(case_id, monday)
    assert {"accept", "not_fixed"} <= seen.allowed
    assert "withdraw" not in seen.allowed
    assert seen.appeals_left == 2


@pytest.mark.parametrize("rating", [None, 1, 5])
def test_satisfied_closes_once(
    make: Make, monday: datetime, superuser: Behind, rating: int | None
) -> None:
    case_id, _ = answered(make, monday)
    later = monday + timedelta(days=1)
    for moment in (later, later + timedelta(hours=1)):
        with transaction(OF_ITS_CITIZEN(case_id)):
            citizen.accept(case_id, rating, moment)
    case = kit.case_row(superuser, case_id)
    assert (case["status"], case["closed_at"], case["rating"]) == ("closed", later, rating)
    assert kit.timers(superuser, case_id) == {}
    assert kit.acts(superuser, case_id).count("accepted") == 1


@pytest.mark.parametrize("rating", [0, 6, -1])
def test_a_rating_has_five_steps(make: Make, monday: datetime, rating: int) -> None:
    case_id, _ = answered(make, monday)
    with pytest.raises(Refused, match="bad-rating"), transaction(OF_ITS_CITIZEN(case_id)):
        citizen.accept(case_id, rating, monday)


def test_silence_closes_when_the_window_ends(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    case_id, _ = answered(make, monday)
    ends = kit.at("2025-11-25 00:00")
    assert kit.sweep(ends - timedelta(seconds=1)).closed == 0
    assert kit.sweep(ends + timedelta(days=9)).closed == 1
    assert kit.sweep(ends + timedelta(days=9)).closed == 0
    case = kit.case_row(superuser, case_id)
    assert (case["status"], case["closed_at"], case["rating"]) == ("closed", ends, None)
    assert kit.timers(superuser, case_id) == {}
    assert kit.acts(superuser, case_id).count("closed_by_silence") == 1


def test_after_the_window_it_is_too_late(make: Make, monday: datetime, superuser: Behind) -> None:
    case_id, _ = answered(make, monday)
    ends = kit.at("2025-11-25 00:00")
    for act in (
        lambda: citizen.accept(case_id, 5, ends),
        lambda: citizen.not_fixed(case_id, "Bado.", ends),
    ):
        with pytest.raises(Refused, match="too-late"), transaction(OF_ITS_CITIZEN(case_id)):
            act()
    with transaction(OF_ITS_CITIZEN(case_id)):
        assert views.for_citizen(case_id, ends).allowed.isdisjoint({"accept", "not_fixed"})
    kit.sweep(ends)
    with pytest.raises(Refused, match="not-allowed"):
        not_fixed(case_id, ends)
    assert kit.case_row(superuser, case_id)["appeals"] == 0


def test_not_fixed_reopens_one_rung_higher_with_seven_working_days(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    case_id, _ = answered(make, monday)
    later = monday + timedelta(days=1)
    assert not_fixed(case_id, later) == Appeal(True, 2, 1, False)
    case = kit.case_row(superuser, case_id)
    assert (case["status"], case["cycle"], case["appeals"]) == ("assigned", 2, 1)
    assert (case["answered_at"], case["window_ends_at"], case["unread"]) == (None, None, True)
    due = kit.at("2025-11-20 15:30")  # seven working days after Tuesday the 11th
    assert case["due_at"] == kit.clock(superuser, case_id, "answer", 2)["due_at"] == due
    assert kit.timers(superuser, case_id) == {
        "ladder": later,
        "reminder": kit.at("2025-11-17 07:30"),
    }
    kit.sweep(later)
    (rung,) = kit.rungs(superuser, case_id)
    assert (rung["rung"], rung["cycle"], rung["clock"], rung["due_at"]) == (1, 2, "appeal", later)
    # the first cycle's clock stays as it was met
    first = kit.clock(superuser, case_id, "answer", 1)
    assert (first["met_at"], first["minutes"]) == (monday, 0)
    assert "reopened" in kit.owed(superuser, case_id)


def test_the_appeal_starts_above_the_highest_rung(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    late = receipt.answer_due + timedelta(minutes=1)
    kit.sweep(late)
    answer(receipt.case_id, handler, late)
    later = late + timedelta(days=1)
    assert not_fixed(receipt.case_id, later) == Appeal(True, 2, 4, False)
    kit.sweep(later)
    climbed = kit.rungs(superuser, receipt.case_id)
    assert [(row["cycle"], row["rung"]) for row in climbed] == [(1, 1), (1, 2), (1, 3), (2, 4)]
    assert climbed[-1]["at_institution"] == "RS-DODOMA"


def test_of_a_suggestion_the_appeal_stays_at_the_head(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, kind="suggestion")
    late = receipt.answer_due + timedelta(days=30)
    kit.sweep(late)
    answer(receipt.case_id, handler, late)
    assert not_fixed(receipt.case_id, late).rung == 3
    kit.sweep(late + timedelta(days=60))
    assert max(row["rung"] for row in kit.rungs(superuser, receipt.case_id)) == 3


def test_repeats_change_nothing_and_the_third_gives_the_final_letter(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    case_id, handler = answered(make, monday)
    moment = monday
    expected = [Appeal(True, 2, 1, False), Appeal(True, 3, 2, False)]
    for appeal in expected:
        moment += timedelta(hours=1)
        assert not_fixed(case_id, moment) == appeal
        kit.sweep(moment)
        before = kit.case_row(superuser, case_id)
        assert not_fixed(case_id, moment + timedelta(minutes=5)) == appeal
        assert kit.case_row(superuser, case_id) == before
        moment += timedelta(hours=1)
        answer(case_id, handler, moment)
    moment += timedelta(hours=1)
    last = not_fixed(case_id, moment)
    assert (last.allowed, last.final_letter) == (False, True)
    case = kit.case_row(superuser, case_id)
    assert (case["status"], case["closed_at"], case["appeals"]) == ("closed", moment, 2)
    assert kit.timers(superuser, case_id) == {}
    assert kit.owed(superuser, case_id).count("final_letter_to") == 1
    messages = len(kit.of_case(superuser, "message", case_id))
    assert not_fixed(case_id, moment + timedelta(days=1)) == last
    assert len(kit.of_case(superuser, "message", case_id)) == messages
    assert kit.acts(superuser, case_id).count("not_fixed") == 2
    assert kit.acts(superuser, case_id).count("final_letter") == 1
    with transaction(OF_ITS_CITIZEN(case_id)):
        seen = views.for_citizen(case_id, moment)
    assert "final_letter" in {line.kind for line in seen.messages}
    assert seen.appeals_left == 0


def test_satisfied_in_a_later_cycle_is_no_final_letter(make: Make, monday: datetime) -> None:
    case_id, handler = answered(make, monday)
    for hours in (1, 2):
        not_fixed(case_id, monday + timedelta(hours=hours))
        answer(case_id, handler, monday + timedelta(hours=hours, minutes=1))
    with transaction(OF_ITS_CITIZEN(case_id)):
        citizen.accept(case_id, 4, monday + timedelta(hours=3))
    with pytest.raises(Refused, match="not-allowed"):
        not_fixed(case_id, monday + timedelta(hours=4))


def test_not_fixed_eight_times_at_once_is_one_appeal(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    case_id, _ = answered(make, monday)
    later = monday + timedelta(hours=1)
    results = kit.together(app, [lambda: not_fixed(case_id, later)] * 8)
    assert set(results) == {Appeal(True, 2, 1, False)}
    case = kit.case_row(superuser, case_id)
    assert (case["cycle"], case["appeals"]) == (2, 1)


def test_words_are_needed_to_say_not_fixed(make: Make, monday: datetime) -> None:
    case_id, _ = answered(make, monday)
    with pytest.raises(Refused, match="empty"), transaction(OF_ITS_CITIZEN(case_id)):
        citizen.not_fixed(case_id, "  ", monday)


def test_withdrawing_stops_every_clock(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi?", monday)
    later = monday + timedelta(days=1)
    with transaction(OF_ITS_CITIZEN(receipt.case_id)):
        citizen.withdraw(receipt.case_id, later)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["status"], case["closed_at"]) == ("withdrawn", later)
    assert kit.timers(superuser, receipt.case_id) == {}
    ended = kit.clock(superuser, receipt.case_id, "answer")
    assert (ended["met_at"], ended["minutes"]) == (later, None)  # no figure counts it
    (pause,) = kit.of_case(superuser, "pause", receipt.case_id)
    assert pause["ends_at"] == later
    kit.sweep(later + timedelta(days=90))
    assert kit.rungs(superuser, receipt.case_id) == []
    with pytest.raises(Refused, match="not-allowed"), transaction(OF_ITS_CITIZEN(receipt.case_id)):
        citizen.withdraw(receipt.case_id, later)


def test_a_message_shows_as_new_and_tells_the_handler(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, monday)
    assert not kit.case_row(superuser, receipt.case_id)["unread"]
    with transaction(JOB):
        citizen.add_message(receipt.case_id, "Pia maji.", monday + timedelta(hours=1))
    assert kit.case_row(superuser, receipt.case_id)["unread"]
    kinds = [n["kind"] for n in kit.of_case(superuser, "notice", receipt.case_id)]
    assert "citizen_message" in kinds


def test_only_the_own_case_can_be_acted_on(make: Make, monday: datetime) -> None:
    case_id, _ = answered(make, monday)
    other = make.case(monday).case_id
    acts: list[Callable[[], Any]] = [
        lambda: citizen.accept(case_id, 5, monday),
        lambda: citizen.add_message(case_id, "Bado.", monday),
        lambda: citizen.not_fixed(case_id, "Bado.", monday),
        lambda: citizen.withdraw(case_id, monday),
        lambda: citizen.raise_confidentiality(case_id, "restricted", monday),
    ]
    for act in acts:
        with pytest.raises(Refused, match="not-found"), transaction(OF_ITS_CITIZEN(other)):
            act()


@pytest.mark.parametrize(
    ("before", "wanted", "code"),
    [
        ("open", "open", "not-allowed"),
        ("confidential", "open", "not-allowed"),
        ("restricted", "confidential", "not-allowed"),
        ("open", "secret", "bad-target"),
    ],
)
def test_the_citizen_can_only_make_it_stricter(
    make: Make, monday: datetime, before: str, wanted: str, code: str
) -> None:
    receipt = make.case(monday, confidentiality=before)
    with pytest.raises(Refused, match=code), transaction(OF_ITS_CITIZEN(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, wanted, monday)


@pytest.mark.parametrize("wanted", ["confidential", "restricted"])
def test_raising_seals_every_word_also_those_the_citizen_may_not_read(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, wanted: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.note(receipt.case_id, "Nimepiga simu.", monday)
        desk.ask(receipt.case_id, "Wapi?", monday + timedelta(minutes=1))
    with transaction(OF_ITS_CITIZEN(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, wanted, monday)
        read = views.for_citizen(receipt.case_id, monday)
    assert [line.body for line in read.messages][-1] == "Wapi?"
    assert {row["body"] for row in kit.of_case(superuser, "message", receipt.case_id)} == {None}
    assert kit.case_row(superuser, receipt.case_id)["confidentiality"] == wanted


def test_an_appealed_case_that_was_raised_begins_the_restricted_ladder(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday)
    late = receipt.answer_due + timedelta(minutes=1)
    kit.sweep(late)
    answer(receipt.case_id, handler, late)
    with transaction(OF_ITS_CITIZEN(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", late)
    assert not_fixed(receipt.case_id, late) == Appeal(True, 2, 1, False)
    kit.sweep(late)
    *_, rung = kit.rungs(superuser, receipt.case_id)
    assert (rung["ladder"], rung["rung"], rung["cycle"]) == ("restricted", 1, 2)
    answer(receipt.case_id, ethics, late)
    # the next appeal goes one rung above that, not above the ordinary ladder's third
    assert not_fixed(receipt.case_id, late + timedelta(hours=1)).rung == 2
