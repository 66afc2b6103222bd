"""What a password must be, by the list that is shipped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.passwords import LONGEST, weakness
from feedback.services.passwords import common


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "short"),
        ("Simba12345", "short"),
        ("x" * 129, "long"),
        ("mwanza123456", "common"),
        ("Tanzania@2026", "common"),
        ("Nenosiri2026!", "common"),
        ("password1234", "common"),
        ("P@ssw0rd2026!!", "common"),
        ("qwertyuiop12", "common"),
        ("zxcvbnm,./123", "common"),
        ("123456789012", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("simbasimbasimba", "common"),
        ("mungu ibariki 1961", "common"),
        ("dodoma-arusha-99", "common"),
        ("neema.kimaro26", "name"),
        ("Neema Kimaro Xyz", "name"),
        ("xx-kimaro-9912", "name"),
        ("simba tembo chui twiga", None),
        ("neno langu la siri zuri sana", None),
        ("kq7m-wz3n-p8dt-x2vh", None),
        ("ngazi ya tatu kulia", None),
    ],
)
def test_passwords(password: str, problem: str | None) -> None:
    assert weakness(password, "neema.kimaro", common()) == problem


@given(st.text(max_size=200))
def test_any_text_has_an_answer(password: str) -> None:
    found = weakness(password, "asha", common())
    assert found in {None, "short", "long", "common", "name"}
    if found is None:
        assert len(password) * 18 >= 12  # NFKC makes at most 18 of one character
        assert len(password) <= LONGEST


@given(
    st.sampled_from(sorted(common())),
    st.text("0123456789!@#.-_ ", min_size=4, max_size=20),
    st.booleans(),
)
def test_a_listed_word_with_digits_and_signs_is_never_taken(
    word: str, tail: str, first: bool
) -> None:
    password = tail + word if first else word.capitalize() + tail
    assert weakness(password, "xyz", common()) is not None


def test_the_list_is_words_in_small_letters() -> None:
    assert len(common()) > 500
    assert {"mwanza", "tanzania", "nenosiri", "password", "qwerty"} <= common()
    assert all(word == word.casefold() and word.isalpha() for word in common())
