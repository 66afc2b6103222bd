"""How an officer is told, in the browser: mailbox, code, hours, and what may be left out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from feedback import jobs
from feedback.transaction import redis_client
from local.phone import PhoneSimulator
from tests.factories import PASSWORD, Make
from tests.services import kit
from tests.services.kit import Behind
from tests.web.browser import Browser
from tests.web.office import at_desk, token_of

PAGE = "/staff/account/told"
ADDRESS = "neema.mushi@dodoma.example.org"


@pytest.fixture
def tab(app: Flask, make: Make) -> Browser:
    redis_client().flushdb()
    return at_desk(app, make.officer("DODOMA-CC", "handler"))


def test_a_mailbox_is_confirmed_used_and_taken_away(
    app: Flask, tab: Browser, superuser: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(what: str, **given: Any) -> TestResponse:
        return tab.post(f"{PAGE}/{what}", data={"csrf_token": token_of(tab), **given})

    refused = post("begin", address=ADDRESS, current=PASSWORD)
    assert refused.status_code == 422  # no e-mail is sent from here
    with PhoneSimulator(report="", mail_port=0) as simulator:
        assert simulator.mail is not None
        host, _, port = simulator.mail.url.removeprefix("smtp://").partition(":")
        server = {"host": host, "port": int(port), "security": "none", "user": "", "password": ""}
        monkeypatch.setitem(app.config, "SMTP", server)
        monkeypatch.setitem(app.config, "MAIL_FROM", "e-Mrejesho <mrejesho@example.org>")
        wrong = post("begin", address=ADDRESS, current="guessed")
        assert wrong.status_code == 422
        assert ADDRESS in wrong.text  # what was typed stays
        assert post("begin", address=ADDRESS, current=PASSWORD).status_code == 303
        jobs.deliver()
        found = re.search(r"\b\d{6}\b", simulator.mail.letters(ADDRESS)[-1].text)
        assert found
        assert post("confirm", code="12").status_code == 422
        assert post("confirm", code=found[0]).status_code == 303
    assert post("hours", hours=["7", "14", "16", "17"]).status_code == 422
    assert post("hours", hours=["7", "14"]).status_code == 303
    assert post("choose", wanted=["climbed"]).status_code == 303
    (row,) = kit.rows(superuser, "SELECT hours, muted FROM officer_mail NATURAL JOIN notice_choice")
    assert row["hours"] == [7, 14]
    assert "climbed" not in row["muted"]
    assert "accepted" in row["muted"]
    assert post("remove").status_code == 303
    assert post("remove").status_code == 404
    assert post("nothing").status_code == 404
