"""What happened to a case after a page of it was made, for whoever wrote on that page."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import gettext as _

from feedback.services.case_versions import PARTS
from feedback.services.views import OfficerCase
from feedback.web import timeline
from feedback.web.formats import name


@dataclass(slots=True)
class Changes:
    """Sentences about the case, and what was written meanwhile (items of a timeline)."""

    said: list[str] = field(default_factory=list)
    items: list[timeline.Item] = field(default_factory=list)


def known(seen: str) -> int | None:
    """How many messages the page showed that a form was made for; None where that is not told."""
    told = _parts(seen).get("messages", "")
    return int(told) if told.isdecimal() and len(told) < 7 else None


def since(seen: str, case: OfficerCase) -> Changes:
    """What is otherwise than in the state that a form carries; nothing where that is no state."""
    before, now = _parts(seen), _parts(case.version)
    if not before:
        return Changes()
    other = {part for part in PARTS if before[part] != now[part]}
    sentences = {
        "cycle": _("The citizen said: not fixed. The case is open again."),
        "status": _("Its status is another now."),
        "handler": _("The case is with %(name)s now.", name=case.handler_name)
        if case.handler_name
        else _("The case has no owner now."),
        "unit": _("It is with another unit now."),
        "rungs": _("It was taken to a higher rung."),
        "category": _("Its subject is now: %(subject)s.", subject=name(case.category))
        if case.category
        else _("Its subject is not set any more."),
        "level": _("Another circle of officers may read it now."),
        "directives": _("A directive was given, or followed."),
        "tasks": _("A task was given, done or cancelled."),
        "splits": _("It was divided: a second case is being made."),
        "extracts": _("An extract was handed over."),
        "decisions": _("A higher post decided about the reason of the delay."),
        "improvements": _("It was linked with an improvement action, or taken out of one."),
    }
    said = [sentence for part, sentence in sentences.items() if part in other]
    shown = known(seen)
    return Changes(said, timeline.said(case.messages[shown:] if shown is not None else []))


def _parts(version: str) -> dict[str, str]:
    parts = version.split(".")
    if len(parts) != len(PARTS):
        return {}
    return dict(zip(PARTS, parts, strict=True))
