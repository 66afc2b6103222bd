"""Officers at their browsers: log in, open a page, post one of its forms."""

from __future__ import annotations

import re
from typing import Any

import pyotp
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from feedback import models as m
from feedback.services.answers import looking
from feedback.transaction import Principal, transaction
from tests.factories import TOTP_SECRET, logged_in
from tests.web.browser import Browser, browser, hidden


def username_of(officer_id: int) -> str:
    with transaction(Principal("reference")) as session:
        return str(
            session.scalars(select(m.Officer.username).where(m.Officer.id == officer_id)).one()
        )


def post_login(tab: Browser, username: str, password: str, **more: str) -> TestResponse:
    """Both steps of the login; the answer of the first where it leads to no second."""
    answer = post_first_step(tab, username, password, **more)
    if "/staff/login/code" not in (answer.location or ""):
        return answer
    return post_code(tab, pyotp.TOTP(TOTP_SECRET).now(), **more)


def post_first_step(tab: Browser, username: str, password: str, **more: str) -> TestResponse:
    """Name and password."""
    token = hidden(tab.get("/staff/login").text, "csrf_token")
    return tab.post(
        "/staff/login",
        data={"username": username, "password": password, "csrf_token": token, **more},
    )


def post_code(tab: Browser, code: str, **more: str) -> TestResponse:
    """The second step of the login."""
    token = hidden(tab.get("/staff/login/code").text, "csrf_token")
    return tab.post("/staff/login/code", data={"code": code, "csrf_token": token, **more})


def at_desk(app: Flask, officer_id: int) -> Browser:
    """A browser in which the officer is logged in, reading English; `test_auth` logs in."""
    cookie = logged_in(officer_id)
    tab = browser(app)
    with tab.session_transaction() as kept:
        kept.permanent = True
        kept.update(_user_id=cookie, _fresh=True, lang="en")
    return tab


def token_of(tab: Browser) -> str:
    return hidden(tab.get("/staff/password").text, "csrf_token")


def seen(page: str) -> str:
    """The state of the case that a page showed."""
    return hidden(page, "seen")


def act(tab: Browser, case: str, verb: str, **fields: Any) -> TestResponse:
    """Open the page of a case (its whole address) and post one verb from it."""
    page = tab.get(case).text
    data = {"csrf_token": token_of(tab), "seen": seen(page), **fields}
    if "body" in data:  # as whoever was warned of odd words and sends them as they are
        data.setdefault("checked", looking.mark(data["body"].replace("\r\n", "\n")))
    return tab.post(f"{case}/{verb}", data=data)


def references(page: str) -> list[str]:
    """The cases of a list, in its order."""
    return re.findall(r'/case/([0-9A-Z]{4}-[0-9A-Z]{4})(?:\?from=\w+)?"', page)
