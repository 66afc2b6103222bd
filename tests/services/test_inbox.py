"""The inbox by what is due: filters and counts by one predicate, the same cost at any size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from feedback.rules import inbox as rules
from feedback.services import citizen, desk, inbox, queues
from feedback.services.inbox import DUE, Question
from feedback.services.listing import COUNT_LIMIT
from feedback.transaction import Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]


def pages(question: Question, now: datetime, limit: int) -> list[Any]:
    """Every row, page by page."""
    rows: list[Any] = []
    after = None
    while True:
        page = inbox.page(question, after, now, limit)
        rows += page.rows
        if page.next is None:
            return rows
        after = page.next


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


@pytest.fixture
def world(make: Make, monday: datetime, handler: int, superuser: Behind) -> datetime:
    """Cases due on either side of every edge, some of which wait, some of which are read; answers
    the moment at which they are looked at, a Wednesday."""
    now = monday + timedelta(days=2)
    edges = rules.edges(now)
    kit.many(superuser, 24, monday, handler=handler)
    moments = [now - timedelta(days=1), now, edges.tomorrow, edges.next_week]
    for n in range(24):
        superuser.execute(
            'UPDATE "case" SET due_at = %s, unread = %s, status = %s, paused_until = %s, kind = %s'
            " WHERE reference = %s",
            [
                moments[n % 4] + timedelta(minutes=n // 8),
                n % 3 == 0,
                "waiting_citizen" if n % 6 == 5 else "assigned",
                now + timedelta(days=n % 5) if n % 6 == 5 else None,
                "enquiry" if n % 2 else "complaint",
                f"TA{n + 1}",
            ],
        )
    return now


def test_the_list_stands_in_the_order_of_its_groups(
    world: datetime, handler: int, as_officer: AsOfficer
) -> None:
    with as_officer(handler):
        whole = pages(Question("mine"), world, 100)
        for limit in (1, 5, 7):
            assert pages(Question("mine"), world, limit) == whole
    assert len({row.case_id for row in whole}) == 24
    order = [rules.GROUPS.index(row.group) for row in whole]
    assert order == sorted(order)
    assert set(order) == set(range(5))
    running = [row.due_at for row in whole if row.group != "waiting"]
    waiting = [row.paused_until for row in whole if row.group == "waiting"]
    assert running == sorted(running)
    assert waiting == sorted(waiting)
    assert None not in waiting


@pytest.mark.parametrize("narrowed", [{}, {"kind": "enquiry"}, {"place": "x"}])
def test_each_group_counts_what_it_lists(
    world: datetime, handler: int, as_officer: AsOfficer, narrowed: dict[str, Any]
) -> None:
    question = Question("mine", **narrowed)
    with as_officer(handler):
        counted = inbox.group_counts(question, world)
        whole = pages(question, world, 100)
        for due in DUE:
            listed = pages(Question("mine", due=due, **narrowed), world, 4)
            expected = [r for r in whole if (r.unread if due == "unread" else r.group == due)]
            assert {row.case_id for row in listed} == {row.case_id for row in expected}, due
            assert counted[due] == len(listed), due
    assert sum(counted[group] for group in rules.GROUPS) == len(whole)
    assert bool(whole) is ("place" not in narrowed)


def test_every_filter_narrows(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    clinic = make.case(monday, category="HEALTH-SERVICE", place="Uhindini 50%")
    enquiry = make.case(monday, kind="enquiry", place="Makole")
    secret = make.case(monday, confidentiality="confidential")
    with as_officer(coordinator):
        for narrowed, expected in (
            ({"kind": "enquiry"}, {enquiry}),
            ({"status": "new"}, set()),
            ({"category": "HEALTH-SERVICE"}, {clinic}),
            ({"category": "no such"}, set()),
            ({"place": "hindi"}, {clinic}),
            ({"place": "50%"}, {clinic}),
            ({"place": "%"}, {clinic}),
            ({"place": "_akole"}, set()),
            ({"confidentiality": "confidential"}, {secret}),
            ({"handler": handler}, {clinic, enquiry, secret}),
            ({"handler": handler + 1}, set()),
            ({"kind": "complaint", "place": "makole"}, set()),
        ):
            rows = inbox.page(Question("unit", **narrowed), None, monday).rows
            assert {r.case_id for r in rows} == {r.case_id for r in expected}, narrowed


def test_a_case_waits_while_its_clock_does(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer
) -> None:
    case = make.case(monday)
    waiting = Question("mine", due="waiting")
    with as_officer(handler):
        pause = desk.ask(case.case_id, "Ni mtaa gani?", monday)
        assert pause is not None
        (row,) = inbox.page(waiting, None, monday).rows
        assert (row.paused_until, row.group, row.unread) == (pause.runs_out_at, "waiting", False)
    with transaction(Principal.of_case(case.case_id)):
        citizen.add_message(case.case_id, "Uhindini.", monday + timedelta(days=1))
    with as_officer(handler):
        assert inbox.page(waiting, None, monday).rows == []
        (row,) = inbox.page(Question("mine", due="unread"), None, monday).rows
        assert row.paused_until is None
        # Once the clock is late a question stops it no more, and the case stays among the late.
        late = case.answer_due + timedelta(days=30)
        assert desk.ask(case.case_id, "Namba ya nguzo?", late) is None
        (row,) = inbox.page(Question("mine", due="late"), None, late).rows
        assert (row.status, row.group) == ("waiting_citizen", "late")
        assert inbox.group_counts(Question("mine"), late)["waiting"] == 0


def test_a_pause_that_ran_out_waits_no_more(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer
) -> None:
    case = make.case(monday)
    with as_officer(handler):
        pause = desk.ask(case.case_id, "Ni mtaa gani?", monday)
    assert pause is not None
    kit.sweep(pause.runs_out_at)
    with as_officer(handler):
        (row,) = inbox.page(Question("mine"), None, pause.runs_out_at).rows
    assert row.paused_until is None
    assert row.group != "waiting"


def test_an_edited_key_begins_at_the_beginning(
    world: datetime, handler: int, as_officer: AsOfficer
) -> None:
    with as_officer(handler):
        key = inbox.page(Question("mine"), None, world, 5).next
        for due, after in (
            *((None, after) for after in ("w.", "w.x", "w.w.", "x.", "w.bnVsbA==")),
            # A key of one list on another, which has no such part.
            *((due, f"w.{key}") for due in ("late", "unread")),
            ("waiting", key),
        ):
            question = Question("mine", due=due)
            first = inbox.page(question, None, world, 5)
            assert first.rows
            assert inbox.page(question, after, world, 5).rows == first.rows, (due, after)


def test_a_count_stops_at_its_bound(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer, superuser: Behind
) -> None:
    kit.many(superuser, COUNT_LIMIT + 20, monday, handler=handler)
    with as_officer(handler):
        counted = inbox.group_counts(Question("mine"), monday)
        assert counted["later"] == counted["unread"] == COUNT_LIMIT + 1
        assert queues.counts(monday)["mine"] == COUNT_LIMIT + 1


def test_10_cases_and_many_more_cost_the_same(
    make: Make, monday: datetime, handler: int, as_officer: AsOfficer, superuser: Behind,
    query_count: Any,
) -> None:  # fmt: skip
    coordinator = make.officer("DODOMA-CC", "coordinator")

    def cost() -> list[int]:
        found = []
        for officer, scope, due in (
            *((handler, "mine", due) for due in (None, "later", "waiting", "unread")),
            *((coordinator, scope, None) for scope in ("unit", "unowned")),
        ):
            with query_count() as counted, as_officer(officer):
                inbox.page(Question(scope, due=due), None, monday)
                inbox.group_counts(Question(scope, due=due), monday)
            found.append(counted.number)
        return found

    kit.many(superuser, 10, monday, handler=handler)
    kit.many(superuser, 10, monday, prefix="N")
    few = cost()
    kit.many(superuser, 10_000 if LONG else 400, monday, handler=handler, prefix="B")
    kit.many(superuser, 1_000 if LONG else 40, monday, prefix="C")
    assert cost() == few
    # The principal, the officer's scope, how to plan, the page, the counts.
    assert max(few) == 5
