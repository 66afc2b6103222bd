"""The GSM-7 alphabet: what one part of an SMS holds."""

from __future__ import annotations

import unicodedata

ONE_PART = 160
LATER_PART = 153  # of a text in several
WIDE_PART, WIDE_LATER_PART = 70, 67  # of one that leaves the alphabet
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # each takes two places
PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u2022\u00b7", "-"),
        **dict.fromkeys("\t\u00a0\u202f\u2009", " "),
        "\u2044": "/",
        "\u2026": "...",
    }
)


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


def parts(text: str) -> int:
    """How many SMS the text takes."""
    try:
        length, one, later = septets(text), ONE_PART, LATER_PART
    except ValueError:
        length, one, later = len(text.encode("utf-16-be")) // 2, WIDE_PART, WIDE_LATER_PART
    return 1 if length <= one else -(-length // later)


def fits(text: str) -> bool:
    """Whether the text is one GSM-7 part."""
    try:
        return septets(text) <= ONE_PART
    except ValueError:
        return False


def to_gsm(text: str) -> str:
    """The text in the GSM-7 alphabet, for sending only: what has no likeness becomes `?`."""
    out = []
    for character in text.translate(PLAIN):
        if character in BASIC or character in EXTENSION:
            out.append(character)
            continue
        base = [
            c
            for c in unicodedata.normalize("NFKD", character).translate(PLAIN)
            if c in BASIC or c in EXTENSION
        ]
        if base:
            out.extend(base)
        elif unicodedata.category(character)[0] not in "MC":  # marks and joiners say nothing
            out.append("?")
    return "".join(out)
