"""Which SMS go now: quiet hours, the day's budget with its reserve, STOP, several senders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, event

import config
from feedback import gateway
from feedback import models as m
from feedback.services import delivery_reports, identity, leasing, outbox
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.factories import Make
from tests.services import kit
from tests.services.kit import at

Behind = psycopg.Connection[Any]
NUMBER = "+255712000001"
NOON, NIGHT, MORNING = at("2026-11-23 12:00"), at("2026-11-23 21:30"), at("2026-11-24 07:00")


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "QUIET_HOURS", (21, 7))
        monkeypatch.setitem(app.config, "SMS_PER_DAY", 10)
        monkeypatch.setitem(app.config, "SMS_RESERVE", 30)
        yield simulator


def owe(
    dedupe: str, template: str, now: datetime, number: str = NUMBER, case: UUID | None = None
) -> None:
    values = {"reference": "AAAA-AAAA", "due": "2026-12-01"}
    with transaction(JOB):
        outbox.owe(
            dedupe, template, case_id=case, language="sw", values=values, now=now,
            recipient=number, priority=0,
        )  # fmt: skip


def rows(behind: Behind, query: str = "SELECT * FROM outbox ORDER BY dedupe") -> list[Any]:
    return kit.rows(behind, query)


def stop(number: str, now: datetime) -> None:
    """The citizen wrote STOP."""
    said = {"number_hash": identity.number_hash(number), "stopped_at": now, "seen_at": now}
    with transaction(JOB) as session:
        session.execute(m.Phone.__table__.insert().values(**said))


def test_at_night_only_who_wrote_gets_an_sms(phone: PhoneSimulator, superuser: Behind) -> None:
    for template in ("help", "answer_waits", "transferred"):
        owe(template, template, NIGHT)
    done = outbox.deliver(NIGHT + timedelta(hours=1))
    assert (done.sent, done.held) == (1, 0)
    assert {row["held"] for row in rows(superuser)} == {None, "quiet"}
    assert outbox.deliver(MORNING - timedelta(minutes=1)).sent == 0
    assert outbox.deliver(MORNING).sent == 2
    assert {row["held"] for row in rows(superuser)} == {None}


def test_what_was_not_sent_by_day_waits_for_the_morning_in_one_step(
    phone: PhoneSimulator, superuser: Behind
) -> None:
    """An outage lasts into the night. What waits is put off together, before what may go."""
    for number in range(20):
        owe(f"d{number}", "transferred", NOON)
    owe("reply", "help", NIGHT)
    done = outbox.deliver(NIGHT)
    assert done.sent == 1
    assert done.held <= 3  # each sender may look at one before the first has put all off
    waiting = [row for row in rows(superuser) if row["held"] == "quiet"]
    assert len(waiting) == 20
    assert {row["next_attempt_at"] for row in waiting} == {MORNING}
    assert {row["attempts"] for row in waiting} == {0}


def test_a_second_copy_waits_for_the_morning_too(phone: PhoneSimulator, superuser: Behind) -> None:
    phone.fault(drop=True, accept=True)
    owe("d", "transferred", NIGHT - timedelta(minutes=31))
    outbox.deliver(NIGHT - timedelta(minutes=31))
    assert outbox.deliver(NIGHT).sent == 0
    (row,) = rows(superuser)
    assert (row["state"], row["held"], row["unknown_attempts"]) == ("unknown", "quiet", 1)
    assert outbox.deliver(MORNING).sent == 1
    assert len(phone.ledger()) == 2


def test_the_days_budget_keeps_a_reserve_for_who_wrote(
    phone: PhoneSimulator, superuser: Behind
) -> None:
    for number in range(9):
        owe(f"answer{number}", "answer_waits", NOON, f"+25571200010{number}")
    outbox.deliver(NOON)
    assert len(phone.ledger()) == 7
    for number in range(5):
        owe(f"help{number}", "help", NOON, f"+25571200020{number}")
    outbox.deliver(NOON)
    assert len(phone.ledger()) == 10
    held = [row for row in rows(superuser) if row["held"] == "budget"]
    assert len(held) == 4
    # Not lost: the next day, after its quiet hours.
    assert {row["state"] for row in held} == {"queued"}
    assert {row["next_attempt_at"] for row in held} == {MORNING}
    assert {row["attempts"] for row in held} == {0}
    (alarm,) = rows(superuser, "SELECT * FROM alarm")
    assert (alarm["kind"], alarm["case_id"]) == ("sms_budget", None)
    # What an administrator settled stays settled for the day.
    superuser.execute("UPDATE alarm SET settled_at = now()")
    owe("one more", "help", NOON)
    outbox.deliver(NOON)
    assert [row["settled_at"] is None for row in rows(superuser, "SELECT * FROM alarm")] == [False]
    assert outbox.deliver(MORNING).sent == 5


def test_a_message_counts_once_a_day(phone: PhoneSimulator, superuser: Behind) -> None:
    """Another try, or a second copy, counts with the first."""
    phone.fault(status_code=407, times=3)
    owe("d", "help", NOON)
    for minutes in (0, 1, 3, 10):
        outbox.deliver(NOON + timedelta(minutes=minutes))
    assert [row["sent"] for row in rows(superuser, "SELECT sent FROM sms_day")] == [1, 1]


def test_what_the_day_has_no_room_for_counts_for_no_number(
    app: Flask, phone: PhoneSimulator, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SMS_PER_DAY", 1)
    owe("a", "help", NOON)
    owe("b", "help", NOON, "+255712000002")
    outbox.deliver(NOON)
    counts = rows(superuser, "SELECT sent FROM sms_day ORDER BY sent")
    assert [row["sent"] for row in counts] == [0, 1, 1]


def test_no_number_of_workers_goes_beyond_the_limit(
    app: Flask, phone: PhoneSimulator, superuser: Behind
) -> None:
    for number in range(40):
        owe(f"d{number}", "help", NOON, f"+2557120003{number:02}")
    leased: list[object] = []

    def work() -> None:
        with app.app_context():
            while row := leasing.lease(NOON):
                leased.append(row)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(row, leasing.Leased) for row in leased) == 10
    states = [(row["state"], row["held"]) for row in rows(superuser)]
    assert states.count(("sending", None)) == 10
    assert states.count(("queued", "budget")) == 30


def test_who_said_stop_gets_answers_and_no_notices(
    make: Make, phone: PhoneSimulator, superuser: Behind
) -> None:
    make.officer("DODOMA-CC", "handler")
    case = make.case(NOON, phone=NUMBER)
    stop(NUMBER, NOON)
    for template in ("help", "answer_waits", "transferred", "acknowledged"):
        owe(template, template, NOON, case=case.case_id)
    done = outbox.deliver(NOON)
    assert (done.sent, done.suppressed) == (3, 2)  # the acknowledgement of the case is one
    ended = {row["dedupe"]: (row["state"], row["status_code"]) for row in rows(superuser)}
    assert ended["transferred"] == ended["acknowledged"] == ("suppressed", "opted-out")
    problems = kit.of_case(superuser, "delivery_problem", case.case_id, "template")
    assert [(p["template"], p["outcome"], p["again"]) for p in problems] == [
        ("acknowledged", "opted_out", False),
        ("transferred", "opted_out", False),
    ]
    # It is the citizen's wish: nobody is called to mend it.
    kinds = {row["kind"] for row in kit.of_case(superuser, "notice", case.case_id)}
    assert "not_reached" not in kinds
    assert outbox.deliver(MORNING).sent == 0


def test_a_notice_never_goes_before_an_answer(phone: PhoneSimulator, superuser: Behind) -> None:
    owe("notice", "transferred", NOON)
    owe("answer", "answer_waits", NOON + timedelta(seconds=1))
    outbox.deliver(NOON + timedelta(seconds=2))
    assert "Jibu la" in phone.ledger()[0].text


# Several senders.


def test_several_senders_hand_over_side_by_side(
    app: Flask, phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One begins; after each success there are twice as many, never more than set."""
    monkeypatch.setitem(app.config, "SMS_PER_DAY", 1_000)
    monkeypatch.setitem(app.config, "SMS_SENDERS", 4)
    phone.fault(delay_ms=100, times=None)
    for number in range(20):
        owe(f"d{number}", "help", NOON, f"+2557120004{number:02}")
    send, flying, together = gateway.send, set[int](), []

    def watched(*given: Any) -> gateway.Result:
        flying.add(threading.get_ident())
        together.append(len(flying))
        try:
            return send(*given)
        finally:
            flying.discard(threading.get_ident())

    monkeypatch.setattr(gateway, "send", watched)
    assert outbox.deliver(NOON, seconds=60).sent == 20
    assert together[0] == 1
    assert 2 <= max(together) <= 4
    assert len(phone.ledger()) == 20


