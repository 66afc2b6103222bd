"""One-time codes that are printed or copied by hand: Crockford's base 32, in groups."""

import re
import unicodedata

from feedback.rules.reference import ALPHABET

_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def make(random_bytes: bytes, length: int, group: int) -> str:
    """A code of `length` characters, five random bits each, in groups joined by dashes.

    Raises ValueError when there are too few bytes.
    """
    if len(random_bytes) * 8 < length * 5:
        raise ValueError("too few random bytes")
    bits = int.from_bytes(random_bytes)
    plain = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(length))
    return "-".join(plain[start : start + group] for start in range(0, length, group))


def normal(text: str) -> str:
    """What was typed, without spaces and dashes, capital, and with O, I, L read as digits."""
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text))
    return plain.upper().translate(_LOOKALIKES)
