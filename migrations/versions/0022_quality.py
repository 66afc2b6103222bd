"""Templates of answers, and tasks attached to cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

OPEN = "state = 'open'"


def upgrade() -> None:
    op.create_table(
        "answer_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("title_sw", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("body_sw", sa.String(), nullable=False),
        sa.Column("body_en", sa.String(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_answer_template_number")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_answer_template_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_answer_template_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_template")),
    )
    op.create_index(
        "uq_answer_template_version",
        "answer_template",
        ["institution_id", "code", "number"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("result", sa.LargeBinary(), nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('inspect', 'repair', 'call', 'write', 'other')", name=op.f("ck_task_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_task_state")),
        sa.CheckConstraint("(state = 'open') = (settled_at IS NULL)", name=op.f("ck_task_settled")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_task_case_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_unit_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_task_officer_id")),
        sa.ForeignKeyConstraint(
            ["by_officer_id"], ["officer.id"], name=op.f("fk_task_by_officer_id")
        ),
        sa.ForeignKeyConstraint(["settled_by"], ["officer.id"], name=op.f("fk_task_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_case_id"), "task", ["case_id"])
    for name, columns, where in (
        ("ix_task_mine", ["officer_id", "due_on", "id"], OPEN),
        ("ix_task_of_unit", ["unit_id", "due_on", "id"], f"{OPEN} AND officer_id IS NULL"),
        ("ix_task_to_remind", ["due_on"], f"{OPEN} AND reminded_on IS NULL"),
    ):
        op.create_index(name, "task", columns, postgresql_where=where)
    op.get_bind().exec_driver_sql(fill("quality.sql"))


def downgrade() -> None:
    op.drop_table("task")
    op.drop_table("answer_template")
