"""The proof of a filing: what it tells, and that nobody makes one up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import proof as rules
from feedback.rules.deadlines import Calendar
from feedback.rules.proof import Facts
from feedback.rules.reference import (
    ALPHABET,
    PROOF_LENGTH,
    parse_proof_code,
    parse_receipt_code,
    parse_reference,
    proof_code,
    receipt_code,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CALENDAR = Calendar(frozenset())
MONDAY = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
DUE = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
codes = st.uuids().map(lambda submission: proof_code(KEY, submission))
FACTS = Facts(
    reference="7K2M-9QXA",
    kind="complaint",
    confidentiality="open",
    institution_id=7,
    status="in_progress",
    received_at=MONDAY,
    hour_known=True,
    acknowledged_at=None,
    acknowledge_due=datetime(2026, 11, 4, 12, 30, tzinfo=UTC),
    answered_at=None,
    due_at=DUE,
    appeals=1,
    rung=2,
    ladder="council",
    final_letter=False,
)


def told(now: datetime, **changed: object) -> rules.Told:
    return rules.told(replace(FACTS, **changed), CALENDAR, now)  # type: ignore[arg-type]


# The code


@given(codes, st.integers(0, PROOF_LENGTH - 1), st.sampled_from(ALPHABET))
def test_any_character_changed_is_no_code(code: str, place: int, character: str) -> None:
    plain = code.replace("-", "")
    changed = plain[:place] + character + plain[place + 1 :]
    assert parse_proof_code(changed) == (code if changed == plain else None)


@given(codes, st.integers(0, PROOF_LENGTH - 1), st.integers(0, PROOF_LENGTH - 1))
def test_two_characters_swapped_are_no_code(code: str, one: int, two: int) -> None:
    plain = list(code.replace("-", ""))
    plain[one], plain[two] = plain[two], plain[one]
    swapped = "".join(plain)
    assert parse_proof_code(swapped) == (code if swapped == code.replace("-", "") else None)


@given(codes)
def test_it_is_read_as_typed_and_taken_for_nothing_else(code: str) -> None:
    for typed in (code, code.lower(), code.replace("-", " "), f" {code.replace('-', '')}."):
        assert parse_proof_code(typed) == code
    assert parse_reference(code) is None
    assert parse_receipt_code(code) is None


@given(st.uuids(), st.uuids())
def test_it_follows_from_its_key_and_submission_alone(one: UUID, two: UUID) -> None:
    assert proof_code(KEY, one) == proof_code(KEY, one)
    assert proof_code(KEY, one) != proof_code(OTHER_KEY, one)
    if one != two:
        assert proof_code(KEY, one) != proof_code(KEY, two)
    assert proof_code(KEY, one)[:9] != receipt_code(KEY, one)[:9]
    code = proof_code(KEY, one)
    assert rules.mark(KEY, code) != rules.mark(OTHER_KEY, code)


def test_a_key_is_needed() -> None:
    with pytest.raises(ValueError, match="key"):
        proof_code(b"", UUID(int=1))


# The PIN


@given(st.uuids(), st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_a_pin_has_six_digits_and_its_own_number(submission: UUID, one: bytes, two: bytes) -> None:
    pin = rules.pin(KEY, submission, one)
    assert rules.parse_pin(pin) == pin
    assert pin == rules.pin(KEY, submission, one)
    assert len({rules.pin(KEY, submission, one + bytes([n])) for n in range(50)}) > 40
    assert rules.parse_pin(f"{pin[:3]} {pin[3:]}") == pin


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "\u0661" * 6, "ABCDEF"])
def test_what_is_no_pin(typed: str) -> None:
    assert rules.parse_pin(typed) is None


# What is told


def test_an_open_case_tells_whether_it_is_late_and_by_how_many_working_days() -> None:
    early = told(MONDAY + timedelta(days=1))
    assert (early.stands, early.days_late, early.due_at) == ("open", 0, DUE)
    assert early.acknowledge_late == 0
    late = told(DUE + timedelta(days=5))  # from Friday's close to Wednesday
    assert (late.days_late, late.acknowledge_late) == (3, 15)
    assert (late.reference, late.institution_id, late.appeals, late.rung) == ("7K2M-9QXA", 7, 1, 2)


def test_an_answer_is_late_by_when_it_was_given() -> None:
    now = DUE + timedelta(days=100)
    given_ = told(now, status="answered", answered_at=DUE + timedelta(days=3))
    assert (given_.stands, given_.days_late, given_.due_at) == ("answered", 1, None)
    in_time = told(now, status="closed", answered_at=DUE)
    assert (in_time.stands, in_time.days_late) == ("closed", 0)
    gone = told(now, status="withdrawn")
    assert (gone.stands, gone.days_late, gone.acknowledge_late) == ("withdrawn", 0, 0)


@given(
    st.sampled_from(["complaint", "enquiry"]),
    st.integers(1, 9),
    st.integers(0, 7),
    st.sampled_from(["new", "assigned", "in_progress", "waiting_citizen"]),
)
def test_of_a_restricted_case_only_the_day_and_whether_it_is_late(
    kind: str, institution: int, rung: int, status: str
) -> None:
    said = {
        told(
            DUE + timedelta(days=5),
            confidentiality="restricted",
            kind=kind,
            institution_id=institution,
            rung=rung,
            status=status,
        )
        for _ in range(2)
    }
    assert said == {told(DUE + timedelta(days=5), confidentiality="restricted")}
    (only,) = said
    assert only.restricted
    assert (only.hour_known, only.days_late, only.stands) == (False, 3, "open")
    assert (only.reference, only.kind, only.institution_id, only.ladder) == ("", "", None, "")
