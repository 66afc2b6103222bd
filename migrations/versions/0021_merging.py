"""Cases that belong together: related, joined to a leading one, divided; and covered words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Who is kept away from one case of a group is kept away from all of it, and a rung that one of them
# reached opens all of it. Names are compared with the words as they were written.
AMENDED = {
    "guard.become(text,integer,uuid)": (
        "coalesce(array_agg(case_id), '{}')::text\n"
        "                                         FROM conflict WHERE officer_id = p_officer"
        " AND state <> 'lifted')",
        "coalesce(array_agg(DISTINCT member), '{}')::text\n"
        "                                         FROM conflict, unnest(guard.group_of(case_id))"
        " AS member\n"
        "                                        WHERE officer_id = p_officer"
        " AND state <> 'lifted')",
    ),
    "guard.reached(uuid,boolean)": (
        "WHERE e.case_id = p_case AND",
        "WHERE e.case_id = ANY (guard.group_of(p_case)) AND",
    ),
    "guard.excluded(uuid)": (
        "WHERE x.case_id = p_case AND x.state",
        "WHERE x.case_id = ANY (guard.group_of(p_case)) AND x.state",
    ),
    "guard.words_said(uuid)": ("SELECT m.* FROM message m", "SELECT w.* FROM message m,"
                               " LATERAL guard.as_written(m) w"),
}  # fmt: skip
FUNCTIONS = (
    "group_of(uuid)",
    "lock_group(uuid)",
    "joined_due(uuid[])",
    "part(uuid, timestamptz)",
    "parted(uuid, timestamptz)",
    "divided()",
    "may_uncover(uuid)",
    "cover(uuid, uuid, text, bytea, bytea, timestamptz)",
    "uncover(uuid, text, bytea, timestamptz)",
    "covered(timestamptz, uuid, integer)",
    "as_written(message)",
    "keep_group()",
    "may_join()",
)


def _id() -> sa.Column[sa.Uuid]:
    return sa.Column("id", sa.Uuid(), nullable=False)


def _at(name: str, nullable: bool = True) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.add_column("case", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_case_merged_into"), "case", "case", ["merged_into"], ["id"])
    op.create_index(
        "ix_case_merged",
        "case",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_table(
        "case_link",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        _at("at", nullable=False),
        _at("removed_at"),
        sa.Column("removed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('see', 'split')", name=op.f("ck_case_link_kind")),
        _refers("case_link", "case_id", "case"),
        _refers("case_link", "other_id", "case"),
        _refers("case_link", "by_officer_id", "officer"),
        _refers("case_link", "removed_by", "officer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    op.create_index(op.f("ix_case_link_case_id"), "case_link", ["case_id"])
    op.create_index(op.f("ix_case_link_other_id"), "case_link", ["other_id"])
    op.create_index(
        "uq_case_link_standing",
        "case_link",
        ["case_id", "other_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "case_merge",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("leading_id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("handler_id", sa.Integer(), nullable=True),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        _at("at", nullable=False),
        _at("ended_at"),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        _refers("case_merge", "case_id", "case"),
        _refers("case_merge", "leading_id", "case"),
        _refers("case_merge", "institution_id", "institution"),
        _refers("case_merge", "unit_id", "unit"),
        _refers("case_merge", "handler_id", "officer"),
        _refers("case_merge", "by_officer_id", "officer"),
        _refers("case_merge", "ended_by", "officer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_merge")),
    )
    op.create_index(op.f("ix_case_merge_leading_id"), "case_merge", ["leading_id"])
    op.create_index(
        "uq_case_merge_standing",
        "case_merge",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "case_split",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        _at("at", nullable=False),
        sa.Column("made_id", sa.Uuid(), nullable=True),
        _at("made_at"),
        _refers("case_split", "case_id", "case"),
        _refers("case_split", "category_id", "category"),
        _refers("case_split", "institution_id", "institution"),
        _refers("case_split", "unit_id", "unit"),
        _refers("case_split", "by_officer_id", "officer"),
        _refers("case_split", "made_id", "case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_split")),
        sa.UniqueConstraint("made_id", name=op.f("uq_case_split_made_id")),
    )
    op.create_index(op.f("ix_case_split_case_id"), "case_split", ["case_id"])
    op.create_index(
        "ix_case_split_waiting", "case_split", ["at"], postgresql_where=sa.text("made_id IS NULL")
    )
    op.create_table(
        "redaction",
        _id(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        _at("at", nullable=False),
        _at("undone_at"),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        _refers("redaction", "case_id", "case"),
        _refers("redaction", "message_id", "message"),
        _refers("redaction", "by_officer_id", "officer"),
        _refers("redaction", "undone_by", "officer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
    )
    op.create_index(op.f("ix_redaction_case_id"), "redaction", ["case_id"])
    op.create_index(op.f("ix_redaction_at_id"), "redaction", ["at", "id"])
    op.create_index(
        "uq_redaction_standing",
        "redaction",
        ["message_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.get_bind().exec_driver_sql(fill("merging.sql"))
    amend(op.get_bind(), AMENDED)


def downgrade() -> None:
    # Covered words stand again as they were written; nothing of a citizen's is lost.
    op.execute(
        "UPDATE message m SET body = NULL, sealed = r.original FROM redaction r"
        " WHERE r.message_id = m.id AND r.undone_at IS NULL AND length(r.original) > 1"
    )
    amend(op.get_bind(), AMENDED, back=True)
    op.execute('DROP TRIGGER keep_group ON "case"')
    op.execute('DROP TRIGGER may_join ON "case"')
    for table in ("redaction", "case_split", "case_merge", "case_link"):
        op.drop_table(table)
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION guard.{name}")
    op.drop_index("ix_case_merged", table_name="case")
    op.drop_column("case", "merged_into")
