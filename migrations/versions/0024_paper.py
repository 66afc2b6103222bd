"""What comes on paper and by telephone, the office's file numbers, and improvement actions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BEFORE = ("handler", "coordinator", "head", "oversight", "ethics", "admin", "auditor")
AMENDED = {
    # Who enters a case for its citizen stands in the record and in the case's own rows.
    "guard.become(text,integer,uuid)": (
        "set_config('app.case', coalesce(p_case::text, ''), true);\n    RETURN v_version;",
        """set_config('app.case', coalesce(p_case::text, ''), true);
    IF p_kind = 'lodging' AND p_officer IS NOT NULL THEN
      PERFORM set_config('app.officer', f.id::text, true)
         FROM officer f WHERE f.id = p_officer AND f.active
          AND f.roles && ARRAY['registry', 'handler', 'coordinator', 'head']::text[];
    END IF;
    RETURN v_version;""",
    ),
    "guard.erase_papers(uuid[])": (
        "DELETE FROM extract WHERE case_id = ANY (p_cases);",
        """DELETE FROM extract WHERE case_id = ANY (p_cases);
  DELETE FROM office_file WHERE case_id = ANY (p_cases);
  UPDATE paper_record SET late_reason = NULL WHERE case_id = ANY (p_cases);
  WITH gone AS (
    DELETE FROM improvement_case WHERE case_id = ANY (p_cases)
    RETURNING improvement_id, unlinked_at)
  UPDATE improvement i SET cases_gone = i.cases_gone + g.number
    FROM (SELECT improvement_id, count(*) AS number FROM gone
           WHERE unlinked_at IS NULL GROUP BY 1) g
   WHERE i.id = g.improvement_id;""",
    ),
}


def _allow(roles: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{role}'" for role in roles)
    for table in ("officer", "grant_request"):
        op.drop_constraint(op.f(f"ck_{table}_roles"), table, type_="check")
        op.create_check_constraint(
            op.f(f"ck_{table}_roles"), table, f"roles <@ ARRAY[{listed}]::text[]"
        )


def upgrade() -> None:
    _allow((*BEFORE, "registry"))
    op.create_table(
        "paper_record",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("late_reason", sa.String(), nullable=True),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('letter', 'visit', 'call')", name=op.f("ck_paper_record_how")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_paper_record_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_paper_record_officer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_paper_record")),
    )
    op.create_index("ix_paper_record_own", "paper_record", ["officer_id", "at", "case_id"])
    op.create_table(
        "office_file",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_office_file_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_office_file_officer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_office_file")),
    )
    op.create_index(op.f("ix_office_file_folded"), "office_file", ["folded"])
    _improvements()
    connection = op.get_bind()
    connection.exec_driver_sql(fill("paper.sql"))
    amend(connection, AMENDED)


def _improvements() -> None:
    op.create_table(
        "improvement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("late_told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("telling", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cases_gone", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'open', 'done', 'dropped')", name=op.f("ck_improvement_state")
        ),
        sa.CheckConstraint("state <> 'done' OR note IS NOT NULL", name=op.f("ck_improvement_note")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_improvement_institution_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["officer.id"], name=op.f("fk_improvement_owner_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_improvement_officer_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["officer.id"], name=op.f("fk_improvement_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement")),
    )
    op.create_index(
        op.f("ix_improvement_institution_id_state_due_on_id"),
        "improvement",
        ["institution_id", "state", "due_on", "id"],
    )
    for name, column, where in (
        ("late", "due_on", "state = 'open' AND NOT late_told"),
        ("telling", "id", "telling"),
        ("owner", "owner_id", "state = 'open'"),
    ):
        op.create_index(f"ix_improvement_{name}", "improvement", [column], postgresql_where=where)
    op.create_table(
        "improvement_case",
        sa.Column("improvement_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unlinked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["improvement_id"], ["improvement.id"], name=op.f("fk_improvement_case_improvement_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_improvement_case_case_id")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_improvement_case_officer_id")
        ),
        sa.PrimaryKeyConstraint("improvement_id", "case_id", name=op.f("pk_improvement_case")),
    )
    op.create_index(op.f("ix_improvement_case_case_id"), "improvement_case", ["case_id"])
    op.create_index(
        "ix_improvement_case_untold",
        "improvement_case",
        ["improvement_id"],
        postgresql_where="told_at IS NULL",
    )


def downgrade() -> None:
    connection = op.get_bind()
    amend(connection, AMENDED, back=True)
    for function in (
        "own_entries(text, timestamptz, uuid, integer)",
        "improvements_below(integer, date, uuid, integer)",
        "improvements_told()",
    ):
        connection.exec_driver_sql(f"DROP FUNCTION guard.{function}")
    for table in ("improvement_case", "improvement", "office_file", "paper_record"):
        op.drop_table(table)
    connection.exec_driver_sql("DROP FUNCTION guard.leads()")
    # An account without any other role is left, and opens nothing.
    for table in ("grant_request", "officer"):
        connection.exec_driver_sql(
            f"UPDATE {table} SET roles = array_remove(roles, 'registry')"  # noqa: S608
            " WHERE 'registry' = ANY (roles)"
        )
    _allow(BEFORE)
