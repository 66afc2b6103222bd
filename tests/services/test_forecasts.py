"""The forecast of cases and offices, who reads what of it, and the warning of the morning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from feedback import models as m
from feedback.extensions import db
from feedback.rules import teams
from feedback.rules.risk import Count
from feedback.services import (
    desk,
    forecast_lists,
    forecasts,
    ladders,
    lateness,
    morning,
    notices,
    outbox,
    roster,
    telling,
)
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import JOB, transaction
from local.phone.mailbox import Mailbox
from tests.factories import Make, count_queries
from tests.services import kit
from tests.services.kit import Behind
from tests.services.test_telling import confirm

AsOfficer = Callable[[int], Any]
DAY = timedelta(days=1)


NOBODY = {"settled": 0, "warned": 0, "left": 0}


def refresh(now: datetime) -> int:
    with transaction(JOB):
        return forecasts.refresh(now)


def test_a_case_is_forecast_until_it_changes(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(monday)
    assert (refresh(monday), refresh(monday + timedelta(minutes=1))) == (1, 0)
    (row,) = kit.of_case(superuser, "case_forecast", case.case_id, "case_id")
    with transaction(JOB):
        d = directory()
        stands = ladders.forecast(db.session.get_one(m.Case, case.case_id), d, 10)
    assert row["rungs"] == [step.rung for step in stands] == [1, 2, 3, 4, 5, 6, 7]
    assert row["moments"] == [step.at for step in stands]
    assert row["next_at"] == kit.timers(superuser, case.case_id)["ladder"]
    with as_officer(handler), count_queries() as counted:
        outlook = forecast_lists.of_cases([case.case_id], monday)[case.case_id]
    assert (outlook.name_en, outlook.days, outlook.risk) == ("Head of unit", 2, None)
    assert counted.number <= 4  # the principal, the reference data's version, and one of its own
    # An act makes it out of date at once: nothing is shown until it was made anew.
    with as_officer(handler):
        desk.acknowledge(case.case_id, monday + timedelta(hours=1))
    with as_officer(handler):
        assert forecast_lists.of_cases([case.case_id], monday) == {}
    assert refresh(monday + timedelta(hours=1)) == 1
    with as_officer(handler):
        assert forecast_lists.of_cases([case.case_id], monday)[case.case_id].days == 14
    with as_officer(handler):
        desk.answer(case.case_id, "Taa zimerekebishwa.", monday + DAY)
    assert refresh(monday + DAY) == 0
    assert kit.of_case(superuser, "case_forecast", case.case_id, "case_id") == []


def test_an_office_sees_its_days_and_oversight_no_small_number(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    unit_head = make.officer("DODOMA-CC", "registry", unit="WORKS")
    make.hold(unit_head, "DODOMA-CC", "unit_head", unit="WORKS")
    above = make.officer("RS-DODOMA", "oversight")
    cases = [make.case(monday, category="ROADS") for _ in range(10)]
    make.case(monday, category="ROADS", confidentiality="confidential")
    make.case(monday, category="CORRUPTION", confidentiality="restricted")
    make.case(monday, category="HEALTH-SERVICE")
    make.exclude(cases[0].case_id, head, monday)
    refresh(monday)

    def office(officer: int) -> tuple[dict[str, int], int | None, int]:
        with as_officer(officer):
            own = roster.scope()
            home = directory().institutions_by_code["DODOMA-CC"].id
            with count_queries() as counted:
                days = forecast_lists.of_office(own, home, monday)
            listed = forecast_lists.climbing(own, monday).rows
            first = {
                names.name_en: sum(row[1][place] or 0 for row in days.rows)
                for place, names in enumerate(days.rungs)
            }
            assert counted.number == 2
            return first, days.total, len(listed)

    # Of twelve ordinary ones the head is kept away from one, which not even the number tells.
    numbers, total, listed = office(head)
    assert numbers == {
        "Head of unit": 11,
        "Head of Administration and Human Resources": 11,
    }
    assert (total, listed) == (22, 11)
    numbers, _, listed = office(unit_head)
    assert (numbers["Head of unit"], listed) == (10, 10)  # nothing confidential, nothing of others
    with as_officer(make.officer("DODOMA-CC", "handler")), pytest.raises(Refused):
        roster.scope()
    with as_officer(above):
        d = directory()
        whole = forecast_lists.below(d.institutions_by_code["RS-DODOMA"], monday)
        row = next(row for row in whole.rows if any(row[1]))
        listed_below = forecast_lists.each_below(d.institutions_by_code["RS-DODOMA"], monday)
    below = {each.code: count for each, count in listed_below}
    assert whole.total == 20
    assert {count for day in whole.rows for count in day[1]} == {None, 10}
    assert row[0] == date(2025, 11, 11)  # nobody owns them
    assert below["DODOMA-CC"] == 20
    assert set(below.values()) == {20, None}


def test_lateness_is_learned_from_what_became_late(
    app: Flask, make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    """Thirty cases that nobody acknowledged were late, thirty others were not."""
    handler = make.officer("DODOMA-CC", "handler")
    before = monday - timedelta(days=60)
    for number in range(60):
        case = make.case(before, category="ROADS")
        if number % 2:
            with as_officer(handler):
                desk.acknowledge(case.case_id, before + timedelta(hours=2))
            with as_officer(handler):
                desk.answer(case.case_id, "Imerekebishwa.", before + timedelta(days=18))
    with transaction(JOB):
        assert lateness.learn(monday) == 60
    rows = kit.rows(superuser, "SELECT * FROM risk_cell WHERE key[1:2] = %s", ["most", "silent"])
    assert {(row["cases"], row["late"]) for row in rows} == {(30, 30)}
    silent, heard = (make.case(monday - timedelta(days=11)) for _ in range(2))
    with as_officer(handler):
        desk.acknowledge(heard.case_id, monday - timedelta(days=10))
    refresh(monday)
    with as_officer(handler):
        found = forecast_lists.of_cases([silent.case_id, heard.case_id], monday)
    risk = found[silent.case_id].risk
    assert risk is not None
    assert (risk.count, risk.key[:2]) == (Count(30, 30), ("half", "silent"))
    assert found[heard.case_id].risk is None
    # A quarter of the time later it is judged anew, though nothing else changed.
    later = monday + timedelta(days=6)
    with as_officer(handler):
        assert forecast_lists.of_cases([silent.case_id], later)[silent.case_id].risk is None
    assert refresh(later) >= 1
    (row,) = kit.of_case(superuser, "case_forecast", silent.case_id, "case_id")
    assert (row["risk_key"][0], row["likely"]) == ("most", True)


# The warning of the morning


def test_heads_are_warned_once_as_the_office_opens(
    make: Make, box: Mailbox, monday: datetime, as_officer: AsOfficer
) -> None:
    make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    quiet = make.officer("TANGA-CC", "head")
    make.hold(quiet, "TANGA-CC", "institution_head")
    confirm(head, box, monday - 3 * DAY)
    open_case = make.case(monday, category="ROADS")
    secret = make.case(monday, category="ROADS", confidentiality="confidential")
    about = make.case(monday, category="ROADS")
    make.exclude(about.case_id, head, monday)

    def warn(text: str) -> dict[str, int]:
        now = kit.at(text)
        kit.sweep(now)
        refresh(now)
        return morning.send_due(now, 10)

    def told(officer: int) -> list[str]:
        with as_officer(officer):
            return [row.kind for row in notices.latest() if row.kind == morning.KIND]

    assert warn("2025-11-11 07:29") == NOBODY  # not open yet
    assert warn("2025-11-11 07:31")["warned"] == 2  # the head; for vacant units the coordinator
    assert warn("2025-11-11 07:40") == NOBODY
    assert (told(head), told(coordinator), told(quiet)) == ([morning.KIND], [morning.KIND], [])
    telling.send_due(kit.at("2025-11-11 07:41"), 10)
    outbox.deliver(kit.at("2025-11-11 07:41"))
    letters = [letter.text for letter in box.letters("neema.mushi@dodoma.example.org")]
    (letter,) = [text for text in letters if "Yatapanda ngazi wiki hii" in text]
    assert f"{open_case.reference}  12 Nov" in letter
    assert "Neema Mushi" in letter
    assert secret.reference not in letter
    assert about.reference not in letter
    assert "Ya siri (yasome kwenye dawati): 1" in letter
    # Acknowledged none: they climbed yesterday, and go on tomorrow.
    assert warn("2025-11-13 07:31")["warned"] == 2
    with as_officer(head):
        said = morning.ahead(kit.at("2025-11-13 07:31"))
    assert [each.reference for each in said.climbed] == [open_case.reference]
    assert (said.climbed_closed, [each.rung_en for each in said.climbed]) == (1, ["Head of unit"])
    assert warn("2025-11-15 09:00") == NOBODY  # a Saturday


def test_a_warning_of_another_day_goes_nowhere(
    make: Make, box: Mailbox, monday: datetime, as_officer: AsOfficer
) -> None:
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    confirm(head, box, monday - 3 * DAY)
    make.case(monday)
    now = kit.at("2025-11-11 15:29")
    refresh(now)
    # After an outage nobody is warned by an old forecast.
    assert morning.send_due(now + timedelta(days=1), 10)["settled"] == 0
    assert morning.send_due(now, 10)["warned"] >= 1
    # The sender was away until the evening: the desk has it, and no message goes at night.
    assert telling.send_due(kit.at("2025-11-11 19:00"), 10)["urgent"] == 0
    assert telling.send_due(kit.at("2025-11-12 08:00"), 10)["urgent"] == 0
    assert teams.end_of_week(now) == kit.at("2025-11-17 00:00")
