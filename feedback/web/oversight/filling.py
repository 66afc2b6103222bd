"""What the forms of officials have in common: days that were typed, and one of two kinds."""

from __future__ import annotations

from datetime import date

from flask import request

from feedback.services.directives import EXPLANATION, ORDER
from feedback.services.errors import Refused


def due_field(verb: str) -> str:
    """What the field of the day is called in the form of a verb: no two of a page have one name."""
    return "due_on" if verb == "direct" else f"{verb}_due_on"


def day(name: str = "due_on") -> date:
    """The day of a field; Refused("bad-date") where none was typed."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("bad-date") from None


def kind() -> str:
    """Which kind of directive: what no form of ours sent is an order."""
    return EXPLANATION if request.form.get("kind") == EXPLANATION else ORDER
