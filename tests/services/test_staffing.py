"""Nobody's cases are left behind when an account is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from feedback.services import alarms, staffing
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make


def state(superuser: psycopg.Connection[Any], receipt: Receipt) -> Any:
    return superuser.execute(
        'SELECT handler_id, status FROM "case" WHERE id = %s', (receipt.case_id,)
    ).fetchone()


def close(make: Make, officer: int, now: datetime) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    with transaction(Principal.of_officer(admin)):
        staffing.deactivate(officer, now)


def hand_over(now: datetime) -> int:
    with transaction(JOB):
        return staffing.hand_over(now)


def test_open_cases_go_to_a_colleague(
    make: Make, monday: datetime, superuser: psycopg.Connection[Any]
) -> None:
    leaving = make.officer("DODOMA-CC", "handler", unit="WORKS")
    receipts = [make.case(monday, category="ROADS") for _ in range(3)]
    staying = make.officer("DODOMA-CC", "handler", unit="WORKS")
    close(make, leaving, monday)
    assert hand_over(monday) == 3
    assert [state(superuser, each) for each in receipts] == [(staying, "assigned")] * 3
    assert hand_over(monday) == 0
    held = superuser.execute(
        "SELECT handler_id, ended_at IS NULL FROM assignment WHERE case_id = %s ORDER BY at, 2",
        (receipts[0].case_id,),
    ).fetchall()
    assert held == [(leaving, False), (staying, True)]
    told = superuser.execute(
        "SELECT count(*) FROM notice WHERE officer_id = %s AND kind = 'assigned'", (staying,)
    ).fetchone()
    assert told == (3,)


def test_a_restricted_case_goes_to_another_ethics_officer(
    make: Make, monday: datetime, superuser: psycopg.Connection[Any]
) -> None:
    leaving = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, category="CORRUPTION", body="Aliomba rushwa.")
    make.officer("DODOMA-CC", "ethics")  # of the institution complained about
    outside = make.officer("TAKUKURU", "ethics")
    close(make, leaving, monday)
    assert hand_over(monday) == 1
    assert state(superuser, receipt) == (outside, "assigned")


def test_where_nobody_can_take_it_it_becomes_unowned(
    make: Make, monday: datetime, superuser: psycopg.Connection[Any]
) -> None:
    leaving = make.officer("DODOMA-CC", "handler")
    kept_away = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Mrisho")
    receipt = make.case(monday, persons="Juma Hamisi Mrisho")
    assert state(superuser, receipt) == (leaving, "assigned")
    close(make, leaving, monday)
    assert hand_over(monday) == 1
    assert state(superuser, receipt) == (None, "new")
    assert kept_away != leaving
    waiting = superuser.execute(
        "SELECT count(*) FROM timer WHERE case_id = %s AND purpose = 'ladder' AND NOT done",
        (receipt.case_id,),
    ).fetchone()
    assert waiting == (1,)


def test_hand_over_takes_what_is_due_first(make: Make, monday: datetime) -> None:
    leaving = make.officer("DODOMA-CC", "handler")
    for day in range(3):
        make.case(monday + timedelta(days=day))
    make.officer("DODOMA-CC", "handler")
    close(make, leaving, monday)
    with transaction(JOB):
        assert staffing.hand_over(monday, limit=2) == 2
    assert hand_over(monday) == 1


def test_only_an_administrator_changes_accounts(make: Make, monday: datetime) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    auditor = make.officer("PO-PSMGG", "auditor")
    for principal in (Principal.of_officer(auditor), Principal.of_officer(officer)):
        with pytest.raises(SQLAlchemyError), transaction(principal):
            staffing.set_roles(officer, ["admin"], monday)


def test_an_unknown_officer_is_refused(make: Make, monday: datetime) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    for change in (
        lambda: staffing.deactivate(999, monday),
        lambda: staffing.activate(999, monday),
        lambda: staffing.reset(999, "password", monday),
        lambda: staffing.end_leave(999, monday),
        lambda: alarms.settle(999, monday),
    ):
        with pytest.raises(Refused, match="not-found"), transaction(Principal.of_officer(admin)):
            change()
