"""By which ways a citizen is told, and what of a day fits one SMS."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import contact, day_list

BOTH, SMS, MAIL, NEITHER = ("sms", "email"), ("sms",), ("email",), ()


@pytest.mark.parametrize(
    ("template", "reachable", "mail", "ways"),
    [
        ("received", True, "none", SMS),
        ("received", True, "all", SMS),
        ("received", False, "all", MAIL),
        ("received", False, "direct", NEITHER),
        ("received", False, "none", NEITHER),
        ("acknowledged", True, "all", SMS),
        ("acknowledged", False, "all", MAIL),
        ("acknowledged", False, "direct", NEITHER),
        *((t, True, "all", BOTH) for t in ("answer", "question_waits", "final_letter")),
        *((t, True, "direct", BOTH) for t in ("answer_waits", "question", "final_letter")),
        ("answer", False, "direct", MAIL),
        ("answer", True, "none", SMS),
        ("answer", False, "none", NEITHER),
    ],
)
def test_ways(template: str, reachable: bool, mail: str, ways: tuple[str, ...]) -> None:
    assert contact.ways(template, reachable=reachable, mail=mail) == ways


@given(st.integers(0, 400), st.integers(20, 160))
def test_the_list_fits_and_counts_everything(count: int, room: int) -> None:
    items = [("7K2M-9QXA", date(2026, 12, 30))] * count
    text = day_list.line(items, room, lambda left: f"+{left} zaidi")
    assert len(text) <= room
    named = text.count("7K2M-9QXA")
    left = int(text.rpartition("+")[2].split()[0]) if "+" in text else 0
    assert named + left == count
