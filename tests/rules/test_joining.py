"""Which messages of one phone are one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.joining import goes_on, part_number, says_the_same

LONG = (
    "Hakuna maji katika mtaa wetu wa Makole kwa wiki mbili sasa na tumeshatoa taarifa ofisini"
    " mara tatu lakini hakuna hatua yoyote iliyochukuliwa na wah"
)
FULL_STOP = (
    "Hakuna maji katika mtaa wetu wa Makole kwa wiki mbili sasa na tumeshatoa taarifa ofisini"
    " mara tatu lakini hakuna hatua yoyote iliyochukuliwa."
)
WIDE = "Maji hakuna \U0001f621 mtaa wetu wa Makole kwa wiki mbili sasa na ofisi haij"


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("1/2 Hakuna maji mtaa wa", "2/2 Makole tangu jana", "numbered"),
        ("Hakuna maji mtaa wa (1/2)", "Makole tangu jana (2/2)", "numbered"),
        ("2/2 Makole tangu jana", "1/2 Hakuna maji mtaa wa", "numbered"),
        ("Hakuna maji", "[2 of 2] tangu jana", "numbered"),
        ("1/2 Hakuna maji", "3/3 tangu jana", None),
        ("1/2 Hakuna maji", "1/2 Hakuna maji", None),
        (LONG, "usika wa maji.", "cut"),
        (LONG, "Usika wa maji", "cut"),
        (f"{LONG} maneno machache tu.", "usika", None),
        (FULL_STOP, "Pia barabara ni mbovu", None),
        (FULL_STOP, "pia barabara ni mbovu", "cut"),
        (LONG, "MALALAMIKO barabara ni mbovu", None),
        (WIDE, "ibu simu", "cut"),
        ("Hakuna maji mtaa wa", "makole tangu jana", "middle"),
        ("Hakuna maji mtaani kwetu", "na umeme pia unakatika", "middle"),
        ("hakuna maji mtaani kwetu", "na umeme pia unakatika", "middle"),
        ("hakuna maji mtaani kwetu", "umeme unakatika", None),
        ("Hakuna maji mtaani kwetu.", "umeme unakatika", None),
        ("Hakuna maji mtaani kwetu.", "na umeme unakatika", None),
        ("HAKUNA MAJI MTAANI", "umeme unakatika", None),
        ("Hakuna maji mtaani kwetu", "Umeme unakatika", None),
        ("Hakuna maji", "\U0001f621", None),
    ],
)
def test_the_rest_of_a_message(first: str, second: str, why: str | None) -> None:
    assert goes_on(first, second) == why


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1/2 maji", (1, 2)),
        ("maji (2/3)", (2, 3)),
        ("maji 2 of 3", (2, 3)),
        ("3/2 maji", None),
        ("nusu 1/2 kilo", None),
        ("tarehe 1/2/2026", None),
        ("1/2/2026 maji yalikatika", None),
        ("12/20 maji", None),
    ],
)
def test_the_number_of_a_piece(text: str, number: tuple[int, int] | None) -> None:
    assert part_number(text) == number


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Hakuna maji mtaa wa Makole", "hakuna maji  mtaa wa makole!!", True),
        (
            "Hakuna maji mtaa wa Makole kwa wiki mbili",
            "Hakuna maji mtaa wa Makole wiki mbili",
            True,
        ),
        ("Hakuna maji mtaa wa Makole", "Hakuna maji mtaa wa Makore", True),
        ("Nguzo ya nyumba 12 imeanguka hapa", "Nguzo ya nyumba 13 imeanguka hapa", False),
        ("Hakuna maji mtaa wa Makole", "Barabara ya Makole ni mbovu", False),
        ("Maji", "maji", False),
        ("", "", False),
    ],
)
def test_a_text_sent_again(first: str, second: str, same: bool) -> None:
    assert says_the_same(first, second) is same
    assert says_the_same(second, first) is same


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_are_compared(first: str, second: str) -> None:
    assert goes_on(first, second) in {None, "numbered", "cut", "middle"}
    assert says_the_same(first, second) == says_the_same(second, first)
