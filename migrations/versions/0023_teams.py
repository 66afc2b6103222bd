"""Teams: rosters, working days and deputies, the board's idle cases, cases moved in one act."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OPEN_CASE = "status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')"
WEEK = "ARRAY[1, 2, 3, 4, 5]"


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("since_day", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("share BETWEEN 25 AND 200", name=op.f("ck_roster_share")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_roster_officer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_roster_unit_id")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_roster_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
    )
    op.create_index(
        "uq_roster_current",
        "roster",
        ["unit_id", "officer_id", "category_id"],
        unique=True,
        postgresql_where="ended_at IS NULL",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index(op.f("ix_roster_officer_id"), "roster", ["officer_id"])
    op.create_table(
        "duty",
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("half_days", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("deputy_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            f"days <@ {WEEK} AND half_days <@ days AND cardinality(days) > 0",
            name=op.f("ck_duty_days"),
        ),
        sa.CheckConstraint("deputy_id <> officer_id", name=op.f("ck_duty_deputy")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_duty_officer_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["officer.id"], name=op.f("fk_duty_deputy_id")),
        sa.PrimaryKeyConstraint("officer_id", name=op.f("pk_duty")),
    )
    op.create_index(op.f("ix_duty_deputy_id"), "duty", ["deputy_id"])
    op.create_table(
        "bulk_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("by_officer_id", sa.Integer(), nullable=False),
        sa.Column("from_officer_id", sa.Integer(), nullable=True),
        sa.Column("to_officer_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_bulk_move_{column}"))
            for column, to in (
                ("institution_id", "institution.id"),
                ("by_officer_id", "officer.id"),
                ("from_officer_id", "officer.id"),
                ("to_officer_id", "officer.id"),
                ("undone_by", "officer.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_move")),
    )
    op.create_index(op.f("ix_bulk_move_institution_id_at"), "bulk_move", ["institution_id", "at"])
    op.create_table(
        "bulk_move_item",
        sa.Column("move_id", sa.Uuid(), nullable=False),
        # No foreign key: its check would wait for whoever works on the case at this moment.
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("from_officer_id", sa.Integer(), nullable=True),
        sa.Column("from_unit_id", sa.Integer(), nullable=False),
        sa.Column("to_officer_id", sa.Integer(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("undone", sa.String(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_bulk_move_item_{column}"))
            for column, to in (
                ("move_id", "bulk_move.id"),
                ("from_officer_id", "officer.id"),
                ("from_unit_id", "unit.id"),
                ("to_officer_id", "officer.id"),
                ("assignment_id", "assignment.id"),
            )
        ),
        sa.PrimaryKeyConstraint("move_id", "case_id", name=op.f("pk_bulk_move_item")),
    )
    op.create_index(op.f("ix_bulk_move_item_case_id"), "bulk_move_item", ["case_id"])
    op.create_index(
        "ix_officer_institution_active",
        "officer",
        ["institution_id"],
        postgresql_where="active",
    )
    op.add_column("case", sa.Column("idle_from", sa.DateTime(timezone=True), nullable=True))
    # Open cases that stand already: the last act that the record knows, or the end of the pause
    # that runs. What has ended needs none; a case that comes back gets it with its new cycle.
    op.execute(
        """UPDATE "case" c SET idle_from = greatest(
              (SELECT max(a.at) FROM audit_entry a WHERE a.case_id = c.id
                  AND a.actor_kind = 'officer' AND a.act !~ 'looked'
                  AND a.act NOT IN ('file_read', 'file_printed', 'found_by_words', 'hold_set',
                                    'hold_ended')),
              (SELECT max(p.runs_out_at) FROM pause p
                WHERE p.case_id = c.id AND p.ends_at IS NULL))
            WHERE c.status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')"""
    )
    op.create_index(
        "ix_case_idle",
        "case",
        ["institution_id", sa.text("coalesce(idle_from, received_at)"), "id"],
        postgresql_where=OPEN_CASE,
    )
    op.get_bind().exec_driver_sql(fill("teams.sql"))


def downgrade() -> None:
    run = op.get_bind().exec_driver_sql
    run("DROP TRIGGER worked_on ON audit_entry")
    run("DROP FUNCTION guard.worked_on()")
    run("DROP FUNCTION guard.pick_handler(integer, integer, integer, integer[], timestamptz)")
    run("DROP POLICY team_adds ON leave; DROP POLICY team_changes ON leave")
    run("DROP POLICY job_ends ON leave; DROP POLICY job_ends ON post_holding")
    run("REVOKE UPDATE (last_day) ON leave FROM mrejesho_worker")
    run("REVOKE UPDATE (until_day) ON post_holding FROM mrejesho_worker")
    op.drop_index("ix_case_idle", table_name="case")
    op.drop_column("case", "idle_from")
    op.drop_index("ix_officer_institution_active", table_name="officer")
    for table in ("bulk_move_item", "bulk_move", "duty", "roster"):
        op.drop_table(table)
    run("DROP FUNCTION guard.sends_away(integer)")
    run("DROP FUNCTION guard.leads(integer)")
    run("DROP FUNCTION guard.open_cases_of(integer)")
    run(fill("teams_before.sql"))
