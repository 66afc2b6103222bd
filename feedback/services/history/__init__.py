"""A large made-up history for a demonstration, to measure with: `flask load --cases N`.

Cases of some years in every institution, with seasons, weekdays and growth; a fifth of all is
open and late. Deadlines, pauses, ladders and timers are what the rules make of them, so that the
next sweep goes on where a punctual one would have stopped. It is no act of anyone: of the cases
nothing stands in the record but one entry, that a history was loaded.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from queue import Queue
from random import Random
from threading import Thread
from typing import Any, cast

from flask import current_app
from psycopg import Connection, sql
from sqlalchemy import text

from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import audit, figures
from feedback.services.errors import Refused
from feedback.services.history import people
from feedback.services.history.arrivals import LATE_SHARE, LATEST, YEARS, arrivals
from feedback.services.history.course import Maker
from feedback.services.history.office import Office, second
from feedback.services.history.rows import COLUMNS, Writer, block
from feedback.services.reference import Directory, directory
from feedback.transaction import JOB, Principal, transaction

LOADER = Principal("history", role="loader")
CHUNK = 4_000  # cases made while the ones before are being written


def load(
    cases: int, now: datetime, seed: int = 1, late_share: float = LATE_SHARE
) -> dict[str, int | float]:
    """Make `cases` cases and everything around them; answers counts of rows and the seconds.
    late_share: how many of them lie open past their due time, beside those answered late.

    All cases in one transaction, then the figures in another. Refused: not-a-demonstration.
    """
    if not current_app.config["DEMO"]:
        raise Refused("not-a-demonstration")
    started = time.monotonic()
    with transaction(JOB):
        d = directory()
        gazetteer: dict[str, list[str]] = {}
        for name, code in d.gazetteer.places.items():
            gazetteer.setdefault(code, []).append(name.title())
    with _admitted(), transaction(LOADER) as session:
        raw = session.connection().connection.driver_connection
        rng = Random(seed)  # noqa: S311
        counts = _write(
            cast(Connection[Any], raw), d, gazetteer, cases, round(cases * late_share), now, rng
        )
    with transaction(JOB):
        groups = figures.refresh_all(now)
        audit.record("history_loaded", now=now, cases=cases)
    _analyze()
    return {
        "cases": cases,
        **counts,
        "figures": groups,
        "seconds": round(time.monotonic() - started, 1),
    }


@contextmanager
def _admitted() -> Iterator[None]:
    """The loader, whom no policy binds, may do something only while a history is loaded."""
    rights = "SELECT, INSERT ON ALL TABLES IN SCHEMA public"
    with db.engines["owner"].connect() as connection:
        owner = connection.execution_options(isolation_level="AUTOCOMMIT")
        owner.execute(text(f"GRANT {rights} TO mrejesho_loader"))
        try:
            yield
        finally:
            owner.execute(text(f"REVOKE {rights} FROM mrejesho_loader"))


def _write(
    raw: Connection[Any],
    d: Directory,
    gazetteer: dict[str, list[str]],
    cases: int,
    late: int,
    now: datetime,
    rng: Random,
) -> dict[str, int]:
    """Make and write, each in a thread of its own: one computes while the other waits."""
    since = local_day(now) - timedelta(days=YEARS * 366 + LATEST)
    staff = people.provide(raw, d, since)
    taken = {reference for (reference,) in raw.execute('SELECT reference FROM "case"')}
    counts: dict[str, int] = {"officers": staff.officers}
    waiting: Queue[dict[str, list[str]] | None] = Queue(maxsize=2)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            while (lines := waiting.get()) is not None:
                for table, listed in lines.items():
                    _copy(raw, table, listed)
                    counts[table] = counts.get(table, 0) + len(listed)
        except BaseException as error:
            failures.append(error)
            while waiting.get() is not None:
                continue

    thread = Thread(target=write)
    thread.start()
    gc.disable()  # hundreds of thousands of short-lived objects, none in a cycle
    try:
        for lines in _chunks(d, gazetteer, staff, taken, cases, late, now, since, rng):
            waiting.put(lines)
            if failures:
                break
    finally:
        gc.enable()
        waiting.put(None)
        thread.join()
    if failures:
        raise failures[0]
    return counts


def _chunks(
    d: Directory,
    gazetteer: dict[str, list[str]],
    staff: people.Staff,
    taken: set[str],
    cases: int,
    late: int,
    now: datetime,
    since: date,
    rng: Random,
) -> Iterator[dict[str, list[str]]]:
    offices: dict[int, Office] = {}  # by the calendar itself, which most institutions share
    present = second(now)
    maker = Maker(d, staff, present, rng)
    writer = Writer(d, staff, gazetteer, taken, rng)
    for made, arrival in enumerate(arrivals(cases, late, present, d, rng), 1):
        calendar = d.calendar_of(arrival.institution.id)
        if id(calendar) not in offices:
            offices[id(calendar)] = Office(calendar, since, local_day(now))
        writer.add(maker.run(arrival, offices[id(calendar)]))
        if made % CHUNK == 0:
            yield writer.take()
    yield writer.take()


def _copy(raw: Connection[Any], table: str, lines: list[str]) -> None:
    if not lines:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table].split()))
    )
    with raw.cursor().copy(statement) as copy:
        copy.write(block(lines))


def _analyze() -> None:
    """Fresh statistics, or the first pages after the load are planned for empty tables."""
    with db.engines["owner"].connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
