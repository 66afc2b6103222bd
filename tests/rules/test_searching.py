"""What an officer typed into the search, and the place where it stands in a text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import searching
from feedback.rules.reference import make_reference
from feedback.rules.searching import Sought, excerpt, marked, read

REFERENCE = make_reference(bytes(range(8)))


@pytest.mark.parametrize(
    ("typed", "words", "every"),
    [
        ("maji", ("maji",), "maji:*"),
        ("  Taa za   BARABARANI! ", ("taa", "za", "barabarani"), "taa:* & za & barabarani:*"),
        ("maji maji", ("maji",), "maji:*"),
        ("ng'ombe", ("ng", "ombe"), "ng & ombe:*"),
        ("a:* | !b & ('maji')", ("a", "b", "maji"), "a & b & maji:*"),
        ("a_b maji", ("a", "b", "maji"), "a & b & maji:*"),
    ],
)
def test_words_are_looked_for_by_their_beginning(
    typed: str, words: tuple[str, ...], every: str
) -> None:
    sought = read(typed)
    assert sought == Sought(None, words)
    assert sought.every == every
    assert sought.any == every.replace("&", "|")


@pytest.mark.parametrize("typed", ["", "  ", "ma", "a b c d", "12", "___", "!!!", "'"])
def test_too_little_is_looked_for_not_at_all(typed: str) -> None:
    assert read(typed) is None


@pytest.mark.parametrize(
    "typed", [REFERENCE, REFERENCE.lower(), REFERENCE.replace("-", ""), f" {REFERENCE} "]
)
def test_a_reference_is_known_in_any_form(typed: str) -> None:
    sought = read(typed)
    assert sought is not None
    assert sought.reference == REFERENCE


def test_a_long_search_is_cut() -> None:
    sought = read(" ".join(f"neno{n}" for n in range(100)))
    assert sought is not None
    assert len(sought.words) == searching.MOST_WORDS


@given(st.text(max_size=200))
def test_whatever_is_typed_makes_a_query_or_none(typed: str) -> None:
    sought = read(typed)
    if sought is not None and sought.every is not None:
        assert re.fullmatch(r"[^\W_]+(:\*)?( & [^\W_]+(:\*)?)*", sought.every)


def test_the_excerpt_stands_about_the_first_word_found() -> None:
    text = "Habari za leo. " * 20 + "Bomba la MAJI\nlimepasuka. " + "Asante sana. " * 20
    said = excerpt(text, ("maj",))
    assert ("MAJI", True) in said
    assert (said[0][0], said[-1][0]) == ("… ", " …")
    shown = "".join(piece for piece, _ in said)
    assert "la MAJI limepasuka." in shown
    assert len(shown) < 220
    assert excerpt("Taa.", ("maji",)) == [("Taa.", False)]
    assert excerpt("", ("maji",)) == []


def test_marks_are_of_whole_words_and_lose_no_letter() -> None:
    text = "Mazao ya za zamani, ZAO."
    assert marked(text, ("za",)) == [
        ("Mazao ya ", False),
        ("za", True),
        (" zamani, ZAO.", False),
    ]
    assert [piece for piece, sought in marked(text, ("zam", "zao")) if sought] == ["zamani", "ZAO"]


@given(st.text(max_size=80), st.lists(st.text("abz", min_size=1, max_size=4), max_size=3))
def test_pieces_together_are_the_text(text: str, words: list[str]) -> None:
    assert "".join(piece for piece, _ in marked(text, tuple(words))) == text
