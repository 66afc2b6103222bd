"""What a sweep costs: `make bench ARGS=ladder`.

The same thousand cases fall due among ten thousand and among a million others, and twenty thousand
at once. The others are real rows of a loaded history, copied with what a sweep might read of them
under new identifiers, which takes minutes where loading them anew takes twenty.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg
from flask import Flask
from sqlalchemy import text

from bench import report
from feedback import clock, create_app
from feedback.services import escalations, history
from feedback.transaction import JOB, transaction

SMALL = 10_000
DUE = 1_000
CROWD = 20_000
ROUNDS = 7
SWEEPERS = 2
Behind = psycopg.Connection[Any]
HEADING = "## What a sweep costs"
# Tables that a sweep reads by case, with the columns that get a new value in a copy.
COPIED = {
    "case": {"id": "md5(N || t.id)::uuid", "reference": "N || '-' || t.reference"},
    "deadline": {"id": "md5(N || t.id)::uuid", "case_id": "md5(N || t.case_id)::uuid"},
    "timer": {"case_id": "md5(N || t.case_id)::uuid"},
    "assignment": {"id": "gen_random_uuid()", "case_id": "md5(N || t.case_id)::uuid"},
    "escalation": {"id": "md5(N || t.id)::uuid", "case_id": "md5(N || t.case_id)::uuid"},
}
_INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indrelid = %s::regclass AND NOT EXISTS (
   SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
# Cases like those that are open, received some days ago and never acknowledged.
_LATE = """
WITH open AS (
  SELECT c.*, row_number() OVER (ORDER BY c.id) AS n, count(*) OVER () AS many FROM "case" c
   WHERE c.status IN ('assigned', 'in_progress') AND c.confidentiality = 'open' AND c.cycle = 1
     AND c.handler_id IS NOT NULL AND c.merged_into IS NULL
     AND c.id IN (SELECT id FROM original)
   LIMIT 5000
), chosen AS (
  SELECT o.*, md5(%(mark)s || g)::uuid AS new_id, g
    FROM generate_series(0, %(count)s - 1) AS g JOIN open o ON o.n = g %% o.many + 1
), cases AS (
  INSERT INTO "case" SELECT (jsonb_populate_record(NULL::"case", to_jsonb(c) || jsonb_build_object(
      'id', new_id, 'reference', %(mark)s || g, 'status', 'assigned', 'received_at',
      %(received)s::timestamptz, 'highest_rung', 0, 'first_rung', 1, 'kind', 'complaint',
      'max_rung', NULL))).*
    FROM chosen c
), clocks AS (
  INSERT INTO deadline (id, case_id, cycle, clock, starts_at, working_days, calendar_id,
    office_id, extension_days, due_at)
  SELECT gen_random_uuid(), c.new_id, 1, k.clock, %(received)s, k.days, i.calendar_id, i.id, 0,
         k.due
    FROM chosen c JOIN institution i ON i.id = c.institution_id,
      (VALUES ('acknowledge', 2, %(due)s::timestamptz),
              ('answer', 14, %(due)s::timestamptz + interval '20 days')) AS k (clock, days, due)
), owned AS (
  INSERT INTO assignment SELECT (jsonb_populate_record(NULL::assignment, to_jsonb(a)
      || jsonb_build_object('id', gen_random_uuid(), 'case_id', c.new_id, 'at',
        %(received)s::timestamptz))).*
    FROM chosen c JOIN LATERAL (
      SELECT * FROM assignment a WHERE a.case_id = c.id ORDER BY a.at DESC LIMIT 1) a ON true
)
INSERT INTO timer (case_id, purpose, due_at, done)
SELECT new_id, 'ladder', %(due)s, false FROM chosen"""


def measure(cases: int, before: float) -> dict[str, Any]:
    """All figures of this mode; `before` is the machine's load before anything was begun."""
    app = create_app()
    superuser = os.environ["BENCH_SUPERUSER_URL"].replace("+psycopg", "")
    found: dict[str, Any] = {"cases": cases, "load_before": before}
    with app.app_context(), psycopg.connect(superuser, autocommit=True) as behind:
        now = clock.now()
        print("load …", flush=True)
        history.load(SMALL, now)
        behind.execute('CREATE TEMP TABLE original AS SELECT id FROM "case"')
        behind.execute("ANALYZE original")
        _sweep_all(app, now)
        print(f"among {SMALL:,} …", flush=True)
        found["small"] = _rounds(app, behind, now, "s")
        print(f"among {cases:,} …", flush=True)
        begun = time.monotonic()
        _multiply(behind, cases // SMALL - 1)
        found["load_seconds"] = round(time.monotonic() - begun, 1)
        _sweep_all(app, now)
        found["large"] = _rounds(app, behind, now, "l")
        print(f"{CROWD:,} at once …", flush=True)
        found["one"] = _crowd(behind, now, "c", 1)
        found["crowd"] = _crowd(behind, now, "d", SWEEPERS)
    found["load_after"] = os.getloadavg()[0]
    return found


def _rounds(app: Flask, behind: Behind, now: datetime, mark: str) -> dict[str, Any]:
    """Sweep a thousand due cases several times; the median of the times, and what was read."""
    # What the load left to be written is the load's, not the sweep's.
    behind.execute("CHECKPOINT")
    seconds, cpu, buffers, rows = [], [], [], []
    for number in range(ROUNDS):
        _late(behind, DUE, now, f"{mark}{number}-")
        before, busy, begun = _read(behind), _busy(), time.perf_counter()
        _expect(_sweep_all(app, now), DUE)
        seconds.append(time.perf_counter() - begun)
        cpu.append(_busy() - busy)
        after = _read(behind)
        buffers.append(after[0] - before[0])
        rows.append(after[1] - before[1])
    return {
        "seconds": median(seconds),
        "cpu": median(cpu),
        "buffers": median(buffers),
        "rows": median(rows),
    }


def _busy() -> float:
    """Seconds for which a core worked for this process and for its session of the database: what
    it takes on a machine that has nothing else to do."""
    with transaction(JOB) as session:
        backend = psutil.Process(session.scalar(text("SELECT pg_backend_pid()")))
    used = backend.cpu_times()
    return time.process_time() + used.user + used.system


def _read(behind: Behind) -> tuple[int, int]:
    """Pages and rows that sessions read in this database so far."""
    with transaction(JOB) as session:
        # The session of the worker would tell at most once a second, or when long idle.
        session.execute(text("SELECT pg_stat_force_next_flush()"))
    return _row(
        behind,
        "SELECT blks_hit + blks_read, tup_fetched FROM pg_stat_database"
        " WHERE datname = current_database()",
    )


def _row(behind: Behind, query: str) -> tuple[int, int]:
    """The two numbers that a query answers."""
    first, second = behind.execute(query.encode()).fetchone() or (0, 0)
    return int(first), int(second)


def _expect(found: int, wanted: int) -> None:
    """What was measured must be what is told."""
    if found != wanted:
        raise RuntimeError(f"{found} and not {wanted} were swept")


def _late(behind: Behind, count: int, now: datetime, mark: str) -> None:
    """Make cases whose acknowledgement fell due a moment ago."""
    values = {
        "count": count,
        "mark": mark,
        "received": now - timedelta(days=4),
        "due": now - timedelta(minutes=5),
    }
    with behind.transaction():
        behind.execute("SET LOCAL session_replication_role = replica")
        behind.execute(_LATE, values)
    behind.execute('ANALYZE "case", deadline, timer, assignment, escalation')


def _multiply(behind: Behind, copies: int) -> None:
    """Copy every case of the history so often."""
    for table, changed in COPIED.items():
        columns = [
            row[0]
            for row in behind.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND NOT attisdropped AND attgenerated = ''",
                (f'"{table}"',),
            )
        ]
        own = "id" if table == "case" else "case_id"
        chosen = ", ".join(
            changed.get(name, f"t.{name}").replace("N ||", "g.n::text ||") for name in columns
        )
        statement = (
            f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT {chosen}'  # noqa: S608
            f' FROM "{table}" t JOIN original o ON o.id = t.{own}, generate_series(1, {copies})'
            " AS g (n)"
        )
        # To build an index once is a fraction of what it takes to add each row to it.
        indexes = behind.execute(_INDEXES, (f'"{table}"',)).fetchall()
        with behind.transaction():
            behind.execute("SET LOCAL session_replication_role = replica")
            behind.execute("SET LOCAL maintenance_work_mem = '512MB'")
            for name, _ in indexes:
                behind.execute(f'DROP INDEX "{name}"'.encode())
            behind.execute(statement.encode())
            for _, definition in indexes:
                behind.execute(definition.encode())
    behind.execute("VACUUM ANALYZE")


