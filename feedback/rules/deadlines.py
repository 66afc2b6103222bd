"""Working days, deadlines and pauses, by the calendar of an office in Dar es Salaam's time.

A deadline ends at the close of office. The day on which a clock starts is day 0, whatever the
hour. A pause costs as many working days as it covers closings of the office. Every moment that
comes in is aware (a naive one raises ValueError) and every moment that goes out is in UTC.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAR_ES_SALAAM = ZoneInfo("Africa/Dar_es_Salaam")

MAX_PAUSES = 2
"""Pauses a case may have, over all its cycles."""
MAX_PAUSE_DAYS = 10
"""Working days that the pauses of a case may cost together, over all its cycles."""

ONE_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an office works: `weekend` holds weekday numbers (Monday is 0), the hours are local.

    `short`: days on which it works and closes earlier, each with its hour. Such a half day is a
    working day like others; on a weekend or a day off it changes nothing.
    """

    holidays: frozenset[date]
    weekend: frozenset[int] = frozenset({5, 6})
    opens: time = time(7, 30)
    closes: time = time(15, 30)
    short: Mapping[date, time] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if len(self.weekend & frozenset(range(7))) == 7:
            raise ValueError("a calendar needs at least one weekday on which the office works")
        if self.opens >= self.closes:
            raise ValueError("an office must open before it closes")
        if not all(self.opens < hour <= self.closes for hour in self.short.values()):
            raise ValueError("a half day ends within the office hours")

    def with_days(self, off: frozenset[date], short: Mapping[date, time]) -> "Calendar":
        """The same office with more days off and half days; of two hours the earlier one holds."""
        hours = dict(self.short)
        for day, hour in short.items():
            hours[day] = min(hour, hours.get(day, hour))
        return replace(self, holidays=self.holidays | off, short=hours)

    def is_working_day(self, day: date) -> bool:
        """Whether the office works on `day`."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def opening(self, day: date) -> datetime:
        """The moment at which the office opens on `day`, in UTC."""
        return datetime.combine(day, self.opens, DAR_ES_SALAAM).astimezone(UTC)

    def closing(self, day: date) -> datetime:
        """The moment at which the office closes on `day`, in UTC."""
        return datetime.combine(day, self.hour_of_closing(day), DAR_ES_SALAAM).astimezone(UTC)

    def hour_of_closing(self, day: date) -> time:
        """The local hour at which the office closes on `day`."""
        return self.short.get(day, self.closes)


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock waits for the citizen from `start` to `end`; an `end` of None is still open."""

    start: datetime
    end: datetime | None

    def __post_init__(self) -> None:
        _aware(self.start)
        if self.end is not None:
            _aware(self.end)


@dataclass(frozen=True, slots=True)
class Step:
    """One day in the arithmetic of a due date.

    `reason` is one of day0, working, weekend, holiday, paused, extension. `number` is the working
    day it counts as (day 0 is 0), None for a day that does not count. `closes`: the hour of a half
    day on which the office works.
    """

    day: date
    counted: bool
    reason: str
    number: int | None
    closes: time | None = None


def local_day(moment: datetime) -> date:
    """The calendar day in Dar es Salaam on which `moment` lies."""
    return _aware(moment).astimezone(DAR_ES_SALAAM).date()


def add_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The close of the `days`-th working day after the day of `start`.

    With `days` 0 it is the close of the first working day on or after the day of `start` that
    does not lie before `start` itself.
    """
    if days < 0:
        raise ValueError("working days are counted forwards only")
    if days == 0:
        day = _first_day_closing_from(calendar, start)
        while not calendar.is_working_day(day):
            day += ONE_DAY
        return calendar.closing(day)
    day = local_day(start)
    while days:
        day += ONE_DAY
        if calendar.is_working_day(day):
            days -= 1
    return calendar.closing(day)


def closings_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many closings of the office lie in `start` <= closing < `end`: what a pause costs."""
    return _working_days_in(
        calendar,
        _first_day_closing_from(calendar, start),
        _first_day_closing_from(calendar, end),
    )


