"""Officials on a rung: what a list asks of them, reasons, taking over, handing down, delegating."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from feedback import clock
from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import (
    citizen,
    delegations,
    desk,
    directives,
    officials,
    oversight,
    viewers,
    views,
)
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]


@dataclass
class World:
    """A late case of Dodoma's council that climbed to the regional secretariat and beyond."""

    case: Receipt
    handler: int
    director: int
    secretary: int
    worker: int  # a handler of the secretariat
    adviser: int  # who may read for it
    post: int
    now: datetime
    today: date


@pytest.fixture
def world(make: Make) -> World:
    now = clock.now()
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")
    secretary = make.officer("RS-DODOMA", "oversight")
    post = make.hold(secretary, "RS-DODOMA", "institution_head")
    worker = make.officer("RS-DODOMA", "handler")
    adviser = make.officer("RS-DODOMA", "oversight")
    case = make.case(now - timedelta(days=90), category="ROADS", phone="+255712345678")
    kit.sweep(now)
    return World(case, handler, director, secretary, worker, adviser, post, now, local_day(now))


def counts(world: World) -> dict[str, int]:
    """The lists of the secretary that hold the case, each count the same as its list's length."""
    found = oversight.counts(world.now)
    for what, number in found.items():
        rows = oversight.escalated(None, world.now, what=what).rows
        assert len(rows) == number, what
    return {what: number for what, number in found.items() if number}


def rung(world: World) -> UUID:
    found = directives.rung_of(world.case.case_id)
    assert found is not None
    return found


def told(behind: Behind, case_id: UUID) -> set[tuple[int, str]]:
    return {(n["officer_id"], n["kind"]) for n in kit.of_case(behind, "notice", case_id)}


def test_an_explanation_is_demanded_given_accepted_and_stops_nothing(
    make: Make, world: World, superuser: Behind, as_officer: Any
) -> None:
    case, now = world.case.case_id, world.now
    before = kit.case_row(superuser, case)
    with as_officer(world.secretary):
        assert counts(world) == {"all": 1, "explanation": 1}
        superuser.execute("UPDATE escalation SET due_at = %s", (now - timedelta(hours=1),))
        assert counts(world) == {"all": 1, "explanation": 1, "fresh": 1}
        superuser.execute("UPDATE escalation SET at = %s", (now - timedelta(days=1),))
        with pytest.raises(Refused, match="no-reason"):
            officials.accept(case, now)
        directives.summon(rung(world), "Eleza.", world.today, now)
    with pytest.raises(Refused, match="demanded-already"), as_officer(world.secretary):
        directives.summon(rung(world), "Eleza tena.", world.today, now)
    with as_officer(world.handler):
        (owed,) = directives.demanded(now)
        assert (owed.kind, owed.overdue) == ("explanation", False)
        (order,) = views.for_officer(case, now).directives
        with pytest.raises(Refused, match="needs-reason"):
            directives.complete(order.id, now)
    colleague = make.officer("DODOMA-CC", "handler", unit="WORKS")
    for other in (world.secretary, colleague):  # nobody says it for whoever has to
        with pytest.raises(Refused, match="not-allowed"), as_officer(other):
            directives.give_reason(case, "Hakuna tatizo.", now)
        with pytest.raises(Refused, match="not-allowed"), as_officer(other):
            directives.complete(order.id, now)
    with as_officer(world.handler):
        directives.give_reason(case, "Mkandarasi hajalipwa.", now)
        assert directives.demanded(now) == []
    assert kit.of_case(superuser, "directive", case)[0]["done_at"] == now
    assert (world.secretary, "explained") in told(superuser, case)
    armed = kit.timers(superuser, case)
    with as_officer(world.secretary):
        assert counts(world) == {"all": 1, "decision": 1}
        officials.accept(case, now)
        assert counts(world) == {"all": 1, "accepted": 1}
        (shown,) = views.for_officer(case, now).decisions
        assert shown.accepted
    with pytest.raises(Refused, match="decided"), as_officer(world.secretary):
        officials.accept(case, now)
    assert (world.handler, "reason_accepted") in told(superuser, case)
    # Rules 3 and 4: neither clock nor ladder.
    row, timers = kit.case_row(superuser, case), kit.timers(superuser, case)
    assert (row["due_at"], row["status"], row["handler_id"]) == (
        before["due_at"],
        before["status"],
        world.handler,
    )
    assert timers == armed


