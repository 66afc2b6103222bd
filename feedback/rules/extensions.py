"""How much longer an answer may take: how often, how much in all, and until when one may ask."""

from datetime import datetime

MOST_GRANTED = 2
"""Extensions that may be granted for a case, over all its cycles."""


def days_left(limit: int, given: int, times: int) -> int:
    """Working days that may still be granted. `limit`: of the standard, for the case in all;
    `given`: those given so far, in all cycles, in so many `times`."""
    if times >= MOST_GRANTED:
        return 0
    return max(0, limit - given)


def in_time(now: datetime, due_at: datetime) -> bool:
    """Whether longer may still be asked for: before the answer is overdue, never after."""
    return now <= due_at
