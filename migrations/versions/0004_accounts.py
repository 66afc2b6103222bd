"""Second factors, sessions, invitations; a second person for what reads cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLES = "ARRAY['handler', 'coordinator', 'head', 'oversight', 'ethics', 'admin', 'auditor']::text[]"
TABLES = (
    "totp",
    "recovery_code",
    "passkey",
    "staff_session",
    "access_code",
    "login_attempt",
    "grant_request",
)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(table: str, column: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}"))


def _refers(table: str, column: str, to: str = "officer") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    # Sessions stand in a table of their own: whoever is logged in logs in once more.
    op.drop_column("credential", "session_version")
    op.create_table(
        "totp",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("pending", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        _refers("totp", "officer_id"),
        _key("totp", "officer_id"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _moment("used_at", nullable=True),
        _refers("recovery_code", "officer_id"),
        _key("recovery_code", "id"),
    )
    op.create_index(op.f("ix_recovery_code_officer_id"), "recovery_code", ["officer_id"])
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        _moment("made_at"),
        _moment("used_at", nullable=True),
        _moment("removed_at", nullable=True),
        _refers("passkey", "officer_id"),
        _key("passkey", "id"),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_officer_id"), "passkey", ["officer_id"])
    op.create_table(
        "staff_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        _moment("started_at"),
        _moment("seen_at"),
        _moment("proven_at", nullable=True),
        _moment("ended_at", nullable=True),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        _refers("staff_session", "officer_id"),
        _key("staff_session", "id"),
    )
    op.create_index(
        "ix_staff_session_open",
        "staff_session",
        ["officer_id"],
        postgresql_where="ended_at IS NULL",
    )
    op.create_table(
        "access_code",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _moment("made_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _refers("access_code", "officer_id"),
        _key("access_code", "officer_id"),
    )
    op.create_table(
        "login_attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("last_at"),
        _key("login_attempt", "key"),
    )
    _create_grant_request()
    op.get_bind().exec_driver_sql(fill("accounts.sql"))


def _create_grant_request() -> None:
    op.create_table(
        "grant_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.String(), nullable=True),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        _moment("asked_at"),
        _moment("expires_at"),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        _moment("decided_at", nullable=True),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('roles', 'post', 'password', 'factors', 'activate')",
            name=op.f("ck_grant_request_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'refused')", name=op.f("ck_grant_request_state")
        ),
        sa.CheckConstraint(f"roles <@ {ROLES}", name=op.f("ck_grant_request_roles")),
        sa.CheckConstraint(
            "(kind = 'post') = (post_id IS NOT NULL AND capacity IS NOT NULL)",
            name=op.f("ck_grant_request_post"),
        ),
        _refers("grant_request", "officer_id"),
        _refers("grant_request", "post_id", "post"),
        _refers("grant_request", "asked_by"),
        _refers("grant_request", "decided_by"),
        _key("grant_request", "id"),
    )
    op.create_index(
        "ix_grant_request_open",
        "grant_request",
        ["asked_at"],
        postgresql_where="state = 'pending'",
    )
    op.create_index(op.f("ix_grant_request_officer_id"), "grant_request", ["officer_id"])


# What the first migration says of the tables that this one tightens.
AS_BEFORE = """
DROP TRIGGER only_less ON officer;
DROP TRIGGER only_ends ON post_holding;
DROP FUNCTION guard.only_less(), guard.only_ends(), guard.approvers(uuid),
  guard.to_decide(timestamptz), guard.decide(uuid, boolean, bytea, timestamptz);
ALTER POLICY admin_adds ON officer WITH CHECK ((SELECT guard.has('admin')));
REVOKE UPDATE (name, language, active, roles) ON officer FROM mrejesho_web;
GRANT UPDATE ON officer TO mrejesho_web;
REVOKE UPDATE (until_day) ON post_holding FROM mrejesho_web;
GRANT INSERT, UPDATE ON post_holding TO mrejesho_web;
CREATE POLICY admin_adds ON post_holding FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')));
GRANT INSERT, UPDATE ON post TO mrejesho_web;
CREATE POLICY admin_adds ON post FOR INSERT TO mrejesho_web
  WITH CHECK ((SELECT guard.has('admin')));
CREATE POLICY admin_changes ON post FOR UPDATE TO mrejesho_web
  USING ((SELECT guard.has('admin')));
DROP POLICY own ON credential;
CREATE POLICY credential_web ON credential TO mrejesho_web
  USING ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer())
         OR (SELECT guard.has('admin')))
  WITH CHECK ((SELECT guard.kind()) = 'login' OR officer_id = (SELECT guard.officer())
         OR (SELECT guard.has('admin')));
"""


def downgrade() -> None:
    op.execute(AS_BEFORE)
    for table in reversed(TABLES):
        op.drop_table(table)
    op.add_column(
        "credential",
        sa.Column("session_version", sa.Integer(), nullable=False, server_default="1"),
    )
    op.alter_column("credential", "session_version", server_default=None)
