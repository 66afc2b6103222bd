"""Odd patterns in who looked at what: each by its rule, on both sides of its threshold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask

from feedback import jobs
from feedback.rules import patterns as rules
from feedback.services import audit, patterns
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.confidential_probe import Connection

# A Wednesday, 10:00 in Dar es Salaam, in an office's hours.
NOW = datetime(2025, 11, 12, 7, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def officer(make: Make) -> int:
    return make.officer("DODOMA-CC", "oversight", name="Juma Hamisi")


def look(officer: int, case: UUID, at: datetime = NOW, act: str = "looked") -> None:
    with transaction(Principal.of_officer(officer)):
        audit.record(act, case, now=at)


def cases(behind: Connection, number: int) -> list[UUID]:
    """Cases that are nobody's in particular."""
    kit.many(behind, number, NOW - 5 * DAY)
    return [row[0] for row in behind.execute('SELECT id FROM "case"').fetchall()]


def found(now: datetime = NOW + HOUR) -> dict[str, tuple[int, float | None]]:
    with transaction(JOB):
        patterns.compute(now)
    with transaction(JOB) as session:
        rows = session.execute(patterns.text("SELECT kind, number, usual FROM audit_pattern"))
        return {row.kind: (row.number, row.usual) for row in rows}


def test_many_cases_in_a_day_beside_the_usual(
    officer: int, superuser: Connection, app: Flask
) -> None:
    every = cases(superuser, rules.MANY_CASES)
    # Work on each, so that only the number stands out.
    for case in every:
        look(officer, case, act="noted")
    for days in (1, 2, 5):
        for case in every[: rules.MANY_CASES // rules.MANY_TIMES]:
            look(officer, case, NOW - days * DAY)
    for case in every[:-1]:
        look(officer, case)
        look(officer, case)  # twice in a day counts once
    assert found() == {}
    look(officer, every[-1])
    assert found() == {}  # three times the usual, not more
    superuser.execute("DELETE FROM audit_tail")
    superuser.execute(
        "DELETE FROM audit_entry WHERE act = 'looked' AND at < %s AND case_id = %s",
        (NOW - HOUR, every[0]),
    )
    assert found() == {"many_looks": (rules.MANY_CASES, 9.0)}


def test_looks_without_work(officer: int, superuser: Connection) -> None:
    every = cases(superuser, 2 * rules.IDLE_CASES)
    for case in every:
        look(officer, case)
    assert found()["without_work"] == (len(every), len(every))
    for case in every[: rules.IDLE_CASES]:
        look(officer, case, act="noted")
    assert found() == {}  # half of them is not more than half
    superuser.execute(
        "INSERT INTO assignment (id, case_id, institution_id, unit_id, handler_id, at)"
        ' SELECT gen_random_uuid(), id, institution_id, unit_id, %s, %s FROM "case"',
        (officer, NOW - DAY),
    )
    assert found() == {}


def test_looks_at_one_persons_cases(make: Make, officer: int) -> None:
    own = [make.case(NOW - n * DAY, phone="0712000001").case_id for n in range(3)]
    make.case(NOW, phone="0712000002")
    for case in own[:2]:
        look(officer, case)
    assert "one_person" not in found()
    look(officer, own[2])
    assert found()["one_person"] == (3, None)


def test_ones_own_cases_of_one_person_are_no_pattern(make: Make) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    for number in range(4):
        look(handler, make.case(NOW - number * DAY, phone="0712000001").case_id)
    assert "one_person" not in found()


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (datetime(2025, 11, 11, 2, 59, tzinfo=UTC), True),  # 05:59
        (datetime(2025, 11, 11, 3, 0, tzinfo=UTC), False),  # 06:00
        (datetime(2025, 11, 11, 16, 59, tzinfo=UTC), False),  # 19:59
        (datetime(2025, 11, 11, 17, 0, tzinfo=UTC), True),  # 20:00
        (datetime(2025, 11, 8, 8, 0, tzinfo=UTC), True),  # a Saturday
        (datetime(2025, 10, 14, 8, 0, tzinfo=UTC), True),  # Nyerere Day
    ],
)
def test_looks_out_of_hours(
    officer: int, superuser: Connection, at: datetime, counted: bool
) -> None:
    every = cases(superuser, rules.OFF_HOURS)
    for case in every[:-1]:
        look(officer, case, at)
    assert "off_hours" not in found()
    look(officer, every[-1], at)
    assert ("off_hours" in found()) is counted


def test_a_look_after_stepping_back(make: Make, officer: int) -> None:
    case = make.case(NOW - DAY).case_id
    look(officer, case, NOW - HOUR)
    make.exclude(case, officer, NOW)
    assert "after_recusal" not in found()
    look(officer, case, NOW + timedelta(minutes=1))
    assert found()["after_recusal"] == (1, None)


def test_looks_after_handing_over(officer: int, superuser: Connection) -> None:
    every = cases(superuser, rules.AFTER_HANDOVER)
    superuser.execute(
        "INSERT INTO assignment (id, case_id, institution_id, unit_id, handler_id, at, ended_at)"
        ' SELECT gen_random_uuid(), id, institution_id, unit_id, %s, %s, %s FROM "case"',
        (officer, NOW - 2 * DAY, NOW - DAY),
    )
    for case in every:
        look(officer, case, NOW - DAY - HOUR)  # while they were the officer's
    for case in every[1:]:
        look(officer, case)
    assert "after_handover" not in found()
    look(officer, every[0])
    assert found()["after_handover"] == (rules.AFTER_HANDOVER, None)


def test_openings_of_the_vault(make: Make, officer: int) -> None:
    case = make.case(NOW - DAY).case_id
    for _ in range(rules.OPENINGS - 1):
        look(officer, case, act=audit.IDENTITY_LOOKED)
    assert "openings" not in found()
    look(officer, case, act=audit.IDENTITY_LOOKED)
    assert found()["openings"] == (rules.OPENINGS, None)


def test_what_is_long_ago_and_what_is_settled_is_gone(make: Make, officer: int) -> None:
    case = make.case(NOW - DAY).case_id
    make.exclude(case, officer, NOW - 2 * DAY)
    look(officer, case)
    assert found()
    assert found(NOW + (rules.DAYS + 1) * DAY) == {}


def test_the_job_leaves_no_case_and_no_hash_behind(
    app: Flask, make: Make, officer: int, superuser: Connection
) -> None:
    case = make.case(datetime.now(UTC) - DAY).case_id
    make.exclude(case, officer, datetime.now(UTC) - DAY)
    look(officer, case, datetime.now(UTC))
    assert jobs.find_patterns() == {"patterns": 1}
    assert jobs.find_patterns() == {"patterns": 1}
    columns = superuser.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_pattern'"
    ).fetchall()
    assert {name for (name,) in columns} == {
        "kind",
        "officer_id",
        "last_on",
        "number",
        "usual",
        "computed_at",
    }


def test_auditors_read_them_the_gravest_first(make: Make, officer: int) -> None:
    case = make.case(NOW - DAY).case_id
    make.exclude(case, officer, NOW - 2 * DAY)
    for _ in range(rules.OPENINGS):
        look(officer, case, act=audit.IDENTITY_LOOKED)
    look(officer, case)
    found()
    auditor = make.officer("PO-PSMGG", "auditor")
    with transaction(Principal.of_officer(auditor)):
        read = patterns.found()
    assert [(row.kind, row.officer) for row in read] == [
        ("after_recusal", "Juma Hamisi"),
        ("openings", "Juma Hamisi"),
    ]
    with transaction(Principal.of_officer(officer)):
        assert patterns.found() == []