def _sweep_all(app: Flask, now: datetime) -> int:
    done = 0
    while True:
        with transaction(JOB):
            timers = escalations.sweep_batch(now).timers
        if not timers:
            return done
        done += timers


def _sweep_in_a_process(now: datetime, start: Any, ends: Any) -> None:
    """One worker with everything of its own."""
    app = create_app()
    with app.app_context():
        with transaction(JOB):
            escalations.sweep_batch(now - timedelta(days=365))  # connected, directory read
        start.wait()
        busy = _busy()
        _sweep_all(app, now)
        ends.put((time.monotonic(), _busy() - busy))


def _crowd(behind: Behind, now: datetime, mark: str, sweepers: int) -> dict[str, Any]:
    """Twenty thousand at once: seconds until the last rung is climbed and its notices stand."""
    _late(behind, CROWD, now, f"{mark}-")
    made = (
        "SELECT (SELECT count(DISTINCT case_id) FROM escalation),"
        " (SELECT count(*) FROM notice WHERE kind IN ('escalated', 'climbed', 'digest'))"
    )
    before = _row(behind, made)
    context = multiprocessing.get_context("spawn")
    start, ends = context.Barrier(sweepers + 1), context.Queue()
    processes = [
        context.Process(target=_sweep_in_a_process, args=(now, start, ends))
        for _ in range(sweepers)
    ]
    for process in processes:
        process.start()
    start.wait()
    begun = time.monotonic()
    told = [ends.get() for _ in processes]
    for process in processes:
        process.join()
    after = _row(behind, made)
    _expect(after[0] - before[0], CROWD)
    return {
        "seconds": max(end for end, _ in told) - begun,
        "cpu": sum(busy for _, busy in told),
        "notices": after[1] - before[1],
    }


