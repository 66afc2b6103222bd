"""The places after a filing: status, reading with the receipt code, satisfied, not fixed, add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from feedback.rules.reference import parse_reference
from feedback.rules.ussd.filing import LONGEST_WORDS, SHORTCUT
from feedback.rules.ussd.state import Do, Effect, Item, Opened, State, Wait
from feedback.rules.ussd.steps import (
    End,
    Menu,
    Option,
    Place,
    Reading,
    Step,
    Words,
    note,
    onward,
    to,
)
from feedback.rules.ussd.texts import say
from feedback.rules.ussd.world import World
from feedback.rules.workflow import Status

ENDED = (Status.CLOSED, Status.WITHDRAWN)
TO_CASE = ("language", "main", "cases")
"""The way back from a case."""


def listed(state: State, items: Sequence[Item]) -> State:
    """The number's cases were looked up."""
    return to(state, "cases", listed=tuple(items), case=None, opened=None)


def _status(state: State, world: World, item: Item) -> str:
    return world.statuses[item.status][state.language] if item.status in world.statuses else ""


def _cases_title(state: State, world: World) -> str:
    return say("cases" if state.listed else "no_cases", state.language)


def _cases(state: State, world: World) -> Sequence[Option]:
    return [
        *(
            Option(
                f"{item.reference} {_status(state, world, item)}",
                onward("case", case=item, opened=None),
            )
            for item in state.listed
        ),
        Option(say("other_reference", state.language), onward("reference")),
    ]


def _take_reference(state: State, world: World, typed: str) -> Step:
    reference = parse_reference(typed)
    if reference is None:
        return note(state, say("bad_reference", state.language))
    return to(state, "code", case=Item(reference, ""), opened=None), None


def _take_code(state: State, world: World, typed: str) -> Step:
    return state, Effect(Do.OPEN, reference=_case(state).reference, words=typed)


def opened(state: State, outcome: Opened | Wait | None) -> State:
    """The receipt code was compared: the answer is read, or the code asked for again."""
    if outcome is None:
        return replace(state, notice=say("wrong_code", state.language))
    if isinstance(outcome, Wait):
        return replace(state, notice=say("wait", state.language, seconds=outcome.seconds))
    case = Item(_case(state).reference, outcome.status, outcome.due)
    return replace(
        state, at="answer", page=0, trail=(*TO_CASE, "case"), case=case, opened=outcome, notice=""
    )


def _case(state: State) -> Item:
    return state.case or Item("", "")


def _case_title(state: State, world: World) -> str:
    item = _case(state)
    name = "case_due" if item.due else "case"
    if not item.status:
        return item.reference
    status = _status(state, world, item)
    return say(name, state.language, reference=item.reference, status=status, due=item.due)


def _case_options(state: State, world: World) -> Sequence[Option]:
    """What can be done: acts only with a case of this number, which is their proof."""
    item = _case(state)
    own = any(item.reference == each.reference for each in state.listed)
    names: list[tuple[str, Callable[[State], Step]]] = [
        ("read", onward("answer" if state.opened else "code"))
    ]
    if state.opened and state.opened.lower_to:
        names.append(("lower", onward("lower")))
    if own and item.status == Status.ANSWERED:
        names.append(("satisfied", onward("sure")))
        names.append(("not_fixed", onward("say", act="not_fixed")))
    if own and item.status not in ENDED:
        names.append(("add_words", onward("say", act="add")))
    if own:
        names.append(("receipt_code", lambda s: _say(s, "receipt_code")))
    if state.opened:
        names.append(("prove", onward("proof")))
    elif own:
        names.append(("prove", lambda s: _say(s, "prove")))
    return [Option(say(name, state.language), choose) for name, choose in names]


def _say(state: State, act: str, words: str = "") -> Step:
    return state, Effect(
        Do.SAY,
        act=act,
        reference=_case(state).reference,
        words=words,
        rating=state.rating if act == "satisfied" else "",
    )


def said(state: State, act: str) -> State:
    """An act was handed to the worker: the case, with a line that it was. How it stands afterwards
    is not known here, so what could be said of its answer is offered no more."""
    case = _case(state)
    if act in ("satisfied", "not_fixed"):
        case = replace(case, status="", due="")
    listed = tuple(case if each.reference == case.reference else each for each in state.listed)
    notice = say("taken", state.language)
    return replace(
        state,
        at="case",
        page=0,
        trail=TO_CASE,
        case=case,
        listed=listed,
        act="",
        rating="",
        notice=notice,
    )


def _sure(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("yes", state.language), onward("rating")),
        Option(say("no", state.language), onward("say", act="not_fixed")),
    ]


def _ratings(state: State, world: World) -> Sequence[Option]:
    """The number of a line is the rating that it gives."""
    return [
        *(
            Option(say(f"rating_{rating}", state.language), onward("remark", rating=str(rating)))
            for rating in range(1, 6)
        ),
        Option(say("rating_none", state.language), onward("remark", rating="")),
    ]


def _take_remark(state: State, world: World, typed: str) -> Step:
    if len(typed) > LONGEST_WORDS:
        return note(state, say("too_long", state.language))
    return _say(state, "satisfied", "" if typed.strip() == SHORTCUT else typed)


def _proof(state: State, world: World, proof: Any) -> str:
    return say(
        "proof",
        state.language,
        reference=_case(state).reference,
        code=proof.code,
        pin=proof.pin,
        until=proof.until,
        shortcode=world.shortcode,
    )


def _say_title(state: State, world: World) -> str:
    return say(f"say_{state.act}", state.language, reference=_case(state).reference)


def _take_said(state: State, world: World, typed: str) -> Step:
    if len(typed) > LONGEST_WORDS:
        return note(state, say("too_long", state.language))
    return _say(state, state.act, typed)


def _lower_title(state: State, world: World) -> str:
    level = state.opened.lower_to if state.opened else ""
    return say(
        "lowering",
        state.language,
        reference=_case(state).reference,
        level=say(f"level_{level or 'open'}", state.language),
    )


def _lower(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("yes", state.language), lambda s: (s, Effect(Do.LOWER, yes=True))),
        Option(say("no", state.language), lambda s: (s, Effect(Do.LOWER))),
    ]


def lowered(state: State, done: bool) -> State:
    """The office's question was answered, or stands no longer."""
    notice = say("lowered" if done else "not_possible", state.language)
    known = replace(state.opened, lower_to="") if state.opened else None
    return replace(state, at="case", page=0, trail=TO_CASE, opened=known, notice=notice)


def _answer(state: State, world: World, words: Any) -> str:
    return words or say("no_answer", state.language, reference=_case(state).reference)


def _sure_title(state: State, world: World) -> str:
    return say("sure", state.language, reference=_case(state).reference)


PLACES: dict[str, Place] = {
    "cases": Menu(_cases_title, _cases),
    "reference": Words(lambda state, world: say("reference", state.language), _take_reference),
    "code": Words(
        lambda state, world: say("code", state.language, reference=_case(state).reference),
        _take_code,
    ),
    "case": Menu(_case_title, _case_options),
    "answer": Reading(_answer),
    "sure": Menu(_sure_title, _sure),
    "rating": Menu(lambda state, world: say("rating", state.language), _ratings),
    "remark": Words(lambda state, world: say("remark", state.language), _take_remark),
    "proof": End(_proof),
    "say": Words(_say_title, _take_said),
    "lower": Menu(_lower_title, _lower),
}
