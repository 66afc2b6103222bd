"""Random offices in the database itself: months of acts, and nobody concerned is ever reached.

After each act the rows are read past all policies, and as each excluded officer under them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask

from feedback.services import citizen, desk, escalations, exclusions, staffing
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.confidential_probe import OF_A_CASE, as_role, seen, standing

Behind = psycopg.Connection[Any]
OFFICES = 40 if LONG else 2
ACTS = 14
FIRST = ("Juma", "Neema", "Rehema", "Salum", "Zawadi", "Baraka", "Halima", "Peter")
LAST = ("Kapuya", "Mollel", "Swai", "Ngowi", "Temba", "Komba", "Mbwana", "Chacha")
PLACES = ("DODOMA-CC", "RS-DODOMA", "PO-RALG", "ETHICS", "TANESCO")
LEVELS = ("open", "confidential", "restricted")
KEYS = ("case_id", "officer_id", "at")
LATER = (
    "SELECT kind FROM notice WHERE case_id = %s AND officer_id = %s AND at > %s"
    " UNION ALL SELECT way FROM escalation WHERE case_id = %s AND officer_id = %s AND at > %s"
    " UNION ALL SELECT 'owned' FROM assignment"
    " WHERE case_id = %s AND handler_id = %s AND at > %s"
)


class Office:
    """People, and the cases that concern some of them."""

    def __init__(self, make: Make, behind: Behind, seed: int, now: datetime) -> None:
        self.make, self.behind, self.now = make, behind, now
        self.draw = Random(seed)  # noqa: S311
        self.people: dict[int, str] = {}
        self.cases: list[UUID] = []
        self.told: dict[tuple[int, UUID], int] = {}
        for place in PLACES:
            for _ in range(self.draw.randint(1, 3)):
                self.hire(place)

    def hire(self, place: str) -> None:
        draw = self.draw
        name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
        role = "ethics" if place == "ETHICS" else draw.choice(("handler", "coordinator", "head"))
        number = self.make.officer(place, role, name=name)
        self.people[number] = name
        if draw.random() < 0.5:
            capacity = draw.choice(("holder", "deputy"))
            kinds = ("ethics_senior", "ethics_head") if place == "ETHICS" else ("institution_head",)
            kind = draw.choice(kinds)
            taken = kit.rows(
                self.behind,
                "SELECT FROM post_holding h JOIN post p ON p.id = h.post_id JOIN institution i"
                " ON i.id = p.institution_id WHERE i.code = %s AND p.kind = %s AND capacity = %s",
                place, kind, capacity,
            )  # fmt: skip
            if not taken:
                self.make.hold(number, place, kind, capacity=capacity)
        if draw.random() < 0.2:
            self.make.leave(number, date(2025, 11, 1), date(2026, 1, draw.randint(1, 28)))

    def someone(self) -> str:
        return self.draw.choice(sorted(self.people.values()))

    def words(self) -> str:
        return self.draw.choice(
            ("Maji hayatoki.", f"Bw. {self.someone()} alinizuia.", "Mkurugenzi anaomba rushwa.")
        )

    def lodge(self) -> None:
        receipt = self.make.case(
            self.now,
            institution=self.draw.choice(("DODOMA-CC", "TANESCO")),
            confidentiality=self.draw.choice(LEVELS),
            body=self.words(),
            persons=self.someone() if self.draw.random() < 0.5 else None,
        )
        self.cases.append(receipt.case_id)

    def act(self) -> None:
        """One act of anybody; what is refused is refused."""
        draw, now = self.draw, self.now
        case_id = draw.choice(self.cases)
        officer = draw.choice(sorted(self.people))
        target = draw.choice(sorted(self.people))
        as_officer: dict[str, Callable[[], object]] = {
            "assign": lambda: desk.assign(case_id, target, now),
            "transfer": lambda: desk.transfer(case_id, draw.choice(PLACES), None, "Si letu.", now),
            "recuse": lambda: desk.recuse(case_id, now),
            "exclude": lambda: desk.exclude(case_id, target, now),
            "answer": lambda: desk.answer(case_id, "Tumeshughulikia.", now),
            "confirm": lambda: exclusions.decide(case_id, target, lift=False, now=now),
        }
        as_citizen: dict[str, Callable[[], object]] = {
            "message": lambda: citizen.add_message(case_id, self.words(), now),
            "not fixed": lambda: citizen.not_fixed(case_id, self.words(), now),
            "raise": lambda: citizen.raise_confidentiality(case_id, draw.choice(LEVELS), now),
        }
        verb = draw.choice([*as_officer, *as_citizen, "hire", "leave", "lodge"])
        try:
            if verb in as_officer:
                with transaction(Principal.of_officer(officer)):
                    as_officer[verb]()
            elif verb in as_citizen:
                with transaction(Principal.of_case(case_id)):
                    as_citizen[verb]()
            elif verb == "hire":
                self.hire(draw.choice(PLACES))
            elif verb == "lodge":
                self.lodge()
            else:
                self.behind.execute("UPDATE officer SET active = false WHERE id = %s", (officer,))
        except Refused:
            return

    def time_passes(self) -> None:
        """Weeks go by with the worker's jobs."""
        self.now += timedelta(days=self.draw.randint(1, 12))
        with transaction(JOB):
            staffing.hand_over(self.now)
        kit.compare_newcomers(self.now, limit=200)
        with transaction(JOB):
            escalations.sweep_batch(self.now)

    def check(self) -> None:
        """Nobody concerned owns, is addressed, is told anything new, or finds anything."""
        pairs = kit.rows(
            self.behind,
            "SELECT x.case_id, x.officer_id, x.at, c.handler_id FROM conflict x"
            " JOIN \"case\" c ON c.id = x.case_id WHERE x.state <> 'lifted'",
        )
        for pair in pairs:
            assert pair["handler_id"] != pair["officer_id"]
            later = kit.rows(self.behind, LATER, *(pair[key] for key in KEYS * 3))
            assert later == []
        closed: dict[int, set[UUID]] = {}
        for pair in pairs:
            closed.setdefault(pair["officer_id"], set()).add(pair["case_id"])
        for officer, cases in closed.items():
            with (
                self.behind.transaction(force_rollback=True),
                as_role(self.behind, "mrejesho_web"),
                standing(self.behind, ("officer", officer, None)),
            ):
                for table in OF_A_CASE:
                    assert not cases & set(seen(self.behind, table)), table


@pytest.mark.parametrize("seed", range(OFFICES))
def test_months_of_acts_reach_nobody_concerned(
    app: Flask, make: Make, superuser: Behind, monday: datetime, seed: int
) -> None:
    office = Office(make, superuser, seed, monday)
    for _ in range(3):
        office.lodge()
    office.check()
    for turn in range(ACTS):
        office.act()
        if turn % 3 == 2:
            office.time_passes()
        office.check()
    assert kit.rows(superuser, "SELECT FROM conflict")
