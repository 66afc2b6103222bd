"""How the database reads the hottest queries beside a million cases: `make bench ARGS=plans`.

Each query is the one that the service itself sends: it is caught, and explained for the principal
on whose behalf it ran, under the same policies. The plans go into docs/performance.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from bench import report
from bench.measures import OWNER
from feedback import clock
from feedback.extensions import db
from feedback.rules import searching as rules
from feedback.rules.searching import Sought
from feedback.services import (
    escalations,
    figures,
    inbox,
    leasing,
    oversight,
    searching,
    views,
)
from feedback.services.inbox import Question
from feedback.services.reference import directory
from feedback.transaction import BECOME, JOB, Principal, transaction

CROWD = 50_000
"""Open cases that one institution gets on top of the history."""
# The principal's scope, read once for a query, and what sorts and pages of each node say.
_UNTOLD = (
    r"\s*(Planning|Execution|Output|Cache|Settings|Buffers|Sort Method|InitPlan|->  Result|I/O|WAL)"
)
LONGEST = 40  # lines of a plan that are shown; the rest is further down the same tree

# Copies of open cases under new numbers, in one institution, spread over its handlers, each seventh
# without an owner.
_CROWD = """
WITH o AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS many
             FROM officer WHERE institution_id = :institution AND 'handler' = ANY (roles)),
c AS (SELECT x.*, row_number() OVER (ORDER BY x.id) AS row_n FROM "case" x
       WHERE x.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')
         AND x.confidentiality = 'open' LIMIT :count),
made AS (INSERT INTO "case" SELECT (jsonb_populate_record(NULL::"case", to_jsonb(c)
           || jsonb_build_object('id', md5('crowd' || row_n)::uuid, 'reference', 'Z' || row_n,
                'institution_id', CAST(:institution AS integer), 'unit_id', :unit,
                'handler_id', CASE WHEN row_n % 7 > 0 THEN o.id END))).*
           FROM c JOIN o ON o.n = c.row_n % o.many RETURNING id)
INSERT INTO message (id, case_id, seq, cycle, kind, internal, body, at)
SELECT gen_random_uuid(), md5('crowd' || row_n)::uuid, 1, 1, 'citizen', false,
       coalesce((SELECT m.body FROM message m WHERE m.case_id = c.id AND m.seq = 1), '-'),
       c.received_at
  FROM c WHERE EXISTS (SELECT FROM made)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the hottest queries. mark: what tells its statement from others of the same act."""

    title: str
    principal: Principal
    act: Callable[[], Any]
    mark: str
    # Of a function: what tells the statement within it whose plan is meant.
    within: str = ""
    # The act has a transaction of its own.
    own: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What became of a query."""

    title: str
    ms: float
    lines: list[str]


def measure(app: Flask, superuser: str) -> list[Plan]:
    """Explain the hottest queries on a database that holds a history."""
    _crowd()
    found = []
    for asked in _hottest():
        print(f"{asked.title} …", flush=True)
        statement, values = _caught(app, asked)
        explain = _explained_within if asked.within else _explained
        found.append(explain(superuser, asked, statement, values))
    return found


def _crowd() -> None:
    """One institution with many cases: the one that has most already."""
    with transaction(OWNER) as session:
        biggest = session.execute(
            text(
                "SELECT institution_id, unit_id FROM \"case\" WHERE status = 'assigned'"
                " AND confidentiality = 'open' GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1"
            )
        ).one()
        session.execute(
            text(_CROWD),
            {"institution": biggest.institution_id, "unit": biggest.unit_id, "count": CROWD},
        )
    with db.engines["owner"].connect() as connection:
        owner = connection.execution_options(isolation_level="AUTOCOMMIT")
        owner.execute(text("VACUUM (ANALYZE)"))


def _officer(where: str, **values: Any) -> Principal:
    query = text(f"SELECT o.id FROM officer o {where} LIMIT 1")  # noqa: S608 - written below
    with transaction(OWNER) as session:
        return Principal.of_officer(session.execute(query, values).scalar_one())


