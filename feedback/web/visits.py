"""Beginning, going on with and leaving a citizen's visit, by the signed session.

A copy of the cookie is void once the visit was left in any browser, and a visit has an end of its
own: the session itself tells neither, since whoever has a copy keeps it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import g, session

from feedback.services import visits
from feedback.transaction import Principal, transaction

KEY, SINCE = "visit", "since"
CHECK = Principal("receipt-check")


def begin() -> None:
    """A new visit: something was just sent, or opened with both numbers."""
    session[KEY], session[SINCE] = visits.new_key(), int(g.now.timestamp())


def key() -> str | None:
    """The key of a visit that has not come to its end; that it was not left is not looked up."""
    if g.now - datetime.fromtimestamp(session.get(SINCE, 0), UTC) > visits.LONGEST:
        return None
    return session.get(KEY)


def stands() -> bool:
    """Whether what this browser has open may be shown still."""
    visit = key()
    if visit is None:
        return False
    with transaction(CHECK):
        return not visits.was_left(visit)


def leave() -> None:
    """End the visit here and in every browser that holds a copy of its cookie."""
    if KEY in session:
        with transaction(CHECK):
            visits.end(session[KEY], g.now)
    for name in (KEY, SINCE):
        session.pop(name, None)
    g.cleared = True
