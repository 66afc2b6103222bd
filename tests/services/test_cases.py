"""Lodging: one submission is one case, with an owner and running clocks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from feedback.services import cases, visits
from feedback.services.cases import Lodging, Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

CHECK = Principal("receipt-check")
WORDS = "Taa za barabarani hazijawaka kwa wiki mbili."


def lodging(**fields: Any) -> Lodging:
    values: dict[str, Any] = {
        "submission_id": uuid4(),
        "channel": "web",
        "kind": "complaint",
        "language": "sw",
        "body": WORDS,
        "institution": "DODOMA-CC",
    }
    return Lodging(**{**values, **fields})


def lodge(item: Lodging, now: datetime) -> Receipt:
    case_id = uuid4()
    with transaction(Principal.lodging(case_id)):
        return cases.lodge(case_id, item, now)


def test_a_case_has_owner_clocks_and_record(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, phone="+255712000001", name="Asha Juma")
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["status"], case["handler_id"], case["cycle"]) == ("assigned", handler, 1)
    # 2 working days, and 14: the close of office on Wednesday, and on Friday in the third week
    assert receipt.acknowledge_due == kit.at("2025-11-12 15:30")
    assert receipt.answer_due == case["due_at"] == kit.at("2025-11-28 15:30")
    assert kit.timers(superuser, receipt.case_id) == {
        "ladder": receipt.acknowledge_due,
        "reminder": kit.at("2025-11-20 07:30"),
    }
    assert kit.acts(superuser, receipt.case_id) == ["lodged"]
    assert kit.owed(superuser, receipt.case_id) == ["received"]
    sealed = kit.of_case(superuser, "sealed_identity", receipt.case_id)
    assert {row["field"] for row in sealed} == {"name", "phone"}
    assert not receipt.repeated
    assert not receipt.triage
    notices = kit.of_case(superuser, "notice", receipt.case_id)
    assert [(n["officer_id"], n["kind"]) for n in notices] == [(handler, "assigned")]


@pytest.mark.parametrize(
    ("kind", "category", "acknowledge", "answer", "max_rung"),
    [
        ("complaint", None, 2, 14, None),
        ("enquiry", None, 2, 5, None),
        ("suggestion", None, 2, 14, 3),
        ("compliment", None, 2, 14, 3),
        ("complaint", "CORRUPTION", 7, 30, None),
        ("enquiry", "CONDUCT", 7, 30, None),
    ],
)
def test_the_standard_is_frozen_on_the_case(
    make: Make,
    monday: datetime,
    superuser: Behind,
    kind: str,
    category: str | None,
    acknowledge: int,
    answer: int,
    max_rung: int | None,
) -> None:
    receipt = make.case(monday, kind=kind, category=category)
    days = {
        name: kit.clock(superuser, receipt.case_id, name)["working_days"]
        for name in ("acknowledge", "answer")
    }
    assert days == {"acknowledge": acknowledge, "answer": answer}
    assert kit.case_row(superuser, receipt.case_id)["max_rung"] == max_rung


def test_the_same_submission_again_shows_the_first_receipt(
    app: Flask, monday: datetime, superuser: Behind
) -> None:
    item = lodging()
    first = lodge(item, monday)
    again = lodge(item, monday + timedelta(hours=3))
    assert (again.case_id, again.reference) == (first.case_id, first.reference)
    assert again.receipt_code == first.receipt_code
    assert (again.acknowledge_due, again.answer_due) == (first.acknowledge_due, first.answer_due)
    assert (again.repeated, again.altered, again.expired) == (True, False, False)
    assert kit.rows(superuser, 'SELECT count(*) AS n FROM "case"') == [{"n": 1}]


def test_altered_content_shows_the_first_receipt_with_a_notice(
    app: Flask, monday: datetime, superuser: Behind
) -> None:
    item = lodging()
    first = lodge(item, monday)
    altered = lodging(submission_id=item.submission_id, body="Maji hayatoki.")
    again = lodge(altered, monday)
    assert (again.case_id, again.altered) == (first.case_id, True)
    bodies = [row["body"] for row in kit.of_case(superuser, "message", first.case_id)]
    assert bodies == [WORDS]


def test_another_language_is_not_another_content(app: Flask, monday: datetime) -> None:
    item = lodging()
    lodge(item, monday)
    again = lodge(lodging(submission_id=item.submission_id, language="en"), monday)
    assert not again.altered


def test_the_code_is_shown_again_for_a_day(app: Flask, monday: datetime) -> None:
    item = lodging()
    first = lodge(item, monday)
    within = lodge(item, monday + timedelta(hours=24))
    assert (within.receipt_code, within.expired) == (first.receipt_code, False)
    after = lodge(item, monday + timedelta(hours=24, seconds=1))
    assert (after.receipt_code, after.expired, after.repeated) == ("", True, True)
    assert after.reference == first.reference


def test_eight_posts_at_once_make_one_case(app: Flask, monday: datetime, superuser: Behind) -> None:
    item = lodging(phone="+255712000001")
    results = kit.together(app, [lambda: lodge(item, monday)] * 8)
    assert {type(result) for result in results} == {Receipt}
    assert len({result.case_id for result in results}) == 1
    assert sum(not result.repeated for result in results) == 1
    assert len({result.receipt_code for result in results}) == 1
    for table in ('"case"', "submission", "message", "outbox", "audit_entry"):
        assert kit.rows(superuser, f"SELECT count(*) AS n FROM {table}") == [  # noqa: S608
            {"n": 1}
        ], table


@pytest.mark.parametrize("field", ["institution", "category"])
def test_unknown_codes_are_refused_and_leave_nothing(
    app: Flask, monday: datetime, superuser: Behind, field: str
) -> None:
    with pytest.raises(Refused, match="bad-target"):
        lodge(lodging(**{field: "NO-SUCH"}), monday)
    assert kit.rows(superuser, 'SELECT count(*) AS n FROM "case"') == [{"n": 0}]
    assert kit.rows(superuser, "SELECT count(*) AS n FROM submission") == [{"n": 0}]


def test_what_breaks_half_way_leaves_nothing(
    app: Flask, monday: datetime, superuser: Behind
) -> None:
    item, case_id = lodging(phone="+255712000001"), uuid4()

    def broken() -> None:
        with transaction(Principal.lodging(case_id)):
            cases.lodge(case_id, item, monday)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    for table in ('"case"', "submission", "message", "outbox", "audit_entry", "timer"):
        assert kit.rows(superuser, f"SELECT count(*) AS n FROM {table}") == [  # noqa: S608
            {"n": 0}
        ], table
    assert not lodge(item, monday).repeated


def test_owners_take_turns(make: Make, monday: datetime, superuser: Behind) -> None:
    officers = {make.officer("DODOMA-CC", "handler") for _ in range(3)}
    owners = [
        kit.case_row(superuser, make.case(monday + timedelta(minutes=n)).case_id)["handler_id"]
        for n in range(6)
    ]
    assert set(owners[:3]) == set(owners[3:]) == officers


def test_who_is_away_or_gone_is_passed_over(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    away, _, here = (
        make.officer("DODOMA-CC", "handler"),
        make.officer("DODOMA-CC", "handler", active=False),
        make.officer("DODOMA-CC", "handler"),
    )
    make.leave(away, date(2025, 11, 10), date(2025, 11, 10))
    owners = {kit.case_row(superuser, make.case(monday).case_id)["handler_id"] for _ in range(3)}
    assert owners == {here}
    tomorrow = make.case(monday + timedelta(days=1))
    assert kit.case_row(superuser, tomorrow.case_id)["handler_id"] == away


def test_the_unit_comes_first_then_the_desk_then_the_coordinator(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    def owner() -> int:
        receipt = make.case(monday, category="HEALTH-SERVICE")
        found: int = kit.case_row(superuser, receipt.case_id)["handler_id"]
        return found

    make.officer("DODOMA-CC", "handler", unit="WATER")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    assert owner() == coordinator
    registry = make.officer("DODOMA-CC", "handler")
    assert owner() == registry
    health = make.officer("DODOMA-CC", "handler", unit="HEALTH")
    assert owner() == health


def test_without_anyone_the_case_waits_with_clock_and_ladder(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday)
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["status"], case["handler_id"]) == ("new", None)
    # the next sweep looks at it, raises an alarm, and waits for the first rung: a day to name
    # somebody
    assert kit.timers(superuser, receipt.case_id)["ladder"] == monday
    kit.sweep(monday)
    (alarm,) = kit.of_case(superuser, "alarm", receipt.case_id, "at")
    assert alarm["kind"] == "unowned"
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2025-11-11 15:30")
    kit.sweep(receipt.acknowledge_due)
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == [1]


def test_triage_goes_to_the_region_of_a_known_place(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    owner = make.officer("RS-DODOMA", "handler")
    receipt = make.case(monday, institution=None, place="Kondoa", body="Nahitaji msaada.")
    case = kit.case_row(superuser, receipt.case_id)
    (region,) = kit.rows(superuser, "SELECT id FROM institution WHERE code = 'RS-DODOMA'")
    assert receipt.triage
    assert (case["institution_id"], case["triage"]) == (region["id"], True)
    assert (case["handler_id"], case["confidentiality"]) == (owner, "confidential")
    assert receipt.acknowledge_due == kit.at("2025-11-12 15:30")


def test_triage_of_an_unknown_place_goes_home(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday, institution=None, body="Nahitaji msaada.")
    case = kit.case_row(superuser, receipt.case_id)
    (home,) = kit.rows(superuser, "SELECT id FROM institution WHERE code = 'PO-PSMGG'")
    assert (case["institution_id"], case["triage"], case["cautious"]) == (home["id"], True, True)
    assert kit.timers(superuser, receipt.case_id)["ladder"] == monday


def test_words_name_the_institution(make: Make, monday: datetime, superuser: Behind) -> None:
    receipt = make.case(monday, institution=None, body="TANESCO hawajarudisha umeme tangu juzi.")
    case = kit.case_row(superuser, receipt.case_id)
    (tanesco,) = kit.rows(superuser, "SELECT id FROM institution WHERE code = 'TANESCO'")
    assert (case["institution_id"], case["triage"]) == (tanesco["id"], False)
    assert case["confidentiality"] == "open"


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, "open"),
        ({"confidentiality": "confidential"}, "confidential"),
        ({"confidentiality": "restricted"}, "restricted"),
        ({"category": "GBV"}, "confidential"),
        ({"category": "GBV", "confidentiality": "open"}, "confidential"),
        ({"category": "CORRUPTION", "confidentiality": "open"}, "restricted"),
        ({"body": "Afisa ameomba rushwa."}, "restricted"),
        ({"body": "Afisa ameomba rushwa.", "confidentiality": "open"}, "restricted"),
        ({"institution": None, "body": "Nahitaji msaada."}, "confidential"),
        ({"institution": None, "body": "Wanaomba rushwa."}, "restricted"),
    ],
)
def test_the_strictest_level_holds(
    make: Make, monday: datetime, superuser: Behind, fields: dict[str, Any], level: str
) -> None:
    receipt = make.case(monday, **fields)
    assert kit.case_row(superuser, receipt.case_id)["confidentiality"] == level
    (message,) = kit.of_case(superuser, "message", receipt.case_id)
    assert (message["body"] is None) == (level != "open")


def test_integrity_goes_to_an_ethics_officer_outside(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler", "ethics")
    make.officer("DODOMA-CC", "ethics")
    outside = make.officer("ETHICS", "ethics")
    receipt = make.case(monday, body="Afisa ardhi ameomba rushwa.")
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["standard"]) == (outside, "INTEGRITY")
    assert receipt.answer_due == kit.at("2025-12-23 15:30")  # 30 working days, 9 December off


@pytest.mark.parametrize(
    "persons",
    [
        "Juma Hamisi Kapuya",
        "juma kapuya",
        "Bwana Kapuya Juma",
        "Mwalimu Kapuya",
        "Juma Kapuja wa ardhi",
        "Anna Mushi, Juma Kapuya",
    ],
)
def test_a_person_named_is_excluded_and_never_the_owner(
    make: Make, monday: datetime, superuser: Behind, as_officer: Callable[[int], Any], persons: str
) -> None:
    accused = make.officer("DODOMA-CC", "handler", name="Juma Hamisi Kapuya")
    other = make.officer("DODOMA-CC", "handler", name="Neema Swai")
    for _ in range(3):
        receipt = make.case(monday, persons=persons)
        case = kit.case_row(superuser, receipt.case_id)
        assert case["handler_id"] == other
        excluded = kit.of_case(superuser, "conflict", receipt.case_id, "officer_id")
        assert [(x["officer_id"], x["reason"]) for x in excluded] == [(accused, "named")]
    with as_officer(accused) as session:
        from feedback import models as m

        assert session.get(m.Case, receipt.case_id) is None
    sealed = kit.of_case(superuser, "sealed_identity", receipt.case_id)
    assert [row["field"] for row in sealed] == ["persons"]


def test_a_whole_name_is_known_wherever_the_case_may_go(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    elsewhere = make.officer("KONDOA-DC", "handler", name="Juma Hamisi Kapuya")
    make.officer("KONDOA-DC", "handler", name="Juma Rashidi Ngowi")
    above = make.officer("PO-PSMGG", "head", name="Rehema Juma Kapuya")
    receipt = make.case(monday, persons="Juma Hamisi Kapuya")
    excluded = kit.of_case(superuser, "conflict", receipt.case_id, "officer_id")
    assert {x["officer_id"] for x in excluded} == {elsewhere, above}


def test_a_single_common_name_excludes_nobody_far_away(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("KONDOA-DC", "handler", name="Juma Rashidi Ngowi")
    near = make.officer("DODOMA-CC", "handler", name="Juma Peter Swai")
    receipt = make.case(monday, persons="Juma")
    excluded = kit.of_case(superuser, "conflict", receipt.case_id, "officer_id")
    assert {x["officer_id"] for x in excluded} == {near}


def test_an_ethics_officer_who_is_named_does_not_get_the_case(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("ETHICS", "ethics", name="Juma Hamisi Kapuya")
    other = make.officer("TAKUKURU", "ethics", name="Neema Swai")
    receipt = make.case(monday, category="CORRUPTION", persons="Juma Kapuya")
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] == other


def test_the_worker_lodges_too(make: Make, monday: datetime, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    item, case_id = lodging(channel="sms", phone="+255712000001"), uuid4()
    with transaction(JOB):
        first = cases.lodge(case_id, item, monday)
    with transaction(JOB):
        again = cases.lodge(uuid4(), item, monday)
    assert (first.case_id, again.case_id, again.repeated) == (case_id, case_id, True)
    assert kit.case_row(superuser, case_id)["handler_id"] == handler


def test_the_receipt_of_a_submission(app: Flask, monday: datetime) -> None:
    item = lodging()
    first = lodge(item, monday)
    with transaction(CHECK):
        found = cases.receipt_for(item.submission_id, "a visit", monday)
        none = cases.receipt_for(UUID(int=7), "a visit", monday)
    assert found is not None
    assert (found.reference, found.receipt_code) == (first.reference, first.receipt_code)
    assert (found.acknowledge_due, found.answer_due) == (first.acknowledge_due, first.answer_due)
    assert (found.repeated, found.altered, none) == (True, False, None)


def test_a_visit_that_was_left_shows_no_receipt(app: Flask, monday: datetime) -> None:
    item = lodging()
    lodge(item, monday)
    with transaction(CHECK):
        visits.end("a visit", monday)
    with transaction(CHECK):
        assert cases.receipt_for(item.submission_id, "a visit", monday) is None
        assert cases.receipt_for(item.submission_id, "another", monday) is not None


def test_who_may_not_lodge_sees_no_receipt(app: Flask, monday: datetime) -> None:
    item = lodging()
    lodge(item, monday)
    for principal in (Principal("figures"), Principal.lodging(uuid4())):
        with transaction(principal):
            assert cases.receipt_for(item.submission_id, "a visit", monday) is None


def test_a_case_costs_few_statements(make: Make, monday: datetime, query_count: Any) -> None:
    make.officer("DODOMA-CC", "handler")
    make.case(monday)
    with query_count() as counted:
        make.case(monday, phone="+255712000001", name="Asha", persons="Juma Kapuya")
    assert counted.number <= 12


def test_a_character_that_no_column_holds_is_left_out(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday, body="Maji\x00 hayatoki.")
    (message,) = kit.of_case(superuser, "message", receipt.case_id)
    assert message["body"] == "Maji hayatoki."
