"""Taking an input, doing what it asks for, and showing where that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from feedback.rules.ussd import filing, following, screens
from feedback.rules.ussd.state import Do, Draft, Effect, Seen, Session, State
from feedback.rules.ussd.steps import (
    End,
    Menu,
    Option,
    Place,
    Reading,
    Step,
    Words,
    back,
    home,
    note,
    onward,
)
from feedback.rules.ussd.texts import say
from feedback.rules.ussd.world import World

MOST_INPUTS = 30
"""Inputs of one callback: a way through the menus that is dialled at once is shorter."""
OTHER = {"sw": "en", "en": "sw"}


def _languages(state: State, world: World) -> Sequence[Option]:
    return [
        Option("Kiswahili", lambda s: _language(s, "sw")),
        Option("English", lambda s: _language(s, "en")),
    ]


def _language(state: State, language: str) -> Step:
    return home(replace(state, language=language)), Effect(Do.LANGUAGE)


def _main(state: State, world: World) -> Sequence[Option]:
    names = {
        "main_new": onward("kind"),
        "main_cases": lambda s: (s, Effect(Do.CASES)),
        "main_help": onward("help"),
        "main_language": lambda s: _language(s, OTHER[s.language]),
    }
    return [Option(say(name, state.language), choose) for name, choose in names.items()]


def _resume(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("resume_yes", state.language), lambda s: (s, Effect(Do.ALONE, yes=True))),
        Option(say("resume_new", state.language), lambda s: (s, Effect(Do.ALONE))),
    ]


PLACES: dict[str, Place] = {
    "language": Menu(lambda state, world: say("language", "sw"), _languages),
    "main": Menu(lambda state, world: say("main", state.language), _main),
    "resume": Menu(lambda state, world: say("resume", state.language), _resume),
    "help": Reading(lambda state, world, _: say("help", state.language, shortcode=world.shortcode)),
    "bye": End(lambda state, world, _: say("bye", state.language)),
    "bye_draft": End(lambda state, world, _: say("bye_draft", state.language)),
    **filing.PLACES,
    **following.PLACES,
}


@dataclass(frozen=True, slots=True)
class Run:
    """Where the inputs led. With an effect the run stopped for it, and `rest` is still to take."""

    session: Session
    rest: str | None = None
    effect: Effect | None = None


def begin(
    submission: str, ticket: str, language: str | None, before: State | None, seen: Seen
) -> Session:
    """A session that was just dialled; `before`: the one that was dropped a while ago."""
    fresh = State(language=language or "sw", draft=Draft(submission=submission), ticket=ticket)
    state = home(fresh) if language else fresh
    if before is not None:
        state = replace(state, at="resume", language=before.language, trail=())
    return Session(state, before, seen)


def run(session: Session, rest: str | None, world: World) -> Run:
    """Take the inputs one after the other, up to the first that something must be done for."""
    state = session.state
    for _ in range(MOST_INPUTS):
        place = PLACES[state.at]
        if rest is None or isinstance(place, End):
            break
        if isinstance(place, Words):
            typed, rest = rest, None
        else:
            typed, star, after = rest.partition("*")
            rest = after if star else None
        state, effect = _take(place, state, typed, world)
        if effect is not None:
            return Run(replace(session, state=state), rest, effect)
    return Run(replace(session, state=state))


def settle(session: Session, effect: Effect, outcome: Any, submission: str = "") -> Session:
    """Go on after an effect. submission: the id under which LODGE lodged."""
    state = session.state
    match effect.do:
        case Do.CASES:
            state = following.listed(state, outcome)
        case Do.OPEN:
            state = following.opened(state, outcome)
        case Do.LOWER:
            state = following.lowered(state, outcome)
        case Do.SAY:
            state = following.said(state, effect.act)
        case Do.LODGE:
            state = filing.lodged(state, outcome, submission)
        case Do.ALONE:
            state = session.before if effect.yes and session.before else home(state)
            return replace(session, state=state, before=None)
        case Do.READ:
            pages = screens.text_pages(str(outcome), state.language)
            state = replace(state, page=min(state.page, len(pages) - 1))
        case Do.LANGUAGE | Do.RECEIPT | Do.PROVE:
            pass
    return replace(session, state=state)


def needs(state: State) -> Effect | None:
    """What must be known to show the state, if anything: it is kept in no session."""
    if state.at == "done":
        return Effect(Do.RECEIPT)
    if state.at == "answer":
        return Effect(Do.READ)
    if state.at == "proof":
        return Effect(Do.PROVE)
    return None


def stage(session: Session) -> str:
    """What is kept of the session for later: a `draft` can be resumed, a case is `waiting` for
    its words by SMS, a filing is `done`; anything else is `passing`."""
    at = session.state.at
    if at in ("done", "linked"):
        return {"done": "done", "linked": "waiting"}[at]
    return "draft" if at in filing.PLACES and session.state.draft.kind else "passing"


def without_draft(session: Session) -> Session:
    """The session without what was chosen and written, once that is in a case."""
    state = session.state
    return Session(
        replace(state, draft=Draft(submission=state.draft.submission)), None, session.seen
    )


def broken(shortcode: str) -> str:
    """The screen for what cannot be served."""
    return screens.end(say("broken", "sw", shortcode=shortcode))


def render(state: State, world: World, fact: Any = None) -> str:
    """The screen. fact: the outcome of what `needs` asked for."""
    place = PLACES[state.at]
    if isinstance(place, End):
        return screens.end(place.text(state, world, fact))
    language = "" if state.at == "language" else state.language
    if isinstance(place, Reading):
        return screens.reading(place.text(state, world, fact), state.page, language)
    if isinstance(place, Words):
        return screens.prompt(_titled(state, place.title(state, world)), language)
    labels = [option.label for option in place.options(state, world)]
    title = state.notice if state.at == "case" and state.notice else None
    title = title or _titled(state, place.title(state, world))
    return screens.menu(title, labels, state.page, language)


def _titled(state: State, title: str) -> str:
    return f"{state.notice}\n{title}" if state.notice else title


def _take(place: Menu | Words | Reading, state: State, typed: str, world: World) -> Step:
    key = typed.strip()
    if key == screens.EXIT:
        return State(at="bye_draft" if _has_draft(state) else "bye", language=state.language), None
    if key == screens.BACK:
        return back(state), None
    state = replace(state, notice="")
    if isinstance(place, Words):
        if not key:
            return note(state, say("empty", state.language))
        return place.take(state, world, typed)
    if isinstance(place, Reading):
        return (_turned(place, state, world) if key == screens.MORE else state), None
    return _choose(place, state, key, world)


def _turned(place: Reading, state: State, world: World) -> State:
    """The next page; where the words are still to be brought, settling them looks for the last."""
    page = state.page + 1
    if needs(state) is None:
        pages = screens.text_pages(place.text(state, world, None), state.language)
        page = min(page, len(pages) - 1)
    return replace(state, page=page)


def _has_draft(state: State) -> bool:
    return state.at in filing.PLACES and bool(state.draft.kind)


def _choose(place: Menu, state: State, key: str, world: World) -> Step:
    options = place.options(state, world)
    if key == screens.MORE:
        labels = [option.label for option in options]
        pages = screens.menu_pages(
            _titled(state, place.title(state, world)), labels, state.language
        )
        return replace(state, page=min(state.page + 1, pages - 1)), None
    if key.isascii() and key.isdecimal() and 1 <= int(key[:6]) <= len(options):
        return options[int(key[:6]) - 1].choose(state)
    if not key:
        return state, None
    if place.typed is not None:
        return place.typed(state, world, key)
    return note(state, say("bad_choice", state.language))
