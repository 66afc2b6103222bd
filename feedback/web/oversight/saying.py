"""What officials read of a rung: why a case climbed, what it asks of them, orders made ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.rules.deadlines import Calendar, add_working_days
from feedback.services.directives import EXPLANATION, ORDER
from feedback.web import wording
from feedback.web.formats import day, short_day


@dataclass(frozen=True, slots=True)
class Preset:
    """A directive that one press writes: it can be changed before it is given."""

    key: str
    label: str
    kind: str
    body: str
    due_on: date


def presets(calendar: Calendar, now: datetime) -> list[Preset]:
    """Orders made ready, with days of the calendar of whoever has the case."""
    following = local_day(add_working_days(calendar, now, 1))
    third = local_day(add_working_days(calendar, now, 3))
    by, short = day(following), short_day(following)
    return [
        Preset(
            "answer",
            _("Answer the citizen by %(day)s", day=short),
            ORDER,
            _("Answer the citizen by %(day)s.", day=by),
            following,
        ),
        Preset(
            "three",
            _("Answer within 3 working days"),
            ORDER,
            _("Answer the citizen within 3 working days, by %(day)s.", day=day(third)),
            third,
        ),
        Preset(
            "explain",
            _("Explain by %(day)s", day=short),
            EXPLANATION,
            _("Explain by %(day)s why the answer is late, and what you do about it.", day=by),
            following,
        ),
    ]


def asked(what: str) -> str:
    """A list of the inbox by what is asked of the official."""
    return {
        "all": _("All"),
        "explanation": _("Explanation missing"),
        "decision": _("Explanation waits for your decision"),
        "overdue": _("Directive overdue"),
        "fresh": _("New today"),
        "accepted": _("Reason accepted"),
    }[what]


def of_you(
    asks: str,
    *,
    overdue: bool = False,
    unowned: bool = False,
    own: bool = False,
    waits: bool = False,
) -> str:
    """What one case asks of the official, as a sentence. own: the official owns it; waits: a
    demanded explanation is not given yet, and its day is not over."""
    if own:
        return _("You own this case: answer it on your desk, or hand it down.")
    if overdue:
        return _("A directive was not followed by its day: order anew, or take the case over.")
    if unowned:
        return _("Nobody owns the case: take it over, or hand it to an officer.")
    if waits and asks == "explanation":
        return _("An explanation is demanded and not given yet: wait for it, or order.")
    return {
        "explanation": _("The handler has not said why it is late: demand it, or order."),
        "decision": _("The handler gave a reason: accept it or not."),
        "accepted": _("You accepted the reason. The clock and the ladder run on."),
    }[asks]


def refusal(code: str) -> str:
    """Why an act of an official was not done."""
    if code == "bad-target":
        return _("Choose an officer from the list.")
    return wording.refusal(code)


def kind(directive: str) -> str:
    """What sort of directive it is."""
    return _("Explanation demanded") if directive == EXPLANATION else _("Directive")


def state(which: str) -> str:
    """A list of directives by how they stand."""
    return {
        "open": _("Not followed yet"),
        "overdue": _("Overdue"),
        "followed": _("Followed"),
    }[which]


def done(verb: str) -> str:
    """What an act of the official did."""
    return {
        "direct": _("The directive is given. The handler sees it with its due date."),
        "summon": _("The explanation is demanded. The handler sees by when."),
        "judge": _("The reason is accepted, on record. Clock and ladder run on."),
        "judge-rejected": _("The reason is not accepted, and another one is demanded."),
        "take_over": _("The case is taken over. Its clock runs on, and the citizen is told."),
        "hand_down": _("The case is handed down with a directive. Its clock runs on."),
        "delegate": _("It is delegated. The decision stays with the post."),
        "delegate-end": _("The delegation has ended."),
        "recommend": _("The recommendation is with the post. Nothing happens until it decides."),
        "recommend-aside": _("The recommendation is laid aside."),
    }[verb]
