"""How long each institution held a case: its own office time, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from feedback.services import citizen, desk, held, views
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]


def test_a_late_body_answers_for_its_own_days_alone(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    first = make.officer("DODOMA-CC", "handler")
    second = make.officer("KONDOA-DC", "handler")
    case_id = make.case(monday).case_id  # Monday 09:00
    with as_officer(first):
        desk.ask(case_id, "Wapi?", kit.at("2025-11-11 07:30"))
    with transaction(Principal.of_case(case_id)):
        citizen.add_message(case_id, "Hapa.", kit.at("2025-11-12 07:30"))
    with as_officer(first):
        desk.transfer(case_id, "KONDOA-DC", None, "Ni ya Kondoa.", kit.at("2025-11-13 09:30"))
    with as_officer(second):
        desk.answer(case_id, "Imekamilika.", kit.at("2025-11-14 10:00"))
    later = kit.at("2025-11-20 10:00")
    with transaction(JOB):
        assert held.measure(later) == 1
        assert held.measure(later) == 0
    one, two = kit.of_case(superuser, "assignment", case_id, "at")
    # Monday from nine, all of Wednesday, two hours of Thursday; Tuesday waited for the citizen
    assert (one["minutes"], two["minutes"]) == (390 + 480 + 120, None)
    with as_officer(second):
        shown = views.for_officer(case_id, later)
    took = {each.code: minutes for each, minutes in shown.held_by if each is not None}
    assert took == {"DODOMA-CC": 990, "KONDOA-DC": 360 + 150}
    assert kit.clock(superuser, case_id, "answer")["minutes"] == sum(took.values())
    with transaction(JOB):
        assert held.refresh(later) == 2
    rows = kit.rows(
        superuser,
        "SELECT code, month, cases, minutes FROM figure_held f JOIN institution i"
        " ON i.id = f.institution_id ORDER BY code",
    )
    month = date(2025, 11, 1)
    assert [tuple(row.values()) for row in rows] == [
        ("DODOMA-CC", month, 1, 990),
        ("KONDOA-DC", month, 1, 510),
    ]
    # one case is nobody's figure
    ids = [row["id"] for row in kit.rows(superuser, "SELECT id FROM institution LIMIT 3")]
    with transaction(Principal.of_officer(first)):
        for line in held.by_institution(ids, month, month):
            assert (line.cases, line.mean) == (None, None)


def test_time_without_an_owner_is_the_institution_s(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    case_id = make.case(monday).case_id
    (nobody,) = kit.of_case(superuser, "assignment", case_id, "at")
    assert nobody["handler_id"] is None
    coordinator = make.officer("DODOMA-CC", "coordinator")
    handler = make.officer("DODOMA-CC", "handler")
    with as_officer(coordinator):
        desk.assign(case_id, handler, monday + timedelta(hours=2))
    with transaction(JOB):
        assert held.measure(monday + timedelta(hours=3)) == 1
    first, _ = kit.of_case(superuser, "assignment", case_id, "at")
    assert first["minutes"] == 120
