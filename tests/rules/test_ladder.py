"""The ladder: one position, no rung twice, none early, no end without an alarm."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.deadlines import DAR_ES_SALAAM, Calendar, add_working_days
from feedback.rules.ladder import (
    ACKNOWLEDGE_TOP,
    Climbed,
    Clocks,
    Person,
    Post,
    Rung,
    Step,
    Way,
    forecast,
    next_step,
    resolve,
)

PLAIN = Calendar(holidays=frozenset())
COUNCIL = [
    Rung(number, post, at, days=3, digest=number > 5)
    for number, (post, at) in enumerate(
        [
            ("unit_head", "unit"),
            ("hr_head", "institution"),
            ("institution_head", "institution"),
            ("institution_head", "parent"),
            ("institution_head", "code:PO-RALG"),
            ("institution_head", "code:PO-PSMGG"),
            ("institution_head", "code:CS"),
        ],
        start=1,
    )
]


def dar(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=DAR_ES_SALAAM)


# Received Monday 2 March 2026: acknowledge by Wednesday the 4th, answer by Friday the 20th.
ACKNOWLEDGE = dar("2026-03-04 15:30")
ANSWER = dar("2026-03-20 15:30")
BOTH = Clocks(acknowledge_due=ACKNOWLEDGE, answer_due=ANSWER)
ANSWER_ONLY = Clocks(acknowledge_due=None, answer_due=ANSWER)


def path(clocks: Clocks, limit: int = 20, **how: int | None) -> list[tuple[int | None, str, str]]:
    steps = forecast(PLAIN, COUNCIL, clocks, [], limit=limit, **how)  # type: ignore[arg-type]
    return [
        (s.rung, s.at.astimezone(DAR_ES_SALAAM).strftime("%m-%d %H:%M"), s.clock) for s in steps
    ]


def test_a_case_that_nobody_touches_climbs_to_the_top_and_alarms() -> None:
    assert path(BOTH) == [
        (1, "03-04 15:30", "acknowledge"),
        (2, "03-09 15:30", "acknowledge"),
        # the missed acknowledgement stops at rung 2; the answer's clock takes the next unused
        (3, "03-20 15:30", "answer"),
        (4, "03-25 15:30", "answer"),
        (5, "03-30 15:30", "answer"),
        (6, "04-02 15:30", "answer"),
        (7, "04-07 15:30", "answer"),
        (None, "04-10 15:30", "answer"),
    ]


def test_an_acknowledged_case_begins_at_the_unit_head_when_the_answer_is_late() -> None:
    assert path(ANSWER_ONLY, limit=2) == [
        (1, "03-20 15:30", "answer"),
        (2, "03-25 15:30", "answer"),
    ]


def test_an_acknowledgement_alone_climbs_to_rung_two_at_most() -> None:
    alone = Clocks(acknowledge_due=ACKNOWLEDGE, answer_due=None)
    assert [rung for rung, _, _ in path(alone)] == [1, 2]


def test_an_answered_and_acknowledged_case_climbs_no_more() -> None:
    met = Clocks(acknowledge_due=None, answer_due=None)
    assert next_step(PLAIN, COUNCIL, met, [Climbed(3, ANSWER)], []) is None


def test_an_appeal_begins_where_it_is_told() -> None:
    assert path(ANSWER_ONLY, limit=1, first_rung=4) == [(4, "03-20 15:30", "answer")]


def test_a_suggestion_ends_at_the_institution_head_with_an_alarm() -> None:
    assert path(ANSWER_ONLY, max_rung=3) == [
        (1, "03-20 15:30", "answer"),
        (2, "03-25 15:30", "answer"),
        (3, "03-30 15:30", "answer"),
        (None, "04-02 15:30", "answer"),
    ]


def test_above_the_top_an_alarm_repeats_every_days_of_the_last_rung() -> None:
    climbed = [Climbed(7, dar("2026-04-07 15:30"))]
    first = next_step(PLAIN, COUNCIL, ANSWER_ONLY, climbed, [])
    assert first == Step(None, dar("2026-04-10 15:30"), "answer", alarm=True)
    second = next_step(PLAIN, COUNCIL, ANSWER_ONLY, climbed, [first.at])
    assert second == Step(None, dar("2026-04-15 15:30"), "answer", alarm=True)


def test_a_skipped_rung_is_held_no_time() -> None:
    climbed = [Climbed(1, ANSWER, skipped=True)]
    assert next_step(PLAIN, COUNCIL, ANSWER_ONLY, climbed, []) == Step(2, ANSWER, "answer", False)
    at_the_top = [Climbed(7, ANSWER, skipped=True)]
    alarm = next_step(PLAIN, COUNCIL, ANSWER_ONLY, at_the_top, [])
    assert alarm == Step(None, ANSWER, "answer", alarm=True)
    again = next_step(PLAIN, COUNCIL, ANSWER_ONLY, at_the_top, [ANSWER])
    assert again is not None
    assert again.at == dar("2026-03-25 15:30")


def test_a_clock_that_moved_is_waited_for() -> None:
    # Rung 1 was climbed, then the head extended the answer: rung 2 waits for the new due time.
    later = Clocks(acknowledge_due=None, answer_due=dar("2026-04-20 15:30"))
    step = next_step(PLAIN, COUNCIL, later, [Climbed(1, ANSWER)], [])
    assert step == Step(2, dar("2026-04-20 15:30"), "answer", False)


def test_a_ladder_with_a_gap_or_without_rungs_does_not_stall() -> None:
    gap = [rung for rung in COUNCIL if rung.number != 2]
    step = next_step(PLAIN, gap, ANSWER_ONLY, [Climbed(1, ANSWER)], [])
    assert step is not None
    assert step.rung == 3
    # a rung taken from the table after the case had reached it
    step = next_step(PLAIN, gap, ANSWER_ONLY, [Climbed(2, ANSWER)], [])
    assert step == Step(3, dar("2026-03-25 15:30"), "answer", False)
    empty = next_step(PLAIN, [], ANSWER_ONLY, [], [])
    assert empty == Step(None, ANSWER, "answer", alarm=True)
    again = next_step(PLAIN, [], ANSWER_ONLY, [], [ANSWER])
    assert again == Step(None, dar("2026-03-25 15:30"), "answer", alarm=True)


# --- who stands on a rung -------------------------------------------------------------------

HERE, AWAY, GONE = (1, True, False), (1, True, True), (1, False, False)
DEPUTY, DEPUTY_AWAY, DEPUTY_GONE = (2, True, False), (2, True, True), (2, False, False)
Who = tuple[int, bool, bool] | None


@pytest.mark.parametrize(
    ("holder", "deputy", "excluded", "kind", "person", "alarm"),
    [
        (HERE, DEPUTY, set(), "holder", 1, False),
        (HERE, None, set(), "holder", 1, False),
        (HERE, DEPUTY, {2}, "holder", 1, False),
        # on leave
        (AWAY, DEPUTY, set(), "deputy", 2, False),
        (AWAY, DEPUTY_AWAY, set(), "letter", None, True),
        (AWAY, None, set(), "letter", None, True),
        # vacant, or an account that works no more
        (None, DEPUTY, set(), "deputy", 2, False),
        (None, None, set(), "letter", None, True),
        (GONE, None, set(), "letter", None, True),
        (GONE, DEPUTY_GONE, set(), "letter", None, True),
        # the case concerns the holder: never a letter to that office
        (HERE, DEPUTY, {1}, "deputy", 2, False),
        (HERE, None, {1}, "skipped", None, True),
        (HERE, DEPUTY_AWAY, {1}, "skipped", None, True),
        (AWAY, None, {1}, "skipped", None, True),
        (HERE, DEPUTY, {1, 2}, "skipped", None, True),
        # the deputy in charge would open the letter
        (AWAY, DEPUTY, {2}, "skipped", None, True),
        (None, DEPUTY, {2}, "skipped", None, True),
    ],
)
def test_the_way_round(
    holder: Who, deputy: Who, excluded: set[int], kind: str, person: int | None, alarm: bool
) -> None:
    post = Post(9, Person(*holder) if holder else None, Person(*deputy) if deputy else None)
    assert resolve(post, frozenset(excluded)) == Way(kind, person, alarm)


def test_a_missing_parent_is_skipped_with_an_alarm() -> None:
    assert resolve(None, frozenset()) == Way("skipped", None, alarm=True)


people = st.none() | st.builds(Person, st.integers(1, 4), st.booleans(), st.booleans())


@given(people, people, st.frozensets(st.integers(1, 4)))
def test_the_excluded_are_never_reached(
    holder: Person | None, deputy: Person | None, excluded: frozenset[int]
) -> None:
    way = resolve(Post(1, holder, deputy), excluded)
    assert way.person not in excluded
    assert (way.person is None) == (way.kind in {"letter", "skipped"}) == way.alarm
    if way.kind == "letter":
        assert not {person.id for person in (holder, deputy) if person} & excluded


# --- properties -----------------------------------------------------------------------------

FIRST = datetime(2026, 1, 5, 12, 30, tzinfo=UTC)
moments = st.integers(0, 60 * 24 * 90).map(lambda minute: FIRST + timedelta(minutes=minute))
calendars = st.builds(
    Calendar,
    holidays=st.frozensets(st.integers(0, 120).map(lambda n: date(2026, 1, 5) + timedelta(n))),
)
ladders = st.lists(st.integers(0, 6), max_size=8).map(
    lambda days: [Rung(i, "post", "unit", d, digest=False) for i, d in enumerate(days, start=1)]
)
clocks_ = st.builds(Clocks, st.none() | moments, st.none() | moments)


@given(
    calendars,
    ladders,
    clocks_,
    st.integers(1, 9),
    st.none() | st.integers(1, 9),
    st.lists(st.booleans(), min_size=15, max_size=15),
)
def test_climbing_never_repeats_a_rung_and_is_never_early(
    calendar: Calendar,
    ladder: list[Rung],
    clocks: Clocks,
    first: int,
    top: int | None,
    skips: list[bool],
) -> None:
    climbed: list[Climbed] = []
    alarms: list[datetime] = []
    moment = None
    for skipped in skips:
        step = next_step(calendar, ladder, clocks, climbed, alarms, first, top)
        if step is None:
            break
        due = clocks.acknowledge_due if step.clock == "acknowledge" else clocks.answer_due
        assert due is not None
        assert step.at >= due
        assert moment is None or step.at >= moment
        moment = step.at
        if step.rung is None:
            assert step.alarm
            assert not alarms or step.at > alarms[-1]
            alarms.append(step.at)
            continue
        assert not alarms
        assert first <= step.rung <= (top or len(ladder))
        assert step.rung not in [earlier.rung for earlier in climbed]
        if step.clock == "acknowledge":
            assert step.rung <= ACKNOWLEDGE_TOP
        if climbed and not climbed[-1].skipped:
            held = ladder[climbed[-1].rung - 1].days
            assert step.at >= add_working_days(calendar, climbed[-1].at, held)
        climbed.append(Climbed(step.rung, step.at, skipped))
    if clocks.answer_due is not None:
        reachable = [r for r in ladder if first <= r.number <= (top or len(ladder))]
        assert len(climbed) == len(reachable)
        assert alarms


@given(calendars, ladders, clocks_, st.integers(1, 5))
def test_the_forecast_is_what_then_happens(
    calendar: Calendar, ladder: list[Rung], clocks: Clocks, limit: int
) -> None:
    ahead = forecast(calendar, ladder, clocks, [], limit=limit)
    assert len(ahead) <= limit
    climbed: list[Climbed] = []
    for step in ahead:
        assert next_step(calendar, ladder, clocks, climbed, []) == step
        if step.rung is not None:
            climbed.append(Climbed(step.rung, step.at))