def due(
    calendar: Calendar,
    start: datetime,
    working_days: int,
    pauses: Sequence[Pause] = (),
    extension_days: int = 0,
    now: datetime | None = None,
) -> datetime:
    """When a clock that started at `start` with a standard of `working_days` falls due.

    Extensions add working days. Each pause adds the closings it covers, overlapping pauses once;
    one that begins after the due time so far adds nothing. An open pause covers every closing up
    to and including `now`, so that a clock cannot fall due while it waits; it needs `now`.
    """
    total = _total(working_days, extension_days)
    paused = _paused_days(calendar, start, pauses, now)
    if not paused:
        return add_working_days(calendar, start, total)
    *_, (day, _, _) = _arithmetic(calendar, start, total, paused)
    return calendar.closing(day)


def explain(
    calendar: Calendar,
    start: datetime,
    working_days: int,
    pauses: Sequence[Pause] = (),
    extension_days: int = 0,
    now: datetime | None = None,
) -> list[Step]:
    """The same arithmetic as `due`, day by day; the last step is the day on which it falls due.

    A pause that covers the close of day 0 moves day 0 itself on to the next working day.
    """
    total = _total(working_days, extension_days)
    paused = _paused_days(calendar, start, pauses, now)
    steps = []
    for day, reason, number in _arithmetic(calendar, start, total, paused):
        extended = reason == "working" and number is not None and number > working_days
        steps.append(
            Step(
                day=day,
                counted=reason == "working",
                reason="extension" if extended else reason,
                number=number,
                closes=calendar.short.get(day) if calendar.is_working_day(day) else None,
            )
        )
    return steps


