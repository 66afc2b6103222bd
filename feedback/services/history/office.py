"""Office time by tables: the arithmetic of rules.deadlines for many cases at once.

A moment is a whole number of seconds on the clock of Dar es Salaam since 1970 (the zone has no
summer time). A test compares every function with the rule it stands for. Half days are taken as
whole ones.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from feedback.clock import DAR_ES_SALAAM
from feedback.rules.deadlines import Calendar

DAY = 86_400
EPOCH = date(1970, 1, 1)
AHEAD = 200  # days after the present for which a table must reach


def second(moment: datetime) -> int:
    """An aware datetime as a moment of this module."""
    local = moment.astimezone(DAR_ES_SALAAM)
    offset = local.utcoffset() or timedelta()
    return int(moment.timestamp()) + int(offset.total_seconds())


def as_datetime(moment: int) -> datetime:
    """The same moment as an aware datetime in UTC."""
    naive = datetime.fromtimestamp(moment, UTC).replace(tzinfo=DAR_ES_SALAAM)
    return naive.astimezone(UTC)


def _of_day(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


class Office:
    """The tables of one calendar from `first` to some months after `last`."""

    def __init__(self, calendar: Calendar, first: date, last: date) -> None:
        self.base = (first - EPOCH).days
        self.opens, self.closes = _of_day(calendar.opens), _of_day(calendar.closes)
        self.span = self.closes - self.opens
        # Working days before each day, and each working day in order.
        self.before: list[int] = []
        self.nth: list[int] = []
        for day in range((last - first).days + AHEAD):
            self.before.append(len(self.nth))
            if calendar.is_working_day(first + timedelta(days=day)):
                self.nth.append(self.base + day)

    def is_working(self, day: int) -> bool:
        """Whether the office works on a day (counted since 1970)."""
        return self.before[day - self.base + 1] > self.before[day - self.base]

    def add_days(self, moment: int, days: int) -> int:
        """rules.deadlines.add_working_days for one day or more."""
        behind = self.before[moment // DAY - self.base + 1]
        return self.nth[behind + days - 1] * DAY + self.closes

    def position(self, moment: int) -> int:
        """Office seconds up to a moment."""
        day, rest = divmod(moment, DAY)
        spent = 0
        if self.is_working(day):
            spent = min(max(rest - self.opens, 0), self.span)
        return self.before[day - self.base] * self.span + spent

    def at(self, position: int) -> int:
        """The moment at which so many office seconds have passed."""
        day, rest = divmod(position, self.span)
        return self.nth[day] * DAY + self.opens + rest

    def minutes(self, start: int, end: int) -> int:
        """rules.deadlines.working_minutes."""
        return max(0, self.position(end) - self.position(start)) // 60

    def reminders(self, start: int, due: int) -> list[int]:
        """rules.deadlines.reminders."""
        behind = self.before[start // DAY - self.base + 1]
        count = self.before[due // DAY - self.base + 1] - behind
        numbers = sorted({count // 2 + 1, count - 2, count})
        return [self.nth[behind + n - 1] * DAY + self.opens for n in numbers if 1 <= n <= count]
