"""Which accounts were used in this browser before: a signed cookie that opens nothing.

By it a login that comes from an official's usual computer is told from a stranger's guess.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

COOKIE = "mrejesho_known"
MOST = 8  # accounts on a shared computer
KEPT = 180 * 86_400  # seconds


def known(username: str) -> str | None:
    """A name for this browser, if the account was used in it before."""
    kept = _read()
    return str(kept["id"]) if _mark(username) in kept["of"] else None


def remember(response: Response, username: str) -> None:
    """The account was used in this browser, second step included."""
    kept = _read()
    of = [_mark(username), *(mark for mark in kept["of"] if mark != _mark(username))]
    response.set_cookie(
        _name(),
        str(_serializer().dumps({"id": kept["id"], "of": of[:MOST]})),
        max_age=KEPT,
        path="/staff",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Strict",
    )


def _name() -> str:
    """Over TLS with the prefix by which a browser takes the cookie over TLS only."""
    return f"__Secure-{COOKIE}" if current_app.config["SESSION_COOKIE_SECURE"] else COOKIE


def _read() -> dict[str, Any]:
    try:
        kept: dict[str, Any] = _serializer().loads(request.cookies.get(_name(), ""))
    except BadSignature:
        return {"id": secrets.token_hex(8), "of": []}
    return kept


def _mark(username: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    name = b"known-browser:" + username.strip().casefold().encode()
    return hmac.new(key, name, hashlib.sha256).hexdigest()[:16]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="known-browser")
