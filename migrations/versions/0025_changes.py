"""Changes of reference data on screen, from a day on; places that close, standards by scope."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import amend, fill

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# What one did alone is settled by another, be it a grant or a change.
AMENDED = {
    "guard.may_settle(text,text)": (
        "SELECT p_kind <> 'granted_alone' OR NOT EXISTS (",
        """SELECT p_kind NOT IN ('granted_alone', 'changed_alone')
    OR p_kind = 'changed_alone' AND NOT EXISTS (
      SELECT FROM reference_change c WHERE p_dedupe = 'changed_alone:' || c.id
         AND guard.officer() = c.officer_id)
    OR p_kind = 'granted_alone' AND NOT EXISTS (""",
    ),
}
SUBJECTS = ("institution", "unit", "category", "standard", "rung", "officer")
STATES = ("asked", "planned", "done", "cancelled", "refused", "failed", "superseded")


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_reference_change_{column}"))


def _active(table: str) -> None:
    op.add_column(table, sa.Column("active", sa.Boolean(), server_default="true", nullable=False))


def upgrade() -> None:
    op.create_table(
        "reference_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("said", postgresql.JSONB(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        _one_of("subject", SUBJECTS),
        _one_of("act", ("add", "change", "close")),
        _one_of("state", STATES),
        sa.CheckConstraint(
            "decided_by <> officer_id OR alone", name=op.f("ck_reference_change_second")
        ),
        sa.CheckConstraint(
            "NOT needs_second OR decided_by IS NOT NULL OR state NOT IN ('planned', 'done')",
            name=op.f("ck_reference_change_decided"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["officer.id"], name=op.f("fk_reference_change_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_reference_change_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_change")),
    )
    op.create_index(
        op.f("ix_reference_change_subject_key_at"), "reference_change", ["subject", "key", "at"]
    )
    op.create_index(
        "ix_reference_change_open",
        "reference_change",
        ["from_day"],
        postgresql_where=sa.text("state IN ('asked', 'planned')"),
    )
    op.add_column(
        "institution", sa.Column("contact", sa.String(), server_default="", nullable=False)
    )
    op.add_column("institution", sa.Column("successor_id", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_institution_successor_id"), "institution", "institution", ["successor_id"], ["id"]
    )
    op.add_column("unit", sa.Column("successor_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_unit_successor_id"), "unit", "unit", ["successor_id"], ["id"])
    for table in ("unit", "category", "service_standard", "ladder_rung"):
        _active(table)
    op.add_column(
        "service_standard", sa.Column("scope", sa.String(), server_default="*", nullable=False)
    )
    op.drop_constraint(op.f("uq_service_standard_code_kind"), "service_standard")
    op.create_unique_constraint(
        op.f("uq_service_standard_code_kind_scope"), "service_standard", ["code", "kind", "scope"]
    )
    op.add_column("escalation", sa.Column("held_days", sa.Integer(), nullable=True))
    connection = op.get_bind()
    connection.exec_driver_sql(fill("changes.sql"))
    amend(connection, AMENDED)


def downgrade() -> None:
    connection = op.get_bind()
    amend(connection, AMENDED, back=True)
    connection.exec_driver_sql(
        "DROP FUNCTION guard.occupied(integer, integer),"
        " guard.decide_change(uuid, text, timestamptz),"
        " guard.write_reference(uuid, text, integer, jsonb)"
    )
    op.drop_column("escalation", "held_days")
    # Without a scope the rule for all is what is left.
    op.execute("DELETE FROM service_standard WHERE scope <> '*'")
    op.drop_constraint(op.f("uq_service_standard_code_kind_scope"), "service_standard")
    op.create_unique_constraint(
        op.f("uq_service_standard_code_kind"), "service_standard", ["code", "kind"]
    )
    op.drop_column("service_standard", "scope")
    for table in ("unit", "category", "service_standard", "ladder_rung"):
        op.drop_column(table, "active")
    op.drop_column("unit", "successor_id")
    op.drop_column("institution", "successor_id")
    op.drop_column("institution", "contact")
    op.drop_table("reference_change")
