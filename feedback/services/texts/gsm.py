"""The GSM-7 alphabet: what one part of an SMS holds."""

from __future__ import annotations

from feedback.rules.plain import to_alphabet

ONE_PART = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # each takes two places
ALPHABET = BASIC | EXTENSION


def septets(text: str) -> int:
    """Places that a GSM-7 text takes; raises ValueError for a character outside the alphabet."""
    count = 0
    for character in text:
        if character in BASIC:
            count += 1
        elif character in EXTENSION:
            count += 2
        else:
            raise ValueError("the text leaves the GSM-7 alphabet")
    return count


def fits(text: str) -> bool:
    """Whether the text is one GSM-7 part."""
    try:
        return septets(text) <= ONE_PART
    except ValueError:
        return False


def to_gsm(text: str) -> str:
    """The text in the GSM-7 alphabet, for sending only: what has no likeness becomes `?`."""
    return to_alphabet(text, ALPHABET)
