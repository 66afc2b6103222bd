"""Cases joined to a leading one: whom an answer reaches, whose clock rules, what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback.services import (
    citizen,
    desk,
    duplicates,
    escalations,
    extensions,
    outcomes,
    roster,
    views,
)
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
OTHER_WORDS = "Kisima cha Chang'ombe kimekauka tangu Jumatatu."


def follow(case_id: UUID, now: datetime) -> views.CitizenCase:
    """The page of a case's citizen."""
    with transaction(Principal.of_case(case_id)):
        return views.for_citizen(case_id, now)


def joined(
    make: Make, as_officer: AsOfficer, monday: datetime, handler: int, **fields: Any
) -> tuple[Receipt, Receipt]:
    """A case joined to a later one, which leads: (leading, joined)."""
    older = make.case(monday, body=OTHER_WORDS, **fields)
    leading = make.case(monday + timedelta(days=2), **fields)
    with as_officer(handler):
        duplicates.merge(older.case_id, leading.reference, monday + timedelta(days=2, hours=1))
    return leading, older


def owed(behind: Behind, case_id: UUID) -> list[tuple[str, str]]:
    """Templates and languages of what is owed for a case."""
    rows = kit.of_case(behind, "outbox", case_id, "created_at")
    return [(row["template"], row["language"]) for row in rows]


def test_a_group_is_one_piece_of_work_of_its_owner(
    make: Make, as_officer: AsOfficer, monday: datetime, superuser: Behind
) -> None:
    owner = make.officer("DODOMA-CC", "handler", unit="WORKS")
    joined(make, as_officer, monday, owner, category="ROADS")
    other = make.officer("DODOMA-CC", "handler", unit="WORKS")
    with as_officer(make.officer("DODOMA-CC", "coordinator")):
        assert roster.open_cases_of(owner) == 1
    # Counted by citizens, both would be the other's.
    later = [make.case(monday + timedelta(days=3, hours=h), category="ROADS") for h in range(2)]
    owners = [kit.case_row(superuser, each.case_id)["handler_id"] for each in later]
    assert owners == [other, owner]


