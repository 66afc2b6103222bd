"""Lists of the desk: each page by its key, no row lost or twice, few statements however long."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from feedback.extensions import db
from feedback.services import desk, inbox, notices, oversight, queues
from feedback.services.errors import Refused
from feedback.services.inbox import Question
from feedback.services.listing import Page
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
Queue = Callable[..., Page]


def all_pages(queue: Queue, now: datetime, limit: int) -> list[Any]:
    """Every row of a queue, page by page."""
    rows: list[Any] = []
    after = None
    for _ in range(100):
        page = queue(after, now, limit=limit)
        rows += page.rows
        assert len(page.rows) <= limit
        if page.next is None:
            return rows
        after = page.next
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("limit", [1, 7, 20, 30, 60, 100])
def test_pages_lose_and_repeat_nothing(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, limit: int
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    kit.many(superuser, 60, monday, handler=handler)
    # half of them are due at the same moment: only the id tells them apart
    superuser.execute(
        "UPDATE \"case\" SET due_at = %s WHERE reference LIKE 'TA%%2' OR reference LIKE 'TA1%%'",
        [monday + timedelta(days=10)],
    )
    with as_officer(handler):
        rows = all_pages(kit.my_cases, monday, limit)
    assert len({row.case_id for row in rows}) == len(rows) == 60
    assert [row.due_at for row in rows] == sorted(row.due_at for row in rows)


def test_late_cases_come_first_and_say_so(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    late, soon = make.case(monday), make.case(monday + timedelta(days=20))
    now = late.answer_due + timedelta(days=1)
    with as_officer(handler):
        rows = kit.my_cases(None, now).rows
    assert [(row.case_id, row.late) for row in rows] == [
        (late.case_id, True),
        (soon.case_id, False),
    ]
    assert rows[0].days_left < 0 < rows[1].days_left


def _forged(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode()


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "%%%",
        "é",
        "bm90IGpzb24=",
        _forged(),
        _forged("2025-11-10"),
        _forged("2025-11-10T00:00:00", str(UUID(int=7))),  # without a zone
        _forged("2025-11-10T00:00:00+00:00", "no-uuid"),
        _forged("2025-11-10T00:00:00+00:00", 7),
        _forged(None, None),
        _forged(1, 2),
        _forged({"a": 1}, []),
        _forged("9999-99-99T00:00:00+00:00", str(UUID(int=7))),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"7").decode(),
        base64.urlsafe_b64encode(b"[" * 2_500).decode(),
        base64.urlsafe_b64encode(b"null").decode(),
        base64.urlsafe_b64encode(b'{"a": 1, "b": 2}').decode(),
    ],
)
def test_an_edited_key_starts_at_the_beginning(
    make: Make, monday: datetime, as_officer: AsOfficer, after: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.case(monday)
    with as_officer(handler):
        for queue in (kit.my_cases, kit.unit_cases):
            assert queue(after, monday).next is None
        assert len(kit.my_cases(after, monday).rows) == 1


def test_a_key_of_another_time_is_only_a_place_in_the_list(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.case(monday)
    with as_officer(handler):
        far = _forged("2099-01-01T00:00:00+00:00", str(UUID(int=7)))
        assert kit.my_cases(far, monday).rows == []
        early = _forged("1999-01-01T00:00:00+00:00", str(UUID(int=7)))
        assert len(kit.my_cases(early, monday).rows) == 1


def test_filters(make: Make, monday: datetime, as_officer: AsOfficer) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.case(monday)
    enquiry = make.case(monday, kind="enquiry")
    with as_officer(handler):
        desk.acknowledge(enquiry.case_id, monday)
        by_kind = kit.my_cases(None, monday, kind="enquiry").rows
        by_status = kit.unit_cases(None, monday, status="in_progress").rows
        nothing = kit.my_cases(None, monday, kind="enquiry", status="new").rows
    assert [row.case_id for row in by_kind] == [enquiry.case_id]
    assert [row.case_id for row in by_status] == []  # it stands in another unit
    assert nothing == []


def test_each_queue_holds_what_it_is_for(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    unowned = make.case(monday, category="OTHER")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    handler = make.officer("DODOMA-CC", "handler")
    ethics = make.officer("ETHICS", "ethics")
    mine = make.case(monday, category="OTHER")
    done = make.case(monday, category="OTHER")
    bribe = make.case(monday, category="CORRUPTION")
    make.case(monday, institution="KONDOA-DC")
    with as_officer(handler):
        desk.answer(done.case_id, "Imekamilika.", monday)
        assert [r.case_id for r in kit.my_cases(None, monday).rows] == [mine.case_id]
        assert {r.case_id for r in kit.unit_cases(None, monday).rows} == {
            mine.case_id,
            unowned.case_id,
        }
        assert [r.case_id for r in kit.unowned(None, monday).rows] == [unowned.case_id]
        assert kit.restricted(None, monday).rows == []
        assert queues.counts(monday) == {
            "mine": 1,
            "late": 0,
            "unread": 1,
            "unowned": 1,
            "tasks": 0,
            "opinions": 0,
        }
        late = queues.counts(mine.answer_due + timedelta(seconds=1))
        assert (late["mine"], late["late"]) == (1, 1)
    with as_officer(coordinator):
        assert {r.case_id for r in kit.unit_cases(None, monday).rows} == {
            mine.case_id,
            unowned.case_id,
        }
        assert [r.case_id for r in kit.unowned(None, monday).rows] == [unowned.case_id]
    with as_officer(ethics):
        rows = kit.restricted(None, monday).rows
        assert [(r.case_id, r.confidentiality) for r in rows] == [(bribe.case_id, "restricted")]
        assert kit.my_cases(None, monday).rows[0].case_id == bribe.case_id


def test_a_queue_is_an_officer_s(make: Make, monday: datetime) -> None:
    receipt = make.case(monday)
    with (
        pytest.raises(Refused, match="not-allowed"),
        transaction(Principal.of_case(receipt.case_id)),
    ):
        kit.my_cases(None, monday)


def test_escalations_page_newest_first_and_leave_with_the_answer(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")
    cases = [make.case(monday + timedelta(days=n)) for n in range(5)]
    now = monday + timedelta(days=30)
    kit.sweep(now)
    with as_officer(director):
        rows = all_pages(oversight.escalated, now, 2)
        assert {row.case_id for row in rows} == {c.case_id for c in cases}
        assert [row.at for row in rows] == sorted((row.at for row in rows), reverse=True)
        assert {(row.rung, row.post.name_en) for row in rows} == {(3, "Council Director")}
        here = rows[0].institution.id
        assert len(oversight.escalated(None, now, institution_id=here).rows) == 5
        assert oversight.escalated(None, now, institution_id=here + 1).rows == []
    with as_officer(handler):
        desk.answer(cases[0].case_id, "Imekamilika.", now)
        assert oversight.escalated(None, now).rows == []
    with as_officer(director):
        assert len(oversight.escalated(None, now).rows) == 4


def test_letters_leave_the_print_queue_when_handed_over(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    for n in range(5):
        make.case(monday + timedelta(minutes=n))
    make.case(monday, institution="KONDOA-DC")
    now = monday + timedelta(days=3)
    kit.sweep(now)
    with as_officer(coordinator):
        rows = all_pages(queues.letters, now, 2)
        assert len(rows) == 5
        desk.hand_over_letter(rows[0].escalation_id, now)
        assert len(queues.letters(None, now).rows) == 4


def test_notices_are_counted_and_read(make: Make, monday: datetime, as_officer: AsOfficer) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    first = make.case(monday)
    make.case(monday + timedelta(hours=1))
    with as_officer(handler):
        assert notices.unread() == 2
        rows = notices.latest()
        assert [row.kind for row in rows] == ["assigned"] * 2
        notices.mark_read(monday)
        assert notices.unread() == 1
        assert [(row.read, row.reference == first.reference) for row in notices.latest()] == [
            (False, False),
            (True, True),
        ]


def test_a_longer_queue_costs_no_more_statements(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, query_count: Any
) -> None:
    handler = make.officer("DODOMA-CC", "handler", "coordinator")
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")

    def cost() -> list[int]:
        found = []
        now = monday + timedelta(days=30)
        kit.sweep(now)
        for queue in (
            kit.my_cases,
            kit.unit_cases,
            kit.unowned,
            oversight.escalated,
            queues.letters,
        ):
            with query_count() as counted, as_officer(director):
                queue(None, now, limit=200)
            found.append(counted.number)
        with query_count() as counted, as_officer(handler):
            kit.my_cases(None, now, limit=200)
            queues.counts(now)
            notices.latest()
        return [*found, counted.number]

    kit.many(superuser, 10, monday, handler=handler)
    few = cost()
    kit.many(superuser, 190, monday, handler=handler, prefix="B")
    assert cost() == few
    assert max(few[:5]) <= 7


@pytest.mark.parametrize(
    ("scope", "due", "index"),
    [
        ("mine", None, "ix_case_handler_queue"),
        ("unit", None, "ix_case_unit_queue"),
        ("unowned", None, "ix_case_unowned"),
        ("mine", "waiting", "ix_case_handler_waiting"),
    ],
)
def test_a_long_queue_is_read_from_its_own_index(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    scope: str,
    due: str | None,
    index: str,
) -> None:
    """Also where the server plans a prepared statement once for all parameters."""
    handler = make.officer("DODOMA-CC", "handler")
    others = [make.officer("DODOMA-CC", "handler") for _ in range(2)]
    for n, other in enumerate(others):
        kit.many(superuser, 1_500, monday, handler=other, prefix=f"O{n}", codes=("KONDOA-DC",))
    kit.many(superuser, 1_500, monday, prefix="U", codes=("TANESCO", "W-AFYA"))
    kit.many(superuser, 400, monday, handler=handler, prefix="M")
    kit.many(superuser, 100, monday, prefix="N")
    superuser.execute(
        "UPDATE \"case\" SET status = 'closed' WHERE reference LIKE 'TO%' AND reference LIKE '%7'"
    )
    superuser.execute(
        'UPDATE "case" SET paused_until = %s WHERE reference LIKE %s', [monday, "TM%7"]
    )
    superuser.execute("ANALYZE")
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if 'FROM "case"' in statement:
            sent.append((statement, values))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with as_officer(handler):
            inbox.page(Question(scope, due=due), None, monday)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    ((statement, values),) = sent
    with as_officer(handler) as session:
        connection = session.connection()
        for plan in ("force_custom_plan", "force_generic_plan"):
            connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {plan}")
            explained = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
            assert index in "\n".join(row[0] for row in explained), plan
