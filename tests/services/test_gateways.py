"""One contract for every gateway, each over a real socket against the simulator.

Africa's Talking through its SDK; Kannel in a query, which gives no id and reports to the address
of the request; the government's own in signed JSON, which refuses under a status of success. The
last two are one adapter and two pages of settings, those of docs/deployment.md.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

import config
from feedback import gateway
from feedback.gateway import Accepted, Cost, Rejected, Result, Transient, Unknown, transport
from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.gateways import GATEWAYS, KEY

NUMBER = "+255712000001"
URLS = {"DATABASE_URL": "postgresql:///nothing"}


@dataclass
class Peer:
    """A gateway and the settings that lead to it."""

    phone: PhoneSimulator
    environ: dict[str, str]
    settings: dict[str, Any]

    @classmethod
    def of(cls, phone: PhoneSimulator, environ: dict[str, str]) -> Peer:
        return cls(phone, environ, config.load(environment(URLS) | environ))

    def send(self, text: str = "Habari", **given: Any) -> Result:
        given = {"reference": "r-1", "number": NUMBER} | given
        return gateway.send(self.settings, text=text, **given)


@pytest.fixture(scope="module")
def shared() -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", api_key=KEY) as phone:
        yield phone


@pytest.fixture(params=GATEWAYS)
def peer(request: pytest.FixtureRequest, shared: PhoneSimulator) -> Peer:
    shared.reset()
    return Peer.of(shared, GATEWAYS[request.param](shared))


def test_it_arrives_as_written_and_is_accepted(peer: Peer) -> None:
    text = "Mrejesho {key} wako & umepokelewa: 50% + \"Ñ\" 'é'\nšāß 😀 {text}"
    result = peer.send(text)
    assert isinstance(result, Accepted)
    [kept] = peer.phone.ledger()
    assert (kept.number, kept.text, kept.sender) == (NUMBER, text, "15200")
    assert result.provider_id in (kept.id, "r-1")


def test_what_it_costs_is_told(peer: Peer) -> None:
    result = peer.send("a" * 200, parts=2)
    assert isinstance(result, Accepted)
    assert (result.cost, result.parts) == (Cost(Decimal("44.0000"), "TZS"), 2)


@pytest.mark.parametrize("code", [403, 404, 406, 409, 502])
def test_what_is_refused_for_good(peer: Peer, code: int) -> None:
    peer.phone.fault(status_code=code)
    assert isinstance(peer.send(), Rejected)
    assert peer.phone.ledger() == []


@pytest.mark.parametrize(
    "fault",
    [
        *({"status_code": code} for code in (402, 405, 407, 500, 501)),
        *({"http_status": status} for status in (401, 404, 408, 429, 503)),
    ],
    ids=str,
)
def test_what_was_surely_not_taken(peer: Peer, fault: dict[str, Any]) -> None:
    peer.phone.fault(**fault)
    assert isinstance(peer.send(), Transient)
    assert peer.phone.ledger() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"status_code": 401},
        {"http_status": 500},
        {"http_status": 502},
        {"http_status": 504},
        {"http_status": 500, "accept": True},
        {"drop": True},
        {"drop": True, "accept": True},
    ],
    ids=str,
)
def test_what_may_have_been_taken(peer: Peer, fault: dict[str, Any]) -> None:
    peer.phone.fault(**fault)
    assert isinstance(peer.send(), Unknown)
    assert len(peer.phone.ledger()) == bool(fault.get("accept"))


def test_a_hang_after_it_was_taken_is_unknown(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.gateway.transport.ANSWER_SECONDS", 0.2)
    peer.phone.fault(hang_s=2)
    begun = time.monotonic()
    assert isinstance(peer.send(), Unknown)
    assert time.monotonic() - begun < 2
    assert len(peer.phone.ledger()) == 1


def test_a_late_answer_is_an_answer(peer: Peer) -> None:
    peer.phone.fault(delay_ms=300)
    assert isinstance(peer.send(), Accepted)


def test_no_gateway_is_transient(peer: Peer) -> None:
    with PhoneSimulator() as gone:
        url = gone.url
    elsewhere = {n: v.replace(peer.phone.url, url) for n, v in peer.environ.items()}
    assert Peer.of(peer.phone, elsewhere).send() == Transient("no-connection")


def test_a_wrong_key_takes_nothing_and_stands_against_all(peer: Peer) -> None:
    wrong = {n: v.replace(KEY, "wrong") for n, v in peer.environ.items()}
    result = Peer.of(peer.phone, wrong).send()
    # Kannel refuses a wrong key by the status with which it refuses a number.
    assert isinstance(result, Transient), result
    assert result.everyone
    assert peer.phone.ledger() == []


def test_an_answer_that_says_nothing_is_no_acceptance(peer: Peer) -> None:
    peer.phone.fault(empty=True)
    assert isinstance(peer.send(), Transient | Unknown)
    assert peer.phone.ledger() == []


def test_many_at_once_do_not_mix(peer: Peer) -> None:
    found: dict[str, Result] = {}

    def one(number: str) -> None:
        found[number] = peer.send(f"kwa {number}", number=number, reference=number)

    numbers = [f"+25571200{n:04}" for n in range(12)]
    threads = [threading.Thread(target=one, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {m.number: m.text for m in peer.phone.ledger()} == {n: f"kwa {n}" for n in numbers}
    assert all(isinstance(result, Accepted) for result in found.values())
    assert len({r.provider_id for r in found.values() if isinstance(r, Accepted)}) == 12


def test_no_key_number_or_word_reaches_a_log_or_a_result(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = [repr(peer.send("maneno ya siri"))]
    for fault in ({"http_status": 500}, {"drop": True}, {"status_code": 406}, {"empty": True}):
        peer.phone.fault(**fault)
        said.append(repr(peer.send("maneno ya siri")))
    said += [record.getMessage() for record in caplog.records] + [repr(peer.settings["SMS_HTTP"])]
    for secret in (KEY, "712000001", "siri"):
        assert secret not in "".join(said)


@pytest.mark.parametrize(("piece", "rest"), [(b"x", 0.05), (b"x" * 100_000, 0.0)])
def test_an_answer_without_an_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch, piece: bytes, rest: float
) -> None:
    """A trickle would hold a sender past its lease, a flood its memory."""
    monkeypatch.setattr(transport, "ANSWER_SECONDS", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(4_096)
                connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: text/plain\r\n\r\n")
                for _ in range(200):
                    connection.sendall(piece)
                    time.sleep(rest)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        begun = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        assert transport.call("POST", url, {}) == Unknown("endless-answer")
        assert time.monotonic() - begun < 5
        thread.join(20)
