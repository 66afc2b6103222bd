"""Delivery reports in every order: the same reports of a message lead to the same row.

They come twice, late, between two sweeps, for another message, for nobody's. None ever touches a
case, and a message that reached the handset stays there. Many messages get the same reports at
once, each in an order of its own.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select

from feedback import models as m
from feedback.extensions import db
from feedback.services import delivery_reports, outbox
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBER, OTHER = "+255712000001", "+255754000002"
# Sets of reports, and orders of each: 10,000 in all, half of them with reports that disagree.
SETS, ORDERS = (20, 125) if LONG else (4, 25)
UNDERWAY = ("Sent", "Submitted", "Buffered")
FINAL = ("Success", "Failed", "Rejected", "AbsentSubscriber", "Expired")
# One report: whose it is said to be, status, number, network.
Report = tuple[str, str, str, str | None]
MINE, FORGED = "mine", "forged"
KEPT = ("state", "status_code", "network_code", "attempts", "unknown_attempts", "parts")


def send(case_id: Any, messages: int) -> None:
    """So many messages about a case that the gateway has taken."""
    with transaction(JOB):
        for number in range(messages):
            row = outbox.owed(
                f"d{number}",
                "help",
                case_id=case_id,
                language="sw",
                values={},
                now=NOW,
                recipient=NUMBER,
            )
            taken = {"state": "sent", "provider_id": f"{MINE}{number}", "status_code": "101"}
            taken |= {"attempts": 1, "finished_at": NOW}
            db.session.execute(insert(m.Outbox).values(row | taken))


def rows() -> dict[str, dict[str, Any]]:
    with transaction(JOB):
        found = db.session.execute(select(m.Outbox.__table__)).mappings().all()
    return {row["provider_id"]: {name: row[name] for name in KEPT} for row in found}


def settle(at: datetime) -> None:
    with transaction(JOB):
        delivery_reports.settle(at, outbox.number_of)


def play(chosen: random.Random, reports: list[Report], messages: int) -> None:
    """The reports to every message, each time in another order and some twice; sweeps between."""
    orders = []
    for _ in range(messages):
        order = [report for report in reports for _ in range(chosen.choice((1, 1, 2)))]
        chosen.shuffle(order)
        orders.append(order)
    sweeps = chosen.choice((0.0, 0.3, 1.0))
    for step in range(max(map(len, orders))):
        at = NOW + timedelta(seconds=step + 1)
        with transaction(Principal("hook")):
            for number, order in enumerate(orders):
                for whose, status, to, network in order[step : step + 1]:
                    delivery_reports.receive(f"{whose}{number}", status, to, "", at, network)
        if chosen.random() < sweeps:
            settle(at)
    settle(NOW + timedelta(minutes=3))


def reports_of(chosen: random.Random, finals: int) -> list[Report]:
    """What the gateway may say of one message, and what it or somebody else says besides."""
    statuses = chosen.sample(UNDERWAY, chosen.randint(0, 3)) + chosen.sample(FINAL, finals)
    networks = chosen.choice((("64004",), ("64004", "99999"), (None,)))
    own = [(MINE, status, NUMBER, chosen.choice(networks)) for status in statuses]
    noise: list[Report] = [
        (FORGED, chosen.choice(FINAL), NUMBER, "64002"),
        (FORGED, "Success", OTHER, None),
        (MINE, "Nonsense", NUMBER, "64009"),
    ]
    return own + chosen.sample(noise, chosen.randint(1, 3))


def cases(behind: psycopg.Connection[Any]) -> list[Any]:
    """Everything that a report must not touch."""
    return [
        behind.execute(f'SELECT * FROM "{table}" ORDER BY 1').fetchall()  # noqa: S608
        for table in ("case", "message", "timer", "deadline", "pause", "escalation")
    ]


@pytest.mark.parametrize("finals", [0, 1, 2])
def test_the_order_of_reports_decides_nothing(
    app: Flask, make: Make, superuser: psycopg.Connection[Any], finals: int
) -> None:
    case = make.case(NOW - timedelta(hours=1))
    before = cases(superuser)
    for seed in range(SETS if finals < 2 else 2 * SETS):
        chosen = random.Random(f"{finals}.{seed}")  # noqa: S311
        reports = reports_of(chosen, finals)
        superuser.execute("DELETE FROM guard.delivery_report")
        superuser.execute("DELETE FROM outbox")
        send(case.case_id, ORDERS)
        play(chosen, reports, ORDERS)
        first, *others = rows().values()
        assert all(each == first for each in others), (seed, reports)
        said = {status for whose, status, *_ in reports if whose == MINE} & set(FINAL)
        expected = {"sent"} if not said else {"delivered"} if "Success" in said else None
        assert expected is None or first["state"] in expected, (seed, reports)
    assert cases(superuser) == before


@pytest.mark.parametrize("later", [*UNDERWAY, *FINAL])
def test_what_reached_the_handset_stays_there(app: Flask, make: Make, later: str) -> None:
    send(make.case(NOW - timedelta(hours=1)).case_id, 1)
    for at, status in ((1, "Success"), (2, later), (3, later)):
        with transaction(Principal("hook")):
            delivery_reports.receive(f"{MINE}0", status, NUMBER, "", NOW + timedelta(seconds=at))
        settle(NOW + timedelta(seconds=at))
    assert rows()[f"{MINE}0"]["state"] == "delivered"
