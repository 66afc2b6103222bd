"""Tables that read like the policy, and properties that hold for every calendar and clock."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.deadlines import (
    DAR_ES_SALAAM,
    MAX_PAUSE_DAYS,
    Calendar,
    Pause,
    add_working_days,
    closings_between,
    due,
    explain,
    held_minutes,
    local_day,
    pause_cap,
    reminders,
    working_days_until,
    working_minutes,
)

# April 2026: Good Friday 3, Easter Monday 6, Karume Day 7 (a Tuesday), Union Day 26 (a Sunday).
EASTER = Calendar(
    holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 7), date(2026, 4, 26)})
)
PLAIN = Calendar(holidays=frozenset())


def dar(text: str) -> datetime:
    """`2026-04-01 10:00` as an office in Dar es Salaam writes it."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=DAR_ES_SALAAM)


@pytest.mark.parametrize(
    ("received", "days", "expected"),
    [
        # Monday 9 March 2026; day 0 is the day of receipt, whatever the hour
        ("2026-03-09 09:00", 2, "2026-03-11 15:30"),
        ("2026-03-09 00:00", 2, "2026-03-11 15:30"),
        ("2026-03-09 15:31", 2, "2026-03-11 15:30"),
        ("2026-03-09 23:59", 2, "2026-03-11 15:30"),
        ("2026-03-10 00:00", 2, "2026-03-12 15:30"),
        # over a weekend
        ("2026-03-12 09:00", 2, "2026-03-16 15:30"),
        ("2026-03-13 09:00", 1, "2026-03-16 15:30"),
        # received on a Saturday, a Sunday
        ("2026-03-14 09:00", 1, "2026-03-16 15:30"),
        ("2026-03-15 23:59", 1, "2026-03-16 15:30"),
        # the answer to a complaint: 14 working days
        ("2026-03-02 11:00", 14, "2026-03-20 15:30"),
        # over Easter: Thursday, then Wednesday is the first working day after it
        ("2026-04-02 10:00", 1, "2026-04-08 15:30"),
        ("2026-04-02 10:00", 3, "2026-04-10 15:30"),
        # received on a holiday
        ("2026-04-03 10:00", 1, "2026-04-08 15:30"),
        ("2026-04-07 23:59", 1, "2026-04-08 15:30"),
        # a holiday on a Sunday is not moved
        ("2026-04-24 10:00", 1, "2026-04-27 15:30"),
        # no days: the close of the same day, or of the next working day when that has passed
        ("2026-03-09 09:00", 0, "2026-03-09 15:30"),
        ("2026-03-09 15:30", 0, "2026-03-09 15:30"),
        ("2026-03-09 15:31", 0, "2026-03-10 15:30"),
        ("2026-03-13 16:00", 0, "2026-03-16 15:30"),
        ("2026-04-03 08:00", 0, "2026-04-08 15:30"),
    ],
)
def test_working_days_end_at_the_close_of_office(received: str, days: int, expected: str) -> None:
    moment = add_working_days(EASTER, dar(received), days)
    assert moment == dar(expected)
    assert moment.tzinfo is UTC
    assert due(EASTER, dar(received), days) == moment


def test_the_day_is_the_day_in_dar_es_salaam() -> None:
    # 21:30 UTC on Sunday is half past midnight on Monday in Dar es Salaam.
    sunday_utc = datetime(2026, 3, 8, 21, 30, tzinfo=UTC)
    assert add_working_days(PLAIN, sunday_utc, 1) == dar("2026-03-10 15:30")


def test_an_office_may_keep_other_hours_and_days() -> None:
    friday_off = Calendar(frozenset(), weekend=frozenset({4, 5}))
    assert add_working_days(friday_off, dar("2026-03-12 09:00"), 1) == dar("2026-03-15 15:30")


@pytest.mark.parametrize("weekend", [frozenset(range(7))])
def test_a_calendar_without_working_days_is_refused(weekend: frozenset[int]) -> None:
    with pytest.raises(ValueError, match="weekday"):
        Calendar(frozenset(), weekend=weekend)


