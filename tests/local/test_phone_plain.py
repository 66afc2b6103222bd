"""The plain dialects of the simulator as any client meets them: Kannel, the government's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from local.phone import PhoneSimulator
from local.phone.__main__ import arguments, simulator
from tests.local.listener import Hooks, Listener

TOKEN, KEY, ASHA = "hook-token", "key-of-the-account", "+255712000001"


class Product(Listener):
    """A stand-in for the product's hooks: keeps the method, the path and the fields."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        product = self

        class Kept(Hooks):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                fields = {k: v[0] for k, v in parse_qs(address.query).items()}
                product.got.append(("GET", address.path, fields))
                self.answer(200)

            def do_POST(self) -> None:
                body = self.body()
                given = json.loads(body) if body[:1] in ("{", b"{") else {}
                product.got.append(("POST", self.path, given))
                self.answer(200)

        super().__init__(Kept)


@pytest.fixture
def product() -> Iterator[Product]:
    made = Product()
    yield made
    made.stop()


@pytest.fixture
def phone(product: Product) -> Iterator[PhoneSimulator]:
    options: dict[str, Any] = {"api_key": KEY, "report_delay_ms": 0, "way": "get"}
    with PhoneSimulator(callback_base=product.url, token=TOKEN, **options) as made:
        yield made


def kannel(phone: PhoneSimulator, **more: str) -> requests.Response:
    query = {"username": "u", "password": KEY, "from": "15200", "to": ASHA, "text": "Habari"}
    return requests.get(f"{phone.url}/cgi-bin/sendsms", params=query | more, timeout=5)


def mgov(phone: PhoneSimulator, key: str = KEY, **more: str) -> requests.Response:
    said = {
        "recipients": ASHA[1:],
        "message": "Habari",
        "datetime": "2026-11-23 12:00:00",
        "sender_id": "15200",
        "mobile_service_id": "106",
    }
    data = json.dumps(said | more)
    digest = hmac.new(key.encode(), data.encode(), hashlib.sha256).digest()
    return requests.post(
        f"{phone.url}/msdg/public/quick_sms",
        json={"data": data, "datetime": said["datetime"]},
        headers={
            "X-Auth-Request-Hash": base64.b64encode(digest).decode(),
            "X-Auth-Request-Id": "u@example.go.tz",
            "X-Auth-Request-Type": "api",
        },
        timeout=5,
    )


@pytest.mark.parametrize(
    ("query", "fault", "status", "body"),
    [
        ({}, None, 202, "0: Accepted for delivery"),
        ({}, {"status_code": 102}, 202, "3: Queued for later delivery"),
        ({"password": "x"}, None, 403, "Authorization failed for sendsms"),
        ({"username": ""}, None, 403, "Authorization failed for sendsms"),
        ({"to": ""}, None, 400, "Missing receiver number, rejected"),
        ({"to": "x"}, None, 403, "Not routable. Do not try again."),
        ({}, {"status_code": 405}, 503, "Temporal failure, try again later."),
        ({}, {"empty": True}, 202, ""),
    ],
)
def test_kannel_answers_in_its_own_words(
    phone: PhoneSimulator,
    query: dict[str, str],
    fault: dict[str, Any] | None,
    status: int,
    body: str,
) -> None:
    if fault:
        phone.fault(**fault)
    answer = kannel(phone, **query)
    assert (answer.status_code, answer.text) == (status, body)
    assert len(phone.ledger()) == body.startswith(("0:", "3:"))


def test_kannel_reports_to_the_address_of_the_request(
    phone: PhoneSimulator, product: Product
) -> None:
    phone.fault(reports=("Submitted", "Buffered", "Failed"), repeat=2, failure_reason="a b&c")
    url = f"{product.url}/r?id=our%20id&s=%d&n=%P&why=%A"
    kannel(phone, **{"dlr-mask": "31", "dlr-url": url})
    assert phone.wait_idle()
    expected = [
        *[{"id": "our id", "s": "8", "n": ASHA}] * 2,
        *[{"id": "our id", "s": "4", "n": ASHA}] * 2,
        *[{"id": "our id", "s": "2", "n": ASHA, "why": "a b&c"}] * 2,
    ]
    assert product.got == [("GET", "/r", fields) for fields in expected]