def note(said: dict[str, Any], now: datetime) -> str:
    """The section of docs/performance.md."""
    small, large, one, crowd = said["small"], said["large"], said["one"], said["crowd"]
    among = [f"among {SMALL:,}", f"among {said['cases']:,}", "ratio (aim: at most 1.3)"]
    return "\n".join(
        [
            HEADING,
            "",
            "Written by `make bench ARGS=ladder`. A history is loaded, its rows are copied until"
            " there are as many cases as the table says, and cases are added whose acknowledgement"
            " fell due. Seconds of a core: for how long one worked for the worker and its session"
            " of the database, whatever ran beside. Pages and rows: what every statement of the"
            " sweep read, by the server's own count.",
            "",
            f"{now:%d %B %Y}. {report.machine()}. The copies took {said['load_seconds']} s. Load of"
            f" the machine before the run {said['load_before']:.1f}, after it"
            f" {said['load_after']:.1f} (the run itself keeps about two busy).",
            *report.disturbed(said["load_before"]),
            "",
            f"| {DUE:,} due | {' | '.join(among)} |",
            "| --- | --- | --- | --- |",
            *(
                f"| {name} | {small[key]:,.{digits}f} | {large[key]:,.{digits}f}"
                f" | **{large[key] / max(small[key], 0.001):.2f}** |"
                for name, key, digits in (
                    (f"seconds, median of {ROUNDS}", "seconds", 2),
                    ("seconds of a core, worker and database", "cpu", 2),
                    ("pages read", "buffers", 0),
                    ("rows fetched by index", "rows", 0),
                )
            ),
            "",
            f"| {CROWD:,} due at once, among {said['cases']:,} | seconds | seconds of a core |"
            " notices queued | aim, s | django-helpdesk, s |",
            "| --- | --- | --- | --- | --- | --- |",
            *(
                f"| {name} | **{run['seconds']:.1f}** | {run['cpu']:.1f} | {run['notices']:,}"
                " | 20 | 182 |"
                for name, run in (("one worker", one), (f"{SWEEPERS} workers, one a core", crowd))
            ),
        ]
    )


def write(path: Path, said: dict[str, Any]) -> None:
    """Put the section in its place in the note; what the other modes wrote stays."""
    report.replace(path, HEADING, note(said, clock.now()))
    print(json.dumps(said))