def _hottest() -> list[Asked]:
    now = clock.now()
    busiest = 'JOIN "case" c ON c.handler_id = o.id WHERE {} GROUP BY o.id ORDER BY count(*) DESC'
    handler = _officer(busiest.format("'handler' = ANY (o.roles) AND c.status = 'assigned'"))
    coordinator = _officer(
        "JOIN officer h ON h.institution_id = o.institution_id AND h.id = :id"
        " WHERE 'coordinator' = ANY (o.roles)",
        id=handler.officer,
    )
    top = _officer(
        "JOIN post_holding h ON h.officer_id = o.id JOIN post p ON p.id = h.post_id"
        " JOIN institution i ON i.id = p.institution_id"
        " WHERE i.code = 'CS' AND p.kind = 'institution_head'"
    )
    with transaction(OWNER) as session:
        case = session.execute(
            text(
                'SELECT c.id FROM "case" c JOIN deadline d ON d.case_id = c.id'
                " WHERE c.handler_id = :handler AND c.status = 'assigned' LIMIT 1"
            ),
            {"handler": handler.officer},
        ).scalar_one()
        late = session.execute(
            text("SELECT due_at FROM timer WHERE NOT done ORDER BY due_at OFFSET 99 LIMIT 1")
        ).scalar_one()
        session.execute(
            text(
                "UPDATE outbox SET state = 'queued', next_attempt_at = :now WHERE id IN"
                " (SELECT id FROM outbox WHERE state = 'delivered' LIMIT 1000)"
            ),
            {"now": now - timedelta(minutes=1)},
        )
    rare, common = rules.read("Uhindini darajani"), rules.read("maji")
    if not (rare and common):
        raise RuntimeError("nothing is sought")

    def listed(title: str, who: Principal, question: Question) -> Asked:
        return Asked(f"Inbox: {title}", who, lambda: inbox.page(question, None, now), 'FROM "case"')

    def found(title: str, sought: Sought) -> Asked:
        search = lambda: searching.search(sought, None, now)  # noqa: E731
        return Asked(f"Search: {title}", coordinator, search, "guard.search", "WITH near AS")

    of_case = lambda: views.for_officer(case, now)  # noqa: E731
    lease = lambda: leasing.lease(now)  # noqa: E731
    sweep = lambda: escalations.sweep_batch(late)  # noqa: E731
    climbed = lambda: oversight.escalated(None, now)  # noqa: E731
    counts = lambda: inbox.group_counts(Question("unit"), now)  # noqa: E731
    narrow = Question("unit", category="LAND", status="waiting_citizen")
    return [
        listed("a handler's page", handler, Question("mine")),
        listed("a handler's unit", handler, Question("unit")),
        listed("an institution of 50,000 open cases", coordinator, Question("unit")),
        listed("the same, waiting for the citizen", coordinator, Question("unit", due="waiting")),
        listed("the same, narrowed to what few have", coordinator, narrow),
        listed("without an owner", coordinator, Question("unowned")),
        Asked(
            "Inbox: what the groups of that institution count", coordinator, counts, 'FROM "case"'
        ),
        found("two words that few cases have", rare),
        found("a word that many cases have", common),
        Asked("Case page: the case", handler, of_case, 'FROM "case"'),
        Asked("Case page: its messages", handler, of_case, "FROM message"),
        Asked("Escalations on the top post", top, climbed, "guard.on_rung"),
        Asked("Sweep: timers that are due", JOB, sweep, "timer.due_at"),
        Asked("Outbox: the next message", JOB, lease, "FROM outbox", own=True),
        Asked("Dashboard: the figures", Principal("figures"), _ask_figures, "FROM figure"),
    ]


def _ask_figures() -> None:
    d, year = directory(), clock.now().year
    chosen = d.institutions_by_code["CS"].id
    figures.ask(figures.Question(chosen, year), d, date(year, 12, 31))


class _Undone(Exception):
    """Takes back what was done to see the query."""


