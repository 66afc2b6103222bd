"""What takes a case up beside its two clocks, and the declared ways round what is in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from feedback import models as m
from feedback.services import citizen, desk, directives, ladders, views
from feedback.services.alarms import standing
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit, reference_kit
from tests.services.kit import Behind
from tests.services.test_escalations import COUNCIL, staff

AsOfficer = Callable[[int], Any]
MOMENT = "%m-%d %H:%M"


def climbs(behind: Behind, receipt: Receipt) -> list[str]:
    """Moment (of the office's clock), driver and rung of each escalation."""
    return [
        f"{row['due_at'] + timedelta(hours=3):{MOMENT}} {row['clock']} {row['rung']}"
        for row in kit.rungs(behind, receipt.case_id)
    ]


def alarms(behind: Behind, receipt: Receipt) -> list[str]:
    return [row["kind"] for row in kit.of_case(behind, "alarm", receipt.case_id, "at")]


def ways(behind: Behind, receipt: Receipt) -> list[str]:
    return [
        f"{row['rung']} {row['way']} {row['why'] or ''}".strip()
        for row in kit.rungs(behind, receipt.case_id)
    ]


@pytest.fixture
def change(superuser: Behind) -> Iterator[Callable[[str], Any]]:
    """Sets reference data behind the application's back; afterwards it is as before."""
    with reference_kit.kept(superuser):
        yield lambda statement: superuser.execute(statement)  # type: ignore[arg-type]


@pytest.fixture
def acknowledged(make: Make, monday: datetime, as_officer: AsOfficer) -> Callable[[], Receipt]:
    """Lodges a case whose handler said a word at once, so that no acknowledgement drives it."""

    def lodged() -> Receipt:
        receipt = make.case(monday, category="OTHER")
        with as_officer(make.handler_of_dodoma):  # type: ignore[attr-defined]
            desk.acknowledge(receipt.case_id, monday)
        return receipt

    make.handler_of_dodoma = make.officer("DODOMA-CC", "handler")  # type: ignore[attr-defined]
    return lodged


@pytest.mark.parametrize("sweeps", [["2025-11-11 15:30", "2025-11-13 09:00"], ["2025-11-14 12:00"]])
def test_a_case_without_a_name_climbs_until_somebody_is_named(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer, sweeps: list[str]
) -> None:
    staff(make, COUNCIL)
    receipt = make.case(monday, category="OTHER")
    named = kit.at("2025-11-12 09:00")
    for moment in sweeps:
        if kit.at(moment) < named:
            kit.sweep(kit.at(moment))
    handler, coordinator = make.officer("DODOMA-CC", "handler"), make.officer(
        "DODOMA-CC", "coordinator"
    )  # fmt: skip
    with as_officer(coordinator):
        desk.assign(receipt.case_id, handler, named)
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, named)
    for moment in sweeps:
        if kit.at(moment) > named:
            kit.sweep(kit.at(moment))
    # the same whether a sweep came in time or days later
    assert climbs(superuser, receipt) == ["11-11 15:30 unowned 1"]
    assert kit.timers(superuser, receipt.case_id)["ladder"] == receipt.answer_due


