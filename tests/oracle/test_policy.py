"""The oracle itself, by scenes whose dates were counted by hand with the policy beside them.

Monday is 10 November 2025; Tuesday 9 December is off.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.oracle import drive, oracle
from tests.oracle.facts import Fact, World, local, moment
from tests.oracle.outcome import Outcome, Policy

BEGIN = moment(date(2025, 11, 3), 7, 1)
OFF = frozenset({date(2025, 12, 9), date(2025, 12, 25), date(2025, 12, 26)})
COUNCIL = ("DODOMA-CC", "OTHER", "complaint", False)


def at(day: int, hour: int, minute: int = 1, month: int = 11) -> datetime:
    return moment(date(2025, month, day), hour, minute)


LATER = at(24, 23)


def one(*facts: Fact, until: datetime = LATER) -> Outcome:
    """What becomes of the case c1, where an officer works and the head of the unit is o2."""
    people = (
        Fact(BEGIN, "officer", ("o1", "DODOMA-CC", ("handler",))),
        Fact(BEGIN, "officer", ("o2", "DODOMA-CC", ("head",))),
        Fact(BEGIN, "officer", ("o3", "KONDOA-DC", ("handler",))),
        Fact(BEGIN, "officer", ("o4", "TANESCO", ("handler",))),
        Fact(BEGIN, "seat", ("DODOMA-CC", "REGISTRY", "unit_head", "holder", "o2")),
    )
    known = {"TZ": OFF, "TZ-ZNZ": OFF}
    made = World(0, BEGIN, until + timedelta(days=1), (*people, *facts), known)
    return oracle.predict(made, made.facts, drive.SHIPPED, Policy(), until)["c1"]


def rungs(outcome: Outcome) -> list[tuple[int, str, str]]:
    return [(climb.rung, local(climb.due), climb.clock) for climb in outcome.climbs]


LODGED = Fact(at(10, 9), "lodge", ("c1", *COUNCIL))
OWNED = Fact(at(10, 9), "owner", ("c1", "o1"))
ACKNOWLEDGED = Fact(at(11, 9), "ack", ("c1",))


def test_nobody_does_anything() -> None:
    found = one(LODGED, OWNED, until=at(31, 12, month=12))
    assert rungs(found) == [
        # no word by Wednesday, and that leads to the second rung at most
        (1, "Wed 2025-11-12 15:30", "acknowledge"),
        (2, "Mon 2025-11-17 15:30", "acknowledge"),
        # the answer was due after 14 working days; three on each rung
        (3, "Fri 2025-11-28 15:30", "answer"),
        (4, "Wed 2025-12-03 15:30", "answer"),
        (5, "Mon 2025-12-08 15:30", "answer"),
        (6, "Fri 2025-12-12 15:30", "answer"),
        (7, "Wed 2025-12-17 15:30", "answer"),
    ]
    assert [local(moment) for _, moment in found.tops] == [
        "Mon 2025-12-22 15:30",
        "Mon 2025-12-29 15:30",
    ]
    first = found.climbs[0]
    assert (first.way, first.person, local(first.at)) == ("holder", "o2", "Wed 2025-11-12 16:00")


def test_nobody_owns_it() -> None:
    found = one(LODGED, Fact(at(10, 9), "owner", ("c1", None)), until=at(20, 9))
    # from Tuesday's close; the acknowledgement is due later, and both end at the second rung
    assert rungs(found) == [
        (1, "Tue 2025-11-11 15:30", "unowned"),
        (2, "Fri 2025-11-14 15:30", "unowned"),
    ]
    assert len(found.wrong) == 1  # o1 could have had it


def test_an_outage_changes_when_it_is_recorded_and_nothing_else() -> None:
    found = one(LODGED, OWNED, Fact(at(12, 15), "outage", (72,)), until=at(16, 9))
    assert rungs(found) == [(1, "Wed 2025-11-12 15:30", "acknowledge")]
    assert local(found.climbs[0].at) == "Sat 2025-11-15 16:00"
    late = one(LODGED, OWNED, Fact(at(12, 15), "outage", (24,)), Fact(at(13, 9), "ack", ("c1",)))
    assert rungs(late)[:1] == [(1, "Wed 2025-11-12 15:30", "acknowledge")]


def test_the_third_transfer_costs_a_rung_at_once() -> None:
    moves = [
        fact
        for day, place, officer in ((12, "KONDOA-DC", "o3"), (13, "TANESCO", "o4"))
        for fact in (
            Fact(at(day, 9), "transfer", ("c1", place)),
            Fact(at(day, 9), "owner", ("c1", officer)),
        )
    ]
    back = Fact(at(14, 10), "transfer", ("c1", "DODOMA-CC"))
    found = one(LODGED, OWNED, ACKNOWLEDGED, *moves, back, Fact(at(14, 10), "owner", ("c1", "o1")))
    assert rungs(found) == [(1, "Fri 2025-11-14 10:01", "transfer")]
    assert found.climbs[0].person == "o2"
    # the clock ran on, wherever the case was
    assert local(found.due[1, "answer"]) == "Fri 2025-11-28 15:30"


@pytest.mark.parametrize(
    ("day", "abused"),
    # Due on Monday 17 after five working days: Wednesday is three before, Thursday two.
    [(12, False), (13, True), (14, True)],
)
def test_a_second_question_just_before_the_answer_is_due(day: int, abused: bool) -> None:
    found = one(
        Fact(at(10, 9), "lodge", ("c1", "DODOMA-CC", "OTHER", "enquiry", False)),
        OWNED,
        Fact(at(11, 9), "ask", ("c1",)),
        Fact(at(11, 14), "reply", ("c1",)),
        Fact(at(day, 10), "ask", ("c1",)),
        until=at(15, 9),
    )
    expected = [(1, f"{local(at(day, 10))}", "pause")] if abused else []
    assert rungs(found) == expected
    assert len(found.pauses) == 2


def test_an_order_that_is_not_followed_climbs_once_the_rung_was_held() -> None:
    ordered = (
        LODGED,
        OWNED,
        Fact(at(13, 9), "ack", ("c1",)),
        Fact(at(13, 10), "direct", ("c1", 1, 1)),
    )
    # due on Friday; Wednesday's rung has three working days
    assert rungs(one(*ordered))[1:] == [(2, "Mon 2025-11-17 15:30", "directive")]
    done = Fact(at(14, 9), "done", ("c1",))
    assert len(one(*ordered, done).climbs) == 1


def test_a_letter_on_paper_leads_to_the_rung_of_its_office_at_once() -> None:
    head = Fact(BEGIN, "officer", ("o9", "PO-RALG", ("head",)))
    found = one(
        head, LODGED, OWNED, ACKNOWLEDGED, Fact(at(13, 10), "paper", ("c1", "PO-RALG", "o9"))
    )
    assert rungs(found) == [(5, "Thu 2025-11-13 10:01", "paper")]


def test_an_appeal_begins_one_rung_higher_with_seven_working_days() -> None:
    found = one(
        LODGED,
        OWNED,
        Fact(at(13, 9), "answer", ("c1",)),
        Fact(at(14, 9), "not_fixed", ("c1",)),
        until=at(26, 9),
    )
    assert rungs(found) == [
        (1, "Wed 2025-11-12 15:30", "acknowledge"),
        (2, "Fri 2025-11-14 09:01", "appeal"),
        (3, "Tue 2025-11-25 15:30", "answer"),
    ]


def test_an_outage_hides_no_rung_of_a_cycle_that_the_citizen_ended() -> None:
    down = Fact(at(12, 15), "outage", (72,))
    answered = (Fact(at(13, 9), "answer", ("c1",)), Fact(at(14, 9), "not_fixed", ("c1",)))
    found = one(LODGED, OWNED, down, *answered, until=at(18, 9))
    assert rungs(found) == [
        (1, "Wed 2025-11-12 15:30", "acknowledge"),
        (2, "Fri 2025-11-14 09:01", "appeal"),
    ]
    assert {local(climb.at) for climb in found.climbs} == {"Sat 2025-11-15 16:00"}
    assert [climb.cycle for climb in found.climbs] == [1, 2]
