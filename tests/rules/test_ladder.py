"""The ladder: one position, no rung twice, none early, no end without an alarm."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules.deadlines import DAR_ES_SALAAM, Calendar, add_working_days
from feedback.rules.ladder import (
    ACKNOWLEDGE_TOP,
    DRIVERS,
    Climbed,
    Clocks,
    Event,
    Person,
    Post,
    Rung,
    Span,
    Step,
    Way,
    abuses_pause,
    alarmed,
    directive,
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


# --- what drives, beside the two clocks ------------------------------------------------------


def drive(clock: str, at: str, least: int = 1, key: str = "") -> Event:
    return Event(clock, dar(f"2026-{at}"), least, key or clock)


def climbs(at: str, rung: int, key: str = "") -> Climbed:
    return Climbed(rung, dar(f"2026-{at}"), key=key)


IDLE = Clocks(None, dar("2027-01-29 15:30"))  # a case whose answer is far away
MONDAY = dar("2026-03-02 10:00")


@pytest.mark.parametrize(
    ("clocks", "climbed", "expected"),
    [
        # unowned since Monday: by the close of Tuesday somebody is named, or it climbs
        (
            Clocks(None, None, unowned=(Span(MONDAY),)),
            [],
            ["03-03 15:30 unowned 1", "03-06 15:30 unowned 2"],
        ),
        # named on Wednesday: what had fallen due has, whenever a sweep finds it
        (
            Clocks(None, None, unowned=(Span(MONDAY, dar("2026-03-04 09:00")),)),
            [],
            ["03-03 15:30 unowned 1"],
        ),
        (Clocks(None, None, unowned=(Span(MONDAY, dar("2026-03-03 15:30")),)), [], []),
        # acknowledged late, and once only
        (
            Clocks(ACKNOWLEDGE, None, acknowledged_at=dar("2026-03-05 08:00")),
            [],
            ["03-04 15:30 acknowledge 1"],
        ),
        (Clocks(ACKNOWLEDGE, None, acknowledged_at=ACKNOWLEDGE), [], []),
        # an appeal begins where it is told, at once, and then by the clock of its answer
        (
            Clocks(None, ANSWER, appealed_at=MONDAY),
            [],
            ["03-02 10:00 appeal 1", "03-20 15:30 answer 2", "03-25 15:30 answer 3"],
        ),
        # the third transfer: one rung, the next one when the last was held
        (Clocks(None, None, events=(drive("transfer", "03-04 11:00"),)), [],
         ["03-04 11:00 transfer 1"]),
        (Clocks(None, None, events=(drive("transfer", "03-04 11:00"),)),
         [climbs("03-03 15:30", 1)], ["03-06 15:30 transfer 2"]),
        # two before the rung was free: it answers both
        (
            Clocks(None, None, events=(drive("transfer", "03-04 11:00", key="a"),
                                       drive("transfer", "03-05 11:00", key="b"))),
            [climbs("03-03 15:30", 1)],
            ["03-06 15:30 transfer 2"],
        ),
        # another driver's rung after it spends it; one before it does not
        (Clocks(None, None, events=(drive("transfer", "03-04 11:00"),)),
         [climbs("03-04 15:30", 1)], []),
        (Clocks(None, None, events=(drive("transfer", "03-04 11:00"),)),
         [climbs("03-04 10:59", 1)], ["03-09 15:30 transfer 2"]),
        # not above the head of the institution, and no alarm about it
        (Clocks(None, None, events=(drive("transfer", "03-04 11:00"),)),
         [climbs("03-03 15:30", 3)], []),
        # a pause just before the due time: to rung 2 at most
        (Clocks(None, None, events=(drive("pause", "03-18 09:00"),)), [],
         ["03-18 09:00 pause 1"]),
        (Clocks(None, None, events=(drive("pause", "03-18 09:00"),)),
         [climbs("03-03 15:30", 2)], []),
        # an order of rung 3 that nobody followed: rung 4, whatever stands below
        (Clocks(None, None, events=(drive("directive", "03-10 15:30", least=4),)),
         [climbs("03-03 15:30", 3)], ["03-10 15:30 directive 4"]),
        (Clocks(None, None, events=(drive("directive", "03-10 15:30", least=4),)),
         [climbs("03-03 15:30", 1)], ["03-10 15:30 directive 4"]),
        # a lower rung does not spend it
        (Clocks(None, None, events=(drive("directive", "03-10 15:30", least=4),)),
         [climbs("03-11 15:30", 2)], ["03-16 15:30 directive 4"]),
        (Clocks(None, None, events=(drive("directive", "03-10 15:30", least=4),)),
         [climbs("03-11 15:30", 5)], []),
        # followed at last, before the rung was free
        (Clocks(None, None, events=(Event("directive", dar("2026-03-10 15:30"), 4,
                                          until=dar("2026-03-11 09:00")),)),
         [climbs("03-09 15:30", 1)], []),
        # nothing above: an alarm, once
        (Clocks(None, None, events=(drive("directive", "03-10 15:30", least=8),)),
         [climbs("03-09 15:30", 7)], ["03-10 15:30 directive None"]),
        # a letter at a high office: that rung at once, the others are passed over
        (Clocks(None, None, events=(drive("paper", "03-05 09:00", least=5),)),
         [climbs("03-04 15:30", 1)], ["03-05 09:00 paper 5"]),
        (Clocks(None, None, events=(drive("paper", "03-05 09:00", least=5),)),
         [climbs("03-04 15:30", 5)], []),
        (Clocks(None, None, events=(drive("paper", "03-05 09:00", least=5),)),
         [climbs("03-04 15:30", 6)], []),
        (Clocks(None, None, events=(drive("paper", "03-05 09:00", least=9),)), [], []),
        # together: the earliest moment, then what began first, then the order of the list
        (
            Clocks(ACKNOWLEDGE, None, events=(drive("transfer", "03-05 09:00"),)),
            [climbs("03-03 15:30", 1)],
            ["03-06 15:30 acknowledge 2"],
        ),
        (
            Clocks(None, dar("2026-03-05 15:30"),
                   events=(drive("transfer", "03-05 09:00", key="a"),)),
            [climbs("03-03 15:30", 1)],
            ["03-06 15:30 transfer 2", "03-11 15:30 answer 3"],
        ),
        (
            Clocks(dar("2026-03-03 15:30"), None, unowned=(Span(MONDAY),)),
            [],
            ["03-03 15:30 acknowledge 1", "03-06 15:30 acknowledge 2"],
        ),
    ],
)  # fmt: skip
def test_the_drivers(clocks: Clocks, climbed: list[Climbed], expected: list[str]) -> None:
    steps = forecast(PLAIN, COUNCIL, clocks, climbed, limit=3)
    shown = [f"{s.at.astimezone(DAR_ES_SALAAM):%m-%d %H:%M} {s.clock} {s.rung}" for s in steps]
    assert shown[: len(expected)] == expected
    assert len(shown) == len(expected) or clocks.answer_due is not None


def test_what_an_event_led_to_is_known_though_its_calendar_changed() -> None:
    moved = Clocks(None, None, events=(drive("directive", "03-11 15:30", 4, "d"),))
    assert next_step(PLAIN, COUNCIL, moved, [climbs("03-10 15:30", 4, "d")], []) is None
    other = next_step(PLAIN, COUNCIL, moved, [climbs("03-10 15:30", 4, "e")], [])
    assert other is not None
    assert other.rung == 5


def test_an_order_falls_due_at_the_close_of_its_day_or_of_the_next_working_one() -> None:
    given = dar("2026-03-03 09:00")
    assert directive(PLAIN, date(2026, 3, 10), given, 3, "k") == Event(
        "directive", dar("2026-03-10 15:30"), least=4, key="k"
    )
    saturday = directive(PLAIN, date(2026, 3, 7), given, 3, "k")
    assert saturday.at == dar("2026-03-09 15:30")
    # given for the same day after the office had closed
    evening = directive(PLAIN, date(2026, 3, 3), dar("2026-03-03 18:00"), 3, "k")
    assert evening.at == dar("2026-03-04 15:30")


@pytest.mark.parametrize(
    ("earlier", "start", "abused"),
    [
        (0, "2026-03-20 09:00", False),  # the first one never is
        (1, "2026-03-17 15:00", False),  # three working days are left
        (1, "2026-03-18 07:30", True),
        (1, "2026-03-20 15:29", True),
        (1, "2026-03-16 15:00", False),
    ],
)
def test_a_pause_just_before_the_due_time_is_an_abuse(
    earlier: int, start: str, abused: bool
) -> None:
    assert abuses_pause(PLAIN, earlier, dar(start), ANSWER) is abused


# --- who stands on a rung -------------------------------------------------------------------

HERE, AWAY, GONE = (1, True, False), (1, True, True), (1, False, False)
DEPUTY, DEPUTY_AWAY, DEPUTY_GONE = (2, True, False), (2, True, True), (2, False, False)
Who = tuple[int, bool, bool] | None


@pytest.mark.parametrize(
    ("holder", "deputy", "excluded", "handler", "way"),
    [
        (HERE, DEPUTY, set(), 7, "holder 1"),
        (HERE, None, set(), 7, "holder 1"),
        (HERE, DEPUTY, {2}, 7, "holder 1"),
        (HERE, DEPUTY, set(), None, "holder 1"),
        # on leave: the deputy, and nobody need be alarmed
        (AWAY, DEPUTY, set(), 7, "deputy 2 away"),
        (AWAY, DEPUTY_AWAY, set(), 7, "letter - away!"),
        (AWAY, DEPUTY_GONE, set(), 7, "letter - away!"),
        (AWAY, None, set(), 7, "letter - away!"),
        # vacant, or an account that works no more
        (None, DEPUTY, set(), 7, "deputy 2 vacant!"),
        (GONE, DEPUTY, set(), 7, "deputy 2 vacant!"),
        (None, None, set(), 7, "letter - vacant!"),
        (None, DEPUTY_AWAY, set(), 7, "letter - vacant!"),
        (GONE, None, set(), 7, "letter - vacant!"),
        (GONE, DEPUTY_GONE, set(), 7, "letter - vacant!"),
        # the case concerns the holder: never a letter to that office
        (HERE, DEPUTY, {1}, 7, "deputy 2 concerned!"),
        (AWAY, DEPUTY, {1}, 7, "deputy 2 concerned!"),
        (HERE, None, {1}, 7, "skipped - concerned!"),
        (HERE, DEPUTY_AWAY, {1}, 7, "skipped - concerned!"),
        (AWAY, None, {1}, 7, "skipped - concerned!"),
        (HERE, DEPUTY, {1, 2}, 7, "skipped - concerned!"),
        # the deputy in charge would open the letter
        (AWAY, DEPUTY, {2}, 7, "skipped - concerned!"),
        (None, DEPUTY, {2}, 7, "skipped - concerned!"),
        # the handler stands on the post: nobody is a superior of the own
        (HERE, DEPUTY, set(), 1, "deputy 2 own!"),
        (HERE, None, set(), 1, "skipped - own!"),
        (HERE, DEPUTY_AWAY, set(), 1, "skipped - own!"),
        (AWAY, None, set(), 1, "skipped - own!"),
        (AWAY, DEPUTY, set(), 2, "skipped - own!"),
        (None, DEPUTY, set(), 2, "skipped - own!"),
        (HERE, DEPUTY, set(), 2, "holder 1"),
        (HERE, DEPUTY, {2}, 1, "skipped - concerned!"),
    ],
)
def test_the_way_round(
    holder: Who, deputy: Who, excluded: set[int], handler: int | None, way: str
) -> None:
    post = Post(9, Person(*holder) if holder else None, Person(*deputy) if deputy else None)
    found = resolve(post, frozenset(excluded), handler=handler)
    assert told(found) == way


def told(way: Way) -> str:
    said = f"{way.kind} {way.person or '-'} {way.why}".strip()
    return said + "!" * way.alarm


def test_a_missing_parent_is_skipped_with_an_alarm() -> None:
    assert resolve(None, frozenset()) == Way("skipped", None, alarm=True, why="missing")


def test_a_post_that_stood_on_a_lower_rung_is_no_superior_of_its_own() -> None:
    post = Post(9, Person(*HERE), None)
    assert told(resolve(post, frozenset(), below=frozenset({9}))) == "skipped - circle!"
    assert told(resolve(post, frozenset(), below=frozenset({8}))) == "holder 1"


people = st.none() | st.builds(Person, st.integers(1, 4), st.booleans(), st.booleans())


@given(people, people, st.frozensets(st.integers(1, 4)), st.none() | st.integers(1, 4))
def test_the_excluded_are_never_reached(
    holder: Person | None, deputy: Person | None, excluded: frozenset[int], handler: int | None
) -> None:
    way = resolve(Post(1, holder, deputy), excluded, handler=handler)
    assert way.person not in excluded
    assert way.person is None or way.person != handler
    assert (way.person is None) == (way.kind in {"letter", "skipped"})
    assert way.alarm == (way.why not in {"", "away"} or way.kind != "deputy" and bool(way.why))
    if way.kind == "letter":
        there = {person.id for person in (holder, deputy) if person}
        assert not there & excluded
        assert handler not in there


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


TOPS = {driver.clock: driver.top for driver in DRIVERS}
spans = st.builds(
    lambda since, days: Span(since, None if days is None else since + timedelta(days=days)),
    moments,
    st.none() | st.integers(0, 9),
)
events_ = st.lists(
    st.tuples(
        st.sampled_from(["transfer", "pause", "directive", "paper"]),
        moments,
        st.integers(1, 8),
        st.none() | st.integers(0, 9),
    ),
    max_size=4,
).map(
    lambda rows: tuple(
        Event(
            clock,
            at,
            least if clock in ("directive", "paper") else 1,
            key=str(number),
            until=at + timedelta(days=done) if done is not None and clock == "directive" else None,
        )
        for number, (clock, at, least, done) in enumerate(rows)
    )
)
cases_ = st.builds(
    lambda clocks, late, appealed, spans, events: Clocks(
        clocks.acknowledge_due,
        clocks.answer_due,
        late and clocks.acknowledge_due and clocks.acknowledge_due + timedelta(days=late),
        FIRST if appealed else None,
        tuple(spans),
        events,
    ),
    clocks_,
    st.none() | st.integers(1, 9),
    st.booleans(),
    st.lists(spans, max_size=2),
    events_,
)
LAST = FIRST + timedelta(days=140)


def as_known(clocks: Clocks, now: datetime) -> Clocks:
    """What a sweep at `now` can know of it."""
    given = clocks.acknowledged_at
    return replace(
        clocks,
        acknowledged_at=given if given is not None and given <= now else None,
        unowned=tuple(
            Span(span.since, span.until if span.until and span.until <= now else None)
            for span in clocks.unowned
            if span.since <= now
        ),
        events=tuple(
            replace(event, until=event.until if event.until and event.until <= now else None)
            for event in clocks.events
            if event.at <= now
        ),
    )


def swept(
    calendar: Calendar, ladder: list[Rung], clocks: Clocks, first: int, at: list[datetime]
) -> list[Step]:
    """What sweeps at these moments do, each with what it can know; up to the first top alarm."""
    climbed: list[Climbed] = []
    done: list[Step] = []
    told: list[str] = []
    for now in at:
        while True:
            known = as_known(clocks, now)
            for key in told:
                known = alarmed(known, key)
            step = next_step(calendar, ladder, known, climbed, [], first)
            if step is None or step.at > now:
                break
            done.append(step)
            if step.rung is not None:
                climbed.append(Climbed(step.rung, step.at, key=step.key))
            elif step.key:
                told.append(step.key)
            else:
                return done
    return done


@given(
    calendars,
    ladders,
    cases_,
    st.integers(1, 4),
    st.lists(st.integers(0, 140 * 24), max_size=12).map(sorted),
)
def test_the_rungs_do_not_depend_on_when_sweeps_come(
    calendar: Calendar, ladder: list[Rung], clocks: Clocks, first: int, hours: list[int]
) -> None:
    sweeps = [FIRST + timedelta(hours=hour) for hour in hours]
    rarely = swept(calendar, ladder, clocks, first, [*sweeps, LAST])
    once = swept(calendar, ladder, clocks, first, [LAST])
    assert rarely == once


@given(calendars, ladders, cases_, st.integers(1, 4))
def test_every_driver_keeps_to_the_policy(
    calendar: Calendar, ladder: list[Rung], clocks: Clocks, first: int
) -> None:
    steps = swept(calendar, ladder, clocks, first, [LAST])
    rungs = [step.rung for step in steps if step.rung is not None]
    assert rungs == sorted(set(rungs))  # never twice, and only upwards
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    events = {event.key: event for event in clocks.events}
    before: Step | None = None
    for step in steps:
        if step.key:
            assert step.at >= events[step.key].at  # never early
            assert step.rung is None or step.rung >= events[step.key].least
        if step.rung is None:
            continue
        top = TOPS[step.clock]
        assert top is None or step.rung <= top
        assert step.rung >= min(first, len(ladder)) or step.clock == "paper"
        if before is not None and before.rung is not None and step.clock != "paper":
            held = add_working_days(calendar, before.at, ladder[before.rung - 1].days)
            assert step.at >= held
        before = step
    for event in clocks.events:  # spent, or without a rung to go to
        later = [
            step
            for step in steps
            if step.rung is not None and step.rung >= event.least and step.at >= event.at
        ]
        alone = [step for step in steps if step.key == event.key]
        assert len(alone) <= 1
        if alone and alone[0].rung is not None:
            assert alone[0] == later[0]