def test_an_office_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="opens|open"):
        Calendar(frozenset(), opens=PLAIN.closes, closes=PLAIN.opens)


@pytest.mark.parametrize(
    ("pauses", "now", "expected"),
    [
        # without a pause, received Monday 2 March 10:00, 5 working days: Monday 9 March
        ([], None, "2026-03-09 15:30"),
        # asked and answered between two closings: nothing
        ([("2026-03-03 08:00", "2026-03-03 15:00")], None, "2026-03-09 15:30"),
        ([("2026-03-03 16:00", "2026-03-04 09:00")], None, "2026-03-09 15:30"),
        # over one closing: one day
        ([("2026-03-03 09:00", "2026-03-04 09:00")], None, "2026-03-10 15:30"),
        # over a weekend: Friday's closing only
        ([("2026-03-06 09:00", "2026-03-09 09:00")], None, "2026-03-10 15:30"),
        # asked on the day of receipt: its closing counts too
        ([("2026-03-02 11:00", "2026-03-04 09:00")], None, "2026-03-11 15:30"),
        # asked at the very close of the last day is still in time; a minute later is not
        ([("2026-03-09 15:30", "2026-03-10 09:00")], None, "2026-03-10 15:30"),
        ([("2026-03-09 15:31", "2026-03-12 09:00")], None, "2026-03-09 15:30"),
        # two pauses; the second begins after the first due time, but within the moved one
        (
            [("2026-03-09 09:00", "2026-03-10 09:00"), ("2026-03-10 10:00", "2026-03-11 09:00")],
            None,
            "2026-03-11 15:30",
        ),
        # in another order, and overlapping: each closing counts once
        (
            [("2026-03-04 09:00", "2026-03-05 09:00"), ("2026-03-03 09:00", "2026-03-05 09:00")],
            None,
            "2026-03-11 15:30",
        ),
        # still open: counted up to now, the closing of this very moment included
        ([("2026-03-06 09:00", None)], "2026-03-06 09:00", "2026-03-09 15:30"),
        ([("2026-03-06 09:00", None)], "2026-03-06 15:30", "2026-03-10 15:30"),
        ([("2026-03-06 09:00", None)], "2026-03-10 15:30", "2026-03-12 15:30"),
        # a clock of the machine that went back
        ([("2026-03-06 09:00", "2026-03-05 09:00")], None, "2026-03-09 15:30"),
    ],
)
def test_pauses(pauses: list[tuple[str, str | None]], now: str | None, expected: str) -> None:
    recorded = [Pause(dar(start), dar(end) if end else None) for start, end in pauses]
    moment = due(PLAIN, dar("2026-03-02 10:00"), 5, recorded, now=dar(now) if now else None)
    assert moment == dar(expected)


def test_extensions_add_working_days() -> None:
    assert due(EASTER, dar("2026-04-01 10:00"), 1, extension_days=2) == dar("2026-04-09 15:30")


def test_an_open_pause_needs_the_present() -> None:
    with pytest.raises(ValueError, match="open pause"):
        due(PLAIN, dar("2026-03-02 10:00"), 5, [Pause(dar("2026-03-03 10:00"), None)])


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-09 07:30", "2026-03-09 15:30", 480),
        ("2026-03-09 09:00", "2026-03-09 09:45", 45),
        ("2026-03-09 06:00", "2026-03-09 08:00", 30),
        ("2026-03-09 15:00", "2026-03-10 08:00", 60),
        ("2026-03-13 15:00", "2026-03-16 08:00", 60),
        ("2026-03-14 10:00", "2026-03-15 10:00", 0),
        ("2026-04-02 15:00", "2026-04-08 08:30", 90),
        ("2026-03-09 09:00", "2026-03-09 09:00", 0),
        ("2026-03-09 10:00", "2026-03-09 09:00", 0),
        ("2026-03-09 16:00", "2026-03-09 20:00", 0),
        ("2026-03-02 07:30", "2026-03-06 15:30", 5 * 480),
    ],
)
def test_durations_count_office_minutes(start: str, end: str, minutes: int) -> None:
    assert working_minutes(EASTER, dar(start), dar(end)) == minutes


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-03-09 09:00", 4),
        ("2026-03-12 18:00", 1),
        ("2026-03-13 09:00", 0),
        ("2026-03-13 15:30", 0),
        ("2026-03-13 15:31", -1),
        ("2026-03-15 12:00", -1),
        ("2026-03-16 09:00", -1),
        ("2026-03-17 09:00", -2),
    ],
)
def test_days_left_until_friday(now: str, days: int) -> None:
    assert working_days_until(PLAIN, dar(now), dar("2026-03-13 15:30")) == days


