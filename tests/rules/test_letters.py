"""Numbers and tokens of letters, when one is a copy, what a citizen's letter does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from feedback.rules import letters
from feedback.rules.reference import ALPHABET

NOW = datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
TODAY = date(2025, 11, 10)
KEY = b"a key of the tests"


def test_a_number_names_institution_year_and_place() -> None:
    assert letters.number("DODOMA-CC", 2025, 14) == "EM/DODOMA-CC/2025/14"


@settings(max_examples=25)
@given(some.lists(some.text(max_size=8), min_size=1, max_size=4), some.data())
def test_a_token_changes_with_each_part(parts: list[str], data: some.DataObject) -> None:
    token = letters.token(KEY, *parts)
    assert len(token) == letters.TOKEN
    assert set(token) <= set(ALPHABET)
    assert token == letters.token(KEY, *parts)
    assert token != letters.token(b"another key", *parts)
    assert token != letters.token(KEY, *parts, "")
    place = data.draw(some.integers(0, len(parts) - 1))
    assert token != letters.token(KEY, *parts[:place], parts[place] + "x", *parts[place + 1 :])


def test_parts_do_not_run_into_each_other_and_a_key_is_needed() -> None:
    assert letters.token(KEY, "ab", "c") != letters.token(KEY, "a", "bc")
    with pytest.raises(ValueError, match="empty"):
        letters.token(b"", "x")
    assert letters.same("ABC", "ABC")
    assert not letters.same("ABC", "ABD")
    assert not letters.same("ABC", "ÄBC")


@pytest.mark.parametrize(
    ("after", "by_day", "copy"),
    [
        (timedelta(), False, False),
        (timedelta(minutes=30), False, False),
        (timedelta(minutes=30, seconds=1), False, True),
        (timedelta(hours=23), True, False),
        (timedelta(hours=25), True, True),
    ],
)
def test_when_it_is_a_copy(after: timedelta, by_day: bool, copy: bool) -> None:
    assert letters.is_copy(NOW, NOW + after, by_day=by_day) is copy


@pytest.mark.parametrize(
    ("days", "problem"), [(-1, "past"), (0, "past"), (1, ""), (90, ""), (91, "far")]
)
def test_by_when_something_is_asked(days: int, problem: str) -> None:
    assert letters.ask_problem(TODAY + timedelta(days=days), TODAY) == problem


@pytest.mark.parametrize(
    ("written", "received", "problem"),
    [
        (0, 0, ("", "")),
        (9, 2, ("", "")),
        (0, -1, ("received_on", "future")),
        (1, 2, ("written_on", "after")),
        (366, 366, ("", "")),
        (367, 367, ("received_on", "too-old")),
        (368, 1, ("written_on", "too-old")),
    ],
)
def test_days_of_a_citizens_letter(written: int, received: int, problem: tuple[str, str]) -> None:
    days = TODAY - timedelta(days=written), TODAY - timedelta(days=received)
    assert letters.days_problem(*days, TODAY) == problem


# Open?, the office's own case?, its rung, the case's top, rungs climbed: what the letter does.
ARRIVALS = [
    # The plain way: the rung is above whatever was climbed, and those below are passed over.
    (True, False, 4, 7, (), "climbed"),
    (True, False, 4, 7, (1,), "climbed"),
    (True, False, 7, 7, (1, 2), "climbed"),
    (True, False, 5, 7, (4,), "climbed"),
    # It stood there already, or stands higher.
    (True, False, 4, 7, (1, 4), "used"),
    (True, False, 4, 7, (4, 5), "used"),
    (True, False, 4, 7, (5,), "below"),
    (True, False, 4, 7, (1, 6), "below"),
    # The office is none of its rungs, or one above the top of a suggestion.
    (True, False, None, 7, (), "none"),
    (True, False, 4, 3, (), "beyond"),
    # Letters to the office that has the case are its daily post.
    (True, True, 3, 7, (), "own"),
    # Answered, closed, withdrawn: nothing drives it.
    (False, False, 4, 7, (), "ended"),
    (False, True, None, 7, (4,), "ended"),
]


@pytest.mark.parametrize(("is_open", "own", "rung", "top", "climbed", "outcome"), ARRIVALS)
def test_what_a_letter_at_a_high_office_does(
    is_open: bool, own: bool, rung: int | None, top: int, climbed: tuple[int, ...], outcome: str
) -> None:
    found = letters.outcome(is_open=is_open, own=own, rung=rung, top=top, climbed=climbed)
    assert found == outcome
