"""Exclusions that are confirmed or lifted, levels and redacted extracts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REASONS = ("named", "recused", "marked")
MORE_REASONS = (*REASONS, "words", "post")
# A lifted exclusion keeps nobody away. Only this piece of the functions changes.
AMENDED = {
    "guard.become(text,integer,uuid)": (
        "FROM conflict WHERE officer_id = p_officer)",
        "FROM conflict WHERE officer_id = p_officer AND state <> 'lifted')",
    ),
    "guard.excluded(uuid)": (
        "WHERE x.case_id = p_case AND (",
        "WHERE x.case_id = p_case AND x.state <> 'lifted' AND (",
    ),
}
FUNCTIONS = (
    "may_decide(uuid)",
    "may_compare(uuid)",
    "exclude(uuid, integer[], text, timestamptz)",
    "words_said(uuid)",
    "persons_named(uuid)",
    "exclusions(timestamptz, uuid, integer)",
    "exclusions_of(uuid)",
    "institution_of(uuid)",
    "decide_exclusion(uuid, integer, text, timestamptz)",
    "standing_of(integer)",
    "level_stands()",
    "people_changed()",
    "kept_by_ethics(uuid, timestamptz, integer)",
)


def _reasons(values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_conflict_reason"), "conflict", type_="check")
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f("ck_conflict_reason"), "conflict", f"reason IN ({listed})")


def upgrade() -> None:
    _reasons(MORE_REASONS)
    op.add_column(
        "conflict", sa.Column("state", sa.String(), nullable=False, server_default="confirmed")
    )
    op.create_check_constraint(
        op.f("ck_conflict_state"), "conflict", "state IN ('provisional', 'confirmed', 'lifted')"
    )
    op.add_column("conflict", sa.Column("decided_by", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_conflict_decided_by"), "conflict", "officer", ["decided_by"], ["id"]
    )
    op.add_column("conflict", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_conflict_waiting",
        "conflict",
        ["at"],
        postgresql_where=sa.text("state = 'provisional'"),
    )
    # What the citizen's words alone brought about waits for a decision from now on.
    op.execute("UPDATE conflict SET state = 'provisional' WHERE reason = 'named'")
    op.create_table(
        "officer_standing",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_standing_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_officer_standing")),
    )
    op.create_table(
        "people_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_state")),
    )
    op.create_table(
        "lowering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("from_level", sa.String(), nullable=False),
        sa.Column("to_level", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(from_level, to_level) IN (('restricted', 'confidential'), ('confidential', 'open'))",
            name=op.f("ck_lowering_one_step"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_lowering_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_lowering_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lowering")),
    )
    op.create_index(op.f("ix_lowering_case_id"), "lowering", ["case_id"])
    op.create_table(
        "extract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_extract_case_id")),
        sa.ForeignKeyConstraint(
            ["by_officer_id"], ["officer.id"], name=op.f("fk_extract_by_officer_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_extract_post_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_extract_officer_id")),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["officer.id"], name=op.f("fk_extract_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extract")),
    )
    op.create_index(op.f("ix_extract_case_id"), "extract", ["case_id"])
    op.create_index(op.f("ix_extract_post_id_at"), "extract", ["post_id", "at"])
    op.get_bind().exec_driver_sql(fill("conflicts.sql"))
    amend(op.get_bind(), AMENDED)


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.execute("DROP POLICY kept_by_ethics ON message")
    op.execute('DROP TRIGGER level_stands ON "case"')
    op.drop_table("extract")
    op.drop_table("lowering")
    op.drop_table("officer_standing")
    for table in ("officer", "post_holding", "post"):
        op.execute(f"DROP TRIGGER people_changed ON {table}")
    op.drop_table("people_state")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION guard.{name}")
    op.execute("DELETE FROM conflict WHERE state = 'lifted'")
    op.execute("UPDATE conflict SET reason = 'named' WHERE reason IN ('words', 'post')")
    op.drop_index("ix_conflict_waiting", table_name="conflict")
    op.drop_column("conflict", "decided_at")
    op.drop_column("conflict", "decided_by")
    op.drop_column("conflict", "state")
    _reasons(REASONS)
