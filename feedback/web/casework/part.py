"""What the parts of a case's page have in common: what was posted, and what could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import request

from feedback.services.errors import Refused
from feedback.services.views import OfficerCase


@dataclass(slots=True)
class Attempt:
    """What was posted and could not be done: the verb, the words and the reason."""

    verb: str = ""
    problem: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False
    of_words: bool = False  # the words are what is wrong, and the message stands beside them
    look: Any = None  # what the officer should look at before the words go (web.casework.quality)


class Held(Exception):
    """Nothing was done yet: the page comes again, with these fields, and with what to look at.

    warned: something is odd, rather than that the officer asked to see the page again.
    """

    def __init__(self, given: Mapping[str, str], look: Any = None, *, warned: bool = False) -> None:
        super().__init__("held")
        self.given, self.look, self.warned = given, look, warned


def _nothing(_case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Part:
    """A group of verbs on one case, and what the templates of their forms need.

    verbs: name in the URL to what it does with the locked case; raises Refused.
    shown: what is added to the page's context, asked within the page's transaction, under the
    officer's principal.
    """

    verbs: Mapping[str, Callable[[UUID], object]]
    shown: Callable[[OfficerCase, Attempt], Mapping[str, Any]] = _nothing


def words() -> str:
    """The text of the form."""
    return request.form.get("body", "").replace("\r\n", "\n").replace("\x00", "")


def officer() -> int:
    """The officer whom the form names."""
    number = request.form.get("officer", type=int)
    if number is None:
        raise Refused("bad-target")
    return number


def row_id(name: str) -> UUID:
    """The row of which a field of the form speaks."""
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        raise Refused("not-found") from None
