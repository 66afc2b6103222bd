"""The outbox against the simulated gateway over a real socket: what is owed arrives, at most twice.

Time is passed in. The gateway's answers, hangs and delivery reports are those of `local.phone`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from feedback import gateway
from feedback import models as m
from feedback.extensions import db
from feedback.gateway import africastalking, transport
from feedback.services import delivery_reports, outbox
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBER = "+255712000001"
OTHER = "+255754000002"
LATER = timedelta(minutes=6)  # past the wait for a delivery report


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    """A gateway without delivery reports of its own accord, and the application pointed at it."""
    with PhoneSimulator(report="", api_key="k") as simulator, app.app_context():
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "AT_API_KEY", "k")
        yield simulator


def owe(dedupe: str = "d", number: str = NUMBER, template: str = "help", **given: Any) -> None:
    values = {"case_id": None, "language": "sw", "values": {}, "now": NOW} | given
    with transaction(JOB):
        outbox.owe(dedupe, template, recipient=number, **values)


def row(dedupe: str = "d") -> Any:
    with transaction(JOB):
        return db.session.execute(select(m.Outbox.__table__).where(m.Outbox.dedupe == dedupe)).one()


def report(provider_id: str, status: str, at: datetime, number: str = NUMBER) -> None:
    with transaction(Principal("hook")):
        delivery_reports.receive(provider_id, status, number, "", at)


def copies(phone: PhoneSimulator, number: str = NUMBER) -> int:
    return len(phone.ledger(number))


def test_what_is_owed_is_sent_once(phone: PhoneSimulator) -> None:
    owe()
    owe()  # the same debt
    assert outbox.deliver(NOW).sent == 1
    assert outbox.deliver(NOW + LATER).sent == 0
    assert copies(phone) == 1
    sent = row()
    assert (sent.state, sent.status_code, sent.attempts) == ("sent", "101", 1)
    assert sent.provider_id == phone.ledger()[0].id
    assert (sent.cost_amount, sent.cost_currency, sent.parts) == (Decimal("22.0000"), "TZS", 1)


def test_the_shortcode_is_the_sender(phone: PhoneSimulator, app: Flask) -> None:
    owe()
    outbox.deliver(NOW)
    assert phone.ledger()[0].sender == app.config["AT_SHORTCODE"]


def test_direct_replies_go_first(phone: PhoneSimulator) -> None:
    owe("late", OTHER, priority=1)
    owe("reply", NUMBER, priority=0, now=NOW + timedelta(seconds=1))
    outbox.deliver(NOW + timedelta(seconds=2))
    assert [sent.number for sent in phone.ledger()] == [NUMBER, OTHER]


def test_number_and_words_are_nowhere_in_plain(phone: PhoneSimulator, app: Flask) -> None:
    owe(template="answer", values={"reference": "ABCD-EFGH"}, words="Maneno ya ofisi")
    with db.engines["owner"].connect() as connection:
        stored = connection.scalar(text("SELECT outbox::text FROM outbox"))
    for secret in (NUMBER, NUMBER[1:], "Maneno"):
        assert secret not in stored
        assert secret.encode().hex() not in stored
    outbox.deliver(NOW)
    assert "Maneno ya ofisi" in phone.ledger()[0].text


def test_the_web_role_owes_but_cannot_look(phone: PhoneSimulator) -> None:
    owe()
    with transaction(Principal("hook")), pytest.raises(Exception, match="permission denied"):
        db.session.execute(select(m.Outbox.id)).all()


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (403, "failed"),
        (404, "failed"),
        (406, "failed"),
        (409, "failed"),
        (502, "failed"),
        (402, "queued"),
        (405, "queued"),
        (407, "queued"),
        (500, "queued"),
        (501, "queued"),
        (401, "unknown"),
    ],
)
def test_a_refused_recipient(phone: PhoneSimulator, code: int, state: str) -> None:
    phone.fault(status_code=code)
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().status_code) == (state, str(code))
    assert (row().finished_at is not None) == (state == "failed")


@pytest.mark.parametrize("code", [100, 101, 102])
def test_an_accepted_recipient(phone: PhoneSimulator, code: int) -> None:
    phone.fault(status_code=code)
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().status_code) == ("sent", str(code))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"empty": True}, "no-recipients"),
        ({"http_status": 401}, "http-401"),
        ({"http_status": 429}, "http-429"),
        ({"http_status": 503}, "http-503"),
    ],
)
def test_what_was_surely_not_taken_is_tried_again(
    phone: PhoneSimulator, fault: dict[str, Any], code: str
) -> None:
    phone.fault(**fault)
    owe()
    outbox.deliver(NOW)
    first = row()
    assert (first.state, first.status_code, first.unknown_attempts) == ("queued", code, 0)
    assert first.next_attempt_at > NOW
    assert outbox.deliver(NOW + LATER).sent == 1
    assert copies(phone) == 1


def test_no_gateway_at_all_is_tried_again_for_days(phone: PhoneSimulator) -> None:
    phone.stop()
    owe()
    at = NOW
    waits = []
    for _ in range(12):
        outbox.deliver(at)
        waits.append(round((row().next_attempt_at - at).total_seconds()))
        at = row().next_attempt_at
    assert row().status_code == "no-connection"
    assert waits == sorted(waits)
    # Each row a little later than another that failed with it, and always by as much.
    longer = waits[-1] / 1800
    assert 1 <= longer <= 1 + outbox.SPREAD
    assert waits[:2] == [round(20 * longer), round(40 * longer)]
    outbox.deliver(NOW + timedelta(days=14, hours=1))
    assert row().state == "dead"
    with transaction(JOB):
        assert [alarm.kind for alarm in db.session.scalars(select(m.Alarm))] == ["outbox_dead"]


def test_an_outage_ends_the_run_and_spares_the_queue(phone: PhoneSimulator) -> None:
    for number in range(10):
        owe(f"d{number}")
    phone.fault(http_status=500, times=None)
    done = outbox.deliver(NOW)
    assert done.unknown == outbox.FAILURES_IN_A_ROW
    phone.clear_faults()
    assert outbox.deliver(NOW + timedelta(seconds=1)).sent == 10 - outbox.FAILURES_IN_A_ROW


def test_a_row_that_waits_blocks_no_other(phone: PhoneSimulator) -> None:
    owe("bad", OTHER)
    owe("good", NUMBER)
    phone.fault(status_code=407, number=OTHER, times=None)
    done = outbox.deliver(NOW)
    assert (done.sent, done.postponed) == (1, 1)


def test_a_row_that_cannot_be_written_harms_itself_alone(phone: PhoneSimulator) -> None:
    owe("bad", template="no-such-text")
    owe("good")
    done = outbox.deliver(NOW)
    assert (done.sent, done.postponed) == (1, 1)
    assert row("bad").status_code == "KeyError"


def test_a_case_without_a_number_is_a_failure_that_shows(phone: PhoneSimulator) -> None:
    with transaction(JOB):
        outbox.owe("d", "help", case_id=None, language="sw", values={}, now=NOW)
    assert outbox.deliver(NOW).rejected == 1
    assert (row().state, row().status_code) == ("failed", "no-number")


UNKNOWN = [
    {"drop": True, "accept": True},
    {"http_status": 500, "accept": True},
    {"http_status": 502, "accept": True},
    {"http_status": 504, "accept": True},
]


@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_lost_answer_is_unknown_then_sent_once_more(
    phone: PhoneSimulator, fault: dict[str, Any]
) -> None:
    phone.fault(**fault)
    owe()
    assert outbox.deliver(NOW).unknown == 1
    assert (row().state, row().unknown_attempts) == ("unknown", 1)
    soon = outbox.deliver(NOW + timedelta(minutes=4))
    assert (soon.sent, copies(phone)) == (0, 1)
    assert outbox.deliver(NOW + LATER).sent == 1
    assert row().state == "sent"
    assert copies(phone) == 2


@pytest.mark.parametrize("fault", UNKNOWN)
def test_after_the_second_lost_answer_it_is_dead_and_no_third_copy_goes_out(
    phone: PhoneSimulator, fault: dict[str, Any]
) -> None:
    phone.fault(**fault, times=None)
    owe()
    outbox.deliver(NOW)
    outbox.deliver(NOW + LATER)
    for minutes in range(12, 60, 6):
        outbox.replay(NOW + timedelta(minutes=minutes))
        outbox.deliver(NOW + timedelta(minutes=minutes))
    assert row().state == "dead"
    assert row().finished_at is not None
    assert copies(phone) == 2


def test_a_hang_longer_than_the_timeout_is_unknown(
    phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.3)
    phone.fault(hang_s=5)
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().status_code) == ("unknown", "ReadTimeout")


def test_a_report_for_the_number_saves_the_second_copy(phone: PhoneSimulator) -> None:
    """The answer was lost and with it the gateway's id; the report names the number."""
    phone.fault(drop=True, accept=True)
    owe()
    outbox.deliver(NOW)
    report(phone.ledger()[0].id, "Success", NOW + timedelta(seconds=20))
    outbox.replay(NOW + timedelta(minutes=2))
    assert row().state == "delivered"
    outbox.deliver(NOW + LATER)
    assert copies(phone) == 1


