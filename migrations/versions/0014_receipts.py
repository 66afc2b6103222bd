"""The receipt after a post in one question."""

from __future__ import annotations

from alembic import op

from migrations.shorthands import fill

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(fill("receipts.sql"))


def downgrade() -> None:
    op.execute("DROP FUNCTION guard.receipt_again(uuid, text)")
