"""USSD sessions, and acts of citizens that were chosen from a menu instead of written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import fill

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FUNCTIONS = (
    "guard.ussd_open(bytea, bytea, timestamptz)",
    "guard.ussd_keep(bytea, bytea, bytea, text, bytea, integer, boolean, timestamptz)",
    "guard.ussd_end(bytea)",
    "guard.ussd_cases(bytea)",
    "guard.ussd_language(bytea, text, timestamptz)",
    "guard.relay_alone()",
)


def upgrade() -> None:
    op.create_table(
        "ussd_session",
        sa.Column("session", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "stage IN ('passing', 'draft', 'waiting', 'done')", name=op.f("ck_ussd_session_stage")
        ),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_ussd_session")),
    )
    op.create_index(
        "ix_ussd_session_number", "ussd_session", ["number_hash", "updated_at"], unique=False
    )
    op.create_index("ix_ussd_session_updated", "ussd_session", ["updated_at"], unique=False)
    op.add_column(
        "inbound_message",
        sa.Column("asked", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.get_bind().exec_driver_sql(fill("ussd.sql"))


def downgrade() -> None:
    op.execute("DROP TRIGGER relay_alone ON identity_opening")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_column("inbound_message", "asked")
    op.drop_index("ix_ussd_session_updated", table_name="ussd_session")
    op.drop_index("ix_ussd_session_number", table_name="ussd_session")
    op.drop_table("ussd_session")