def test_a_report_for_another_number_proves_nothing(phone: PhoneSimulator) -> None:
    phone.fault(drop=True, accept=True)
    owe()
    outbox.deliver(NOW)
    report("ATXid_other", "Success", NOW + timedelta(seconds=20), number=OTHER)
    outbox.replay(NOW + timedelta(minutes=2))
    assert row().state == "unknown"


def test_a_report_older_than_the_message_proves_nothing(phone: PhoneSimulator) -> None:
    report("ATXid_before", "Success", NOW - timedelta(hours=1))
    phone.fault(drop=True, accept=True)
    owe()
    outbox.deliver(NOW)
    outbox.replay(NOW + timedelta(minutes=2))
    assert row().state == "unknown"


def test_one_report_settles_one_message(phone: PhoneSimulator) -> None:
    phone.fault(drop=True, accept=True, times=2)
    owe("first")
    owe("second", now=NOW + timedelta(seconds=1))
    outbox.deliver(NOW + timedelta(seconds=2))
    report(phone.ledger()[0].id, "Success", NOW + timedelta(seconds=20))
    outbox.replay(NOW + timedelta(minutes=2))
    assert sorted([row("first").state, row("second").state]) == ["delivered", "unknown"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Success", "delivered"),
        ("Failed", "failed"),
        ("Rejected", "failed"),
        ("AbsentSubscriber", "failed"),
        ("Expired", "expired"),
        ("Sent", "sent"),
        ("Submitted", "sent"),
        ("Buffered", "sent"),
        ("Nonsense", "sent"),
    ],
)
def test_a_delivery_report(phone: PhoneSimulator, status: str, state: str) -> None:
    owe()
    outbox.deliver(NOW)
    report(row().provider_id, status, NOW)
    outbox.replay(NOW)
    assert row().state == state


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("Success", "Success"), "delivered"),
        (("Success", "Sent"), "delivered"),
        (("Success", "Failed"), "delivered"),
        (("Failed", "Success"), "delivered"),
        (("Expired", "AbsentSubscriber"), "failed"),
        (("AbsentSubscriber", "Expired"), "failed"),
        (("Sent", "Submitted", "Success"), "delivered"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_order_of_reports_decides_nothing(
    phone: PhoneSimulator, statuses: tuple[str, ...], state: str, together: bool
) -> None:
    owe()
    outbox.deliver(NOW)
    for second, status in enumerate(statuses):
        report(row().provider_id, status, NOW + timedelta(seconds=second))
        if not together:
            outbox.replay(NOW)
    outbox.replay(NOW)
    assert row().state == state


def test_a_report_that_comes_before_the_answer_is_kept(phone: PhoneSimulator) -> None:
    report("ATXid_early", "Success", NOW)
    outbox.replay(NOW)
    phone.fault(message_id="ATXid_early")
    owe()
    outbox.deliver(NOW)
    outbox.replay(NOW + timedelta(seconds=15))
    assert row().state == "delivered"


def test_a_report_for_nothing_of_ours_changes_nothing_and_is_forgotten(
    phone: PhoneSimulator,
) -> None:
    owe()
    outbox.deliver(NOW)
    report("forged", "Failed", NOW)
    outbox.replay(NOW + timedelta(minutes=2))
    assert row().state == "sent"
    outbox.replay(NOW + timedelta(days=2))
    with transaction(JOB):
        assert db.session.scalar(text("SELECT count(*) FROM guard.delivery_report")) == 0


def test_the_word_none_is_no_id(phone: PhoneSimulator) -> None:
    phone.fault(message_id="None")
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().provider_id) == ("sent", None)
    report("None", "Failed", NOW)
    outbox.replay(NOW + timedelta(minutes=2))
    assert row().state == "sent"


