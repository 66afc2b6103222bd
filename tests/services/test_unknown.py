"""A citizen who must stay unknown: what is not kept, and that everything works without it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import clock
from feedback.rules import deadlines
from feedback.services import audit, citizen, desk, intake, outbox, own_data, vault, views
from feedback.services.cases import Receipt
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import at

Behind = psycopg.Connection[Any]
# No office opens, closes or counts at this minute and second: whatever holds them holds the hour.
CAME = datetime(2025, 11, 10, 7, 17, 33, 123456, tzinfo=UTC)
MARK = "17:33"
DAY = timedelta(days=1)
NUMBER = "+255712345678"


def by_citizen(case_id: UUID, verb: Any, *given_: Any) -> None:
    with transaction(Principal.of_case(case_id)):
        verb(case_id, *given_)


def by_officer(officer: int, case_id: UUID, verb: Any, *given_: Any) -> None:
    with transaction(Principal.of_officer(officer)):
        verb(case_id, *given_)


def holding(behind: Behind, mark: str) -> set[str]:
    """The tables with a row that shows the mark anywhere."""
    tables = behind.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'guard')"
    ).fetchall()
    return {
        table
        for (table,) in tables
        for (row,) in behind.execute(f"SELECT t::text FROM {table} t").fetchall()  # noqa: S608
        if mark in row
    }


def test_no_table_holds_the_hour_of_anything_the_citizen_did(make: Make, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    make.officer("ETHICS", "ethics")
    answered = make.case(CAME, anonymous=True)
    others = [make.case(CAME, anonymous=True) for _ in range(3)]
    office = CAME + timedelta(hours=1, minutes=7)
    by_officer(handler, answered.case_id, desk.ask, "Wapi?", office)
    soon = CAME + timedelta(hours=2)
    by_citizen(answered.case_id, citizen.add_message, "Uhindini.", soon)
    by_officer(handler, answered.case_id, desk.answer, "Tayari.", office + DAY)
    by_citizen(answered.case_id, citizen.not_fixed, "Bado.", soon + DAY)
    by_officer(handler, answered.case_id, desk.answer, "Sasa tayari.", office + 2 * DAY)
    by_citizen(answered.case_id, citizen.accept, 4, soon + 2 * DAY)
    by_citizen(others[0].case_id, citizen.withdraw, soon)
    by_citizen(others[1].case_id, citizen.raise_confidentiality, "restricted", soon)
    by_citizen(others[2].case_id, citizen.raise_confidentiality, "confidential", soon)
    with transaction(Principal.of_case(answered.case_id)):
        own_data.copy(answered.case_id, soon + 2 * DAY)
    assert holding(superuser, MARK) == set()
    # Of a citizen whose number is known it is seen: the search finds what is there.
    known = make.case(CAME, phone=NUMBER)
    by_citizen(known.case_id, citizen.add_message, "Habari.", soon)
    tables = ("audit_entry", '"case"', "message", "submission", "notice")
    assert holding(superuser, MARK) >= {f"public.{table}" for table in tables}


def test_in_the_record_too_and_its_order_tells_nothing(make: Make, superuser: Behind) -> None:
    first = make.case(CAME - timedelta(hours=2))
    unknown = make.case(CAME, anonymous=True)
    make.case(CAME + timedelta(hours=2))
    (entry,) = kit.of_case(superuser, "audit_entry", unknown.case_id)
    assert entry["at"] == at("2025-11-10 00:00")

    def chained() -> set[UUID]:
        return {row["entry_id"] for row in kit.rows(superuser, "SELECT entry_id FROM audit_link")}

    with transaction(JOB):
        assert audit.chain(CAME + timedelta(hours=3)) == 2
    assert kit.of_case(superuser, "audit_entry", first.case_id)[0]["id"] in chained()
    assert entry["id"] not in chained()
    with transaction(JOB):
        assert audit.verify().ok
        assert audit.chain(clock.day_start(CAME) + DAY) == 1
        assert audit.verify().ok
    assert entry["id"] in chained()


def test_no_name_number_or_address_is_kept(make: Make, superuser: Behind) -> None:
    case = make.case(CAME, anonymous=True, name="Neema", phone=NUMBER, email="n@example.com")
    assert kit.of_case(superuser, "sealed_identity", case.case_id) == []
    assert kit.owed(superuser, case.case_id) == []
    assert kit.case_row(superuser, case.case_id)["reachable"] is False


@settings(max_examples=50)
@given(hour=st.integers(0, 23), minute=st.integers(0, 59), day=st.integers(1, 28))
def test_clocks_run_as_they_would_have_by_the_hour(hour: int, minute: int, day: int) -> None:
    moment = datetime(2025, 11, day, hour, minute, tzinfo=clock.DAR_ES_SALAAM)
    calendar = deadlines.Calendar(frozenset())
    for days in (2, 5, 14):
        assert deadlines.due(calendar, clock.day_start(moment), days) == deadlines.due(
            calendar, moment, days
        )


@pytest.mark.parametrize("hour", ["07:00", "12:00", "15:29", "15:31", "23:00"])
def test_a_reply_costs_the_office_the_same_whatever_its_hour(
    make: Make, superuser: Behind, hour: str
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(at("2025-11-10 09:00"), anonymous=True)
    by_officer(handler, case.case_id, desk.ask, "Wapi?", at("2025-11-11 10:00"))
    by_citizen(case.case_id, citizen.add_message, "Hapa.", at(f"2025-11-13 {hour}"))
    assert kit.clock(superuser, case.case_id, "answer")["due_at"] == at("2025-12-03 15:30")
    (pause,) = kit.of_case(superuser, "pause", case.case_id)
    assert pause["ends_at"] == at("2025-11-14 00:00")
    # Asked again on the same day, the clock waits again and no day counts twice.
    by_officer(handler, case.case_id, desk.ask, "Na lini?", at("2025-11-13 23:30"))
    by_citizen(case.case_id, citizen.add_message, "Jana.", at("2025-11-13 23:40"))
    assert kit.clock(superuser, case.case_id, "answer")["due_at"] == at("2025-12-03 15:30")


def test_a_reply_on_the_day_of_the_question_ends_the_pause(make: Make, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(at("2025-11-10 09:00"), anonymous=True)
    by_officer(handler, case.case_id, desk.ask, "Wapi?", at("2025-11-11 10:00"))
    by_citizen(case.case_id, citizen.add_message, "Hapa.", at("2025-11-11 11:00"))
    by_officer(handler, case.case_id, desk.answer, "Tayari.", at("2025-11-11 14:00"))
    row = kit.clock(superuser, case.case_id, "answer")
    assert row["met_at"] == at("2025-11-11 14:00")
    # The day of receipt counts from the opening; the pause from 10:00 to now is taken off.
    assert row["minutes"] == 8 * 60 + 150
    assert "pause" not in kit.timers(superuser, case.case_id)


def test_messages_are_read_in_the_order_in_which_they_were_said(make: Make) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case = make.case(at("2025-11-10 09:00"), anonymous=True)
    for minute, (asks, replies) in enumerate([("Wapi?", "Hapa."), ("Lini?", "Jana.")]):
        by_officer(handler, case.case_id, desk.ask, asks, at(f"2025-11-10 10:0{2 * minute}"))
        by_citizen(
            case.case_id, citizen.add_message, replies, at(f"2025-11-10 10:0{2 * minute + 1}")
        )
    with transaction(Principal.of_officer(handler)):
        lines = views.for_officer(case.case_id, at("2025-11-10 11:00")).messages
    said = [line.body for line in lines]
    assert said[1:] == ["Wapi?", "Hapa.", "Lini?", "Jana."]
    assert [line.placed for line in lines] == sorted(line.placed for line in lines)
    assert {line.at for line in lines if line.author == "citizen"} == {at("2025-11-10 00:00")}


def test_two_messages_of_a_day_are_two_notices(make: Make, superuser: Behind) -> None:
    make.officer("DODOMA-CC", "handler")
    case = make.case(CAME, anonymous=True)
    for minute in (1, 2):
        by_citizen(
            case.case_id, citizen.add_message, f"{minute}", CAME + minute * timedelta(minutes=1)
        )
    kinds = [row["kind"] for row in kit.of_case(superuser, "notice", case.case_id)]
    assert sorted(kinds) == ["assigned", "citizen_message", "citizen_message"]


def test_a_repeated_post_shows_the_code_for_a_day_at_least(make: Make) -> None:
    submission = uuid4()
    first = make.case(CAME, anonymous=True, submission_id=submission)
    again = make.case(CAME + timedelta(hours=23), anonymous=True, submission_id=submission)
    assert (again.repeated, again.receipt_code) == (True, first.receipt_code)
    assert make.case(CAME + 3 * DAY, anonymous=True, submission_id=submission).expired


def test_handlers_still_take_turns(make: Make, superuser: Behind) -> None:
    officers = sorted(make.officer("DODOMA-CC", "handler") for _ in range(3))
    taken = []
    for number in range(12):
        moment = CAME + number * timedelta(minutes=5)
        case = make.case(moment, anonymous=number % 2 == 0)
        taken.append(kit.case_row(superuser, case.case_id)["handler_id"])
    assert all(sorted(taken[i : i + 3]) == officers for i in range(0, 12, 3))


def test_no_identifier_of_a_citizens_act_tells_an_order(superuser: Behind) -> None:
    """Rows that hang on a case have random keys, or the case's own; an alarm and
    a delegation are the office's."""
    rows = kit.rows(
        superuser,
        "SELECT DISTINCT c.table_name AS t FROM information_schema.columns c"
        " JOIN information_schema.columns k ON k.table_name = c.table_name"
        "  AND k.table_schema = c.table_schema AND (k.is_identity = 'YES'"
        "  OR k.column_default LIKE 'nextval%%')"
        " WHERE c.table_schema = 'public' AND c.column_name IN ('case_id', 'submission_id')",
    )
    assert {row["t"] for row in rows} <= {"alarm", "delegation"}