def test_a_due_moment_on_a_day_off_is_not_today() -> None:
    assert working_days_until(PLAIN, dar("2026-03-14 09:00"), dar("2026-03-15 09:00")) == 1


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (14, ["2026-03-12 07:30", "2026-03-18 07:30", "2026-03-20 07:30"]),
        (5, ["2026-03-05 07:30", "2026-03-09 07:30"]),
        (2, ["2026-03-04 07:30"]),
        (1, ["2026-03-03 07:30"]),
        (0, []),
    ],
)
def test_reminders_come_at_the_opening(days: int, expected: list[str]) -> None:
    start = dar("2026-03-02 10:00")
    moments = reminders(PLAIN, start, add_working_days(PLAIN, start, days))
    assert moments == [dar(text) for text in expected]


def test_a_pause_runs_out_after_ten_working_days() -> None:
    start = dar("2026-03-02 10:00")
    cap = pause_cap(PLAIN, [], start)
    assert cap == dar("2026-03-16 15:30")
    assert closings_between(PLAIN, start, cap) == MAX_PAUSE_DAYS


def test_the_second_pause_has_what_the_first_left() -> None:
    first = Pause(dar("2026-03-02 10:00"), dar("2026-03-10 10:00"))
    start = dar("2026-03-20 10:00")
    cap = pause_cap(PLAIN, [first], start)
    assert cap is not None
    assert closings_between(PLAIN, start, cap) == MAX_PAUSE_DAYS - 6


def test_no_third_pause_and_none_when_the_days_are_used() -> None:
    short = Pause(dar("2026-03-02 10:00"), dar("2026-03-02 11:00"))
    long = Pause(dar("2026-03-02 10:00"), dar("2026-03-16 15:30"))
    assert pause_cap(PLAIN, [short, short], dar("2026-03-20 10:00")) is None
    assert pause_cap(PLAIN, [long], dar("2026-03-20 10:00")) is None


def test_the_arithmetic_is_told_day_by_day() -> None:
    steps = explain(
        EASTER,
        dar("2026-04-01 10:00"),
        2,
        [Pause(dar("2026-04-08 10:00"), dar("2026-04-09 10:00"))],
        extension_days=1,
        now=dar("2026-04-20 10:00"),
    )
    assert [(step.day.day, step.reason, step.counted, step.number) for step in steps] == [
        (1, "day0", False, 0),
        (2, "working", True, 1),
        (3, "holiday", False, None),
        (4, "weekend", False, None),
        (5, "weekend", False, None),
        (6, "holiday", False, None),
        (7, "holiday", False, None),
        (8, "paused", False, None),
        (9, "working", True, 2),
        (10, "extension", True, 3),
    ]


NAIVE = datetime(2026, 3, 9, 9, 0)  # noqa: DTZ001 - what must be refused
AWARE = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "call",
    [
        lambda: add_working_days(PLAIN, NAIVE, 1),
        lambda: add_working_days(PLAIN, NAIVE, 0),
        lambda: closings_between(PLAIN, NAIVE, AWARE),
        lambda: closings_between(PLAIN, AWARE, NAIVE),
        lambda: due(PLAIN, NAIVE, 1),
        lambda: due(PLAIN, AWARE, 1, [Pause(AWARE, None)], now=NAIVE),
        lambda: explain(PLAIN, NAIVE, 1, (), 0, None),
        lambda: working_minutes(PLAIN, NAIVE, AWARE),
        lambda: working_minutes(PLAIN, AWARE, NAIVE),
        lambda: working_days_until(PLAIN, NAIVE, AWARE),
        lambda: reminders(PLAIN, AWARE, NAIVE),
        lambda: pause_cap(PLAIN, [], NAIVE),
        lambda: Pause(NAIVE, None),
        lambda: Pause(AWARE, NAIVE),
    ],
)
def test_naive_moments_are_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match="time zone"):
        call()


