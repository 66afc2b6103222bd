"""Improvement actions: their states, and what a title may not hold."""

from __future__ import annotations

import re
from enum import StrEnum

LONGEST_TITLE = 120
LONGEST_TEXT = 1_000
"""Characters of the root cause, and of what was done."""
PROPOSED_DAYS = 30
"""Calendar days until a proposed action is due, where nobody says otherwise."""


class State(StrEnum):
    """Where an action stands."""

    PROPOSED = "proposed"
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


LIVE = (State.PROPOSED, State.OPEN)
"""States in which cases are linked to it and it may still be changed."""

# A telephone number (spaces and dashes between its digits or not), or an e-mail address.
_PERSONAL = re.compile(r"(?:\d[ \-]?){9,}|\S+@\S+\.\S+")


def points_at_somebody(said: str) -> bool:
    """Whether a number or an address stands in it, by which a person could be found."""
    return _PERSONAL.search(said) is not None
