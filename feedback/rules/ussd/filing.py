"""The places on the way to a new case: kind, institution, subject, words, place, level, name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from feedback.rules.ussd.state import Do, Effect, Receipt, State
from feedback.rules.ussd.steps import (
    End,
    Menu,
    Option,
    Place,
    Step,
    Words,
    choosing,
    chosen,
    home,
    note,
    onward,
    to,
)
from feedback.rules.ussd.texts import say
from feedback.rules.ussd.world import World

KINDS = ("complaint", "suggestion", "compliment", "enquiry")
LEVELS = ("open", "confidential", "restricted")
LONGEST_WORDS = 5_000  # characters of a case's words
LONGEST_PLACE = 200
SHORTCUT = "1"  # instead of words: by SMS, or skip


def _kinds(state: State, world: World) -> Sequence[Option]:
    return [Option(say(kind, state.language), choosing("institution", kind=kind)) for kind in KINDS]


def _institutions(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("by_region", state.language), onward("region")),
        Option(say("unknown_institution", state.language), choosing("category", institution="")),
    ]


def _named_institution(state: State, world: World, typed: str) -> Step:
    code = world.find(typed)
    if code is None:
        return note(state, say("not_found", state.language))
    return chosen(state, "category", institution=code)


def _regions(state: State, world: World) -> Sequence[Option]:
    return [Option(region, choosing("council", region=region)) for region in world.regions]


def _councils(state: State, world: World) -> Sequence[Option]:
    return [
        Option(each.names[state.language], choosing("category", institution=each.code))
        for each in world.members(state.draft.region)
    ]


def _categories(state: State, world: World) -> Sequence[Option]:
    known = [
        (c.code, c.names[state.language]) for c in world.categories_for(state.draft.institution)
    ]
    choices = [("", say("unknown_category", state.language)), *known]
    # Who comes back here finds the words again.
    after = "written" if state.draft.words else "words"
    return [Option(label, choosing(after, category=code)) for code, label in choices]


def _words_title(state: State, world: World) -> str:
    return say("more_words" if state.draft.words else "words", state.language)


def _take_words(state: State, world: World, typed: str) -> Step:
    """Words as typed; what is added later begins a new line."""
    if not state.draft.words and typed.strip() == SHORTCUT:
        return chosen(state, "place", by_sms=True)
    words = f"{state.draft.words}\n{typed}" if state.draft.words else typed
    if len(words) > LONGEST_WORDS:
        return note(state, say("too_long", state.language))
    # Back from what follows leads to what is written, not to an empty line.
    draft = replace(state.draft, words=words, by_sms=False)
    trail = tuple(place for place in state.trail if place != "written")
    return replace(state, at="written", notice="", trail=trail, draft=draft), None


def _written(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("go_on", state.language), onward("place")),
        Option(say("add_words", state.language), onward("words")),
        Option(say("write_again", state.language), _write_again),
    ]


def _write_again(state: State) -> Step:
    return replace(state, at="words", draft=replace(state.draft, words="")), None


def _take_place(state: State, world: World, typed: str) -> Step:
    if typed.strip() == SHORTCUT:
        return chosen(state, "level", place="")
    place = " ".join(typed.split())
    if len(place) > LONGEST_PLACE:
        return note(state, say("too_long", state.language))
    return chosen(state, "level", place=place)


def _levels(state: State, world: World) -> Sequence[Option]:
    return [Option(say(level, state.language), choosing("name", level=level)) for level in LEVELS]


def _names(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("named", state.language), choosing("confirm", anonymous=False)),
        Option(say("nameless", state.language), choosing("confirm", anonymous=True)),
    ]


def _summary(state: State, world: World) -> str:
    draft, language = state.draft, state.language
    known = world.institutions.get(draft.institution)
    category = world.category(draft.category)
    about = category.names[language] + ". " if category else ""
    level = say(f"level_{draft.level}", language)
    return say(
        "confirm",
        language,
        kind=say(draft.kind, language),
        institution=known.names[language] if known else say("somewhere", language),
        level=say("level_nameless", language, level=level) if draft.anonymous else level,
        words=about + (say("words_by_sms", language) if draft.by_sms else draft.words),
    )


def _confirm(state: State, world: World) -> Sequence[Option]:
    return [
        Option(say("send", state.language), _send),
        Option(
            say("discard", state.language),
            lambda s: (home(s, say("discarded", s.language)), None),
        ),
    ]


def _send(state: State) -> Step:
    if state.draft.by_sms:
        return to(state, "linked"), None
    return state, Effect(Do.LODGE)


def lodged(state: State, receipt: Receipt | None, submission: str) -> State:
    """After the filing: the receipt, of which nothing but the submission's id is kept. None: an
    institution or category that was chosen exists no longer."""
    if receipt is None:
        draft = replace(state.draft, institution="", category="")
        notice = say("gone", state.language)
        return replace(
            state, at="institution", trail=("language", "main", "kind"), draft=draft, notice=notice
        )
    ended = home(state)
    return replace(ended, at="done", trail=(), draft=replace(ended.draft, submission=submission))


def _done(state: State, world: World, receipt: Any) -> str:
    name = "done" if receipt.code else "done_late"
    return say(
        name, state.language, reference=receipt.reference, code=receipt.code, due=receipt.due
    )


def _linked(state: State, world: World, _: Any) -> str:
    return say("linked", state.language, shortcode=world.shortcode, ticket=state.ticket)


def _titled(name: str) -> Any:
    return lambda state, world: say(name, state.language)


PLACES: dict[str, Place] = {
    "kind": Menu(_titled("kind"), _kinds),
    "institution": Menu(_titled("institution"), _institutions, _named_institution),
    "region": Menu(_titled("region"), _regions),
    "council": Menu(
        lambda state, world: say("council", state.language, region=state.draft.region), _councils
    ),
    "category": Menu(_titled("category"), _categories),
    "words": Words(_words_title, _take_words),
    "written": Menu(
        lambda state, world: say("written", state.language, words=state.draft.words), _written
    ),
    "place": Words(_titled("place"), _take_place),
    "level": Menu(_titled("level"), _levels),
    "name": Menu(_titled("name"), _names),
    "confirm": Menu(_summary, _confirm),
    "done": End(_done),
    "linked": End(_linked),
}