@pytest.mark.parametrize("call", [(-1, 0), (1, -1)])
def test_negative_standards_are_refused(call: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        due(PLAIN, AWARE, call[0], extension_days=call[1])
    with pytest.raises(ValueError, match="forwards"):
        add_working_days(PLAIN, AWARE, -1)


# --- properties -----------------------------------------------------------------------------

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
minutes = st.integers(0, 60 * 24 * 60)
moments = minutes.map(lambda minute: FIRST + timedelta(minutes=minute))
days_of_year = st.integers(0, 120).map(lambda n: date(2026, 1, 1) + timedelta(n))
hours = st.integers(1, 480).map(
    lambda n: (datetime(2026, 1, 1, 7, 30, tzinfo=UTC) + timedelta(minutes=n)).time()
)
calendars = st.builds(
    Calendar,
    holidays=st.frozensets(days_of_year),
    weekend=st.frozensets(st.integers(0, 6), max_size=5),
    short=st.dictionaries(days_of_year, hours, max_size=8),
)


@st.composite
def closed_pauses(draw: st.DrawFn) -> list[Pause]:
    pairs = draw(st.lists(st.tuples(moments, st.integers(0, 60 * 24 * 10)), max_size=4))
    return [Pause(start, start + timedelta(minutes=length)) for start, length in pairs]


def apart(pauses: list[Pause]) -> list[Pause]:
    """Those that do not overlap an earlier one, in order."""
    kept: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if not kept or pause.start >= (kept[-1].end or pause.start):
            kept.append(pause)
    return kept


@given(calendars, moments, moments, st.integers(0, 30), closed_pauses(), st.integers(0, 5))
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar,
    one: datetime,
    other: datetime,
    days: int,
    pauses: list[Pause],
    extension: int,
) -> None:
    early, late = sorted((one, other))
    assert add_working_days(calendar, early, days) <= add_working_days(calendar, late, days)
    assert due(calendar, early, days, (), extension) <= due(calendar, late, days, (), extension)


@given(calendars, moments, st.integers(0, 30), closed_pauses(), st.integers(0, 5))
def test_due_is_the_plain_sum_of_standard_pauses_and_extension(
    calendar: Calendar, start: datetime, days: int, pauses: list[Pause], extension: int
) -> None:
    pauses = apart(pauses)
    expected = add_working_days(calendar, start, days + extension)
    for pause in pauses:
        assert pause.end is not None
        begin = max(pause.start, start)
        if begin <= expected and pause.end > begin:
            cost = closings_between(calendar, begin, pause.end)
            for _ in range(cost):
                expected = add_working_days(calendar, expected, 1)
    assert due(calendar, start, days, pauses, extension) == expected


@given(calendars, moments, st.integers(0, 30), closed_pauses(), st.integers(0, 5), moments)
def test_nothing_recorded_moves_a_due_time_earlier(
    calendar: Calendar,
    start: datetime,
    days: int,
    pauses: list[Pause],
    extension: int,
    holiday: datetime,
) -> None:
    moment = due(calendar, start, days, pauses, extension)
    assert moment >= due(calendar, start, days)
    longer = due(calendar, start, days, pauses, extension + 1)
    assert longer > moment or (days + extension == 0 and longer == moment)
    assert due(calendar, start, days, pauses[:-1], extension) <= moment
    more = calendar.with_days(frozenset({holiday.date()}), {})
    assert due(more, start, days, (), extension) >= due(calendar, start, days, (), extension)


