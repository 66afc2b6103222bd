"""What the tests of the citizen's own pages share: a clock moved by hand, a browser, a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.factories import Make
from tests.web.browser import Browser, browser
from tests.web.story import MONDAY, Story, begin


@pytest.fixture
def moved_clock() -> Iterator[Any]:
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
def story(make: Make, english: Browser, moved_clock: Any) -> Story:
    """A complaint that its citizen has open."""
    return begin(make, english, moved_clock)
