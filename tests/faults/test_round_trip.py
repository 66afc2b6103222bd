"""The whole way over real sockets: a phone writes, the hook takes it, a worker acts, a reply comes.

With each gateway, whose callbacks are repeated, reordered and early.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

import config
from feedback import jobs
from feedback import models as m
from feedback.extensions import db
from feedback.services import outbox
from feedback.transaction import JOB, transaction
from local.phone import PhoneSimulator
from tests.conftest import environment
from tests.gateways import GATEWAYS, KEY, TOKEN, WAYS

NUMBER = "+255712000001"
URLS = {"DATABASE_URL": "postgresql:///nothing"}


@pytest.fixture(params=GATEWAYS)
def phone(
    request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PhoneSimulator]:
    """The simulator and the application as each other's peers."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    way = WAYS[request.param]
    with PhoneSimulator(
        callback_base=base,
        token=app.config["AT_HOOK_TOKEN"] if way == "africastalking" else TOKEN,
        api_key=KEY,
        way=way,
        report_delay_ms=0,
        retry_s=0.1,
    ) as simulator:
        given = {**environment(URLS), "PUBLIC_URL": base, **GATEWAYS[request.param](simulator)}
        for name, value in config.load(given).items():
            if name.startswith(("AT_", "SMS_")):
                monkeypatch.setitem(app.config, name, value)
        yield simulator
    server.shutdown()
    thread.join()
    server.server_close()


def work(phone: PhoneSimulator) -> None:
    """What the worker does until nothing is left, callbacks of the gateway included."""
    for _ in range(3):
        assert phone.wait_idle()
        jobs.process_inbound()
        jobs.deliver()
        jobs.replay()


def states() -> list[str]:
    with transaction(JOB):
        return list(db.session.scalars(select(m.Outbox.state).order_by(m.Outbox.created_at)))


def cases() -> int:
    with transaction(JOB):
        return db.session.scalar(select(func.count()).select_from(m.Case)) or 0


@pytest.mark.parametrize("date_format", ["iso", "space", "millis"])
def test_a_complaint_and_its_acknowledgement(phone: PhoneSimulator, date_format: str) -> None:
    phone.inbound(NUMBER, "TANESCO umeme umekatika", date_format=date_format)
    work(phone)
    [reply] = phone.ledger(NUMBER)
    assert reply.parts == 1
    assert (cases(), states()) == (1, ["delivered"])


def test_repeated_callbacks_change_nothing(phone: PhoneSimulator) -> None:
    phone.fault(on="inbound", repeat=4)
    phone.fault(on="send", repeat=4, reports=("Sent", "Success", "Failed"))
    phone.inbound(NUMBER, "TANESCO umeme umekatika")
    work(phone)
    assert len(phone.ledger(NUMBER)) == 1
    assert (cases(), states()) == (1, ["delivered"])


def test_a_report_that_overtakes_the_answer(phone: PhoneSimulator) -> None:
    phone.fault(report_before=True)
    phone.inbound(NUMBER, "TANESCO umeme umekatika")
    work(phone)
    assert states() == ["delivered"]


def test_reports_in_reversed_order(phone: PhoneSimulator) -> None:
    phone.fault(report_hold=True, times=None)
    for words in ("MSAADA", "HELP", "msaada"):
        phone.inbound(NUMBER, words)
    work(phone)
    assert states() == ["sent"] * 3
    phone.release_reports("reversed")
    work(phone)
    assert states() == ["delivered"] * 3


def test_an_answer_lost_after_acceptance_is_settled_by_the_report(phone: PhoneSimulator) -> None:
    phone.fault(drop=True, accept=True)
    phone.inbound(NUMBER, "MSAADA")
    work(phone)
    assert states() == ["unknown"]
    outbox.replay(datetime.now(UTC) + timedelta(minutes=2))
    assert states() == ["delivered"]
    assert len(phone.ledger(NUMBER)) == 1


def test_the_product_was_away_when_the_phone_wrote(phone: PhoneSimulator) -> None:
    base = phone.callback_base
    phone.callback_base = "http://127.0.0.1:9"
    phone.inbound(NUMBER, "TANESCO umeme umekatika")
    assert not phone.wait_idle(0.4)
    phone.callback_base = base
    work(phone)
    assert cases() == 1
    assert len(phone.ledger(NUMBER)) == 1


def test_networks_tags_and_costs_are_kept(phone: PhoneSimulator) -> None:
    phone.inbound(NUMBER, "MSAADA", link_id="L-17", network_code="99999")
    work(phone)
    with transaction(JOB):
        came = db.session.scalars(select(m.InboundMessage)).one()
        went = db.session.scalars(select(m.Outbox)).one()
        assert (came.link_id, came.network_code) == ("L-17", "99999")
        assert (went.cost_amount, went.cost_currency, went.parts) == (Decimal(22), "TZS", 1)
        assert went.network_code == "64004"
