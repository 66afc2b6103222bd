"""What the tests of the core services look at: rows as they stand, whoever may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg
from flask import Flask
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from feedback.extensions import db
from feedback.services import escalations, identity, inbox, owners
from feedback.services.cases import Receipt
from feedback.services.inbox import Question
from feedback.services.letters.facts import Facts
from feedback.services.listing import PAGE, Page
from feedback.transaction import JOB, transaction
from tests.conftest import REFERENCE

Behind = psycopg.Connection[Any]
OPEN_STATUSES = ("new", "assigned", "in_progress", "waiting_citizen")


def at(text: str) -> datetime:
    """A moment on an office clock in Dar es Salaam, in UTC."""
    return datetime.fromisoformat(f"{text}+03:00").astimezone(UTC)


def rows(behind: Behind, query: str, *values: Any) -> list[dict[str, Any]]:
    """What SQL returns when no policy binds."""
    with behind.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()  # type: ignore[arg-type]


def of_case(behind: Behind, table: str, case_id: UUID, order: str = "id") -> list[dict[str, Any]]:
    """Rows of a table that hang on a case."""
    query = SQL("SELECT * FROM {} WHERE case_id = %s ORDER BY {}").format(
        Identifier(table), Identifier(order)
    )
    with behind.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, [case_id]).fetchall()


def case_row(behind: Behind, case_id: UUID) -> dict[str, Any]:
    """The case itself."""
    (found,) = rows(behind, 'SELECT * FROM "case" WHERE id = %s', case_id)
    return found


def clock(behind: Behind, case_id: UUID, name: str, cycle: int = 1) -> dict[str, Any]:
    """One deadline of a case."""
    (found,) = rows(
        behind,
        "SELECT * FROM deadline WHERE case_id = %s AND clock = %s AND cycle = %s",
        case_id,
        name,
        cycle,
    )
    return found


def timers(behind: Behind, case_id: UUID) -> dict[str, datetime]:
    """The timers that still run, by purpose."""
    return {
        row["purpose"]: row["due_at"]
        for row in of_case(behind, "timer", case_id, "purpose")
        if not row["done"]
    }


def acts(behind: Behind, case_id: UUID) -> list[str]:
    """What the record says of a case, in no order."""
    return [row["act"] for row in of_case(behind, "audit_entry", case_id)]


def owed(behind: Behind, case_id: UUID) -> list[str]:
    """The templates of the SMS queued for a case."""
    return [row["template"] for row in of_case(behind, "outbox", case_id, "created_at")]


def rungs(behind: Behind, case_id: UUID) -> list[dict[str, Any]]:
    """The escalations of a case as they fell due, with institution and kind of the posts."""
    return rows(
        behind,
        "SELECT e.*, p.kind AS post, i.code AS at_institution, x.code AS copied"
        " FROM escalation e LEFT JOIN post p ON p.id = e.post_id"
        " LEFT JOIN institution i ON i.id = p.institution_id"
        " LEFT JOIN post q ON q.id = e.copy_post_id"
        " LEFT JOIN institution x ON x.id = q.institution_id"
        " WHERE e.case_id = %s ORDER BY e.due_at, e.cycle, e.restricted, e.rung",
        case_id,
    )


def sweep(now: datetime, limit: int = escalations.BATCH) -> escalations.SweepCounts:
    """Sweep until nothing is due, as the job does."""
    total = escalations.SweepCounts()
    while True:
        with transaction(JOB):
            batch = escalations.sweep_batch(now, limit)
        total.add(batch)
        if not batch.timers:
            return total


def together(app: Flask, acts_: list[Callable[[], Any]]) -> list[Any]:
    """Run all at once, each in a thread with an application context and connection of its own;
    answers what each returned, or the exception it raised."""
    results: list[Any] = [None] * len(acts_)
    start = Barrier(len(acts_))

    def run(number: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                results[number] = act()
            except Exception as error:
                results[number] = error
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=each) for each in enumerate(acts_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def reminder(behind: Behind, receipt: Receipt, officer: int) -> UUID:
    """A letter to an accounting officer that was issued about a case."""
    facts = Facts(
        kind="reminder",
        reference=receipt.reference,
        case_kind="complaint",
        level="open",
        zanzibar=False,
        sender=("x", "x"),
        addressee=(("x", "x"),),
        signs=(),
        received="2025-11-10",
        due="2025-11-28",
        late=0,
        acknowledged=False,
        answered=False,
        ask="answer",
        by="2025-12-01",
    )
    letter = uuid4()
    behind.execute(
        "INSERT INTO letter (id, institution_id, year, number, kind, case_id, addressee_sw,"
        " addressee_en, facts, digest, token_hash, officer_id, at)"
        " SELECT %s, institution_id, 2020, %s, 'reminder', %s, 'x', 'x', %s, %s, %s, id, now()"
        " FROM officer WHERE id = %s",
        (
            letter,
            receipt.case_id.int % 10**9,
            receipt.case_id,
            identity.seal(facts.text(), f"letter:{letter}"),
            facts.digest(),
            letter.bytes,
            officer,
        ),
    )
    return letter


MANY = """
WITH place AS (
  SELECT i.id AS institution, u.id AS unit, i.calendar_id AS calendar,
         row_number() OVER (ORDER BY i.id) - 1 AS number, count(*) OVER () AS places
    FROM institution i JOIN unit u ON u.institution_id = i.id AND u.is_default
   WHERE i.code = ANY (%(codes)s)
), made AS (
  SELECT gen_random_uuid() AS id, n, p.*
    FROM generate_series(1, %(count)s) AS n JOIN place p ON p.number = n %% p.places
), cases AS (
  INSERT INTO "case" (id, reference, kind, status, channel, language, institution_id, unit_id,
    confidentiality, anonymous, reachable, triage, handler_id, received_at, cycle, appeals, due_at,
    standard, highest_rung, first_rung, unread, transfers)
  SELECT id, 'T' || %(prefix)s || n, 'complaint',
         CASE WHEN %(handler)s::integer IS NULL THEN 'new' ELSE 'assigned' END, 'web', 'sw',
         institution, unit, 'open', false, false, false, %(handler)s, %(received)s, 1, 0,
         %(answer)s::timestamptz + n * interval '1 second', 'STANDARD', 0, 1, true, 0
    FROM made
), clocks AS (
  INSERT INTO deadline (id, case_id, cycle, clock, starts_at, working_days, calendar_id,
    office_id, extension_days, due_at)
  SELECT gen_random_uuid(), id, 1, c.clock, %(received)s, c.days, calendar, institution, 0, c.due
    FROM made, (VALUES ('acknowledge', 2, %(acknowledge)s::timestamptz),
                       ('answer', 14, %(answer)s::timestamptz)) AS c (clock, days, due)
)
INSERT INTO timer (case_id, purpose, due_at, done)
SELECT id, 'ladder', %(acknowledge)s, false FROM made
"""


def many(
    behind: Behind,
    count: int,
    received: datetime,
    *,
    handler: int | None = None,
    codes: tuple[str, ...] = ("DODOMA-CC",),
    prefix: str = "A",
) -> None:
    """Many open complaints at once, spread over institutions, as lodging leaves them."""
    behind.execute(
        MANY,
        {
            "count": count,
            "codes": list(codes),
            "prefix": prefix,
            "handler": handler,
            "received": received,
            "acknowledge": received + timedelta(days=2, hours=6, minutes=30),
            "answer": received + timedelta(days=18, hours=6, minutes=30),
        },
    )


def empty(behind: Behind) -> None:
    """Empty the tables, reference data apart, within a test that runs something twice."""
    (found,) = rows(
        behind,
        "SELECT string_agg(format('%%I.%%I', schemaname, tablename), ', ') AS tables"
        " FROM pg_tables WHERE schemaname IN ('public', 'guard') AND tablename <> ALL (%s)",
        list(REFERENCE),
    )
    behind.execute(f"TRUNCATE {found['tables']} RESTART IDENTITY CASCADE")


def compare_newcomers(now: datetime, limit: int = 1) -> tuple[int, int]:
    """Officers compared and exclusions made, as the job does it, in the smallest batches."""
    looked = excluded = 0
    while True:
        with transaction(JOB):
            run = owners.newcomers()
        while not run.done:
            with transaction(JOB):
                owners.compare_newcomers(run, now, limit)
        if not run.officers:
            return looked, excluded
        looked += len(run.officers)
        excluded += run.excluded


def my_cases(after: str | None, now: datetime, limit: int = PAGE, **filters: str) -> Page:
    """The list of what the officer owns."""
    return inbox.page(Question("mine", **filters), after, now, limit)


def unit_cases(after: str | None, now: datetime, limit: int = PAGE, **filters: str) -> Page:
    """The list of the officer's units, or of the institution."""
    return inbox.page(Question("unit", **filters), after, now, limit)


def unowned(after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """The list of cases that have no owner."""
    return inbox.page(Question("unowned"), after, now, limit)


def restricted(after: str | None, now: datetime, limit: int = PAGE) -> Page:
    """The list of the ethics queue."""
    return inbox.page(Question("restricted"), after, now, limit)
