"""The gateway's callbacks: every one is taken, once, and nothing of it stands in plain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.services import identity
from feedback.transaction import JOB, redis_client, transaction

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FORM = {
    "id": "ATXid_1",
    "linkId": "l1",
    "text": "Hakuna maji mtaani kwetu",
    "to": "15200",
    "from": "+255712000001",
    "date": "2026-11-23T08:59:00Z",
    "networkCode": "64004",
    "cost": "None",
}


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def post(app: Flask, client: FlaskClient) -> Any:
    token = app.config["AT_HOOK_TOKEN"]

    def send(kind: str, form: dict[str, Any], **given: Any) -> Any:
        return client.post(f"/hooks/africastalking/{token}/{kind}", data=form, **given)

    return send


def rows() -> list[Any]:
    with transaction(JOB):
        return list(db.session.execute(select(m.InboundMessage.__table__)))


def words(row: Any) -> str:
    return identity.unseal(row.words, f"inbound:{row.id}:words")


def test_an_sms_is_stored_sealed_and_a_worker_woken(post: Any) -> None:
    answer = post("sms", FORM)
    assert (answer.status_code, answer.data) == (200, b"OK")
    assert "Set-Cookie" not in answer.headers
    [row] = rows()
    assert (row.provider_id, row.state) == ("ATXid_1", "new")
    assert words(row) == FORM["text"]
    assert identity.unseal(row.sender, f"inbound:{row.id}:sender") == FORM["from"]
    assert row.received_at == datetime(2026, 11, 23, 8, 59, tzinfo=UTC)
    assert redis_client().exists("wake:process_inbound")


def test_nothing_is_stored_in_plain(post: Any, superuser: psycopg.Connection[Any]) -> None:
    post("sms", FORM)
    found = superuser.execute("SELECT inbound_message::text FROM inbound_message").fetchone()
    assert found is not None
    for secret in ("712000001", "Hakuna", b"712000001".hex(), b"Hakuna".hex()):
        assert secret not in found[0]


def test_a_repeated_callback_is_one_message(post: Any) -> None:
    for _ in range(3):
        assert post("sms", FORM).status_code == 200
    assert len(rows()) == 1


@pytest.mark.parametrize(
    ("date", "received"),
    [
        ("2026-11-23T08:59:00Z", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("2026-11-23 08:59:00", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("1795424340000", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        # We were away for the night: the clock began when the gateway had it.
        ("2026-11-22T20:30:00Z", datetime(2026, 11, 22, 20, 30, tzinfo=UTC)),
        # Not believed: too old, to come, no date.
        ("2017-05-03T06:04:45Z", NOW),
        ("2026-11-24T06:04:45Z", NOW),
        ("2026-11-23T09:01:00Z", NOW),
        ("99999999999999999999", NOW),
        ("jana", NOW),
        ("", NOW),
    ],
)
def test_the_gateways_date_in_its_three_forms(post: Any, date: str, received: datetime) -> None:
    assert post("sms", FORM | {"date": date}).status_code == 200
    assert rows()[0].received_at == received


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "  "},
        {"text": "a\0b"},
        {"text": "x" * 5_000},
        {"text": "😀 ’maji’ ŵ"},
        {"from": "255712000001"},
        {"from": "00255712000001"},
        {"from": "AIRTEL"},
        {"from": ""},
        {"id": 123},
        {"id": "a\0b"},
        {"date": "1795424340000"},
        {"unheard-of": "field"},
    ],
)
def test_odd_content_is_taken(post: Any, change: dict[str, Any]) -> None:
    assert post("sms", FORM | change).status_code == 200
    assert len(rows()) == 1
    assert post("sms", FORM | change).status_code == 200
    assert len(rows()) == 1


def test_a_message_without_an_id_is_known_again_by_its_content(post: Any) -> None:
    for given in ({}, {"id": ""}, {"id": "None"}, {"id": "x" * 300}):
        form = {k: v for k, v in FORM.items() if k != "id"} | given
        assert post("sms", form).status_code == 200
    assert len(rows()) == 1
    assert post("sms", {**FORM, "id": "", "text": "Jingine"}).status_code == 200
    assert len(rows()) == 2


@pytest.mark.parametrize("missing", ["text", "from", "date", "to", "linkId", "networkCode"])
def test_a_missing_field_is_no_reason_to_refuse(post: Any, missing: str) -> None:
    assert post("sms", {k: v for k, v in FORM.items() if k != missing}).status_code == 200
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"data": b""},
        {"data": b"\xff\xfe%%%", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"from=%2B255712000001&text=%FF%FE", "content_type": "text/plain"},
        {"data": b"{broken", "content_type": "application/json"},
        {"data": b"x", "content_type": "multipart/form-data; boundary=y"},
        {
            "data": b"text=" + b"x" * 700_000,
            "content_type": "application/x-www-form-urlencoded",
        },
    ],
)
@pytest.mark.parametrize("kind", ["sms", "delivery"])
def test_what_is_no_form_is_answered_200_too(
    app: Flask, client: FlaskClient, kind: str, given: dict[str, Any]
) -> None:
    path = f"/hooks/africastalking/{app.config['AT_HOOK_TOKEN']}/{kind}"
    assert client.post(path, **given).status_code == 200


@pytest.mark.parametrize("kind", ["sms", "delivery"])
@pytest.mark.parametrize("token", ["wrong", "", "t%C3%A9", "test-hook-token"])
def test_a_wrong_token_is_not_found(client: FlaskClient, kind: str, token: str) -> None:
    answer = client.post(f"/hooks/africastalking/{token}/{kind}", data=FORM)
    assert answer.status_code == 404
    assert rows() == []


def test_without_a_token_of_ours_nothing_is_open(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "AT_HOOK_TOKEN", "")
    assert client.post("/hooks/africastalking//sms", data=FORM).status_code == 404
    assert client.post("/hooks/africastalking/x/sms", data=FORM).status_code == 404


@pytest.mark.parametrize("kind", ["opt-out"])
def test_what_is_not_built_is_not_routed(post: Any, kind: str) -> None:
    assert post(kind, FORM).status_code == 404


def test_neither_token_nor_words_reach_a_log(
    app: Flask, post: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    post("sms", FORM)
    post("sms", {})
    post("delivery", {"id": "x", "status": "Nonsense", "phoneNumber": FORM["from"]})
    said = "".join(capfd.readouterr())
    for secret in (app.config["AT_HOOK_TOKEN"], "Hakuna", "712000001"):
        assert secret not in said


REPORT = {
    "id": "ATXid_9",
    "status": "Success",
    "phoneNumber": "+255712000001",
    "networkCode": "64004",
    "retryCount": "0",
}


def reports(superuser: psycopg.Connection[Any]) -> list[Any]:
    return superuser.execute(
        "SELECT provider_id, status, number_hash, reason FROM guard.delivery_report"
    ).fetchall()


def test_a_delivery_report_is_stored_once_and_without_the_number(
    post: Any, superuser: psycopg.Connection[Any], app: Flask
) -> None:
    for _ in range(2):
        assert post("delivery", REPORT).status_code == 200
    assert reports(superuser) == [
        ("ATXid_9", "Success", identity.number_hash("+255712000001"), None)
    ]
    assert redis_client().exists("wake:replay")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "Nonsense"},
        {"status": ""},
        {"id": ""},
        {"id": "None"},
        {"phoneNumber": ""},
        {"phoneNumber": "x"},
        {"failureReason": "y" * 5_000, "status": "Failed"},
    ],
)
def test_odd_reports_are_taken(post: Any, change: dict[str, Any]) -> None:
    assert post("delivery", REPORT | change).status_code == 200


def test_the_hook_reads_nothing(app: Flask) -> None:
    from feedback.transaction import Principal

    for table in ("inbound_message", "outbox", "guard.delivery_report"):
        with (
            transaction(Principal("hook")),
            pytest.raises(Exception, match="permission denied"),
        ):
            db.session.execute(db.text(f"SELECT * FROM {table}"))  # noqa: S608


def test_an_sms_from_yesterday_keeps_its_age_only_within_the_gateways_repetition(
    post: Any,
) -> None:
    old = (NOW - timedelta(hours=14)).isoformat()
    post("sms", FORM | {"date": old})
    assert rows()[0].received_at == NOW
