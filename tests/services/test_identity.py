"""The vault's encryption, and numbers as people write them."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from feedback import models as m
from feedback.services import identity
from feedback.services.identity import CannotUnseal
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make

PLACE = "case:1:name"


@pytest.fixture
def keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`keys(k2=…, k1=…)` sets the keys, the newest first."""

    def set_keys(**given: str) -> None:
        made = {name: letter.encode() * 32 for name, letter in given.items()}
        monkeypatch.setitem(app.config, "IDENTITY_KEYS", made)

    return set_keys


@pytest.mark.parametrize("value", ["Neema", "", "Ng'wanza Ā 日本 🙂", "x" * 5_000])
def test_what_is_sealed_comes_back(app: Flask, value: str) -> None:
    assert identity.unseal(identity.seal(value, PLACE), PLACE) == value


def test_equal_values_give_unequal_ciphertext(app: Flask) -> None:
    sealed = {identity.seal("Neema Mushi", PLACE) for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"Neema" in one for one in sealed)
    assert len({one[4:16] for one in sealed}) == 50  # nonces of the wrapping
    assert len({one[64:76] for one in sealed}) == 50  # nonces of the values


def test_a_value_fits_its_place_only(app: Flask) -> None:
    sealed = identity.seal("Neema", "case:1:name")
    for elsewhere in ("case:2:name", "case:1:phone", "", "case:1:name "):
        with pytest.raises(CannotUnseal):
            identity.unseal(sealed, elsewhere)


def test_any_change_of_a_byte_shows(app: Flask) -> None:
    sealed = identity.seal("Neema", PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotUnseal):
            identity.unseal(bytes(changed), PLACE)
    for length in range(len(sealed)):
        with pytest.raises(CannotUnseal):
            identity.unseal(sealed[:length], PLACE)


def test_old_keys_still_open_and_new_work_takes_the_first(keys: Any) -> None:
    keys(k1="a")
    old = identity.seal("Neema", PLACE)
    keys(k2="b", k1="a")
    new = identity.seal("Neema", PLACE)
    assert identity.unseal(old, PLACE) == identity.unseal(new, PLACE) == "Neema"
    assert new.startswith(b"\x00\x02k2")
    keys(k2="b")
    assert identity.unseal(new, PLACE) == "Neema"
    with pytest.raises(CannotUnseal, match="not known"):
        identity.unseal(old, PLACE)


def test_another_key_under_the_same_name_opens_nothing(keys: Any) -> None:
    keys(k1="a")
    sealed = identity.seal("Neema", PLACE)
    keys(k1="b")
    with pytest.raises(CannotUnseal, match="does not fit"):
        identity.unseal(sealed, PLACE)


def test_the_error_does_not_hold_the_value(keys: Any) -> None:
    keys(k1="a")
    sealed = identity.seal("Neema", PLACE)
    keys(k9="c")
    with pytest.raises(CannotUnseal) as caught:
        identity.unseal(sealed, PLACE)
    text = repr(caught.value)
    assert "Neema" not in text
    assert base64.b64encode(b"c" * 32).decode() not in text


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("0712345678", "+255712345678"),
        ("712345678", "+255712345678"),
        ("255712345678", "+255712345678"),
        ("+255712345678", "+255712345678"),
        ("00255712345678", "+255712345678"),
        (" 0712 345 678 ", "+255712345678"),
        ("0712-345-678", "+255712345678"),
        ("(0712) 345 678", "+255712345678"),
        ("+255 (0) 712 345 678", "+255712345678"),
        ("0222111222", "+255222111222"),
        ("+254722000000", "+254722000000"),
        ("00254722000000", "+254722000000"),
        ("0612345678", "+255612345678"),
        ("", None),
        ("   ", None),
        ("+", None),
        ("12", None),
        ("07123", None),
        ("simu yangu", None),
        ("071234567890123", None),
        ("+2557123456789012", None),
    ],
)
def test_numbers_as_people_write_them(raw: str, number: str | None) -> None:
    assert identity.normalise_number(raw) == number


def test_a_number_is_found_by_a_keyed_hash(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    first = identity.number_hash("+255712345678")
    assert first == identity.number_hash("+255712345678")
    assert first != identity.number_hash("+255712345679")
    monkeypatch.setitem(app.config, "NUMBER_HASH_KEY", b"another key" * 4)
    assert first != identity.number_hash("+255712345678")


def test_only_the_worker_reads_the_number_of_a_case(make: Make, monday: Any) -> None:
    receipt = make.case(monday, phone="+255712345678", name="Neema")
    with transaction(JOB) as session:
        assert identity.phone_of(receipt.case_id) == "+255712345678"
        assert identity.phone_of(uuid4()) is None
        assert identity.is_number_of(receipt.case_id, "+255712345678")
        assert not identity.is_number_of(receipt.case_id, "+255712345679")
        fields = session.scalars(select(m.SealedIdentity.field)).all()
    assert set(fields) == {"phone", "name"}
    with transaction(Principal.of_case(receipt.case_id)), pytest.raises(Exception, match="denied"):
        identity.phone_of(receipt.case_id)