@given(calendars, moments, st.integers(0, 15), moments, moments, moments)
def test_an_open_pause_only_ever_pushes_and_never_falls_due(
    calendar: Calendar, start: datetime, days: int, asked: datetime, one: datetime, other: datetime
) -> None:
    before, now = sorted((one, other))
    waiting = [Pause(asked, None)]
    moment = due(calendar, start, days, waiting, now=now)
    assert due(calendar, start, days, waiting, now=before) <= moment
    if start <= asked <= add_working_days(calendar, start, days) and asked <= now:
        assert moment > now


@given(calendars, moments, st.integers(0, 30), closed_pauses(), st.integers(0, 5))
def test_the_explanation_ends_where_the_clock_does(
    calendar: Calendar, start: datetime, days: int, pauses: list[Pause], extension: int
) -> None:
    steps = explain(calendar, start, days, pauses, extension, None)
    assert calendar.closing(steps[-1].day) == due(calendar, start, days, pauses, extension)
    assert steps[-1].number == days + extension
    assert [b.day - a.day for a, b in zip(steps, steps[1:], strict=False)] == [
        timedelta(days=1)
    ] * (len(steps) - 1)
    counted = [step.number for step in steps if step.counted]
    if days + extension:
        assert counted == list(range(1, days + extension + 1))


@given(calendars, moments, moments, moments)
def test_office_minutes_add_up(
    calendar: Calendar, one: datetime, two: datetime, three: datetime
) -> None:
    first, middle, last = sorted((one, two, three))
    parts = working_minutes(calendar, first, middle) + working_minutes(calendar, middle, last)
    assert parts == working_minutes(calendar, first, last)


@given(calendars, moments, closed_pauses())
def test_a_pause_is_never_longer_than_the_cap(
    calendar: Calendar, start: datetime, earlier: list[Pause]
) -> None:
    cap = pause_cap(calendar, earlier, start)
    if cap is None:
        return
    used = sum(closings_between(calendar, p.start, p.end) for p in earlier if p.end is not None)
    assert used + closings_between(calendar, start, cap) == MAX_PAUSE_DAYS
    just_after = cap + timedelta(microseconds=1)
    assert used + closings_between(calendar, start, just_after) == MAX_PAUSE_DAYS + 1


@given(calendars, moments, st.integers(0, 30))
def test_reminders_lie_between_start_and_due(
    calendar: Calendar, start: datetime, days: int
) -> None:
    end = add_working_days(calendar, start, days)
    given_out = reminders(calendar, start, end)
    assert given_out == sorted(set(given_out))
    assert all(start < moment < end for moment in given_out)
    assert len(given_out) <= 3


@given(calendars, moments, st.integers(0, 30), closed_pauses(), days_of_year, hours)
def test_a_half_day_moves_no_due_day_but_by_its_pauses(
    calendar: Calendar, start: datetime, days: int, pauses: list[Pause], day: date, hour: time
) -> None:
    shorter = calendar.with_days(frozenset(), {day: hour})
    before, after = due(calendar, start, days + 1), due(shorter, start, days + 1)
    assert local_day(before) == local_day(after)
    assert after <= before
    assert after == before or local_day(after) == day
    # A pause that begins or ends after the earlier close costs a closing less or more, no other.
    paused, less = due(calendar, start, days, pauses), due(shorter, start, days, pauses)
    if not any(day in (local_day(p.start), local_day(p.end or p.start)) for p in pauses):
        assert days == 0 or local_day(paused) == local_day(less)


@given(calendars, st.frozensets(days_of_year), st.dictionaries(days_of_year, hours), moments)
def test_days_of_an_office_only_ever_take_office_time_away(
    calendar: Calendar, off: frozenset[date], short: dict[date, time], start: datetime
) -> None:
    own = calendar.with_days(off, short)
    end = start + timedelta(days=40)
    assert working_minutes(own, start, end) <= working_minutes(calendar, start, end)
    assert own.with_days(off, short) == own
    assert all(own.closing(day) <= calendar.closing(day) for day in short)


