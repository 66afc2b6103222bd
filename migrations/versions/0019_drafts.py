"""Drafts of officers: what was written for a case and not sent yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(sealed) <= 65536", name=op.f("ck_draft_size")),
        sa.CheckConstraint("verb ~ '^[a-z_]{1,30}$'", name=op.f("ck_draft_verb")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_draft_officer_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_draft_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint(
            "officer_id",
            "case_id",
            "verb",
            "kept",
            name=op.f("uq_draft_officer_id_case_id_verb_kept"),
        ),
    )
    op.create_index(op.f("ix_draft_case_id"), "draft", ["case_id"])
    op.create_index(op.f("ix_draft_saved_at"), "draft", ["saved_at"])
    op.get_bind().exec_driver_sql(fill("drafts.sql"))


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    op.drop_table("draft")
    run("DROP FUNCTION guard.forget_unseen_drafts()")
    run("DROP FUNCTION guard.keep_words(uuid, integer, text, text, text, bytea, timestamptz)")
    run("DROP FUNCTION guard.forget_drafts(uuid, text, boolean)")