def working_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole office minutes between two moments; 0 when `end` does not lie after `start`."""
    first, last = local_day(start), local_day(end)
    if end <= start:
        return 0
    total = timedelta()
    if first == last:
        if calendar.is_working_day(first):
            total = _office_time(calendar, first, start, end)
    else:
        whole_day = timedelta(
            hours=calendar.closes.hour - calendar.opens.hour,
            minutes=calendar.closes.minute - calendar.opens.minute,
            seconds=calendar.closes.second - calendar.opens.second,
        )
        total = whole_day * _working_days_in(calendar, first + ONE_DAY, last)
        for day in calendar.short:
            if first < day < last and calendar.is_working_day(day):
                total -= whole_day - (calendar.closing(day) - calendar.opening(day))
        for day in (first, last):
            if calendar.is_working_day(day):
                total += _office_time(calendar, day, start, end)
    return total // timedelta(minutes=1)


def held_minutes(
    calendar: Calendar,
    start: datetime,
    end: datetime,
    running: Sequence[tuple[datetime, datetime]],
    pauses: Sequence[Pause] = (),
) -> int:
    """Office minutes from `start` to `end` in which an answer was owed: within `running`, one
    stretch for each cycle, pauses taken off. Stretches, and pauses, do not overlap each other."""
    total = 0
    for begin, until in running:
        first, last = max(start, begin), min(end, until)
        total += working_minutes(calendar, first, last)
        for pause in pauses:
            stop = last if pause.end is None else min(pause.end, last)
            total -= working_minutes(calendar, max(pause.start, first), stop)
    return max(0, total)


def pause_cap(calendar: Calendar, earlier: Sequence[Pause], start: datetime) -> datetime | None:
    """When a pause that begins at `start` runs out, or None when the case may not pause again.

    It is the last moment at which the pauses of the case cost `MAX_PAUSE_DAYS` together.
    `earlier` holds the pauses of all cycles; one still open is counted to `start`.
    """
    _aware(start)
    if len(earlier) >= MAX_PAUSES:
        return None
    used = sum(
        closings_between(calendar, pause.start, start if pause.end is None else pause.end)
        for pause in earlier
    )
    left = MAX_PAUSE_DAYS - used
    if left <= 0:
        return None
    first = add_working_days(calendar, start, 0)
    return add_working_days(calendar, first, left)


def working_days_until(calendar: Calendar, now: datetime, due: datetime) -> int:
    """Working days from today to the day of `due`: 0 is today, -n is late by n working days.

    Whatever is late is late by at least one, also in the evening of its last day.
    """
    today, last = local_day(now), local_day(due)
    if now > due:
        return -max(1, _working_days_in(calendar, last + ONE_DAY, today + ONE_DAY))
    if today == last:
        return 0
    return max(1, _working_days_in(calendar, today + ONE_DAY, last + ONE_DAY))


def at_work(calendar: Calendar, now: datetime) -> datetime:
    """`now` while the office works, else the moment at which it opens next."""
    day = local_day(now)
    if calendar.is_working_day(day):
        if calendar.opening(day) <= now <= calendar.closing(day):
            return now
        if now < calendar.opening(day):
            return calendar.opening(day)
    day += ONE_DAY
    while not calendar.is_working_day(day):
        day += ONE_DAY
    return calendar.opening(day)


def reminders(calendar: Calendar, start: datetime, due: datetime) -> list[datetime]:
    """When to remind the owner of a clock: each at an opening of the office, in order.

    Once half of the working days are behind, two working days before the last, and on the last.
    A short clock has fewer, since each day gives one reminder and the day of `start` none.
    """
    days = []
    day, last = local_day(start), local_day(due)
    while day < last:
        day += ONE_DAY
        if calendar.is_working_day(day):
            days.append(day)
    count = len(days)
    numbers = {count // 2 + 1, count - 2, count}
    return [calendar.opening(days[n - 1]) for n in sorted(numbers) if 1 <= n <= count]


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment


def _total(working_days: int, extension_days: int) -> int:
    if working_days < 0 or extension_days < 0:
        raise ValueError("a standard and its extension cannot be negative")
    return working_days + extension_days


def _first_day_closing_from(calendar: Calendar, moment: datetime) -> date:
    """The first calendar day, working or not, whose hour of closing is not before `moment`."""
    local = _aware(moment).astimezone(DAR_ES_SALAAM)
    closes = calendar.hour_of_closing(local.date())
    return local.date() if local.time() <= closes else local.date() + ONE_DAY


def _working_days_in(calendar: Calendar, first: date, end: date) -> int:
    """Working days from `first` on and before `end`."""
    count, day = 0, first
    while day < end:
        count += calendar.is_working_day(day)
        day += ONE_DAY
    return count


def _office_time(calendar: Calendar, day: date, start: datetime, end: datetime) -> timedelta:
    spent = min(end, calendar.closing(day)) - max(start, calendar.opening(day))
    return max(spent, timedelta())


def _paused_days(
    calendar: Calendar, start: datetime, pauses: Sequence[Pause], now: datetime | None
) -> list[tuple[date, date]]:
    """The days whose closing is paused, as ordered ranges (first, end) that do not overlap."""
    ranges: list[tuple[date, date]] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        until = pause.end
        if until is None:
            if now is None:
                raise ValueError("an open pause can only be counted up to a given moment")
            until = _aware(now) + INSTANT
        first = _first_day_closing_from(calendar, max(pause.start, _aware(start)))
        end = _first_day_closing_from(calendar, until)
        if ranges:
            first = max(first, ranges[-1][1])
        if first < end:
            ranges.append((first, end))
    return ranges


def _arithmetic(
    calendar: Calendar, start: datetime, total: int, paused: list[tuple[date, date]]
) -> Iterator[tuple[date, str, int | None]]:
    """Each day from the start to the due day with what it is and the number it counts as."""
    first = local_day(start)
    may_end = _first_day_closing_from(calendar, start)
    day, number = first, -1
    while True:
        state = _state(calendar, day, paused)
        if number < 0 and (state == "working" or (day == first and state != "paused")):
            number = 0
            yield day, "day0", number
            if total == 0 and state == "working" and day >= may_end:
                return
        elif state == "working":
            # A clock of no days ends on the first close after its start, still as number 0.
            number += total > 0
            yield day, state, number
            if number == total:
                return
        else:
            yield day, state, None
        day += ONE_DAY


def _state(calendar: Calendar, day: date, paused: list[tuple[date, date]]) -> str:
    if day.weekday() in calendar.weekend:
        return "weekend"
    if day in calendar.holidays:
        return "holiday"
    return "paused" if any(begin <= day < end for begin, end in paused) else "working"
