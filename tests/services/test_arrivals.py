"""Citizens' letters that arrive at a high office: the case climbs, and nobody learns by trying."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from feedback.jobs import clocks
from feedback.services import arrivals, desk, views
from feedback.services.arrivals import Arrival
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.test_escalations import AsOfficer, climbed

DAY = timedelta(days=1)
UNKNOWN = "0000-0000"  # a reference that fits its check character and that no case bears


def log(clerk: int, reference: str, now: datetime, letter: UUID | None = None, **more: Any) -> UUID:
    """Log a letter and let the worker take it."""
    letter = letter or uuid4()
    day = date(2025, 11, 10)
    with transaction(Principal.of_officer(clerk)):
        arrivals.register(letter, Arrival(reference, day, day, **more), now)
    take(now)
    return letter


def take(now: datetime) -> None:
    while True:
        with transaction(JOB):
            letter = arrivals.waiting(now)
            if letter is None:
                return
            arrivals.take(letter, now)


def outcome(behind: Behind, letter: UUID) -> tuple[str, int | None]:
    (row,) = kit.rows(
        behind, "SELECT outcome, rung FROM paper_letter_case WHERE letter_id = %s", letter
    )
    return row["outcome"], row["rung"]


@pytest.fixture
def head(make: Make) -> int:
    officer = make.officer("RS-DODOMA", "oversight")
    make.hold(officer, "RS-DODOMA", "institution_head")
    return officer


@pytest.fixture
def clerk(make: Make) -> int:
    return make.officer("RS-DODOMA", "registry")


@pytest.fixture
def handler(make: Make) -> int:
    return make.officer("DODOMA-CC", "handler")


def test_a_letter_takes_the_case_to_its_office_at_once(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    head: int,
    clerk: int,
    handler: int,
) -> None:
    receipt = make.case(monday)
    now = monday + timedelta(hours=1)
    letter = log(clerk, receipt.reference, now, number="RS/MAL/7")
    assert climbed(superuser, receipt) == [(4, "RS-DODOMA", "holder", "paper")]
    assert outcome(superuser, letter) == ("climbed", 4)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert (rung["due_at"], rung["officer_id"]) == (now, head)
    told = kit.rows(superuser, "SELECT officer_id, kind FROM notice WHERE case_id = %s AND kind"
                    " <> 'assigned' ORDER BY kind", receipt.case_id)  # fmt: skip
    assert [(row["officer_id"], row["kind"]) for row in told] == [
        (handler, "climbed"),
        (head, "escalated"),
        (handler, "paper_letter"),
    ]
    assert {"letter_logged", "escalated"} <= set(kit.acts(superuser, receipt.case_id))
    # The rungs below are passed over; the next one counts from here.
    first = kit.timers(superuser, receipt.case_id)["ladder"]
    kit.sweep(first)
    assert [each[0] for each in climbed(superuser, receipt)] == [4, 5]
    assert first == receipt.answer_due  # no clock but the answer's drives above rung 2
    # Whoever works on it sees the letter with its days and what it did; the citizen the rung alone.
    with as_officer(handler):
        (seen,) = views.for_officer(receipt.case_id, now).letters
        assert (seen.number, seen.outcome, seen.office.code) == ("RS/MAL/7", "climbed", "RS-DODOMA")
    with transaction(Principal.of_case(receipt.case_id)):
        shown = views.for_citizen(receipt.case_id, now)
        assert [(rung.number, rung.clock) for rung in shown.rungs][0] == (4, "paper")
        assert not any("RS/MAL" in line.body for line in shown.messages)


def test_what_is_only_logged(
    make: Make, monday: datetime, superuser: Behind, head: int, clerk: int, handler: int
) -> None:
    receipt = make.case(monday)
    assert outcome(superuser, log(clerk, receipt.reference, monday)) == ("climbed", 4)
    assert outcome(superuser, log(clerk, receipt.reference, monday)) == ("used", 4)
    chief = make.officer("CS", "registry")
    assert outcome(superuser, log(chief, receipt.reference, monday)) == ("climbed", 7)
    ralg = make.officer("PO-RALG", "registry")
    assert outcome(superuser, log(ralg, receipt.reference, monday)) == ("below", 5)
    own = make.officer("DODOMA-CC", "registry")
    assert outcome(superuser, log(own, receipt.reference, monday)) == ("own", 3)
    elsewhere = make.officer("DAWASA", "registry")
    assert outcome(superuser, log(elsewhere, receipt.reference, monday)) == ("none", None)
    wish = make.case(monday, kind="suggestion")
    assert outcome(superuser, log(clerk, wish.reference, monday)) == ("beyond", 4)
    ended = make.case(monday)
    with transaction(Principal.of_officer(handler)):
        desk.answer(ended.case_id, "Imetengenezwa.", monday)
    assert outcome(superuser, log(clerk, ended.reference, monday)) == ("ended", 4)
    assert [each[0] for each in climbed(superuser, receipt)] == [4, 7]
    for other in (wish, ended):
        assert climbed(superuser, other) == []


def test_the_prime_ministers_office_stands_where_it_gets_a_copy(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday)
    clerk = make.officer("PMO", "registry")
    assert outcome(superuser, log(clerk, receipt.reference, monday)) == ("climbed", 7)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert (rung["at_institution"], rung["copied"]) == ("CS", "PMO")


@pytest.mark.parametrize(("deputy", "way"), [(False, "skipped"), (True, "deputy")])
def test_the_ways_round_an_office_that_the_case_concerns(
    make: Make, monday: datetime, superuser: Behind, head: int, clerk: int, deputy: bool, way: str
) -> None:
    receipt = make.case(monday)
    make.exclude(receipt.case_id, head, monday)
    if deputy:
        other = make.officer("RS-DODOMA", "oversight")
        make.hold(other, "RS-DODOMA", "institution_head", capacity="deputy")
    log(clerk, receipt.reference, monday)
    assert climbed(superuser, receipt) == [(4, "RS-DODOMA", way, "paper")]
    alarms = {row["kind"] for row in kit.of_case(superuser, "alarm", receipt.case_id)}
    assert ("skipped" in alarms) is (way == "skipped")


def test_a_vacant_office_gets_a_letter(
    make: Make, monday: datetime, superuser: Behind, clerk: int
) -> None:
    receipt = make.case(monday)
    log(clerk, receipt.reference, monday)
    assert climbed(superuser, receipt) == [(4, "RS-DODOMA", "letter", "paper")]


def test_a_restricted_case_stays_on_its_own_ladder(
    make: Make, monday: datetime, superuser: Behind, clerk: int
) -> None:
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, confidentiality="restricted", institution="RS-DODOMA")
    letter = log(clerk, receipt.reference, monday)
    assert outcome(superuser, letter)[0] == "own"
    assert kit.rungs(superuser, receipt.case_id) == []
    # The clerk of the office complained about learns nothing; the ethics officer does.
    with transaction(Principal.of_officer(clerk)):
        assert arrivals.slip(letter).outcome is None
        assert arrivals.of_case(receipt.case_id) == []
    with transaction(Principal.of_officer(ethics)):
        assert [each.id for each in arrivals.of_case(receipt.case_id)] == [letter]
    chief = make.officer("CS", "registry")
    assert outcome(superuser, log(chief, receipt.reference, monday)) == ("climbed", 3)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert (rung["restricted"], rung["post"]) == (True, "ethics_post")


def test_trying_references_tells_nothing(
    make: Make, monday: datetime, superuser: Behind, clerk: int
) -> None:
    receipt = make.case(monday, confidentiality="confidential")
    known, unknown = log(clerk, receipt.reference, monday), log(clerk, UNKNOWN, monday)
    with transaction(Principal.of_officer(clerk)):
        shown = [arrivals.slip(each) for each in (known, unknown)]
        assert {(each.outcome, each.rung) for each in shown} == {(None, None)}
        assert {each.outcome for each in arrivals.mine(None).rows} == {None}
        with pytest.raises(Refused, match="not-found"):
            views.case_id_of(receipt.reference)
    # The one that fits nothing raises an alarm at its office, once.
    (alarm,) = kit.rows(superuser, "SELECT * FROM alarm WHERE kind = 'paper_letter'")
    assert (alarm["case_id"], alarm["dedupe"]) == (None, f"paper_letter:{unknown}")
    # Another clerk does not even see that a letter was logged.
    other = make.officer("RS-DODOMA", "registry")
    with transaction(Principal.of_officer(other)), pytest.raises(Refused, match="not-found"):
        arrivals.slip(known)


def test_refusals_and_repeats(
    make: Make, monday: datetime, superuser: Behind, clerk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = make.case(monday)
    letter = log(clerk, receipt.reference, monday)
    log(clerk, receipt.reference, monday, letter)
    assert len(kit.rows(superuser, "SELECT * FROM paper_letter")) == 1
    day = date(2025, 11, 10)
    for wrong, code in (
        (Arrival("0000-0001", day, day), "bad-reference"),
        (Arrival(receipt.reference, day + DAY, day), "bad-day"),
        (Arrival(receipt.reference, day, day + DAY), "bad-day"),
        (Arrival(receipt.reference, day, day, "9" * 61), "bad-number"),
    ):
        with transaction(Principal.of_officer(clerk)), pytest.raises(Refused, match=code):
            arrivals.register(uuid4(), wrong, monday)
    auditor = make.officer("RS-DODOMA", "auditor")
    right = Arrival(receipt.reference, day, day)
    with transaction(Principal.of_officer(auditor)), pytest.raises(Refused, match="not-allowed"):
        arrivals.register(uuid4(), right, monday)
    monkeypatch.setattr(arrivals, "PER_DAY", 1)
    with transaction(Principal.of_officer(clerk)), pytest.raises(Refused, match="too-many"):
        arrivals.register(uuid4(), right, monday)


def test_eight_workers_take_a_letter_once(
    app: Flask, make: Make, monday: datetime, superuser: Behind, clerk: int
) -> None:
    receipt = make.case(monday)
    day = date(2025, 11, 10)
    letters = [uuid4() for _each in range(4)]
    for letter in letters:
        with transaction(Principal.of_officer(clerk)):
            arrivals.register(letter, Arrival(receipt.reference, day, day), monday)
    assert all(isinstance(each, dict) for each in kit.together(app, [clocks._take_letters] * 8))
    take(monday)
    found = [outcome(superuser, letter)[0] for letter in letters]
    assert sorted(found) == ["climbed", "used", "used", "used"]
    assert len(kit.rungs(superuser, receipt.case_id)) == 1


def test_what_fell_due_before_the_letter_comes_first(
    make: Make, monday: datetime, superuser: Behind, head: int, clerk: int
) -> None:
    """Whatever stood still meanwhile: the worker is days late, and the sweep as well."""
    receipt = make.case(monday)
    day = date(2025, 11, 12)
    at = receipt.acknowledge_due + timedelta(hours=1)
    with transaction(Principal.of_officer(clerk)):
        arrivals.register(uuid4(), Arrival(receipt.reference, day, day), at)
    late = at + 10 * DAY
    take(late)
    kit.sweep(late)
    rungs = kit.rungs(superuser, receipt.case_id)
    assert [(row["rung"], row["clock"], row["due_at"]) for row in rungs] == [
        (1, "acknowledge", receipt.acknowledge_due),
        (4, "paper", at),
    ]


def test_a_letter_that_breaks_holds_up_no_other(
    make: Make, monday: datetime, clerk: int, superuser: Behind
) -> None:
    receipt: Receipt = make.case(monday)
    day = date(2025, 11, 10)
    with transaction(Principal.of_officer(clerk)):
        arrivals.register(uuid4(), Arrival(receipt.reference, day, day), monday)
    with transaction(JOB):
        broken = arrivals.waiting(monday)
        assert broken
        arrivals.spoil(broken, "ValueError", monday)
        assert arrivals.waiting(monday) is None
    take(monday + arrivals.AGAIN)
    assert len(kit.rungs(superuser, receipt.case_id)) == 1
