"""An officer's SMS as a command, and what stays a citizen's text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.officer_commands import PIN_LENGTH, VERBS, Verb, parse, proven
from feedback.rules.reference import make_reference

REFERENCE = make_reference(b"abcdefgh")
LETTERS = REFERENCE.replace("-", "")


@pytest.mark.parametrize(
    ("text", "verb", "pin", "reference", "words"),
    [
        ("ORODHA 482915", Verb.LIST, "482915", None, ""),
        ("orodha 482 915", Verb.LIST, "482915", None, ""),
        ("List 48291", Verb.LIST, "48291", None, ""),
        ("LIST", Verb.LIST, None, None, ""),
        (f"POKEA 482915 {REFERENCE}", Verb.ACKNOWLEDGE, "482915", REFERENCE, ""),
        (f"pokea 482915 {LETTERS.lower()}", Verb.ACKNOWLEDGE, "482915", REFERENCE, ""),
        (f"ULIZA 482915 {REFERENCE} Barabara ipi?", Verb.ASK, "482915", REFERENCE, "Barabara ipi?"),
        (f"Jibu: 482915, {REFERENCE} - Taa\nleo", Verb.ANSWER, "482915", REFERENCE, "Taa\nleo"),
        (f"jibu482915 {REFERENCE} x", Verb.ANSWER, "482915", REFERENCE, "x"),
        (f"JIBU 48 29 15 {REFERENCE} x", Verb.ANSWER, "482915", REFERENCE, "x"),
        (f"REJESHA 482915 {REFERENCE} likizo", Verb.REASSIGN, "482915", REFERENCE, "likizo"),
        (f"OMBA 482915 {REFERENCE} likizo", Verb.REASSIGN, "482915", REFERENCE, "likizo"),
        (f"ANSWER 482915 {REFERENCE} done", Verb.ANSWER, "482915", REFERENCE, "done"),
        (f"ack 482915 {REFERENCE}", Verb.ACKNOWLEDGE, "482915", REFERENCE, ""),
        # The reference is mistyped, the PIN is too short: still no text of a citizen.
        ("JIBU 482915 AB12-XY34 x", Verb.ANSWER, "482915", None, "AB12-XY34 x"),
        ("JIBU 48291 AB12-XY34 x", Verb.ANSWER, "48291", None, "AB12-XY34 x"),
        ("JIBU 482915", Verb.ANSWER, "482915", None, ""),
        (f"JIBU {REFERENCE} bila PIN", Verb.ANSWER, None, REFERENCE, "bila PIN"),
        ("ASK 482915 1234 5678", Verb.ASK, "482915", None, "1234 5678"),
    ],
)
def test_commands(
    text: str, verb: Verb, pin: str | None, reference: str | None, words: str
) -> None:
    command = parse(text)
    assert command is not None
    assert (command.verb, command.pin, command.reference, command.words) == (
        verb,
        pin,
        reference,
        words,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Omba radhi kwa wananchi",
        "Jibu langu ni ndiyo",
        "uliza 2025 bajeti ilikuwa ngapi",
        "uliza 2025 20 watu",
        "ask me anything",
        "list of 3 things to mend",
        "Orodha ya wagonjwa haijawekwa",
        "482915",
        f"{REFERENCE} taa bado",
        "Pokea salamu zetu",
        "LALAMIKO maji hayatoki",
    ],
)
def test_a_citizens_text_is_none(text: str) -> None:
    assert parse(text) is None


@given(
    st.sampled_from(sorted(VERBS)),
    st.from_regex(rf"[0-9]{{{PIN_LENGTH}}}", fullmatch=True),
    st.text(max_size=300),
)
def test_no_pin_is_kept_and_no_word_is_lost(verb: str, pin: str, words: str) -> None:
    command = parse(f"{verb} {pin} {REFERENCE} {words}")
    assert command is not None
    assert (command.pin, command.reference) == (pin, REFERENCE)
    assert words.endswith(command.words)
    left_out = words.removesuffix(command.words) if command.words else words
    assert re.fullmatch(r"[\s:.,;-]*", left_out)
    # What is kept reads as the same command, without what opens anything.
    assert pin not in command.without_pin.removesuffix(words) or pin in words
    again = proven(command.without_pin)
    assert again is not None
    assert (again.verb, again.reference, again.words) == (
        command.verb,
        command.reference,
        command.words,
    )


@given(st.text(max_size=300))
def test_nothing_raises(text: str) -> None:
    for verb in ("", "JIBU ", "list "):
        parse(verb + text)
        proven(verb + text)
