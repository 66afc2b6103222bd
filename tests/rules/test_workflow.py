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
    may_reopen,
    reopened_rung,
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
partial_answer         -         in_progress  =            =            -         -       -
opinion                -         =            =            =            -         -       -
extend                 -         =            =            =            -         -       -
reopen                 -         -            -            -            in_progress in_progress -
transfer               assigned  =            assigned     =            -         -       -
citizen_message        =         =            =            in_progress  =         =       =
accept                 -         -            -            -            closed    -       -
not_fixed              -         -            -            -            assigned  -       -
withdraw               withdrawn withdrawn    withdrawn    withdrawn    -         -       -
expire                 -         -            -            -            closed    -       -
raise_confidentiality  =         =            =            =            =         -       -
classify               =         =            =            =            -         -       -
direct                 =         =            =            =            =         -       -
explain                =         =            =            =            =         =       =
judge                  =         =            =            =            -         -       -
take_over              assigned  =            =            =            -         -       -
hand_down              assigned  =            =            =            -         -       -
recommend              =         =            =            =            =         -       -
merge                  assigned  =            =            =            -         -       -
task                   =         =            =            =            -         -       -
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


def test_the_office_alone_reopens_what_has_ended_and_never_what_was_withdrawn() -> None:
    reopening = {
        (verb, before)
        for (verb, before), then in TRANSITIONS.items()
        if before in ENDED and then != before
    }
    assert reopening == {(Verb.REOPEN, Status.CLOSED)}


CLOSED_AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closed", "now", "may"),
    [
        (None, CLOSED_AT, True),  # answered: the window is still open
        (CLOSED_AT, CLOSED_AT, True),
        # the 90th day after it, up to midnight in Dar es Salaam
        (CLOSED_AT, datetime(2026, 5, 31, 20, 59, tzinfo=UTC), True),
        (CLOSED_AT, datetime(2026, 5, 31, 21, 0, tzinfo=UTC), False),
    ],
)
def test_the_office_reopens_within_ninety_days(
    closed: datetime | None, now: datetime, may: bool
) -> None:
    assert may_reopen(closed, now) == may


@pytest.mark.parametrize(
    ("highest", "first", "top", "rung"),
    [
        (0, 1, 7, 1),  # it never climbed: the bottom
        (4, 1, 7, 4),  # as high as it stood, and no higher
        (0, 2, 7, 2),  # a cycle that an appeal opened, whose rung has not been recorded yet
        (7, 7, 7, 7),
        (4, 1, 3, 3),  # another ladder, with a lower top
        (0, 1, 0, 0),  # no ladder at all
    ],
)
def test_a_reopened_ladder_begins_where_the_case_stood(
    highest: int, first: int, top: int, rung: int
) -> None:
    assert reopened_rung(highest, first, top) == rung


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


def test_an_appeal_comes_after_cycles_that_the_office_opened() -> None:
    assert appeal(0, 0, 7, cycle=3) == Appeal(True, 4, 1, False)
    assert appeal(2, 5, 7, cycle=5) == Appeal(False, 5, 5, True)
