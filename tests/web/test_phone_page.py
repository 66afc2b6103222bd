"""The officer's phone in the browser, and the way from there to a citizen's handset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from feedback import clock, jobs
from feedback.services import passwords
from feedback.transaction import redis_client
from local.phone import PhoneSimulator
from tests.factories import PASSWORD, Make
from tests.services import kit
from tests.services.kit import Behind
from tests.web.browser import Browser, browser, fields
from tests.web.office import act, at_desk, token_of

PAGE = "/staff/account/phone"
NUMBER = "+255754000777"
CITIZEN = "+255712345678"
PIN = "482915"


@pytest.fixture(autouse=True)
def quick(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """No earlier attempts, and argon2 with few rounds for PINs."""
    redis_client().flushdb()
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="") as simulator:
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        yield simulator


def post(tab: Browser, what: str, **given: str) -> TestResponse:
    return tab.post(f"{PAGE}/{what}", data={"csrf_token": token_of(tab), **given})


def begin(tab: Browser, **changed: str) -> TestResponse:
    given = {"number": "0754 000 777", "pin": PIN, "again": PIN, "hour": "8", "current": PASSWORD}
    return post(tab, "begin", **{**given, **changed})


def code(phone: PhoneSimulator) -> str:
    jobs.deliver()
    found = re.search(r"\b\d{6}\b", phone.ledger(NUMBER)[-1].text)
    assert found
    return found[0]


def write(app: Flask, sender: str, text: str) -> None:
    """An SMS through the gateway's callback, and what the worker makes of it."""
    count = len(redis_client().keys("*"))
    answer = browser(app).post(
        f"/hooks/africastalking/{app.config['AT_HOOK_TOKEN']}/sms",
        data={"id": f"{sender}{text}{count}", "from": sender, "to": "15200", "text": text},
    )
    assert answer.status_code == 200
    jobs.process_inbound()
    jobs.deliver()


def test_from_the_browser_to_the_citizens_handset(
    app: Flask, make: Make, phone: PhoneSimulator, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    tab = at_desk(app, handler)
    assert "No phone is registered" in tab.get(PAGE).text
    assert begin(tab).status_code == 303
    assert "ends in 777" in tab.get(PAGE).text
    assert "This is not the code" in post(tab, "confirm", code="000000").text
    assert post(tab, "confirm", code=code(phone)).status_code == 303
    page = tab.get(PAGE).text
    assert "… 777" in page
    assert "08:00" in page
    assert NUMBER not in page
    citizen = browser(app)
    citizen.post("/new", data=fields(citizen))
    (case,) = kit.rows(superuser, 'SELECT reference FROM "case"')
    write(app, NUMBER, f"JIBU {PIN} {case['reference']} Taa zitawekwa kesho.")
    assert "Taa zitawekwa kesho." in phone.ledger(CITIZEN)[-1].text
    assert case["reference"] in phone.ledger(NUMBER)[-1].text
    assert PIN not in "".join(message.text for message in phone.ledger())


def test_a_confidential_case_is_refused_as_if_it_were_not_there(
    app: Flask, make: Make, phone: PhoneSimulator, superuser: Behind
) -> None:
    handler = make.officer("DODOMA-CC", "handler")
    tab = at_desk(app, handler)
    begin(tab)
    post(tab, "confirm", code=code(phone))
    case = make.case(clock.now(), confidentiality="confidential", phone=CITIZEN)
    for reference in (case.reference, "7K2M-9QX4"):
        write(app, NUMBER, f"JIBU {PIN} {reference} maneno")
    first, second = (message.text for message in phone.ledger(NUMBER)[-2:])
    assert first == second
    assert not kit.rows(superuser, "SELECT 1 FROM message WHERE kind = 'answer'")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"current": "wrong"}, "current"),
        ({"number": "12"}, "number"),
        ({"number": "+14155552671"}, "number"),
        ({"pin": "123456", "again": "123456"}, "pin"),
        ({"pin": "12", "again": "12"}, "pin"),
        ({"again": "482916"}, "again"),
        ({"hour": "23"}, "hour"),
        ({"hour": "x"}, "hour"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    app: Flask, make: Make, superuser: Behind, changed: dict[str, str], field: str
) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler"))
    answer = begin(tab, **changed)
    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert f'href="#f-{field}"' in answer.text
    assert PIN not in answer.text
    assert not kit.rows(superuser, "SELECT 1 FROM officer_phone")
    assert not kit.rows(superuser, "SELECT 1 FROM outbox")