def test_an_answer_reaches_each_citizen_and_nothing_else_does(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    now = monday + timedelta(hours=1)
    second = make.case(monday, body=OTHER_WORDS, phone="+255712000002", language="en")
    third = make.case(monday, body="Hakuna maji.", anonymous=True)
    leading = make.case(monday, body="Maji hayatoki bombani.", phone="+255712000001")
    for each in (second, third):
        with as_officer(handler):
            duplicates.merge(each.case_id, leading.reference, now)
    with as_officer(handler):
        # In no list but under the leading one.
        listed = [row.case_id for row in kit.my_cases(None, now).rows]
        assert listed == [leading.case_id]
        desk.ask(leading.case_id, "Tangu lini?", now)
        desk.note(leading.case_id, "Nitapiga simu.", now)
        desk.answer(leading.case_id, "Maji yatarudi kesho.", now + timedelta(hours=1))
    for each in (second, third):
        page = follow(each.case_id, now)
        assert page.status == "answered"
        assert "not_fixed" in page.allowed
        said = [line.body for line in page.messages if line.author == "officer"]
        assert said == ["joined", "Tangu lini?", "Maji yatarudi kesho."]
        shown = repr(page)
        for secret in (leading.reference, "Maji hayatoki", str(leading.case_id)):
            assert secret not in shown
        minutes = kit.clock(superuser, each.case_id, "answer")["minutes"]
        assert minutes is not None
        assert kit.timers(superuser, each.case_id).keys() == {"window"}
    # Each in the own language, by the own ways; who gave no number reads it on the page.
    assert owed(superuser, second.case_id) == [
        ("received", "en"),
        ("joined", "en"),
        ("question", "en"),
        ("answer", "en"),
    ]
    assert not owed(superuser, third.case_id)
    assert "Kisima" not in repr(follow(leading.case_id, now))


def test_the_earliest_clock_rules_and_undoing_gives_everything_back(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    colleague = make.officer("DODOMA-CC", "handler")
    now = monday + timedelta(days=2, hours=1)
    older = make.case(monday)
    leading = make.case(monday + timedelta(days=2))
    owners = {kit.case_row(superuser, each.case_id)["handler_id"] for each in (older, leading)}
    assert owners == {handler, colleague}
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    before = {each: _standing(superuser, each.case_id) for each in (older, leading)}
    with as_officer(head):
        duplicates.merge(older.case_id, leading.reference, now)
    for name in ("acknowledge", "answer"):
        earliest = kit.clock(superuser, older.case_id, name)["due_at"]
        assert kit.clock(superuser, leading.case_id, name)["due_at"] == earliest
    row = kit.case_row(superuser, leading.case_id)
    assert row["due_at"] == before[older]["due_at"] < before[leading]["due_at"]
    assert not kit.timers(superuser, older.case_id)
    assert kit.case_row(superuser, older.case_id)["handler_id"] == row["handler_id"]
    with as_officer(head):
        duplicates.take_apart(older.case_id, now + timedelta(hours=2))
    for each in (older, leading):
        assert _standing(superuser, each.case_id) == before[each]
    for each in (older, leading):
        assert {"merged", "led"} & set(kit.acts(superuser, each.case_id))


def _standing(behind: Behind, case_id: UUID) -> dict[str, Any]:
    """What joining changes and undoing restores."""
    row = kit.case_row(behind, case_id)
    kept = ("due_at", "handler_id", "unit_id", "status", "highest_rung", "merged_into")
    clocks = {
        name: kit.clock(behind, case_id, name)["due_at"] for name in ("acknowledge", "answer")
    }
    return {key: row[key] for key in kept} | clocks | {"timers": kit.timers(behind, case_id)}


def test_a_joined_citizen_who_writes_makes_the_leading_case_new(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    leading, older = joined(make, as_officer, monday, handler)
    now = monday + timedelta(days=2, hours=2)
    with as_officer(handler):
        desk.ask(leading.case_id, "Wapi hasa?", now)
    paused = kit.case_row(superuser, leading.case_id)["due_at"]
    with transaction(Principal.of_case(older.case_id)):
        citizen.add_message(older.case_id, "Karibu na soko.", now + timedelta(hours=1))
    row = kit.case_row(superuser, leading.case_id)
    assert row["unread"]
    assert row["status"] == "in_progress"
    assert row["due_at"] == kit.case_row(superuser, older.case_id)["due_at"] < paused
    (notice,) = [
        each
        for each in kit.of_case(superuser, "notice", leading.case_id)
        if each["kind"] == "citizen_message"
    ]
    assert notice["officer_id"] == handler
    with as_officer(handler):
        page = views.for_officer(leading.case_id, now)
        theirs = [line for line in page.messages if line.author == "joined"]
        assert [line.body for line in theirs] == [OTHER_WORDS, "Karibu na soko."]
        assert {line.reference for line in theirs} == {older.reference}
        # Acts on the matter are the leading case's.
        for act in (desk.acknowledge, lambda c, t: desk.answer(c, "Tayari.", t)):
            with pytest.raises(Refused, match="joined"):
                act(older.case_id, now)
    with as_officer(handler):
        desk.answer(leading.case_id, "Tayari.", now + timedelta(hours=2))
    assert not kit.case_row(superuser, older.case_id)["unread"]


def test_not_fixed_takes_that_citizens_case_apart_above_the_rung_that_dealt_with_it(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    leading, older = joined(make, as_officer, monday, handler)
    late = monday + timedelta(days=25)
    kit.sweep(late)
    climbed = kit.case_row(superuser, leading.case_id)["highest_rung"]
    assert climbed >= 2
    assert not kit.rungs(superuser, older.case_id)
    with as_officer(handler):
        desk.answer(leading.case_id, "Imekamilika.", late)
    with transaction(Principal.of_case(older.case_id)):
        appeal = citizen.not_fixed(older.case_id, "Bado.", late + timedelta(days=1))
    assert appeal.rung == climbed + 1
    row = kit.case_row(superuser, older.case_id)
    assert (row["merged_into"], row["cycle"], row["status"]) == (None, 2, "assigned")
    assert row["handler_id"] == handler
    assert kit.case_row(superuser, leading.case_id)["status"] == "answered"
    kit.sweep(late + timedelta(days=1))
    (rung,) = kit.rungs(superuser, older.case_id)
    assert rung["rung"] == climbed + 1
    with as_officer(handler):
        assert [row.case_id for row in kit.my_cases(None, late).rows] == [older.case_id]


def test_the_ladder_never_goes_back_and_climbs_once(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    """A late case joined to a fresh one: the fresh one goes on where the late one stood."""
    handler = make.officer("DODOMA-CC", "handler")
    director = make.officer("DODOMA-CC", "head")
    make.hold(director, "DODOMA-CC", "institution_head")
    older = make.case(monday)
    late = monday + timedelta(days=24)
    kit.sweep(late)
    stood = [row["rung"] for row in kit.rungs(superuser, older.case_id)]
    leading = make.case(late)
    with as_officer(handler):
        duplicates.merge(older.case_id, leading.reference, late)
    assert kit.case_row(superuser, leading.case_id)["highest_rung"] == max(stood)
    kit.sweep(late + timedelta(days=30))
    after = [row["rung"] for row in kit.rungs(superuser, leading.case_id)]
    assert after
    assert min(after) == max(stood) + 1
    assert len(after) == len(set(after))
    assert [row["rung"] for row in kit.rungs(superuser, older.case_id)] == stood


@pytest.mark.parametrize("whose", ["leading", "joined"])
def test_a_case_that_leaves_the_group_takes_nobody_along(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, whose: str
) -> None:
    """Withdrawn or made confidential by its citizen: the others go on by their own clocks."""
    handler = make.officer("DODOMA-CC", "handler")
    now = monday + timedelta(days=3)
    for act in (citizen.withdraw, lambda c, t: citizen.raise_confidentiality(c, "confidential", t)):
        leading, older = joined(make, as_officer, monday, handler)
        own = kit.clock(superuser, leading.case_id, "answer")["starts_at"]
        leaves, stays = (leading, older) if whose == "leading" else (older, leading)
        with transaction(Principal.of_case(leaves.case_id)):
            act(leaves.case_id, now)
        kit.sweep(now)
        row = kit.case_row(superuser, stays.case_id)
        assert (row["merged_into"], row["status"], row["handler_id"]) == (None, "assigned", handler)
        assert "ladder" in kit.timers(superuser, stays.case_id)
        assert "taken_apart" in kit.acts(superuser, older.case_id)
        if stays is leading:
            fresh = make.case(own)
            assert row["due_at"] == kit.case_row(superuser, fresh.case_id)["due_at"]


def test_what_cannot_be_joined(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("KONDOA-DC", "handler")
    case, other = make.case(monday), make.case(monday)
    secret = make.case(monday, confidentiality="confidential")
    restricted = make.case(monday, confidentiality="restricted")
    elsewhere = make.case(monday, institution="KONDOA-DC")
    late = monday + timedelta(hours=1)
    for target, code in (
        (case.reference, "same-case"),
        (secret.reference, "other-level"),
        (restricted.reference, "no-such-case"),
        (elsewhere.reference, "no-such-case"),
        ("AAAA-AAAA", "no-such-case"),
    ):
        with pytest.raises(Refused, match=code), as_officer(handler):
            duplicates.merge(case.case_id, target, late)
    with as_officer(handler):
        duplicates.merge(case.case_id, other.reference, late)
    third = make.case(monday)
    for each, target, code in ((other, third, "leads"), (third, case, "follows")):
        with pytest.raises(Refused, match=code), as_officer(handler):
            duplicates.merge(each.case_id, target.reference, late)


def test_who_is_kept_away_from_one_sees_none_of_the_group(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    leading, older = joined(make, as_officer, monday, handler)
    colleague = make.officer("DODOMA-CC", "coordinator")
    with as_officer(colleague):
        assert views.case_id_of(leading.reference) == leading.case_id
    make.exclude(older.case_id, colleague, monday)
    for each in (leading, older):
        with pytest.raises(Refused, match="not-found"), as_officer(colleague):
            views.case_id_of(each.reference)
    with as_officer(handler):
        duplicates.take_apart(older.case_id, monday + timedelta(days=3))
    with as_officer(colleague):
        assert views.case_id_of(leading.reference) == leading.case_id


def test_a_group_is_due_when_the_first_of_it_is(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    """Whatever is joined in whatever order: the least due time of all, and the own one after."""
    handler = Principal.of_officer(make.officer("DODOMA-CC", "handler"))
    now = monday + timedelta(days=10)

    def due(case: Receipt) -> datetime:
        found: datetime = kit.case_row(superuser, case.case_id)["due_at"]
        return found

    @settings(max_examples=100 if LONG else 4, deadline=None)
    @given(days=st.lists(st.integers(0, 9), min_size=2, max_size=4), data=st.data())
    def hold(days: list[int], data: st.DataObject) -> None:
        cases = [make.case(monday + timedelta(days=number)) for number in days]
        own = {each: due(each) for each in cases}
        leading = data.draw(st.sampled_from(cases))
        others = data.draw(st.permutations([each for each in cases if each is not leading]))
        inside = {leading}
        for each in others:
            with transaction(handler):
                duplicates.merge(each.case_id, leading.reference, now)
            inside.add(each)
            assert due(leading) == min(own[member] for member in inside)
        for each in data.draw(st.permutations(others)):
            with transaction(handler):
                duplicates.take_apart(each.case_id, now)
            inside.discard(each)
            assert due(each) == own[each]
            assert due(leading) == min(own[member] for member in inside)

    hold()


def test_two_officers_who_join_the_same_pair_take_turns(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = Principal.of_officer(make.officer("DODOMA-CC", "handler"))
    first, second = make.case(monday), make.case(monday)

    def join(case: Receipt, leading: Receipt) -> Callable[[], None]:
        def act() -> None:
            with transaction(handler):
                duplicates.merge(case.case_id, leading.reference, monday + timedelta(hours=1))

        return act

    results = kit.together(app, [join(first, second), join(second, first)])
    (refused,) = [each for each in results if each is not None]
    assert isinstance(refused, Refused)
    assert refused.code in ("follows", "joined", "leads")
    merged = [kit.case_row(superuser, each.case_id)["merged_into"] for each in (first, second)]
    assert merged.count(None) == 1


def test_the_sweep_lets_a_joined_case_rest(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    _leading, older = joined(make, as_officer, monday, handler)
    superuser.execute(
        "UPDATE timer SET done = false, due_at = %s WHERE case_id = %s", (monday, older.case_id)
    )
    with transaction(JOB):
        escalations.sweep_batch(monday + timedelta(days=40))
    assert not kit.timers(superuser, older.case_id)
    assert not kit.rungs(superuser, older.case_id)


def test_a_case_whose_leading_one_ended_without_it_goes_on_by_itself(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    """Whatever act forgot it: no clock stops for being joined."""
    handler = make.officer("DODOMA-CC", "handler")
    leading, older = joined(make, as_officer, monday, handler)
    superuser.execute("UPDATE \"case\" SET status = 'answered' WHERE id = %s", (leading.case_id,))
    late = monday + timedelta(days=25)
    kit.sweep(late)
    assert kit.case_row(superuser, older.case_id)["merged_into"] is None
    assert kit.rungs(superuser, older.case_id)


def test_the_owner_who_steps_back_from_one_loses_all_of_the_group(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    leading, older = joined(make, as_officer, monday, handler)
    colleague = make.officer("DODOMA-CC", "handler")
    with as_officer(handler):
        desk.recuse(older.case_id, monday + timedelta(days=3))
    for each in (leading, older):
        assert kit.case_row(superuser, each.case_id)["handler_id"] == colleague


def test_more_time_and_the_outcome_are_those_of_the_whole_group(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    leading, older = joined(make, as_officer, monday, handler, category="ROADS")
    before = {c: kit.case_row(superuser, c.case_id)["due_at"] for c in (leading, older)}
    assert before[leading] == before[older]  # the earliest rules
    now = monday + timedelta(days=3)
    with as_officer(handler):
        extensions.ask(leading.case_id, 5, "Vipuri vinatoka nje.", now)
    with as_officer(head):
        extensions.grant(leading.case_id, "Vipuri vinatoka nje.", now)
    after = {c: kit.case_row(superuser, c.case_id)["due_at"] for c in (leading, older)}
    assert after[leading] == after[older] == before[older] + timedelta(days=7)
    with as_officer(handler):
        desk.answer(leading.case_id, "Kisima kimechimbwa upya.", now, outcome="solved")
    for case in (leading, older):
        with transaction(Principal.of_case(case.case_id)):
            assert [each.kind for each in outcomes.of_case(case.case_id).values()] == ["solved"]


def test_a_group_gives_no_case_more_time_than_its_standard(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    first, second, third = (
        make.case(monday, category="ROADS", body=body)
        for body in ("Shimo la Nkuhungu.", "Shimo la Ipagala.", "Shimo la Makole.")
    )

    def longer(case: Receipt) -> None:
        with as_officer(handler):
            extensions.ask(case.case_id, 10, "Vipuri vinatoka nje.", monday)
        with as_officer(head):
            extensions.grant(case.case_id, "Vipuri vinatoka nje.", monday)

    longer(first)
    with as_officer(handler):
        duplicates.merge(first.case_id, second.reference, monday)
    longer(second)
    assert kit.clock(superuser, first.case_id, "answer")["extension_days"] == 10
    with as_officer(handler):
        duplicates.merge(third.case_id, second.reference, monday)
        duplicates.take_apart(first.case_id, monday)
        with pytest.raises(Refused, match="bad-days-more"):
            extensions.ask(first.case_id, 1, "Bado.", monday)


def test_whoever_came_to_a_rung_is_kept_from_a_group_of_which_one_case_names_him(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    older = make.case(
        monday, category="ROADS", body="Zawadi Kimambo aliacha shimo wazi barabarani."
    )
    leading = make.case(monday, category="ROADS")
    with as_officer(handler):
        duplicates.merge(older.case_id, leading.reference, monday)
    late = monday + timedelta(days=40)
    named = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Zawadi Kimambo")
    make.hold(named, "DODOMA-CC", "unit_head", unit="WORKS")
    kit.sweep(late)
    for case in (older, leading):
        with as_officer(named), pytest.raises(Refused, match="not-found"):
            views.case_id_of(case.reference)


def test_words_are_compared_anew_before_cases_are_joined(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    older = make.case(monday, category="ROADS")
    leading = make.case(
        monday, category="ROADS", body="Zawadi Kimambo aliacha shimo wazi barabarani."
    )
    named = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Zawadi Kimambo")
    with as_officer(handler):
        duplicates.merge(older.case_id, leading.reference, monday)
    for case in (older, leading):
        with as_officer(named), pytest.raises(Refused, match="not-found"):
            views.case_id_of(case.reference)


def test_a_case_is_not_joined_to_one_that_climbs_less_high(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    complaint, suggestion = make.case(monday), make.case(monday, kind="suggestion")
    with pytest.raises(Refused, match="ends-lower"), as_officer(handler):
        duplicates.merge(complaint.case_id, suggestion.reference, monday)
    with as_officer(handler):
        duplicates.merge(suggestion.case_id, complaint.reference, monday)


def test_joining_and_taking_apart_acknowledges_nothing(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case, leading = make.case(monday), make.case(monday)
    with as_officer(handler):
        desk.acknowledge(leading.case_id, monday)
        duplicates.merge(case.case_id, leading.reference, monday)
    assert kit.clock(superuser, case.case_id, "acknowledge")["met_at"] == monday
    with as_officer(handler):
        duplicates.take_apart(case.case_id, monday + timedelta(hours=1))
    clock = kit.clock(superuser, case.case_id, "acknowledge")
    assert (clock["met_at"], clock["minutes"]) == (None, None)
    assert kit.case_row(superuser, case.case_id)["first_response_at"] is None
    kit.sweep(monday + timedelta(days=4))
    assert [row["clock"] for row in kit.rungs(superuser, case.case_id)] == ["acknowledge"]