def test_an_outage_in_the_middle_ends_the_run(
    app: Flask, phone: PhoneSimulator, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as were on their way are unknown, and no more."""
    monkeypatch.setitem(app.config, "SMS_SENDERS", 8)
    monkeypatch.setitem(app.config, "SMS_PER_DAY", 1_000)
    phone.fault(delay_ms=5, times=20)
    phone.fault(http_status=500, times=None)
    for number in range(60):
        owe(f"d{number}", "help", NOON, f"+2557120005{number:02}")
    done = outbox.deliver(NOON, seconds=60)
    assert done.sent == 20
    assert outbox.FAILURES_IN_A_ROW <= done.unknown <= app.config["SMS_SENDERS"]
    phone.clear_faults()
    rest = outbox.deliver(NOON + timedelta(seconds=1), seconds=60)
    assert rest.sent == 40 - done.unknown


# Settings.


@pytest.mark.parametrize(
    ("given", "hours"),
    [
        ({}, (0, 0)),  # a demonstration is looked at at any hour
        ({"DEMO": ""}, (21, 7)),
        ({"QUIET_HOURS": "22-6"}, (22, 6)),
        ({"DEMO": "", "QUIET_HOURS": "0-0"}, (0, 0)),
    ],
)
def test_quiet_hours_are_set(
    urls: dict[str, str], given: dict[str, str], hours: tuple[int, int]
) -> None:
    assert config.load({**environment(urls), **given})["QUIET_HOURS"] == hours


@pytest.mark.parametrize("wrong", ["21", "21-24", "x-7", "21–7", "-", "21-"])
def test_hours_that_are_none_are_refused(urls: dict[str, str], wrong: str) -> None:
    with pytest.raises(config.ConfigurationError, match="QUIET_HOURS"):
        config.load({**environment(urls), "QUIET_HOURS": wrong})


# Beside many rows.


def test_no_query_of_sending_reads_the_whole_outbox(
    app: Flask, phone: PhoneSimulator, superuser: Behind
) -> None:
    """Most rows were delivered long ago, many wait for the morning."""
    superuser.execute(
        "INSERT INTO outbox (id, dedupe, language, template, values, priority, state, attempts,"
        " unknown_attempts, next_attempt_at, created_at, provider_id, finished_at, held)"
        " SELECT gen_random_uuid(), n::text, 'sw', 'answer_waits', '{}', 0,"
        " CASE WHEN n < 2000 THEN 'queued' ELSE 'delivered' END, 1, 0,"
        " %s + interval '1 day', %s, CASE WHEN n < 2000 THEN NULL ELSE 'old' || n END, %s,"
        " CASE WHEN n < 2000 THEN 'quiet' END FROM generate_series(1, 20000) n",
        (NOON, NOON, NOON),
    )
    superuser.execute("ANALYZE outbox")
    owe("d", "help", NOON)
    owe("night", "transferred", NIGHT - timedelta(hours=1), "+255712000002")
    phone.fault(drop=True, times=1)
    asked: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, given: Any, *_: Any) -> None:
        if "outbox" in statement and not statement.startswith("INSERT INTO"):
            asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        for now in (NOON, NIGHT, MORNING):
            outbox.deliver(now)
            with transaction(Principal("hook")):
                delivery_reports.receive("old5000", "Success", "", "", now)
            outbox.replay(now)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len({statement for statement, _ in asked}) >= 8
    # As many reports as may wait at a time, so that the planner knows them to be few.
    superuser.execute(
        "INSERT INTO guard.delivery_report (provider_id, status, at)"
        " SELECT 'new' || n, 'Success', %s FROM generate_series(1, 50) n",
        (MORNING,),
    )
    superuser.execute("ANALYZE guard.delivery_report")
    for statement, given in asked:
        plan = "\n".join(row[0] for row in superuser.execute(f"EXPLAIN {statement}", given))
        assert "Seq Scan on outbox" not in plan, (statement, plan)
