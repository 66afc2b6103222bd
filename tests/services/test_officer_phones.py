"""The phone of an officer: proven, its own officer's alone, and gone when it must be."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from feedback import models as m
from feedback.services import (
    confirming,
    officer_phones,
    passwords,
    retention,
)
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind
from tests.services.officer_kit import PHONE, PIN, Phone, code_of, register


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with few rounds: it is slow on purpose, and tried in full by the passwords' tests."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(1, 8, 1))


@pytest.fixture
def handler(make: Make, monday: datetime) -> int:
    officer = make.officer("DODOMA-CC", "handler")
    register(officer, monday)
    return officer


@pytest.fixture
def phone(monday: datetime, handler: int) -> Phone:
    return Phone(monday)


def test_a_phone_counts_once_its_code_was_given_back(
    make: Make, monday: datetime, superuser: Behind
) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    me = Principal.of_officer(officer)
    with transaction(me):
        officer_phones.begin(officer, "0754 000 777", PIN, 8, monday)
    with transaction(me), pytest.raises(Refused, match="too-soon"):
        officer_phones.begin(officer, "0754 000 778", PIN, 8, monday)
    right = code_of(officer)
    for _ in range(confirming.TRIES):
        with transaction(me):
            assert not officer_phones.confirm(officer, "000000", monday)
    with transaction(me), pytest.raises(Refused, match="gone"):
        officer_phones.confirm(officer, right, monday)
    (row,) = kit.rows(superuser, "SELECT * FROM officer_phone")
    assert row["confirmed_at"] is None
    assert b"754000777" not in bytes(row["number"])


def test_a_code_is_over_after_its_time(make: Make, monday: datetime) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    me = Principal.of_officer(officer)
    with transaction(me):
        officer_phones.begin(officer, PHONE, PIN, None, monday)
    code = code_of(officer)
    with transaction(me), pytest.raises(Refused, match="gone"):
        officer_phones.confirm(officer, code, monday + timedelta(minutes=31))
    with transaction(JOB):
        assert officer_phones.forget(monday + timedelta(days=2)) == 1


def test_sms_to_officers_keep_no_number_for_long(
    handler: int, phone: Phone, superuser: Behind
) -> None:
    assert phone.says(f"ORODHA {PIN}") == "officer_list_empty"
    superuser.execute("UPDATE outbox SET state = 'delivered', finished_at = %s", [phone.now])
    for days, left in ((29, 2), (31, 0)):
        with transaction(JOB):
            retention.forget_caseless(phone.now + timedelta(days=days))
        sealed = "SELECT 1 FROM outbox WHERE recipient IS NOT NULL OR words IS NOT NULL"
        assert len(kit.rows(superuser, sealed)) == left


def test_a_number_is_one_officers(make: Make, monday: datetime, superuser: Behind) -> None:
    first, second = (make.officer("DODOMA-CC", "handler") for _ in range(2))
    register(first, monday)
    with transaction(Principal.of_officer(second)):
        officer_phones.begin(second, PHONE, PIN, None, monday)
    code = code_of(second)
    with transaction(Principal.of_officer(second)), pytest.raises(Refused, match="number-taken"):
        officer_phones.confirm(second, code, monday)
    confirmed = "SELECT officer_id FROM officer_phone WHERE confirmed_at IS NOT NULL"
    assert kit.rows(superuser, confirmed) == [{"officer_id": first}]


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "123456", "654321", "777777", "abcdef"])
def test_a_weak_pin_is_refused(make: Make, monday: datetime, pin: str) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    with transaction(Principal.of_officer(officer)), pytest.raises(Refused, match="bad-pin"):
        officer_phones.begin(officer, PHONE, pin, None, monday)


@pytest.mark.parametrize("number", ["", "abc", "+14155552671", "15200"])
def test_a_number_that_gets_no_sms_is_refused(make: Make, monday: datetime, number: str) -> None:
    officer = make.officer("DODOMA-CC", "handler")
    with transaction(Principal.of_officer(officer)), pytest.raises(Refused, match="bad-number"):
        officer_phones.begin(officer, number, PIN, None, monday)


def test_an_administrator_removes_a_phone_and_reads_none(
    make: Make, handler: int, monday: datetime, phone: Phone
) -> None:
    admin, colleague = make.officer("PO-PSMGG", "admin"), make.officer("DODOMA-CC", "handler")
    with transaction(Principal.of_officer(admin)) as session:
        assert officer_phones.since(handler) == monday
        assert session.scalars(select(m.OfficerPhone.number_hash)).all() == []
    with transaction(Principal.of_officer(colleague)):
        assert officer_phones.since(handler) is None
    with pytest.raises(Exception, match="another's"), transaction(Principal.of_officer(colleague)):
        officer_phones.remove(handler, monday)
    with transaction(Principal.of_officer(admin)):
        officer_phones.remove(handler, monday)
    assert phone.says(f"ORODHA {PIN}") is None


def test_a_new_way_in_takes_the_phone_away(handler: int, superuser: Behind) -> None:
    """Whoever got into the account may have put a phone of theirs there."""
    superuser.execute("DELETE FROM credential WHERE officer_id = %s", [handler])
    assert kit.rows(superuser, "SELECT 1 FROM officer_phone") == []
