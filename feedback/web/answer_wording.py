"""What is odd about an answer, templates and tasks as words for officers."""

from __future__ import annotations

from flask_babel import get_locale
from flask_babel import gettext as _

from feedback.rules.answers import Remark
from feedback.services.answers.templates import LONGEST, LONGEST_TITLE, Template

Choices = list[tuple[str, list[tuple[str, str]]]]


def remark(found: Remark) -> str:
    """What is odd, and what shows it."""
    about = found.about
    return {
        "unfilled": _("Still to be filled in: %(about)s", about=about),
        "short": _("It is very short: say what was done, and when."),
        "capitals": _("It is written in capitals, which reads like shouting."),
        "language_sw": _(
            "The citizen wrote in English, and this is Swahili: %(about)s", about=about
        ),
        "language_en": _(
            "The citizen wrote in Swahili, and this is English: %(about)s", about=about
        ),
        "promise": _("It promises something (“%(about)s”) and names no day.", about=about),
        "when": _("The citizen asks when (“%(about)s”), and no day is named.", about=about),
        "question": _(
            "It may not answer the question: none of its words stands in it (%(about)s).",
            about=about,
        ),
        "subject": _(
            "It may be about something else: it has no word in common with what the citizen wrote "
            "last (%(about)s).",
            about=about,
        ),
        "open_tasks": _("Tasks of the case that are not done yet: %(about)s", about=about),
        "email": _("It holds an e-mail address: %(about)s. Whose is it?", about=about),
        "phone": _("It holds somebody's phone number: %(about)s", about=about),
        "id_number": _("It holds a national identity number: %(about)s", about=about),
        "number": _(
            "It holds a long number, perhaps of an account or a person: %(about)s", about=about
        ),
    }[found.code]


def choices(offered: list[Template]) -> Choices:
    """Templates to choose from, in groups: the institution's own, the subject's, any."""
    language = locale()
    groups: Choices = [
        (_("Of your institution"), []),
        (_("For this subject"), []),
        (_("For any subject"), []),
    ]
    for each in offered:
        place = 0 if not each.national else 1 if each.said.category else 2
        groups[place][1].append((each.code, each.title(language)))
    return [group for group in groups if group[1]]


def locale() -> str:
    """The page's language."""
    found = get_locale()
    return "en" if found and found.language == "en" else "sw"


def refused(code: str) -> dict[str, str]:
    """The field of a template's form that a refusal belongs to, and the message."""
    kind, _dash, field = code.partition("-")
    if kind == "empty":
        return {field: _("This must not be empty.")}
    if kind == "long":
        most = LONGEST_TITLE if field.startswith("title") else LONGEST
        return {field: _("Write at most %(most)s characters.", most=most)}
    return {
        "bad-target": {"category": _("Choose a subject from the list.")},
        "unchanged": {"body_sw": _("Nothing was changed.")},
    }.get(code, {"body_sw": _("This could not be done. Check what you entered.")})


def task_kind(code: str) -> str:
    """What kind of work a task is."""
    return {
        "inspect": _("Inspect"),
        "repair": _("Repair"),
        "call": _("Call or visit"),
        "write": _("Write or obtain a document"),
        "other": _("Other work"),
    }[code]


def task_kinds() -> list[tuple[str, str]]:
    """Kinds to choose from."""
    return [(code, task_kind(code)) for code in ("inspect", "repair", "call", "write", "other")]


def task_state(code: str) -> str:
    """How a task stands."""
    return {"open": _("To do"), "done": _("Done"), "cancelled": _("Cancelled")}[code]
