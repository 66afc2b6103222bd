"""Opinions of other units: who reads what, until when, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from feedback.services import citizen, desk, notices, opinions, queues, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = "Taa za barabarani hazijawaka kwa wiki mbili."


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS")


@pytest.fixture
def adviser(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WATER")


@pytest.fixture
def case(make: Make, handler: int, adviser: int, monday: datetime) -> Receipt:
    return make.case(monday, phone="+255712000001", category="ROADS")


def ask(officer: int, case: Receipt, now: datetime, days: int = 3, **whom: Any) -> UUID:
    with transaction(Principal.of_officer(officer)):
        whom = whom or {"unit": ("DODOMA-CC", "WATER")}
        return opinions.ask(case.case_id, "Bomba lenu liko wapi?", days, now, **whom)


def test_a_unit_reads_an_open_case_without_seeing_it_and_answers_once(
    make: Make, case: Receipt, handler: int, adviser: int, monday: datetime, superuser: Behind,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    beside = make.officer("DODOMA-CC", "handler", unit="WATER")
    stranger = make.officer("DODOMA-CC", "handler", unit="REGISTRY")
    with as_officer(handler):
        desk.note(case.case_id, "Dokezo la ndani.", monday)
        desk.ask(case.case_id, "Mtaa gani?", monday)
    clocks = kit.of_case(superuser, "deadline", case.case_id)
    opinion_id = ask(handler, case, monday + HOUR)
    assert kit.of_case(superuser, "deadline", case.case_id) == clocks
    (row,) = kit.of_case(superuser, "opinion", case.case_id)
    assert row["due_at"] == kit.at("2025-11-13 15:30")
    for officer in (adviser, beside):
        with as_officer(officer):
            assert queues.counts(monday)["opinions"] == 1
            matter = opinions.read(opinion_id, monday + HOUR)
            assert matter.question == "Bomba lenu liko wapi?"
            assert [(s.author, s.body) for s in matter.said] == [
                ("citizen", WORDS),
                ("office", "Mtaa gani?"),
            ]
            assert matter.row.reference == case.reference
            with pytest.raises(Refused, match="not-found"):
                views.case_id_of(case.reference)
            assert [n.kind for n in notices.latest()] == ["opinion_asked"]
    with as_officer(stranger):
        assert opinions.waiting(None, monday).rows == []
        with pytest.raises(Refused, match="not-found"):
            opinions.read(opinion_id, monday)
    with pytest.raises(Refused, match="empty"), as_officer(adviser):
        opinions.give(opinion_id, " ", monday)
    with as_officer(adviser):
        opinions.give(opinion_id, "Liko chini ya barabara.", monday + 2 * HOUR)
    for officer in (adviser, beside):
        with pytest.raises(Refused, match="not-found"), as_officer(officer):
            opinions.give(opinion_id, "Tena.", monday + 2 * HOUR)
        with as_officer(officer):
            assert queues.counts(monday)["opinions"] == 0
    with as_officer(handler):
        seen = views.for_officer(case.case_id, monday + 3 * HOUR)
        (asked,) = opinions.of_case(case.case_id)
    assert (seen.messages[-1].kind, seen.messages[-1].body) == (
        "opinion",
        "Liko chini ya barabara.",
    )
    assert (seen.handler_id, asked.declined) == (handler, False)
    with transaction(Principal.of_case(case.case_id)):
        kinds = {line.kind for line in views.for_citizen(case.case_id, monday).messages}
    assert kinds == {"citizen", "question"}
    assert {"opinion_asked", "looked_for_opinion", "opinion_given"} <= set(
        kit.acts(superuser, case.case_id)
    )


def test_of_a_confidential_case_one_officer_reads_the_question_alone(
    make: Make, handler: int, adviser: int, monday: datetime, superuser: Behind,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    beside = make.officer("DODOMA-CC", "handler", unit="WATER")
    kept_away = make.officer("DODOMA-CC", "handler", unit="WATER")
    case = make.case(monday, category="ROADS", confidentiality="confidential")
    superuser.execute('UPDATE "case" SET handler_id = %s WHERE id = %s', (handler, case.case_id))
    make.exclude(case.case_id, kept_away, monday)
    for whom, code in (
        ({"unit": ("DODOMA-CC", "WATER")}, "bad-target"),
        ({"officer_id": kept_away}, "excluded"),
        ({"officer_id": make.officer("TANGA-CC", "handler")}, "bad-target"),
    ):
        with pytest.raises(Refused, match=code):
            ask(handler, case, monday, **whom)
    opinion_id = ask(handler, case, monday, officer_id=adviser)
    with as_officer(adviser):
        matter = opinions.read(opinion_id, monday)
        assert (matter.question, matter.said) == ("Bomba lenu liko wapi?", [])
        assert (matter.row.reference, matter.row.place, matter.row.category) == (None, None, None)
    with pytest.raises(Refused, match="not-found"), as_officer(beside):
        opinions.read(opinion_id, monday)
    with as_officer(adviser):
        opinions.give(opinion_id, "Siwezi kusema.", monday, declined=True)
    rows = kit.of_case(superuser, "message", case.case_id, "seq")
    assert {row["body"] for row in rows} == {None}  # every word of it is sealed
    with as_officer(handler):
        (asked,) = opinions.of_case(case.case_id)
        assert asked.declined
        assert views.for_officer(case.case_id, monday).messages[-1].body == "Siwezi kusema."
    kinds = [n["kind"] for n in kit.of_case(superuser, "notice", case.case_id)]
    assert "opinion_declined" in kinds


def test_what_is_asked_closes_with_the_case_and_with_its_level(
    make: Make, case: Receipt, handler: int, adviser: int, monday: datetime, as_officer: AsOfficer
) -> None:
    opinion_id = ask(handler, case, monday)
    restricted = make.case(monday, confidentiality="restricted")
    ethics = make.officer("ETHICS", "ethics")
    with pytest.raises(Refused, match="not-allowed"):
        ask(ethics, restricted, monday)
    with as_officer(handler):
        desk.classify(case.case_id, "ROADS", "confidential", monday)
    with pytest.raises(Refused, match="not-found"), as_officer(adviser):
        opinions.read(opinion_id, monday)
    other = make.case(monday, category="ROADS")
    second = ask(handler, other, monday)
    with as_officer(handler):
        desk.answer(other.case_id, "Imekamilika.", monday)
    with as_officer(adviser):
        assert opinions.waiting(None, monday).rows == []
        with pytest.raises(Refused, match="not-found"):
            opinions.give(second, "Nimechelewa.", monday)


def test_whom_the_words_concern_is_not_asked(
    make: Make, handler: int, monday: datetime, as_officer: AsOfficer
) -> None:
    named = make.officer("DODOMA-CC", "handler", unit="WATER", name="Baraka Mwakyusa")
    case = make.case(monday, category="ROADS", body="Baraka Mwakyusa aliharibu barabara.")
    with pytest.raises(Refused, match="nobody-there"):
        ask(handler, case, monday)
    make.officer("DODOMA-CC", "handler", unit="WATER")
    opinion_id = ask(handler, case, monday)
    with as_officer(named):
        assert opinions.waiting(None, monday).rows == []
        with pytest.raises(Refused, match="not-found"):
            opinions.read(opinion_id, monday)
        assert notices.latest() == []


def test_what_is_overdue_is_told_once_to_asker_and_head(
    make: Make, case: Receipt, handler: int, monday: datetime, superuser: Behind
) -> None:
    leader = make.officer("DODOMA-CC", "head")
    make.hold(leader, "DODOMA-CC", "unit_head", unit="WATER")
    ask(handler, case, monday, days=2)
    due = kit.at("2025-11-12 15:30")
    for now, told in ((due, 0), (due + HOUR, 1), (due + DAY, 0)):
        with transaction(JOB):
            assert opinions.tell_overdue(now) == told
    rows = kit.rows(superuser, "SELECT officer_id FROM notice WHERE kind = 'opinion_overdue'")
    assert sorted(row["officer_id"] for row in rows) == sorted([handler, leader])
    # The case's own clock and ladder know nothing of it.
    assert kit.case_row(superuser, case.case_id)["due_at"] == case.answer_due


def test_the_list_asks_as_many_questions_for_ten_as_for_one(
    make: Make, case: Receipt, handler: int, adviser: int, monday: datetime, query_count: Any,
    as_officer: AsOfficer,
) -> None:  # fmt: skip
    counted = []
    for asked in (1, 9):
        for _ in range(asked):
            ask(handler, case, monday)
        with as_officer(adviser):
            with query_count() as count:
                rows = opinions.waiting(None, monday).rows
            counted.append(count.number)
    assert len(rows) == 10
    assert counted[0] == counted[1]


def test_whom_later_words_concern_reads_no_further(
    make: Make, handler: int, monday: datetime, as_officer: AsOfficer
) -> None:
    """Also at an office that has nothing else to do with the case."""
    case = make.case(monday, category="ROADS")
    named = make.officer("KONDOA-DC", "handler", unit="WATER", name="Baraka Mwakyusa")
    opinion_id = ask(handler, case, monday, unit=("KONDOA-DC", "WATER"))
    with as_officer(named):
        assert opinions.read(opinion_id, monday).said
    with transaction(Principal.of_case(case.case_id)):
        citizen.add_message(case.case_id, "Baraka Mwakyusa aliomba rushwa.", monday + HOUR)
    with as_officer(named):
        assert opinions.waiting(None, monday).rows == []
        with pytest.raises(Refused, match="not-found"):
            opinions.read(opinion_id, monday + HOUR)


def test_what_is_asked_stays_closed_when_the_case_comes_back(
    handler: int, adviser: int, case: Receipt, monday: datetime, as_officer: AsOfficer
) -> None:
    opinion_id = ask(handler, case, monday)
    with as_officer(handler):
        desk.answer(case.case_id, "Zitawaka Ijumaa.", monday)
    with transaction(Principal.of_case(case.case_id)):
        citizen.not_fixed(case.case_id, "Hazijawaka.", monday + DAY)
    with as_officer(adviser):
        assert queues.counts(monday)["opinions"] == 0
        with pytest.raises(Refused, match="not-found"):
            opinions.read(opinion_id, monday + DAY)
    again = ask(handler, case, monday + DAY)
    with as_officer(adviser):
        assert opinions.read(again, monday + DAY).question
