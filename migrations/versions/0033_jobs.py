"""What each periodic job did last, what each machine believes of the time, and how much waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

# Ages beside the counts; the whole record is no longer counted to know how long its tail is.
METRICS = {
    "guard.metrics(timestamptz)": (
        "  UNION ALL SELECT 'audit_unsealed', (SELECT count(*) FROM audit_entry) - sealed"
        " FROM chain;",
        "  UNION ALL SELECT 'audit_unsealed', (SELECT count(*) FROM audit_tail) FROM chain\n"
        "  UNION ALL SELECT 'audit_oldest_seconds', coalesce(greatest(extract(epoch FROM\n"
        "    p_now - (SELECT min(e.at) FROM audit_tail t JOIN audit_entry e ON e.id = t.entry_id\n"
        "      WHERE e.at <> date_trunc('day', e.at, 'Africa/Dar_es_Salaam'))), 0), 0)\n"
        "  UNION ALL SELECT 'corrections_waiting', count(*) FROM calendar_correction\n"
        "    WHERE deadlines_moved IS NULL\n"
        "  UNION ALL SELECT 'corrections_oldest_seconds', coalesce(greatest(extract(epoch FROM\n"
        "    p_now - min(at)), 0), 0) FROM calendar_correction WHERE deadlines_moved IS NULL\n"
        "  UNION ALL SELECT 'clocks_in_doubt', count(*) FROM machine_clock WHERE doubt <> '';",
    )
}


def upgrade() -> None:
    op.create_table(
        "job_run",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("counts", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
    op.create_table(
        "machine_clock",
        sa.Column("boot", sa.String(), nullable=False),
        sa.Column("believed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticks", sa.Float(), nullable=False),
        sa.Column("doubted_since", sa.Float(), nullable=True),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doubt", sa.String(), nullable=False),
        sa.CheckConstraint(
            "doubt IN ('', 'forward', 'back', 'apart')", name=op.f("ck_machine_clock_doubt")
        ),
        sa.PrimaryKeyConstraint("boot", name=op.f("pk_machine_clock")),
    )
    op.create_index(
        "ix_alarm_system",
        "alarm",
        ["id"],
        postgresql_where="kind IN ('job_silent', 'job_failing', 'clock_moved')",
    )
    op.create_index(
        "ix_calendar_correction_waiting",
        "calendar_correction",
        ["at"],
        postgresql_where="deadlines_moved IS NULL",
    )
    op.get_bind().exec_driver_sql(fill("jobs.sql"))
    amend(op.get_bind(), METRICS)


def downgrade() -> None:
    amend(op.get_bind(), METRICS, back=True)
    op.drop_index("ix_calendar_correction_waiting", table_name="calendar_correction")
    op.drop_index("ix_alarm_system", table_name="alarm")
    op.drop_table("machine_clock")
    op.drop_table("job_run")
