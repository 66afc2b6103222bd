"""What places are made of, and the ways between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from feedback.rules.ussd.state import Draft, Effect, State
from feedback.rules.ussd.world import World

Step = tuple[State, Effect | None]


@dataclass(frozen=True, slots=True)
class Option:
    """A line of a menu, and what choosing it leads to."""

    label: str
    choose: Callable[[State], Step]


@dataclass(frozen=True, slots=True)
class Menu:
    """Something is chosen by its number. `typed`: takes an input that is no number shown."""

    title: Callable[[State, World], str]
    options: Callable[[State, World], Sequence[Option]]
    typed: Callable[[State, World, str], Step] | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Something is written: all that is new counts as the words, with every `*` in it."""

    title: Callable[[State, World], str]
    take: Callable[[State, World, str], Step]


@dataclass(frozen=True, slots=True)
class Reading:
    """A longer text, page by page. Its words may be a fact that the caller brings."""

    text: Callable[[State, World, Any], str]


@dataclass(frozen=True, slots=True)
class End:
    """The last screen of the session."""

    text: Callable[[State, World, Any], str]


Place = Menu | Words | Reading | End


def to(state: State, at: str, **changes: Any) -> State:
    """On to another place, with the present one on the way back."""
    return replace(state, at=at, page=0, notice="", trail=(*state.trail, state.at), **changes)


def onward(at: str, **changes: Any) -> Callable[[State], Step]:
    """A choice that leads on and does nothing else."""
    return lambda state: (to(state, at, **changes), None)


def note(state: State, notice: str) -> Step:
    """The same screen with a line above it."""
    return replace(state, notice=notice), None


def chosen(state: State, at: str, **changes: Any) -> Step:
    """On to another place with more of the draft filled in."""
    return to(state, at, draft=replace(state.draft, **changes)), None


def choosing(at: str, **changes: Any) -> Callable[[State], Step]:
    """A choice that fills in more of the draft."""
    return lambda state: chosen(state, at, **changes)


def home(state: State, notice: str = "") -> State:
    """The main menu; nothing of what was begun is kept."""
    return State(
        at="main",
        language=state.language,
        trail=("language",),
        draft=Draft(submission=state.draft.submission),
        ticket=state.ticket,
        notice=notice,
    )


def back(state: State) -> State:
    """The page before, or the place before."""
    if state.page:
        return replace(state, page=state.page - 1, notice="")
    if not state.trail:
        return replace(state, notice="")
    before = state.trail[-1]
    if before == "main":
        return home(state)
    return replace(state, at=before, page=0, notice="", trail=state.trail[:-1])
