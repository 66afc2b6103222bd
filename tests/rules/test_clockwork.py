"""A clock that was set: nothing early, nothing that waits for ever, everything once it is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import clockwork
from feedback.rules.clockwork import HOLD_SECONDS, Kept, Reading, Verdict, judge, patience

NOON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZERO = timedelta()


def at(seconds: float, wall: timedelta = ZERO, database: timedelta = ZERO) -> Reading:
    """What a machine sees so many seconds after noon, with its clocks set wrong by so much."""
    true = NOON + timedelta(seconds=seconds)
    return Reading(true + wall, true + database, 1_000 + seconds)


KNOWN = Kept(NOON, 1_000)


@pytest.mark.parametrize(
    ("what", "reading", "doubt", "acts_by"),
    [
        ("a quarter of a minute later", at(15), "", 15),
        ("a clock that was corrected a little", at(15, 3 * MINUTE, 3 * MINUTE), "", 195),
        ("the machine slept for three days, and counted them", at(259_200), "", 259_200),
        ("a day forward, the database beside it too", at(15, DAY, DAY), "forward", 15),
        ("a day forward, the database elsewhere", at(15, DAY), "apart", 15),
        ("eleven minutes forward", at(15, 11 * MINUTE, 11 * MINUTE), "forward", 15),
        ("a day back, the database beside it too", at(15, -DAY, -DAY), "back", 15 - 86_400),
        ("a day back, the database elsewhere", at(15, -DAY), "apart", 15 - 86_400),
        ("the database alone a day forward", at(15, ZERO, DAY), "apart", 15),
        ("the database alone a day back", at(15, ZERO, -DAY), "apart", 15 - 86_400),
        ("a second back", at(15, timedelta(seconds=-16)), "", -1),
    ],
)
def test_the_table(what: str, reading: Reading, doubt: str, acts_by: int) -> None:
    verdict = judge(reading, KNOWN)
    assert (verdict.doubt, verdict.holds) == (doubt, bool(doubt)), what
    assert verdict.now == NOON + timedelta(seconds=acts_by), what


@pytest.mark.parametrize(
    ("what", "reading", "last", "doubt"),
    [
        ("the very first look of all", at(0), None, ""),
        ("after an outage of three days", at(0), NOON - 3 * DAY, ""),
        ("a machine that starts in the past", at(0, -DAY, -DAY), NOON, "back"),
        ("one whose database is elsewhere", at(0, DAY), NOON, "apart"),
        ("one beside another that is seconds ahead", at(0), NOON + MINUTE, ""),
    ],
)
def test_a_machine_that_was_just_started(
    what: str, reading: Reading, last: datetime | None, doubt: str
) -> None:
    verdict = judge(reading, None, last)
    assert verdict.doubt == doubt, what
    assert verdict.now == min(reading.wall, reading.database)


def run(
    readings: list[Reading], kept: Kept | None = KNOWN, last: datetime | None = None
) -> list[Verdict]:
    """Look at each in turn, as a sweep does."""
    verdicts: list[Verdict] = []
    for reading in readings:
        verdicts.append(judge(reading, kept, last))
        kept = verdicts[-1].kept
    return verdicts


@pytest.mark.parametrize("wrong", [DAY, -DAY])
def test_a_day_off_and_put_right_within_the_hour_moves_nothing(wrong: timedelta) -> None:
    """Looks each minute: right, half an hour wrong, right again."""
    verdicts = run([at(60 * n, *(2 * [wrong if 5 <= n < 35 else ZERO])) for n in range(60)])
    for n, verdict in enumerate(verdicts):
        true = NOON + n * MINUTE
        assert verdict.now <= true
        if not 5 <= n < 35:
            assert (verdict.now, verdict.doubt) == (true, "")


@pytest.mark.parametrize("wrong", [DAY, -DAY])
def test_after_an_hour_two_clocks_that_agree_outvote_the_count(wrong: timedelta) -> None:
    """A machine that was frozen counts too few seconds: then its clock is the one that is right."""
    verdicts = run([at(60 * n, wrong, wrong) for n in range(1, 100)])
    held = [verdict for verdict in verdicts if verdict.holds]
    assert len(held) == 60
    assert [v.now for v in verdicts[60:62]] == [NOON + wrong + n * MINUTE for n in (61, 62)]
    assert verdicts[61].doubt == ""


def test_clocks_that_stay_apart_are_doubted_but_hold_nothing_for_ever() -> None:
    verdicts = run([at(60 * n, DAY) for n in range(1, 100)])
    assert {verdict.doubt for verdict in verdicts} == {"apart"}
    assert not verdicts[-1].holds
    # The database and the count agree: the machine's own clock is the one that was set.
    assert verdicts[-1].now == NOON + 99 * MINUTE
    (right,) = run([at(6_000)], verdicts[-1].kept)
    assert (right.doubt, right.now) == ("", NOON + 100 * MINUTE)


def test_a_machine_started_in_the_past_goes_on_after_an_hour() -> None:
    verdicts = run([at(60 * n, -DAY, -DAY) for n in range(1, 100)], None, NOON)
    assert [verdict.doubt for verdict in verdicts[:60]] == ["back"] * 60
    assert (verdicts[-1].doubt, verdicts[-1].now) == ("", NOON + 99 * MINUTE - DAY)
    (right,) = run([at(6_000)], verdicts[-1].kept)
    assert (right.doubt, right.now) == ("forward", NOON + 100 * MINUTE - DAY)


SHIFTS = st.integers(-3 * 86_400, 3 * 86_400).map(lambda n: timedelta(seconds=n))
STEPS = st.lists(
    st.tuples(st.integers(1, 900), SHIFTS | st.just(ZERO), SHIFTS | st.just(ZERO)), max_size=30
)


@given(STEPS)
def test_never_early_while_it_is_held_and_never_held_longer(
    steps: list[tuple[int, timedelta, timedelta]],
) -> None:
    """Whatever both clocks are set to: while it holds, a sweep acts by no moment that has not come
    by each of the witnesses; and an hour of doubt is the longest."""
    seconds, kept, since = 0.0, KNOWN, None
    for wait, wall, database in steps:
        seconds += wait
        reading = at(seconds, wall, database)
        expected = kept.believed + timedelta(seconds=reading.ticks - kept.ticks)
        verdict = judge(reading, kept)
        if verdict.holds:
            assert verdict.now <= min(reading.wall, reading.database, expected)
            since = seconds if since is None else since
            assert seconds - since < HOLD_SECONDS
        else:
            assert verdict.now in (reading.wall, reading.database, expected)
        if not verdict.doubt:
            since = None
            assert abs(reading.wall - reading.database) <= clockwork.APART
        kept = verdict.kept


@given(st.lists(st.integers(1, 3_600), min_size=1, max_size=30))
def test_a_right_clock_is_never_doubted(waits: list[int]) -> None:
    seconds = 0.0
    kept: Kept | None = None
    for wait in waits:
        seconds += wait
        verdict = judge(at(seconds, timedelta(seconds=wait % 60)), kept, NOON)
        assert (verdict.doubt, verdict.holds) == ("", False)
        kept = verdict.kept


@given(STEPS, st.integers(1, 30))
def test_once_all_clocks_are_right_the_doubt_ends(
    steps: list[tuple[int, timedelta, timedelta]], looks: int
) -> None:
    """Whatever happened before: an hour after the last change a sweep acts by the right moment."""
    seconds, kept = 0.0, KNOWN
    for wait, wall, database in steps:
        seconds += wait
        kept = judge(at(seconds, wall, database), kept).kept
    for _ in range(looks + 1):
        seconds += HOLD_SECONDS / looks + 1
        verdict = judge(at(seconds), kept)
        kept = verdict.kept
    verdict = judge(at(seconds + 1), kept)
    assert (verdict.doubt, verdict.now) == ("", NOON + timedelta(seconds=seconds + 1))


@pytest.mark.parametrize(
    ("period", "seconds"), [(5, 120), (15, 120), (60, 120), (300, 600), (86_400, 172_800)]
)
def test_a_job_may_be_silent_for_twice_its_period(period: int, seconds: int) -> None:
    assert patience(period) == timedelta(seconds=seconds)
