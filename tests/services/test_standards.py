"""Standards by institution, subject, kind and confidentiality: versions that are never overwritten,
and clocks that name the one they were set by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services import extensions, reference_rows, views
from feedback.services.changes import applying, planning
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import OWNER, Make
from tests.services import kit, reference_kit
from tests.services.kit import Behind

KEY = "STANDARD/complaint/*/*"


@pytest.fixture(autouse=True)
def as_before(app: Flask, superuser: Behind) -> Iterator[None]:
    """Standards are reference data, which tests share."""
    with reference_kit.kept(superuser):
        yield


def change(make: Make, now: datetime, key: str | None, **wanted: Any) -> str:
    """What one administrator asks for, a second agrees to and the worker writes."""
    first, second = (make.officer("PO-PSMGG", "admin") for _ in range(2))
    with transaction(Principal.of_officer(first)):
        made = planning.plan("standard", key, wanted, directory())
        number, _ = planning.save(made, None, now)
    with transaction(Principal.of_officer(second)):
        planning.decide(number, "approve", now)
    with transaction(JOB):
        return applying.apply_next(now)


def versions(behind: Behind) -> list[tuple[int, date, int, bool]]:
    rows = kit.rows(
        behind,
        "SELECT version, from_day, answer_days, active FROM service_standard"
        " WHERE (code, kind, scope, confidentiality) = ('STANDARD', 'complaint', '*', '*')"
        " ORDER BY version",
    )
    return [tuple(row.values()) for row in rows]  # type: ignore[misc]


def test_a_change_is_the_next_version_and_clocks_name_theirs(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    before = make.case(monday)
    shipped = versions(superuser)
    assert change(make, monday, KEY, answer_days=20) == "done"
    assert versions(superuser) == [*shipped, (2, monday.date(), 20, True)]
    after = make.case(monday)
    found = [kit.clock(superuser, each.case_id, "answer") for each in (before, after)]
    assert [each["working_days"] for each in found] == [14, 20]
    named = [
        kit.rows(
            superuser, "SELECT version FROM service_standard WHERE id = %s", row["standard_id"]
        )
        for row in found
    ]
    assert named == [[{"version": 1}], [{"version": 2}]]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never overwritten"):
        superuser.execute("UPDATE service_standard SET answer_days = 1")


def test_what_may_be_added_follows_the_version_of_the_clock(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    before = make.case(monday)
    assert change(make, monday, KEY, extension_days_max=3) == "done"
    after = make.case(monday)
    left = []
    for receipt in (before, after):
        with transaction(Principal.of_officer(handler)):
            case_id = views.case_id_of(receipt.reference)
            left.append(extensions.of_case(case_id, monday).days_left)
    assert left == [10, 3]


def test_confidential_cases_may_have_a_standard_of_their_own(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    given = {"code": "STANDARD", "kind": "complaint", "acknowledge_days": 1, "max_rung": None}
    for scope, level, days in (("*", "confidential", 8), ("DODOMA-CC", "*", 9)):
        wanted = given | {"scope": scope, "confidentiality": level, "answer_days": days}
        assert change(make, monday, None, **wanted) == "done"
    with transaction(JOB):
        d = directory()
        here, there = (d.institutions_by_code[code].id for code in ("DODOMA-CC", "KONDOA-DC"))
        assert [
            d.standard("STANDARD", "complaint", *asked).answer_days
            for asked in ((there, "open"), (there, "confidential"), (here, "confidential"), ())
        ] == [14, 8, 9, 14]
    lodged = make.case(monday, institution="KONDOA-DC", confidentiality="confidential")
    assert kit.clock(superuser, lodged.case_id, "answer")["working_days"] == 8


def test_the_import_adds_what_differs_and_nothing_else(
    monday: datetime, superuser: Behind, app: Flask
) -> None:
    (shipped,) = kit.rows(
        superuser,
        "SELECT code, kind, scope, confidentiality, active, acknowledge_days, answer_days,"
        " max_rung, extension_days_max, source FROM service_standard"
        " WHERE (code, kind, scope) = ('STANDARD', 'complaint', '*')",
    )
    first = versions(superuser)
    later = (monday + timedelta(days=30)).date()
    for days, count in ((14, 1), (12, 2), (12, 2), (14, 3)):
        with transaction(OWNER):
            reference_rows.next_standards(later, [shipped | {"answer_days": days}])
        assert len(versions(superuser)) == count
    assert versions(superuser) == [*first, (2, later, 12, True), (3, later, 14, True)]
