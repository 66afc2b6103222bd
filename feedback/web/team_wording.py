"""Words for teams: columns of the board, outcomes of moved cases, shares and days of the week."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _

from feedback.web import wording

MONDAY = date(2024, 1, 1)


def weekday(number: int) -> str:
    """The name of a day of the week, 1 Monday."""
    return str(format_date(MONDAY + timedelta(days=number - 1), "EEEE"))


def days(whole: tuple[int, ...], half: tuple[int, ...]) -> str:
    """The days on which somebody works, short."""
    if len(whole) == 5 and not half:
        return _("Monday to Friday")
    short = [(format_date(MONDAY + timedelta(days=n - 1), "EEE"), n in half) for n in whole]
    return ", ".join(f"{label} ½" if is_half else label for label, is_half in short)


def share(value: int) -> str:
    """How much of a subject an officer takes, beside an ordinary load."""
    return {
        25: _("a quarter of a load"),
        50: _("half a load"),
        75: _("three quarters of a load"),
        100: _("a full load"),
        150: _("one and a half loads"),
        200: _("a double load"),
    }.get(value, f"{value} %")


def what(code: str) -> str:
    """What a list of the board shows."""
    return {
        "all": _("Open cases"),
        "late": _("Late cases"),
        "week": _("Cases that will be late this week unless answered"),
        "idle": _("Idle cases: nobody did anything for two working days"),
        "waiting": _("Cases that wait for the citizen"),
        "unowned": _("Cases without an owner"),
        "away": _("Cases that fall due while the officer is away"),
    }[code]


def outcome(code: str) -> str:
    """Why a case stayed where it was."""
    return {
        "busy": _("Somebody works on it right now. Try again."),
        "ended": _("It is answered or closed already."),
        "not-allowed": _("You may not assign this case."),
        "excluded": _("The officer may not have this case. Choose another."),
        "same": _("The officer has it already."),
        "nobody-there": _("Nobody there can take it now. It stays with its owner."),
    }[code]


def undone(code: str) -> str:
    """Why a case was not given back."""
    return {
        "ended": _("It is answered or closed, or you no longer see it."),
        "changed": _("It was given on since. It stays there."),
        "unowned": _("It had no owner before. It stays with the new one."),
        "left": _("The former owner takes no cases any more."),
        "excluded": _("The former owner may no longer have it."),
        "not-allowed": _("You may not assign this case."),
    }[code]


def changed(act: str) -> str:
    """What a change of an officer did."""
    return {
        "roster": _("The roster is set. It counts from the next case on."),
        "unroster": _("Taken off the roster. Cases stay with the officer."),
        "duty": _("Days and deputy are set."),
        "leave": _("The leave is noted. No new case comes on these days."),
        "end-leave": _("The leave has ended."),
    }[act]


def refusal(code: str) -> str:
    """Why a change was not made, and what to do."""
    return {
        "bad-weekdays": _("Choose at least one day; a half day is one of the days."),
        "bad-target": _("Choose an officer, unit, subject or share of the list."),
        "away": _("This officer is on leave today. Choose another."),
        "not-yourself": _("Your head or the administrator sets this for you."),
        "holds-post": _(
            "This officer holds a post, which the deputy would get: the officer or the head of "
            "the institution enters the leave."
        ),
        "same-person": _("Somebody else must stand in."),
    }.get(code) or wording.refusal(code)
