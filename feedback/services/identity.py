"""The identity vault and the encryption of words.

Values are sealed with AES-256-GCM under a versioned key that lives outside the database; the
associated data binds a value to its place (case and column), so that it cannot be moved to
another row. Equal values give unequal ciphertext. A phone number is found by a keyed hash.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache
from uuid import UUID, uuid4

import phonenumbers
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app
from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db

NONCE = 12


class CannotUnseal(Exception):
    """The value was sealed by a key that is gone, for another place, or was changed."""


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def seal(value: str, context: str) -> bytes:
    """Encrypt under the newest key; `context` names the place, for instance `case:…:phone`."""
    keys: dict[str, bytes] = current_app.config["IDENTITY_KEYS"]
    key_id, key = next(iter(keys.items()))
    nonce = os.urandom(NONCE)
    head = bytes([len(key_id)]) + key_id.encode()
    return head + nonce + _cipher(key).encrypt(nonce, value.encode(), head + context.encode())


def unseal(sealed: bytes, context: str) -> str:
    """Decrypt; raises CannotUnseal when key, place or content do not fit."""
    sealed = bytes(sealed)
    length = 1 + sealed[0] if sealed else 0
    if len(sealed) < length + NONCE:
        raise CannotUnseal("the value is cut short")
    head, nonce, body = sealed[:length], sealed[length : length + NONCE], sealed[length + NONCE :]
    key = current_app.config["IDENTITY_KEYS"].get(head[1:].decode("ascii", "replace"))
    if key is None:
        raise CannotUnseal("the key is not known")
    try:
        return _cipher(key).decrypt(nonce, body, head + context.encode()).decode()
    except InvalidTag as error:
        raise CannotUnseal("the value does not fit its place") from error


def normalise_number(raw: str) -> str | None:
    """A phone number in E.164; None when it cannot be one. Numbers without prefix are Tanzanian."""
    text = raw.strip()
    if any(character.isalpha() for character in text):
        return None  # words spelt on a keypad are no number that a citizen has
    if text.startswith("00"):
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, "TZ")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def number_hash(number: str) -> bytes:
    """Keyed hash of a normalised number (the key is apart from those that seal)."""
    return hmac.digest(current_app.config["NUMBER_HASH_KEY"], number.encode(), hashlib.sha256)


def identity_row(case_id: UUID, field: str, value: str) -> dict[str, object]:
    """The vault's row for one value of a case: name, phone, email or persons."""
    return {
        "id": uuid4(),
        "case_id": case_id,
        "field": field,
        "sealed": seal(value, f"case:{case_id}:{field}"),
        "number_hash": number_hash(value) if field == "phone" else None,
    }


def phone_of(case_id: UUID) -> str | None:
    """The number sealed with a case, for the relay alone: only the worker's role can read it."""
    sealed = db.session.scalars(
        select(m.SealedIdentity.sealed).where(
            m.SealedIdentity.case_id == case_id, m.SealedIdentity.field == "phone"
        )
    ).one_or_none()
    return None if sealed is None else unseal(sealed, f"case:{case_id}:phone")


def is_number_of(case_id: UUID, number: str) -> bool:
    """Whether the case was filed from this number (worker only)."""
    return (
        db.session.scalars(
            select(m.SealedIdentity.id).where(
                m.SealedIdentity.case_id == case_id,
                m.SealedIdentity.number_hash == number_hash(number),
            )
        ).first()
        is not None
    )
