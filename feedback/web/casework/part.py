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
    # The field that is wrong, where it is another one: the message stands beside that.
    beside: str = ""

    def wrong(self, verb: str, name: str) -> str:
        """The message beside a field of the form of this verb."""
        return self.problem if (self.verb, self.beside) == (verb, name) else ""

    def typed(self, verb: str, name: str, default: object = "") -> object:
        """What a field of the form of this verb is filled with: what was typed, if it was."""
        return self.given.get(name, default) if self.verb == verb else default


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


FIELDS = {
    "no-outcome": "outcome",
    "no-ground": "ground",
    "bad-mention": "mention",
    "bad-days-more": "extension_days",
    "bad-days-opinion": "opinion_days",
}
"""Of which field, beside the words, a refusal speaks."""


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
