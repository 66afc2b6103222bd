"""The pages of what SMS cost: exact for administrators, in tens for an institution's own people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask

from tests.factories import Make
from tests.web.office import at_desk

NOW = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
Behind = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sums(app: Flask, superuser: Behind) -> None:
    """Sums of two institutions, two years, two currencies."""
    for code, month, currency, messages, untold, amount in (
        ("DODOMA-CC", date(2026, 11, 1), "TZS", 137, 0, "3322.50"),
        ("DODOMA-CC", date(2026, 11, 1), "KES", 12, 0, "9.6"),
        ("DODOMA-CC", date(2026, 10, 1), "TZS", 9, 4, "198"),
        ("TANESCO", date(2026, 11, 1), "TZS", 1_500, 0, "33000"),
        ("TANESCO", date(2025, 12, 1), "TZS", 77, 0, "1694"),
    ):
        superuser.execute(
            "INSERT INTO sms_cost SELECT id, %s, %s, %s, %s, %s, %s FROM institution"
            " WHERE code = %s",
            (month, currency, messages, messages, untold, amount, code),
        )


@pytest.mark.usefixtures("sums")
def test_an_administrator_reads_every_institution_to_the_cent(
    app: Flask, make: Make, query_count: Any
) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    with query_count() as counted:
        page = tab.get("/admin/costs").text
    for shown in (
        "November 2026",
        "October 2026",
        "149",
        "KES 9.60 · TZS 3,322.50",
        "TZS 198.00",
        "1,500",
        "TZS 33,000.00",
        "Together in 2026: KES 9.60 · TZS 36,520.50",
    ):
        assert shown in page, shown
    assert "1,694" not in page
    assert counted.number <= 8
    last = tab.get("/admin/costs?year=2025").text
    assert "TZS 1,694.00" in last
    assert "33,000" not in last


@pytest.mark.usefixtures("sums")
@pytest.mark.parametrize(
    ("role", "post"), [("head", "institution_head"), ("coordinator", "coordinator")]
)
def test_an_institution_reads_its_own_in_tens(app: Flask, make: Make, role: str, post: str) -> None:
    officer = make.officer("DODOMA-CC", role)
    make.hold(officer, "DODOMA-CC", post)
    page = at_desk(app, officer).get("/desk/costs").text
    assert "KES 8.00 · TZS 3,120.00" in page
    for hidden in ("149", "137", "3,322", "9.60", "198.00", "33,000", "1,500", "Together in"):
        assert hidden not in page, hidden
    assert ">140<" in page
    assert "October 2026" in page


def test_with_nothing_sent_the_page_says_so(app: Flask, make: Make) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    assert "No SMS was sent in this year." in tab.get("/admin/costs").text
    assert "Hakuna SMS iliyotumwa mwaka huu." in tab.get("/admin/costs?lang=sw").text


@pytest.mark.parametrize("year", ["x", "", "0", "-1", "99999999999", "2031"])
def test_an_odd_year_is_this_one(app: Flask, make: Make, year: str) -> None:
    tab = at_desk(app, make.officer("PO-PSMGG", "admin"))
    answer = tab.get(f"/admin/costs?year={year}")
    assert answer.status_code == 200
    assert "Cost of SMS in 2026" in answer.text or "No SMS was sent" in answer.text
