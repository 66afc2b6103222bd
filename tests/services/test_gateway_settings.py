"""What describes a gateway, what its codes mean, what it says a message costs: by tables."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

import config
from feedback.gateway import (
    Accepted,
    Cost,
    Rejected,
    Result,
    Sms,
    Transient,
    Unknown,
    africastalking,
    plain_http,
    profile,
)
from feedback.gateway.transport import Reply
from tests.conftest import environment

GIVEN = {
    **environment({"DATABASE_URL": "postgresql:///nothing"}),
    "SMS_GATEWAY": "http",
    "SMS_HTTP_URL": "https://sms.example.go.tz/send",
    "SMS_HTTP_HOOK_TOKEN": "t" * 40,
}

# Africa's Talking: its codes of a recipient


def answer(code: Any, **more: Any) -> str:
    recipient = {"statusCode": code, "number": "+255712000001", "messageId": "None", "cost": "0"}
    return json.dumps({"SMSMessageData": {"Message": "", "Recipients": [recipient | more]}})


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        (100, "Processed", Accepted(None, "100", Cost(Decimal(0), ""))),
        (101, "Sent", Accepted(None, "101", Cost(Decimal(0), ""))),
        (102, "Queued", Accepted(None, "102", Cost(Decimal(0), ""))),
        # May still be let go.
        (401, "RiskHold", Unknown("401")),
        # What an operator can mend.
        (402, "InvalidSenderId", Transient("402", everyone=True)),
        (405, "InsufficientBalance", Transient("405", everyone=True)),
        # What stands against the number, or against the text.
        (403, "InvalidPhoneNumber", Rejected("403")),
        (404, "UnsupportedNumberType", Rejected("404")),
        (406, "UserInBlacklist", Rejected("406")),
        (409, "DoNotDisturbRejection", Rejected("409")),
        (502, "RejectedByGateway", Rejected("502")),
        # What passes.
        (407, "CouldNotRoute", Transient("407", everyone=False)),
        (500, "InternalServerError", Transient("500", everyone=False)),
        (501, "GatewayError", Transient("501", everyone=False)),
        # What the documentation does not know.
        (0, "", Unknown("0")),
        (103, "", Unknown("103")),
        (408, "", Unknown("408")),
        (503, "", Unknown("503")),
        (999, "", Unknown("999")),
        (-1, "", Unknown("-1")),
    ],
)
def test_each_code_of_a_recipient(code: int, name: str, expected: Result) -> None:
    assert africastalking.of_answer(answer(code, status=name)) == expected
    assert africastalking.of_answer(answer(str(code), status=name)) == expected


@pytest.mark.parametrize("code", [407, 500, 501])
def test_a_failure_that_has_an_id_may_have_been_taken(code: int) -> None:
    assert africastalking.of_answer(answer(code, messageId="ATXid_1")) == Unknown(str(code))


@pytest.mark.parametrize(
    ("told", "parts"), [(2, 2), (None, 3), ("2", 3), (0, 3), (-1, 3), (10_000, 3), (True, 1)]
)
def test_the_parts_are_the_gateway_s_if_it_says_so(told: Any, parts: int) -> None:
    result = africastalking.of_answer(answer(101, messageParts=told), parts=3)
    assert isinstance(result, Accepted)
    assert result.parts == parts


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"SMSMessageData": null}',
        '{"SMSMessageData": {"Recipients": 1}}',
        '{"SMSMessageData": {"Recipients": [null]}}',
        '{"SMSMessageData": {"Recipients": [{}]}}',
        answer(None),
        answer("101x"),
        answer([101]),
    ],
)
def test_what_cannot_be_read_is_unknown(body: str) -> None:
    assert africastalking.of_answer(body) == Unknown("unreadable-answer")


# Costs


@pytest.mark.parametrize(
    ("said", "amount", "currency"),
    [
        ("TZS 22.0000", "22", "TZS"),
        ("KES 0.8000", "0.8", "KES"),
        ("tzs 22", "22", "TZS"),
        ("TZS22", "22", "TZS"),
        ("22.5 TZS", "22.5", "TZS"),
        ("TZS 1,022.5000", "1022.5", "TZS"),
        ("USD 0.00000001", "0", "USD"),
        (" TZS  22 ", "22", "TZS"),
        ("0", "0", ""),
        ("0.0000", "0", ""),
        (0, "0", ""),
    ],
)
def test_a_cost_is_read(said: Any, amount: str, currency: str) -> None:
    assert Cost.parse(said) == Cost(Decimal(amount), currency)


@pytest.mark.parametrize(
    "said",
    [
        *(None, "", "None", "TZS", "22", 22.5, "TZS -22", "TZS 22,50", "TZS 1,02", "Tshs 22"),
        *("TZS 100,000,000", "TZS 999,999,999.99"),
        *("TZS 22 KES", "TZS 999999999", "1e9 TZS", "TZS NaN", "TZS Infinity", "TZS ٢٢x"),
        "TZS " + "2" * 5_000,
    ],
)
def test_what_is_no_cost_is_none(said: Any) -> None:
    assert Cost.parse(said) is None


def test_a_cost_for_each_part() -> None:
    assert Cost(Decimal("22.5"), "TZS").times(3) == Cost(Decimal("67.5"), "TZS")
    assert Cost(Decimal(99_999_999), "TZS").times(3) is None


# A gateway described by settings


def test_without_a_word_it_is_africas_talking() -> None:
    loaded = config.load({k: v for k, v in GIVEN.items() if not k.startswith("SMS_")})
    assert (loaded["SMS_GATEWAY"], loaded["SMS_HTTP"]) == ("africastalking", None)


def test_one_that_is_described_brings_what_it_still_has_when_the_other_sends() -> None:
    loaded = config.load(GIVEN | {"SMS_GATEWAY": "africastalking"})
    assert loaded["SMS_GATEWAY"] == "africastalking"
    assert loaded["SMS_HTTP"] is not None
    assert loaded["SMS_HTTP_HOOK_TOKEN"] == "t" * 40


def test_the_least_that_describes_a_gateway() -> None:
    loaded = config.load(GIVEN)
    assert loaded["SMS_HTTP"].fields == {"to": "{number}", "text": "{text}"}
    assert loaded["SMS_HTTP"].sender == loaded["AT_SHORTCODE"]
    assert loaded["SMS_HTTP_REPORT_URL"].endswith(f"/hooks/sms/{'t' * 40}/delivery")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SMS_GATEWAY": "smpp"}, "SMS_GATEWAY must be"),
        ({"SMS_HTTP_HOOK_TOKEN": ""}, "SMS_HTTP_HOOK_TOKEN is not set"),
        ({"SMS_HTTP_HOOK_TOKEN": "short"}, "SMS_HTTP_HOOK_TOKEN is not set, or shorter"),
        ({"SMS_HTTP_HOOK_TOKEN": "a/b?c" * 10}, "SMS_HTTP_HOOK_TOKEN may hold"),
        ({"SMS_HTTP_URL": ""}, "SMS_HTTP_URL is no address"),
        ({"SMS_HTTP_URL": "ftp://x/"}, "SMS_HTTP_URL is no address"),
        ({"SMS_HTTP_URL": "http:///send"}, "SMS_HTTP_URL is no address"),
        ({"SMS_HTTP_URL": "http://[::1/send"}, "SMS_HTTP_URL is no address"),
        ({"SMS_HTTP_URL": "http://x:99999/"}, "SMS_HTTP_URL is no address"),
        ({"SMS_HTTP_URL": "http://u:SECRET@x/"}, "SMS_HTTP_URL holds more"),
        ({"SMS_HTTP_URL": "http://x/?key=SECRET"}, "SMS_HTTP_URL holds more"),
        ({"SMS_HTTP_METHOD": "put"}, "SMS_HTTP_METHOD must be"),
        ({"SMS_HTTP_FIELDS": "{SECRET"}, "SMS_HTTP_FIELDS is no JSON object"),
        ({"SMS_HTTP_FIELDS": "[" * 100_000}, "SMS_HTTP_FIELDS is no JSON object"),
        ({"SMS_HTTP_FIELDS": '["to"]'}, "SMS_HTTP_FIELDS is no JSON object"),
        ({"SMS_HTTP_FIELDS": '{"to": "{number}"}'}, r"nowhere holds \{text\}"),
        ({"SMS_HTTP_FIELDS": '{"text": "{text}"}'}, "nowhere holds"),
        ({"SMS_HTTP_FIELDS": '{"to": "{number}", "m": "{text}{to}"}'}, r"know no \{to\}"),
        (
            {"SMS_HTTP_FIELDS": '{"to": "{number}", "m": "{text}", "k": "{key}"}'},
            "SMS_HTTP_KEY is not set",
        ),
        (
            {"SMS_HTTP_FIELDS": '{"to": "{number}", "m": "{text}", "u": "{report_url}"}'},
            "no id would tell apart",
        ),
        (
            {"SMS_HTTP_METHOD": "get", "SMS_HTTP_FIELDS": '{"a": ["{number}", "{text}"]}'},
            "values of a query",
        ),
        ({"SMS_HTTP_PAYLOAD": '{"to": "{number}"}'}, r"nowhere holds \{payload\}"),
        (
            {
                "SMS_HTTP_PAYLOAD": '{"x": "{payload}"}',
                "SMS_HTTP_FIELDS": '{"p": "{payload}{number}{text}"}',
            },
            "cannot hold itself",
        ),
        ({"SMS_HTTP_HEADERS": '{"X": 1}'}, "SMS_HTTP_HEADERS: every value"),
        ({"SMS_HTTP_HEADERS": '{"X": "{text}"}'}, r"SMS_HTTP_HEADERS cannot hold \{text\}"),
        ({"SMS_HTTP_HEADERS": '{"X": "a\\nb"}'}, "SMS_HTTP_HEADERS: a header is one line"),
        (
            {"SMS_HTTP_HEADERS": '{"X": "{key}"}', "SMS_HTTP_KEY": "SECRETŵ"},
            "SMS_HTTP_KEY cannot stand in a header",
        ),
        ({"SMS_HTTP_ACCEPT": "OK"}, "SMS_HTTP_ACCEPT is no setting"),
        ({"SMS_HTTP_ACCEPTED": "("}, "SMS_HTTP_ACCEPTED is no regular expression"),
        ({"SMS_HTTP_ACCEPTED_STATUS": "ok"}, "SMS_HTTP_ACCEPTED_STATUS is no list"),
        ({"SMS_HTTP_LATER_STATUS": "99"}, "SMS_HTTP_LATER_STATUS is no list"),
        ({"SMS_HTTP_MESSAGE_ID": "id=.*"}, "SMS_HTTP_MESSAGE_ID needs a group"),
        ({"SMS_HTTP_COST": "cost"}, "SMS_HTTP_COST needs a group"),
        ({"SMS_HTTP_PRICE": "22"}, "SMS_HTTP_PRICE is no amount"),
        ({"SMS_HTTP_INBOUND": '{"sender": "from"}'}, "SMS_HTTP_INBOUND knows no sender"),
        ({"SMS_HTTP_REPORT": '{"id": 1}'}, "SMS_HTTP_REPORT: every value"),
        ({"SMS_HTTP_STATUSES": '{"1": "Delivered"}'}, "Delivered is no state"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_at_the_start(change: dict[str, str], message: str) -> None:
    with pytest.raises(config.ConfigurationError, match=message) as raised:
        config.load(GIVEN | change)
    assert "SECRET" not in str(raised.value)
    assert raised.value.__cause__ is None or "SECRET" not in str(raised.value.__cause__)


SMS = Sms("+255712000001", "Habari", "ref-1", "", 2)


def read(body: str, status: int = 200, **given: str) -> Result:
    described = profile.read(GIVEN | {f"SMS_HTTP_{k.upper()}": v for k, v in given.items()})
    return plain_http._of_answer(described, Reply(status, body), SMS)


@pytest.mark.parametrize(
    ("given", "status", "body", "expected"),
    [
        ({}, 200, "", Accepted(None, "http-200", None, 2)),
        ({"accepted": "^OK"}, 200, "OK 17", Accepted(None, "http-200", None, 2)),
        ({"accepted": "^OK"}, 200, "ERR", Unknown("http-200")),
        ({"accepted_status": "202"}, 202, "", Accepted(None, "http-202", None, 2)),
        ({"accepted_status": "202"}, 200, "", Unknown("http-200")),
        ({"message_id": r"id: (\S+)"}, 200, "id: a1", Accepted("a1", "http-200", None, 2)),
        ({"message_id": r"id: (\S*)"}, 200, "id: ", Accepted(None, "http-200", None, 2)),
        ({"message_id": r"id: (\S+)"}, 200, "id: None", Accepted(None, "http-200", None, 2)),
        ({"message_id": "(x+)"}, 200, "x" * 101, Accepted(None, "http-200", None, 2)),
        ({"message_id": "(a)?b"}, 200, "b", Accepted(None, "http-200", None, 2)),
        ({"refused": "blacklist"}, 200, "blacklisted", Rejected("refused-200")),
        ({"refused": "blacklist"}, 400, "bad request", Transient("http-400")),
        ({"refused_status": "410"}, 410, "", Rejected("refused-410")),
        (
            {"refused_status": "200", "refused": "no"},
            200,
            "yes",
            Accepted(None, "http-200", None, 2),
        ),
        ({"later": "credit"}, 200, "no credit", Transient("later-200")),
        ({"later_status": "500"}, 500, "", Transient("later-500")),
        ({}, 302, "", Unknown("http-302")),
        ({}, 500, "", Unknown("http-500")),
        ({}, 503, "", Transient("http-503")),
    ],
)
def test_what_an_answer_means(
    given: dict[str, str], status: int, body: str, expected: Result
) -> None:
    assert read(body, status, **given) == expected


@pytest.mark.parametrize(
    ("given", "body", "cost"),
    [
        ({}, "cost: TZS 22", None),
        ({"cost": "cost: (.*)"}, "cost: TZS 22", Cost(Decimal(22), "TZS")),
        ({"cost": "cost: (.*)"}, "cost: ?", None),
        ({"cost": "cost: (.*)", "price": "TZS 20"}, "cost: ?", Cost(Decimal(40), "TZS")),
        ({"price": "TZS 20"}, "", Cost(Decimal(40), "TZS")),
    ],
)
def test_what_it_cost(given: dict[str, str], body: str, cost: Cost | None) -> None:
    result = read(body, **given)
    assert isinstance(result, Accepted)
    assert result.cost == cost
