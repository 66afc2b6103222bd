"""What the parts of a case's page have in common: what was posted, and what could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import request

from feedback.services.drafts import Saved
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase


@dataclass(slots=True)
class Attempt:
    """What was posted and could not be done: the verb, the words and the reason."""

    verb: str = ""
    problem: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    stale: bool = False  # the case was changed meanwhile
    late: bool = False  # the page was open for too long
    of_words: bool = False  # the words are what is wrong, and the message stands beside them
    # The field that is wrong, where it is another one: the message stands beside that.
    beside: str = ""
    look: Any = None  # what the officer should look at before the words go (web.casework.quality)

    def wrong(self, verb: str, name: str) -> str:
        """The message beside a field of the form of this verb."""
        return self.problem if (self.verb, self.beside) == (verb, name) else ""


@dataclass(slots=True)
class Page:
    """What the macros of forms take of the page: they see nothing else of it.

    drafts: the officer's own, by verb. opened: the form that the address asks to see. listed: the
    list the officer came from. writer: to whom this page is given, under a signature.
    """

    base: str
    case: OfficerCase
    attempt: Attempt
    drafts: Mapping[str, Saved] = field(default_factory=dict)
    opened: str = ""
    listed: str = ""
    writer: str = ""

    def given(self, verb: str, name: str, default: str = "") -> str:
        """What a field of a form holds: what was posted just now, else the officer's draft."""
        if self.attempt.verb == verb:
            return self.attempt.given.get(name, "")
        if verb in self.drafts:
            return self.drafts[verb].fields.get(name, default)
        return default

    def beside(self, verb: str) -> str:
        """Words of the officer for the same form that are not the ones in it."""
        draft = self.drafts.get(verb)
        if draft is None:
            return ""
        if self.attempt.verb == verb:
            other = draft.fields.get("body", "")
            return "" if other == self.attempt.given.get("body", "") else other
        return (draft.earlier or {}).get("body", "")

    def is_open(self, verb: str) -> bool:
        """Whether a form is shown unfolded: it was posted, asked for, or holds a draft."""
        return verb in (self.attempt.verb, self.opened) or verb in self.drafts


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


FIELDS = {
    "no-outcome": "outcome",
    "no-ground": "ground",
    "bad-mention": "mention",
    "bad-days-more": "extension_days",
    "bad-days-opinion": "opinion_days",
}
"""Of which field, beside the words, a refusal speaks."""


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
