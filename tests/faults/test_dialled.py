"""A complaint by USSD over real sockets: the simulator's API on one side, the desk on the other."""

from __future__ import annotations

import json
import re
import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from feedback import jobs
from feedback.services import desk
from feedback.transaction import Principal, transaction
from local.phone import PhoneSimulator
from tests.factories import Make
from tests.faults.test_round_trip import NUMBER, phone, work
from tests.services import kit
from tests.services.confidential_probe import Connection
from tests.web.office import at_desk

__all__ = ["phone"]  # the fixture


class Handset:
    """The simulator's own API, as a script uses it."""

    def __init__(self, simulator: PhoneSimulator) -> None:
        self.url = f"{simulator.url}/ussd"

    def post(self, **given: Any) -> dict[str, Any]:
        body = json.dumps({"from": NUMBER, **given}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, body, headers)  # noqa: S310
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            said: dict[str, Any] = json.load(answer)
        assert said["trouble"] == ""
        assert len(f"CON {said['screen']}") <= 160
        return said

    def dial(self, code: str = "*152*00#") -> str:
        return str(self.post(dial=code)["screen"])

    def put(self, *inputs: str) -> str:
        return [str(self.post(text=each)["screen"]) for each in inputs][-1]


# USSD comes by Africa's Talking alone, whichever gateway sends SMS.
BY_USSD = pytest.mark.parametrize("phone", ["africastalking"], indirect=True)


@BY_USSD
def test_filed_answered_read_and_said_to_be_not_fixed(
    app: Flask,
    make: Make,
    phone: PhoneSimulator,
    superuser: Connection,
) -> None:
    handler = make.officer("DODOMA-CC", "handler", unit="WORKS")
    handset = Handset(phone)
    assert "chagua lugha" in handset.dial()
    handset.put("1", "1", "1", "dodoma cc")
    screen = handset.put("4", "Taa za * barabarani hazijawaka", "1", "Uhindini", "1", "2")
    assert "Lalamiko, Halmashauri ya Jiji la Dodoma" in screen
    ended = handset.post(text="1")
    assert not ended["open"]
    found = re.search(r"Kumbukumbu: (\S+)\. Msimbo wa siri: (\S+)\.", ended["screen"])
    assert found
    reference, code = found[1], found[2]
    work(phone)
    [sms] = phone.ledger(NUMBER)
    assert reference in sms.text
    assert code not in sms.text

    assert reference in at_desk(app, handler).get("/desk").text
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    (said,) = kit.of_case(superuser, "message", case["id"])
    assert said["body"] == "Taa za * barabarani hazijawaka"
    with transaction(Principal.of_officer(handler)):
        desk.answer(case["id"], "Tumezirekebisha.", datetime.now(UTC))

    assert "Mashauri yangu" in handset.dial()
    assert "limejibiwa" in handset.put("2")
    handset.put("1", "1")
    assert "Tumezirekebisha." in handset.put(code)
    handset.put("0")
    assert "Tumepokea" in handset.put("3", "Bado taa moja * haiwaki")
    handset.post(hang_up=True)
    work(phone)
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert (case["cycle"], case["appeals"]) == (2, 1)
    assert kit.of_case(superuser, "message", case["id"], "seq")[-1]["body"] == (
        "Bado taa moja * haiwaki"
    )
    assert [m.text for m in phone.ledger(NUMBER)][-1].startswith(reference)
    assert all(r.outcome == 200 for r in phone.callbacks("ussd-end"))


@BY_USSD
def test_the_words_follow_by_sms(
    app: Flask,
    make: Make,
    phone: PhoneSimulator,
    superuser: Connection,
) -> None:
    handset = Handset(phone)
    handset.dial("*152*00*2*1*2#")
    screen = handset.put("DODOMA-CC", "1", "1", "1", "1", "1", "1")
    ticket = re.search(r"Begin with (\d{4})", screen)
    assert ticket, screen
    phone.inbound(NUMBER, f"{ticket[1]} Please plant trees \u2018here\u2019")
    work(phone)
    (case,) = kit.rows(superuser, 'SELECT * FROM "case"')
    assert (case["channel"], case["kind"], case["language"]) == ("ussd", "suggestion", "en")
    assert case["reference"] in phone.ledger(NUMBER)[-1].text
    assert jobs.purge()["ussd_sessions"] == 0
