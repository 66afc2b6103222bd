"""Corrections of calendars as tests make them, and the calendars as they were before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time

from feedback.services import calendars
from feedback.services.calendars import Applying, Whose
from feedback.transaction import JOB, Principal, transaction
from tests.factories import Make
from tests.services import kit
from tests.services.kit import Behind

DODOMA = Whose("DODOMA-CC", None, "Mkurugenzi wa Jiji", "AB.12/2025")


@contextmanager
def calendar(superuser: Behind, code: str = "TZ") -> Iterator[int]:
    """A calendar, whose days are afterwards as they were."""
    (row,) = kit.rows(superuser, "SELECT id FROM calendar WHERE code = %s", code)
    superuser.execute("CREATE TEMPORARY TABLE kept_days AS SELECT * FROM holiday")
    try:
        yield row["id"]
    finally:
        superuser.execute("DELETE FROM calendar_correction")
        superuser.execute("DELETE FROM holiday")
        superuser.execute("INSERT INTO holiday OVERRIDING SYSTEM VALUE SELECT * FROM kept_days")
        superuser.execute("DROP TABLE kept_days")


def apply(number: int, now: datetime, limit: int = calendars.BATCH) -> Applying:
    """Derive what a correction touches, as the job does it."""
    run = Applying(number)
    while not run.done:
        with transaction(JOB):
            calendars.apply(run, now, limit)
    return run


def correct(
    make: Make,
    calendar_id: int,
    day: date,
    now: datetime,
    *,
    status: str = "confirmed",
    whose: Whose = calendars.EVERYBODYS,
) -> Applying:
    """A correction by an administrator, and all that it moves."""
    admin = make.officer("PO-PSMGG", "admin")
    with transaction(Principal.of_officer(admin)):
        number = calendars.correct(
            calendar_id, day, "Sikukuu", "Holiday", status, admin, now, whose
        ).id
    return apply(number, now)


def half_day(hour: int, whose: Whose = calendars.EVERYBODYS) -> Whose:
    """A half day that ends at an hour."""
    return Whose(whose.scope, time(hour), whose.ordered_by, whose.order_number)
