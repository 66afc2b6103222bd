"""A calendar as the oracle knows it: a table of all days with the number of each working day.

Whatever is counted elsewhere by going from day to day is looked up here by number.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import accumulate, compress

DAR = timezone(timedelta(hours=3))
FIRST, LAST = date(2016, 1, 1), date(2041, 12, 31)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
USUAL = time(15, 30)
EARLY = datetime(2000, 1, 1, tzinfo=UTC)


def _closes(at: time) -> list[datetime]:
    return [datetime.combine(day, at, DAR).astimezone(UTC) for day in DAYS]


CLOSES = _closes(USUAL)


class Table:
    """All days at once: `close` by number of the working day, `upto` by day since FIRST how many
    working days there are up to that day, with it."""

    def __init__(
        self,
        off: Collection[date],
        closes: time = USUAL,
        weekend: Collection[int] = (5, 6),
        short: dict[date, time] | None = None,
    ) -> None:
        works = [day.weekday() not in weekend and day not in off for day in DAYS]
        closes_at = CLOSES if closes == USUAL else _closes(closes)
        self.upto = list(accumulate(works))
        self.close = list(compress(closes_at, works))
        for day, at in (short or {}).items():
            if works[(day - FIRST).days]:
                number = self.upto[(day - FIRST).days] - 1
                self.close[number] = datetime.combine(day, at, DAR).astimezone(UTC)

    def _upto(self, moment: datetime) -> int:
        return self.upto[(moment.astimezone(DAR).date() - FIRST).days]

    def after(self, moment: datetime, days: int) -> datetime:
        """The close of the so many-th working day after the day of a moment; with none, of the
        first working day whose close is not past."""
        if days == 0:
            return self.close[self.next(moment)]
        return self.close[self._upto(moment) + days - 1]

    def next(self, moment: datetime) -> int:
        """The number of the first close that does not lie before a moment."""
        number = self._upto(moment)
        return number - 1 if number and self.close[number - 1] >= moment else number

    def due(
        self, start: datetime, days: int, pauses: Sequence[tuple[datetime, datetime]]
    ) -> datetime:
        """The day of the start is number 0; each close that lies in a pause counts for nothing."""
        paused = {
            number
            for begin, end in pauses
            for number in range(self.next(max(begin, start)), self.next(end))
        }
        number = self.next(start)
        # The day of the start is a working day that has not closed: number 0 is one of the closes.
        left = days + (self.close[number].astimezone(DAR).date() == start.astimezone(DAR).date())
        while True:
            left -= number not in paused
            if not left:
                return self.close[number]
            number += 1

    def cost(self, begin: datetime, end: datetime) -> int:
        """How many closes a pause covers."""
        return max(0, self.next(end) - self.next(begin))

    def left(self, moment: datetime, due: datetime) -> int:
        """Working days after today, up to the day of a due time that is not past."""
        return self._upto(due) - self._upto(moment)


# Whose a day is: everybody's under a calendar, a region's, one institution's.
EVERYBODY = "*"
Key = tuple[tuple[str, str, int], ...]


class Calendars:
    """For each office the tables that held one after the other, told in order.

    `region`: by institution; `of`: the calendar by which it counts.
    """

    def __init__(
        self, off: Mapping[str, Collection[date]], of: Mapping[str, str], region: Mapping[str, str]
    ) -> None:
        self.of, self.region = of, region
        # By calendar and scope: its versions, each with the moment from which it holds and all its
        # days, an hour for a half day.
        self.versions: dict[tuple[str, str], list[tuple[datetime, dict[date, time | None]]]] = {
            (name, EVERYBODY): [(EARLY, dict.fromkeys(days))] for name, days in off.items()
        }
        self.tables: dict[Key, Table] = {}
        self.moments: list[datetime] = []

    def correct(
        self,
        name: str,
        day: date,
        status: str,
        at: datetime,
        scope: str = EVERYBODY,
        closes: time | None = None,
    ) -> None:
        """A day off or half day that came or went."""
        versions = self.versions.setdefault((name, scope), [(EARLY, {})])
        days = dict(versions[-1][1])
        if status == "removed":
            days.pop(day, None)
        else:
            days[day] = closes
        if days != versions[-1][1]:
            versions.append((at, days))
            self.moments.append(at)

    def at(self, office: str, moment: datetime) -> Table:
        """The table of an office that held at a moment."""
        name = self.of[office]
        scopes = (EVERYBODY, f"region:{self.region[office]}", office)
        key = tuple(
            (name, scope, bisect_right(versions, moment, key=lambda each: each[0]) - 1)
            for scope in scopes
            if (versions := self.versions.get((name, scope))) is not None
        )
        if key not in self.tables:
            self.tables[key] = self._table(key)
        return self.tables[key]

    def _table(self, key: Key) -> Table:
        off: set[date] = set()
        short: dict[date, time] = {}
        for name, scope, number in key:
            for day, closes in self.versions[name, scope][number][1].items():
                if closes is None:
                    off.add(day)
                else:
                    short[day] = min(closes, short.get(day, closes))
        return Table(off, short=short)
