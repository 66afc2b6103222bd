"""Where a case will be if nobody acts: working days from now, the coming days, short names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime

from feedback.rules.deadlines import ONE_DAY, Calendar, local_day, working_days_until

DAYS = 10
"""Working days that the forecast of an institution covers."""
SPAN = 35
"""Calendar days in which so many working days lie, whatever feasts fall among them."""


def days_until(calendar: Calendar, now: datetime, at: datetime) -> int:
    """Working days from now; 0: today, or at once."""
    return max(0, working_days_until(calendar, now, at))


def coming(calendar: Calendar, now: datetime, count: int = DAYS) -> list[date]:
    """The coming working days of an office; today is one of them until the office closes."""
    day = local_day(now)
    if now > calendar.closing(day):
        day += ONE_DAY
    found: list[date] = []
    while len(found) < count:
        if calendar.is_working_day(day):
            found.append(day)
        day += ONE_DAY
    return found


def shown_on(days: Sequence[date], day: date) -> date | None:
    """The one of these days under which a day stands: itself, or the next; None: after them."""
    place = bisect_left(days, day)
    return days[place] if place < len(days) else None


def short(name: str) -> str:
    """A rung's name for a narrow column: "Katibu Tawala wa Mkoa (RAS)" is RAS, "Katibu Mkuu,
    UTUMISHI" is UTUMISHI; a name without a short form stays whole."""
    if known := re.search(r"\(([^()]+)\)$", name):
        return known[1]
    _, _, last = name.rpartition(", ")
    return last if last.isupper() or re.fullmatch(r"[A-Z-]{2,}", last) else name
