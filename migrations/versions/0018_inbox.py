"""The inbox: when a pause runs out, words to search by, saved views."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.shorthands import amend, fill

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OPEN = "status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')"
# The two groups that stand apart from the order of due times, for each scope of the inbox.
SCOPES = {"handler": "handler_id", "unit": "unit_id", "institution": "institution_id"}
PAUSED = """
UPDATE "case" c SET paused_until = p.runs_out_at
  FROM pause p WHERE p.case_id = c.id AND p.ends_at IS NULL
"""
# A search that showed words is a look of which the citizen reads.
LOOKS = {
    "guard.held_about_me()": (
        "'looked_at_extract', 'file_read',",
        "'looked_at_extract', 'file_read', 'found_by_words',",
    ),
}
OPEN_PAUSES = "SELECT count(DISTINCT case_id) FROM pause WHERE ends_at IS NULL"


def upgrade() -> None:
    op.add_column("case", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    connection = op.get_bind()
    paused = connection.exec_driver_sql(PAUSED).rowcount
    if paused != connection.exec_driver_sql(OPEN_PAUSES).scalar_one():
        raise RuntimeError("not every case that waits was reached")
    for scope, column in SCOPES.items():
        op.create_index(
            f"ix_case_{scope}_waiting",
            "case",
            [column, "paused_until", "id"],
            postgresql_where=sa.text(f"paused_until IS NOT NULL AND {OPEN}"),
        )
        op.create_index(
            f"ix_case_{scope}_unread",
            "case",
            [column, "due_at", "id"],
            postgresql_where=sa.text(f"unread AND {OPEN}"),
        )
    op.create_table(
        "case_words",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_words_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_words")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "scope IN ('mine', 'unit', 'unowned')", name=op.f("ck_saved_view_scope")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_saved_view_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_saved_view_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_officer_id"), "saved_view", ["officer_id"])
    op.create_index(
        "ix_saved_view_shared",
        "saved_view",
        ["institution_id"],
        postgresql_where=sa.text("shared"),
    )
    connection.exec_driver_sql(fill("inbox.sql"))
    amend(connection, LOOKS)
    connection.exec_driver_sql('SELECT guard.reword(id) FROM "case"')
    # After the rows: made at once, the index is smaller and sooner done. A short pending list, which
    # every search reads through.
    op.create_index(
        "ix_case_words_words",
        "case_words",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )


def downgrade() -> None:
    amend(op.get_bind(), LOOKS, back=True)
    op.execute('DROP TRIGGER case_changed ON "case"')
    for trigger in ("words_added", "words_changed"):
        op.execute(f"DROP TRIGGER {trigger} ON message")
    op.drop_table("saved_view")
    for name in (
        "search(text, text, text, timestamptz, uuid, integer)",
        "case_changed()",
        "words_changed()",
        "reword(uuid)",
        "words_added()",
        "facts_as_words(integer, text)",
    ):
        op.execute(f"DROP FUNCTION guard.{name}")
    op.drop_table("case_words")
    for scope in SCOPES:
        op.drop_index(f"ix_case_{scope}_waiting", "case")
        op.drop_index(f"ix_case_{scope}_unread", "case")
    op.drop_column("case", "paused_until")
