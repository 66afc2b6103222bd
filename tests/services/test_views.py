"""The read side of one case, to its citizen and to officers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from feedback.services import citizen, desk, directives, views
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]


def test_the_citizen_sees_the_process_and_no_internal_word(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    receipt = make.case(monday, place="Uhindini")
    with as_officer(handler):
        desk.note(receipt.case_id, "Siri ya ofisi.", monday)
        directives.give_reason(receipt.case_id, "Gari limeharibika.", monday)
        desk.ask(receipt.case_id, "Nguzo ipi?", monday + timedelta(minutes=1))
    with transaction(Principal.of_case(receipt.case_id)):
        seen = views.for_citizen(receipt.case_id, monday + timedelta(days=1))
    assert [(line.kind, line.author) for line in seen.messages] == [
        ("citizen", "citizen"),
        ("question", "officer"),
    ]
    assert seen.reference == receipt.reference
    assert (seen.institution.code, seen.place) == ("DODOMA-CC", "Uhindini")
    assert seen.pause is not None
    assert seen.pause.runs_out_at == kit.at("2025-11-24 15:30")
    assert seen.acknowledge_due is None
    assert not seen.late
    assert seen.days_left == 23  # 14, ten that may be waited for, less the day gone
    assert seen.allowed == {"citizen_message", "withdraw", "raise_confidentiality"}


def test_a_late_case_says_so(make: Make, monday: datetime) -> None:
    receipt = make.case(monday)
    kit.sweep(receipt.answer_due)
    with transaction(Principal.of_case(receipt.case_id)):
        on_time = views.for_citizen(receipt.case_id, receipt.answer_due)
        late = views.for_citizen(receipt.case_id, receipt.answer_due + timedelta(seconds=1))
    assert (on_time.late, on_time.days_left) == (False, 0)
    assert (late.late, late.days_left) == (True, -1)
    assert [rung.number for rung in late.rungs] == [1, 2, 3]
    assert late.rungs[-1].name_en == "Council Director"


def test_an_officer_sees_owners_rungs_and_what_comes(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    boss = make.officer("DODOMA-CC", "head")
    post = make.hold(boss, "DODOMA-CC", "unit_head", unit="REGISTRY")
    receipt = make.case(monday, category="OTHER", phone="+255712000001", name="Asha Juma")
    now = receipt.acknowledge_due
    kit.sweep(now)
    with as_officer(boss):
        before = views.for_officer(receipt.case_id, now)
        directives.direct(before.rungs[0].id, "Jibu leo.", date(2025, 11, 14), now)
    with as_officer(handler):
        seen = views.for_officer(receipt.case_id, now)
    assert (seen.handler_name, seen.channel, seen.transfers) == ("Neema Swai", "web", 0)
    assert [rung.post.name_en for rung in seen.rungs] == ["Head of Department or Unit"]
    assert [(rung.number, rung.at) for rung in seen.next_rungs] == [
        (2, kit.at("2025-11-17 15:30")),
        (3, kit.at("2025-11-28 15:30")),
        (4, kit.at("2025-12-03 15:30")),
    ]
    assert [(held.handler_name, held.ended_at) for held in seen.held] == [("Neema Swai", None)]
    assert [order.body for order in seen.directives] == ["Jibu leo."]
    assert post
    assert "Asha" not in repr(seen)
    assert "+255" not in repr(seen)


def test_allowed_verbs_are_those_that_work(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        fresh = views.for_officer(receipt.case_id, monday)
        assert {"acknowledge", "ask", "answer", "assign", "transfer", "note"} <= fresh.allowed
        desk.acknowledge(receipt.case_id, monday)
        assert "acknowledge" not in views.for_officer(receipt.case_id, monday).allowed
        desk.answer(receipt.case_id, "Imekamilika.", monday)
        done = views.for_officer(receipt.case_id, monday)
    assert done.allowed.isdisjoint({"acknowledge", "ask", "answer", "transfer"})


def test_the_version_changes_with_every_act(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    versions = []

    def look(now: datetime) -> None:
        with as_officer(handler):
            versions.append(views.for_officer(receipt.case_id, now).version)

    look(monday)
    acts: list[Callable[[datetime], Any]] = [
        lambda t: desk.acknowledge(receipt.case_id, t),
        lambda t: desk.note(receipt.case_id, "Nimepiga simu.", t),
        lambda t: desk.ask(receipt.case_id, "Wapi?", t),
    ]
    for number, act in enumerate(acts, start=1):
        with as_officer(handler):
            act(monday + timedelta(hours=number))
        look(monday)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Uhindini.", monday + timedelta(hours=5))
    look(monday)
    kit.sweep(monday + timedelta(days=60))
    look(monday)
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(("level", "entries"), [("open", 1), ("confidential", 1)])
def test_each_look_is_on_record(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    level: str,
    entries: int,
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, confidentiality=level)
    with as_officer(handler):
        views.for_officer(receipt.case_id, monday)
    assert kit.acts(superuser, receipt.case_id).count("looked") == entries


def test_a_reference_finds_only_what_may_be_seen(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    stranger = make.officer("KONDOA-DC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        assert views.case_id_of(receipt.reference) == receipt.case_id
    for principal in (Principal.of_officer(stranger), Principal.of_case(uuid4())):
        with pytest.raises(Refused, match="not-found"), transaction(principal):
            views.case_id_of(receipt.reference)
        with pytest.raises(Refused, match="not-found"), transaction(principal):
            views.for_citizen(receipt.case_id, monday)


def test_a_page_costs_the_same_however_long_the_history(
    make: Make, monday: datetime, as_officer: AsOfficer, query_count: Any
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)

    def cost() -> int:
        with query_count() as counted, as_officer(handler):
            views.for_officer(receipt.case_id, monday)
        number: int = counted.number
        return number

    with as_officer(handler):
        desk.note(receipt.case_id, "Moja.", monday)
    kit.sweep(receipt.acknowledge_due)
    few = cost()
    with as_officer(handler):
        for number in range(30):
            desk.note(receipt.case_id, f"Namba {number}.", monday)
    kit.sweep(monday + timedelta(days=60))
    assert cost() <= few
    assert few <= 27
