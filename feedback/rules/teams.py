"""Teams: who shares out what, what counts as idle, and how long an act can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from feedback.rules.access import Viewer
from feedback.rules.deadlines import DAR_ES_SALAAM, Calendar, local_day

WEEK = (1, 2, 3, 4, 5)
"""Days of the week on which offices work, Monday to Friday."""
SHARES = (25, 50, 75, 100, 150, 200)
"""Per cent of an ordinary load that an officer may take of a subject."""
IDLE_DAYS = 2
"""Working days without an act after which a case is idle."""
UNDO = timedelta(hours=24)
"""How long many cases moved in one act can be moved back."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """For whose cases and officers somebody answers: whole institutions, or units alone."""

    institutions: frozenset[int]
    units: frozenset[int]

    @property
    def whole(self) -> bool:
        """Whether it is more than units."""
        return bool(self.institutions)

    def holds(self, institution: int, unit: int) -> bool:
        """Whether an officer who works there is one of theirs."""
        return institution in self.institutions or unit in self.units


def scope(viewer: Viewer, led_units: frozenset[int]) -> Scope | None:
    """What an officer answers for, by posts and role; None: for nobody else. Ethics is not in it:
    restricted cases are shared out among ethics officers alone."""
    wide = viewer.heads | viewer.coordinates
    if wide:
        return Scope(frozenset(wide), frozenset())
    return Scope(frozenset(), led_units) if led_units else None


def idle_before(calendar: Calendar, now: datetime) -> datetime:
    """A case whose last act lies before this moment was left alone for `IDLE_DAYS` whole working
    days of the calendar, today not counted. In UTC; raises ValueError for a naive moment."""
    day, left = local_day(now), IDLE_DAYS
    while left:
        day -= ONE_DAY
        left -= calendar.is_working_day(day)
    return midnight(day)


def end_of_week(now: datetime) -> datetime:
    """The first moment of the next Monday in Dar es Salaam, in UTC."""
    day = local_day(now)
    return midnight(day + timedelta(days=8 - day.isoweekday()))


def may_undo(at: datetime, now: datetime) -> bool:
    """Whether what was done at `at` can still be undone."""
    return now - at < UNDO


def midnight(day: date) -> datetime:
    """The first moment of a day in Dar es Salaam, in UTC."""
    return datetime.combine(day, time(), DAR_ES_SALAAM).astimezone(UTC)
