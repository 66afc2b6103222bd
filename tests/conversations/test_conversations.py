"""Conversations as a citizen sees them on a phone; `docs/conversations.md` is what they print.

MREJESHO_WRITE_DOCS=1 make test ARGS="-n 0 tests/conversations"     writes the page anew
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask

from feedback.services import desk
from tests.conversations.telling import Telling, talking
from tests.factories import Make
from tests.services import kit

PAGE = Path(__file__).parents[2] / "docs" / "conversations.md"
MONDAY = datetime(2026, 11, 9, 6, 0, tzinfo=UTC)
NUMBER, OTHER = "+255712345678", "+255754000002"
DAY = timedelta(days=1)
Behind = psycopg.Connection[Any]


@pytest.fixture
def telling(app: Flask) -> Iterator[Telling]:
    """A conversation to be told, on a Monday morning."""
    with time_machine.travel(MONDAY, tick=False) as clock, talking(app, clock) as begin:
        yield begin()


def newest(behind: Behind) -> Any:
    """The case that came last."""
    return kit.rows(behind, 'SELECT id FROM "case" ORDER BY received_at DESC LIMIT 1')[0]["id"]


def told(telling: Telling, title: str) -> None:
    """Compare a conversation with its place in the page, or write it there."""
    begin, end = f"\n## {title}\n\n", "\n\n---\n"
    text = telling.written()
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("MREJESHO_WRITE_DOCS") == "1":
        if begin not in page:
            page = f"{page.rstrip()}\n{begin}{end}"
        head, _, rest = page.partition(begin)
        PAGE.write_text(f"{head}{begin}{text}{end}{rest.partition(end)[2]}", encoding="utf-8")
        return
    assert page.partition(begin)[2].partition(end)[0] == text


def test_a_complaint_by_sms(telling: Telling, make: Make, superuser: Behind) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    reply = telling.writes(NUMBER, "Jiji la Dodoma, taka hazijazolewa Uhindini wiki mbili sasa 😡")
    assert telling.reference in reply
    case = newest(superuser)
    assert telling.code == ""
    telling.writes(NUMBER, f"MSIMBO {telling.reference}")
    assert telling.code
    telling.later("Two days later.", 2 * DAY)
    telling.office("The handler asks at the desk.", officer, desk.ask, case, "Ni mtaa gani?")
    telling.hears(NUMBER)
    telling.writes(NUMBER, f"{telling.reference} Ni mtaa wa Mtendeni, karibu na soko")
    telling.later("The next day.", DAY)
    telling.office(
        "The handler answers.", officer, desk.answer, case, "Taka zimezolewa leo asubuhi. Pole."
    )
    assert "Taka zimezolewa" in telling.hears(NUMBER)
    assert telling.writes(NUMBER, f"NIMERIDHIKA {telling.reference}")
    assert kit.case_row(superuser, case)["status"] == "closed"
    told(telling, "A complaint by SMS, a question, an answer")


def test_a_stranger_learns_nothing(telling: Telling, make: Make) -> None:
    make.officer("DODOMA-CC", "handler")
    telling.writes(NUMBER, "Jiji la Dodoma: maji yanavuja barabarani")
    reference = telling.reference
    stranger = telling.writes(OTHER, f"HALI {reference}")
    never_made = telling.writes(OTHER, "HALI ABCD-1234")
    assert stranger == never_made
    told(telling, "A stranger with the reference")


def test_where_the_institution_cannot_be_told(
    telling: Telling, make: Make, superuser: Behind
) -> None:
    make.officer("PO-PSMGG", "handler")
    make.officer("DODOMA-CC", "handler")
    telling.writes(NUMBER, "KERO mtaani kwetu kuna shimo kubwa la hatari")
    case = newest(superuser)
    telling.writes(NUMBER, "Jiji la Dodoma")
    assert not kit.case_row(superuser, case)["triage"]
    told(telling, "One question back")
