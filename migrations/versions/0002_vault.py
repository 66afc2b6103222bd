"""Openings of the vault, its keys' rotation, receipts issued again."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _as_it_was(name: str) -> str:
    """A function of the first migration, as that one made it."""
    filled = fill("guard.sql")
    found = re.search(rf"CREATE FUNCTION guard\.{name}\(.*?\n\$\$;", filled, re.DOTALL)
    if found is None:
        raise RuntimeError(f"guard.{name} is missing")
    return found[0]


def upgrade() -> None:
    op.create_table(
        "identity_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("last_entry_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "fields <@ ARRAY['name', 'phone', 'email', 'persons']::text[] AND fields <> '{}'",
            name=op.f("ck_identity_opening_fields"),
        ),
        sa.CheckConstraint(
            "role IN ('handler', 'head', 'ethics')", name=op.f("ck_identity_opening_role")
        ),
        sa.CheckConstraint(
            "decided_by <> officer_id", name=op.f("ck_identity_opening_second_person")
        ),
        sa.CheckConstraint(
            "(opened_at IS NULL) = (expires_at IS NULL)"
            " AND expires_at <= opened_at + interval '1 hour'",
            name=op.f("ck_identity_opening_one_hour"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_identity_opening_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_identity_opening_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["officer.id"], name=op.f("fk_identity_opening_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_opening")),
    )
    op.create_index(op.f("ix_identity_opening_case_id"), "identity_opening", ["case_id"])
    op.create_index(
        "ix_identity_opening_waiting",
        "identity_opening",
        ["asked_at"],
        postgresql_where="opened_at IS NULL AND ended_at IS NULL",
    )
    op.create_table(
        "receipt_request",
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_receipt_request")),
    )
    op.create_index(
        "ix_receipt_request_waiting", "receipt_request", ["at"], postgresql_where="NOT done"
    )
    op.add_column("submission", sa.Column("receipt_nonce", sa.LargeBinary(), nullable=True))
    op.add_column("submission", sa.Column("issued_nonce", sa.LargeBinary(), nullable=True))
    op.add_column("message", sa.Column("seq", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE message m SET seq = n.seq FROM (SELECT id, row_number() OVER ("
        " PARTITION BY case_id ORDER BY at, id) AS seq FROM message) n WHERE n.id = m.id"
    )
    op.alter_column("message", "seq", nullable=False)
    op.create_unique_constraint(op.f("uq_message_case_id_seq"), "message", ["case_id", "seq"])
    op.drop_index(op.f("ix_message_case_id_at"), table_name="message")
    for function in ("receipt(text)", "repeated(uuid)"):
        op.execute(f"DROP FUNCTION guard.{function}")
    op.get_bind().exec_driver_sql(fill("vault.sql"))


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_turn ON officer")
    op.execute("DROP TRIGGER number_message ON message")
    op.drop_table("receipt_request")
    op.drop_table("identity_opening")
    for function in (
        "keep_turn()",
        "number_message()",
        "repeated(uuid)",
        "receipt_nonce()",
        "adopt_receipt(text)",
        "receipt(text)",
        "forget_identity(timestamptz)",
        "openings_to_decide(timestamptz)",
        "read_identity(uuid, uuid, timestamptz)",
        "end_opening(uuid, timestamptz)",
        "decide_opening(uuid, boolean, timestamptz)",
        "ask_opening(uuid, uuid, text[], bytea, timestamptz)",
        "refuse_opening()",
        "vault_fields(uuid)",
        "may_decide(uuid, integer)",
        "may_open(uuid)",
        "sees(uuid)",
    ):
        op.execute(f"DROP FUNCTION guard.{function}")
    op.drop_constraint(op.f("uq_message_case_id_seq"), "message")
    op.drop_column("message", "seq")
    op.create_index(op.f("ix_message_case_id_at"), "message", ["case_id", "at"])
    op.drop_column("submission", "issued_nonce")
    op.drop_column("submission", "receipt_nonce")
    op.execute("REVOKE UPDATE ON submission FROM mrejesho_worker")
    for name, arguments in (("receipt", "text"), ("repeated", "uuid")):
        op.get_bind().exec_driver_sql(_as_it_was(name))
        op.execute(f"REVOKE EXECUTE ON FUNCTION guard.{name}({arguments}) FROM PUBLIC")
        op.execute(
            f"GRANT EXECUTE ON FUNCTION guard.{name}({arguments}) TO mrejesho_web, mrejesho_worker"
        )