def test_a_reason_that_is_not_accepted_is_owed_anew(
    world: World, superuser: Behind, as_officer: Any
) -> None:
    case, now = world.case.case_id, world.now
    with as_officer(world.handler):
        directives.give_reason(case, "Kazi ni nyingi.", now)
        with pytest.raises(Refused, match="not-allowed"):
            officials.accept(case, now)
    with pytest.raises(Refused, match="bad-date"), as_officer(world.secretary):
        officials.reject(case, "Taja mkandarasi.", world.today - timedelta(days=1), now)
    for day in (world.today + timedelta(days=400), date.max):  # which would ask for nothing
        with pytest.raises(Refused, match="too-far"), as_officer(world.secretary):
            directives.direct(rung(world), "Jibu.", day, now)
    with as_officer(world.secretary):
        officials.reject(case, "Taja mkandarasi.", world.today, now)
        assert counts(world) == {"all": 1, "explanation": 1}
    assert (world.handler, "reason_rejected") in told(superuser, case)
    with as_officer(world.handler):
        directives.give_reason(case, "Kampuni ya Ujenzi haijaanza.", now)
    with as_officer(world.secretary):
        assert counts(world)["decision"] == 1
    late = world.now + timedelta(days=2)
    with as_officer(world.secretary):
        given = directives.direct(rung(world), "Jibu.", world.today, now)
        assert oversight.counts(late)["overdue"] == 1
        (row,) = oversight.directives(late, "overdue").rows
        assert (row.id, row.own, row.overdue) == (given.id, True, True)
    with as_officer(world.director):  # the head sees what was given to the own institution
        (row,) = oversight.directives(late).rows
        assert (row.id, row.own) == (given.id, False)
    with as_officer(world.handler):
        desk.answer(case, "Imekamilika.", now)
    with as_officer(world.secretary):  # what is answered leaves the list, and comes back
        assert counts(world) == {}
    with transaction(Principal.of_case(case)):
        citizen.not_fixed(case, "Bado.", now)
    with as_officer(world.secretary):
        assert counts(world)["explanation"] == 1
        # By the rung of the cycle before: it is of the cycle in which it is given, and followed up.
        given = directives.direct(rung(world), "Jibu.", world.today, now)
    kit.sweep(now + timedelta(days=5))
    followed = [a for a in kit.of_case(superuser, "alarm", case) if a["kind"] == "directive"]
    assert [a["dedupe"].rpartition(":")[2] for a in followed] == [str(given.id)]


def test_a_post_takes_a_case_over(
    make: Make, world: World, superuser: Behind, as_officer: Any
) -> None:
    case, now = world.case.case_id, world.now
    stranger = make.officer("TANGA-CC", "handler")
    with pytest.raises(Refused, match="bad-target"), as_officer(world.secretary):
        officials.take_over(case, world.secretary, now)  # whose role owns no case
    with pytest.raises(Refused, match="bad-target"), as_officer(world.secretary):
        officials.take_over(case, stranger, now)
    for officer in (world.handler, world.adviser, stranger):
        with pytest.raises(Refused, match="not-allowed|not-found"), as_officer(officer):
            officials.take_over(case, officer, now)
    make.exclude(case, world.worker, now)
    with pytest.raises(Refused, match="excluded"), as_officer(world.secretary):
        officials.take_over(case, world.worker, now)
    superuser.execute("DELETE FROM conflict")
    before = kit.case_row(superuser, case)
    with as_officer(world.secretary):
        assert [o.id for o in officials.takers(case, world.post)] == [world.worker]
        officials.take_over(case, world.worker, now)
    with as_officer(world.director):  # a lower post does not take it back
        place = directives.place_on(case)
        assert place is not None
        assert officials.takers(case, place[1]) == []
    with pytest.raises(Refused, match="not-allowed"), as_officer(world.director):
        officials.take_over(case, world.director, now)
    row = kit.case_row(superuser, case)
    assert (row["handler_id"], row["due_at"]) == (world.worker, before["due_at"])
    assert (row["transfers"], row["cycle"]) == (before["transfers"], before["cycle"])
    assert row["institution_id"] != before["institution_id"]
    assert "taken_over" in kit.owed(superuser, case)
    assert {(world.handler, "taken_over"), (world.director, "taken_over")} <= told(superuser, case)
    assert "taken_over" in kit.acts(superuser, case)
    with pytest.raises(Refused, match="not-found"), as_officer(world.handler):
        views.for_officer(case, now)
    with as_officer(world.worker):
        desk.answer(case, "Limekamilika.", now)


