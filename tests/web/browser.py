"""A citizen's browser, how its pages are read, and a form as it posts it."""

from __future__ import annotations

import re
from contextvars import Context
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Browser(FlaskClient):
    """A test client whose requests share nothing with the test.

    Within an application context of the test, Flask would give every request the same `g`, and
    with it the first request's language and forgery token.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return Context().run(super().open, *args, **kwargs)


def browser(app: Flask) -> Browser:
    """A browser without cookies."""
    return Browser(app, app.response_class, use_cookies=True)


def hidden(page: str, name: str) -> str:
    """The value of the first hidden field of that name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def by_id(page: str, name: str) -> str | None:
    """The text of an element, or None where there is none."""
    found = re.search(rf'id="{name}">([^<]+)<', page)
    return found[1] if found else None


def fields(client: Browser, **changed: str) -> dict[str, str]:
    """A form as a browser posts it: fetched, then filled in."""
    page = client.get("/new").text
    return {
        "csrf_token": hidden(page, "csrf_token"),
        "submission_id": hidden(page, "submission_id"),
        "kind": "complaint",
        "institution": "DODOMA-CC",
        "category": "ROADS",
        "place": "Mtaa wa Uhindini",
        "body": "Taa za barabarani hazijawaka kwa wiki mbili.",
        "confidentiality": "open",
        "phone": "0712 345 678",
        **changed,
    }


def receipt(client: Browser, answer: TestResponse) -> tuple[str | None, str | None]:
    """The two numbers on the page to which a post leads."""
    assert (answer.status_code, answer.location) == (303, "/received")
    page = client.get("/received")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    return by_id(page.text, "reference"), by_id(page.text, "receipt-code")


def offered(page: str) -> list[str]:
    return re.findall(r'name="institution" value="([^"]+)"', page)


def count(superuser: psycopg.Connection[Any]) -> int:
    """How many cases there are."""
    row = superuser.execute('SELECT count(*) FROM "case"').fetchone()
    assert row is not None
    return int(row[0])
