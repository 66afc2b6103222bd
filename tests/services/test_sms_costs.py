"""What SMS cost: each message once, for the institution of its moment, and no small number told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text, update

from feedback import gateway, jobs
from feedback import models as m
from feedback.extensions import db
from feedback.gateway import Accepted, Cost, Rejected, Result, Unknown
from feedback.services import delivery_reports, outbox, sms_costs
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)  # 23:00 of the same day in Dar es Salaam
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
NUMBER = "+255712000001"
Behind = psycopg.Connection[Any]


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", api_key="k") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "AT_API_KEY", "k")
        yield simulator


def owe(case_id: Any = None, now: datetime = NOW, template: str = "help") -> str:
    dedupe = uuid4().hex
    with transaction(JOB):
        outbox.owe(
            dedupe,
            template,
            case_id=case_id,
            language="sw",
            values={},
            now=now,
            recipient=NUMBER,
        )
    return dedupe


def answers(monkeypatch: pytest.MonkeyPatch, *results: Result) -> None:
    """A gateway that answers so, one after the other."""
    given = iter(results)
    monkeypatch.setattr(gateway, "send", lambda *_: next(given))


def taken(cost: str, parts: int = 1) -> Accepted:
    return Accepted(uuid4().hex, "101", Cost.parse(cost), parts)


def add_up() -> int:
    with transaction(JOB):
        return sms_costs.add_up()


def sums(behind: Behind) -> dict[tuple[str, date, str], tuple[int, int, int, Decimal]]:
    rows = behind.execute(
        "SELECT i.code, month, currency, messages, parts, unpriced, amount FROM sms_cost"
        " JOIN institution i ON i.id = institution_id"
    ).fetchall()
    return {row[:3]: row[3:] for row in rows}


def code(of: str) -> int:
    with transaction(JOB):
        return directory().institutions_by_code[of].id


def test_a_message_counts_once_for_the_institution_of_its_case(
    phone: PhoneSimulator, make: Make, superuser: Behind
) -> None:
    case = make.case(NOW - timedelta(hours=1))
    owe(case.case_id)
    owe()
    outbox.deliver(NOW)
    assert add_up() > 0
    assert add_up() == 0
    assert sums(superuser) == {
        ("DODOMA-CC", NOVEMBER, "TZS"): (1, 1, 0, Decimal("22.0000")),
        ("PO-PSMGG", NOVEMBER, "TZS"): (1, 1, 0, Decimal("22.0000")),
    }


def test_a_transfer_afterwards_rewrites_nothing(
    phone: PhoneSimulator, make: Make, superuser: Behind
) -> None:
    case = make.case(NOW - timedelta(hours=1))
    owe(case.case_id)
    outbox.deliver(NOW)
    elsewhere = code("TANESCO")
    with transaction(JOB):
        db.session.execute(update(m.Case).values(institution_id=elsewhere))
    owe(case.case_id)
    outbox.deliver(NOW)
    add_up()
    assert {key[0] for key in sums(superuser)} == {"DODOMA-CC", "TANESCO"}


def test_of_a_restricted_case_the_institution_s_sum_tells_nothing(
    phone: PhoneSimulator, make: Make, superuser: Behind
) -> None:
    make.officer("ETHICS", "ethics")
    case = make.case(NOW - timedelta(hours=1), confidentiality="restricted")
    owe(case.case_id)
    outbox.deliver(NOW)
    add_up()
    assert {key[0] for key in sums(superuser)} == {"PO-PSMGG"}


def test_the_month_is_that_of_the_office_clock(phone: PhoneSimulator, superuser: Behind) -> None:
    owe()
    outbox.deliver(NOW)
    owe(now=NOW + timedelta(hours=1))
    outbox.deliver(NOW + timedelta(hours=1))
    add_up()
    assert {key[1]: value[0] for key, value in sums(superuser).items()} == {
        NOVEMBER: 1,
        DECEMBER: 1,
    }


def test_currencies_free_ones_and_unknown_prices_stand_apart(
    app: Flask, monkeypatch: pytest.MonkeyPatch, superuser: Behind
) -> None:
    answers(
        monkeypatch,
        *(taken(cost, 2) for cost in ("TZS 44.0000", "TZS 44", "KES 0.8000", "0", "None", "")),
    )
    for _ in range(6):
        owe()
    outbox.deliver(NOW)
    add_up()
    home = "PO-PSMGG", NOVEMBER
    assert sums(superuser) == {
        (*home, "TZS"): (2, 4, 0, Decimal(88)),
        (*home, "KES"): (1, 2, 0, Decimal("0.8")),
        (*home, ""): (3, 6, 2, Decimal(0)),
    }


def test_what_was_never_taken_costs_nothing_and_is_not_looked_at_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch, superuser: Behind
) -> None:
    answers(monkeypatch, Rejected("403"), taken("TZS 22"))
    owe()
    owe()
    outbox.deliver(NOW)
    assert (add_up(), add_up()) == (2, 0)
    assert [value[0] for value in sums(superuser).values()] == [1]


def test_a_lost_answer_counts_once_its_fate_is_known(
    app: Flask, monkeypatch: pytest.MonkeyPatch, superuser: Behind
) -> None:
    answers(monkeypatch, Unknown("Timeout"))
    owe()
    outbox.deliver(NOW)
    assert add_up() == 0
    with transaction(Principal("hook")):
        delivery_reports.receive("ATXid_late", "Success", NUMBER, "", NOW + timedelta(seconds=1))
    outbox.replay(NOW + timedelta(minutes=2))
    add_up()
    assert list(sums(superuser).values()) == [(1, 1, 1, Decimal(0))]


def test_two_sweeps_at_once_count_everything_once(
    app: Flask, phone: PhoneSimulator, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms_costs, "MOST", 3)
    for _ in range(30):
        owe()
    outbox.deliver(NOW)

    def sweep() -> int:
        with app.app_context():
            return sum(iter(add_up, 0))

    with ThreadPoolExecutor(4) as pool:
        done = [each.result() for each in [pool.submit(sweep) for _ in range(4)]]
    add_up()
    assert sum(done) <= 30
    assert [value[0] for value in sums(superuser).values()] == [30]
    assert jobs.add_up_costs() == {"charged": 0}


def test_the_sweep_reads_its_own_index_alone(app: Flask, superuser: Behind) -> None:
    with superuser.transaction(force_rollback=True):
        # Of a table as small as this one every way is cheap; what the index can give is asked.
        superuser.execute("SET LOCAL enable_seqscan = off")
        superuser.execute("SET LOCAL enable_bitmapscan = off")
        plan = superuser.execute(
            "EXPLAIN SELECT id FROM outbox WHERE charge_on IS NOT NULL"
            " AND state NOT IN ('queued', 'sending', 'unknown') ORDER BY charge_on LIMIT 5000"
        ).fetchall()
    assert "ix_outbox_to_charge" in str(plan)
    assert "Sort" not in str(plan)


# Who is told what


def history(behind: Behind, *rows: tuple[str, date, str, int, int, int, str]) -> None:
    for row in rows:
        behind.execute(
            "INSERT INTO sms_cost SELECT id, %s, %s, %s, %s, %s, %s FROM institution"
            " WHERE code = %s",
            (*row[1:], row[0]),
        )


def ask(officer: int, *, exact: bool) -> list[sms_costs.Line]:
    with transaction(Principal.of_officer(officer)):
        return sms_costs.of_year(2026, exact=exact)


def test_an_administrator_reads_every_sum_to_the_cent(
    app: Flask, make: Make, superuser: Behind
) -> None:
    history(
        superuser,
        ("DODOMA-CC", NOVEMBER, "TZS", 3, 4, 0, "88.5"),
        ("DODOMA-CC", NOVEMBER, "", 2, 2, 1, "0"),
        ("TANESCO", DECEMBER, "TZS", 1, 1, 0, "22"),
        ("TANESCO", date(2025, 12, 1), "TZS", 1, 1, 0, "22"),
    )
    lines = ask(make.officer("PO-PSMGG", "admin"), exact=True)
    assert lines == [
        sms_costs.Line(code("TANESCO"), DECEMBER, 1, 1, (("TZS", Decimal(22)),), 0),
        sms_costs.Line(code("DODOMA-CC"), NOVEMBER, 5, 6, (("TZS", Decimal("88.5")),), 1),
    ]


@pytest.mark.parametrize(
    ("role", "post"),
    [("head", "institution_head"), ("coordinator", "coordinator")],
)
def test_who_answers_for_an_institution_reads_its_own_line_in_tens(
    app: Flask, make: Make, superuser: Behind, role: str, post: str
) -> None:
    history(
        superuser,
        ("DODOMA-CC", NOVEMBER, "TZS", 137, 151, 0, "3322"),
        ("DODOMA-CC", DECEMBER, "TZS", 9, 12, 0, "264"),
        ("TANESCO", DECEMBER, "TZS", 500, 500, 0, "11000"),
    )
    officer = make.officer("DODOMA-CC", role)
    make.hold(officer, "DODOMA-CC", post)
    mine = code("DODOMA-CC")
    assert ask(officer, exact=False) == [
        sms_costs.Line(mine, DECEMBER, None, None, (), None),
        sms_costs.Line(mine, NOVEMBER, 130, 150, (("TZS", Decimal(3120)),), None),
    ]


@pytest.mark.parametrize("role", ["handler", "oversight", "ethics", "auditor", "head"])
def test_nobody_else_reads_any(app: Flask, make: Make, superuser: Behind, role: str) -> None:
    history(superuser, ("DODOMA-CC", NOVEMBER, "TZS", 137, 151, 0, "3322"))
    assert ask(make.officer("DODOMA-CC", role), exact=False) == []


def test_a_page_costs_the_same_whatever_there_is(
    app: Flask, make: Make, superuser: Behind, query_count: Any
) -> None:
    admin = make.officer("PO-PSMGG", "admin")
    ask(admin, exact=True)
    with query_count() as few:
        ask(admin, exact=True)
    months = [date(2026, month, 1) for month in range(1, 13)]
    history(superuser, *(("TANESCO", month, "TZS", 9, 9, 0, "1") for month in months))
    with query_count() as many:
        assert len(ask(admin, exact=True)) == 12
    assert many.number == few.number


# The row and what it keeps


def test_a_second_attempt_is_charged_when_it_was_made(
    app: Flask, monkeypatch: pytest.MonkeyPatch, superuser: Behind
) -> None:
    answers(monkeypatch, gateway.Transient("405"), taken("TZS 22"))
    owe()
    outbox.deliver(NOW)
    assert add_up() == 0
    outbox.deliver(NOW + timedelta(hours=2))
    add_up()
    assert [key[1] for key in sums(superuser)] == [DECEMBER]


def test_the_day_of_sending_is_forgotten_with_the_sum(phone: PhoneSimulator) -> None:
    owe()
    outbox.deliver(NOW)
    add_up()
    with transaction(JOB):
        row = db.session.execute(select(m.Outbox.__table__)).one()
        assert row.charge_on is None
        assert db.session.scalar(text("SELECT count(*) FROM sms_cost")) == 1
