"""Time: stored in UTC, shown and counted in Africa/Dar_es_Salaam."""

from __future__ import annotations

import time as seconds
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator

DAR_ES_SALAAM = ZoneInfo("Africa/Dar_es_Salaam")


def now() -> datetime:
    """The present moment in UTC. The edge asks for it once and passes it down."""
    return datetime.now(UTC)


def ticks() -> float:
    """Seconds since this machine was started, sleep included; setting its clock changes nothing."""
    if hasattr(seconds, "CLOCK_BOOTTIME"):
        return seconds.clock_gettime(seconds.CLOCK_BOOTTIME)
    return seconds.monotonic()


@cache
def boot() -> str:
    """What names this machine since its last start; its processes share it where the system has a
    name for that."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else str(uuid4())


def local(moment: datetime) -> datetime:
    """The moment on an office clock in Dar es Salaam."""
    return moment.astimezone(DAR_ES_SALAAM)


def local_day(moment: datetime) -> date:
    """The calendar day of a moment in Dar es Salaam."""
    return local(moment).date()


def day_start(moment: datetime) -> datetime:
    """The beginning of the moment's day in Dar es Salaam: all that is kept of the time at which a
    citizen did something who must stay unknown."""
    day = local(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.astimezone(UTC)


def begin(day: date) -> datetime:
    """The beginning of a day in Dar es Salaam, in UTC."""
    return datetime.combine(day, time(), DAR_ES_SALAAM).astimezone(UTC)


def is_day(moment: datetime) -> bool:
    """Whether the moment stands for a day, as `day_start` makes it."""
    return moment == day_start(moment)


class UtcDateTime(TypeDecorator[datetime]):
    """A timestamp with time zone that refuses naive times and always reads back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        return value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


def last_day(until: datetime) -> date:
    """The last day in Dar es Salaam of a time that lasts until a moment: one that ends at midnight
    does not reach into the day that begins then."""
    return local_day(until - timedelta(seconds=1))
