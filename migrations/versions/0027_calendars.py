"""Days of single offices, half days, versions of standards, and the time a case was held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# An office that one administrator closed by order: another settles the alarm about it.
AMENDED = {
    "guard.may_settle(text,text)": (
        "SELECT p_kind NOT IN ('granted_alone', 'changed_alone')",
        """SELECT p_kind NOT IN ('granted_alone', 'changed_alone', 'office_closed')
    OR p_kind = 'office_closed' AND NOT EXISTS (
      SELECT FROM calendar_correction k WHERE p_dedupe = 'office_closed:' || k.id
         AND guard.officer() = k.officer_id)""",
    ),
}
# Whose calendar a clock was set by: the one that had the case when it began.
OFFICES = """
UPDATE deadline d SET office_id = coalesce(
  (SELECT a.institution_id FROM assignment a
    WHERE a.case_id = d.case_id AND a.at <= d.starts_at
      AND (a.ended_at IS NULL OR a.ended_at > d.starts_at)
    ORDER BY a.at DESC LIMIT 1),
  (SELECT a.institution_id FROM assignment a
    WHERE a.case_id = d.case_id AND d.cycle = 1 ORDER BY a.at LIMIT 1),
  c.institution_id)
  FROM "case" c WHERE c.id = d.case_id
"""
# The standard that says the same as the clock was set with; where none does, it is not known.
STANDARDS = """
UPDATE deadline d SET standard_id = (
  SELECT s.id FROM service_standard s, institution i
   WHERE i.id = d.office_id AND s.code = c.standard AND s.kind IN (c.kind, '*')
     AND s.scope IN (i.code, i.kind, '*')
     AND CASE d.clock WHEN 'answer' THEN s.answer_days ELSE s.acknowledge_days END = d.working_days
   ORDER BY s.kind <> c.kind, s.scope <> i.code, s.scope <> i.kind LIMIT 1)
  FROM "case" c WHERE c.id = d.case_id AND d.cycle = 1
"""
FIRST_DAY = """
UPDATE service_standard SET from_day = coalesce(
  (SELECT (min(starts_at) AT TIME ZONE 'Africa/Dar_es_Salaam')::date FROM deadline), current_date)
"""
# The newest version is the one that held.
NEWEST_ALONE = """
DROP TRIGGER kept ON service_standard;
DELETE FROM service_standard s WHERE s.confidentiality <> '*' OR EXISTS (
  SELECT FROM service_standard n WHERE (n.code, n.kind, n.scope, n.confidentiality)
     = (s.code, s.kind, s.scope, s.confidentiality) AND n.version > s.version);
