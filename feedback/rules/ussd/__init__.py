"""A USSD session: from what a phone put in so far to the next screen and what is to be done.

`transcript` finds what is new in the gateway's callback, `machine` takes it into the state,
`screens` writes the state as at most 160 characters. Nothing here asks a database: what a screen
cannot know is an `Effect` that the caller performs, and settles with its outcome.
"""

from feedback.rules.ussd.machine import (
    Run,
    begin,
    broken,
    needs,
    render,
    run,
    settle,
    stage,
    without_draft,
)
from feedback.rules.ussd.screens import LIMIT
from feedback.rules.ussd.state import (
    Do,
    Effect,
    Item,
    Opened,
    Proof,
    Receipt,
    Seen,
    Session,
    State,
    Wait,
    dump,
    load,
)
from feedback.rules.ussd.transcript import new_input
from feedback.rules.ussd.world import Category, Institution, World

__all__ = [
    "LIMIT",
    "Category",
    "Do",
    "Effect",
    "Institution",
    "Item",
    "Opened",
    "Proof",
    "Receipt",
    "Run",
    "Seen",
    "Session",
    "State",
    "Wait",
    "World",
    "begin",
    "broken",
    "dump",
    "load",
    "needs",
    "new_input",
    "render",
    "run",
    "settle",
    "stage",
    "without_draft",
]