def _caught(app: Flask, asked: Asked) -> tuple[str, Any]:
    """The statement that the service sends, with its values; nothing of the act stays."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        if asked.own:
            asked.act()
        else:
            with transaction(asked.principal):
                asked.act()
                raise _Undone
    except _Undone:
        pass
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return next(each for each in sent if asked.mark in each[0])


def _connected(superuser: str, principal: Principal) -> psycopg.Connection[Any]:
    """A connection in the principal's role, bound by the policies; the module that tells plans
    is loaded before."""
    connection = psycopg.connect(superuser.replace("+psycopg", ""))
    connection.execute("LOAD 'auto_explain'")
    for name, value in (
        ("log_analyze", "on"),
        ("log_buffers", "on"),
        ("log_nested_statements", "on"),
        ("log_timing", "off"),
    ):
        connection.execute(f"SET auto_explain.{name} = {value}")
    connection.commit()
    connection.execute(f"SET LOCAL ROLE mrejesho_{principal.role}")
    connection.execute(
        BECOME, {"kind": principal.kind, "officer": principal.officer, "case": principal.case}
    )
    return connection


def _explained(superuser: str, asked: Asked, statement: str, values: Any) -> Plan:
    """The plan of the second run, whose pages are in memory."""
    with _connected(superuser, asked.principal) as connection:
        if asked.title.startswith("Inbox"):
            connection.execute(inbox.IN_ORDER.text)
        for _ in range(2):
            rows = connection.execute(
                f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {statement}", values
            ).fetchall()
        connection.rollback()
    return _plan(asked.title, [str(row[0]) for row in rows])


def _explained_within(superuser: str, asked: Asked, statement: str, values: Any) -> Plan:
    """The plan of the statement within a function, as the server tells it to a superuser."""
    said: list[str] = []
    with _connected(superuser, asked.principal) as connection:
        connection.execute(statement, values)
        connection.execute("RESET ROLE")
        connection.execute("SET LOCAL auto_explain.log_min_duration = 0")
        connection.execute("SET LOCAL client_min_messages = log")
        connection.execute(f"SET LOCAL ROLE mrejesho_{asked.principal.role}")
        connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
        connection.execute(statement, values)
        connection.rollback()
    told = next(each for each in said if asked.within in each)
    ms = re.match(r"duration: ([\d.]+) ms", told)
    lines = told.split("plan:", 1)[1].splitlines()
    start = next(n for n, line in enumerate(lines) if "(cost=" in line)
    return _plan(asked.title, [*lines[start:], f"Execution Time: {ms[1] if ms else '0'} ms"])


def _plan(title: str, lines: list[str]) -> Plan:
    """Without what a reader cannot use: costs, and identifiers of made-up cases."""
    ms = next(float(line.split()[2]) for line in lines if line.startswith("Execution Time"))
    kept = []
    measured = re.compile(r"  \(cost=[^)]*\) \(actual rows=([\d.]+) loops=(\d+)\)")
    for line in lines:
        line = measured.sub(r"  (rows \1 × \2)", line)
        line = re.sub(r" \(cost=[^)]*\)", "", line)
        line = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", line)
        of_top = "Buffers" in line and not kept[1:]
        if of_top or not re.match(_UNTOLD, line):
            kept.append(line if len(line) <= 160 else line[:157] + "…")
    return Plan(title, ms, kept)


def note(said: dict[str, Any], plans: list[Plan]) -> str:
    """The section of docs/performance.md."""
    lines = [
        report.PLANS,
        "",
        "Written by `make bench ARGS=plans`. Each statement is the one the service sends, explained"
        " under the policies of its principal on its second run. Of a long plan the first lines are"
        " shown; `rows a × b`: a rows in each of b rounds.",
        "",
        f"{clock.now():%d %B %Y}. {report.machine()}. {said['cases']:,} cases, loaded in"
        f" {said['seconds']:,} s with their figures; one institution has {CROWD:,} open ones more.",
        *report.disturbed(said["load_before"]),
        "",
        "| query | ms |",
        "| --- | --- |",
        *(f"| {plan.title} | {plan.ms:,.1f} |" for plan in plans),
    ]
    for plan in plans:
        lines += ["", f"### {plan.title}", "", "```", *plan.lines[:LONGEST]]
        lines += ["…"] if len(plan.lines) > LONGEST else []
        lines.append("```")
    return "\n".join(lines) + "\n"


def write(path: Path, said: dict[str, Any], plans: list[Plan]) -> None:
    """Put the section into the note, in place of the one before."""
    report.replace(path, report.PLANS, note(said, plans))
    print(json.dumps({plan.title: plan.ms for plan in plans}))
