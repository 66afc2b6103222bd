"""Asking a connection of the web role, without the application, what it returns to a principal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

Principal = tuple[str, int | None, UUID | None]
Connection = psycopg.Connection[Any]

# Tables with rows of a case. "words" and "facts" name the rule that opens them to officers; those
# that are closed are for others than officers, or for nobody in the web role. A test asks the
# catalogue for every table with a case, so that none can be forgotten here.
FACTS = ("case", "assignment", "deadline", "pause", "timer", "escalation", "directive", "lowering")
# As the facts, but not for the citizen.
OFFICE = (
    *("delivery_problem", "extension", "case_merge"),
    *("paper_record", "office_file", "improvement_case", "reason_decision"),
    *("letter", "paper_letter_case", "case_forecast"),
)
WORDS = ("message", "attachment", "attachment_content", "case_key", "outcome")
# As the words, but not for the citizen.
OFFICE_WORDS = ("task", "case_link", "case_split")
CLOSED = (
    "submission",
    "conflict",
    "sealed_identity",
    "outbox",
    "inbound_message",
    "case_erasure",
    "case_words",
    "correction",
)
# Openings of the vault: who may ask for one, or decide about one, knows of them.
OPENINGS = ("identity_opening",)
# Each with a rule and a test of its own.
ADDRESSED = ("notice", "alarm", "extract", "draft", "opinion", "bulk_move_item") + (
    "delegation",
    "recommendation",
)
# What was covered: for the citizen, and for ethics officers outside.
COVERED = ("redaction",)
# How the citizen lets the proof of the filing be seen: for no officer.
CITIZENS = ("filing_proof",)
AUDITED = ("audit_entry", "legal_hold")
OF_A_CASE = (
    *FACTS,
    *OFFICE,
    *WORDS,
    *OFFICE_WORDS,
    *CLOSED,
    *OPENINGS,
    *ADDRESSED,
    *COVERED,
    *CITIZENS,
    *AUDITED,
)
# Tables without a case that not everybody may read.
APART = (
    "public.credential",
    "public.receipt_attempt",
    "public.receipt_request",
    "public.phone",
    "public.sms_day",
    "public.officer_phone",
    "public.officer_mail",
    "public.notice_choice",
    "public.improvement",
    "public.paper_letter",
    "public.officer_command",
    "public.suggestion_model",
    "public.ussd_session",
    "public.audit_link",
    "public.audit_tail",
    "public.audit_pattern",
    "public.figure",
    "public.figure_dirty",
    "public.figure_held",
    "public.forecast_cell",
    "public.forecast_state",
    "public.risk_cell",
    "public.warning_day",
    "public.sms_cost",
    "public.job_run",
    "public.machine_clock",
    "public.officer_standing",
    "public.bulk_move",
    "guard.delivery_report",
    "public.upload",
    "public.upload_part",
    "public.totp",
    "public.recovery_code",
    "public.passkey",
    "public.staff_session",
    "public.access_code",
    "public.login_attempt",
    "public.grant_request",
    "public.reference_change",
    "public.saved_view",
    "public.answer_template",
)
PURPOSES = (
    "nobody",
    "job",
    "login",
    "receipt-check",
    "letter-check",
    "hook",
    "ussd",
    "figures",
    "reference",
    "operations",
    "lodging",
    "uploading",
)


@contextmanager
def standing(connection: Connection, principal: Principal) -> Iterator[Connection]:
    """A transaction as a principal, rolled back at the end (a savepoint within another)."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT guard.become(%s, %s, %s)", principal)
        yield connection


@contextmanager
def as_role(connection: Connection, role: str) -> Iterator[Connection]:
    """The same connection in another role, within its transaction."""
    connection.execute(f"SET LOCAL ROLE {role}")
    try:
        yield connection
    finally:
        connection.execute("RESET ROLE")


def readable(connection: Connection, table: str) -> bool:
    """Whether the present role has been granted to read the table."""
    row = connection.execute("SELECT has_table_privilege(%s, 'SELECT')", (f'"{table}"',)).fetchone()
    return bool(row and row[0])


def seen(connection: Connection, table: str) -> dict[UUID | None, int]:
    """How many rows of each case plain SQL returns from a table."""
    if not readable(connection, table):
        return {}
    column = "id" if table == "case" else "case_id"
    rows = connection.execute(
        f'SELECT {column}, count(*) FROM "{table}" GROUP BY 1'  # noqa: S608
    )
    return dict(rows.fetchall())


def counted(connection: Connection, table: str) -> int:
    """How many rows plain SQL returns from a table without cases."""
    schema, name = table.split(".")
    row = connection.execute(
        "SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_class c"
        " WHERE c.relname = %s AND c.relnamespace = %s::regnamespace",
        (name, schema),
    ).fetchone()
    if row is None or not row[0]:
        return 0
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0