@given(calendars, moments, moments, closed_pauses(), st.lists(moments, max_size=4))
def test_time_held_adds_up_over_those_who_held_it(
    calendar: Calendar,
    one: datetime,
    two: datetime,
    pauses: list[Pause],
    handed: list[datetime],
) -> None:
    start, end = sorted((one, two))
    pauses = apart(pauses)
    running = [(start, end)]
    cuts = [start, *(moment for moment in sorted(handed) if start <= moment <= end), end]
    parts = [
        held_minutes(calendar, a, b, running, pauses) for a, b in zip(cuts, cuts[1:], strict=False)
    ]
    assert sum(parts) == held_minutes(calendar, start, end, running, pauses)


# --- half days, days of one office ------------------------------------------------------------

# Monday 2 to Sunday 15 March 2026, no public holiday. The office closes at noon on Friday 6, and
# is closed by order on Tuesday 10.
HALF = date(2026, 3, 6)
CLOSED = date(2026, 3, 10)
OFFICE = PLAIN.with_days(frozenset({CLOSED}), {HALF: time(12)})


@pytest.mark.parametrize(
    ("received", "days", "due_at"),
    [
        ("2026-03-04 09:00", 1, "2026-03-05 15:30"),
        ("2026-03-04 09:00", 2, "2026-03-06 12:00"),  # a half day counts, and ends at its hour
        ("2026-03-04 09:00", 3, "2026-03-09 15:30"),
        ("2026-03-04 09:00", 4, "2026-03-11 15:30"),  # closed by order: not counted
        ("2026-03-06 11:00", 0, "2026-03-06 12:00"),
        ("2026-03-06 12:00", 0, "2026-03-06 12:00"),
        ("2026-03-06 12:01", 0, "2026-03-09 15:30"),  # after its close the next one counts
    ],
)
def test_half_days_and_closures_count_as_the_office_works(
    received: str, days: int, due_at: str
) -> None:
    assert add_working_days(OFFICE, dar(received), days) == dar(due_at)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-06 00:00", "2026-03-07 00:00", 270),
        ("2026-03-06 11:00", "2026-03-06 14:00", 60),
        ("2026-03-05 00:00", "2026-03-10 00:00", 480 + 270 + 480),
        ("2026-03-09 15:00", "2026-03-11 08:00", 30 + 30),
    ],
)
def test_half_days_have_fewer_minutes(start: str, end: str, minutes: int) -> None:
    assert working_minutes(OFFICE, dar(start), dar(end)) == minutes


def test_a_question_after_the_close_of_a_half_day_costs_no_day() -> None:
    asked, replied = dar("2026-03-06 13:00"), dar("2026-03-06 15:00")
    assert closings_between(OFFICE, asked, replied) == 0
    assert closings_between(PLAIN, asked, dar("2026-03-06 16:00")) == 1


def test_the_explanation_tells_of_the_half_day() -> None:
    steps = explain(OFFICE, dar("2026-03-05 09:00"), 3)
    assert [(s.day.day, s.reason, s.closes) for s in steps] == [
        (5, "day0", None),
        (6, "working", time(12)),
        (7, "weekend", None),
        (8, "weekend", None),
        (9, "working", None),
        (10, "holiday", None),
        (11, "working", None),
    ]


def test_of_two_half_days_the_earlier_close_holds_and_a_day_off_wins() -> None:
    both = OFFICE.with_days(frozenset(), {HALF: time(10), CLOSED: time(12)})
    assert both.hour_of_closing(HALF) == time(10)
    assert not both.is_working_day(CLOSED)
    assert OFFICE.with_days(frozenset(), {HALF: time(14)}).hour_of_closing(HALF) == time(12)


@pytest.mark.parametrize("hour", [time(7), time(7, 30), time(16)])
def test_a_half_day_ends_within_the_office_hours(hour: time) -> None:
    with pytest.raises(ValueError, match="half day"):
        Calendar(frozenset(), short={HALF: hour})
