"""A lost code is issued again to the number that filed the case, and the old one is void."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from feedback import jobs
from feedback.rules import reference as references
from feedback.services import intake, outbox, receipts, reissue
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.services import kit

Behind = psycopg.Connection[Any]
NUMBER, OTHER = "+255712345678", "+255787000000"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@given(st.uuids(), st.binary(min_size=1, max_size=16), st.binary(min_size=1, max_size=16))
def test_each_issue_has_a_code_of_its_own(submission: UUID, one: bytes, two: bytes) -> None:
    codes = {references.receipt_code(b"key", submission, nonce) for nonce in (b"", one, two)}
    assert len(codes) == len({b"", one, two})
    assert all(references.parse_receipt_code(code) == code for code in codes)


def opens(reference: str, code: str, now: datetime) -> bool:
    with transaction(Principal("receipt-check")):
        return isinstance(receipts.check(reference, code, now), UUID)


def sms(words: str, now: datetime, number: str = NUMBER) -> None:
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=f"{number}{words}{now}",
            sender=number,
            words=words,
            received_at=now,
            now=now,
        )
    with transaction(JOB):
        found = intake.take(now)
        assert found
        intake.process(found, now)


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A phone network at which the application sends."""
    with PhoneSimulator() as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


def code_in(phone: PhoneSimulator, now: datetime) -> str:
    """The code in the last SMS sent."""
    outbox.deliver(now)
    last = phone.ledger()[-1]
    assert last.number == NUMBER
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}", last.text)
    assert found, last.text
    return found[0]


@pytest.mark.parametrize("word", ["MSIMBO", "CODE"])
def test_the_filing_number_gets_a_new_code_by_sms(
    make: Make, monday: datetime, phone: PhoneSimulator, word: str
) -> None:
    case = make.case(monday, phone=NUMBER)
    sms(f"{word} {case.reference}", monday)
    fresh = code_in(phone, monday)
    assert fresh != case.receipt_code
    assert opens(case.reference, fresh, monday)
    assert not opens(case.reference, case.receipt_code, monday)
    sms(f"{word} {case.reference}", monday + HOUR)
    newest = code_in(phone, monday + HOUR)
    assert opens(case.reference, newest, monday + HOUR)
    assert not opens(case.reference, fresh, monday + HOUR)


def test_until_the_new_code_is_used_the_old_one_opens(
    make: Make, monday: datetime, phone: PhoneSimulator
) -> None:
    """Else whoever knows a reference could shut its citizen out."""
    case = make.case(monday, phone=NUMBER)
    for day in range(3):
        assert say_lost(case.reference, monday + day * (DAY + HOUR)) == 1
        assert opens(case.reference, case.receipt_code, monday + day * (DAY + HOUR))
    later = monday + 3 * DAY
    fresh = code_in(phone, later)
    assert opens(case.reference, case.receipt_code, later)
    assert opens(case.reference, fresh, later)
    assert not opens(case.reference, case.receipt_code, later)
    assert opens(case.reference, fresh, later)


def test_no_other_number_gets_or_voids_anything(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, phone=NUMBER)
    sms(f"MSIMBO {case.reference}", monday, OTHER)
    assert "receipt_code" not in kit.owed(superuser, case.case_id)
    assert opens(case.reference, case.receipt_code, monday)


def say_lost(reference: str, now: datetime) -> int:
    with transaction(Principal("receipt-check")):
        reissue.say_lost(reference, now)
    with transaction(JOB):
        return reissue.answer_lost(now)


def test_the_web_sends_it_to_the_number_alone_and_once_a_day(
    make: Make, monday: datetime, phone: PhoneSimulator, superuser: Behind
) -> None:
    case = make.case(monday, phone=NUMBER)
    assert say_lost(case.reference.lower().replace("-", " "), monday) == 1
    fresh = code_in(phone, monday)
    assert opens(case.reference, fresh, monday)
    assert not opens(case.reference, case.receipt_code, monday)
    assert kit.acts(superuser, case.case_id).count("receipt_code_sent") == 1
    # A stranger who knows the reference cannot flood the phone, nor void the code again and again.
    assert [say_lost(case.reference, monday + n * HOUR) for n in range(1, 24)] == [0] * 23
    assert opens(case.reference, fresh, monday)
    assert say_lost(case.reference, monday + DAY + HOUR) == 1


def test_without_a_number_nothing_is_sent_and_nothing_changes(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    unreachable, unknown = make.case(monday), make.case(monday, anonymous=True, phone=NUMBER)
    for case in (unreachable, unknown):
        assert say_lost(case.reference, monday) == 0
        assert opens(case.reference, case.receipt_code, monday)
    assert say_lost(references.make_reference(b"\xaa" * 8), monday) == 0
    assert say_lost("upuuzi", monday) == 0
    assert kit.rows(superuser, "SELECT * FROM outbox") == []


def test_asking_sends_the_same_statements_whatever_is_true(make: Make, monday: datetime) -> None:
    cases = [make.case(monday, phone=NUMBER).reference, make.case(monday).reference]
    cases += [references.make_reference(b"\xaa" * 8), "upuuzi"]
    seen = []
    for reference in cases:
        sent: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any, kept: Any = sent) -> None:
            kept.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        with transaction(Principal("receipt-check")):
            reissue.say_lost(reference, monday)
        event.remove(Engine, "before_cursor_execute", note)
        seen.append(sent)
    assert all(sent == seen[0] for sent in seen)


def test_a_post_repeated_after_that_shows_no_code(make: Make, monday: datetime) -> None:
    submission = UUID(int=5)
    make.case(monday, phone=NUMBER, submission_id=submission)
    first = make.case(monday, phone=NUMBER, submission_id=submission)
    assert first.receipt_code
    say_lost(first.reference, monday)
    again = make.case(monday, phone=NUMBER, submission_id=submission)
    assert (again.repeated, again.receipt_code) == (True, "")


def test_the_job_answers_and_forgets(make: Make, monday: datetime, superuser: Behind) -> None:
    case = make.case(monday, phone=NUMBER)
    with transaction(Principal("receipt-check")):
        reissue.say_lost(case.reference, monday)
    assert jobs.reissue_receipts() == {"reissued": 1}
    assert jobs.reissue_receipts() == {"reissued": 0}
    assert jobs.purge()["receipt_requests"] == 1
    assert kit.rows(superuser, "SELECT * FROM receipt_request") == []


def test_the_code_and_its_number_stand_nowhere_together(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    case = make.case(monday, phone=NUMBER)
    say_lost(case.reference, monday)
    with transaction(JOB):
        code = receipts.code_for(case.case_id)
    tables = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for (table,) in tables.fetchall():
        for (row,) in superuser.execute(f'SELECT t::text FROM "{table}" t'):  # noqa: S608
            assert code not in row
            assert code.replace("-", "") not in row
