"""The groups of the inbox: what is due when, by the calendar of Dar es Salaam.

A case stands in one group of GROUPS; UNREAD cuts across them. A week ends with its Sunday, so that
on a Friday the next Monday stands under "later".
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from feedback.rules.deadlines import DAR_ES_SALAAM, local_day

GROUPS = ("late", "today", "week", "later", "waiting")
"""In the order in which the inbox shows them; "waiting": the clock waits for the citizen."""
UNREAD = "unread"
"""Cases with a new message, whatever they are due for."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where one group ends and the next begins, in UTC."""

    now: datetime
    tomorrow: datetime
    next_week: datetime

    def within(self, group: str) -> tuple[datetime | None, datetime | None]:
        """The first due time that belongs to a group, and the first that does so no more."""
        return {
            "late": (None, self.now),
            "today": (self.now, self.tomorrow),
            "week": (self.tomorrow, self.next_week),
            "later": (self.next_week, None),
        }[group]

    def group(self, due_at: datetime, paused_until: datetime | None) -> str:
        """The group of an open case."""
        if paused_until is not None:
            return "waiting"
        for group in ("late", "today", "week"):
            _, end = self.within(group)
            if end is not None and due_at < end:
                return group
        return "later"


def edges(now: datetime) -> Edges:
    """The edges as they stand at a moment. Raises ValueError for a moment without a zone."""
    today = local_day(now)
    return Edges(
        now, _midnight(today + timedelta(1)), _midnight(today + timedelta(7 - today.weekday()))
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), DAR_ES_SALAAM).astimezone(UTC)
