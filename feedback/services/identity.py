"""The identity vault and the encryption of words.

Each value is sealed with AES-256-GCM under a random key of its own, and that key is wrapped under
a versioned one that lives outside the database. The associated data binds a value to its place
(case and column), so that it cannot be moved to another row. Equal values give unequal ciphertext.
Changing the versioned key wraps the value's key anew and never touches the value
(`services/rotation.py`). A phone number is found by a keyed hash.

    0 | length of key id | key id | nonce, wrapped key | nonce, sealed value      an envelope
    length of key id | key id | nonce, sealed value                    before there were envelopes
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
WRAPPED = NONCE + 32 + 16  # nonce, key and tag
ENVELOPE = 0  # no key id is empty, so this first byte marks an envelope


class CannotUnseal(Exception):
    """The value was sealed by a key that is gone, for another place, or was changed."""


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def current_head() -> bytes:
    """The bytes with which everything begins that is sealed under the newest key."""
    return _head(next(iter(_keys())))


def seal(value: str, context: str) -> bytes:
    """Encrypt under the newest key; `context` names the place, for instance `case:…:phone`."""
    data_key, nonce = os.urandom(32), os.urandom(NONCE)
    sealed = AESGCM(data_key).encrypt(nonce, value.encode(), context.encode())
    return _wrap(data_key) + nonce + sealed


def unseal(sealed: bytes, context: str) -> str:
    """Decrypt; raises CannotUnseal when key, place or content do not fit."""
    sealed = bytes(sealed)
    if sealed[:1] != bytes([ENVELOPE]):
        return _unseal_plain(sealed, context)
    data_key, rest = _unwrap(sealed)
    return _opened(AESGCM(data_key), rest, context.encode())


def rewrap(sealed: bytes, context: str | None = None) -> bytes:
    """The same value under the newest key. Of an envelope only the wrapping is made anew.

    context: needed for a value from before there were envelopes, which is opened and sealed again.
    Raises CannotUnseal when the old key is not known or the value was changed.
    """
    sealed = bytes(sealed)
    if sealed.startswith(current_head()):
        return sealed
    if sealed[:1] == bytes([ENVELOPE]):
        data_key, rest = _unwrap(sealed)
        return _wrap(data_key) + rest
    if context is None:
        raise CannotUnseal("the place of the value is not known")
    return seal(_unseal_plain(sealed, context), context)


def _keys() -> dict[str, bytes]:
    keys: dict[str, bytes] = current_app.config["IDENTITY_KEYS"]
    return keys


def _head(key_id: str) -> bytes:
    return bytes([ENVELOPE, len(key_id)]) + key_id.encode()


def _wrap(data_key: bytes) -> bytes:
    key_id, key = next(iter(_keys().items()))
    head, nonce = _head(key_id), os.urandom(NONCE)
    return head + nonce + _cipher(key).encrypt(nonce, data_key, head)


def _unwrap(sealed: bytes) -> tuple[bytes, bytes]:
    """The value's own key, and what is sealed under it with its nonce."""
    length = 2 + sealed[1] if len(sealed) > 1 else 2
    head, wrapped = sealed[:length], sealed[length : length + WRAPPED]
    if len(wrapped) < WRAPPED:
        raise CannotUnseal("the value is cut short")
    cipher = _known(head[2:])
    try:
        data_key = cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], head)
    except InvalidTag as error:
        raise CannotUnseal("the value does not fit its key") from error
    return data_key, sealed[length + WRAPPED :]


def _known(key_id: bytes) -> AESGCM:
    key = _keys().get(key_id.decode("ascii", "replace"))
    if key is None:
        raise CannotUnseal("the key is not known")
    return _cipher(key)


def _opened(cipher: AESGCM, rest: bytes, associated: bytes) -> str:
    if len(rest) < NONCE:
        raise CannotUnseal("the value is cut short")
    try:
        return cipher.decrypt(rest[:NONCE], rest[NONCE:], associated).decode()
    except InvalidTag as error:
        raise CannotUnseal("the value does not fit its place") from error


def _unseal_plain(sealed: bytes, context: str) -> str:
    """A value from before there were envelopes: sealed by the versioned key itself."""
    length = 1 + sealed[0] if sealed else 0
    head, rest = sealed[:length], sealed[length:]
    if len(rest) < NONCE:
        raise CannotUnseal("the value is cut short")
    return _opened(_known(head[1:]), rest, head + context.encode())


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


def is_served(number: str) -> bool:
    """Whether SMS are sent to numbers of this country: others may be priced to earn by them."""
    return number.startswith(current_app.config["SMS_PREFIXES"])


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
    return _sealed_with(case_id, "phone")


def _sealed_with(case_id: UUID, field: str) -> str | None:
    sealed = db.session.scalars(
        select(m.SealedIdentity.sealed).where(
            m.SealedIdentity.case_id == case_id, m.SealedIdentity.field == field
        )
    ).one_or_none()
    return None if sealed is None else unseal(sealed, f"case:{case_id}:{field}")


def email_of(case_id: UUID) -> str | None:
    """The address sealed with a case, for the relay alone: only the worker's role can read it."""
    return _sealed_with(case_id, "email")


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