def leased(dedupe: str = "d", attempts: int = 1, unknown: int = 0) -> None:
    """A row as a worker leaves it that was killed in the middle of a send."""
    with transaction(JOB):
        db.session.execute(
            update(m.Outbox)
            .where(m.Outbox.dedupe == dedupe)
            .values(
                state="sending",
                lease_token=uuid4(),
                attempts=attempts,
                unknown_attempts=unknown,
                next_attempt_at=NOW + outbox.LEASE,
            )
        )


def test_a_lease_that_ran_out_is_unknown(phone: PhoneSimulator) -> None:
    owe()
    leased()
    assert outbox.replay(NOW).leases_expired == 0
    assert outbox.deliver(NOW).sent == 0
    assert outbox.replay(NOW + outbox.LEASE).leases_expired == 1
    assert (row().state, row().unknown_attempts) == ("unknown", 1)
    assert outbox.deliver(NOW + outbox.LEASE + LATER).sent == 1
    assert copies(phone) == 1


def test_a_second_lease_that_ran_out_is_the_last(phone: PhoneSimulator) -> None:
    owe()
    leased(attempts=2, unknown=1)
    outbox.replay(NOW + outbox.LEASE)
    outbox.deliver(NOW + outbox.LEASE + LATER)
    assert outbox.replay(NOW + outbox.LEASE + LATER).dead == 1
    assert copies(phone) == 0


