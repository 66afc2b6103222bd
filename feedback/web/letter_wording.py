"""Letters in words: why one was not issued, and what a citizen's letter did to its case."""

from __future__ import annotations

from flask_babel import gettext as _

from feedback.services.arrivals import Logged
from feedback.web.formats import day


def arrival(letter: Logged) -> str:
    """A citizen's letter at a high office: its days, and what it did to the case."""
    days = _(
        "Written on %(written)s, received there on %(received)s.",
        written=day(letter.written_on),
        received=day(letter.received_on),
    )
    number = _("Kumb. Na. %(number)s.", number=letter.number) if letter.number else ""
    return " ".join(filter(None, [days, number, arrival_outcome(letter)]))


def arrival_outcome(letter: Logged) -> str:
    """What a letter did to its case."""
    return {
        "climbed": _(
            "It counts as an escalation: the case went to rung %(rung)s.", rung=letter.rung
        ),
        "used": _("It is only logged: the case had reached that office's rung already."),
        "below": _("It is only logged: the case stands on a higher rung already."),
        "own": _("It is only logged: the office has the case itself."),
        "none": _("It is only logged: the office stands on no rung of this case."),
        "beyond": _("It is only logged: a case of this kind does not climb so far."),
        "ended": _("It is only logged: the case is answered or has ended."),
    }.get(letter.outcome or "", "")


def letter_problem(code: str) -> str:
    """Why a letter was not issued."""
    return {
        "bad-date": _("Choose a day after today."),
        "far": _("Choose a day within the next 90 days."),
        "bad-target": _("Choose what is asked for."),
        "concerned": _(
            "No letter goes there: somebody who opens the letters of that office is kept away from "
            "this case. Give a directive instead."
        ),
    }.get(code, _("A letter cannot be written from here."))
