"""USSD: what is new in a transcript, and every screen that can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.rules import ussd
from feedback.rules.ussd import (
    Do,
    Item,
    Opened,
    Proof,
    Receipt,
    Seen,
    Session,
    State,
    Wait,
    World,
    filing,
    machine,
    screens,
    texts,
    transcript,
)
from feedback.rules.ussd.state import Draft
from tests.rules.ussd_world import STATUSES, shipped
from tests.web.dialled import valid

WORLD = shipped()
LANGUAGES = ("sw", "en")
DUE = "31/12/2026"
LONG_WORDS = "Mwalimu \u201cMkuu\u201d — ŵa shule\nhafiki 😀 * # " * 40
CASE = Item("ABCD-EFGH", "assigned", DUE)
RECEIPT = Receipt("ABCD-EFGH", "ABCD-EFGH-JKM", DUE)
SHOWN = (Do.READ, Do.RECEIPT, Do.LODGE, Do.PROVE)
PROOF = Proof("MWMW-MWMW-MWMW", "204918", DUE)


# What is new


def _feed(*transcripts: str) -> list[str | None]:
    seen, found = Seen(), []
    for text in transcripts:
        new, seen = ussd.new_input(text, seen)
        found.append(new)
    return found


@pytest.mark.parametrize(
    ("transcripts", "new"),
    [
        (("", "1", "1*2"), (None, "1", "2")),
        # Dialled at once, with what follows.
        (("1*2", "1*2*3"), ("1*2", "3")),
        # Exact repeats, of the last one and of earlier ones.
        (("", "1", "1", "1*2", "1", "1*2", "1*2*3"), (None, "1", None, "2", None, None, "3")),
        # A star within what was typed.
        (("", "1", "1*a*b*c", "1*a*b*c*2"), (None, "1", "a*b*c", "2")),
        # Sent empty.
        (("", "", "*1", "*1*", "*1**2"), (None, None, "*1", "", "2")),
        # Cut short: the screen is shown again, and the answer to it counts.
        (("", "1", "1*2", "1*2*3", "1*2", "1*2*4"), (None, "1", "2", "3", None, "4")),
        # Nothing that it could extend: shown again, then gone on with.
        (("", "1", "1*2", "7*7", "7*7*4"), (None, "1", "2", None, "4")),
        # Longer by something that is no new answer.
        (("", "1", "12"), (None, "1", None)),
    ],
)
def test_what_is_new(transcripts: tuple[str, ...], new: tuple[str | None, ...]) -> None:
    assert _feed(*transcripts) == list(new)


def test_repeats_in_any_order_give_nothing_new() -> None:
    steps = ["", "1", "1*1", "1*1*1", "1*1*1*maji"]
    for late in product(steps, repeat=2):
        *_, first, second, after = _feed(*steps, *late, "1*1*1*maji*2")
        assert (first, second, after) == (None, None, "2")


@given(st.lists(st.text(st.sampled_from("1*0a \u00e9"), max_size=4), max_size=8))
def test_what_follows_is_what_was_put_in(inputs: list[str]) -> None:
    """Whatever is typed, the new parts together are the transcript."""
    seen, gathered = Seen(), []
    for count in range(len(inputs) + 1):
        new, seen = ussd.new_input("*".join(inputs[:count]), seen)
        if new is not None:
            gathered.append(new)
    assert "*".join(gathered) == "*".join(inputs) or not "".join(inputs)


def test_memory_of_transcripts_is_bounded() -> None:
    seen = Seen()
    for count in range(200):
        _, seen = ussd.new_input("*".join("1" * count), seen)
    assert len(seen.answered) == transcript.MOST_KEPT
    assert ussd.new_input("*".join("1" * 200), seen)[0] == "1"


# Every screen


def _states(language: str) -> Iterator[tuple[State, Any]]:
    """Each place with the longest that can stand there, and the fact it needs."""
    longest = max(WORLD.institutions.values(), key=lambda i: len(i.names[language]))
    category = max(WORLD.categories, key=lambda c: len(c.names[language]))
    draft = Draft(
        kind="complaint",
        region=max(WORLD.regions, key=len),
        institution=longest.code,
        category=category.code,
        words=LONG_WORDS,
        place="Uhindini",
        level="restricted",
        anonymous=True,
    )
    state = State(
        language=language, draft=draft, case=CASE, ticket="1234", act="add", listed=(CASE,) * 20
    )
    for at in machine.PLACES:
        known = {"done": RECEIPT, "proof": PROOF}.get(at, LONG_WORDS)
        yield replace(state, at=at), known
        least = {"done": replace(RECEIPT, code=""), "proof": PROOF}.get(at, "")
        yield replace(state, at=at, draft=Draft(kind="enquiry")), least
    for kind, level, anonymous, by_sms in product(
        filing.KINDS, filing.LEVELS, (False, True), (False, True)
    ):
        given_ = replace(draft, kind=kind, level=level, anonymous=anonymous, by_sms=by_sms)
        yield replace(state, at="confirm", draft=given_), None
    for code in WORLD.institutions:
        for at in ("category", "confirm"):
            yield replace(state, at=at, draft=replace(draft, institution=code)), None
    for each in WORLD.categories:
        yield replace(state, at="confirm", draft=replace(draft, category=each.code)), None
    for region in WORLD.regions:
        yield replace(state, at="council", draft=replace(draft, region=region)), None
    for status, lower_to, listed in product(STATUSES, ("", *filing.LEVELS[:2]), ((), (CASE,))):
        case = Item("ABCD-EFGH", status, DUE)
        known = Opened("x", status, DUE, lower_to)
        for at in ("case", "cases", "lower", "sure", "answer"):
            many = tuple(replace(each, status=status) for each in listed) * 20
            yield replace(state, at=at, case=case, opened=known, listed=many), None
            yield replace(state, at=at, case=case, opened=None, listed=many), None
    for act in ("add", "not_fixed"):
        yield replace(state, at="say", act=act), None


def _notices(at: str, language: str) -> list[str]:
    """The lines that can stand above a place."""
    own = {
        "main": ["discarded"],
        "institution": ["not_found", "gone"],
        "code": ["wrong_code"],
        "reference": ["bad_reference"],
        "case": ["taken", "lowered", "not_possible"],
    }.get(at, [])
    place = machine.PLACES[at]
    if isinstance(place, machine.Menu) and place.typed is None:
        own = [*own, "bad_choice"]
    if isinstance(place, machine.Words):
        own = [*own, "empty", "too_long"]
    waits = [texts.say("wait", language, seconds=120)] if at == "code" else []
    return ["", *waits, *(texts.say(name, language) for name in own)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_screen_fits_and_shows_the_way_back_and_out(language: str) -> None:
    places = set()
    for state, fact in _states(language):
        places.add(state.at)
        for notice in _notices(state.at, language):
            for page in range(60):
                shown = ussd.render(replace(state, notice=notice, page=page), WORLD, fact)
                assert valid(shown), (state.at, shown)
                if shown.startswith("CON "):
                    footer = screens.FOOTERS["" if state.at == "language" else language]
                    assert shown.endswith(footer), (state.at, shown)
                if "99 " not in shown.splitlines()[-1]:
                    break
            else:
                raise AssertionError(f"{state.at} has no last page")
    assert places == set(machine.PLACES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_and_no_notice_is_cut(language: str) -> None:
    """But for words, names of institutions, and the list of what was chosen."""
    for state, fact in _states(language):
        if state.at in ("written", "confirm", "category", "answer"):
            continue
        for notice in _notices(state.at, language):
            shown = ussd.render(replace(state, notice=notice), WORLD, fact)
            title = shown.split("\n1 ")[0]
            assert screens.CUT not in title, shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_choice_can_be_reached_and_leads_somewhere(language: str) -> None:
    """All options of all menus stand on some page under their own number, and choosing one by it
    gives a valid screen."""
    for state, _ in _states(language):
        place = machine.PLACES[state.at]
        if not isinstance(place, machine.Menu):
            continue
        labels = [option.label for option in place.options(state, WORLD)]
        shown, session, pages = "", Session(state), 0
        while True:
            page = ussd.render(session.state, WORLD)
            shown += page + "\n"
            pages += 1
            if "99 " not in page.splitlines()[-1]:
                break
            session = ussd.run(session, "99", WORLD).session
            assert pages < 60
        for number, label in enumerate(labels, 1):
            line = f"\n{number} {screens.cut(screens.plain(label), screens.LONGEST_LABEL)}\n"
            assert line in shown, (state.at, line)
        for _ in range(pages - 1):
            session = ussd.run(session, "0", WORLD).session
        assert session.state == replace(state, page=0)


def test_names_are_told_apart_after_they_were_cut() -> None:
    for language, region in product(LANGUAGES, WORLD.regions):
        cut = [
            screens.cut(screens.plain(i.names[language]), screens.LONGEST_LABEL)
            for i in WORLD.members(region)
        ]
        assert len(set(cut)) == len(cut)


def test_both_languages_say_everything() -> None:
    assert {name for name, said in texts.TEXTS.items() if set(said) != set(LANGUAGES)} == {
        "language",  # both at once
        "broken",  # before a language is known
    } - {name for name in ("broken",) if "en" in texts.TEXTS[name]}
    for said in texts.TEXTS.values():
        for text in said.values():
            assert text.isascii()


# A walk through everything


def _outcome(effect: ussd.Effect, draw: Any) -> Any:
    """Whatever can come of it."""
    match effect.do:
        case Do.CASES:
            return [CASE, replace(CASE, status="answered", due="")][: draw(st.integers(0, 2))]
        case Do.OPEN:
            opened = Opened("x", "answered", "", draw(st.sampled_from(["", "open"])))
            return draw(st.sampled_from([None, Wait(120), opened]))
        case Do.LODGE | Do.RECEIPT:
            return (
                draw(st.sampled_from([RECEIPT, RECEIPT, None]))
                if effect.do is Do.LODGE
                else RECEIPT
            )
        case Do.PROVE:
            return PROOF
        case Do.READ:
            return draw(st.sampled_from(["", LONG_WORDS]))
        case Do.LOWER:
            return draw(st.booleans())
    return None


INPUTS = st.one_of(
    st.sampled_from(["1", "2", "3", "4", "5", "0", "00", "99", "", " ", "1*2", "maji", "12"]),
    st.sampled_from(
        ["TANESCO", "jiji la dodoma", "ABCD-EFGH", "*", "**1", "1*", "\u0661", "9" * 50]
    ),
    st.text(max_size=30),
)


@given(st.data(), st.lists(INPUTS, max_size=25), st.sampled_from([None, "sw", "en"]))
def test_whatever_is_put_in_gives_a_valid_screen_and_loses_no_word(
    data: st.DataObject, inputs: list[str], language: str | None
) -> None:
    before = State(at="place", language="en", draft=Draft(kind="enquiry", words="kabla"))
    resumed = data.draw(st.sampled_from([None, before]))
    session = ussd.begin("s", "1234", language, resumed, Seen())
    said: list[str] = []
    for count in range(len(inputs) + 1):
        text = "*".join(inputs[:count])
        new, seen = ussd.new_input(text, session.seen)
        session = replace(session, seen=seen)
        run, fact = ussd.run(session, new, WORLD), None
        while (
            effect := run.effect or (None if fact else ussd.needs(run.session.state))
        ) is not None:
            if effect.do is Do.LODGE:
                said.append(run.session.state.draft.words)
                assert run.session.state.draft.words.strip()
            if effect.do is Do.SAY and effect.act in ("add", "not_fixed"):
                assert effect.words.strip()
                assert effect.words in text
            outcome = _outcome(effect, data.draw)
            settled = ussd.settle(run.session, effect, outcome, "s")
            fact = outcome or "-" if effect.do in SHOWN else None
            run = ussd.run(settled, run.rest, WORLD)
        session = run.session
        assert valid(ussd.render(session.state, WORLD, fact))
        # What is kept between two callbacks is all there is.
        assert ussd.load(ussd.dump(session)) == session
        assert ussd.stage(session) in ("passing", "draft", "waiting", "done")
    for words in said:
        for line in words.split("\n") if words != "kabla" else ():
            assert line in text or "\n" in text


def _put(session: Session, *inputs: str) -> Session:
    for each in inputs:
        run = ussd.run(session, each, WORLD)
        session = run.session
        if run.effect is not None and run.effect.do is not Do.LODGE:
            session = ussd.settle(session, run.effect, None)
    return session


FILED = ("1", "1", "2", "1")  # new, complaint, I do not know, I do not know


@given(st.text(min_size=1).filter(lambda t: t.strip() not in ("", "0", "00", "1")))
def test_words_are_taken_as_typed(words: str) -> None:
    session = _put(ussd.begin("s", "1234", "sw", None, Seen()), *FILED, words)
    assert session.state.at == "written"
    assert session.state.draft.words == words
    session = _put(session, "1", "Uhindini", "2", "1")
    run = ussd.run(session, "1", WORLD)
    assert run.effect == ussd.Effect(Do.LODGE)
    assert run.session.state.draft.words == words


def test_back_leads_the_same_way_and_keeps_what_was_chosen() -> None:
    begun = ussd.begin("s", "1234", "sw", None, Seen())
    way = [*FILED, "Hakuna maji", "1", "Uhindini", "2", "1"]
    states = [begun.state]
    session = begun
    for each in way:
        session = _put(session, each)
        states.append(session.state)
    places = [state.at for state in states]
    assert places[-1] == "confirm"
    for expected in reversed([at for at in places[:-1] if at not in ("words",)]):
        session = _put(session, "0")
        assert session.state.at == expected
    assert session.state.draft == Draft(submission="s")


def test_back_to_the_subject_keeps_the_words() -> None:
    session = _put(ussd.begin("s", "1234", "sw", None, Seen()), *FILED, "Hakuna maji", "0", "2")
    assert (session.state.at, session.state.draft.words) == ("written", "Hakuna maji")


def test_words_can_be_added_and_written_again() -> None:
    session = _put(
        ussd.begin("s", "1234", "sw", None, Seen()), *FILED, "Hakuna maji", "2", "tangu *jana*"
    )
    assert session.state.draft.words == "Hakuna maji\ntangu *jana*"
    session = _put(session, "3", "Maji hayatoki")
    assert session.state.draft.words == "Maji hayatoki"


def test_too_much_is_refused_and_what_was_written_stays() -> None:
    session = _put(ussd.begin("s", "1234", "sw", None, Seen()), *FILED, "x" * 4_990, "2", "y" * 20)
    assert session.state.draft.words == "x" * 4_990
    assert texts.TEXTS["too_long"]["sw"] in ussd.render(session.state, WORLD)


def test_exit_keeps_nothing() -> None:
    session = _put(ussd.begin("s", "1234", "sw", None, Seen()), *FILED, "Hakuna maji", "00")
    assert ussd.render(session.state, WORLD).startswith("END Umetoka")
    assert session.state.draft == Draft()
    assert _put(session, "1", "2").state == session.state


def test_an_institution_is_found_by_code_and_name_and_else_asked_again() -> None:
    begun = ussd.begin("s", "1234", "sw", None, Seen())
    for typed in ("DODOMA-CC", "dodoma cc", "Jiji la Dodoma", " jiji la dodoma "):
        session = _put(begun, "1", "1", typed)
        assert (session.state.at, session.state.draft.institution) == ("category", "DODOMA-CC")
    session = _put(begun, "1", "1", "hakuna kitu hiki")
    assert session.state.at == "institution"
    assert "Haijapatikana" in ussd.render(session.state, WORLD)


def test_another_version_of_the_state_is_let_go() -> None:
    for text in ("", "{}", "[]", "null", '{"state":{},"before":null,"seen":{}}'):
        assert ussd.load(text) is None


def test_the_world_lists_every_council_once() -> None:
    listed = [i.code for region in WORLD.regions for i in WORLD.members(region)]
    councils = {c for c, i in WORLD.institutions.items() if i.kind == "council"}
    assert councils <= set(listed)
    assert len(set(listed)) == len(listed)
    assert isinstance(WORLD, World)