def test_a_case_is_handed_down_with_words_and_a_day(
    make: Make, world: World, superuser: Behind, as_officer: Any
) -> None:
    case, now = world.case.case_id, world.now
    above = make.officer("PO-RALG", "handler")
    with pytest.raises(Refused, match="not-allowed"), as_officer(world.secretary):
        officials.hand_down(case, world.handler, "Jibu.", world.today, now)  # somebody's own
    with as_officer(world.secretary):
        officials.take_over(case, world.worker, now)
    superuser.execute('UPDATE "case" SET handler_id = NULL')
    with pytest.raises(Refused, match="not-allowed"), as_officer(world.director):
        officials.hand_down(case, world.handler, "Jibu.", world.today, now)  # a lower post
    superuser.execute('UPDATE "case" SET handler_id = %s', (world.worker,))
    for target in (above, world.worker):
        with pytest.raises(Refused, match="bad-target"), as_officer(world.secretary):
            officials.hand_down(case, target, "Jibu.", world.today, now)
    with pytest.raises(Refused, match="empty"), as_officer(world.secretary):
        officials.hand_down(case, world.handler, " ", world.today, now)
    with as_officer(world.secretary):
        officials.hand_down(case, world.handler, "Jibu leo.", world.today, now)
    row = kit.case_row(superuser, case)
    assert (row["handler_id"], row["transfers"]) == (world.handler, 0)
    (order,) = kit.of_case(superuser, "directive", case)
    assert (order["institution_id"], order["kind"]) == (row["institution_id"], "order")
    assert (world.handler, "handed_down") in told(superuser, case)
    with as_officer(world.handler):
        assert [each.reference for each in directives.demanded(now)] == [world.case.reference]
    # One that nobody owns, straight from the rung.
    superuser.execute('UPDATE "case" SET handler_id = NULL, status = %s', ("new",))
    with as_officer(world.secretary):
        officials.hand_down(case, world.handler, "Jibu kesho.", world.today, now)
    row = kit.case_row(superuser, case)
    assert (row["handler_id"], row["status"]) == (world.handler, "assigned")


def test_a_restricted_case_is_taken_over_by_ethics_alone(
    make: Make, superuser: Behind, as_officer: Any
) -> None:
    now = clock.now()
    owner = make.officer("ETHICS", "ethics")
    senior = make.officer("ETHICS", "ethics")
    make.hold(senior, "ETHICS", "ethics_senior")
    clerk = make.officer("ETHICS", "handler")
    case = make.case(now - timedelta(days=120), confidentiality="restricted").case_id
    superuser.execute('UPDATE "case" SET handler_id = %s WHERE id = %s', (owner, case))
    kit.sweep(now)
    before = kit.case_row(superuser, case)
    with pytest.raises(Refused, match="bad-target"), as_officer(senior):
        officials.take_over(case, clerk, now)
    with as_officer(senior):
        officials.take_over(case, senior, now)
        assert oversight.counts(now)["all"] == 1
        place = directives.place_on(case)
        assert place is not None
    with pytest.raises(Refused, match="not-allowed"), as_officer(senior):  # nobody's to delegate
        delegations.give(place[1], owner, local_day(now), now, case_id=case)
    row = kit.case_row(superuser, case)
    assert (row["handler_id"], row["institution_id"]) == (senior, before["institution_id"])


def reads(world: World, as_officer: Any, officer: int) -> bool:
    """Whether the officer opens the case, and the rules say the same as the database."""
    try:
        with as_officer(officer):
            views.for_officer(world.case.case_id, world.now)
            listed = oversight.counts(world.now)["all"]
            assert listed == 1
    except Refused:
        with as_officer(officer):
            assert oversight.counts(world.now)["all"] == 0
        return False
    return True


