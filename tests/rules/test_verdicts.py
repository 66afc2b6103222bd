"""A verdict on an answer by SMS: with a rating, a word, or a reason."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.commands import Intent
from feedback.rules.phrases import parse
from feedback.rules.reference import make_reference, proof_code, receipt_code
from feedback.rules.verdicts import read

REF = make_reference(b"abcdefgh")
YES, NO = Intent.SATISFIED, Intent.NOT_FIXED


@pytest.mark.parametrize(
    ("text", "intent", "rating", "remark"),
    [
        ("SAWA 5 asante sana", YES, 5, "asante sana"),
        ("sawa 5", YES, 5, ""),
        ("Ok 4, they came late", YES, 4, "they came late"),
        ("OK: 3/5", YES, 3, ""),
        ("SAWA 7", YES, None, ""),
        ("Ok 5/10!", YES, None, ""),
        (f"SAWA {REF} 4 vizuri", YES, 4, "vizuri"),
        (f"{REF} sawa 2", YES, 2, ""),
        ("NIMERIDHIKA alama 5 kazi nzuri", YES, 5, "kazi nzuri"),
        ("Nimeridhika", YES, None, ""),
        (f"nimeridhika {REF}", YES, None, ""),
        ("Nimeridhika na kazi yenu", YES, None, "na kazi yenu"),
        ("BADO maji hayatoki", NO, None, "maji hayatoki"),
        ("bado", NO, None, ""),
        ("SIJARIDHIKA", NO, None, ""),
        (f"Sijaridhika {REF}: bomba linavuja", NO, None, "bomba linavuja"),
        ("Still no water", NO, None, "no water"),
        ("not fixed, 5 days now", NO, None, "5 days now"),
        ("solved 5", YES, 5, ""),
    ],
)
def test_what_is_said_of_an_answer(
    text: str, intent: Intent, rating: int | None, remark: str
) -> None:
    said = read(text)
    assert said is not None
    assert (said.intent, said.rating, said.remark) == (intent, rating, remark)


@pytest.mark.parametrize(
    "text",
    [
        "sawa",
        "ok",
        "Ok asante",
        "Sawa 12",
        "Ok 7 days without water",
        "Sawa 50 elfu",
        "Maji hayatoki",
        "Fixed prices",
        "5",
        "",
    ],
)
def test_what_is_no_verdict(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "bare"),
    [("Sijaridhika", True), ("sijaridhika kabisa", True), ("sijaridhika na jibu", True),
     ("bado", True), ("bado giza", False)],
)  # fmt: skip
def test_a_verdict_without_a_reason(text: str, bare: bool) -> None:
    said = read(text)
    assert said is not None
    assert said.bare is bare


@given(st.text(max_size=80))
def test_nothing_that_is_written_breaks_it(text: str) -> None:
    said = read(text)
    assert said is None or said.rating in (None, 1, 2, 3, 4, 5)


def test_without_a_reference_it_stays_what_it_was() -> None:
    """Whether an answer waits for it, the caller knows."""
    for text in ("Bado hatujapata maji", "Sawa 5 wamekuja", "Sijaridhika kwa sababu giza"):
        said = parse(text)
        assert said.intent is Intent.LODGE
        assert said.verdict is not None
    assert parse("Malalamiko bado hatujapata maji").verdict is None


# The proof by SMS

PROOF = proof_code(b"k", UUID(int=4))
SECRET = receipt_code(b"k", UUID(int=4))


@pytest.mark.parametrize(
    ("text", "codes", "language"),
    [
        (f"HAKIKI {PROOF} 204918", (PROOF, "204918"), "sw"),
        (f"hakiki {PROOF.lower().replace('-', ' ')} pin 204 918", (PROOF, "204918"), "sw"),
        (f"Verify: {PROOF.replace('-', '')} {SECRET}", (PROOF, SECRET), "en"),
        (f"HAKIKI {PROOF} 20491", (PROOF, "20491"), "sw"),
        (f"HAKIKI {PROOF}", (PROOF, ""), "sw"),
        (f"verify {PROOF.replace('-', ' ')}", (PROOF, ""), "en"),
    ],
)
def test_an_office_checks_a_proof(text: str, codes: tuple[str, str], language: str) -> None:
    said = parse(text)
    assert (said.intent, said.language) == (Intent.VERIFY, language)
    assert [each.upper() for each in said.codes] == [each.replace("-", "") for each in codes]


@pytest.mark.parametrize(
    "text", ["Hakiki malipo yangu", "Verify my payment of 250000 please", "hakiki", "HAKIKI 123"]
)
def test_a_sentence_that_begins_so_is_a_case(text: str) -> None:
    assert parse(text).intent is Intent.LODGE


@pytest.mark.parametrize(
    ("text", "reference", "codes"),
    [
        ("THIBITISHA", None, ()),
        (f"thibitisha {REF}", REF, ()),
        (f"PROOF {REF} {SECRET}", REF, (SECRET,)),
    ],
)
def test_a_citizen_asks_for_a_proof(
    text: str, reference: str | None, codes: tuple[str, ...]
) -> None:
    said = parse(text)
    assert (said.intent, said.reference, said.codes) == (Intent.PROVE, reference, codes)
    assert parse("Thibitisha malipo yangu ya maji").intent is Intent.LODGE
