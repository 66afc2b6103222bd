"""Tasks of a case: who gets one, who settles it, what becomes of it by itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from feedback.clock import local_day
from feedback.services import desk, duplicates, retention, staffing, task_lists, task_upkeep, tasks
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

DAY = timedelta(days=1)


def officer(number: int) -> Any:
    return transaction(Principal.of_officer(number))


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")


@pytest.fixture
def case(make: Make, handler: int, monday: datetime) -> Receipt:
    return make.case(monday, category="ROADS")


@pytest.fixture
def colleague(make: Make, case: Receipt) -> int:
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Juma Kessy")


def give(by: int, case: Receipt, to: int | None, now: datetime, *, due: date | None = None) -> UUID:
    with officer(by):
        day = due or local_day(now)
        return tasks.add(case.case_id, "inspect", "Kagua taa za Makole.", to, day, now)


def row(behind: Behind, task: UUID) -> dict[str, Any]:
    (found,) = kit.rows(behind, "SELECT * FROM task WHERE id = %s", task)
    return found


def notices(behind: Behind, number: int) -> list[str]:
    found = kit.rows(behind, "SELECT kind FROM notice WHERE officer_id = %s ORDER BY at", number)
    return [each["kind"] for each in found if each["kind"].startswith("task")]


def mine(number: int) -> list[UUID]:
    with officer(number):
        return [each.id for each in task_lists.mine(None).rows]


def test_the_last_task_that_is_done_suggests_the_answer(
    handler: int, colleague: int, case: Receipt, monday: datetime, superuser: Behind
) -> None:
    first = give(handler, case, colleague, monday)
    second = give(handler, case, None, monday, due=local_day(monday + DAY))
    assert mine(colleague) == [first, second]  # one's own, and the unit's
    assert mine(handler) == [second]
    with officer(colleague):
        assert not tasks.settle(first, "done", "Taa tatu hazina balbu", monday)
        with pytest.raises(Refused, match="not-allowed"):
            tasks.settle(first, "cancelled", "Tena", monday)
    assert notices(superuser, handler) == []
    with officer(handler):
        assert tasks.board(case.case_id, monday, gives=True).draft == ""
    with officer(colleague):
        assert tasks.settle(second, "done", "Balbu tatu zimewekwa.", monday + DAY)
    assert notices(superuser, handler) == ["tasks_done"]
    assert notices(superuser, colleague) == ["task_given"]
    with officer(handler):
        board = tasks.board(case.case_id, monday + DAY, gives=True)
    assert board.draft == (
        "Tumefanya yafuatayo:\n"
        "- Tarehe 10 Novemba 2025: Taa tatu hazina balbu.\n"
        "- Tarehe 11 Novemba 2025: Balbu tatu zimewekwa."
    )
    assert mine(colleague) == []
    assert {"task_added", "task_done"} <= set(kit.acts(superuser, case.case_id))
    kept = row(superuser, first)
    assert b"balbu" not in bytes(kept["sealed"]) + bytes(kept["result"])


def test_an_answer_is_suggested_from_its_own_cycle_alone(
    handler: int, case: Receipt, monday: datetime, superuser: Behind
) -> None:
    task = give(handler, case, handler, monday)
    with officer(handler):
        tasks.settle(task, "done", "Imekaguliwa.", monday)
        assert tasks.board(case.case_id, monday, gives=True).draft
    superuser.execute('UPDATE "case" SET cycle = 2 WHERE id = %s', (case.case_id,))
    with officer(handler):
        assert tasks.board(case.case_id, monday, gives=True).draft == ""


@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_only_who_reads_the_case_anyway_may_have_a_task(
    make: Make, monday: datetime, level: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, category="ROADS", confidentiality=level)
    people = {
        "handler": handler,
        "ethics": ethics,
        "colleague": make.officer("DODOMA-CC", "handler", unit="WORKS"),
        "left": make.officer("DODOMA-CC", "handler", unit="WORKS", active=False),
        "other unit": make.officer("DODOMA-CC", "handler", unit="WATER"),
        "coordinator": make.officer("DODOMA-CC", "coordinator"),
        "head": make.officer("DODOMA-CC", "head"),
        "elsewhere": make.officer("KONDOA-DC", "handler", unit="WORKS"),
        "excluded": make.officer("DODOMA-CC", "handler", "coordinator", "ethics", unit="WORKS"),
        "admin": make.officer("DODOMA-CC", "admin"),
    }
    make.hold(people["head"], "DODOMA-CC", "institution_head")
    make.exclude(receipt.case_id, people["excluded"], monday)
    owner = ethics if level == "restricted" else handler
    with officer(owner):
        board = tasks.board(receipt.case_id, monday, gives=True)
    fits = {
        "open": {"handler", "colleague", "coordinator", "head"},
        "confidential": {"handler", "head"},
        "restricted": {"ethics"},
    }[level]
    assert {each.id for each in board.takers} == {people[name] for name in fits}
    assert board.to_unit is (level == "open")
    for name in set(people) - fits:
        with pytest.raises(Refused, match="bad-target"):
            give(owner, receipt, people[name], monday)
    if level != "open":
        with pytest.raises(Refused, match="bad-target"):
            give(owner, receipt, None, monday)


def test_who_may_not_read_a_case_finds_no_task_of_it(
    make: Make, handler: int, colleague: int, case: Receipt, monday: datetime
) -> None:
    task = give(handler, case, colleague, monday)
    stranger = make.officer("DODOMA-CC", "handler", unit="WATER")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with officer(stranger), pytest.raises(Refused, match="not-found"):
        tasks.settle(task, "done", "Nimefanya.", monday)
    with officer(coordinator), pytest.raises(Refused, match="not-allowed"):
        tasks.settle(task, "done", "Nimefanya.", monday)  # reads it, and has nothing to do with it
    with officer(handler):
        desk.classify(case.case_id, "ROADS", "confidential", monday)
    assert mine(colleague) == []
    with officer(coordinator):
        assert tasks.of_case(case.case_id, monday) == []
    with transaction(Principal.of_case(case.case_id)), pytest.raises(Refused, match="not-found"):
        tasks.settle(task, "done", "Nimefanya.", monday)


@pytest.mark.parametrize("why", ["left", "excluded", "joined", "raised"])
def test_a_task_falls_back_to_the_handler(
    make: Make,
    handler: int,
    colleague: int,
    case: Receipt,
    monday: datetime,
    superuser: Behind,
    why: str,
) -> None:
    task = give(handler, case, colleague, monday)
    if why == "left":
        admin = make.officer("PO-PSMGG", "admin")
        with officer(admin):
            staffing.deactivate(colleague, monday)
    elif why == "excluded":
        make.exclude(case.case_id, colleague, monday)
    elif why == "joined":  # and kept away from one of the group
        other = make.case(monday, category="ROADS", body="Shimo la Nkuhungu.")
        with officer(colleague):
            desk.assign(other.case_id, handler, monday)
        with officer(handler):
            duplicates.merge(other.case_id, case.reference, monday)
        make.exclude(other.case_id, colleague, monday)
    else:
        with officer(handler):
            desk.classify(case.case_id, "ROADS", "confidential", monday)
    with transaction(JOB):
        assert staffing.hand_over(monday) == 1
    with transaction(JOB):
        assert staffing.hand_over(monday) == 0
    assert row(superuser, task)["officer_id"] == handler
    assert notices(superuser, handler) == ["task_back"]
    assert "task_handed_over" in kit.acts(superuser, case.case_id)


def test_a_handler_who_leaves_takes_the_tasks_to_the_next_one(
    make: Make, handler: int, colleague: int, case: Receipt, monday: datetime, superuser: Behind
) -> None:
    task = give(handler, case, handler, monday)
    with officer(make.officer("PO-PSMGG", "admin")):
        staffing.deactivate(handler, monday)
    for handed in (2, 0):
        with transaction(JOB):
            assert staffing.hand_over(monday) == handed
    assert row(superuser, task)["officer_id"] == colleague


def test_a_task_is_told_of_once_on_the_morning_of_its_day(
    handler: int, colleague: int, case: Receipt, monday: datetime, superuser: Behind
) -> None:
    tuesday = local_day(monday + DAY)
    give(handler, case, colleague, monday, due=tuesday)
    give(handler, case, None, monday, due=tuesday)

    def told(clock: str) -> int:
        with transaction(JOB):
            return task_upkeep.remind(kit.at(f"{tuesday} {clock}"))

    with transaction(JOB):
        assert task_upkeep.remind(monday) == 0
    assert told("07:00") == 0
    assert told("07:31") == 2
    assert told("09:00") == 0
    assert notices(superuser, colleague) == ["task_given", "task_due"]
    assert notices(superuser, handler) == ["task_due"]  # of the unit's


def test_what_a_case_leaves_open_ends_with_it_and_its_words_with_the_others(
    handler: int, case: Receipt, monday: datetime, superuser: Behind
) -> None:
    task = give(handler, case, handler, monday)
    with transaction(JOB):
        assert task_upkeep.end_with_case(monday) == 0
    superuser.execute(
        "UPDATE \"case\" SET status = 'closed', closed_at = %s WHERE id = %s",
        (monday, case.case_id),
    )
    with transaction(JOB):
        assert task_upkeep.end_with_case(monday + DAY) == 1
    assert row(superuser, task)["state"] == "cancelled"
    superuser.execute("UPDATE timer SET done = true")
    late = monday + 20_000 * DAY
    with transaction(JOB):
        assert retention.remove_identities(late) == retention.remove_words(late) == 1
    assert bytes(row(superuser, task)["sealed"]) == b""


def test_what_ethics_gave_itself_stays_there_when_the_case_goes_back(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, category="ROADS", confidentiality="restricted")
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    task = give(ethics, receipt, ethics, monday)
    superuser.execute(
        "INSERT INTO lowering (id, case_id, officer_id, from_level, to_level, at, answered_at,"
        " granted) VALUES (gen_random_uuid(), %s, %s, 'restricted', 'confidential', %s, %s, true)",
        (receipt.case_id, ethics, monday, monday + DAY),
    )
    superuser.execute(
        "UPDATE \"case\" SET confidentiality = 'confidential', handler_id = %s WHERE id = %s",
        (handler, receipt.case_id),
    )
    with officer(handler):
        assert tasks.of_case(receipt.case_id, monday) == []
    with transaction(JOB):
        assert staffing.hand_over(monday) == 0
        assert task_upkeep.end_with_case(monday + DAY) == 1
    assert row(superuser, task)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("kind", "dance", "bad-kind"),
        ("words", " ", "empty"),
        ("due_on", date(2025, 11, 9), "bad-date"),
        ("due_on", date(2027, 11, 9), "bad-date"),
        ("officer_id", 999_999, "bad-target"),
    ],
)
def test_what_is_no_task(
    handler: int, case: Receipt, monday: datetime, field: str, value: Any, code: str
) -> None:
    said = {"kind": "call", "words": "Piga", "officer_id": handler, "due_on": local_day(monday)}
    with officer(handler), pytest.raises(Refused, match=code):
        tasks.add(case.case_id, **{**said, field: value}, now=monday)


def test_a_working_day_before_the_answer_is_suggested(
    app: Flask, make: Make, handler: int, case: Receipt, monday: datetime
) -> None:
    with officer(handler):
        assert tasks.board(case.case_id, monday, gives=True).day == date(2025, 11, 13)
        # From a Friday: not the weekend.
        friday = monday + 4 * DAY
        assert tasks.board(case.case_id, friday, gives=True).day == date(2025, 11, 19)
        # Late: the next working day.
        assert tasks.board(case.case_id, monday + 60 * DAY, gives=True).day == date(2026, 1, 13)


def test_the_list_asks_once_whatever_its_length(
    handler: int, case: Receipt, monday: datetime, query_count: Any
) -> None:
    counted = []
    for number in (1, 26):
        for _ in range(number):
            give(handler, case, handler, monday)
        with officer(handler), query_count() as found:
            page = task_lists.mine(None)
        counted.append(found.number)
    assert counted[0] == counted[1]
    assert page.next is not None
    with officer(handler):
        rest = task_lists.mine(page.next)
    assert (len(page.rows), len(rest.rows), rest.next) == (25, 2, None)
    assert not {each.id for each in page.rows} & {each.id for each in rest.rows}
