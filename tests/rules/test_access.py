"""Every kind of officer meets every level of confidentiality."""

import itertools
from dataclasses import replace

import pytest

from feedback.rules.access import (
    CaseFacts,
    Level,
    Viewer,
    may_act,
    may_read_words,
    may_see_case,
    raise_to,
)
from feedback.rules.workflow import Verb

HERE, ELSEWHERE, ETHICS = 10, 20, 30
UNIT, OTHER_UNIT = 100, 101
RUNG_POST, ETHICS_POST, OTHER_POST = 1000, 2000, 3000
HANDLER = 1

OPEN = CaseFacts(
    institution=HERE,
    unit=UNIT,
    handler=HANDLER,
    level=Level.OPEN,
    excluded=frozenset(),
    rung_posts=frozenset({RUNG_POST}),
    restricted_rung_posts=frozenset({ETHICS_POST}),
)
UNOWNED = replace(OPEN, handler=None)


def officer(number: int, institution: int, *roles: str, **more: frozenset[int]) -> Viewer:
    empty: frozenset[int] = frozenset()
    given = {"units": empty, "posts": empty, "heads": empty, "coordinates": empty, **more}
    return Viewer(number, institution, frozenset(roles), **given)


def ids(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


VIEWERS = {
    "handler": officer(HANDLER, HERE, "handler", units=ids(UNIT)),
    "colleague": officer(2, HERE, "handler", units=ids(UNIT)),
    "other unit": officer(3, HERE, "handler", units=ids(OTHER_UNIT)),
    "unit head": officer(4, HERE, "unit_head", units=ids(UNIT)),
    "other unit head": officer(5, HERE, "unit_head", units=ids(OTHER_UNIT)),
    "coordinator": officer(6, HERE, "coordinator", coordinates=ids(HERE)),
    "head": officer(7, HERE, "head", heads=ids(HERE)),
    "handler elsewhere": officer(8, ELSEWHERE, "handler", units=ids(102)),
    "head elsewhere": officer(9, ELSEWHERE, "head", heads=ids(ELSEWHERE)),
    "rung": officer(10, ELSEWHERE, "oversight", posts=ids(RUNG_POST)),
    "rung not reached": officer(11, ELSEWHERE, "oversight", posts=ids(OTHER_POST)),
    "ethics": officer(12, ETHICS, "ethics"),
    "ethics within": officer(13, HERE, "ethics"),
    "ethics rung": officer(14, ETHICS, "oversight", posts=ids(ETHICS_POST)),
    "ethics rung within": officer(15, HERE, "oversight", posts=ids(ETHICS_POST)),
    "admin": officer(16, HERE, "admin", units=ids(UNIT)),
    "auditor": officer(17, HERE, "auditor", units=ids(UNIT)),
}
# w: reads the words, c: sees the case row only, -: nothing
TABLE = """
                     open  confidential  restricted
handler              w     w             -
colleague            w     -             -
other unit           -     -             -
unit head            w     -             -
other unit head      -     -             -
coordinator          w     c             -
head                 w     w             -
handler elsewhere    -     -             -
head elsewhere       -     -             -
rung                 w     w             -
rung not reached     -     -             -
ethics               -     -             w
ethics within        -     -             -
ethics rung          -     -             w
ethics rung within   -     -             -
admin                -     -             -
auditor              -     -             -
"""
SEES = [
    (name.strip(), level, seen)
    for line in TABLE.strip("\n").splitlines()[1:]
    for name in [line[:21]]
    for level, seen in zip(Level, line[21:].split(), strict=True)
]


@pytest.mark.parametrize(("name", "level", "seen"), SEES)
def test_who_sees_what(name: str, level: Level, seen: str) -> None:
    case = replace(OPEN, level=level)
    assert may_see_case(VIEWERS[name], case) == (seen in "cw")
    assert may_read_words(VIEWERS[name], case) == (seen == "w")


def test_the_table_has_every_viewer_and_level() -> None:
    assert {(name, level) for name, level, _ in SEES} == set(itertools.product(VIEWERS, Level))


@pytest.mark.parametrize(("name", "level"), list(itertools.product(VIEWERS, Level)))
def test_the_excluded_see_nothing_and_do_nothing(name: str, level: Level) -> None:
    viewer = VIEWERS[name]
    case = replace(OPEN, level=level, excluded=ids(viewer.officer))
    assert not may_see_case(viewer, case)
    assert not may_read_words(viewer, case)
    assert not any(may_act(viewer, case, verb) for verb in Verb)


ACTING = [
    *("acknowledge", "answer", "ask", "assign", "classify", "explain", "merge", "note", "opinion"),
    *("partial_answer", "raise_confidentiality", "redact", "reopen", "split", "task", "transfer"),
]
OWNING = [*ACTING, "extend"]
ON_RUNG = ["direct", "hand_down", "judge", "note", "take_over"]


@pytest.mark.parametrize(
    ("name", "case", "verbs"),
    [
        ("handler", OPEN, OWNING),
        ("colleague", OPEN, ["note"]),
        ("colleague", UNOWNED, ["assign", "note"]),
        ("other unit", UNOWNED, []),
        ("unit head", OPEN, ACTING),
        ("head", OPEN, [*ACTING, "direct"]),
        ("coordinator", OPEN, ["assign", "transfer"]),
        ("rung", OPEN, ON_RUNG),
        ("rung not reached", OPEN, []),
        ("ethics", OPEN, []),
        ("admin", OPEN, []),
        ("auditor", UNOWNED, []),
        ("handler", replace(OPEN, level=Level.CONFIDENTIAL), OWNING),
        ("colleague", replace(UNOWNED, level=Level.CONFIDENTIAL), []),
        ("unit head", replace(OPEN, level=Level.CONFIDENTIAL), []),
        ("coordinator", replace(OPEN, level=Level.CONFIDENTIAL), ["assign", "transfer"]),
        ("rung", replace(OPEN, level=Level.CONFIDENTIAL), ON_RUNG),
        ("handler", replace(OPEN, level=Level.RESTRICTED), []),
        ("head", replace(OPEN, level=Level.RESTRICTED), []),
        ("rung", replace(OPEN, level=Level.RESTRICTED), []),
        ("ethics", replace(OPEN, level=Level.RESTRICTED), ACTING),
        ("ethics", replace(OPEN, level=Level.RESTRICTED, handler=12), OWNING),
        ("ethics rung", replace(OPEN, level=Level.RESTRICTED), ON_RUNG),
        ("ethics within", replace(OPEN, level=Level.RESTRICTED), []),
    ],
)
def test_who_does_what(name: str, case: CaseFacts, verbs: list[str]) -> None:
    assert sorted(v for v in Verb if may_act(VIEWERS[name], case, v)) == sorted(verbs)


def test_a_handler_who_moved_or_stopped_keeps_no_confidential_case() -> None:
    case = replace(OPEN, level=Level.CONFIDENTIAL)
    assert not may_see_case(officer(HANDLER, ELSEWHERE, "handler"), case)
    assert not may_see_case(officer(HANDLER, HERE), case)


def test_whoever_acts_also_sees() -> None:
    for viewer, level, verb in itertools.product(VIEWERS.values(), Level, Verb):
        case = replace(OPEN, level=level)
        assert not may_act(viewer, case, verb) or may_see_case(viewer, case)
        assert not may_read_words(viewer, case) or may_see_case(viewer, case)


def test_the_level_is_raised_by_anyone_and_lowered_by_the_citizen_only() -> None:
    order = list(Level)
    for one, other in itertools.product(order, order):
        assert raise_to(one, other) == (order.index(other) >= order.index(one))
