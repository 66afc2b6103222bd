"""A world in which every role meets every confidentiality.

Officers and cases are declared as `rules.access` sees them, so that what plain SQL returns can be
compared with what the rules say of the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Flask

from feedback.rules.access import CaseFacts, Level, Viewer
from tests.conftest import REFERENCE
from tests.factories import Make
from tests.services import confidential_rows
from tests.services.confidential_probe import PURPOSES, Connection, Principal

NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
COUNCIL, REGION, OTHER = "DODOMA-CC", "RS-DODOMA", "DAWASA"


@dataclass(frozen=True)
class Person:
    """An officer, and what the rules are told of this officer."""

    number: int
    viewer: Viewer


@dataclass(frozen=True)
class Item:
    """A case, and what the rules are told of it."""

    id: UUID
    facts: CaseFacts
    submission: UUID


@dataclass
class World:
    """People and cases by name."""

    connection: Connection
    people: dict[str, Person] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)

    def principals(self) -> dict[str, Principal]:
        """Everyone who can stand behind a connection of the web role."""
        found: dict[str, Principal] = {
            name: ("officer", person.number, None) for name, person in self.people.items()
        }
        for name in ("open", "confidential", "restricted", "triage"):
            found[f"citizen of {name}"] = ("public", None, self.items[name].id)
        for kind in PURPOSES:
            found[kind] = (kind, None, None)
        found["officer who does not exist"] = ("officer", 10**6, None)
        found["citizen without a case"] = ("public", None, None)
        return found


def build(application: Flask, connection: Connection) -> World:
    """Make the people and the cases on empty tables. `connection` is bound by no policy."""
    tables = connection.execute(
        "SELECT string_agg(format('%%I.%%I', schemaname, tablename), ', ') FROM pg_tables"
        " WHERE schemaname IN ('public', 'guard') AND tablename <> ALL (%s)",
        (list(REFERENCE),),
    ).fetchone()
    assert tables
    connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY CASCADE")
    world, make = World(connection), Make(application)
    _people(make, world)
    _items(make, world)
    confidential_rows.fill(
        connection,
        [(item.id, item.facts.institution, item.facts.unit) for item in world.items.values()],
        post=_post(world, "CS", "institution_head"),
        officer=world.people["Chief Secretary"].number,
        told=world.people["handler"].number,
        concerned=world.people["inactive handler"].number,
    )
    return world


def _id(world: World, query: str, *values: Any) -> int:
    row = world.connection.execute(query, values).fetchone()
    assert row is not None, values
    return int(row[0])


def institution(world: World, code: str) -> int:
    """The id of an institution."""
    return _id(world, "SELECT id FROM institution WHERE code = %s", code)


def unit(world: World, code: str, name: str) -> int:
    """The id of a unit."""
    return _id(
        world,
        "SELECT u.id FROM unit u JOIN institution i ON i.id = u.institution_id"
        " WHERE i.code = %s AND u.code = %s",
        code,
        name,
    )


def _people(make: Make, world: World) -> None:
    today = date.today()  # noqa: DTZ011  # the database's own day decides who holds a post

    def person(
        name: str,
        code: str,
        *roles: str,
        desk: str = "REGISTRY",
        holds: tuple[str, str | None] | None = None,
        acts: bool = True,
        capacity: str = "holder",
        until: date | None = None,
        active: bool = True,
    ) -> None:
        number = make.officer(code, *roles, unit=desk, active=active)
        posts: set[int] = set()
        heads: set[int] = set()
        units = {unit(world, code, desk)} if "handler" in roles else set()
        granted = set(roles)
        if holds:
            kind, led = holds
            post = make.hold(number, code, kind, unit=led, capacity=capacity)
            if until:
                world.connection.execute(
                    "UPDATE post_holding SET until_day = %s WHERE officer_id = %s", (until, number)
                )
            if acts:
                posts.add(post)
                if kind == "institution_head":
                    heads.add(institution(world, code))
                if kind == "unit_head" and led:
                    units.add(unit(world, code, led))
                    granted.add("unit_head")
            if kind == "ethics_senior":
                granted.add("ethics_senior")
        home = institution(world, code)
        coordinates = {home} if "coordinator" in roles else set()
        world.people[name] = Person(
            number,
            Viewer(
                number,
                home,
                frozenset(granted),
                frozenset(units),
                frozenset(posts),
                frozenset(heads),
                frozenset(coordinates),
            ),
        )

    yesterday = today - timedelta(days=1)
    person("handler", COUNCIL, "handler", desk="WORKS")
    person("colleague of the unit", COUNCIL, "handler", desk="WORKS")
    person("handler of another unit", COUNCIL, "handler", desk="WATER")
    person("coordinator", COUNCIL, "coordinator")
    person("former unit head", COUNCIL, "head", holds=("unit_head", "WORKS"), until=yesterday,
           acts=False)  # fmt: skip
    person("unit head", COUNCIL, "head", holds=("unit_head", "WORKS"))
    person("head of another unit", COUNCIL, "head", holds=("unit_head", "WATER"))
    person("head of HR", COUNCIL, "head", holds=("hr_head", None))
    person("director", COUNCIL, "head", holds=("institution_head", None))
    person("deputy of a present director", COUNCIL, "head", holds=("institution_head", None),
           capacity="deputy", acts=False)  # fmt: skip
    person("RAS on leave", REGION, "oversight", holds=("institution_head", None))
    make.leave(world.people["RAS on leave"].number, yesterday, today + timedelta(days=2))
    person("deputy of the RAS", REGION, "oversight", holds=("institution_head", None),
           capacity="deputy")  # fmt: skip
    person("handler of the region", REGION, "handler")
    for name, code in (
        ("head of PO-RALG", "PO-RALG"),
        ("head of PO-PSMGG", "PO-PSMGG"),
        ("Chief Secretary", "CS"),
        ("head of the PMO", "PMO"),
    ):
        person(name, code, "oversight", holds=("institution_head", None))
    person("reader for the Chief Secretary", "CS", "oversight")
    person("former reader", "CS", "oversight")
    chief = world.people["Chief Secretary"].number
    for name, last in (
        ("reader for the Chief Secretary", today + timedelta(days=2)),
        ("former reader", yesterday),
    ):
        world.connection.execute(
            "INSERT INTO delegation (post_id, officer_id, by_officer_id, at, until_day)"
            " VALUES (%s, %s, %s, %s, %s)",
            (_post(world, "CS", "institution_head"), world.people[name].number, chief, NOW, last),
        )
    person("ethics officer", "ETHICS", "ethics")
    person("ethics officer of the council", COUNCIL, "ethics")
    person("senior ethics officer", "ETHICS", "ethics", holds=("ethics_senior", None))
    person("head of ethics", "ETHICS", "oversight", holds=("ethics_head", None))
    person("ethics post", "CS", "oversight", holds=("ethics_post", None))
    person("administrator", "PO-PSMGG", "admin")
    person("administrator of the council", COUNCIL, "admin")
    person("auditor", "PO-PSMGG", "auditor")
    person("handler of another institution", OTHER, "handler")
    person("head of another institution", OTHER, "head", holds=("institution_head", None))
    person("handler who moved away", OTHER, "handler")
    person("handler who serves no more", COUNCIL, "auditor")
    person("handler and coordinator", COUNCIL, "handler", "coordinator", desk="WATER")
    person("inactive handler", COUNCIL, "handler", desk="WORKS", active=False)


def _post(world: World, code: str, kind: str, led: str | None = None) -> int:
    return _id(
        world,
        "SELECT p.id FROM post p JOIN institution i ON i.id = p.institution_id"
        " LEFT JOIN unit u ON u.id = p.unit_id"
        " WHERE i.code = %s AND p.kind = %s AND u.code IS NOT DISTINCT FROM %s",
        code,
        kind,
        led,
    )


def _items(make: Make, world: World) -> None:
    rungs = [
        _post(world, COUNCIL, "unit_head", "WORKS"),
        _post(world, COUNCIL, "hr_head"),
        _post(world, COUNCIL, "institution_head"),
        _post(world, REGION, "institution_head"),
        _post(world, "PO-RALG", "institution_head"),
        _post(world, "PO-PSMGG", "institution_head"),
        _post(world, "CS", "institution_head"),
        _post(world, "PMO", "institution_head"),  # the copy
    ]
    ethics = [
        _post(world, "ETHICS", "ethics_senior"),
        _post(world, "ETHICS", "ethics_head"),
        _post(world, "CS", "ethics_post"),
    ]
    everyone = [person.number for person in world.people.values()]
    reader = world.people["reader for the Chief Secretary"].number

    connection = world.connection

    def item(
        name: str,
        level: str,
        handler: str | None,
        *,
        code: str = COUNCIL,
        desk: str = "WORKS",
        climbed: list[int] | None = None,
        ethically: list[int] | None = None,
        excluded: list[int] | None = None,
        triage: bool = False,
    ) -> None:
        submission = uuid4()
        receipt = make.case(
            NOW,
            submission_id=submission,
            institution=code,
            confidentiality=level,
            name="Neema Mushi",
            phone="+255712000001",
            persons="Bwana Fulani",
        )
        handler_id = world.people[handler].number if handler else None
        place = (institution(world, code), unit(world, code, desk))
        world.connection.execute(
            'UPDATE "case" SET unit_id = %s, handler_id = %s, triage = %s WHERE id = %s',
            (place[1], handler_id, triage, receipt.case_id),
        )
        for restricted, posts in ((False, climbed or []), (True, ethically or [])):
            confidential_rows.climb(connection, receipt.case_id, place[0], posts, restricted)
        for number in excluded or []:
            make.exclude(receipt.case_id, number, NOW)
        facts = CaseFacts(
            *place,
            handler_id,
            Level(level),
            frozenset(excluded or ()),
            frozenset(climbed or ()),
            frozenset(ethically or ()),
            delegates=frozenset({reader} if rungs[6] in (climbed or ()) else ()),
        )
        world.items[name] = Item(receipt.case_id, facts, submission)
        world.names[receipt.case_id] = name

    for level in ("open", "confidential"):
        item(level, level, "handler")
        item(f"{level}, unowned", level, None)
        item(f"{level}, first rung", level, "handler", climbed=rungs[:1])
        item(f"{level}, below the region", level, "handler", climbed=rungs[:3])
        item(f"{level}, at the region", level, "handler", climbed=rungs[:4])
        item(f"{level}, at the top", level, "handler", climbed=rungs)
        item(f"{level}, was on the ethics ladder", level, "handler", ethically=ethics)
        item(f"{level}, all excluded", level, "handler", climbed=rungs, excluded=everyone)
        item(f"{level}, handler moved away", level, "handler who moved away")
        item(f"{level}, handler serves no more", level, "handler who serves no more")
        item(f"{level}, owned by a coordinator", level, "handler and coordinator", desk="WATER")
        item(f"{level}, inactive handler", level, "inactive handler")
        item(f"{level}, elsewhere", level, "handler of another institution", code=OTHER,
             desk="REGISTRY")  # fmt: skip
    item("triage", "confidential", "handler of the region", code=REGION, desk="REGISTRY",
         triage=True)  # fmt: skip
    item("restricted", "restricted", "ethics officer", desk="REGISTRY")
    item("restricted, was climbed", "restricted", "ethics officer", climbed=rungs)
    item("restricted, former handler", "restricted", "handler")
    item("restricted, first rung", "restricted", "ethics officer", ethically=ethics[:1])
    item("restricted, at the top", "restricted", "ethics officer", ethically=ethics)
    item("restricted, all excluded", "restricted", "ethics officer", ethically=ethics,
         excluded=everyone)  # fmt: skip
    item("restricted, elsewhere", "restricted", "ethics officer", code=OTHER, desk="REGISTRY")
    item("restricted, about ethics", "restricted", "ethics officer of the council", code="ETHICS",
         desk="REGISTRY", ethically=ethics)  # fmt: skip
