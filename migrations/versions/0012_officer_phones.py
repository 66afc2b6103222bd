"""Officers by SMS: their phones and commands. E-mail: how a citizen is written to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

CONFIRMED = "confirmed_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "officer_phone",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_nonce", sa.LargeBinary(), nullable=True),
        sa.Column("code_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_failures", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("list_hour", sa.Integer(), nullable=True),
        sa.Column("list_empty", sa.Boolean(), nullable=False),
        sa.Column("list_day", sa.Date(), nullable=False),
        sa.CheckConstraint("list_hour BETWEEN 7 AND 11", name=op.f("ck_officer_phone_list_hour")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_phone_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer_phone")),
    )
    op.create_index(
        "uq_officer_phone_number_hash",
        "officer_phone",
        ["number_hash"],
        unique=True,
        postgresql_where=CONFIRMED,
    )
    op.create_index(
        "ix_officer_phone_list_day",
        "officer_phone",
        ["list_day"],
        unique=False,
        postgresql_where=f"{CONFIRMED} AND list_hour IS NOT NULL",
    )
    op.create_table(
        "officer_command",
        sa.Column("inbound_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "verb IN ('list', 'acknowledge', 'ask', 'answer', 'reassign')",
            name=op.f("ck_officer_command_verb"),
        ),
        sa.ForeignKeyConstraint(
            ["inbound_id"], ["inbound_message.id"], name=op.f("fk_officer_command_inbound_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_command_officer_id")
        ),
        sa.PrimaryKeyConstraint("inbound_id", name=op.f("pk_officer_command")),
    )
    op.create_index(
        op.f("ix_officer_command_officer_id"), "officer_command", ["officer_id"], unique=False
    )
    op.add_column("case", sa.Column("mail", sa.String(), server_default="none", nullable=False))
    op.execute(
        """UPDATE "case" c SET mail = 'all' WHERE NOT c.anonymous AND EXISTS (
             SELECT FROM sealed_identity s WHERE s.case_id = c.id AND s.field = 'email')"""
    )
    op.create_check_constraint(op.f("ck_case_mail"), "case", "mail IN ('none', 'direct', 'all')")
    op.add_column("outbox", sa.Column("channel", sa.String(), server_default="sms", nullable=False))
    op.create_check_constraint(op.f("ck_outbox_channel"), "outbox", "channel IN ('sms', 'email')")
    op.get_bind().exec_driver_sql(fill("officer_phones.sql"))


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP TRIGGER forget_phone ON officer; DROP TRIGGER forget_phone ON credential")
    run("DROP POLICY outbox_own_code ON outbox")
    for function in (
        "officer_phone_since(integer)",
        "remove_officer_phone(integer)",
        "forget_officer_phone()",
    ):
        run(f"DROP FUNCTION guard.{function}")
    # What was owed by e-mail would be taken for SMS.
    run("DELETE FROM outbox WHERE channel = 'email' OR template LIKE 'officer_%%'")
    op.drop_column("outbox", "channel")
    op.drop_column("case", "mail")
    op.drop_table("officer_command")
    op.drop_table("officer_phone")
