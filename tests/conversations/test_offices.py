"""Officers by SMS, and citizens by e-mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask

from feedback.services import desk, officer_phones
from local.phone.mailbox import Mailbox
from tests.conversations.page import told
from tests.conversations.telling import OFFICER, Telling
from tests.conversations.test_conversations import newest
from tests.factories import Make
from tests.services import kit
from tests.services.officer_kit import PHONE, PIN

NUMBER = "+255712345678"
ADDRESS = "asha@example.org"
Behind = psycopg.Connection[Any]


def registered(telling: Telling, officer: int) -> None:
    """The officer's phone, with its code brought by SMS."""

    def confirm(_: datetime) -> None:
        assert officer_phones.confirm(officer, telling.officer_code, datetime.now(UTC))

    telling.office(
        "An officer gives the number of the phone and a PIN, on the page of the account.",
        officer,
        officer_phones.begin,
        officer,
        PHONE,
        PIN,
        None,
    )
    telling.hears(PHONE, OFFICER)
    telling.office("The code is given back there.", officer, confirm)


def test_an_officer(telling: Telling, handler: int, superuser: Behind) -> None:
    registered(telling, handler)
    telling.writes(NUMBER, "Jiji la Dodoma taka hazijazolewa Uhindini")
    reference = telling.reference
    for words in (
        f"ORODHA {PIN}",
        f"POKEA {PIN} {reference}",
        f"ULIZA {PIN} {reference} Ni mtaa gani?",
    ):
        assert telling.writes(PHONE, words, OFFICER)
        told_the_citizen = telling.hears(NUMBER)
    assert "Ni mtaa gani?" in told_the_citizen
    telling.writes(NUMBER, "Mtaa wa Mtendeni")
    telling.writes(PHONE, f"JIBU {PIN} {reference} Taka zimezolewa leo.", OFFICER)
    assert "zimezolewa" in telling.hears(NUMBER)
    assert kit.case_row(superuser, newest(superuser))["status"] == "answered"
    told(telling, "An officer by SMS")


def test_an_officer_refused(telling: Telling, make: Make, handler: int) -> None:
    registered(telling, handler)
    telling.writes(NUMBER, "SIRI Jiji la Dodoma afisa ameomba rushwa ya leseni")
    refused = telling.writes(PHONE, f"POKEA {PIN} {telling.reference}", OFFICER)
    assert refused == telling.writes(PHONE, f"POKEA {PIN} 7K2M-9QX4", OFFICER)
    telling.writes(PHONE, f"ORODHA {PIN}", OFFICER)
    telling.writes(PHONE, f"POKEA {telling.reference}", OFFICER)
    for _ in range(4):
        telling.writes(PHONE, "ORODHA 111111", OFFICER)
    told(telling, "An officer and what is refused")


@pytest.fixture
def box(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A mailbox that the product sends to."""
    mailbox = Mailbox()
    mailbox.start()
    host, _, port = mailbox.url.removeprefix("smtp://").partition(":")
    server = {"host": host, "port": int(port), "security": "none", "user": "", "password": ""}
    monkeypatch.setitem(app.config, "SMTP", server)
    monkeypatch.setitem(app.config, "MAIL_FROM", "e-Mrejesho <mrejesho@example.org>")
    yield mailbox
    mailbox.stop()


def test_by_mail(telling: Telling, make: Make, handler: int, box: Mailbox) -> None:
    case = make.case(datetime.now(UTC), email=ADDRESS)
    telling.lines.append("*A citizen files on the web, and gives an e-mail address alone.*")
    telling.hears(NUMBER)
    telling.later("The next day.", timedelta(days=1))
    telling.office(
        "The office answers.", handler, desk.answer, case.case_id, "Taa zimewekwa leo.\n\nAsante."
    )
    telling.hears(NUMBER)
    letters = box.letters(ADDRESS)
    assert len(letters) == 2
    for letter in letters:
        telling.reads(letter)
    told(telling, "A case by e-mail")
