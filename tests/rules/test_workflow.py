"""The table of transitions, read as the policy."""

from datetime import UTC, datetime

import pytest

from feedback.rules.workflow import (
    OPEN,
    TRANSITIONS,
    Appeal,
    NotAllowed,
    Status,
    Verb,
    after,
    allowed,
    appeal,
    window_end,
)

ENDED = {Status.CLOSED, Status.WITHDRAWN}
COLUMNS = ("new", "assigned", "in_progress", "waiting_citizen", "answered", "closed", "withdrawn")
# verb, then the status after it for each column; "-" is not allowed, "=" keeps it
TABLE = """
assign                 assigned  =            =            =            =         -       -
acknowledge            -         in_progress  =            -            -         -       -
ask                    -         waiting_citizen waiting_citizen =      -         -       -
note                   =         =            =            =            =         =       =
answer                 -         answered     answered     answered     -         -       -
transfer               assigned  =            assigned     =            -         -       -
citizen_message        =         =            =            in_progress  =         =       =
accept                 -         -            -            -            closed    -       -
not_fixed              -         -            -            -            assigned  -       -
withdraw               withdrawn withdrawn    withdrawn    withdrawn    -         -       -
expire                 -         -            -            -            closed    -       -
raise_confidentiality  =         =            =            =            =         -       -
classify               =         =            =            =            -         -       -
direct                 =         =            =            =            =         -       -
merge                  assigned  =            =            =            -         -       -
split                  =         =            =            =            -         -       -
redact                 =         =            =            =            =         =       =
"""
ROWS = [
    (Verb(verb), Status(before), then)
    for verb, *cells in (line.split() for line in TABLE.strip().splitlines())
    for before, then in zip(COLUMNS, cells, strict=True)
]


@pytest.mark.parametrize(("verb", "before", "then"), ROWS)
def test_transitions(verb: Verb, before: Status, then: str) -> None:
    if then == "-":
        assert verb not in allowed(before)
        with pytest.raises(NotAllowed, match=verb) as refusal:
            after(verb, before)
        assert (refusal.value.verb, refusal.value.status) == (verb, before)
    else:
        assert verb in allowed(before)
        assert after(verb, before) == (before if then == "=" else Status(then))


def test_the_table_names_every_pair() -> None:
    assert {(verb, before) for verb, before, _ in ROWS} == {(v, s) for v in Verb for s in Status}


def test_only_known_ways_lead_out_of_the_open_statuses() -> None:
    ends = {verb for (verb, b), then in TRANSITIONS.items() if b in OPEN and then not in OPEN}
    assert ends == {Verb.ANSWER, Verb.WITHDRAW}


def test_nothing_reopens_what_has_ended() -> None:
    for (_, before), then in TRANSITIONS.items():
        if before in ENDED:
            assert then == before


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[Verb.NOTE, Status.NEW] = Status.CLOSED  # type: ignore[index]


@pytest.mark.parametrize(
    ("answered", "end"),
    [
        # 2 March 10:00 in Dar es Salaam; the 14th day after is 16 March, until midnight
        (datetime(2026, 3, 2, 7, 0, tzinfo=UTC), datetime(2026, 3, 16, 21, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 20, 59, tzinfo=UTC), datetime(2026, 3, 16, 21, 0, tzinfo=UTC)),
        # 21:00 UTC is already the next day there
        (datetime(2026, 3, 2, 21, 0, tzinfo=UTC), datetime(2026, 3, 17, 21, 0, tzinfo=UTC)),
    ],
)
def test_the_window_lasts_fourteen_calendar_days(answered: datetime, end: datetime) -> None:
    assert window_end(answered) == end
    assert window_end(answered).tzinfo is UTC


def test_a_naive_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        window_end(datetime(2026, 3, 2))  # noqa: DTZ001 - what must be refused


@pytest.mark.parametrize(
    ("so_far", "highest", "top", "expected"),
    [
        (0, 0, 7, Appeal(True, 2, 1, False)),
        (0, 3, 7, Appeal(True, 2, 4, False)),
        (1, 4, 7, Appeal(True, 3, 5, False)),
        (0, 7, 7, Appeal(True, 2, 7, False)),
        (1, 3, 3, Appeal(True, 3, 3, False)),
        (2, 5, 7, Appeal(False, 3, 5, True)),
        (3, 5, 7, Appeal(False, 4, 5, True)),
    ],
)
def test_not_fixed_reopens_twice_then_comes_the_letter(
    so_far: int, highest: int, top: int, expected: Appeal
) -> None:
    assert appeal(so_far, highest, top) == expected
