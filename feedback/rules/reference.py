"""References, receipt codes and proof codes: short, speakable, with a check character.

All use Crockford's base 32 (digits and letters without I, L, O, U), so that what is read from a
screen or told over a phone comes back the same. The check character is a weighted sum over the
field of 32 elements: it detects every single wrong character and every swap of two characters,
which Luhn's sum does not (it misses a swap of the first and the last character of the alphabet).
"""

import hmac
import re
import unicodedata
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

REFERENCE_LENGTH = 8
RECEIPT_LENGTH = 11
PROOF_LENGTH = 12

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FIELD = 0b100101
"""x^5 + x^2 + 1, the polynomial by which sums in the field of 32 elements are reduced."""

_DASHES = "\\-\u2010-\u2015\u2212"
_IGNORED = re.compile(rf"[\s{_DASHES}]+")
_CANDIDATE = re.compile(
    rf"(?<![^\W_])(?=([A-Za-z0-9]{{4}})(\s?[{_DASHES}]\s?|\s|)([A-Za-z0-9]{{4}})(?![^\W_]))"
)


def make_reference(random_bytes: bytes) -> str:
    """A reference `XXXX-XXXX` from at least 5 random bytes: 7 random characters and the check.

    Raises ValueError when there are too few bytes.
    """
    if len(random_bytes) < 5:
        raise ValueError("a reference needs 5 random bytes")
    return _group(_with_check(_encode(random_bytes, REFERENCE_LENGTH - 1)))


def parse_reference(text: str) -> str | None:
    """The reference in canonical form, whatever its case, spaces, dashes and O/0, I/L/1.

    None when it is not one, or when its check character does not agree.
    """
    return _parse(text, REFERENCE_LENGTH)


def find_references(text: str) -> list[str]:
    """The references that stand in free text, in order, each once."""
    return list(dict.fromkeys(reference for _, _, reference in locate_references(text)))


def locate_references(text: str) -> list[tuple[int, int, str]]:
    """Start, end and canonical form of each reference in free text, in order.

    One ordinary word in 32 would pass the check, so a candidate without a dash must look like a
    reference too: letters and digits mixed, or all capitals; digits alone are an amount or a date.
    Where two candidates share characters, the one whose halves are not two words wins.
    """
    candidates = []
    for found in _CANDIDATE.finditer(text):
        left, gap, right = found.group(1, 2, 3)
        reference = _parse(left + right, REFERENCE_LENGTH)
        if reference is not None and _looks_meant(left, gap, right):
            candidates.append((gap.isspace(), found.start(), found.end(3), reference))
    kept: list[tuple[int, int, str]] = []
    for _, start, end, reference in sorted(candidates):
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end, reference))
    return sorted(kept)


def receipt_code(key: bytes, submission_id: UUID, nonce: bytes = b"") -> str:
    """The citizen's secret for a submission, `XXXX-XXXX-XXX`: 50 bits and a check character.

    A keyed hash of the submission's random id, so that a repeated post shows the same code though
    it is stored nowhere. The key never stands in the database. nonce: random, of a code issued
    again in place of a lost one. Raises ValueError for an empty key.
    """
    if not key:
        raise ValueError("a receipt code needs a key")
    digest = hmac.digest(key, b"receipt-code:" + submission_id.bytes + nonce, "sha256")
    return _group(_with_check(_encode(digest, RECEIPT_LENGTH - 1)))


def parse_receipt_code(text: str) -> str | None:
    """The receipt code in canonical form, read as tolerantly as a reference, or None."""
    return _parse(text, RECEIPT_LENGTH)


def proof_code(key: bytes, submission_id: UUID) -> str:
    """What proves to others that a case was filed, `XXXX-XXXX-XXXX`: 55 bits and a check character.

    One longer than a receipt code, so that nobody takes one for the other. It derives from the
    submission alone: a receipt code that is issued again leaves it as it is. Raises ValueError for
    an empty key.
    """
    if not key:
        raise ValueError("a proof code needs a key")
    digest = hmac.digest(key, b"proof-code:" + submission_id.bytes, "sha256")
    return _group(_with_check(_encode(digest, PROOF_LENGTH - 1)))


def parse_proof_code(text: str) -> str | None:
    """The proof code in canonical form, read as tolerantly as a reference, or None."""
    return _parse(text, PROOF_LENGTH)


def _encode(data: bytes, length: int) -> str:
    """The first `length` times 5 bits of `data`."""
    bits = int.from_bytes(data) >> (len(data) * 8 - length * 5)
    return "".join(ALPHABET[bits >> shift & 31] for shift in range((length - 1) * 5, -1, -5))


def _group(characters: str) -> str:
    return "-".join(characters[i : i + 4] for i in range(0, len(characters), 4))


def _parse(text: str, length: int) -> str | None:
    plain = _IGNORED.sub("", unicodedata.normalize("NFKC", text)).strip(".,;:!?#*()[]\"'")
    characters = plain.upper().translate(_LOOKALIKES)
    if len(characters) != length or any(c not in _VALUE for c in characters):
        return None
    return _group(characters) if _with_check(characters[:-1]) == characters else None


def _with_check(characters: str) -> str:
    """`characters` and the one that makes their weighted sum zero.

    Read as digits of a number in the field with base x: each place weighs differently.
    """
    total = 0
    for character in characters:
        total = _double(total ^ _VALUE[character])
    return characters + ALPHABET[total]


def _double(value: int) -> int:
    value <<= 1
    return value ^ _FIELD if value & 32 else value


def _looks_meant(left: str, gap: str, right: str) -> bool:
    both = left + right
    if both.isdigit():
        return False
    if gap.strip() or both.isupper():
        return True
    if gap:
        return any(not half.isdigit() and not half.isalpha() for half in (left, right))
    return not both.isalpha()