@pytest.mark.parametrize(("mask", "count"), [("0", 0), ("1", 1), ("2", 0), ("3", 1)])
def test_kannel_reports_only_what_the_mask_asks_for(
    phone: PhoneSimulator, product: Product, mask: str, count: int
) -> None:
    kannel(phone, **{"dlr-mask": mask, "dlr-url": f"{product.url}/r?s=%d"})
    assert phone.wait_idle()
    assert len(product.got) == count


def test_the_other_takes_what_is_signed(phone: PhoneSimulator, product: Product) -> None:
    answer = mgov(phone)
    [kept] = phone.ledger()
    assert (kept.number, kept.text, kept.sender) == (ASHA, "Habari", "15200")
    assert answer.json()["message_id"] == kept.id
    assert phone.wait_idle()
    [(method, path, fields)] = product.got
    assert (method, path) == ("POST", f"/hooks/sms/{TOKEN}/delivery")
    assert fields == {
        "message_id": kept.id,
        "state": "DELIVRD",
        "msisdn": ASHA[1:],
        "operator": "64004",
    }


@pytest.mark.parametrize(
    ("key", "more", "status"),
    [("wrong", {}, 401), (KEY, {"message": ""}, 400), (KEY, {"sender_id": ""}, 400)],
)
def test_the_other_refuses_what_is_not(
    phone: PhoneSimulator, key: str, more: dict[str, str], status: int
) -> None:
    answer = mgov(phone, key, **more)
    assert (answer.status_code, answer.json()["error"]) == (status, True)
    assert phone.ledger() == []


@pytest.mark.parametrize(("way", "method"), [("get", "GET"), ("json", "POST")])
def test_an_sms_of_a_phone_comes_as_a_plain_gateway_brings_it(
    product: Product, way: str, method: str
) -> None:
    with PhoneSimulator(callback_base=product.url, token=TOKEN, way=way) as phone:
        phone.fault(on="inbound", repeat=2)
        phone.inbound(ASHA, "a+b & ‘c’", id="m1", link_id="L1", network_code="99999")
        assert phone.wait_idle()
    assert [got[:2] for got in product.got] == [(method, f"/hooks/sms/{TOKEN}/inbound")] * 2
    fields = product.got[0][2]
    assert fields["text"] == "a+b & ‘c’"
    assert (fields["id"], fields["from"], fields["linkId"]) == ("m1", ASHA, "L1")
    assert fields["networkCode"] == "99999"


def test_ussd_keeps_its_own_hooks_and_token_beside_a_plain_gateway(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "SMS_GATEWAY": "http", "SMS_HTTP_KEY": KEY, "AT_API_KEY": "another",
        "SMS_HTTP_HOOK_TOKEN": TOKEN, "AT_HOOK_TOKEN": "token-of-ussd",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    wanted = ["--port", "0", "--callback-base", product.url]
    with simulator(arguments(wanted)) as phone:
        phone.dial(ASHA)
        phone.inbound(ASHA, "Habari")
        assert kannel(phone).status_code == 202
        assert phone.wait_idle()
    came = {path for _, path, *_ in product.got}
    assert {"/hooks/africastalking/token-of-ussd/ussd", f"/hooks/sms/{TOKEN}/inbound"} <= came


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ValueError, match="way must be one of"):
        PhoneSimulator(way="pigeon")


@pytest.mark.parametrize(
    ("gateway", "way"), [("http", "get"), ("africastalking", "africastalking")]
)
def test_the_process_takes_the_way_of_the_product_s_gateway(
    monkeypatch: pytest.MonkeyPatch, gateway: str, way: str
) -> None:
    monkeypatch.setenv("SMS_GATEWAY", gateway)
    assert arguments([]).way == way
    assert arguments(["--way", "json"]).way == "json"