DROP FUNCTION guard.keep_version();
"""


def _text(name: str, default: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default=default, nullable=False)


def upgrade() -> None:
    run = op.get_bind().exec_driver_sql
    op.add_column("holiday", _text("scope", "*"))
    op.add_column("holiday", sa.Column("closes", sa.Time(), nullable=True))
    op.add_column("holiday", _text("ordered_by", ""))
    op.add_column("holiday", _text("order_number", ""))
    op.drop_constraint(op.f("uq_holiday_calendar_id_day"), "holiday")
    op.create_unique_constraint(
        op.f("uq_holiday_calendar_id_day_scope"), "holiday", ["calendar_id", "day", "scope"]
    )
    op.create_index(
        "ix_holiday_expected", "holiday", ["day"], postgresql_where="status = 'expected'"
    )
    op.create_index("ix_holiday_scoped", "holiday", ["day"], postgresql_where="scope <> '*'")
    op.add_column("calendar_correction", _text("scope", "*"))
    op.add_column("calendar_correction", sa.Column("moved_to", sa.Date(), nullable=True))
    op.add_column(
        "calendar_correction",
        sa.Column("shifts", sa.Boolean(), server_default="true", nullable=False),
    )
    op.add_column(
        "calendar_correction", sa.Column("done_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        op.f("ix_calendar_correction_calendar_id_day"),
        "calendar_correction",
        ["calendar_id", "day"],
    )
    _standards()
    _deadlines()
    op.add_column("assignment", sa.Column("minutes", sa.Integer(), nullable=True))
    op.create_index(
        "ix_assignment_unmeasured",
        "assignment",
        ["ended_at"],
        postgresql_where="ended_at IS NOT NULL AND minutes IS NULL",
    )
    op.create_table(
        "figure_held",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_figure_held_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "month", name=op.f("pk_figure_held")),
    )
    run(fill("calendars.sql"))
    amend(op.get_bind(), AMENDED)


def _standards() -> None:
    op.add_column("service_standard", _text("confidentiality", "*"))
    op.add_column(
        "service_standard", sa.Column("version", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column("service_standard", sa.Column("from_day", sa.Date(), nullable=True))
    op.execute(FIRST_DAY)
    op.alter_column("service_standard", "from_day", nullable=False)
    op.drop_constraint(op.f("uq_service_standard_code_kind_scope"), "service_standard")
    op.create_unique_constraint(
        op.f("uq_service_standard_code_kind_scope_confidentiality_version"),
        "service_standard",
        ["code", "kind", "scope", "confidentiality", "version"],
    )
    op.create_check_constraint(
        op.f("ck_service_standard_confidentiality"),
        "service_standard",
        "confidentiality IN ('open', 'confidential', 'restricted', '*')",
    )
    # The key of a standard names the confidentiality too.
    op.execute("UPDATE reference_change SET key = key || '/*' WHERE subject = 'standard'")
    op.execute(
        'UPDATE reference_change SET said = said || \'{"confidentiality": "*"}\''
        " WHERE subject = 'standard' AND act = 'add'"
    )


def _deadlines() -> None:
    op.add_column("deadline", sa.Column("office_id", sa.Integer(), nullable=True))
    op.add_column("deadline", sa.Column("standard_id", sa.Integer(), nullable=True))
    op.execute(OFFICES)
    op.execute(STANDARDS)
    op.alter_column("deadline", "office_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_deadline_office_id"), "deadline", "institution", ["office_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_deadline_standard_id"), "deadline", "service_standard", ["standard_id"], ["id"]
    )
    op.drop_index("ix_deadline_running", table_name="deadline")
    op.create_index(
        "ix_deadline_running",
        "deadline",
        ["calendar_id", "office_id"],
        postgresql_where="met_at IS NULL",
    )


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.execute("DELETE FROM alarm WHERE kind = 'office_closed'")
    op.drop_table("figure_held")
    op.drop_index("ix_assignment_unmeasured", table_name="assignment")
    op.drop_column("assignment", "minutes")
    op.drop_index("ix_deadline_running", table_name="deadline")
    op.drop_column("deadline", "standard_id")
    op.drop_column("deadline", "office_id")
    op.create_index(
        "ix_deadline_running", "deadline", ["calendar_id"], postgresql_where="met_at IS NULL"
    )
    op.execute(NEWEST_ALONE)
    op.drop_constraint(
        op.f("uq_service_standard_code_kind_scope_confidentiality_version"), "service_standard"
    )
    op.create_unique_constraint(
        op.f("uq_service_standard_code_kind_scope"), "service_standard", ["code", "kind", "scope"]
    )
    for column in ("from_day", "version", "confidentiality"):
        op.drop_column("service_standard", column)
    op.execute(
        "UPDATE reference_change SET key = regexp_replace(key, '/[^/]*$', ''),"
        " said = said - 'confidentiality' WHERE subject = 'standard'"
    )
    op.drop_index(op.f("ix_calendar_correction_calendar_id_day"), table_name="calendar_correction")
    for column in ("done_at", "shifts", "moved_to", "scope"):
        op.drop_column("calendar_correction", column)
    # Without a scope the days of all are what is left; an office's own would bind everybody.
    op.execute("DELETE FROM holiday WHERE scope <> '*' OR closes IS NOT NULL")
    op.drop_index("ix_holiday_scoped", table_name="holiday")
    op.drop_index("ix_holiday_expected", table_name="holiday")
    op.drop_constraint(op.f("uq_holiday_calendar_id_day_scope"), "holiday")
    op.create_unique_constraint(
        op.f("uq_holiday_calendar_id_day"), "holiday", ["calendar_id", "day"]
    )
    for column in ("order_number", "ordered_by", "closes", "scope"):
        op.drop_column("holiday", column)
