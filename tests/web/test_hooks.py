"""Callbacks of both gateways: every one is taken, once, and nothing of it stands in plain.

Each test runs against the hooks of Africa's Talking and, with the same fields, of a gateway that
speaks plain HTTP: as a form, as JSON and as a query.
"""

from __future__ import annotations

import json
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
from feedback.gateway import profile
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


PLAIN_TOKEN = "test-plain-token-" + "p" * 24
PATHS = {
    "africastalking": {"sms": "sms", "delivery": "delivery", "opt-out": "opt-out"},
    "sms": {"sms": "inbound", "delivery": "delivery"},
}
PLAIN = {
    "SMS_HTTP_URL": "http://127.0.0.1:9/send",
    "SMS_HTTP_STATUSES": json.dumps({state: state for state in profile.STATES}),
}


@pytest.fixture(autouse=True)
def plain_gateway(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the usual gateway one that speaks plain HTTP."""
    monkeypatch.setitem(app.config, "SMS_HTTP_HOOK_TOKEN", PLAIN_TOKEN)
    monkeypatch.setitem(app.config, "SMS_HTTP", profile.read(PLAIN))


@pytest.fixture(params=["africastalking", "sms"])
def gateway(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def address(app: Flask, gateway: str) -> Any:
    tokens = {"africastalking": app.config["AT_HOOK_TOKEN"], "sms": PLAIN_TOKEN}

    def build(kind: str, token: str | None = None) -> str:
        # What a plain gateway has no hook for comes by way of the other one.
        way = gateway if kind in PATHS[gateway] else "africastalking"
        token = tokens[way] if token is None else token
        return f"/hooks/{way}/{token}/{PATHS[way].get(kind, kind)}"

    return build


@pytest.fixture
def post(client: FlaskClient, address: Any) -> Any:
    def send(kind: str, form: dict[str, Any], **given: Any) -> Any:
        return client.post(address(kind), data=form, **given)

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
        ("1795424340", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("2026-11-23T08:59:00.000Z", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("2026-11-23T11:59:00+03:00", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        # The plus was not escaped.
        ("2026-11-23T11:59:00 03:00", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        ("2026-11-23 11:59:00 03:00", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
        (" 2026-11-23 08:59:00 ", datetime(2026, 11, 23, 8, 59, tzinfo=UTC)),
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
def test_the_gateways_date_in_every_form(post: Any, date: str, received: datetime) -> None:
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
@pytest.mark.parametrize("kind", ["sms", "delivery", "opt-out"])
def test_what_is_no_form_is_answered_200_too(
    client: FlaskClient, address: Any, kind: str, given: dict[str, Any]
) -> None:
    assert client.post(address(kind), **given).status_code == 200


@pytest.mark.parametrize("kind", ["sms", "delivery", "opt-out"])
@pytest.mark.parametrize("token", ["wrong", "", "t%C3%A9", "test-hook-token"])
def test_a_wrong_token_is_not_found(
    client: FlaskClient, address: Any, kind: str, token: str
) -> None:
    for _ in range(2):
        assert client.post(address(kind, token), data=FORM).status_code == 404
        assert client.get(address(kind, token), query_string=FORM).status_code in (404, 405)
    assert rows() == []


def test_the_token_of_one_gateway_opens_not_the_other(
    app: Flask, client: FlaskClient, gateway: str, address: Any
) -> None:
    other = PLAIN_TOKEN if gateway == "africastalking" else app.config["AT_HOOK_TOKEN"]
    assert client.post(address("sms", other), data=FORM).status_code == 404
    assert rows() == []


def test_without_a_token_of_ours_nothing_is_open(
    app: Flask, client: FlaskClient, address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "AT_HOOK_TOKEN", "")
    monkeypatch.setitem(app.config, "SMS_HTTP_HOOK_TOKEN", "")
    assert client.post(address("sms", ""), data=FORM).status_code == 404
    assert client.post(address("sms", "x"), data=FORM).status_code == 404


def test_a_plain_gateway_that_is_not_set_up_has_no_hook(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SMS_HTTP", None)
    assert client.post(f"/hooks/sms/{PLAIN_TOKEN}/inbound", data=FORM).status_code == 404


def test_neither_token_nor_words_reach_a_log(
    app: Flask, post: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    post("sms", FORM)
    post("sms", {})
    post("delivery", {"id": "x", "status": "Nonsense", "phoneNumber": FORM["from"]})
    post("opt-out", {"senderId": "15200", "phoneNumber": FORM["from"]})
    said = "".join(capfd.readouterr())
    for secret in (app.config["AT_HOOK_TOKEN"], PLAIN_TOKEN, "Hakuna", "712000001"):
        assert secret not in said


def test_an_opt_out_is_stored_once_as_a_stop_of_that_number(post: Any) -> None:
    for _ in range(2):
        answer = post("opt-out", {"senderId": "15200", "phoneNumber": "+255712000001", "more": "x"})
        assert (answer.status_code, answer.data) == (200, b"OK")
    [row] = rows()
    assert words(row) == "STOP"
    assert bytes(row.number_hash) == identity.number_hash("+255712000001")
    assert "712000001" not in row.provider_id
    assert redis_client().exists("wake:process_inbound")


@pytest.mark.parametrize("form", [{}, {"senderId": "15200"}, {"phoneNumber": ""}])
def test_an_opt_out_of_nobody_is_taken_and_stores_nothing(post: Any, form: dict[str, str]) -> None:
    assert post("opt-out", form).status_code == 200
    assert rows() == []


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


# What real gateways send: every one of these twice, and it is one message or one report.

RAW = [
    # A plus that was not escaped reads as a space.
    b"id=r1&from=+255712000001&to=15200&text=Maji+hakuna&date=2026-11-23T08:59:00Z",
    b"id=r1&from=%2B255712000001&text=a%2Bb%26c%3Dd&date=2026-11-23%2008%3A59%3A00",
    b"from=255712000001&text=Bila+kitambulisho",
    b"id=&from=255712000001&text=",
    b"id=r1&from=255712000001&text=Maji&linkId=&networkCode=99999&cost=None&extra=%F0%9F%98%80",
    b"id=r1&id=r2&from=255712000001&text=Mara+mbili&text=tena",
]


@pytest.mark.parametrize("body", RAW)
def test_a_real_form_is_one_message(client: FlaskClient, address: Any, body: bytes) -> None:
    for _ in range(2):
        answer = client.post(
            address("sms"), data=body, content_type="application/x-www-form-urlencoded"
        )
        assert (answer.status_code, answer.data) == (200, b"OK")
    [row] = rows()
    assert identity.unseal(row.sender, f"inbound:{row.id}:sender") == FORM["from"]


def test_an_escaped_plus_stays_one(client: FlaskClient, address: Any) -> None:
    client.post(address("sms"), data=RAW[1], content_type="application/x-www-form-urlencoded")
    assert words(rows()[0]) == "a+b&c=d"


JSON: list[dict[str, Any]] = [
    {**FORM, "id": 123456789012345},
    {**FORM, "date": 1795424340000},
    {**FORM, "from": 255712000001, "networkCode": 64004, "linkId": 17},
    {**FORM, "id": None, "linkId": None, "networkCode": None, "date": None},
    {**FORM, "extra": {"nested": [1, 2]}, "cost": 0.5},
]


@pytest.mark.parametrize("body", JSON, ids=str)
def test_json_with_whole_numbers_is_one_message(post: Any, body: dict[str, Any]) -> None:
    for _ in range(2):
        assert post("sms", json.dumps(body), content_type="application/json").status_code == 200
    [row] = rows()
    assert identity.unseal(row.sender, f"inbound:{row.id}:sender") == FORM["from"]
    assert words(row) == FORM["text"]


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"", b"[" * 100_000])
@pytest.mark.parametrize("kind", ["sms", "delivery"])
def test_json_that_is_no_object_is_taken(post: Any, kind: str, body: bytes) -> None:
    for _ in range(2):
        assert post(kind, body, content_type="application/json").status_code == 200
    assert rows() == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ("l1", "64004")),
        ({"networkCode": "99999", "linkId": "None"}, (None, "99999")),
        ({"networkCode": "mtandao mpya"}, ("l1", "mtandao mpya")),
        ({"networkCode": "x" * 500, "linkId": "y" * 500}, (None, "x" * 20)),
        ({"networkCode": "", "linkId": " "}, (None, None)),
    ],
)
def test_tag_and_network_are_kept_as_they_came(
    post: Any, given: dict[str, str], kept: tuple[str | None, str | None]
) -> None:
    for _ in range(2):
        post("sms", FORM | given)
    [row] = rows()
    assert (row.link_id, row.network_code) == kept


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"networkCode": "99999"},
        {"failureReason": "UserInBlackList", "status": "Rejected"},
        {"phoneNumber": "255712000001"},
        {"phoneNumber": " 255712000001"},
        {"retryCount": None, "extra": "x"},
    ],
    ids=str,
)
def test_a_report_twice_is_one(
    post: Any, superuser: psycopg.Connection[Any], given: dict[str, Any]
) -> None:
    form = {k: v for k, v in (REPORT | given).items() if v is not None}
    for _ in range(2):
        assert post("delivery", form).status_code == 200
    [row] = superuser.execute(
        "SELECT provider_id, status, number_hash, network_code FROM guard.delivery_report"
    ).fetchall()
    number = identity.number_hash("+255712000001")
    assert row == ("ATXid_9", form["status"], number, form["networkCode"])


@pytest.mark.parametrize("missing", ["phoneNumber", "networkCode", "retryCount"])
def test_a_report_that_lacks_a_field_counts(
    post: Any, superuser: psycopg.Connection[Any], missing: str
) -> None:
    for _ in range(2):
        post("delivery", {k: v for k, v in REPORT.items() if k != missing})
    assert len(reports(superuser)) == 1


# What a gateway that speaks plain HTTP calls by other names

KANNEL = {
    "SMS_HTTP_URL": "http://127.0.0.1:9/cgi-bin/sendsms",
    "SMS_HTTP_INBOUND": '{"from": "p", "text": "a", "date": "t", "id": "I", "network": "i"}',
    "SMS_HTTP_REPORT": '{"number": "to", "reason": "answer", "network": "smsc"}',
}


@pytest.fixture
def kannel(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(app.config, "SMS_HTTP", profile.read(KANNEL))

    def get(kind: str, **query: str) -> Any:
        return client.get(f"/hooks/sms/{PLAIN_TOKEN}/{kind}", query_string=query)

    return get


def test_a_query_under_other_names_is_one_message(kannel: Any) -> None:
    for _ in range(2):
        answer = kannel(
            "inbound", p="+255712000001", a="Maji", t="2026-11-23 08:59:00", i="vodacom"
        )
        assert (answer.status_code, answer.data) == (200, b"OK")
    [row] = rows()
    assert words(row) == "Maji"
    assert (row.network_code, row.provider_id[:8]) == ("vodacom", "made-up:")
    assert row.received_at == datetime(2026, 11, 23, 8, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "state"),
    [("1", "Success"), ("2", "Failed"), ("4", "Buffered"), ("8", "Submitted"), ("16", "Rejected")],
)
def test_a_report_by_numbers(
    kannel: Any, superuser: psycopg.Connection[Any], said: str, state: str
) -> None:
    for _ in range(2):
        kannel("delivery", id="our-reference", status=said, to="+255712000001")
    number = identity.number_hash("+255712000001")
    assert reports(superuser) == [("our-reference", state, number, None)]


@pytest.mark.parametrize("said", ["Success", "32", "", "-1", "1 OR 1"])
def test_a_report_that_says_nothing_known_is_no_report(
    kannel: Any, superuser: psycopg.Connection[Any], said: str
) -> None:
    assert kannel("delivery", id="our-reference", status=said).status_code == 200
    assert reports(superuser) == []