# "Forget me".


def known(make: Make) -> Receipt:
    return make.case(CAME, name="Neema", phone=NUMBER, email="n@example.com", persons="Bw. Fulani")


def test_forget_me_takes_the_identity_and_keeps_the_case(make: Make, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case, other = known(make), known(make)
    with transaction(Principal.of_officer(handler)):
        vault.ask(case.case_id, ["name"], "Sababu.", CAME)
    queued = len(kit.rows(superuser, "SELECT * FROM outbox"))
    for _ in range(2):  # saying it again changes nothing
        by_citizen(case.case_id, citizen.forget_me, CAME + DAY)
    row = kit.case_row(superuser, case.case_id)
    assert (row["anonymous"], row["reachable"], row["status"]) == (True, False, "assigned")
    held = kit.of_case(superuser, "sealed_identity", case.case_id)
    assert [(each["field"], each["number_hash"]) for each in held] == [("persons", None)]
    assert len(kit.of_case(superuser, "sealed_identity", other.case_id)) == 4
    assert kit.acts(superuser, case.case_id).count("identity_forgotten") == 1
    (entry,) = (
        e
        for e in kit.of_case(superuser, "audit_entry", case.case_id)
        if e["act"] == "identity_forgotten"
    )
    assert clock.is_day(entry["at"])
    # Nothing more is sent, and nothing new is owed.
    assert len(kit.rows(superuser, "SELECT * FROM outbox")) == queued
    by_officer(handler, case.case_id, desk.answer, "Tayari.", CAME + 2 * DAY)
    states = {r["state"] for r in kit.of_case(superuser, "outbox", case.case_id)}
    assert states == {"failed"}
    assert kit.of_case(superuser, "outbox", other.case_id)[0]["state"] == "queued"
    # Nor does anything tell the hour at which the citizen said so.
    ended = {clock.is_day(r["finished_at"]) for r in kit.of_case(superuser, "outbox", case.case_id)
             if r["status_code"] == "forgotten"}  # fmt: skip
    assert ended == {True}
    (opening,) = kit.of_case(superuser, "identity_opening", case.case_id)
    assert clock.is_day(opening["ended_at"])
    # An opening that ran is over.
    with transaction(Principal.of_officer(handler)):
        assert vault.openings(case.case_id, CAME)[0].state == "ended"


def test_forgotten_by_sms_too(make: Make, superuser: Behind) -> None:
    def sms(number: int, words: str) -> None:
        with transaction(Principal("hook")):
            intake.receive(
                provider_id=str(number), sender=NUMBER, words=words, received_at=CAME, now=CAME
            )
        with transaction(JOB):
            found = intake.take(CAME)
            assert found
            intake.process(found, CAME)

    sms(1, "Jiji la Dodoma: taa hazijawaka")
    (case,) = kit.rows(superuser, 'SELECT id, reference FROM "case"')
    by_citizen(case["id"], citizen.forget_me, CAME)
    (row,) = kit.rows(superuser, "SELECT * FROM inbound_message")
    assert (bytes(row["sender"]), bytes(row["number_hash"])) == (b"", b"")
    assert all(r["recipient"] is None for r in kit.of_case(superuser, "outbox", case["id"]))
    sms(2, f"MSIMBO {case['reference']}")
    (reply,) = kit.rows(superuser, "SELECT * FROM outbox WHERE dedupe LIKE 'reply:%%'")
    assert reply["template"] == "unknown_reference"


def test_only_the_citizen_of_the_case_has_it_forgotten(make: Make, superuser: Behind) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    case, other = known(make), known(make)
    for principal in (Principal.of_officer(handler), Principal.of_case(other.case_id), JOB):
        with pytest.raises(Exception, match=r"not-found|stays closed"), transaction(principal):
            citizen.forget_me(case.case_id, CAME)
    assert len(kit.of_case(superuser, "sealed_identity", case.case_id)) == 4


def test_a_send_under_way_when_the_number_goes_sends_no_second(
    make: Make, superuser: Behind
) -> None:
    case = known(make)
    superuser.execute("UPDATE outbox SET state = 'unknown', unknown_attempts = 1, attempts = 1")
    by_citizen(case.case_id, citizen.forget_me, CAME)
    assert outbox.deliver(CAME + DAY).sent == 0
    (row,) = kit.of_case(superuser, "outbox", case.case_id)
    assert (row["state"], row["status_code"]) == ("failed", "forgotten")
    assert kit.timers(superuser, case.case_id)
