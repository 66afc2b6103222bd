"""Officers are told by e-mail: their mailbox, their hours, what they need not hear of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_mail",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("code_nonce", sa.LargeBinary(), nullable=True),
        sa.Column("code_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_failures", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hours", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cardinality(hours) BETWEEN 1 AND 3", name=op.f("ck_officer_mail_hours")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_mail_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer_mail")),
    )
    op.create_index(
        "ix_officer_mail_due",
        "officer_mail",
        ["next_at"],
        postgresql_where="confirmed_at IS NOT NULL",
    )
    op.create_table(
        "notice_choice",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("muted", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_notice_choice_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_notice_choice")),
    )
    # What stands there already was told in its time: none of it counts as urgent.
    op.add_column(
        "notice",
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("notice", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_notice_urgent", "notice", ["at"], postgresql_where="urgent AND told_at IS NULL"
    )
    op.create_index(op.f("ix_notice_at"), "notice", ["at"])
    op.get_bind().exec_driver_sql(fill("notices.sql"))


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP TRIGGER forget_mail ON officer; DROP TRIGGER forget_mail ON credential")
    run("DROP FUNCTION guard.forget_officer_mail(), guard.remove_officer_mail()")
    run(
        "ALTER POLICY outbox_own_code ON outbox WITH CHECK ((SELECT guard.kind()) = 'officer'"
        " AND case_id IS NULL AND template = 'officer_code')"
    )
    run("REVOKE DELETE ON notice FROM mrejesho_worker")
    op.drop_index("ix_notice_at", table_name="notice")
    op.drop_index("ix_notice_urgent", table_name="notice")
    op.drop_column("notice", "told_at")
    op.drop_column("notice", "urgent")
    op.drop_table("notice_choice")
    op.drop_table("officer_mail")