def test_a_delegate_reads_and_prepares_and_decides_nothing(
    world: World, superuser: Behind, as_officer: Any
) -> None:
    case, now, adviser = world.case.case_id, world.now, world.adviser
    week = world.today + timedelta(days=7)
    for target, code in ((world.worker, "bad-target"), (world.handler, "bad-target")):
        with pytest.raises(Refused, match=code), as_officer(world.secretary):
            delegations.give(world.post, target, week, now, case_id=case)
    with pytest.raises(Refused, match="not-allowed"), as_officer(adviser):
        delegations.give(world.post, adviser, week, now)  # nobody's own post
    assert not reads(world, as_officer, adviser)
    with as_officer(world.secretary):
        delegations.give(world.post, adviser, week, now, case_id=case)
    assert (adviser, "delegated") in told(superuser, case)
    assert reads(world, as_officer, adviser)
    with as_officer(adviser):
        verbs = views.for_officer(case, now).allowed
        assert verbs == {"recommend"}
        assert viewers.present().posts == frozenset()
        delegations.recommend(case, "order", "Jibu kesho.", week, now)
        (advice,) = delegations.waiting(case)
    for act in (
        lambda: directives.direct(kit.rungs(superuser, case)[3]["id"], "x", week, now),
        lambda: officials.accept(case, now),
        lambda: officials.take_over(case, world.worker, now),
        lambda: officials.hand_down(case, world.handler, "x", week, now),
        lambda: delegations.give(world.post, world.worker, week, now),
        lambda: delegations.follow(advice.id, now),
    ):
        with pytest.raises(Refused, match="not-found|not-allowed|gone"), as_officer(adviser):
            act()
    with as_officer(world.handler):  # the recommendation is the post's alone
        assert delegations.waiting(case) == []
    with as_officer(world.secretary):
        delegations.follow(advice.id, now)
        assert delegations.waiting(case) == []
    (order,) = kit.of_case(superuser, "directive", case)
    assert (order["officer_id"], order["post_id"]) == (world.secretary, world.post)
    with pytest.raises(Refused, match="gone"), as_officer(world.secretary):
        delegations.follow(advice.id, now)


@pytest.mark.parametrize(
    "ending", ["day", "holder", "moved", "role", "revoked", "conflict", "concerned", "inactive"]
)
def test_a_delegation_ends(
    make: Make, world: World, superuser: Behind, as_officer: Any, ending: str
) -> None:
    case, now, adviser = world.case.case_id, world.now, world.adviser
    with as_officer(world.secretary):
        delegations.give(world.post, adviser, world.today, now)  # all that reaches the post
    with pytest.raises(Refused, match="delegated-already"), as_officer(world.secretary):
        delegations.give(world.post, adviser, world.today, now)
    assert reads(world, as_officer, adviser)
    yesterday = world.today - timedelta(days=1)
    if ending == "revoked":
        with as_officer(world.secretary):
            (given,) = delegations.standing(now)
            delegations.end(given.id, now)
        with pytest.raises(Refused, match="not-found"), as_officer(world.secretary):
            delegations.end(given.id, now)
    elif ending == "conflict":
        make.exclude(case, adviser, now)
    elif ending == "concerned":  # the rung goes round who chose the adviser, who knows as much
        make.exclude(case, world.secretary, now)
    else:
        statement, officer = {
            "day": ("UPDATE delegation SET until_day = %s WHERE by_officer_id = %s", 0),
            "holder": ("UPDATE post_holding SET until_day = %s WHERE officer_id = %s", 0),
            "role": (
                "UPDATE officer SET roles = CASE WHEN %s IS NOT NULL THEN ARRAY['handler'] END"
                " WHERE id = %s",
                adviser,
            ),
            "inactive": ("UPDATE officer SET active = %s IS NULL WHERE id = %s", 0),
            "moved": (
                "UPDATE officer o SET institution_id = u.institution_id, unit_id = u.id FROM unit u"
                " WHERE u.id = (SELECT unit_id FROM officer WHERE username = 'officer1')"
                " AND %s IS NOT NULL AND o.id = %s",
                adviser,
            ),
        }[ending]
        superuser.execute(statement, (yesterday, officer or world.secretary))
    assert not reads(world, as_officer, adviser)
    with transaction(Principal.of_officer(adviser)):
        seen = db.session.scalar(text('SELECT count(*) FROM "case"'))
        assert seen == 0


def test_who_stands_on_no_rung_does_nothing_there(
    make: Make, world: World, superuser: Behind, as_officer: Any
) -> None:
    """A rung that was skipped gives nothing, nor does a post that the case has not reached; and the
    head whom it concerns does not even see it."""
    case, now = world.case.case_id, world.now
    chief = make.officer("W-MAJI", "oversight", "head")
    make.hold(chief, "W-MAJI", "institution_head")
    superuser.execute(
        "UPDATE escalation SET way = 'skipped' WHERE case_id = %s AND post_id = %s",
        (case, world.post),
    )
    make.exclude(case, world.director, now)
    for officer in (world.secretary, chief, world.director):
        for act in (
            lambda: officials.accept(case, now),
            lambda: officials.take_over(case, world.worker, now),
            lambda: officials.hand_down(case, world.handler, "x", world.today, now),
        ):
            with pytest.raises(Refused, match="not-found|not-allowed"), as_officer(officer):
                act()
