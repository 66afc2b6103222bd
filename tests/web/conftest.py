"""What the tests of pages share: a clock moved by hand, a citizen's browser with a case, a desk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from feedback.services.cases import Receipt
from tests.factories import Make
from tests.web.browser import Browser, browser
from tests.web.office import at_desk
from tests.web.story import MONDAY, Story, begin


@pytest.fixture
def clock() -> Iterator[Any]:
    """A Monday morning that a test moves on by hand."""
    with time_machine.travel(MONDAY, tick=False) as moved:
        yield moved


@pytest.fixture
def english(app: Flask) -> Browser:
    """A browser that reads English, without a case."""
    tab = browser(app)
    tab.get("/?lang=en")
    return tab


@pytest.fixture
def story(make: Make, english: Browser, clock: Any) -> Story:
    """A complaint that its citizen has open."""
    return begin(make, english, clock)


@pytest.fixture
def handler(make: Make) -> int:
    """Who handles roads in Dodoma."""
    return make.officer("DODOMA-CC", "handler", unit="WORKS", name="Neema Mushi")


@pytest.fixture
def tab(app: Flask, handler: int) -> Browser:
    """The handler's browser."""
    return at_desk(app, handler)


@pytest.fixture
def case(make: Make, handler: int) -> Receipt:
    """A case of the handler's, of Monday morning."""
    return make.case(MONDAY, category="ROADS")