def test_the_third_transfer_takes_one_rung_and_each_later_one_another(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    staff(make, COUNCIL)
    there = {code: make.officer(code, "handler") for code in ("DODOMA-CC", "KONDOA-DC")}
    receipt = make.case(monday, category="OTHER")
    with as_officer(there["DODOMA-CC"]):
        desk.acknowledge(receipt.case_id, monday)
    codes = ["KONDOA-DC", "DODOMA-CC"] * 2
    for day, code in enumerate(codes):
        own = "DODOMA-CC" if code != "DODOMA-CC" else "KONDOA-DC"
        with as_officer(there[own]):
            desk.transfer(receipt.case_id, code, None, "Si yetu.", monday + timedelta(days=day))
    kit.sweep(monday + timedelta(days=14))
    # handed on on Wednesday for the third and on Thursday for the fourth time
    assert climbs(superuser, receipt) == ["11-12 09:00 transfer 1", "11-17 15:30 transfer 2"]


def test_a_second_pause_just_before_the_due_time_takes_a_rung(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    acknowledged: Callable[[], Receipt],
) -> None:
    receipt = acknowledged()
    handler = make.handler_of_dodoma  # type: ignore[attr-defined]
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi?", monday + timedelta(days=1))
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.add_message(receipt.case_id, "Hapa.", monday + timedelta(days=1, hours=1))
    late = kit.at("2025-11-27 09:00")  # the answer is due on Friday the 28th
    with as_officer(handler):
        desk.ask(receipt.case_id, "Wapi hasa?", late)
    assert [row["abused"] for row in kit.of_case(superuser, "pause", receipt.case_id, "starts_at")]
    assert kit.timers(superuser, receipt.case_id)["ladder"] == late
    kit.sweep(late + timedelta(days=1))
    assert climbs(superuser, receipt) == ["11-27 09:00 pause 1"]


def test_an_order_that_is_not_followed_goes_to_the_rung_above_or_raises_an_alarm(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    holders = staff(make, COUNCIL)
    handler = make.officer("DODOMA-CC", "handler")
    followed, left = (make.case(monday, category="OTHER") for _ in range(2))
    for receipt in (followed, left):
        kit.sweep(receipt.acknowledge_due)
        with as_officer(handler):
            desk.acknowledge(receipt.case_id, receipt.acknowledge_due)
    ordered = kit.at("2025-11-13 10:00")
    for receipt in (followed, left):
        (rung,) = kit.rungs(superuser, receipt.case_id)
        with as_officer(holders[0]):
            order = directives.direct(rung["id"], "Mjibu.", date(2025, 11, 15), ordered)
        if receipt is followed:
            with as_officer(handler):
                directives.complete(order.id, ordered + timedelta(days=1))
    # the 15th is a Saturday: by the close of Monday
    assert kit.timers(superuser, left.case_id)["ladder"] == kit.at("2025-11-17 15:30")
    kit.sweep(kit.at("2025-11-19 12:00"))
    assert climbs(superuser, followed) == ["11-12 15:30 acknowledge 1"]
    assert climbs(superuser, left) == ["11-12 15:30 acknowledge 1", "11-17 15:30 directive 2"]
    # of the highest office: nobody is above, administrators hear of it once
    kit.sweep(kit.at("2025-12-17 15:30"))
    top = kit.rungs(superuser, left.case_id)[-1]
    with as_officer(holders[-1]):
        directives.direct(top["id"], "Mjibu.", date(2025, 12, 18), kit.at("2025-12-17 16:00"))
    for moment in ("2025-12-18 15:30", "2025-12-18 15:31", "2025-12-19 12:00"):
        kit.sweep(kit.at(moment))
    assert alarms(superuser, left).count("directive") == 1
    assert climbs(superuser, left)[-1] == "12-17 15:30 answer 7"


def test_a_post_stands_on_one_rung_and_a_handler_over_no_own_case(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    change: Callable[[str], Any],
) -> None:
    # The head of administration and of the council is one post, and its holder works as handler.
    change(
        "UPDATE ladder_rung SET post = 'hr_head', at = 'institution'"
        " WHERE ladder = 'council' AND rung IN (1, 2)"
    )
    boss = make.officer("DODOMA-CC", "head")
    make.hold(boss, "DODOMA-CC", "hr_head")
    handler = make.officer("DODOMA-CC", "handler")
    make.hold(handler, "DODOMA-CC", "institution_head")
    receipt = make.case(monday, category="OTHER")
    kit.sweep(receipt.answer_due)
    assert ways(superuser, receipt)[:4] == [
        "1 holder",
        "2 skipped circle",
        "3 skipped own",
        "4 letter vacant",
    ]
    assert alarms(superuser, receipt) == ["circle", "own", "vacant"]
    # each with the post that somebody has to see to
    with as_officer(make.officer("PO-PSMGG", "admin")):
        listed, _more = standing(None)
        codes = {each.id: each.code for each in directory().institutions.values()}
    seen = {row.kind: (row.name_en, codes.get(row.post_institution_id or 0)) for row in listed}
    assert seen["vacant"] == ("Regional Administrative Secretary", "RS-DODOMA")
    assert seen["own"] == ("Council Director", "DODOMA-CC")


def test_a_rung_that_is_told_and_no_more_opens_nothing(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    change: Callable[[str], Any],
) -> None:
    holders = staff(make, COUNCIL)
    change("UPDATE ladder_rung SET reads = false WHERE ladder = 'council' AND rung IN (4, 5)")
    handler = make.officer("DODOMA-CC", "handler")
    for level in ("open", "confidential"):
        receipt = make.case(monday, category="OTHER", confidentiality=level)
        kit.sweep(kit.at("2025-12-12 15:30"))
        region, capital = (row for row in kit.rungs(superuser, receipt.case_id)[3:6:2])
        assert (region["reads"], capital["reads"]) == (False, True)
        now = kit.at("2025-12-12 16:00")
        with pytest.raises(Refused, match="not-found"), as_officer(holders[3]):
            views.for_officer(receipt.case_id, now)
        with pytest.raises(Refused, match="not-found"), as_officer(holders[3]):
            directives.direct(region["id"], "Mjibu.", date(2025, 12, 15), now)
        with as_officer(holders[5]):
            assert views.for_officer(receipt.case_id, now).may_read_words
        # told of the institution, and of no case
        told = kit.rows(superuser, "SELECT * FROM notice WHERE officer_id = %s", holders[3])
        assert {(n["kind"], n["case_id"]) for n in told} == {("rung_told", None)}
        # from the second rung on the handler must say why it came so far
        asked = [n["kind"] for n in kit.of_case(superuser, "notice", receipt.case_id)
                 if n["officer_id"] == handler]  # fmt: skip
        assert asked.count("explain") == 5
        assert asked.count("climbed") == 1


def test_the_forecast_knows_what_drives(make: Make, monday: datetime) -> None:
    receipt = make.case(monday, category="OTHER")
    with transaction(JOB) as session:
        case = session.get(m.Case, receipt.case_id)
        steps = ladders.forecast(case, directory(), limit=3)
    assert [(step.rung, step.clock) for step in steps] == [
        (1, "unowned"),
        (2, "unowned"),
        (3, "answer"),
    ]
