"""Covering passages: what is a covered form of an original, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.redaction import COVERED, NotCovered, cover_passage, covered

SAID = "Juma Ally alinitukana.\nMzee Juma ni jirani."


@pytest.mark.parametrize(
    ("edited", "wanted"),
    [
        (
            "[...] alinitukana.\r\nMzee Juma ni jirani.",
            f"{COVERED} alinitukana.\nMzee Juma ni jirani.",
        ),
        (
            "[…] alinitukana.\nMzee [imefichwa] ni jirani. ",
            f"{COVERED} alinitukana.\nMzee {COVERED} ni jirani.",
        ),
        ("Juma Ally alinitukana.[...]", f"Juma Ally alinitukana.{COVERED}"),
        ("[...]", COVERED),
    ],
)
def test_passages_taken_out(edited: str, wanted: str) -> None:
    assert covered(SAID, edited) == wanted


@pytest.mark.parametrize(
    ("edited", "code"),
    [
        (SAID, "nothing"),
        (f"  {SAID}\r\n", "nothing"),
        ("Juma Ally alinisifu.\nMzee Juma ni jirani.", "changed"),
        ("[...] alinisifu.\nMzee Juma ni jirani.", "changed"),
        ("[...] alinitukana.", "changed"),  # the end was cut without a mark
        ("Mzee Juma ni jirani.[...]Juma Ally", "changed"),  # in another order
        ("Juma Ally[...] alinitukana.\nMzee Juma ni jirani.", "changed"),  # nothing is covered
        ("", "changed"),
    ],
)
def test_whatever_else_is_refused(edited: str, code: str) -> None:
    with pytest.raises(NotCovered) as refused:
        covered(SAID, edited)
    assert refused.value.code == code


def test_a_passage_is_covered_wherever_it_stands() -> None:
    assert cover_passage(SAID, " juma ") == (
        f"{COVERED} Ally alinitukana.\nMzee {COVERED} ni jirani."
    )
    for passage in ("Asha", "  "):
        with pytest.raises(NotCovered, match="missing"):
            cover_passage(SAID, passage)


@given(st.text("ab c", min_size=1, max_size=12), st.data())
def test_whatever_is_cut_out_is_found_to_be_a_covered_form(text: str, data: st.DataObject) -> None:
    said = text.strip()
    if not said:
        return
    begin = data.draw(st.integers(0, len(said) - 1))
    end = data.draw(st.integers(begin + 1, len(said)))
    form = covered(said, f"{said[:begin]}[...]{said[end:]}")
    assert form == f"{said[:begin]}{COVERED}{said[end:]}"
    # And covered once more it stays one.
    if form != COVERED:
        assert covered(form, COVERED) == COVERED
