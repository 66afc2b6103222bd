"""A conversation to be told, and who is in the office."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask

from feedback.services import passwords
from tests.conversations.telling import Telling, talking
from tests.factories import Make

MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)


@pytest.fixture
def telling(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Telling]:
    """A conversation to be told, on a Monday morning."""
    # argon2 with few rounds: it is slow on purpose, and tried in full by the passwords' tests.
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))
    with time_machine.travel(MONDAY, tick=False) as clock, talking(app, clock) as begin:
        yield begin()


@pytest.fixture
def handler(make: Make) -> int:
    """The handler of Dodoma city."""
    return make.officer("DODOMA-CC", "handler")
