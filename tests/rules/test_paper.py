"""Which days of receipt are taken, and how a file number is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from feedback.rules import paper

TODAY = date(2025, 11, 10)


@pytest.mark.parametrize(
    ("days_ago", "explained", "problem"),
    [
        (-1, True, "future"),
        (0, False, ""),
        (60, False, ""),
        (61, False, "unexplained"),
        (61, True, ""),
        (366, True, ""),
        (367, True, "too-old"),
    ],
)
def test_days_of_receipt(days_ago: int, explained: bool, problem: str) -> None:
    day = TODAY - timedelta(days=days_ago)
    assert paper.day_problem(day, TODAY, explained=explained) == problem


def test_file_numbers() -> None:
    assert paper.file_number("  DCC/ MAL\n12\x00 ") == "DCC/ MAL 12"
    assert paper.file_number(" ") == ""
    assert paper.file_number("9" * 60) == "9" * 60
    assert paper.file_number("9" * 61) is None
