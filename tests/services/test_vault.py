"""Opening an identity: who, with whose leave, for how long, and never without its entry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ProgrammingError

from feedback.extensions import db
from feedback.services import audit, citizen, desk, notices, vault
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
NAME, PHONE, EMAIL = "Neema Mushi", "+255712345678", "neema@example.com"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REASON = "Hospitali inahitaji jina la mgonjwa."


@dataclass
class Scene:
    """Officers round a case with a name, a number and an address."""

    make: Make
    handler: int
    head: int
    ethics: int
    second_ethics: int

    def case(self, monday: datetime, level: str = "open") -> Receipt:
        return self.make.case(
            monday, confidentiality=level, name=NAME, phone=PHONE, email=EMAIL, persons="Bw. Fulani"
        )

    def asker(self, level: str) -> int:
        return self.ethics if level == "restricted" else self.handler


@pytest.fixture
def scene(make: Make) -> Scene:
    handler = make.officer("DODOMA-CC", "handler")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    return Scene(
        make, handler, head, make.officer("ETHICS", "ethics"), make.officer("ETHICS", "ethics")
    )


def ask(officer: int, case: UUID, now: datetime, fields: tuple[str, ...] = ("name",)) -> UUID:
    with transaction(Principal.of_officer(officer)):
        return vault.ask(case, list(fields), REASON, now)


def decide(officer: int, opening: UUID, now: datetime, *, allow: bool = True) -> None:
    with transaction(Principal.of_officer(officer)):
        vault.decide(opening, allow, now)


def look(officer: int, opening: UUID, now: datetime) -> dict[str, str]:
    with transaction(Principal.of_officer(officer)):
        entry = vault.record_look(opening, now)
    with transaction(Principal.of_officer(officer)):
        return vault.look(opening, entry, now)


def test_an_ordinary_case_opens_for_one_hour_and_for_what_was_asked(
    scene: Scene, monday: datetime, superuser: Behind
) -> None:
    case = scene.case(monday).case_id
    opening = ask(scene.handler, case, monday, ("name", "phone"))
    assert look(scene.handler, opening, monday + MINUTE) == {"name": NAME, "phone": PHONE}
    assert look(scene.handler, opening, monday + HOUR - MINUTE) == {"name": NAME, "phone": PHONE}
    with pytest.raises(Refused, match="not-allowed"):
        look(scene.handler, opening, monday + HOUR)
    assert kit.of_case(superuser, "identity_opening", case)[0]["looks"] == 2


@pytest.mark.parametrize("level", ["confidential", "restricted"])
def test_any_other_waits_for_a_second_person(scene: Scene, monday: datetime, level: str) -> None:
    case, asker = scene.case(monday, level).case_id, scene.asker(level)
    opening = ask(asker, case, monday)
    with pytest.raises(Refused, match="not-allowed"):
        look(asker, opening, monday + MINUTE)
    with pytest.raises(Refused, match="not-allowed"):
        decide(asker, opening, monday + MINUTE)
    if level == "restricted":
        with pytest.raises(Refused, match="not-found"):
            decide(scene.head, opening, monday + MINUTE)
    second = scene.second_ethics if level == "restricted" else scene.head
    decide(second, opening, monday + HOUR)
    with pytest.raises(Refused, match="not-allowed"):
        decide(second, opening, monday + HOUR)  # once
    # The hour counts from the leave, and the leave is for who asked.
    assert look(asker, opening, monday + HOUR + MINUTE) == {"name": NAME}
    with pytest.raises(Refused, match="not-allowed"):
        look(second, opening, monday + HOUR + MINUTE)
    with pytest.raises(Refused, match="not-allowed"):
        look(asker, opening, monday + 2 * HOUR)


def test_an_ethics_officer_decides_about_a_confidential_case_without_seeing_it(
    scene: Scene, monday: datetime
) -> None:
    receipt = scene.case(monday, "confidential")
    opening = ask(scene.head, receipt.case_id, monday)
    with transaction(Principal.of_officer(scene.head)):
        assert vault.to_decide(monday) == []  # one's own
    with transaction(Principal.of_officer(scene.ethics)) as session:
        (waiting,) = vault.to_decide(monday)
        assert (waiting.reference, waiting.reason) == (receipt.reference, REASON)
        assert session.execute(text('SELECT count(*) FROM "case"')).scalar_one() == 0
    decide(scene.ethics, opening, monday)
    assert look(scene.head, opening, monday + MINUTE) == {"name": NAME}


def test_who_is_excluded_neither_decides_nor_learns_of_it(scene: Scene, monday: datetime) -> None:
    case = scene.case(monday, "confidential").case_id
    scene.make.exclude(case, scene.head, monday)
    scene.make.exclude(case, scene.ethics, monday)
    opening = ask(scene.handler, case, monday)
    for excluded in (scene.head, scene.ethics):
        with pytest.raises(Refused, match="not-found"):
            decide(excluded, opening, monday)
        with transaction(Principal.of_officer(excluded)):
            assert vault.to_decide(monday) == []
            assert not notices.unread()
    decide(scene.second_ethics, opening, monday)


def test_what_is_not_open_leaves_no_look_on_record(
    scene: Scene, monday: datetime, superuser: Behind
) -> None:
    case = scene.case(monday, "confidential").case_id
    opening = ask(scene.handler, case, monday)
    with pytest.raises(Refused, match="not-allowed"):
        look(scene.handler, opening, monday)
    decide(scene.head, opening, monday)
    with pytest.raises(Refused, match="not-allowed"):
        look(scene.handler, opening, monday + HOUR)
    assert "identity_looked" not in kit.acts(superuser, case)
    assert look(scene.handler, opening, monday + MINUTE) == {"name": NAME}
    assert kit.acts(superuser, case).count("identity_looked") == 1


def test_refused_taken_back_and_ended_show_nothing(scene: Scene, monday: datetime) -> None:
    case = scene.case(monday, "confidential").case_id
    refused = ask(scene.handler, case, monday)
    with transaction(Principal.of_officer(scene.head)):
        assert notices.unread() == 1
    decide(scene.head, refused, monday, allow=False)
    taken_back = ask(scene.handler, case, monday + MINUTE)
    with pytest.raises(Refused, match="too-many"):
        ask(scene.handler, case, monday + MINUTE)
    with transaction(Principal.of_officer(scene.handler)):
        vault.end(taken_back, monday + MINUTE)
    ended = ask(scene.handler, case, monday + 2 * MINUTE)
    decide(scene.head, ended, monday + 2 * MINUTE)
    with transaction(Principal.of_officer(scene.head)):
        vault.end(ended, monday + 3 * MINUTE)
    for opening in (refused, taken_back, ended):
        with pytest.raises(Refused, match="not-allowed"):
            look(scene.handler, opening, monday + 4 * MINUTE)
        with pytest.raises(Refused, match="not-allowed"):
            decide(scene.head, opening, monday + 4 * MINUTE)
    with transaction(Principal.of_officer(scene.handler)):
        states = [each.state for each in vault.openings(case, monday + 5 * MINUTE)]
    assert states == ["ended", "ended", "refused"]


def test_a_request_lapses_after_three_days(scene: Scene, monday: datetime) -> None:
    case = scene.case(monday, "confidential").case_id
    opening = ask(scene.handler, case, monday)
    late = monday + vault.WAITS
    with transaction(Principal.of_officer(scene.head)):
        assert vault.to_decide(late) == []
        assert vault.openings(case, late)[0].state == "lapsed"
    with pytest.raises(Refused, match="not-allowed"):
        decide(scene.head, opening, late)


def test_it_ends_for_who_loses_the_case_and_when_the_level_rises(
    scene: Scene, monday: datetime
) -> None:
    other = scene.make.officer("DODOMA-CC", "handler")
    given_away, raised = scene.case(monday), scene.case(monday)
    for receipt in (given_away, raised):
        with transaction(Principal.of_officer(scene.head)):
            row = vault.may_open(receipt.case_id)
        assert row == "head"
    owner = _owner(given_away)
    opening = ask(owner, given_away.case_id, monday)
    with transaction(Principal.of_officer(scene.head)):
        desk.assign(given_away.case_id, other if owner == scene.handler else scene.handler, monday)
    with pytest.raises(Refused):
        look(owner, opening, monday + MINUTE)
    # Opened while ordinary, by one person alone: not enough any more.
    owner = _owner(raised)
    opening = ask(owner, raised.case_id, monday)
    with transaction(Principal.of_case(raised.case_id)):
        citizen.raise_confidentiality(raised.case_id, "confidential", monday)
    with pytest.raises(Refused, match="not-allowed"):
        look(owner, opening, monday + MINUTE)


def _owner(receipt: Receipt) -> int:
    with transaction(Principal("x", role="owner")) as session:
        return int(
            session.execute(
                text('SELECT handler_id FROM "case" WHERE id = :id'), {"id": receipt.case_id}
            ).scalar_one()
        )


@pytest.mark.parametrize("reason", ["", "  ", "a" * (vault.LONGEST_REASON + 1)])
def test_asking_takes_a_reason_and_a_field_that_is_held(
    scene: Scene, monday: datetime, reason: str
) -> None:
    case = scene.case(monday).case_id
    bare = scene.make.case(monday).case_id
    with transaction(Principal.of_officer(scene.handler)):
        assert vault.fields_of(case) == list(vault.FIELDS)
        assert vault.fields_of(bare) == []
        with pytest.raises(Refused, match=r"empty|too-long"):
            vault.ask(case, ["name"], reason, monday)
        for held, fields in ((case, []), (case, ["password"]), (bare, ["name"])):
            with pytest.raises(Refused, match="bad-target"):
                vault.ask(held, fields, REASON, monday)


# The look is on record before anything is read.


def test_each_look_has_its_entry_and_names_no_value(
    scene: Scene, monday: datetime, superuser: Behind
) -> None:
    case = scene.case(monday).case_id
    opening = ask(scene.handler, case, monday)
    for minute in (1, 2):
        look(scene.handler, opening, monday + minute * MINUTE)
    entries = [
        row
        for row in kit.of_case(superuser, "audit_entry", case, "at")
        if row["act"].startswith("identity")
    ]
    assert [row["act"] for row in entries] == ["identity_asked"] + 2 * ["identity_looked"]
    said = {"opening": str(opening), "role": "handler", "fields": "name"}
    assert all(row["details"] == said for row in entries)
    stored = superuser.execute("SELECT o::text FROM identity_opening o").fetchone()
    assert stored
    assert "Hospitali" not in stored[0]


@pytest.fixture
def failing_record() -> Iterator[None]:
    """The record takes no entry of a look."""

    def fail(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO audit_entry"):
            raise OSError("the disk is full")

    event.listen(Engine, "before_cursor_execute", fail)
    yield
    event.remove(Engine, "before_cursor_execute", fail)


def test_without_the_entry_nothing_is_opened(
    scene: Scene, monday: datetime, request: pytest.FixtureRequest, superuser: Behind
) -> None:
    opening = ask(scene.handler, scene.case(monday).case_id, monday)
    request.getfixturevalue("failing_record")
    with pytest.raises(OSError, match="full"):
        look(scene.handler, opening, monday + MINUTE)
    assert superuser.execute("SELECT looks FROM identity_opening").fetchone() == (0,)


def _read(opening: UUID, entry: UUID, now: datetime) -> int:
    found = db.session.execute(
        text("SELECT * FROM guard.read_identity(:o, :e, :n)"), {"o": opening, "e": entry, "n": now}
    )
    return len(found.all())


def _look_at_once(me: Principal, opening: UUID, now: datetime, savepoint: Any) -> None:
    with transaction(me):
        with savepoint():
            entry = vault.record_look(opening, now)
        _read(opening, entry, now)


def test_the_database_itself_asks_for_a_committed_entry_of_this_look(
    scene: Scene, monday: datetime, app: Flask
) -> None:
    receipt, other = scene.case(monday), scene.case(monday)
    opening = ask(scene.handler, receipt.case_id, monday)
    me = Principal.of_officer(scene.handler)
    now = later = monday + MINUTE
    with transaction(me):
        committed = vault.record_look(opening, now)
        audit.record("identity_looked", other.case_id, now=now, opening=str(opening))
        audit.record("looked", receipt.case_id, now=now, opening=str(opening))
    with transaction(me):
        # Of another moment, none at all, used up.
        for entry, moment in ((committed, now + MINUTE), (uuid4(), now)):
            with pytest.raises(ProgrammingError, match="stays closed"), db.session.begin_nested():
                _read(opening, entry, moment)
        assert _read(opening, committed, now) == 1
        with pytest.raises(ProgrammingError, match="stays closed"), db.session.begin_nested():
            _read(opening, committed, now)
    # Of this very transaction, also within a savepoint: it could still be undone.
    for savepoint in (nullcontext, db.session.begin_nested):
        later += MINUTE
        with pytest.raises(ProgrammingError, match="stays closed"):
            _look_at_once(me, opening, later, savepoint)
    # And of somebody else.
    with transaction(Principal.of_officer(scene.head)), pytest.raises(Refused):
        vault.record_look(opening, now)


def test_what_is_sealed_cannot_be_read_past_the_function(scene: Scene, monday: datetime) -> None:
    scene.case(monday)
    for officer in (scene.handler, scene.head, scene.ethics):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction(Principal.of_officer(officer)) as session,
        ):
            session.execute(text("SELECT sealed FROM sealed_identity"))


# What the citizen is told.


def test_the_citizen_reads_role_day_and_reason_of_what_was_opened(
    scene: Scene, monday: datetime
) -> None:
    receipt = scene.case(monday, "confidential")
    other = scene.case(monday, "confidential")
    refused = ask(scene.handler, receipt.case_id, monday)
    decide(scene.head, refused, monday, allow=False)
    opening = ask(scene.handler, receipt.case_id, monday)
    with transaction(Principal.of_case(receipt.case_id)):
        assert vault.told(receipt.case_id) == []
    decide(scene.head, opening, monday)
    look(scene.handler, opening, monday + MINUTE)
    with transaction(Principal.of_case(receipt.case_id)):
        (told,) = vault.told(receipt.case_id)
        assert (told.role, told.reason, told.looks) == ("handler", REASON, 1)
        assert vault.told(other.case_id) == []
    with transaction(Principal.of_case(other.case_id)):
        assert vault.told(receipt.case_id) == []