def test_a_slow_worker_still_tells_what_happened(
    phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out during the send and was counted as unknown; then the answer came."""
    send = gateway.send

    def slow(*given: Any) -> gateway.Result:
        result = send(*given)
        outbox.replay(NOW + outbox.LEASE + timedelta(seconds=1))
        assert row().state == "unknown"
        return result

    monkeypatch.setattr(gateway, "send", slow)
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().unknown_attempts) == ("sent", 0)
    monkeypatch.undo()
    assert copies(phone) == 1


def test_who_lost_the_lease_writes_nothing(
    phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker took the row over after the wait: its outcome stands."""

    def overtaken(*_: Any) -> gateway.Result:
        with transaction(JOB):
            db.session.execute(
                update(m.Outbox).values(state="sending", lease_token=uuid4(), status_code="other")
            )
        return gateway.Rejected("mine")

    monkeypatch.setattr(gateway, "send", overtaken)
    owe()
    outbox.deliver(NOW)
    assert (row().state, row().status_code) == ("sending", "other")


def test_a_redirect_or_a_foreign_page_is_no_answer(
    phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answer in ("", "<html>captive portal</html>", "[]", '{"SMSMessageData": {}}', "null"):
        assert isinstance(africastalking.of_answer(answer), gateway.Unknown), answer
    for answer in ('{"SMSMessageData": {"Recipients": [{"statusCode": "x"}]}}',):
        assert isinstance(africastalking.of_answer(answer), gateway.Unknown)
