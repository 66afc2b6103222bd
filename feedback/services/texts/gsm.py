"""The GSM-7 alphabet, and how many parts an SMS takes."""

from __future__ import annotations

from feedback.rules.plain import to_alphabet

ONE_PART = 160
SEVERAL = 153  # places of each part where there are several
UNICODE_ONE, UNICODE_SEVERAL = 70, 67
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


def parts(text: str) -> int:
    """How many SMS the text is paid as. A character of two places never spans two parts."""
    if not all(map(holds, text)):
        units = len(text.encode("utf-16-be")) // 2
        return 1 if units <= UNICODE_ONE else -(-units // UNICODE_SEVERAL)
    if septets(text) <= ONE_PART:
        return 1
    count, taken = 1, 0
    for character in text:
        size = septets(character)
        if taken + size > SEVERAL:
            count, taken = count + 1, 0
        taken += size
    return count


def holds(character: str) -> bool:
    """Whether the alphabet has the character."""
    return character in BASIC or character in EXTENSION


def to_gsm(text: str) -> str:
    """The text in the GSM-7 alphabet, for sending only: what has no likeness becomes `?`."""
    return to_alphabet(text, ALPHABET)
