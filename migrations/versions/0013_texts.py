"""Texts as administrators saved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import fill

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("said", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("most_parts", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_from", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_text_version_number")),
        sa.CheckConstraint("most_parts BETWEEN 1 AND 2", name=op.f("ck_text_version_most_parts")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_text_version_officer_id")
        ),
        sa.PrimaryKeyConstraint("name", "number", name=op.f("pk_text_version")),
    )
    op.get_bind().exec_driver_sql(fill("texts.sql"))


def downgrade() -> None:
    op.drop_table("text_version")
