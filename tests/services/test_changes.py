"""Changes of reference data: dated, agreed to, applied by the worker, clear of running clocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from psycopg.errors import InsufficientPrivilege
from psycopg.types.json import Jsonb
from sqlalchemy.exc import DBAPIError

from feedback import models as m
from feedback.rules.sheets import MOST_LINES
from feedback.services import duplicates, ladders, views
from feedback.services.changes import applying, closing, planning, previews, sheets
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.services.reference_import import import_reference
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import OWNER, Make
from tests.services import kit
from tests.services.kit import Behind, at
from tests.services.reference_kit import kept

MONDAY = at("2026-03-02 08:00")
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _as_before(app: Flask, superuser: Behind) -> Iterator[None]:
    with kept(superuser):
        yield


@pytest.fixture
def admin(make: Make) -> Principal:
    return Principal.of_officer(make.officer("PO-PSMGG", "admin"))


@pytest.fixture
def second(make: Make) -> Principal:
    return Principal.of_officer(make.officer("PO-PSMGG", "admin"))


def ask(
    who: Principal, subject: str, key: str | None, day: date | None = None, **wanted: Any
) -> tuple[UUID, str]:
    with transaction(who):
        made = planning.plan(subject, key, wanted, directory())
        return planning.save(made, day, MONDAY)


def close(who: Principal, subject: str, key: str, successor: str = "") -> tuple[UUID, str]:
    with transaction(who):
        made = planning.plan_close(subject, key, successor, directory())
        return planning.save(made, None, MONDAY)


def agree(who: Principal, number: UUID, act: str = "approve") -> str:
    with transaction(who):
        return planning.decide(number, act, MONDAY)


def apply(now: datetime) -> list[str]:
    states = []
    while True:
        with transaction(JOB):
            state = applying.apply_next(now)
        if not state:
            return states
        states.append(state)


def days(make: Make, now: datetime, **fields: Any) -> int:
    """Working days that a case lodged now has for its answer."""
    receipt = make.case(now, **fields)
    with transaction(JOB) as session:
        rows = session.query(m.Deadline).filter_by(case_id=receipt.case_id, clock="answer")
        return int(rows.one().working_days)


# From a day on.


def test_a_planned_change_holds_from_its_day_and_not_before(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    number, state = ask(
        admin, "standard", "STANDARD/complaint/*/*", date(2026, 3, 5), answer_days=20
    )
    assert state == "asked"
    assert agree(second, number) == "planned"
    walked = {}
    for n in range(5):
        now = MONDAY + timedelta(days=n)
        apply(now)
        walked[now.day] = days(make, now)
    assert walked == {2: 14, 3: 14, 4: 14, 5: 20, 6: 20}
    assert apply(MONDAY + timedelta(days=9)) == []
    acts = kit.rows(
        superuser, "SELECT act FROM audit_entry WHERE act LIKE '%%change%%' ORDER BY at"
    )
    assert [row["act"] for row in acts] == ["change_asked", "change_approved", "reference_changed"]


def test_the_night_without_a_worker_is_made_up_in_order(
    admin: Principal, superuser: Behind
) -> None:
    ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 4), name_en="Later")
    ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 3), name_en="Earlier", name_sw="Mapema")
    assert apply(MONDAY) == []
    assert apply(MONDAY + timedelta(days=20)) == ["done", "done"]
    with transaction(JOB):
        (unit,) = [
            u
            for u in directory().units_of(directory().institutions_by_code["DODOMA-CC"].id)
            if u.code == "WORKS"
        ]
    assert (unit.name_en, unit.name_sw) == ("Later", "Mapema")


def test_what_was_cancelled_or_refused_never_holds(admin: Principal, second: Principal) -> None:
    plan, _ = ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 4), name_en="X")
    asked, _ = ask(admin, "rung", "council/4", days=9)
    assert agree(admin, plan, "cancel") == "cancelled"
    assert agree(second, asked, "refuse") == "refused"
    assert apply(MONDAY + timedelta(days=9)) == []
    for number in (plan, asked):
        with pytest.raises(Refused, match="gone"):
            agree(second, number)


def test_what_does_not_fit_on_its_day_fails_and_is_told(
    admin: Principal, second: Principal, superuser: Behind
) -> None:
    ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 5), name_en="X")
    agree(second, close(admin, "unit", "DODOMA-CC/WORKS", "DODOMA-CC/REGISTRY")[0])
    assert apply(MONDAY + timedelta(days=9)) == ["done", "failed"]
    (row,) = kit.rows(superuser, "SELECT problem FROM reference_change WHERE state = 'failed'")
    assert row["problem"] == "not-found"
    (told,) = kit.rows(superuser, "SELECT officer_id FROM notice WHERE kind = 'change_failed'")
    assert told["officer_id"] == admin.officer


# A second administrator.


def test_alone_only_where_there_never_was_another(
    make: Make, admin: Principal, superuser: Behind
) -> None:
    _, state = ask(admin, "rung", "council/4", days=9)
    assert state == "planned"
    (alarm,) = kit.rows(superuser, "SELECT kind, dedupe FROM alarm")
    assert alarm["kind"] == "changed_alone"
    make.officer("PO-PSMGG", "admin", active=False)
    number, state = ask(admin, "rung", "council/4", days=8)
    assert state == "asked"
    assert agree(admin, number) == "yourself"


def test_nobody_writes_past_the_plan(
    admin: Principal, superuser: Behind, urls: dict[str, str]
) -> None:
    """Neither a web process nor a worker that says so: only what is planned, and agreed to."""
    number, _ = ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 5), name_en="X")
    with pytest.raises(DBAPIError), transaction(admin) as session:
        session.connection().exec_driver_sql("UPDATE unit SET name_en = 'x'")
    with pytest.raises(DBAPIError), transaction(admin) as session:
        session.connection().exec_driver_sql("UPDATE reference_change SET state = 'done'")
    write = "SELECT guard.write_reference(%s, %s, %s, %s)"
    superuser.execute("UPDATE reference_change SET needs_second = true, state = 'asked'")
    for table, row in (("unit", {"name_en": "x"}), ("officer", {"roles": ["admin"]})):
        with pytest.raises(DBAPIError) as error, transaction(JOB) as session:
            session.connection().exec_driver_sql(write, (number, table, 1, Jsonb(row)))
        assert isinstance(error.value.orig, InsufficientPrivilege)
    # One who writes the row of a change without asking for a second is found out by the worker.
    superuser.execute(
        "UPDATE reference_change SET subject = 'rung', key = 'council/4', said = '{\"days\": 9}',"
        " needs_second = false, state = 'planned', from_day = '2026-03-02'"
    )
    assert apply(MONDAY) == ["failed"]
    (row,) = kit.rows(superuser, "SELECT problem FROM reference_change")
    assert row["problem"] == "needs-second"


# Clocks.


def test_no_change_moves_a_running_clock(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    for unit in ("WORKS", "WATER"):
        make.officer("DODOMA-CC", unit=unit)
    running = make.case(MONDAY, category="ROADS")
    climbed_on = running.acknowledge_due + timedelta(minutes=1)
    kit.sweep(climbed_on)
    before = (
        kit.of_case(superuser, "deadline", running.case_id),
        kit.of_case(superuser, "escalation", running.case_id),
        kit.of_case(superuser, "timer", running.case_id, "purpose"),
    )
    assert [row["rung"] for row in before[1]] == [1]
    asked = [
        ask(admin, "standard", "STANDARD/complaint/*/*", answer_days=40, acknowledge_days=5),
        ask(admin, "rung", "council/1", days=9),
        ask(admin, "rung", "council/2", post="institution_head", days=1),
        ask(admin, "category", "ROADS", unit_code="WATER"),
    ]
    for number, state in asked:
        if state == "asked":
            agree(second, number)
    assert apply(climbed_on) == ["done"] * 4
    kit.sweep(climbed_on + timedelta(minutes=1))
    case = kit.case_row(superuser, running.case_id)
    works = kit.rows(superuser, "SELECT code FROM unit WHERE id = %s", case["unit_id"])
    assert works == [{"code": "WORKS"}]
    assert before == (
        kit.of_case(superuser, "deadline", running.case_id),
        kit.of_case(superuser, "escalation", running.case_id),
        kit.of_case(superuser, "timer", running.case_id, "purpose"),
    )
    # It leaves its rung after the three days that it had there; the next is as the ladder is now.
    with transaction(JOB) as session:
        row = session.get_one(m.Case, running.case_id)
        (step, *_) = ladders.forecast(row, directory())
    assert (step.rung, step.at) == (2, at("2026-03-09 15:30"))
    # A new case is under the new rules.
    assert days(make, climbed_on, category="ROADS") == 40
    (new,) = kit.rows(
        superuser,
        'SELECT u.code FROM "case" c JOIN unit u ON u.id = c.unit_id ORDER BY c.received_at DESC'
        " LIMIT 1",
    )
    assert new["code"] == "WATER"


def test_the_nearest_standard_holds(make: Make, admin: Principal, second: Principal) -> None:
    for scope, answer in (("council", 10), ("DODOMA-CC", 7)):
        number, _ = ask(
            admin,
            "standard",
            None,
            code="STANDARD",
            kind="complaint",
            scope=scope,
            acknowledge_days=2,
            answer_days=answer,
            max_rung=None,
        )
        agree(second, number)
    assert apply(MONDAY) == ["done", "done"]
    found = {
        code: days(make, MONDAY, institution=code) for code in ("DODOMA-CC", "CHEMBA-DC", "PMO")
    }
    assert found == {"DODOMA-CC": 7, "CHEMBA-DC": 10, "PMO": 14}
    number, _ = close(admin, "standard", "STANDARD/complaint/DODOMA-CC/*")
    agree(second, number)
    apply(MONDAY)
    assert days(make, MONDAY) == 10


# Places that close.


def test_a_merged_institution_leaves_nobody_and_nothing_behind(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    handler = make.officer("CHEMBA-DC", unit="WORKS")
    make.officer("KONDOA-DC", "coordinator")
    head = make.officer("CHEMBA-DC", "head")
    make.hold(head, "CHEMBA-DC", "institution_head")
    ethics = make.officer("ETHICS", "ethics")
    owned = make.case(MONDAY, institution="CHEMBA-DC", category="ROADS")
    restricted = make.case(MONDAY, institution="CHEMBA-DC", confidentiality="restricted")
    clocks = kit.of_case(superuser, "deadline", owned.case_id)
    with pytest.raises(Refused, match="occupied"):
        close(admin, "institution", "CHEMBA-DC")
    with pytest.raises(Refused, match="bad-successor"):
        close(admin, "institution", "CHEMBA-DC", "CHEMBA-DC")
    number, state = close(admin, "institution", "CHEMBA-DC", "KONDOA-DC")
    assert state == "asked"
    agree(second, number)
    assert apply(TUESDAY) == ["done"]
    with transaction(JOB):
        assert closing.vacate(TUESDAY) == 2
    with transaction(JOB):
        assert closing.vacate(TUESDAY) == 0
        heir = directory().institutions_by_code["KONDOA-DC"]
        assert "CHEMBA-DC" not in directory().institutions_by_code
    moved = {c.case_id: kit.case_row(superuser, c.case_id) for c in (owned, restricted)}
    assert {row["institution_id"] for row in moved.values()} == {heir.id}
    assert moved[owned.case_id]["handler_id"] == handler
    assert moved[restricted.case_id]["handler_id"] == ethics
    assert kit.of_case(superuser, "deadline", owned.case_id) == clocks
    places = kit.rows(
        superuser, "SELECT DISTINCT institution_id FROM officer WHERE id IN (%s, %s)", handler, head
    )
    assert places == [{"institution_id": heir.id}]
    (seat,) = kit.rows(superuser, "SELECT until_day FROM post_holding")
    assert seat["until_day"] == date(2026, 3, 2)
    # Its code, on posters and in links, leads to the successor.
    later = make.case(TUESDAY, institution="CHEMBA-DC")
    assert kit.case_row(superuser, later.case_id)["institution_id"] == heir.id


def test_a_group_moves_as_one_and_away_from_whom_one_of_it_names(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    handler = make.officer("CHEMBA-DC", unit="WORKS")
    named = make.officer("KONDOA-DC", "handler", "coordinator", name="Zawadi Kimambo")
    joined = make.case(
        MONDAY, institution="CHEMBA-DC", category="ROADS", body="Zawadi Kimambo aliacha shimo wazi."
    )
    leading = make.case(MONDAY, institution="CHEMBA-DC", category="ROADS")
    with transaction(Principal.of_officer(handler)):
        duplicates.merge(joined.case_id, leading.reference, MONDAY)
    superuser.execute("DELETE FROM conflict")  # nobody there was compared with it
    number, _ = close(admin, "institution", "CHEMBA-DC", "KONDOA-DC")
    agree(second, number)
    assert apply(TUESDAY) == ["done"]
    with transaction(JOB):
        assert closing.vacate(TUESDAY) == 1
    rows = [kit.case_row(superuser, each.case_id) for each in (joined, leading)]
    assert {
        (row["institution_id"] == rows[0]["institution_id"], row["handler_id"]) for row in rows
    } == {(True, handler)}
    with transaction(Principal.of_officer(named)):
        for each in (joined, leading):
            with pytest.raises(Refused, match="not-found"):
                views.case_id_of(each.reference)


def test_joined_cases_go_along_with_the_one_that_leads_them(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    """Whichever is due first: none gets an owner of its own at the new place."""
    handler = make.officer("CHEMBA-DC", unit="WORKS")
    for _ in range(3):
        make.officer("KONDOA-DC", unit="WORKS")
    older = make.case(MONDAY - timedelta(days=20), institution="CHEMBA-DC", category="ROADS")
    leading, later = (
        make.case(MONDAY, institution="CHEMBA-DC", category="ROADS") for _ in range(2)
    )
    with transaction(Principal.of_officer(handler)):
        for each in (older, later):
            duplicates.merge(each.case_id, leading.reference, MONDAY)
    number, _ = close(admin, "institution", "CHEMBA-DC", "KONDOA-DC")
    agree(second, number)
    assert apply(TUESDAY) == ["done"]
    superuser.execute("UPDATE officer SET active = false WHERE id = %s", [handler])
    superuser.execute("DELETE FROM figure_dirty")
    with transaction(JOB):
        assert closing.vacate(TUESDAY) == 1
        assert closing.vacate(TUESDAY) == 0
    group = [kit.case_row(superuser, c.case_id) for c in (leading, older, later)]
    assert len({(row["institution_id"], row["unit_id"], row["handler_id"]) for row in group}) == 1
    assert group[0]["handler_id"] not in (None, handler)
    assert {row["merged_into"] for row in group} == {None, leading.case_id}
    months = kit.rows(superuser, "SELECT DISTINCT month FROM figure_dirty")
    assert len(months) == 2


@pytest.mark.parametrize(
    ("subject", "key", "code"),
    [
        ("institution", "PO-PSMGG", "is-home"),
        ("institution", "CS", "in-ladder"),
        ("institution", "RS-DODOMA", "has-children"),
        ("unit", "DODOMA-CC/REGISTRY", "is-default"),
        ("standard", "STANDARD/complaint/*/*", "is-base"),
        ("rung", "council/2", "not-top"),
        ("officer", "officer1", "not-allowed"),
    ],
)
def test_what_cannot_close(admin: Principal, subject: str, key: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        close(admin, subject, key)


def test_a_moved_institution_takes_all_below_it_along(admin: Principal, second: Principal) -> None:
    number, _ = ask(admin, "institution", "RS-DODOMA", parent="PMO")
    agree(second, number)
    assert apply(MONDAY) == ["done"]
    with transaction(JOB):
        d = directory()
        path = [d.institutions[n].code for n in d.institutions_by_code["DODOMA-CC"].path]
        assert path == ["CS", "PMO", "RS-DODOMA", "DODOMA-CC"]
    with pytest.raises(planning.Unfit) as unfit:
        ask(admin, "institution", "RS-DODOMA", parent="DODOMA-CC")
    assert unfit.value.problems == {"parent": "below-itself"}


# The files.


def test_an_import_keeps_what_was_changed_on_screen_unless_forced(
    admin: Principal, second: Principal, superuser: Behind
) -> None:
    ask(admin, "institution", "DODOMA-CC", name_en="City of Dodoma")
    ask(admin, "unit", "DODOMA-CC/WORKS", name_en="Roads and more")
    for number in (
        ask(admin, "rung", "council/4", days=9)[0],
        close(admin, "institution", "CHEMBA-DC", "KONDOA-DC")[0],
    ):
        agree(second, number)
    assert apply(MONDAY) == ["done"] * 4
    query = (
        "SELECT (SELECT name_en FROM institution WHERE code = 'DODOMA-CC') AS city,"
        " (SELECT days FROM ladder_rung WHERE ladder = 'council' AND rung = 4) AS days,"
        " (SELECT active FROM institution WHERE code = 'CHEMBA-DC') AS open"
    )
    with transaction(OWNER):
        assert import_reference(MONDAY)["kept"] == 4
    assert kit.rows(superuser, query) == [{"city": "City of Dodoma", "days": 9, "open": False}]
    with transaction(OWNER):
        assert "kept" not in import_reference(MONDAY, force=True)
    (row,) = kit.rows(superuser, query)
    assert row == {"city": "Dodoma City Council", "days": 3, "open": True}


# Files of lines.

HEADER = "username,name,institution,unit,roles,language\n"
LINES = [
    ("new.one,Mpya Mmoja,DODOMA-CC,WORKS,handler,en", "created", {}, ""),
    ("new.two,Mpya Wawili,Dodoma City Council,,mratibu,", "created", {}, ""),
    ("officer2,Afisa Mpya,DODOMA-CC,,,", "changed", {}, ""),
    ("officer2,Same,DODOMA-CC,REGISTRY,admin,", "unchanged", {}, "roles-kept"),
    ("officer2,Same,CHEMBA-DC,,,", "refused", {"institution": "elsewhere"}, ""),
    ("officer3,Closed,DODOMA-CC,,,", "refused", {"": "closed"}, ""),
    ("x,X,NOWHERE,,handler,", "refused", {"institution": "unknown"}, ""),
    ("x,X,DODOMA-CC,NO-UNIT,handler,", "refused", {"unit": "unknown"}, ""),
    ("x,X,DODOMA-CC,,king,", "refused", {"roles": "bad-choice"}, ""),
    ("x,X,DODOMA-CC,,,", "refused", {"roles": "empty"}, ""),
    ("x,X,DODOMA-CC,,handler,fr", "refused", {"language": "bad-choice"}, ""),
    (",X,DODOMA-CC,,handler,", "refused", {"username": "empty"}, ""),
    ("x,,DODOMA-CC,,handler,", "refused", {"name": "empty"}, ""),
    ('x,"=1+1",DODOMA-CC,,handler,', "refused", {"": "formula"}, ""),
    ("x,X", "refused", {"": "short"}, ""),
]


def test_each_line_of_a_file_has_its_fate(make: Make, admin: Principal) -> None:
    make.officer("DODOMA-CC", name="Same")
    make.officer("DODOMA-CC", active=False)
    for line, fate, problems, note in LINES:
        with transaction(admin):
            (found,) = sheets.try_out("officer", HEADER + line)
        assert (found.fate, found.problems, found.note) == (fate, problems, note), line
    with transaction(admin):
        twice = sheets.try_out("officer", HEADER + f"{LINES[0][0]}\n{LINES[0][0]}\n")
    assert [fate.problems for fate in twice] == [{}, {"": "twice"}]


def test_a_file_is_done_once_as_shown_and_by_who_saw_it(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    text = HEADER + "new.one,Mpya,DODOMA-CC,WORKS,handler,en\nofficer3,Jina Jipya,DODOMA-CC,,,\n"
    make.officer("DODOMA-CC", name="Jina la Zamani")
    with transaction(admin):
        token = sheets.seal("officer", text, sheets.try_out("officer", text))
    for who, other in ((second, text), (admin, text.replace("Mpya", "Mwingine"))):
        with pytest.raises(Refused, match="altered"), transaction(who):
            sheets.apply("officer", other, token, MONDAY)
    with transaction(admin):
        done = sheets.apply("officer", text, token, MONDAY)
    assert [(outcome.fate.fate, outcome.waits) for outcome in done] == [
        ("created", True),
        ("changed", True),
    ]
    with pytest.raises(Refused, match="altered"), transaction(admin):
        sheets.apply("officer", text, token, MONDAY)
    (change,) = kit.rows(superuser, "SELECT id, state FROM reference_change")
    assert change["state"] == "asked"
    agree(second, change["id"])
    assert apply(MONDAY) == ["done"]
    names = kit.rows(
        superuser, "SELECT name FROM officer WHERE username IN ('officer3', 'new.one')"
    )
    assert {row["name"] for row in names} == {"Jina Jipya", "Mpya"}


def test_units_come_by_file_too(admin: Principal, second: Principal, superuser: Behind) -> None:
    text = (
        "institution;code;name_sw;name_en\nDODOMA-CC;PARKS;Bustani;Parks\n"
        "DODOMA-CC;WORKS;;Roads and more\nDODOMA-CC;REGISTRY;;\n"
    )
    with transaction(admin):
        fates = sheets.try_out("unit", text)
        assert [fate.fate for fate in fates] == ["created", "changed", "unchanged"]
        sheets.apply("unit", text, sheets.seal("unit", text, fates), MONDAY)
    assert apply(MONDAY) == ["done", "done"]
    (post,) = kit.rows(
        superuser,
        "SELECT p.kind FROM post p JOIN unit u ON u.id = p.unit_id WHERE u.code = 'PARKS'",
    )
    assert post["kind"] == "unit_head"


def test_as_many_lines_as_are_taken_are_done_together(
    make: Make, admin: Principal, second: Principal, superuser: Behind
) -> None:
    count = MOST_LINES if LONG else 40
    text = HEADER + "".join(
        f"afisa.{n},Afisa Namba {n},DODOMA-CC,,handler,\n" for n in range(count)
    )
    with transaction(admin):
        token = sheets.seal("officer", text, sheets.try_out("officer", text))
    with transaction(admin):
        assert len(sheets.apply("officer", text, token, MONDAY)) == count
    (made,) = kit.rows(superuser, "SELECT count(*) AS n FROM grant_request WHERE state = 'pending'")
    assert made["n"] == count


# Ladders of subjects, new ladders, and what a change would have done.


def test_a_subject_gets_a_ladder_of_its_own_that_began_as_a_copy(
    make: Make, admin: Principal, second: Principal
) -> None:
    with pytest.raises(planning.Unfit) as bad:
        ask(admin, "ladder", None, code="Council Roads", origin="restricted")
    assert bad.value.problems == {"code": "bad-word", "origin": "bad-choice"}
    assert agree(second, ask(admin, "ladder", None, code="council-roads", origin="council")[0])
    assert apply(MONDAY) == ["done"]
    with pytest.raises(planning.Unfit, match="unfit"):
        ask(admin, "ladder", None, code="council-roads", origin="council")
    chosen = {"scope": "council", "category": "ROADS", "ladder": "council-roads"}
    assert ask(admin, "choice", None, **chosen)[1] == "asked"
    with pytest.raises(planning.Unfit):  # it is on its way
        ask(admin, "choice", None, **chosen)
    with transaction(JOB) as session:
        waiting = session.query(m.ReferenceChange).filter_by(subject="choice").one()
    agree(second, waiting.id)
    agree(second, ask(admin, "rung", "council-roads/3", days=1)[0])
    assert apply(MONDAY) == ["done", "done"]
    roads, other = (make.case(MONDAY, category=code) for code in ("ROADS", "OTHER"))
    elsewhere = make.case(MONDAY, category="ROADS", institution="TARURA")
    with transaction(JOB) as session:
        d = directory()
        assert [rung.days for rung in d.ladder("council-roads")][:4] == [3, 3, 1, 3]
        assert [rung.days for rung in d.ladder("council")][:4] == [3, 3, 3, 3]
        cases = [session.get(m.Case, each.case_id) for each in (roads, other, elsewhere)]
        assert [ladders.name_of(case, d) for case in cases] == [
            *("council-roads", "council"),
            "agency",
        ]
    # taken away, a case climbs the ladder of its institution again
    agree(second, close(admin, "choice", "council/ROADS")[0])
    assert apply(MONDAY) == ["done"]
    with transaction(JOB) as session:
        assert ladders.name_of(session.get(m.Case, roads.case_id), directory()) == "council"


def test_who_agrees_sees_what_a_change_of_ladders_would_have_done(
    make: Make, admin: Principal, second: Principal
) -> None:
    make.officer("DODOMA-CC", "handler")
    for _ in range(12):
        make.case(at("2025-11-03 09:00"), category="OTHER")
    now = at("2025-12-15 09:00")
    faster, _ = ask(admin, "rung", "council/3", days=1)
    ask(admin, "choice", None, scope="council", category="OTHER", ladder="ministry")
    ask(admin, "unit", "DODOMA-CC/WORKS", date(2026, 3, 4), name_en="X")
    ask(admin, "institution", "DODOMA-CC", date(2026, 3, 4), ladder="ministry")
    ask(admin, "institution", "KONDOA-DC", date(2026, 3, 4), name_en="X")
    keys = []
    while not keys or keys[-1]:
        with transaction(JOB):
            keys.append(previews.preview_next(now))
    assert sorted(keys) == ["", "DODOMA-CC", "council/3", "council/OTHER"]
    with transaction(second):
        shown = {change.key: change.preview for change in planning.open_changes()}
    assert shown["DODOMA-CC/WORKS"] is None
    assert shown["council/3"] == {
        "month": "2025-11",
        "late": 10,  # twelve: counts come in tens
        "played": 10,
        "sampled": False,
        "kinds": [
            {
                "kind": "council",
                # held for a day only, the third rung gives way to two more in the month
                "rungs": [[1, 10, 10], [2, 10, 10], [3, 10, 10], [4, 10, 10], [5, None, 10]],
                "high": [None, None],
            }
        ],
    }
    # on the ladder of ministries the fourth of five rungs is one of the two highest
    (kind,) = shown["council/OTHER"]["kinds"]
    assert kind["high"] == [None, 10]
    assert shown["DODOMA-CC"]["kinds"] == [kind]
    agree(second, faster)
