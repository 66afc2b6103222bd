"""What points at a person in the title of an improvement action."""

from __future__ import annotations

import pytest

from feedback.rules.improvements import points_at_somebody


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ("Piga 0712 345 678", True),
        ("Piga +255-712-345-678", True),
        ("Andika asha@example.com", True),
        ("Kusafisha mitaro 12 kufikia 2026-12-01", False),
        ("Kukagua taa kila mwezi", False),
    ],
)
def test_numbers_and_addresses(said: str, points: bool) -> None:
    assert points_at_somebody(said) is points
