"""References and receipt codes: what is mistyped is noticed, what is meant is found."""

import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.reference import (
    ALPHABET,
    find_references,
    make_reference,
    parse_receipt_code,
    parse_reference,
    receipt_code,
)

REF = make_reference(bytes.fromhex("1234567890"))
KEY = b"k" * 32
references = st.binary(min_size=5, max_size=8).map(make_reference)
codes = st.uuids().map(lambda submission: receipt_code(KEY, submission))


def test_the_form() -> None:
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)
    assert REF == "28T5-CY40"
    assert make_reference(bytes(5)) == "0000-0000"


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="5 random bytes"):
        make_reference(b"1234")
    with pytest.raises(ValueError, match="key"):
        receipt_code(b"", UUID(int=1))


@pytest.mark.parametrize(
    "typed",
    [
        "28T5-CY40",
        "28t5-cy40",
        "28t5cy40",
        " 28T5 CY40 ",
        "28T5 - CY40",
        "2 8 T 5 C Y 4 0",
        "28T5\u2013CY40.",
        "(28T5-CY40)",
        "\uff12\uff18T5-CY40",
    ],
)
def test_a_reference_is_read_tolerantly(typed: str) -> None:
    assert parse_reference(typed) == REF


def test_letters_that_look_like_digits_are_read_as_those() -> None:
    written = make_reference(b"\x00\x44\x32\x10\x84")
    assert {"0", "1"} <= set(written)
    assert parse_reference(written.replace("0", "O").replace("1", "l")) == written
    assert parse_reference(written.replace("0", "o").replace("1", "I")) == written


@pytest.mark.parametrize("typed", ["", " ", "28T5-CY4", "28T5-CY40D", "28T5-CY4U", "\u00e9" * 8])
def test_what_is_no_reference(typed: str) -> None:
    assert parse_reference(typed) is None


@given(references, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_detected(reference: str, place: int, other: str) -> None:
    plain = reference.replace("-", "")
    wrong = plain[:place] + other + plain[place + 1 :]
    assert (parse_reference(wrong) == reference) == (wrong == plain)
    if wrong != plain:
        assert parse_reference(wrong) is None


@given(references, st.sampled_from(list(itertools.combinations(range(8), 2))))
def test_any_two_characters_swapped_are_detected(reference: str, places: tuple[int, int]) -> None:
    swapped = list(reference.replace("-", ""))
    one, other = places
    swapped[one], swapped[other] = swapped[other], swapped[one]
    parsed = parse_reference("".join(swapped))
    assert parsed == (reference if swapped[one] == swapped[other] else None)


def test_the_swap_that_a_luhn_sum_misses_is_detected() -> None:
    written = make_reference(bytes.fromhex("07fe000000"))
    assert written.startswith("0ZZ")
    assert parse_reference("Z0" + written[2:]) is None


@given(codes, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_a_wrong_character_of_a_receipt_code_is_detected(code: str, place: int, to: str) -> None:
    plain = code.replace("-", "")
    wrong = plain[:place] + to + plain[place + 1 :]
    assert parse_receipt_code(wrong) == (code if wrong == plain else None)


@given(st.uuids(), st.uuids())
def test_a_receipt_code_follows_from_key_and_submission_alone(one: UUID, other: UUID) -> None:
    code = receipt_code(KEY, one)
    assert code == receipt_code(KEY, one)
    assert [len(part) for part in code.split("-")] == [4, 4, 3]
    assert parse_receipt_code(code.lower().replace("-", " ")) == code
    assert parse_reference(code) is None
    assert code != receipt_code(b"another key", one)
    if one != other:
        assert code != receipt_code(KEY, other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HALI 28T5-CY40", [REF]),
        ("namba yangu ni 28t5cy40, tafadhali", [REF]),
        ("28T5 CY40 bado maji hakuna", [REF]),
        ("28T5\u2014CY40", [REF]),
        ("28T5-CY40 na 28T5-CY40 tena", [REF]),
        ("X28T5-CY40", []),
        ("28T5-CY40X", []),
        ("28T5-CY4E", []),
        ("0000-0000", []),
        ("maji hakuna tangu jumatatu wiki mbili", []),
        ("nimelipa 00000000 kwa simu", []),
        ("", []),
    ],
)
def test_references_in_free_text(text: str, found: list[str]) -> None:
    assert find_references(text) == found


@given(references, st.text(max_size=20), st.text(max_size=20))
def test_a_written_reference_is_found_among_words(reference: str, left: str, right: str) -> None:
    if not reference.replace("-", "").isdigit():
        assert reference in find_references(f"\u00ab {reference} \u00bb")
    found = find_references(f"{left} {reference} {right}")
    assert all(parse_reference(each) == each for each in found)


def test_ordinary_words_are_not_taken_for_references() -> None:
    words = (
        "wananchi mtendaji huduma hospital district tunaomba barabara complain question wilayani"
    )
    assert find_references(words) == []


@given(st.text())
def test_reading_never_fails(text: str) -> None:
    parse_reference(text)
    parse_receipt_code(text)
    find_references(text)
