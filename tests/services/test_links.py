"""The tag that ties a reply to the message it answers: kept, passed on where that is wanted, and
nowhere else, since on an ordinary short code it would make the citizen pay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.gateway import profile
from feedback.services import intake, links, outbox
from feedback.transaction import JOB, Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBER = "+255712000001"
Behind = psycopg.Connection[Any]


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", api_key="k") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "AT_API_KEY", "k")
        yield simulator


def write(words: str, link_id: str | None, at: datetime = NOW, number: str = NUMBER) -> None:
    """An SMS of a citizen, acted on."""
    with transaction(Principal("hook")):
        intake.receive(
            provider_id=f"{words}{link_id}",
            sender=number,
            words=words,
            received_at=at,
            now=at,
            link_id=link_id,
        )
    with transaction(JOB):
        inbound = intake.take(at)
    assert inbound
    with transaction(JOB):
        intake.process(inbound, at)


def passed_on(phone: PhoneSimulator) -> list[str]:
    outbox.deliver(NOW + timedelta(minutes=1))
    return [sent.link_id for sent in phone.ledger()]


@pytest.mark.parametrize("words", ["MSAADA", "TANESCO umeme umekatika tangu jana"])
def test_an_on_demand_service_gets_the_tag_with_reply_and_acknowledgement(
    app: Flask, phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setitem(app.config, "AT_KEYWORD", "MREJESHO")
    write(words, "L-1")
    assert passed_on(phone) == ["L-1"]
    assert phone.ledger()[0].sender == app.config["AT_SHORTCODE"]


@pytest.mark.parametrize("words", ["MSAADA", "TANESCO umeme umekatika tangu jana"])
def test_an_ordinary_short_code_never_sends_it(phone: PhoneSimulator, words: str) -> None:
    write(words, "L-1")
    assert passed_on(phone) == [""]
    with transaction(JOB):
        assert db.session.scalars(select(m.InboundMessage.link_id)).all() == ["L-1"]


def test_each_reply_takes_the_tag_of_its_own_message(
    app: Flask, phone: PhoneSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "AT_KEYWORD", "MREJESHO")
    for number in range(3):
        write("MSAADA", f"L-{number}", NOW + timedelta(seconds=number))
    assert sorted(passed_on(phone)) == ["L-0", "L-1", "L-2"]


def test_what_answers_no_message_has_no_tag(app: Flask, make: Make) -> None:
    case = make.case(NOW, phone=NUMBER)
    with transaction(JOB):
        for dedupe in (f"received:{case.case_id}", f"answer:{case.case_id}", "reply:not-an-id", ""):
            assert links.answered_by(dedupe, case.case_id) == ""


@pytest.mark.parametrize(("link_id", "fields"), [("L-1", {"link": "L-1"}), (None, {})])
def test_a_plain_gateway_gets_it_where_its_settings_say_so(
    app: Flask,
    phone: PhoneSimulator,
    monkeypatch: pytest.MonkeyPatch,
    link_id: str | None,
    fields: dict[str, str],
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(_method: str, _url: str, _headers: Any, *, data: dict[str, Any]) -> Any:
        asked.append(data)
        raise AssertionError

    monkeypatch.setattr("feedback.gateway.plain_http.call", answer)
    described = {
        "SMS_HTTP_URL": "http://127.0.0.1:9/",
        "SMS_HTTP_FIELDS": '{"to": "{number}", "text": "{text}", "link": "{link_id}"}',
    }
    monkeypatch.setitem(app.config, "SMS_GATEWAY", "http")
    monkeypatch.setitem(app.config, "SMS_HTTP", profile.read(described))
    write("MSAADA", link_id)
    with pytest.raises(AssertionError):
        outbox.deliver(NOW + timedelta(minutes=1))
    assert {k: v for k, v in asked[0].items() if k == "link"} == fields


def test_the_tag_goes_with_the_number(phone: PhoneSimulator, superuser: Behind) -> None:
    write("MSAADA", "L-1")
    superuser.execute("UPDATE inbound_message SET state = 'done'")
    look = "SELECT link_id FROM inbound_message"
    assert superuser.execute(look).fetchall() == [("L-1",)]
    superuser.execute("UPDATE inbound_message SET sender = '', number_hash = ''")
    assert superuser.execute(look).fetchall() == [(None,)]
