"""The auditor's patterns, signed heads, retention."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parent.parent / "sql"
FUNCTIONS = (
    "guard.erase_papers(uuid[])",
    "guard.held_about_me()",
    "guard.references_of(uuid[])",
    "guard.audited_case(text)",
    "guard.hidden_macs()",
    "guard.audits(uuid)",
)
# Months after a case ended. The Act names no number of years: an institution's own retention
# schedule, once approved, replaces these.
OWN = (
    "Personal Data Protection Act, 2022 (No. 11), section 5: no longer than the purpose needs; "
    "proposed by this system until the institution's retention schedule under the Records and "
    "Archives Management Act, Cap. 309, says otherwise"
)
RULES = (("", 12, 60), ("CORRUPTION", 36, 120), ("CONDUCT", 36, 120))


def upgrade() -> None:
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(
        op.f("ix_inbound_message_case_id"), "inbound_message", ["case_id"], unique=False
    )
    op.create_index(
        "ix_case_ended",
        "case",
        ["closed_at"],
        unique=False,
        postgresql_where="closed_at IS NOT NULL",
    )
    rules = op.create_table(
        "retention_rule",
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("identity_months", sa.Integer(), nullable=False),
        sa.Column("words_months", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.CheckConstraint(
            "identity_months BETWEEN 1 AND 600 AND words_months BETWEEN identity_months AND 600",
            name=op.f("ck_retention_rule_months"),
        ),
        sa.PrimaryKeyConstraint("category", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "case_erasure",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("identity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_erasure_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_erasure")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_legal_hold_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_legal_hold_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        "uq_legal_hold_current",
        "legal_hold",
        ["case_id"],
        unique=True,
        postgresql_where="ended_at IS NULL",
    )
    op.create_table(
        "audit_pattern",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Float(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_audit_pattern_officer_id")
        ),
        sa.PrimaryKeyConstraint("kind", "officer_id", name=op.f("pk_audit_pattern")),
    )
    op.bulk_insert(
        rules,
        [
            {"category": c, "identity_months": identity, "words_months": words, "source": OWN}
            for c, identity, words in RULES
        ],
    )
    op.get_bind().exec_driver_sql((SQL / "record.sql").read_text())


def downgrade() -> None:
    op.execute("REVOKE DELETE ON sealed_identity FROM mrejesho_worker")
    op.execute("DROP POLICY audit_entry_read ON audit_entry")
    op.execute(
        "CREATE POLICY audit_entry_read ON audit_entry FOR SELECT TO mrejesho_web"
        " USING ((SELECT guard.has('auditor')))"
    )
    op.drop_table("audit_pattern")
    op.drop_index(
        "uq_legal_hold_current", table_name="legal_hold", postgresql_where="ended_at IS NULL"
    )
    op.drop_table("legal_hold")
    op.drop_table("case_erasure")
    op.drop_table("retention_rule")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.drop_index("ix_case_ended", table_name="case", postgresql_where="closed_at IS NOT NULL")
    op.drop_index(op.f("ix_inbound_message_case_id"), table_name="inbound_message")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
