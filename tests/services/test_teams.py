"""Who gets a case by roster, presence and load; cases moved in one act; what a leaver leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from feedback.extensions import db
from feedback.services import (
    alarms,
    audit,
    cases,
    citizen,
    departures,
    desk,
    moves,
    roster,
    staffing,
    workload,
)
from feedback.services.errors import Refused
from feedback.services.placing import Placing
from feedback.services.reference import directory
from feedback.transaction import JOB, Principal, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
DAY = timedelta(days=1)


def handler(superuser: Behind, case_id: UUID) -> Any:
    return kit.case_row(superuser, case_id)["handler_id"]


def unit(superuser: Behind, code: str, institution: str = "DODOMA-CC") -> int:
    (row,) = kit.rows(
        superuser,
        "SELECT u.id FROM unit u JOIN institution i ON i.id = u.institution_id"
        " WHERE i.code = %s AND u.code = %s",
        institution,
        code,
    )
    return int(row["id"])


def listed(
    superuser: Behind, officer: int, code: str = "WORKS", category: str = "", share: int = 100
) -> None:
    superuser.execute(
        "INSERT INTO roster (officer_id, unit_id, category_id, share, since_day) VALUES"
        " (%s, %s, (SELECT id FROM category WHERE code = %s), %s, '2025-01-01')",
        (officer, unit(superuser, code), category, share),
    )


def works_on(superuser: Behind, officer: int, *days: int, deputy: int | None = None) -> None:
    superuser.execute(
        "INSERT INTO duty VALUES (%s, %s, '{}', %s)", (officer, list(days) or [1], deputy)
    )


def roads(make: Make, now: datetime, count: int = 1, **fields: Any) -> list[UUID]:
    return [make.case(now, category="ROADS", **fields).case_id for _ in range(count)]


@pytest.fixture
def works(make: Make) -> list[int]:
    """Three handlers of works."""
    return [make.officer("DODOMA-CC", "handler", unit="WORKS") for _ in range(3)]


# Who gets a new case.


def test_those_on_the_roster_for_the_subject_come_first(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    listed(superuser, works[1], category="ROADS")
    listed(superuser, works[2], category="WASTE")
    elsewhere = make.officer("DODOMA-CC", "handler", unit="WATER")
    listed(superuser, elsewhere, category="ROADS")
    given = [handler(superuser, each) for each in roads(make, monday, 4)]
    assert sorted(given) == sorted([works[1], elsewhere] * 2)


def test_the_load_is_shared_out_by_weight(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    for officer, share in zip(works, (100, 50, 25), strict=True):
        listed(superuser, officer, share=share)
    given = [handler(superuser, each) for each in roads(make, monday, 14)]
    assert [given.count(officer) for officer in works] == [8, 4, 2]


def test_whoever_has_less_already_gets_it(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    kit.many(superuser, 5, monday, handler=works[0], prefix="B")
    kit.many(superuser, 3, monday, handler=works[1], prefix="C")
    given = [handler(superuser, each) for each in roads(make, monday, 3)]
    assert given == [works[2]] * 3


@pytest.mark.parametrize(
    ("absence", "expected"),
    [
        ("leave", "deputy"),
        ("day off", "deputy"),
        ("closed", "colleague"),
        ("leave without deputy", "colleague"),
        ("day off, alone", "himself"),
        ("leave, alone", "coordinator"),
    ],
)
def test_where_the_one_on_the_roster_is_not_there(
    make: Make, monday: datetime, superuser: Behind, absence: str, expected: str
) -> None:
    people = {"himself": make.officer("DODOMA-CC", "handler", unit="WORKS")}
    people["coordinator"] = make.officer("DODOMA-CC", "coordinator")
    if "alone" not in absence:
        people["colleague"] = make.officer("DODOMA-CC", "handler", unit="WORKS")
        people["deputy"] = make.officer("DODOMA-CC", "handler", unit="WATER")
    listed(superuser, people["himself"], category="ROADS")
    days = (2, 3) if "day off" in absence else (1, 2, 3, 4, 5)  # the case comes on a Monday
    works_on(
        superuser,
        people["himself"],
        *days,
        deputy=people.get("deputy") if "without" not in absence else None,
    )
    if "leave" in absence:
        make.leave(people["himself"], monday.date(), monday.date() + 9 * DAY)
    if absence == "closed":
        superuser.execute("UPDATE officer SET active = false WHERE id = %s", (people["himself"],))
    (case,) = roads(make, monday)
    assert handler(superuser, case) == people[expected]


def test_what_comes_at_a_weekend_waits_for_monday(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    listed(superuser, works[0])
    works_on(superuser, works[0], 1)
    (case,) = roads(make, monday - DAY)
    assert handler(superuser, case) == works[0]


@pytest.mark.parametrize("seed", range(300 if LONG else 8))
def test_whatever_the_office_the_choice_is_right_and_never_stalls(
    make: Make, monday: datetime, superuser: Behind, seed: int
) -> None:
    """Random offices: nobody absent, inactive or excluded is chosen; nobody is passed over who is
    on the roster and at work; while anybody is there somebody is chosen."""
    draw, today = Random(seed), monday.date()  # noqa: S311
    people: dict[int, dict[str, Any]] = {}
    for _ in range(draw.randint(1, 6)):
        role = draw.choice(("handler", "handler", "handler", "coordinator", "head"))
        place = draw.choice(("WORKS", "WORKS", "REGISTRY", "WATER"))
        facts = {
            "away": draw.random() < 0.3, "off": draw.random() < 0.3, "open": draw.randint(0, 4),
            "active": draw.random() < 0.9, "excluded": draw.random() < 0.2, "role": role,
            "listed": draw.random() < 0.4, "place": place, "share": draw.choice((50, 100, 200)),
        }  # fmt: skip
        number = make.officer("DODOMA-CC", role, unit=place, active=facts["active"])
        people[number] = facts
        if facts["away"]:
            make.leave(number, today, today)
        if facts["off"]:
            works_on(superuser, number, 2)
        if facts["listed"]:
            listed(superuser, number, share=facts["share"])
        if facts["open"]:
            prefix = f"D{number}X"
            kit.many(superuser, facts["open"], monday, handler=number, prefix=prefix)
    excluded = [number for number, facts in people.items() if facts["excluded"]]
    with transaction(JOB):
        d = directory()
        home = d.institutions_by_code["DODOMA-CC"].id
        roads_ = d.categories_by_code["ROADS"]
        where = Placing(
            home, unit(superuser, "WORKS"), roads_.id, "open", roads_.standard, triage=False
        )
        chosen = cases.pick_handler(where, excluded, monday)
    there = {
        number: facts
        for number, facts in people.items()
        if facts["active"] and not facts["away"] and not facts["excluded"]
    }
    best = {n: f for n, f in there.items() if f["listed"] and not f["off"]}
    serving = [
        n
        for n, f in there.items()
        if f["listed"]
        or f["role"] == "coordinator"
        or (f["role"] == "handler" and f["place"] in ("WORKS", "REGISTRY"))
    ]
    if not serving:
        assert chosen is None
        return
    assert chosen in serving
    if best:
        assert chosen in best
        loads = {n: (f["open"] + 1) / f["share"] for n, f in best.items()}
        assert loads[chosen] == min(loads.values())


def test_choosing_costs_no_statement_more(
    make: Make, works: list[int], monday: datetime, superuser: Behind, query_count: Any
) -> None:
    roads(make, monday)
    with query_count() as before:
        roads(make, monday)
    for officer in works:
        listed(superuser, officer)
    kit.many(superuser, 300, monday, handler=works[0])
    with query_count() as after:
        roads(make, monday)
    assert after.number == before.number


# What is idle.


def test_a_case_is_idle_by_the_last_act_of_an_officer(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    case, *_ = roads(make, monday)
    owner = handler(superuser, case)
    assert kit.case_row(superuser, case)["idle_from"] is None
    later = monday + timedelta(hours=3)
    with transaction(Principal.of_officer(owner)):
        for look in (*audit.LOOKS, "file_printed", "letter_issued"):
            audit.record(look, case, now=later)
    assert kit.case_row(superuser, case)["idle_from"] is None
    with transaction(Principal.of_officer(owner)):
        desk.note(case, "Nimepiga simu.", later)
    assert kit.case_row(superuser, case)["idle_from"] == later
    with transaction(Principal.of_officer(owner)):
        pause = desk.ask(case, "Ni mtaa gani?", later + DAY)
        assert pause
        until = pause.runs_out_at
    # While the clock waits for the citizen nobody is idle.
    assert kit.case_row(superuser, case)["idle_from"] == until
    replied = later + 2 * DAY
    with transaction(Principal.of_case(case)):
        citizen.add_message(case, "Mtaa wa Nkuhungu.", replied)
    assert kit.case_row(superuser, case)["idle_from"] == replied


def test_the_board_counts_what_it_says(
    make: Make, monday: datetime, superuser: Behind, as_officer: Any
) -> None:
    owner = make.officer("DODOMA-CC", "handler", unit="WORKS", name="Asha")
    coordinator = make.officer("DODOMA-CC", "coordinator", name="Neema")
    make.officer("TANGA-CC", "handler")
    first, second, third = roads(make, monday, 3)
    now = monday + 3 * DAY  # Thursday: Tuesday and Wednesday passed whole
    with as_officer(owner):
        desk.acknowledge(first, monday + 2 * DAY)
        desk.ask(second, "Wapi?", monday)
    superuser.execute('UPDATE "case" SET due_at = %s WHERE id = %s', (now - DAY, third))
    superuser.execute('UPDATE "case" SET due_at = %s WHERE id = %s', (now + DAY, first))
    make.leave(owner, now.date() + DAY, now.date() + 2 * DAY)
    with as_officer(coordinator):
        board = workload.board(None, now)
    load = {each.name: each for each in board.loads}
    assert set(load) == {"Asha", "Neema"}
    asha = load["Asha"]
    assert (asha.open, asha.late, asha.week, asha.waiting, asha.idle) == (3, 1, 1, 1, 1)
    assert asha.away_due == 2
    assert asha.oldest == monday
    assert board.totals == {"unowned": 0, "late": 1, "week": 1, "idle": 1}
    with as_officer(coordinator):
        found = {
            what: [row.case_id for row in workload.cases(owner, what, None, now).rows]
            for what in ("late", "week", "idle", "waiting", "away")
        }
    assert found == {
        "late": [third], "week": [first], "idle": [third], "waiting": [second],
        "away": [third, first],
    }  # fmt: skip


# Many cases in one act.


def move(
    officer: int, to: int | None, now: datetime, ids: list[UUID], former: int | None = None
) -> tuple[UUID, int]:
    with transaction(Principal.of_officer(officer)):
        move_id = moves.begin(to, former, now)
        if former is None:
            return move_id, moves.ticked(move_id, ids, now)
        return move_id, moves.hand_over_batch(move_id, False, now)[0]


def outcomes(superuser: Behind, move_id: UUID) -> dict[UUID, Any]:
    rows = kit.rows(superuser, "SELECT * FROM bulk_move_item WHERE move_id = %s", move_id)
    return {row["case_id"]: row for row in rows}


def test_each_case_says_why_it_stayed(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    target = make.officer("DODOMA-CC", "handler", unit="WATER")
    plain, ended, excluded, secret, busy = roads(make, monday, 5)
    (confidential,) = roads(make, monday, confidentiality="confidential")
    elsewhere = make.case(monday, institution="TANESCO").case_id
    owner = handler(superuser, ended)
    with transaction(Principal.of_officer(owner)):
        desk.answer(ended, "Imetengenezwa.", monday)
    make.exclude(excluded, target, monday)
    make.exclude(secret, coordinator, monday)
    chosen = [plain, ended, excluded, secret, busy, confidential, elsewhere]
    with superuser.transaction():  # somebody works on one at this moment
        superuser.execute('SELECT FROM "case" WHERE id = %s FOR UPDATE', (busy,))
        move_id, moved = move(coordinator, target, monday + DAY, chosen)
    found = {case: row["outcome"] for case, row in outcomes(superuser, move_id).items()}
    assert moved == 2
    # Of what the coordinator may not see there is not even a line.
    assert found == {
        plain: "moved", busy: "busy", confidential: "moved", ended: "ended", excluded: "excluded",
    }  # fmt: skip
    assert handler(superuser, confidential) == target
    # The coordinator does not give it to himself to read it.
    again, number = move(coordinator, coordinator, monday + DAY, [confidential, plain])
    assert number == 1
    assert outcomes(superuser, again)[confidential]["outcome"] == "excluded"
    assert "moved_in_bulk" in kit.acts(superuser, plain)


def test_undo_gives_back_what_nobody_touched_since(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    former = works[0]
    ids = []
    for each in roads(make, monday, 9):
        if handler(superuser, each) == former:
            ids.append(each)
    target = make.officer("DODOMA-CC", "handler", unit="WATER")
    move_id, moved = move(coordinator, target, monday + DAY, [], former=former)
    assert moved == len(ids) == 3
    before = kit.case_row(superuser, ids[0])
    assert before["unit_id"] == unit(superuser, "WATER")
    with transaction(Principal.of_officer(coordinator)):
        desk.assign(ids[1], works[1], monday + DAY)
    with transaction(Principal.of_officer(target)):
        desk.answer(ids[2], "Imekwisha.", monday + DAY)
    with transaction(Principal.of_officer(coordinator)):
        assert moves.undo_batch(move_id, monday + DAY + timedelta(hours=2)) == (1, False)
    row = kit.case_row(superuser, ids[0])
    assert (row["handler_id"], row["unit_id"]) == (former, unit(superuser, "WORKS"))
    assert handler(superuser, ids[1]) == works[1]
    undone = {case: item["undone"] for case, item in outcomes(superuser, move_id).items()}
    assert undone == {ids[0]: "back", ids[1]: "changed", ids[2]: "ended"}
    for later in (timedelta(hours=3), timedelta(days=2)):
        with (
            pytest.raises(Refused, match="too-late"),
            transaction(Principal.of_officer(coordinator)),
        ):
            moves.undo_batch(move_id, monday + DAY + later)


@pytest.mark.parametrize("seed", range(60 if LONG else 3))
def test_acts_and_their_undoing_keep_every_rule(
    make: Make, monday: datetime, superuser: Behind, seed: int
) -> None:
    """Random handovers: nobody excluded, absent or of another house gets a case, none is lost, the
    owner is the assignment that runs, and what is undone stands as before."""
    draw = Random(seed)  # noqa: S311
    people = [
        make.officer("DODOMA-CC", draw.choice(("handler", "handler", "head")), unit=place)
        for place in ("WORKS", "WORKS", "WATER", "REGISTRY")
    ]
    coordinator = make.officer("DODOMA-CC", "coordinator")
    levels = ("open", "open", "confidential", "restricted")
    ids = [
        make.case(
            monday, category=draw.choice(("ROADS", "WATER-SUPPLY")),
            confidentiality=draw.choice(levels),
        ).case_id
        for _ in range(12)
    ]  # fmt: skip
    for case in ids:
        owned = handler(superuser, case)
        for person in draw.sample(people, 1):
            if person != owned:
                make.exclude(case, person, monday)
    away = draw.choice(people)
    make.leave(away, monday.date(), monday.date() + 9 * DAY)
    now = monday + DAY

    def state() -> dict[UUID, tuple[Any, ...]]:
        return {
            row["id"]: (row["handler_id"], row["unit_id"], row["status"], row["due_at"])
            for row in kit.rows(superuser, 'SELECT * FROM "case"')
        }

    before = state()
    former = draw.choice([person for person in people if person != away])
    to = draw.choice([None, *(p for p in people if p not in (former, away))])
    move_id, moved = move(coordinator, to, now, [], former=former)
    after = state()
    excluded = {
        (row["case_id"], row["officer_id"]) for row in kit.rows(superuser, "TABLE conflict")
    }
    changed = {case for case in ids if before[case] != after[case]}
    assert len(changed) == moved
    for case in ids:
        row = kit.case_row(superuser, case)
        assert row["due_at"] == before[case][3]
        assert (case, row["handler_id"]) not in excluded
        if case in changed:
            assert before[case][0] == former
            assert row["handler_id"] in set(people) | {coordinator}
            assert row["handler_id"] not in (former, away)
            assert row["confidentiality"] != "restricted"
        running = [r for r in kit.of_case(superuser, "assignment", case) if r["ended_at"] is None]
        assert [r["handler_id"] for r in running] == ([row["handler_id"]] if running else [])
    if moved:
        with transaction(Principal.of_officer(coordinator)):
            assert moves.undo_batch(move_id, now + timedelta(hours=1)) == (moved, False)
        assert {case: row[:2] for case, row in state().items()} == {
            case: row[:2] for case, row in before.items()
        }


def test_the_head_of_a_unit_shares_out_within_it(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    head = make.officer("DODOMA-CC", "head", unit="WORKS")
    make.hold(head, "DODOMA-CC", "unit_head", unit="WORKS")
    outside = make.officer("DODOMA-CC", "handler", unit="WATER")
    case, *_ = roads(make, monday)
    (secret,) = roads(make, monday, confidentiality="confidential")
    target = next(each for each in works if each != handler(superuser, case))
    with pytest.raises(Refused, match="bad-target"), transaction(Principal.of_officer(head)):
        moves.begin(outside, None, monday)
    move_id, moved = move(head, target, monday, [case, secret])
    assert moved == 1
    assert set(outcomes(superuser, move_id)) == {case}
    for officer in (works[0], outside):
        with (
            pytest.raises(Refused, match="not-allowed"),
            transaction(Principal.of_officer(officer)),
        ):
            moves.begin(target, None, monday)


def test_a_batch_costs_few_statements_a_case(
    make: Make, works: list[int], monday: datetime, superuser: Behind, query_count: Any
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    sent = []
    for count, prefix in ((5, "E"), (25, "F")):
        kit.many(superuser, count, monday, handler=works[0], prefix=prefix)
        with query_count() as counted:
            _move, moved = move(coordinator, works[1], monday, [], former=works[0])
        assert moved == count
        sent.append(counted.number)
    assert (sent[1] - sent[0]) / 20 <= 4


def test_a_batch_ends_and_the_next_goes_on(
    make: Make, monday: datetime, superuser: Behind, monkeypatch: Any
) -> None:
    monkeypatch.setattr(moves, "BATCH", 4)
    coordinator = make.officer("DODOMA-CC", "coordinator")
    desk_ = [make.officer("DODOMA-CC", "handler") for _ in range(3)]
    kit.many(superuser, 6, monday, handler=desk_[0])
    move_id, moved = move(coordinator, None, monday, [], former=desk_[0])
    assert moved == 4
    with transaction(Principal.of_officer(coordinator)):
        assert moves.hand_over_batch(move_id, False, monday) == (2, False)
    given = [row["to_officer_id"] for row in outcomes(superuser, move_id).values()]
    assert sorted(given) == sorted(desk_[1:] * 3)  # by load, each in turn
    with transaction(Principal.of_officer(coordinator)):
        assert moves.undo_batch(move_id, monday) == (4, True)
    with transaction(Principal.of_officer(coordinator)):
        assert moves.undo_batch(move_id, monday) == (2, False)


# The database's own word, and who leaves.


def test_the_database_lets_nobody_else_keep_the_roster(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    stranger = make.officer("TANGA-CC", "coordinator")
    place = unit(superuser, "WORKS")
    day = date(2026, 1, 5)
    for officer in (works[1], stranger):
        changes: tuple[Callable[[], Any], ...] = (
            lambda: roster.put(works[0], place, None, 100, monday),
            lambda: roster.set_duty(works[0], [1], [], None, monday),
            lambda: roster.add_leave(works[0], day, day, monday),
        )
        for change in changes:
            with pytest.raises(Refused), transaction(Principal.of_officer(officer)):
                change()
        with pytest.raises(SQLAlchemyError), transaction(Principal.of_officer(officer)) as session:
            session.execute(
                db.text(
                    "INSERT INTO roster (officer_id, unit_id, share, since_day)"
                    " VALUES (:o, :u, 100, '2025-01-01')"
                ),
                {"o": works[0], "u": place},
            )
        with pytest.raises(SQLAlchemyError), transaction(Principal.of_officer(officer)):
            staffing.add_leave(works[0], day, day, monday)
    with transaction(Principal.of_officer(works[0])):
        roster.enter_own_leave(day, day, monday)


def test_nobody_gives_himself_what_he_may_not_read(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    """By a roster, as a deputy, or by sending the holder of a post away."""
    coordinator = make.officer("DODOMA-CC", "coordinator")
    head = make.officer("DODOMA-CC", "head")
    make.hold(head, "DODOMA-CC", "institution_head")
    make.hold(coordinator, "DODOMA-CC", "institution_head", capacity="deputy")
    place, day = unit(superuser, "WORKS"), date(2026, 1, 5)
    changes: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("not-yourself", lambda: roster.put(coordinator, place, None, 100, monday)),
        ("not-yourself", lambda: roster.set_duty(works[0], [1], [], coordinator, monday)),
        ("holds-post", lambda: roster.add_leave(head, day, day, monday)),
    )
    for code, change in changes:
        with pytest.raises(Refused, match=code), transaction(Principal.of_officer(coordinator)):
            change()
    for statement in (
        "INSERT INTO roster (officer_id, unit_id, share, since_day)"
        " VALUES (:me, :unit, 100, '2025-01-01')",
        "INSERT INTO duty VALUES (:other, '{1}', '{}', :me)",
        "INSERT INTO leave (officer_id, first_day, last_day)"
        " VALUES (:head, '2026-01-05', '2026-01-05')",
    ):
        values = {"me": coordinator, "unit": place, "other": works[0], "head": head}
        with (
            pytest.raises(SQLAlchemyError, match="row-level security"),
            transaction(Principal.of_officer(coordinator)) as session,
        ):
            session.execute(db.text(statement), values)
    with transaction(Principal.of_officer(head)):
        roster.put(coordinator, place, None, 100, monday)
        roster.set_duty(works[0], [1], [], coordinator, monday)
        roster.add_leave(coordinator, day, day, monday)


def test_nothing_stays_with_someone_who_left(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    leaving, today = works[0], monday.date()
    admin = make.officer("PO-PSMGG", "admin")
    coordinator = make.officer("DODOMA-CC", "coordinator")
    post = make.hold(leaving, "DODOMA-CC", "unit_head", unit="WORKS")
    listed(superuser, leaving)
    works_on(superuser, works[1], 1, 2, 3, 4, 5, deputy=leaving)
    make.leave(leaving, today + 5 * DAY, today + 9 * DAY)
    case, *_ = roads(make, monday)
    assert handler(superuser, case) == leaving
    with transaction(Principal.of_officer(admin)):
        told = departures.preview(leaving, monday)
    assert (told.cases, len(told.seats), len(told.entries), len(told.leave)) == (1, 1, 1, 1)
    with transaction(Principal.of_officer(admin)):
        staffing.deactivate(leaving, monday)
    with transaction(JOB):
        assert departures.clear(monday) == 5
        assert staffing.hand_over(monday) == 1
    with transaction(JOB):
        assert departures.clear(monday) == 0
    left = kit.rows(
        superuser,
        'SELECT id::text FROM "case" WHERE handler_id = %(o)s'
        " UNION ALL SELECT 'post' FROM post_holding WHERE officer_id = %(o)s"
        "  AND (until_day IS NULL OR until_day >= %(d)s)"
        " UNION ALL SELECT 'roster' FROM roster WHERE officer_id = %(o)s AND ended_at IS NULL"
        " UNION ALL SELECT 'deputy' FROM duty WHERE deputy_id = %(o)s"
        " UNION ALL SELECT 'leave' FROM leave WHERE officer_id = %(o)s"
        "  AND last_day >= %(d)s AND last_day >= first_day".replace("%(o)s", str(leaving)).replace(
            "%(d)s", f"'{today}'"
        ),
    )
    assert left == []
    (alarm,) = kit.rows(superuser, "SELECT dedupe FROM alarm WHERE kind = 'post_vacant'")
    assert alarm["dedupe"].startswith(f"post_vacant:{post}:")
    with transaction(Principal.of_officer(coordinator)):
        rows, _more = alarms.standing(None)
    assert "post_vacant" in [row.kind for row in rows]


def test_an_administrator_gives_himself_no_cases_either(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    both = make.officer("DODOMA-CC", "admin", "handler", unit="WORKS")
    place = unit(superuser, "WORKS")
    changes: tuple[Callable[[], Any], ...] = (
        lambda: roster.put(both, place, None, 100, monday),
        lambda: roster.set_duty(works[0], [1], [], both, monday),
    )
    for change in changes:
        with pytest.raises(Refused, match="not-yourself"), transaction(Principal.of_officer(both)):
            change()
    for statement in (
        "INSERT INTO roster (officer_id, unit_id, share, since_day)"
        " VALUES (:me, :unit, 100, '2025-01-01')",
        "INSERT INTO duty VALUES (:other, '{1}', '{}', :me)",
    ):
        with (
            pytest.raises(SQLAlchemyError, match="row-level security"),
            transaction(Principal.of_officer(both)) as session,
        ):
            session.execute(db.text(statement), {"me": both, "unit": place, "other": works[0]})


def test_what_became_confidential_does_not_come_back_by_the_own_hand(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    case, *_ = roads(make, monday)
    with transaction(Principal.of_officer(coordinator)):
        desk.assign(case, coordinator, monday)
    move_id, _moved = move(coordinator, works[1], monday, [case])
    with transaction(Principal.of_case(case)):
        citizen.raise_confidentiality(case, "confidential", monday)
    with transaction(Principal.of_officer(coordinator)):
        moves.undo_batch(move_id, monday + timedelta(hours=1))
    assert handler(superuser, case) == works[1]
    assert outcomes(superuser, move_id)[case]["undone"] == "not-allowed"


def test_numbers_tell_nobody_of_a_case_from_which_he_is_kept_away(
    make: Make, works: list[int], monday: datetime, superuser: Behind
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    case, *_ = roads(make, monday)
    owner = handler(superuser, case)
    with transaction(Principal.of_officer(coordinator)):
        before = roster.open_cases_of(owner)
    make.exclude(case, coordinator, monday)
    with transaction(Principal.of_officer(coordinator)):
        loads = {load.officer_id: load.open for load in workload.board(None, monday).loads}
        assert roster.open_cases_of(owner) == loads[owner] == before - 1
