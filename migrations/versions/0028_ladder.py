"""What drives a case up its ladder, why another way was taken, ladders by subject, previews."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import amend, fill

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CLOCKS = ("acknowledge", "answer", "appeal")
MORE_CLOCKS = (*CLOCKS, "unowned", "transfer", "pause", "directive", "paper")
WHY = ("vacant", "away", "concerned", "missing", "circle", "own")
SUBJECTS = ("institution", "unit", "category", "standard", "rung", "officer")
AMENDED = {
    # A rung that is told and no more opens nothing.
    "guard.reached(uuid,boolean)": ("e.way <> 'skipped'", "e.way <> 'skipped' AND e.reads"),
    "guard.search(text,text,text,timestamptz,uuid,integer)": (
        "WHERE e.way <> 'skipped' AND",
        "WHERE e.way <> 'skipped' AND e.reads AND",
    ),
    "guard.write_reference(uuid,text,integer,jsonb)": (
        "'ladder_rung', 'place'",
        "'ladder_rung', 'ladder_choice', 'place'",
    ),
}


def _one_of(table: str, column: str, values: Sequence[str]) -> None:
    name = op.f(f"ck_{table}_{column}")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def _again(table: str, column: str, values: Sequence[str]) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{column}"), table)
    _one_of(table, column, values)


def _flag(table: str, column: str, default: str) -> None:
    op.add_column(
        table, sa.Column(column, sa.Boolean(), server_default=sa.text(default), nullable=False)
    )


def upgrade() -> None:
    op.create_table(
        "ladder_choice",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladder_choice")),
        sa.UniqueConstraint("scope", "category", name=op.f("uq_ladder_choice_scope_category")),
    )
    _flag("ladder_rung", "reads", "true")
    _flag("ladder_rung", "explains", "false")
    op.execute("UPDATE ladder_rung SET explains = true WHERE rung >= 2")
    _again("escalation", "clock", MORE_CLOCKS)
    op.add_column("escalation", sa.Column("why", sa.String(), nullable=True))
    _one_of("escalation", "why", WHY)
    op.add_column("escalation", sa.Column("cause", sa.Uuid(), nullable=True))
    # What stands there already was climbed without such a demand.
    _flag("escalation", "reads", "true")
    _flag("escalation", "explains", "false")
    op.add_column("alarm", sa.Column("post_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_alarm_post_id"), "alarm", "post", ["post_id"], ["id"])
    op.add_column("assignment", sa.Column("transfer", sa.Integer(), nullable=True))
    _flag("pause", "abused", "false")
    op.create_index(
        "ix_deadline_late",
        "deadline",
        ["due_at", "case_id"],
        postgresql_where="met_at IS NULL OR met_at > due_at",
    )
    op.add_column("reference_change", sa.Column("preview", postgresql.JSONB(), nullable=True))
    _again("reference_change", "subject", (*SUBJECTS, "choice", "ladder"))
    op.create_index(
        "ix_reference_change_preview",
        "reference_change",
        ["at"],
        postgresql_where="preview IS NULL AND subject IN ('rung', 'choice')"
        " AND state IN ('asked', 'planned')",
    )
    connection = op.get_bind()
    connection.exec_driver_sql(fill("ladder.sql"))
    amend(connection, AMENDED)


def downgrade() -> None:
    connection = op.get_bind()
    amend(connection, AMENDED, back=True)
    connection.exec_driver_sql(
        "DROP FUNCTION guard.driven(uuid[]),"
        " guard.late_between(timestamptz, timestamptz, timestamptz)"
    )
    op.execute('ALTER TABLE "case" RESET (fillfactor)')
    op.drop_index("ix_reference_change_preview", table_name="reference_change")
    op.execute("DELETE FROM reference_change WHERE subject IN ('choice', 'ladder')")
    _again("reference_change", "subject", SUBJECTS)
    op.drop_column("reference_change", "preview")
    op.drop_index("ix_deadline_late", table_name="deadline")
    op.drop_column("pause", "abused")
    op.drop_column("assignment", "transfer")
    op.drop_column("alarm", "post_id")
    for column in ("explains", "reads", "cause", "why"):
        op.drop_column("escalation", column)
    # Where a rung came from cannot be said by the older word list; the answer's clock is the plain
    # one.
    op.execute(
        "UPDATE escalation SET clock = 'answer'"
        " WHERE clock NOT IN ('acknowledge', 'answer', 'appeal')"
    )
    _again("escalation", "clock", CLOCKS)
    op.drop_column("ladder_rung", "explains")
    op.drop_column("ladder_rung", "reads")
    op.drop_table("ladder_choice")
