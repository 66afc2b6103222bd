"""A case, its handler, and the browser in which its citizen has it open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from werkzeug.test import TestResponse

from feedback.services.cases import Receipt
from feedback.transaction import Principal, transaction
from tests.factories import Make
from tests.web.browser import Browser, hidden

MONDAY = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Story:
    """A case, its handler, and the browser of its citizen in which it stands open."""

    receipt: Receipt
    handler: int
    client: Browser
    clock: Any

    def page(self) -> str:
        answer = self.client.get("/track")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.text

    def act(self, act: str, **given: str) -> TestResponse:
        token = hidden(self.page(), "csrf_token")
        return self.client.post("/track", data={"csrf_token": token, "act": act, **given})

    def office(self, verb: Any, *given: Any) -> None:
        """The handler acts, an hour later."""
        self.clock.shift(HOUR)
        now = datetime.now(UTC)
        with transaction(Principal.of_officer(self.handler)):
            verb(self.receipt.case_id, *given, now)
        enter(self.client, self.receipt)

    def later(self, gone: timedelta) -> None:
        """Time goes by; the browser forgets its session and the citizen comes back."""
        self.clock.shift(gone)
        self.client.get("/?lang=en")
        enter(self.client, self.receipt)


def enter(client: Browser, receipt: Receipt) -> TestResponse:
    """Open the case with both numbers."""
    return ask(client, receipt.reference, receipt.receipt_code)


def ask(client: Browser, reference: str, code: str) -> TestResponse:
    numbers = {"reference": reference, "receipt_code": code}
    return client.post("/track", data={"csrf_token": token_of(client), **numbers})


def token_of(client: Browser) -> str:
    return hidden(client.get("/new").text, "csrf_token")


def row(superuser: psycopg.Connection[Any], columns: str) -> tuple[Any, ...] | None:
    return superuser.execute(f'SELECT {columns} FROM "case"').fetchone()  # noqa: S608


def said(superuser: psycopg.Connection[Any], kind: str) -> int:
    found = superuser.execute("SELECT count(*) FROM message WHERE kind = %s", (kind,)).fetchone()
    assert found is not None
    return int(found[0])


def begin(make: Make, client: Browser, clock: Any) -> Story:
    """A new complaint, opened by its citizen."""
    handler = make.officer("DODOMA-CC", "handler", name="Neema Mushi")
    receipt = make.case(MONDAY, category="ROADS", place="Uhindini", phone="+255712345678")
    assert enter(client, receipt).status_code == 303
    return Story(receipt, handler, client, clock)
