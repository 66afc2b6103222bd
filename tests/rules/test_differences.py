"""What became of a text, word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.differences import differences


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("a b", "a b", [("same", "a b")]),
        ("a b c", "a x c", [("same", "a "), ("removed", "b"), ("added", "x"), ("same", " c")]),
        ("a", "a b", [("same", "a"), ("added", " b")]),
        ("a\nb", "a", [("same", "a"), ("removed", "\nb")]),
    ],
)
def test_words_that_went_and_came(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert list(differences(before, after)) == expected


@given(st.text("ab \n", max_size=30), st.text("ab \n", max_size=30))
def test_both_texts_stand_in_it(before: str, after: str) -> None:
    found = list(differences(before, after))
    assert "".join(text for kind, text in found if kind != "added") == before
    assert "".join(text for kind, text in found if kind != "removed") == after
