"""Messages that wait for "which case?", what handlers corrected, and counts learned from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import fill

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATES, MORE_STATES = ("new", "done", "dead"), ("new", "held", "done", "dead")


def _states(values: tuple[str, ...], waiting: str) -> None:
    """The states that a message may be in, and which of them a worker looks at again."""
    op.drop_constraint(op.f("ck_inbound_message_state"), "inbound_message", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(
        op.f("ck_inbound_message_state"), "inbound_message", f"state IN ({listed})"
    )
    op.drop_index("ix_inbound_message_waiting", table_name="inbound_message")
    op.create_index(
        "ix_inbound_message_waiting",
        "inbound_message",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=waiting,
    )


def upgrade() -> None:
    _states(MORE_STATES, "state IN ('new', 'held')")
    op.create_index(
        "ix_inbound_message_number_hash",
        "inbound_message",
        ["number_hash", "received_at"],
        unique=False,
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("from_code", sa.String(), nullable=True),
        sa.Column("to_code", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "about IN ('category', 'institution')", name=op.f("ck_correction_about")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_correction_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_correction_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_case_id"), "correction", ["case_id"], unique=False)
    op.create_table(
        "suggestion_model",
        sa.Column("version", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_suggestion_model")),
    )
    op.get_bind().exec_driver_sql(fill("learning.sql"))


def downgrade() -> None:
    op.drop_table("suggestion_model")
    op.drop_table("correction")
    op.drop_index("ix_inbound_message_number_hash", table_name="inbound_message")
    # A message that waits for its case is looked at once more instead.
    op.execute("UPDATE inbound_message SET state = 'new' WHERE state = 'held'")
    _states(STATES, "state = 'new'")
