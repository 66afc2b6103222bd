"""The officer's verbs: what each needs, does and leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from feedback.rules import workflow
from feedback.rules.workflow import Status, Verb
from feedback.services import citizen, desk, directives, views
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
Act = Callable[[UUID, datetime], Any]


def officer_acts(colleague: int) -> dict[Verb, tuple[Act, str]]:
    """Each verb of the desk, and its act in the record."""
    return {
        Verb.ACKNOWLEDGE: (desk.acknowledge, "acknowledged"),
        Verb.ASK: (lambda c, t: desk.ask(c, "Wapi?", t), "asked"),
        Verb.NOTE: (lambda c, t: desk.note(c, "Nimepiga simu.", t), "noted"),
        Verb.ANSWER: (lambda c, t: desk.answer(c, "Imekamilika.", t), "answered"),
        Verb.ASSIGN: (lambda c, t: desk.assign(c, colleague, t), "assigned"),
        Verb.TRANSFER: (
            lambda c, t: desk.transfer(c, "KONDOA-DC", None, "Ni ya Kondoa.", t),
            "transferred",
        ),
        Verb.CLASSIFY: (lambda c, t: desk.classify(c, "ROADS", "open", t), "classified"),
    }


CITIZEN_ACTS: dict[Verb, tuple[Act, str]] = {
    Verb.CITIZEN_MESSAGE: (lambda c, t: citizen.add_message(c, "Bado.", t), "citizen_message"),
    Verb.WITHDRAW: (citizen.withdraw, "withdrawn"),
    Verb.ACCEPT: (lambda c, t: citizen.accept(c, 5, t), "accepted"),
    Verb.NOT_FIXED: (lambda c, t: citizen.not_fixed(c, "Bado.", t), "not_fixed"),
    Verb.RAISE_CONFIDENTIALITY: (
        lambda c, t: citizen.raise_confidentiality(c, "confidential", t),
        "confidentiality_raised",
    ),
}
DESK_VERBS = (
    Verb.ACKNOWLEDGE,
    Verb.ASK,
    Verb.NOTE,
    Verb.ANSWER,
    Verb.ASSIGN,
    Verb.TRANSFER,
    Verb.CLASSIFY,
)


def put(behind: Behind, case_id: UUID, status: Status, now: datetime) -> None:
    """Bring a case into a status, with what belongs to it."""
    ended = status in (Status.ANSWERED, Status.CLOSED, Status.WITHDRAWN)
    behind.execute(
        'UPDATE "case" SET status = %s, answered_at = %s, window_ends_at = %s, unread = false'
        " WHERE id = %s",
        (status, now if ended else None, workflow.window_end(now) if ended else None, case_id),
    )
    if ended:
        behind.execute("UPDATE deadline SET met_at = %s WHERE case_id = %s", (now, case_id))


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("verb", [*DESK_VERBS, *CITIZEN_ACTS])
def test_each_verb_follows_the_table(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    verb: Verb,
    status: Status,
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    colleague = make.officer("DODOMA-CC", "coordinator")
    make.officer("KONDOA-DC", "handler")
    receipt = make.case(monday, phone="+255712000001")
    put(superuser, receipt.case_id, status, monday)
    before = kit.acts(superuser, receipt.case_id)
    at_desk = verb in DESK_VERBS
    act, entry = (officer_acts(colleague) if at_desk else CITIZEN_ACTS)[verb]
    principal = Principal.of_officer(handler) if at_desk else Principal.of_case(receipt.case_id)
    later = monday + timedelta(hours=1)
    wanted = workflow.TRANSITIONS.get((verb, status))
    if wanted is None and (verb, status) != (Verb.ACCEPT, Status.CLOSED):
        with pytest.raises(Refused, match="not-allowed"), transaction(principal):
            act(receipt.case_id, later)
        assert kit.case_row(superuser, receipt.case_id)["status"] == status
        assert kit.acts(superuser, receipt.case_id) == before
        assert kit.owed(superuser, receipt.case_id) == ["received"]
        return
    with transaction(principal):
        act(receipt.case_id, later)
    assert kit.case_row(superuser, receipt.case_id)["status"] == (wanted or status)
    added = kit.acts(superuser, receipt.case_id)
    if wanted is None:
        # Said again: no more than another rating.
        assert sorted(added) in (sorted(before), sorted([*before, "rated"]))
        return
    assert sorted(added) == sorted([*before, entry])


SMS = {
    "acknowledge": "acknowledged",
    "ask": "question",
    "answer": "answer",
    "transfer": "transferred",
}


@pytest.mark.parametrize("verb", list(SMS))
@pytest.mark.parametrize("phone", ["+255712000001", None])
@pytest.mark.parametrize("level", ["open", "confidential", "restricted"])
def test_an_sms_carries_words_of_an_open_case_only(
    make: Make, monday: datetime, superuser: Behind, verb: str, phone: str | None, level: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("KONDOA-DC", "handler")  # to whom it may be transferred
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, phone=phone, confidentiality=level)
    owner = ethics if level == "restricted" else handler
    act = officer_acts(0)[Verb(verb)][0]
    principal = Principal.of_officer(owner)
    with transaction(principal):
        act(receipt.case_id, monday)
    queued = kit.of_case(superuser, "outbox", receipt.case_id, "created_at")
    if phone is None:
        assert queued == []
        return
    told = next(row for row in queued if row["template"] != "received")
    worded = verb in ("ask", "answer")
    waits = "_waits" if worded and level != "open" else ""
    assert told["template"] == SMS[verb] + waits
    assert (told["words"] is not None) == (worded and level == "open")
    assert told["recipient"] is None  # the number stays in the vault
    assert "Wapi" not in str(told["values"])


def test_an_exception_leaves_nothing_half_done(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("KONDOA-DC", "handler")
    receipt = make.case(monday, phone="+255712000001")
    tables = ("message", "audit_entry", "outbox", "timer", "deadline", "notice", "assignment")

    def snapshot() -> list[Any]:
        return [
            kit.case_row(superuser, receipt.case_id),
            *(kit.of_case(superuser, table, receipt.case_id, "case_id") for table in tables),
        ]

    def broken(act: Act) -> None:
        with as_officer(handler):
            act(receipt.case_id, monday)
            raise ZeroDivisionError

    before = snapshot()
    for act, _ in officer_acts(make.officer("DODOMA-CC", "handler")).values():
        with pytest.raises(ZeroDivisionError):
            broken(act)
        assert snapshot() == before


def test_acknowledging_twice_is_refused(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, monday + timedelta(hours=1))
    with pytest.raises(Refused, match="not-allowed"), as_officer(handler):
        desk.acknowledge(receipt.case_id, monday + timedelta(hours=2))
    assert kit.acts(superuser, receipt.case_id).count("acknowledged") == 1
    met = kit.clock(superuser, receipt.case_id, "acknowledge")
    assert (met["met_at"], met["minutes"]) == (monday + timedelta(hours=1), 60)


@pytest.mark.parametrize("verb", [Verb.ASK, Verb.ANSWER])
def test_the_first_human_word_acknowledges(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, verb: Verb
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    later = monday + timedelta(days=1)
    with as_officer(handler):
        officer_acts(0)[verb][0](receipt.case_id, later)
    assert kit.clock(superuser, receipt.case_id, "acknowledge")["met_at"] == later
    assert kit.case_row(superuser, receipt.case_id)["first_response_at"] == later


@pytest.mark.parametrize("body", ["", "  \n ", "\x00", "x" * 5_001])
def test_words_must_be_some_and_not_too_many(
    make: Make, monday: datetime, as_officer: AsOfficer, body: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    for act in (desk.answer, desk.ask, desk.note, directives.give_reason):
        with pytest.raises(Refused, match="empty|too-long"), as_officer(handler):
            act(receipt.case_id, body, monday)


def test_who_may_not_see_the_case_is_told_that_there_is_none(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    strangers = [
        make.officer("DODOMA-CC", "handler", unit="HEALTH"),
        make.officer("KONDOA-DC", "handler"),
        make.officer("DODOMA-CC", "admin"),
        make.officer("DODOMA-CC", "auditor"),
        make.officer("ETHICS", "ethics"),
        make.officer("CS", "oversight"),
    ]
    for stranger in strangers:
        for act, _ in officer_acts(stranger).values():
            with pytest.raises(Refused, match="not-found"), as_officer(stranger):
                act(receipt.case_id, monday)


def test_a_colleague_of_the_unit_notes_but_does_not_answer(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, category="OTHER")
    colleague = make.officer("DODOMA-CC", "handler")
    for verb, (act, _) in officer_acts(colleague).items():
        if verb is Verb.NOTE:
            continue
        with pytest.raises(Refused, match="not-allowed"), as_officer(colleague):
            act(receipt.case_id, monday)
    with as_officer(colleague):
        desk.note(receipt.case_id, "Naijua hii.", monday)
    assert "noted" in kit.acts(superuser, receipt.case_id)


def test_a_colleague_takes_what_nobody_owns(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    receipt = make.case(monday, category="OTHER")
    handler = make.officer("DODOMA-CC", "handler")
    with as_officer(handler):
        desk.assign(receipt.case_id, handler, monday)
        desk_case = views.for_officer(receipt.case_id, monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["status"]) == (handler, "assigned")
    assert desk_case.handler_id == handler


def test_a_coordinator_assigns_what_may_not_be_read(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    first = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, confidentiality="confidential")
    second = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with as_officer(coordinator):
        shown = views.for_officer(receipt.case_id, monday)
        assert (shown.may_read_words, shown.messages) == (False, [])
        assert shown.allowed == {"assign", "transfer"}
        desk.assign(receipt.case_id, second, monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["confidentiality"]) == (second, "confidential")
    with pytest.raises(Refused, match="not-found"), as_officer(first):
        views.for_officer(receipt.case_id, monday)
    held = kit.of_case(superuser, "assignment", receipt.case_id, "at")
    assert {(x["handler_id"], x["by_officer_id"]) for x in held} == {
        (first, None),
        (second, coordinator),
    }


def test_whom_a_case_may_not_be_given_to(
    make: Make, monday: datetime, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    excluded = make.officer("DODOMA-CC", "handler")
    make.exclude(receipt.case_id, excluded, monday)
    targets = {
        handler: "bad-target",
        make.officer("DODOMA-CC", "handler", active=False): "bad-target",
        make.officer("KONDOA-DC", "handler"): "bad-target",
        make.officer("DODOMA-CC", "auditor"): "bad-target",
        999_999: "bad-target",
        excluded: "excluded",
    }
    for target, code in targets.items():
        with pytest.raises(Refused, match=code), as_officer(handler):
            desk.assign(receipt.case_id, target, monday)


def test_a_transfer_names_an_owner_and_moves_no_clock(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    taker = make.officer("TANESCO", "handler")
    receipt = make.case(monday, phone="+255712000001")
    before = kit.of_case(superuser, "deadline", receipt.case_id)
    with as_officer(handler):
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni ya umeme.", monday + timedelta(days=1))
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["status"], case["transfers"]) == (taker, "assigned", 1)
    assert case["due_at"] == receipt.answer_due
    assert kit.of_case(superuser, "deadline", receipt.case_id) == before
    with pytest.raises(Refused, match="not-found"), as_officer(handler):
        views.for_officer(receipt.case_id, monday)
    with transaction(Principal.of_case(receipt.case_id)):
        seen = views.for_citizen(receipt.case_id, monday)
    assert seen.institution.code == "TANESCO"
    assert [line.kind for line in seen.messages] == ["citizen"]  # the reason is the offices' own
    with as_officer(taker):
        read = views.for_officer(receipt.case_id, monday)
    assert [line.body for line in read.messages if line.kind == "transfer"] == ["Ni ya umeme."]
    dirty = kit.rows(superuser, "SELECT DISTINCT institution_id FROM figure_dirty")
    assert len(dirty) == 2


def test_a_transfer_to_nobody_is_refused_and_the_case_stays(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    before = kit.case_row(superuser, receipt.case_id)
    said = len(kit.of_case(superuser, "message", receipt.case_id))
    with pytest.raises(Refused, match="nobody-there"), as_officer(handler):
        desk.transfer(receipt.case_id, "TANESCO", "TECH", "Ni ya umeme.", monday)
    assert kit.case_row(superuser, receipt.case_id) == before
    assert len(kit.of_case(superuser, "message", receipt.case_id)) == said
    make.officer("TANESCO", "coordinator")
    with as_officer(handler):
        desk.transfer(receipt.case_id, "TANESCO", "TECH", "Ni ya umeme.", monday)
    kit.sweep(receipt.acknowledge_due)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert (rung["at_institution"], rung["ladder"]) == ("TANESCO", "agency")


def test_the_ladder_after_a_transfer_goes_on_above_the_rungs_climbed(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("TANESCO", "handler")
    receipt = make.case(monday)
    kit.sweep(receipt.answer_due + timedelta(days=1))
    climbed = kit.rungs(superuser, receipt.case_id)
    assert [row["rung"] for row in climbed] == [1, 2, 3]
    later = receipt.answer_due + timedelta(days=1)
    with as_officer(handler):
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni ya umeme.", later)
    kit.sweep(later)
    assert kit.rungs(superuser, receipt.case_id) == climbed
    # rung 3 was reached on Friday 28 November and has three working days
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-12-03 15:30")
    kit.sweep(kit.at("2025-12-03 15:30"))
    *earlier, fourth = kit.rungs(superuser, receipt.case_id)
    assert earlier == climbed
    assert (fourth["rung"], fourth["ladder"]) == (4, "agency")
    assert (fourth["at_institution"], fourth["from_institution_id"]) == (
        "W-NISHATI",
        kit.case_row(superuser, receipt.case_id)["institution_id"],
    )


@pytest.mark.parametrize(
    ("institution", "unit"),
    [("NO-SUCH", None), ("TANESCO", "NO-SUCH"), ("DODOMA-CC", None), ("DODOMA-CC", "REGISTRY")],
)
def test_a_transfer_needs_another_place_that_exists(
    make: Make, monday: datetime, as_officer: AsOfficer, institution: str, unit: str | None
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, category="OTHER")
    with pytest.raises(Refused, match="bad-target"), as_officer(handler):
        desk.transfer(receipt.case_id, institution, unit, "Si yetu.", monday)


def test_a_transfer_goes_round_a_person_named(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("TANESCO", "handler", name="Juma Kapuya")
    other = make.officer("TANESCO", "handler", name="Neema Swai")
    receipt = make.case(monday, persons="Juma Kapuya")
    with as_officer(handler):
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni ya umeme.", monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other


def test_a_pause_survives_a_transfer(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("TANESCO", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi?", monday)
        desk.transfer(receipt.case_id, "TANESCO", None, "Ni ya umeme.", monday)
    assert kit.case_row(superuser, receipt.case_id)["status"] == "waiting_citizen"
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Uhindini.", monday + timedelta(days=2))
    case = kit.case_row(superuser, receipt.case_id)
    assert case["status"] == "in_progress"
    assert case["due_at"] == receipt.answer_due + timedelta(days=4)  # 2 working days, a weekend


def test_classifying_leaves_triage_and_may_lower_only_there(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("PO-PSMGG", "handler")
    receipt = make.case(monday, institution=None, body="Nahitaji msaada.")
    before = kit.of_case(superuser, "deadline", receipt.case_id)
    with as_officer(handler):
        desk.classify(receipt.case_id, "SERVICE", "open", monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["triage"], case["confidentiality"]) == (False, "open")
    assert kit.of_case(superuser, "deadline", receipt.case_id) == before
    assert kit.rows(superuser, "SELECT count(*) AS n FROM figure_dirty") == [{"n": 2}]
    with as_officer(handler):
        desk.classify(receipt.case_id, "SERVICE", "confidential", monday)
    with pytest.raises(Refused, match="not-allowed"), as_officer(handler):
        desk.classify(receipt.case_id, "SERVICE", "open", monday)
    with pytest.raises(Refused, match="bad-target"), as_officer(handler):
        desk.classify(receipt.case_id, "NO-SUCH", "confidential", monday)
    with pytest.raises(Refused, match="bad-target"), as_officer(handler):
        desk.classify(receipt.case_id, "SERVICE", "secret", monday)


def test_the_category_s_own_level_is_the_least(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(handler):
        desk.classify(receipt.case_id, "GBV", "open", monday)
    assert kit.case_row(superuser, receipt.case_id)["confidentiality"] == "confidential"
    (message,) = kit.of_case(superuser, "message", receipt.case_id)
    assert message["body"] is None
    with as_officer(handler):
        shown = views.for_officer(receipt.case_id, monday)
    assert shown.messages[0].body.startswith("Taa")


@pytest.mark.parametrize("way", ["category", "level"])
def test_raising_to_restricted_takes_the_earlier_handler_s_access_away(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, way: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    ethics = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, phone="+255712000001")
    later = monday + timedelta(hours=1)
    with as_officer(handler):
        desk.note(receipt.case_id, "Kuna tuhuma.", later)
        category, level = ("CORRUPTION", "open") if way == "category" else ("OTHER", "restricted")
        desk.classify(receipt.case_id, category, level, later)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["confidentiality"], case["handler_id"]) == ("restricted", ethics)
    assert case["due_at"] == receipt.answer_due
    for officer in (handler, head):
        with pytest.raises(Refused, match="not-found"), as_officer(officer):
            views.for_officer(receipt.case_id, later)
    assert {row["body"] for row in kit.of_case(superuser, "message", receipt.case_id)} == {None}
    with as_officer(ethics):
        shown = views.for_officer(receipt.case_id, later)
        assert {line.kind for line in shown.messages} == {"citizen", "note"}
        desk.acknowledge(receipt.case_id, later)
        desk.answer(receipt.case_id, "Tumepokea.", later)
    assert "answer_waits" in kit.owed(superuser, receipt.case_id)


def test_raising_an_unowned_case_gives_it_an_owner_who_can_act(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    receipt = make.case(monday)
    ethics = make.officer("ETHICS", "ethics")
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["status"], case["handler_id"]) == ("assigned", ethics)
    with as_officer(ethics):
        desk.acknowledge(receipt.case_id, monday)


def test_raising_without_an_ethics_officer_leaves_it_unowned_on_the_restricted_ladder(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["status"], case["handler_id"]) == ("new", None)
    kit.sweep(receipt.acknowledge_due)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert (rung["ladder"], rung["restricted"], rung["at_institution"]) == (
        "restricted",
        True,
        "ETHICS",
    )


def test_an_excluded_owner_loses_the_case_to_another(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    first = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    second = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    with as_officer(coordinator):
        desk.exclude(receipt.case_id, first, monday)
        desk.exclude(receipt.case_id, first, monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["status"]) == (second, "assigned")
    with pytest.raises(Refused, match="not-found"), as_officer(first):
        views.for_officer(receipt.case_id, monday)
    assert len(kit.of_case(superuser, "conflict", receipt.case_id, "officer_id")) == 1
    with pytest.raises(Refused, match="bad-target"), as_officer(coordinator):
        desk.exclude(receipt.case_id, 999_999, monday)


def test_recusing_with_nobody_else_leaves_the_case_unowned(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    only = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    with as_officer(only):
        desk.recuse(receipt.case_id, monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["status"]) == (None, "new")
    kit.sweep(monday)  # at once, not only when a clock runs out
    assert [row["kind"] for row in kit.of_case(superuser, "alarm", receipt.case_id)] == ["unowned"]
    # An owner is missed at the close of the next working day, before a word is.
    timer = kit.timers(superuser, receipt.case_id)["ladder"]
    assert timer == receipt.acknowledge_due - timedelta(days=1)
    held = kit.of_case(superuser, "assignment", receipt.case_id, "at")
    assert [x["ended_at"] is None for x in held].count(True) == 1


def test_a_directive_reaches_the_handler_and_is_done_once(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    boss = make.officer("DODOMA-CC", "head")
    make.hold(boss, "DODOMA-CC", "unit_head", unit="REGISTRY")
    receipt = make.case(monday, category="OTHER")
    kit.sweep(receipt.acknowledge_due)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    later = receipt.acknowledge_due + timedelta(hours=1)
    with pytest.raises(Refused, match="bad-date"), as_officer(boss):
        directives.direct(rung["id"], "Jibu leo.", date(2025, 11, 11), later)
    with pytest.raises(Refused, match="not-found"), as_officer(handler):
        directives.direct(rung["id"], "Jibu leo.", date(2025, 11, 14), later)
    with as_officer(boss):
        directive = directives.direct(rung["id"], "Jibu leo.", date(2025, 11, 14), later).id
    with as_officer(handler):
        (order,) = views.for_officer(receipt.case_id, later).directives
        assert (order.body, order.due_on) == ("Jibu leo.", date(2025, 11, 14))
        directives.complete(directive, later)
    with pytest.raises(Refused, match="not-allowed"), as_officer(handler):
        directives.complete(directive, later)
    kinds = [
        (n["officer_id"], n["kind"]) for n in kit.of_case(superuser, "notice", receipt.case_id)
    ]
    assert (handler, "directive") in kinds
    assert (boss, "directive_done") in kinds
    with transaction(Principal.of_case(receipt.case_id)):
        seen = views.for_citizen(receipt.case_id, later)
    assert "directive" not in {line.kind for line in seen.messages}


def test_a_letter_is_handed_over_once_and_by_the_coordinator(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    receipt = make.case(monday)
    kit.sweep(receipt.acknowledge_due)
    (rung,) = kit.rungs(superuser, receipt.case_id)
    assert rung["way"] == "letter"
    with pytest.raises(Refused, match="not-allowed"), as_officer(handler):
        desk.hand_over_letter(rung["id"], monday)
    with as_officer(coordinator):
        desk.hand_over_letter(rung["id"], monday)
    with pytest.raises(Refused, match="not-allowed"), as_officer(coordinator):
        desk.hand_over_letter(rung["id"], monday)
    with pytest.raises(Refused, match="not-found"), as_officer(coordinator):
        desk.hand_over_letter(receipt.case_id, monday)


def test_two_acts_at_once_take_turns(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt: Receipt = make.case(monday)

    def acknowledge() -> None:
        with transaction(Principal.of_officer(handler)):
            desk.acknowledge(receipt.case_id, monday)

    results = kit.together(app, [acknowledge] * 4)
    assert sorted(str(result) for result in results) == ["None", *["not-allowed"] * 3]
    assert kit.acts(superuser, receipt.case_id).count("acknowledged") == 1


def test_a_verb_costs_few_statements(
    make: Make, monday: datetime, as_officer: AsOfficer, query_count: Any
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, phone="+255712000001")
    with query_count() as counted, as_officer(handler):
        desk.answer(receipt.case_id, "Imekamilika.", monday)
    assert counted.number <= 30
