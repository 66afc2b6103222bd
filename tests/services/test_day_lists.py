"""The list of the day by SMS: once, at its hour, and only where it is due."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from feedback import jobs
from feedback.services import (
    day_lists,
    passwords,
)
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.officer_kit import register


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with few rounds: it is slow on purpose, and tried in full by the passwords' tests."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))


MORNING = timedelta(hours=24 - 1)  # Tuesday 8:00, from Monday 9:00


@pytest.fixture
def listed(make: Make, monday: datetime) -> int:
    officer = make.officer("DODOMA-CC", "handler")
    register(officer, monday, hour=8)
    return officer


def lists(behind: Behind) -> list[str]:
    found = kit.rows(
        behind, "SELECT template FROM outbox WHERE dedupe LIKE 'officer-list:%%' ORDER BY dedupe"
    )
    return [row["template"] for row in found]


def send(now: datetime) -> int:
    return day_lists.send_due(now, 10)


def test_the_list_comes_once_at_its_hour(
    app: Flask, make: Make, listed: int, monday: datetime, superuser: Behind
) -> None:
    make.case(monday)
    assert send(monday + timedelta(hours=3)) == 0  # registered today: from tomorrow on
    assert send(monday + MORNING - timedelta(minutes=1)) == 0
    now = monday + MORNING
    assert sum(kit.together(app, [lambda: send(now)] * 4)) == 1
    assert send(now + timedelta(minutes=1)) == 0
    assert lists(superuser) == ["officer_list_day"]
    assert send(now + timedelta(days=1)) == 1


@pytest.mark.parametrize(
    "why", ["empty", "confidential", "weekend", "leave", "evening", "inactive"]
)
def test_no_list_where_none_is_due(
    make: Make, listed: int, monday: datetime, superuser: Behind, why: str
) -> None:
    now = monday + MORNING
    if why != "empty":
        make.case(monday, confidentiality="confidential" if why == "confidential" else "open")
    if why == "weekend":
        now += timedelta(days=4)
    if why == "leave":
        make.leave(listed, date(2025, 11, 11), date(2025, 11, 11))
    if why == "evening":
        now += timedelta(hours=10)
    if why == "inactive":
        superuser.execute("UPDATE officer SET active = false WHERE id = %s", [listed])
    assert send(now) == 0
    assert lists(superuser) == []


def test_an_empty_day_is_told_to_who_wants_it(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    register(officer, monday, hour=7, empty=True)
    assert send(monday + MORNING) == 1
    assert lists(superuser) == ["officer_list_day_empty"]


def test_the_list_asks_the_database_a_fixed_number_of_times(
    make: Make, listed: int, monday: datetime, query_count: Any
) -> None:
    numbers = []
    for count in (1, 20):
        for _ in range(count):
            make.case(monday)
        with query_count() as counted:
            send(monday + MORNING + timedelta(days=len(numbers)))
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


def test_the_job_is_one_of_the_periodic_ones() -> None:
    assert "send_day_lists" in {periodic.name for periodic in jobs.PERIODIC}
