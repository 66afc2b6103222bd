"""A real SMTP server and a real gateway's HTTP for what is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from local.phone import PhoneSimulator
from local.phone.mailbox import Mailbox


@pytest.fixture
def phone(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PhoneSimulator]:
    with PhoneSimulator(report="", mail_port=0) as simulator:
        assert simulator.mail is not None
        host, _, port = simulator.mail.url.removeprefix("smtp://").partition(":")
        server = {"host": host, "port": int(port), "security": "none", "user": "", "password": ""}
        monkeypatch.setitem(app.config, "AT_BASE_URL", simulator.url)
        monkeypatch.setitem(app.config, "SMTP", server)
        monkeypatch.setitem(app.config, "MAIL_FROM", "e-Mrejesho <mrejesho@example.org>")
        yield simulator


@pytest.fixture
def box(phone: PhoneSimulator) -> Mailbox:
    assert phone.mail is not None
    return phone.mail
