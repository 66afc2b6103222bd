"""The ladder never stalls, and each rung is climbed once, at its moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from feedback.extensions import db
from feedback.services import (
    citizen,
    desk,
    directives,
    escalations,
    ladders,
    oversight,
    queues,
    views,
)
from feedback.services.cases import Receipt
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, redis_client, transaction
from tests.conftest import LONG
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

AsOfficer = Callable[[int], Any]
COUNCIL = (
    ("DODOMA-CC", "unit_head"),
    ("DODOMA-CC", "hr_head"),
    ("DODOMA-CC", "institution_head"),
    ("RS-DODOMA", "institution_head"),
    ("PO-RALG", "institution_head"),
    ("PO-PSMGG", "institution_head"),
    ("CS", "institution_head"),
)


def staff(make: Make, posts: tuple[tuple[str, str], ...]) -> list[int]:
    """A holder for each post; answers the officers in that order."""
    holders = []
    for institution, post in posts:
        officer = make.officer(institution, "head")
        make.hold(officer, institution, post, unit="REGISTRY" if post == "unit_head" else None)
        holders.append(officer)
    return holders


def climbed(behind: Behind, receipt: Receipt) -> list[tuple[int, str, str, str]]:
    """Rung, institution, way and clock of each escalation."""
    return [
        (row["rung"], row["at_institution"], row["way"], row["clock"])
        for row in kit.rungs(behind, receipt.case_id)
    ]


def test_a_council_s_case_up_to_the_chief_secretary(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    holders = staff(make, COUNCIL)
    copied = make.officer("PMO", "head")
    make.hold(copied, "PMO", "institution_head")
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, category="OTHER")
    kit.sweep(kit.at("2025-12-31 12:00"))
    rows = kit.rungs(superuser, receipt.case_id)
    assert [(row["due_at"], row["rung"], row["clock"]) for row in rows] == [
        # nobody said a word by Wednesday, two working days after Monday
        (kit.at("2025-11-12 15:30"), 1, "acknowledge"),
        (kit.at("2025-11-17 15:30"), 2, "acknowledge"),
        # that stops at the second rung; the answer was due after 14 working days
        (kit.at("2025-11-28 15:30"), 3, "answer"),
        (kit.at("2025-12-03 15:30"), 4, "answer"),
        (kit.at("2025-12-08 15:30"), 5, "answer"),
        # Tuesday the 9th is Independence Day
        (kit.at("2025-12-12 15:30"), 6, "answer"),
        (kit.at("2025-12-17 15:30"), 7, "answer"),
    ]
    assert [(row["at_institution"], row["post"]) for row in rows] == list(COUNCIL)
    assert [row["officer_id"] for row in rows] == holders
    assert {row["way"] for row in rows} == {"holder"}
    assert [row["copied"] for row in rows] == [None] * 6 + ["PMO"]
    # above the top: an alarm each three working days; Christmas and Boxing Day are off
    alarms = kit.of_case(superuser, "alarm", receipt.case_id, "at")
    assert [(alarm["kind"], alarm["at"]) for alarm in alarms] == [
        ("top", kit.at("2025-12-22 15:30")),
        ("top", kit.at("2025-12-29 15:30")),
    ]
    case = kit.case_row(superuser, receipt.case_id)
    assert (case["handler_id"], case["highest_rung"]) == (handler, 7)
    assert kit.timers(superuser, receipt.case_id)["ladder"] == kit.at("2026-01-02 15:30")
    assert kit.acts(superuser, receipt.case_id).count("escalated") == 7


@pytest.mark.parametrize(
    ("institution", "ladder", "above"),
    [
        ("TANESCO", "agency", ["TANESCO", "TANESCO", "TANESCO", "W-NISHATI", "PO-PSMGG", "CS"]),
        ("W-AFYA", "ministry", ["W-AFYA", "W-AFYA", "W-AFYA", "PO-PSMGG", "CS"]),
        (
            "RS-DODOMA",
            "region",
            ["RS-DODOMA", "RS-DODOMA", "RS-DODOMA", "PO-RALG", "PO-PSMGG", "CS"],
        ),
    ],
)
def test_the_ladder_of_each_kind_of_institution(
    make: Make,
    monday: datetime,
    superuser: Behind,
    institution: str,
    ladder: str,
    above: list[str],
) -> None:
    receipt = make.case(monday, institution=institution)
    kit.sweep(monday + timedelta(days=90))
    rows = kit.rungs(superuser, receipt.case_id)
    assert [row["at_institution"] for row in rows] == above
    assert [row["rung"] for row in rows] == list(range(1, len(above) + 1))
    assert {row["ladder"] for row in rows} == {ladder}


def test_an_enquiry_is_due_sooner(make: Make, monday: datetime, superuser: Behind) -> None:
    make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday, kind="enquiry")
    kit.sweep(kit.at("2025-11-20 15:30"))
    assert [(row["rung"], row["due_at"]) for row in kit.rungs(superuser, receipt.case_id)] == [
        (1, kit.at("2025-11-12 15:30")),
        (2, kit.at("2025-11-17 15:30")),
        (3, kit.at("2025-11-20 15:30")),
    ]


@pytest.mark.parametrize("kind", ["suggestion", "compliment"])
def test_a_suggestion_never_passes_the_head(
    make: Make, monday: datetime, superuser: Behind, kind: str
) -> None:
    receipt = make.case(monday, kind=kind)
    kit.sweep(monday + timedelta(days=90))
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == [1, 2, 3]
    kinds = {alarm["kind"] for alarm in kit.of_case(superuser, "alarm", receipt.case_id, "at")}
    assert "top" in kinds


def test_the_acknowledgement_stops_the_climb_once_given(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    receipt = make.case(monday)
    kit.sweep(receipt.acknowledge_due)
    with as_officer(handler):
        desk.acknowledge(receipt.case_id, receipt.acknowledge_due + timedelta(hours=1))
    assert kit.timers(superuser, receipt.case_id)["ladder"] == receipt.answer_due
    kit.sweep(receipt.answer_due - timedelta(minutes=1))
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == [1]
    kit.sweep(receipt.answer_due)
    assert [row["clock"] for row in kit.rungs(superuser, receipt.case_id)] == [
        "acknowledge",
        "answer",
    ]


def test_a_missed_acknowledgement_climbs_to_the_second_rung_at_most(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday)
    kit.sweep(receipt.answer_due - timedelta(minutes=1))
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == [1, 2]


def test_an_unowned_case_climbs_like_any_other(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday)
    assert kit.case_row(superuser, receipt.case_id)["handler_id"] is None
    kit.sweep(monday + timedelta(days=60))
    assert [row["rung"] for row in kit.rungs(superuser, receipt.case_id)] == list(range(1, 8))


def test_a_vacant_post_gets_a_letter_and_an_alarm(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    coordinator = make.officer("DODOMA-CC", "coordinator")
    receipt = make.case(monday)
    kit.sweep(receipt.acknowledge_due)
    assert climbed(superuser, receipt) == [(1, "DODOMA-CC", "letter", "acknowledge")]
    (alarm,) = kit.of_case(superuser, "alarm", receipt.case_id, "at")
    assert (alarm["kind"], alarm["at"]) == ("vacant", receipt.acknowledge_due)
    with as_officer(coordinator):
        (row,) = queues.letters(None, receipt.acknowledge_due).rows
    assert row.case.reference == receipt.reference


def test_the_deputy_stands_in_while_the_holder_is_away(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler")
    (holder,) = staff(make, COUNCIL[:1])
    deputy = make.officer("DODOMA-CC", "head")
    make.hold(deputy, "DODOMA-CC", "unit_head", unit="REGISTRY", capacity="deputy")
    away, here = (
        make.case(monday, category="OTHER"),
        make.case(monday + timedelta(days=2), category="OTHER"),
    )
    make.leave(holder, date(2025, 11, 12), date(2025, 11, 12))
    kit.sweep(away.acknowledge_due)
    kit.sweep(here.acknowledge_due)
    rows = [kit.rungs(superuser, receipt.case_id)[0] for receipt in (away, here)]
    assert [(row["way"], row["officer_id"]) for row in rows] == [
        ("deputy", deputy),
        ("holder", holder),
    ]
    assert rows[0]["why"] == "away"
    assert kit.of_case(superuser, "alarm", away.case_id, "at") == []


def test_a_holder_away_without_a_deputy_gets_a_letter(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler")
    (holder,) = staff(make, COUNCIL[:1])
    make.leave(holder, date(2025, 11, 1), date(2025, 11, 30))
    receipt = make.case(monday, category="OTHER")
    kit.sweep(receipt.acknowledge_due)
    assert climbed(superuser, receipt) == [(1, "DODOMA-CC", "letter", "acknowledge")]


def test_the_ladder_goes_round_a_head_whom_the_case_concerns(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    holders = staff(make, COUNCIL)
    receipt = make.case(monday, category="OTHER")
    make.exclude(receipt.case_id, holders[2], monday)
    kit.sweep(receipt.answer_due)
    rows = kit.rungs(superuser, receipt.case_id)
    assert [(row["rung"], row["way"]) for row in rows] == [
        (1, "holder"),
        (2, "holder"),
        (3, "skipped"),
        (4, "holder"),
    ]
    # the rung above is reached at the same moment
    assert rows[2]["due_at"] == rows[3]["due_at"] == receipt.answer_due
    assert rows[2]["officer_id"] is None
    with pytest.raises(Refused, match="not-found"), as_officer(holders[2]):
        views.for_officer(receipt.case_id, receipt.answer_due)
    told = {n["officer_id"] for n in kit.of_case(superuser, "notice", receipt.case_id)}
    assert told == {holders[0], holders[1], holders[3]}


def test_the_restricted_ladder(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    ordinary = staff(make, COUNCIL)
    ethics = staff(
        make,
        (("ETHICS", "ethics_senior"), ("ETHICS", "ethics_head"), ("CS", "ethics_post")),
    )
    make.officer("TAKUKURU", "ethics")
    receipt = make.case(monday, body="Afisa ameomba rushwa.")
    kit.sweep(monday + timedelta(days=90))
    rows = kit.rungs(superuser, receipt.case_id)
    assert [(row["rung"], row["at_institution"], row["officer_id"]) for row in rows] == [
        (1, "ETHICS", ethics[0]),
        (2, "ETHICS", ethics[1]),
        (3, "CS", ethics[2]),
    ]
    assert {row["restricted"] for row in rows} == {True}
    for officer in ordinary:
        with pytest.raises(Refused, match="not-found"), as_officer(officer):
            views.for_officer(receipt.case_id, monday)
    with as_officer(ethics[0]):
        assert views.for_officer(receipt.case_id, monday).may_read_words


def test_a_case_about_the_ethics_body_skips_its_own_rungs(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    staff(make, (("ETHICS", "ethics_senior"), ("ETHICS", "ethics_head"), ("CS", "ethics_post")))
    receipt = make.case(monday, institution="ETHICS", category="CORRUPTION")
    kit.sweep(receipt.acknowledge_due)
    assert [(row["rung"], row["way"]) for row in kit.rungs(superuser, receipt.case_id)] == [
        (1, "skipped"),
        (2, "skipped"),
    ]
    kit.sweep(receipt.answer_due)
    assert climbed(superuser, receipt)[-1][:3] == (3, "CS", "holder")


def test_raised_to_restricted_the_case_begins_that_ladder(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday)
    late = receipt.answer_due + timedelta(hours=1)
    kit.sweep(late)
    before = kit.rungs(superuser, receipt.case_id)
    assert [row["rung"] for row in before] == [1, 2, 3]
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", late)
    kit.sweep(late)
    rows = kit.rungs(superuser, receipt.case_id)
    # the acknowledgement was missed first, so the restricted rungs are caught up from there
    assert [row["rung"] for row in rows if row["restricted"]] == [1, 2, 3]
    # What was climbed stays as it was; only nobody has it on the list any more.
    left = [row | {"standing": True} for row in rows if not row["restricted"]]
    assert left == before
    assert not any(row["standing"] for row in rows if not row["restricted"])


def test_alarms_of_a_ladder_left_say_nothing_of_the_next(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday, kind="suggestion")
    late = monday + timedelta(days=60)
    kit.sweep(late)
    superuser.execute("UPDATE deadline SET due_at = %s WHERE case_id = %s", (late, receipt.case_id))
    with transaction(Principal.of_case(receipt.case_id)):
        citizen.raise_confidentiality(receipt.case_id, "restricted", late)
    kit.sweep(late + timedelta(days=30))
    top = [a["at"] for a in kit.of_case(superuser, "alarm", receipt.case_id, "at")]
    last = [r for r in kit.rungs(superuser, receipt.case_id) if r["restricted"]][-1]
    assert last["rung"] == 3
    # the third rung has its three working days before the next alarm
    assert min(at for at in top if at > last["due_at"]) >= last["due_at"] + timedelta(days=3)


def test_the_top_rungs_get_one_digest_a_day_for_each_institution(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    holders = staff(make, COUNCIL)
    copied = make.officer("PMO", "head")
    make.hold(copied, "PMO", "institution_head")
    for code in ("DODOMA-CC", "DODOMA-CC", "DODOMA-CC", "KONDOA-DC"):
        make.case(monday, institution=code)
    kit.sweep(kit.at("2025-12-12 15:30"))
    kit.sweep(kit.at("2025-12-17 15:30"))
    notices = kit.rows(superuser, "SELECT * FROM notice ORDER BY at")
    utumishi, chief = holders[5], holders[6]
    for officer in (utumishi, chief, copied):
        own = [n for n in notices if n["officer_id"] == officer]
        assert [(n["kind"], n["case_id"]) for n in own] == [("digest", None)] * 2, officer
        assert len({n["institution_id"] for n in own}) == 2
    tamisemi = [n for n in notices if n["officer_id"] == holders[4]]
    assert [n["kind"] for n in tamisemi] == ["escalated"] * 4
    for officer in (chief, copied):
        with as_officer(officer):
            assert len(oversight.escalated(None, monday).rows) == 4


def test_a_rung_may_direct_and_the_copy_too(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    staff(make, COUNCIL)
    copied = make.officer("PMO", "head")
    make.hold(copied, "PMO", "institution_head")
    receipt = make.case(monday)
    kit.sweep(kit.at("2025-12-17 15:30"))
    top = kit.rungs(superuser, receipt.case_id)[-1]
    now = kit.at("2025-12-17 16:00")
    with as_officer(copied):
        assert views.for_officer(receipt.case_id, now).may_read_words
        directive = directives.direct(top["id"], "Mjibu leo.", date(2025, 12, 18), now)
        assert directive.post_id == top["copy_post_id"]
    with pytest.raises(Refused, match="empty"), as_officer(copied):
        directives.direct(top["id"], " ", date(2025, 12, 18), now)


def test_the_forecast_is_what_then_happens(make: Make, monday: datetime, superuser: Behind) -> None:
    from feedback import models as m
    from feedback.services.reference import directory

    receipt = make.case(monday)
    with transaction(JOB) as session:
        case = session.get_one(m.Case, receipt.case_id)
        ahead = [(s.rung, s.at, s.clock) for s in ladders.forecast(case, directory(), limit=7)]
    kit.sweep(monday + timedelta(days=60))
    rows = kit.rungs(superuser, receipt.case_id)
    assert [(row["rung"], row["due_at"], row["clock"]) for row in rows] == ahead


def test_sweeping_again_changes_nothing(make: Make, monday: datetime, superuser: Behind) -> None:
    staff(make, COUNCIL[:3])
    for _ in range(5):
        make.case(monday)
    late = monday + timedelta(days=45)
    assert kit.sweep(late).escalations == 35
    tables = ("escalation", "alarm", "notice", "audit_entry", "timer")

    def state() -> list[Any]:
        return [
            kit.rows(superuser, f"SELECT * FROM {t} ORDER BY 1, 2")  # noqa: S608
            for t in tables
        ]

    before = state()
    again = kit.sweep(late)
    assert (again.timers, again.escalations) == (0, 0)
    assert state() == before
    # timers that someone set to fall due again find nothing to do either
    superuser.execute("UPDATE timer SET due_at = %s, done = false", [late])
    counts = kit.sweep(late)
    assert (counts.timers, counts.escalations, counts.alarms) == (10, 0, 0)
    assert state()[:2] == before[:2]


def test_the_queue_flushed_empty_loses_none(
    app: Flask, make: Make, monday: datetime, superuser: Behind
) -> None:
    receipt = make.case(monday, phone="+255712000001")
    redis_client().flushall()
    assert kit.sweep(receipt.acknowledge_due).escalations == 1


def test_nothing_due_is_one_query_on_the_partial_index(
    make: Make, monday: datetime, superuser: Behind, query_count: Any
) -> None:
    kit.many(superuser, 3_000, monday)
    superuser.execute("ANALYZE")
    with query_count() as counted, transaction(JOB):
        assert escalations.sweep_batch(monday).timers == 0
    assert counted.number == 2  # one of them says who asks
    with transaction(JOB) as session:
        plan = "\n".join(
            session.scalars(
                text(
                    'EXPLAIN SELECT timer.purpose, c.* FROM timer JOIN "case" c'
                    " ON c.id = timer.case_id WHERE NOT timer.done AND timer.due_at <= :now"
                    " ORDER BY timer.due_at LIMIT 200 FOR UPDATE OF c SKIP LOCKED"
                ),
                {"now": monday},
            )
        )
    assert "ix_timer_due" in plan


def test_the_statement_of_the_sweep_uses_that_index(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    """The statement that is really sent, with its own parameters."""
    from sqlalchemy import event

    kit.many(superuser, 3_000, monday)
    superuser.execute("ANALYZE")
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "timer" in statement:
            sent.append((statement, values))

    engine = db.engines["worker"]
    event.listen(engine, "before_cursor_execute", note)
    try:
        with transaction(JOB):
            escalations.sweep_batch(monday)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    ((statement, values),) = sent
    with transaction(JOB) as session:
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", values)
        assert "ix_timer_due" in "\n".join(row[0] for row in rows)


@pytest.mark.parametrize("purpose", ["ladder", "window", "pause", "reminder"])
def test_a_batch_costs_no_statement_for_each_case(
    make: Make,
    monday: datetime,
    superuser: Behind,
    as_officer: AsOfficer,
    query_count: Any,
    purpose: str,
) -> None:
    handler = make.officer("DODOMA-CC", "handler")

    def cost(cases: int) -> int:
        kit.empty(superuser)
        make.count = 0
        handler = make.officer("DODOMA-CC", "handler")
        for _ in range(cases):
            receipt = make.case(monday)
            with as_officer(handler):
                if purpose == "window":
                    desk.answer(receipt.case_id, "Imekamilika.", monday)
                else:
                    desk.acknowledge(receipt.case_id, monday)
                if purpose == "pause":
                    desk.ask(receipt.case_id, "Wapi?", monday)
        superuser.execute("DELETE FROM timer WHERE purpose <> %s", [purpose])
        with query_count() as counted, transaction(JOB):
            counts = escalations.sweep_batch(monday + timedelta(days=25))
        assert counts.timers == cases
        number: int = counted.number
        return number

    assert handler
    few = cost(3)
    assert few <= 30
    assert cost(40 if LONG else 12) <= few + 1


def test_a_case_that_breaks_the_sweep_stops_no_other(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    broken, sound = make.case(monday), make.case(monday)
    superuser.execute("DELETE FROM timer WHERE purpose = 'reminder'")
    # a rung recorded with another moment than its own: the unique constraint refuses the second
    superuser.execute(
        "INSERT INTO escalation (id, case_id, cycle, rung, ladder, clock, from_institution_id,"
        " way, restricted, due_at, at) SELECT gen_random_uuid(), id, 1, 1, 'council',"
        " 'acknowledge', institution_id, 'letter', false, now(), now()"
        ' FROM "case" WHERE id = %s',
        [broken.case_id],
    )
    superuser.execute(
        "UPDATE escalation SET cycle = 1, rung = 2 WHERE case_id = %s", [broken.case_id]
    )
    superuser.execute(
        'UPDATE "case" SET institution_id = institution_id, cycle = 9 WHERE id = %s',
        [broken.case_id],
    )
    superuser.execute("INSERT INTO timer VALUES (%s, 'pause', %s, false)", (broken.case_id, monday))
    now = sound.acknowledge_due
    counts = kit.sweep(now)
    assert counts.escalations == 1
    assert [row["rung"] for row in kit.rungs(superuser, sound.case_id)] == [1]
    (alarm,) = [
        a for a in kit.of_case(superuser, "alarm", broken.case_id, "at") if a["kind"] == "stuck"
    ]
    assert alarm["at"] == now
    # it is tried again in an hour, not at once
    assert kit.timers(superuser, broken.case_id)["pause"] == now + escalations.STUCK
    assert kit.sweep(now).timers == 0


def test_a_case_of_an_institution_that_is_no_longer_active_climbs_on(
    make: Make, monday: datetime, superuser: Behind, as_officer: AsOfficer
) -> None:
    handler = make.officer("KONDOA-DC", "handler")
    receipt = make.case(monday, institution="KONDOA-DC")
    superuser.execute("UPDATE institution SET active = false WHERE code = 'KONDOA-DC'")
    try:
        with as_officer(handler):
            assert views.for_officer(receipt.case_id, monday).institution.code == "KONDOA-DC"
            assert len(kit.my_cases(None, monday).rows) == 1
        kit.sweep(monday + timedelta(days=60))
        assert len(kit.rungs(superuser, receipt.case_id)) == 7
        with pytest.raises(Refused, match="bad-target"):
            make.case(monday, institution="KONDOA-DC")
    finally:
        superuser.execute("UPDATE institution SET active = true WHERE code = 'KONDOA-DC'")


def _scene(make: Make, behind: Behind, start: datetime, seed: int) -> list[UUID]:
    """Some cases and what people did with them in the first days; the same for the same seed."""
    rng = Random(seed)  # noqa: S311 - which test, not which secret
    kit.empty(behind)
    make.count = 0
    codes = ("DODOMA-CC", "TANESCO", "RS-DODOMA")
    officers = [make.officer(code, "handler", "head") for code in codes]
    for officer, code in zip(officers, codes, strict=True):
        if rng.random() < 0.7:
            make.hold(officer, code, "institution_head")
    ethics = make.officer("ETHICS", "ethics")
    chief = make.officer("CS", "head")
    make.hold(chief, "CS", "institution_head")
    found = []
    for _ in range(8):
        receipt = make.case(
            start + timedelta(minutes=rng.randrange(3_000)),
            institution=rng.choice(codes),
            kind=rng.choice(["complaint", "complaint", "enquiry", "suggestion"]),
            category=rng.choice(["OTHER", "SERVICE", "CORRUPTION", "GBV"]),
        )
        found.append(receipt.case_id)
    now = start + timedelta(days=3)
    for _ in range(30):
        now += timedelta(minutes=rng.randrange(400))
        kit.sweep(now)
        case_id, officer = rng.choice(found), rng.choice([*officers, ethics])
        act = rng.choice([desk.acknowledge, _ask, _answer, _not_fixed, _say, _transfer])
        by_officer = act in (desk.acknowledge, _ask, _answer, _transfer)
        principal = Principal.of_officer(officer) if by_officer else Principal.of_case(case_id)
        try:
            with transaction(principal):
                act(case_id, now)
        except Refused:
            continue
    return found


def _ask(case_id: UUID, now: datetime) -> None:
    desk.ask(case_id, "Wapi?", now)


def _answer(case_id: UUID, now: datetime) -> None:
    desk.answer(case_id, "Imekamilika.", now)


def _transfer(case_id: UUID, now: datetime) -> None:
    desk.transfer(case_id, "TANESCO", None, "Si yetu.", now)


def _not_fixed(case_id: UUID, now: datetime) -> None:
    citizen.not_fixed(case_id, "Bado.", now)


def _say(case_id: UUID, now: datetime) -> None:
    citizen.add_message(case_id, "Bado.", now)


WRITTEN = {
    '"case"': "id, status, closed_at, cycle, due_at, highest_rung, handler_id, window_ends_at",
    "escalation": "case_id, cycle, rung, ladder, clock, post_id, copy_post_id, way, officer_id,"
    " restricted, due_at, from_institution_id",
    "alarm": "case_id, cycle, kind, institution_id, at",
    "pause": "case_id, cycle, starts_at, runs_out_at, ends_at",
    "deadline": "case_id, cycle, clock, due_at, met_at, minutes",
    "timer": "case_id, purpose, done, CASE WHEN done THEN NULL ELSE due_at END AS due_at",
}


def _written(behind: Behind, cases: list[UUID]) -> dict[str, list[str]]:
    number = {case_id: n for n, case_id in enumerate(cases)}
    return {
        table: sorted(
            str({k: number.get(v, v) if isinstance(v, UUID) else v for k, v in row.items()})
            for row in kit.rows(behind, f"SELECT {columns} FROM {table}")  # noqa: S608
        )
        for table, columns in WRITTEN.items()
    }


@pytest.mark.parametrize("seed", range(40 if LONG else 1))
def test_a_sweep_after_an_outage_writes_what_hourly_ones_would_have_written(
    make: Make, superuser: Behind, seed: int
) -> None:
    start = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
    begin, end = start + timedelta(days=12), start + timedelta(days=42)
    cases = _scene(make, superuser, start, seed)
    moment = begin
    while moment <= end:
        kit.sweep(moment)
        moment += timedelta(hours=1)
    hourly = _written(superuser, cases)
    cases = _scene(make, superuser, start, seed)
    kit.sweep(end, limit=5)
    outage = _written(superuser, cases)
    for table in WRITTEN:
        assert outage[table] == hourly[table], table
    assert len(hourly["escalation"]) > 10
