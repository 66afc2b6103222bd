"""What is remembered of a phone number: language, opt-out, last institution."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone",
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('sw', 'en')", name=op.f("ck_phone_language")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_phone_institution_id")
        ),
        sa.PrimaryKeyConstraint("number_hash", name=op.f("pk_phone")),
    )
    op.get_bind().exec_driver_sql(fill("phones.sql"))


def downgrade() -> None:
    op.drop_table("phone")
