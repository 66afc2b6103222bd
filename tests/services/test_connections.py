"""Connections of the pool: one that ended meanwhile is never worked on, and plans are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import feedback
from feedback.extensions import db
from feedback.transaction import Principal, enter, leave, transaction
from tests.services.kit import Behind

FIGURES = Principal("figures")


def _backend() -> int:
    with transaction(FIGURES):
        return int(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)


def test_a_connection_that_the_server_ended_is_replaced_unseen(
    app: Flask, superuser: Behind
) -> None:
    before = _backend()
    assert _backend() == before, "the pool keeps its connection"
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", (before,))
    assert _backend() != before


def test_a_connection_in_use_is_asked_nothing_more(
    app: Flask, query_count: Callable[[], Any]
) -> None:
    _backend()
    with query_count() as counted:
        _backend()
    assert counted.number == 2, "the principal and the question itself"


def test_one_that_stood_idle_for_long_is_tried(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    _backend()
    tried = []
    dialect = db.engines[None].dialect
    ping = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda c: tried.append(c) or ping(c))
    _backend()
    assert not tried
    monkeypatch.setattr(feedback, "IDLE_TOO_LONG", 0)
    _backend()
    assert len(tried) == 1


def test_what_is_prepared_outlives_a_request_that_only_read(app: Flask) -> None:
    """Such a request ends with a rollback; what the connection has prepared stays."""
    prepared = text("SELECT array_agg(name ORDER BY name) FROM pg_prepared_statements")
    found = []
    for _ in range(feedback.PREPARED_AFTER + 3):
        enter(FIGURES)
        found.append(db.session.scalar(prepared))
        leave()
    assert found[-1]
    assert found[-1] == found[-2]


def test_a_transaction_that_failed_is_rolled_back(app: Flask) -> None:
    before = _backend()
    with pytest.raises(DBAPIError), transaction(FIGURES):
        db.session.execute(text("SELECT 1 / 0"))
    assert _backend() == before
