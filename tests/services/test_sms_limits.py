"""No SMS to countries that are not served, and a bounded number of automatic ones a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

import config
from feedback.services import intake, outbox, sms_limits
from feedback.transaction import JOB, Principal, redis_client, transaction
from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.factories import Make
from tests.web.browser import browser, fields

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBER, ABROAD = "+255712000001", "+254712000001"
MOST = 3


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", api_key="k") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "AT_API_KEY", "k")
        monkeypatch.setitem(app.config, "SMS_PER_NUMBER", MOST)
        yield simulator


def states(superuser: psycopg.Connection[object]) -> list[tuple[str, str]]:
    return superuser.execute(  # type: ignore[return-value]
        "SELECT state, status_code FROM outbox ORDER BY created_at, dedupe"
    ).fetchall()


def waiting(superuser: psycopg.Connection[object]) -> dict[str, int]:
    """How many messages wait for the next day, and why."""
    return dict(
        superuser.execute(
            "SELECT held, count(*) FROM outbox WHERE held IS NOT NULL GROUP BY 1"
        ).fetchall()
    )


def write(sender: str, words: str) -> None:
    """An SMS comes in and is worked on."""
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=str(uuid4()), sender=sender, words=words, received_at=NOW, now=NOW
        )
    with transaction(JOB):
        inbound = intake.take(NOW)
    assert inbound
    with transaction(JOB):
        intake.process(inbound, NOW)


def test_forms_with_a_strangers_number_make_few_sms(
    make: Make, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    for _ in range(MOST + 3):
        make.case(NOW, phone=NUMBER)
    make.case(NOW, phone="+255712000002")
    outbox.deliver(NOW)
    assert len(phone.ledger(NUMBER)) == MOST
    assert len(phone.ledger("+255712000002")) == 1
    assert waiting(superuser) == {"number": 3}
    # They are not lost: the next day counts anew.
    outbox.deliver(NOW + timedelta(hours=11))
    assert len(phone.ledger(NUMBER)) == MOST
    outbox.deliver(NOW + timedelta(days=1))
    assert len(phone.ledger(NUMBER)) == 2 * MOST
    assert waiting(superuser) == {}


def test_what_a_number_had_too_many_of_is_given_up_after_days(
    make: Make, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    for _ in range(6 * MOST):
        make.case(NOW, phone=NUMBER)
    for day in range(6):
        outbox.deliver(NOW + timedelta(days=day))
    assert len(phone.ledger(NUMBER)) == 4 * MOST  # days 0 to 3
    assert states(superuser).count(("failed", "daily-limit")) == 2 * MOST


def test_replies_count_with_acknowledgements_and_every_case_is_made(
    make: Make, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    for number in range(MOST + 2):
        write(NUMBER, f"Taa namba {number} haiwaki Dodoma jiji" if number % 2 else "MSAADA")
    outbox.deliver(NOW)
    assert len(phone.ledger(NUMBER)) == MOST
    assert superuser.execute('SELECT count(*) FROM "case"').fetchone() == ((MOST + 2) // 2,)


def test_what_an_officer_causes_is_not_held_back(make: Make, phone: PhoneSimulator) -> None:
    for _ in range(MOST + 1):
        make.case(NOW, phone=NUMBER)
    receipt = make.case(NOW, phone=NUMBER)
    with transaction(JOB):
        outbox.owe(
            "answer:x",
            "answer_waits",
            case_id=receipt.case_id,
            language="sw",
            values={"reference": receipt.reference, "until": NOW.isoformat()},
            now=NOW,
        )
    outbox.deliver(NOW)
    assert len(phone.ledger(NUMBER)) == MOST + 1


def test_a_second_copy_counts_with_the_first(make: Make, phone: PhoneSimulator) -> None:

    phone.fault(drop=True, accept=True)
    for _ in range(MOST):
        make.case(NOW, phone=NUMBER)
    outbox.deliver(NOW)
    assert outbox.deliver(NOW + timedelta(minutes=10)).sent == 1
    assert len(phone.ledger(NUMBER)) == MOST + 1


def test_a_number_abroad_is_kept_and_gets_no_sms(
    app: Flask, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    tab = browser(app)
    tab.get("/?lang=en")
    assert "SMS go to numbers that begin with +255 only." in tab.get("/new").text
    answer = tab.post("/new", data=fields(tab, phone=ABROAD))
    assert answer.status_code == 303
    assert "it belongs to another country" in tab.get("/received").text
    assert superuser.execute('SELECT reachable FROM "case"').fetchone() == (False,)
    assert superuser.execute(
        "SELECT count(*) FROM sealed_identity WHERE field = 'phone'"
    ).fetchone() == (1,)
    assert states(superuser) == []
    near = browser(app)
    near.get("/?lang=en")
    near.post("/new", data=fields(near))
    assert "another country" not in near.get("/received").text


def test_an_sms_from_abroad_makes_a_case_and_gets_no_answer(
    make: Make, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    write(ABROAD, "Taa haziwaki Dodoma jiji")
    write(ABROAD, "MSAADA")
    assert superuser.execute('SELECT count(*), bool_or(reachable) FROM "case"').fetchone() == (
        1,
        False,
    )
    assert states(superuser) == []


def test_what_was_owed_before_the_setting_is_not_sent(
    app: Flask,
    make: Make,
    phone: PhoneSimulator,
    superuser: psycopg.Connection[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(app.config, "SMS_PREFIXES", ("+255", "+254"))
    make.case(NOW, phone=ABROAD)
    monkeypatch.setitem(app.config, "SMS_PREFIXES", ("+255",))
    outbox.deliver(NOW)
    assert phone.ledger() == []
    assert states(superuser) == [("failed", "country")]


def test_the_count_stands_in_the_database(
    make: Make, phone: PhoneSimulator, superuser: psycopg.Connection[object]
) -> None:
    """The queue's server is emptied, and the limit holds all the same."""
    for _ in range(MOST + 1):
        make.case(NOW, phone=NUMBER)
        redis_client().flushdb()
        outbox.deliver(NOW)
    assert len(phone.ledger(NUMBER)) == MOST
    assert superuser.execute("SELECT sent FROM sms_day ORDER BY number_hash").fetchall() == [
        (MOST,),
        (MOST,),
    ]
    stored = str(superuser.execute("SELECT sms_day::text FROM sms_day").fetchall())
    assert NUMBER[1:] not in stored
    assert NUMBER[1:].encode().hex() not in stored
    with transaction(JOB):
        assert sms_limits.forget(NOW + timedelta(days=2)) == 0
        assert sms_limits.forget(NOW + timedelta(days=3)) == 2


@pytest.mark.parametrize(
    ("given", "most"),
    [({}, 20), ({"DEMO": "1"}, 1_000), ({"DEMO": "1", "SMS_PER_NUMBER": "5"}, 5)],
)
def test_settings(urls: dict[str, str], given: dict[str, str], most: int) -> None:
    loaded = config.load({**environment(urls), "DEMO": "", **given})
    assert loaded["SMS_PER_NUMBER"] == most
    assert loaded["SMS_PREFIXES"] == ("+255",)
    several = config.load({**environment(urls), "SMS_PREFIXES": "+255, +254"})
    assert several["SMS_PREFIXES"] == ("+255", "+254")