def confirmed(app: Flask, make: Make, phone: PhoneSimulator) -> tuple[Browser, int]:
    officer = make.officer("DODOMA-CC", "handler")
    tab = at_desk(app, officer)
    begin(tab)
    assert post(tab, "confirm", code=code(phone)).status_code == 303
    return tab, officer


def test_list_pin_and_phone_are_changed(
    app: Flask, make: Make, phone: PhoneSimulator, superuser: Behind
) -> None:
    tab, _ = confirmed(app, make, phone)
    assert post(tab, "list", hour="", empty="1").status_code == 303
    assert "No list" in tab.get(PAGE).text
    assert post(tab, "pin", pin="917354", again="917354", current="wrong").status_code == 422
    assert post(tab, "pin", pin="917354", again="917354", current=PASSWORD).status_code == 303
    superuser.execute("UPDATE officer_phone SET pin_hash = NULL")
    assert "Locked after too many wrong PINs" in tab.get(PAGE).text
    assert post(tab, "remove").status_code == 303
    assert "No phone is registered" in tab.get(PAGE).text
    for gone in ("remove", "list", "nothing"):
        assert post(tab, gone).status_code == 404


def test_an_administrator_takes_it_away_without_seeing_it(
    app: Flask, make: Make, phone: PhoneSimulator, superuser: Behind
) -> None:
    _, officer = confirmed(app, make, phone)
    office = at_desk(app, make.officer("PO-PSMGG", "admin"))
    url = f"/admin/officers/{officer}"
    page = office.get(url).text
    assert "Phone for work by SMS" in page
    assert "777" not in page
    data = {"csrf_token": token_of(office)}
    assert office.post(f"{url}/phone", data=data).status_code == 303
    assert not kit.rows(superuser, "SELECT 1 FROM officer_phone")
    assert "Phone for work by SMS" not in office.get(url).text
    assert office.post(f"{url}/phone", data=data).status_code == 404


def test_a_stranger_is_sent_few_codes(app: Flask, make: Make, superuser: Behind) -> None:
    tab = at_desk(app, make.officer("DODOMA-CC", "handler"))
    assert begin(tab).status_code == 303
    assert "Wait two minutes" in begin(tab, number="0754 000 778").text
    assert len(kit.rows(superuser, "SELECT 1 FROM outbox")) == 1


def test_a_wish_to_be_relieved_stands_in_notices_and_case(
    app: Flask, make: Make, phone: PhoneSimulator
) -> None:
    _, _ = confirmed(app, make, phone)
    coordinator = at_desk(app, make.officer("DODOMA-CC", "coordinator"))
    case = make.case(clock.now())
    write(app, NUMBER, f"REJESHA {PIN} {case.reference} ninahusiana na mlalamikaji")
    assert "asks that another takes the case" in coordinator.get("/staff/notices").text
    page = coordinator.get(f"/desk/case/{case.reference}").text
    assert "ninahusiana na mlalamikaji" in page


def test_the_form_promises_mail_only_where_it_is_sent(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = browser(app)
    assert "come here too" not in tab.get("/new?lang=en").text
    server: Any = {"host": "x", "port": 25, "security": "none", "user": "", "password": ""}
    monkeypatch.setitem(app.config, "SMTP", server)
    assert "come here too" in tab.get("/new?lang=en").text


def test_the_link_of_a_letter_fills_in_the_reference_and_asks_for_the_code(
    app: Flask, make: Make
) -> None:
    case = make.case(clock.now())
    page = browser(app).get(f"/track?reference={case.reference}").text
    assert f'value="{case.reference}"' in page
    assert 'name="receipt_code"' in page


def test_an_answer_by_sms_stands_at_the_desk(app: Flask, make: Make, phone: PhoneSimulator) -> None:
    tab, _ = confirmed(app, make, phone)
    case = make.case(clock.now())
    write(app, NUMBER, f"ANSWER {PIN} {case.reference} Mended today.")
    assert "Mended today." in tab.get(f"/desk/case/{case.reference}").text
    assert act(tab, f"/desk/case/{case.reference}", "answer", body="x").status_code in (409, 422)
