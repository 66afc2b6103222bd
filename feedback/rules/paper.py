"""The day on which an office received what an officer enters for a citizen, and file numbers."""

from __future__ import annotations

from datetime import date, timedelta

LONG_AGO = 60
"""Calendar days after which an entry needs a reason why it comes so late."""
OLDEST = 366
"""Calendar days: nothing older is entered, since no clock that began then says anything."""
LONGEST_NUMBER = 60
"""Characters of a file number."""
LONGEST_REASON = 300
"""Characters of the reason for a late entry."""


def day_problem(received_on: date, today: date, *, explained: bool) -> str:
    """What is wrong with the day of receipt: future, too-old, unexplained; '' where nothing is."""
    age = today - received_on
    if age < timedelta():
        return "future"
    if age > timedelta(days=OLDEST):
        return "too-old"
    if age > timedelta(days=LONG_AGO) and not explained:
        return "unexplained"
    return ""


def file_number(typed: str) -> str | None:
    """A file number as it is kept: one line, single spaces; None where it is too long. Empty text
    stays empty."""
    number = " ".join(typed.replace("\x00", "").split())
    return number if len(number) <= LONGEST_NUMBER else None
