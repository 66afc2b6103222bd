"""What will happen to open cases if nobody acts: by case, by institution; the risk of lateness."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "case_forecast",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("rungs", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("moments", sa.ARRAY(MOMENT), nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("risk_key", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("risk_cases", sa.Integer(), nullable=True),
        sa.Column("risk_late", sa.Integer(), nullable=True),
        sa.Column("likely", sa.Boolean(), nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.Column("good_until", MOMENT, nullable=False),
        sa.CheckConstraint(
            "level IN ('open', 'confidential', 'restricted')", name=op.f("ck_case_forecast_level")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_forecast_case_id")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_case_forecast_institution_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_case_forecast_unit_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_forecast")),
    )
    for name, columns in (
        ("ix_case_forecast_institution", ["institution_id", "next_at", "case_id"]),
        ("ix_case_forecast_unit", ["unit_id", "next_at", "case_id"]),
    ):
        op.create_index(name, "case_forecast", columns)
    op.create_index(
        "ix_case_forecast_likely",
        "case_forecast",
        ["institution_id", "case_id"],
        postgresql_where="likely",
    )
    op.create_table(
        "forecast_cell",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("ladder", sa.String(), nullable=False),
        sa.Column("rung", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_forecast_cell_institution_id")
        ),
        sa.PrimaryKeyConstraint(
            *("institution_id", "unit_id", "level", "day", "ladder", "rung"),
            name=op.f("pk_forecast_cell"),
        ),
    )
    op.create_table(
        "forecast_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("computed_at", MOMENT, nullable=True),
        sa.Column("learned_at", MOMENT, nullable=True),
        sa.Column("learned_from", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast_state")),
    )
    op.create_table(
        "risk_cell",
        sa.Column("key", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_risk_cell")),
    )
    op.create_table(
        "warning_day",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_warning_day_officer_id")
        ),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_warning_day")),
    )
    # What climbed yesterday, by institution.
    op.create_index(
        "ix_escalation_institution", "escalation", ["from_institution_id", "due_at", "id"]
    )
    op.get_bind().exec_driver_sql(fill("forecasts.sql"))


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP FUNCTION guard.forecast_of(integer[], integer[])")
    run('DROP FUNCTION guard.forecast_stamp("case", timestamptz, integer)')
    op.drop_index("ix_escalation_institution", table_name="escalation")
    for table in ("warning_day", "risk_cell", "forecast_state", "forecast_cell", "case_forecast"):
        op.drop_table(table)
    run("DELETE FROM notice WHERE kind IN ('due_today', 'will_climb')")
