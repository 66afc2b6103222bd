"""The time in which a world is played, and what the database knows at its beginning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

import pytest

from tests.oracle.world import CALENDARS
from tests.services import kit
from tests.services.kit import Behind


@contextmanager
def simulated(
    monkeypatch: pytest.MonkeyPatch, behind: Behind
) -> Iterator[Callable[[datetime], None]]:
    """Set the clock of application and database: whoever holds a post on the day may act."""
    at: list[datetime] = []
    behind.execute("CREATE SCHEMA IF NOT EXISTS simulated")
    behind.execute("CREATE TABLE IF NOT EXISTS simulated.clock (at timestamptz NOT NULL)")
    behind.execute("TRUNCATE simulated.clock")
    behind.execute("INSERT INTO simulated.clock VALUES (now())")
    behind.execute(
        "CREATE OR REPLACE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE"
        " AS 'SELECT at FROM simulated.clock'"
    )
    path = "ALTER FUNCTION guard.become SET search_path = "
    behind.execute(path + "simulated, pg_catalog, public, pg_temp")
    behind.execute("GRANT USAGE ON SCHEMA simulated TO PUBLIC")
    behind.execute("GRANT SELECT ON simulated.clock TO PUBLIC")
    monkeypatch.setattr("feedback.clock.now", lambda: at[-1])
    # What cannot be undone is done by the clock that can be believed: here that is this one.
    monkeypatch.setattr("feedback.upkeep.believed_now", lambda: at[-1], raising=False)

    def to(moment: datetime) -> None:
        at[:] = [moment]
        behind.execute("UPDATE simulated.clock SET at = %s", (moment,))

    try:
        yield to
    finally:
        behind.execute(path + "public, pg_temp")
        behind.execute("DROP SCHEMA simulated CASCADE")


def days_off(behind: Behind) -> dict[str, frozenset[date]]:
    """The days off that the database knows, by calendar."""
    rows = kit.rows(
        behind,
        "SELECT c.code, h.* FROM holiday h JOIN calendar c ON c.id = h.calendar_id"
        " WHERE h.status <> 'removed'",
    )
    found: dict[str, set[date]] = {code: set() for code in CALENDARS}
    for row in rows:
        if row.get("scope", "*") == "*":
            found[row["code"]].add(row["day"])
    return {code: frozenset(days) for code, days in found.items()}
