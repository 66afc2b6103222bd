"""The official's side: explanations demanded, reasons decided about, delegations, the rung's inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KINDS = "kind IN ('order', 'explanation')"
# What a principal's scope holds, and what opens a case, knows of delegations from now on.
AMENDED = (
    {
        "guard.become(text,integer,uuid)": (
            "'coordinates', 'conflicts']) AS name;",
            "'coordinates', 'conflicts', 'delegated']) AS name;",
        ),
        "guard.reached(uuid,boolean)": (
            "OR e.copy_post_id = ANY (guard.ids('posts'))\n",
            "OR e.copy_post_id = ANY (guard.ids('posts'))\n"
            "            OR NOT p_restricted AND guard.ids('delegated') <> '{}'\n"
            "               AND guard.delegated(e.case_id, e.post_id, e.copy_post_id)\n",
        ),
    },
    {
        "guard.become(text,integer,uuid)": (
            "  PERFORM set_config('app.kind', 'officer', true),\n",
            "  PERFORM set_config('app.delegated',"
            " guard.delegations_of(p_officer, today)::text, true);\n"
            "  PERFORM set_config('app.kind', 'officer', true),\n",
        ),
    },
)
FUNCTIONS = (
    "on_rung(text, integer, timestamptz, timestamptz, uuid, integer)",
    "on_rung_counts(integer, timestamptz, integer)",
    "on_rung_by_institution(timestamptz, integer)",
    "rung_parts(text, text, text)",
    "rung_reads()",
    "rung_part(text, text)",
    "may_delegate(integer, integer)",
    "delegates(uuid)",
    "delegated(uuid, integer, integer)",
    "given_by_concerned(uuid, integer)",
    "delegations_of(integer, date)",
    "derive_rungs_added()",
    "derive_rungs_of_case()",
    "derive_rungs_of()",
    "derive_rungs(uuid[])",
)
STANDING = (
    ("post", "post_id", ""),
    ("copy", "copy_post_id", " AND copy_post_id IS NOT NULL"),
    ("deputy", "officer_id", " AND way = 'deputy'"),
)


def _id(table: str) -> tuple[sa.Column[object], sa.PrimaryKeyConstraint]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _refers(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, to in columns.items()
    ]


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _uuid(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    _directive()
    _standing()
    _delegation()
    _reason_decision()
    _recommendation()
    connection = op.get_bind()
    connection.exec_driver_sql(fill("officials.sql"))
    for pieces in AMENDED:
        amend(connection, pieces)
    connection.exec_driver_sql(
        "SELECT guard.derive_rungs(ARRAY(SELECT DISTINCT case_id FROM escalation))"
    )


def _directive() -> None:
    op.add_column(
        "directive", sa.Column("kind", sa.String(), server_default="order", nullable=False)
    )
    op.create_check_constraint(op.f("ck_directive_kind"), "directive", KINDS)
    op.add_column("directive", _number("institution_id", nullable=True))
    op.create_foreign_key(
        op.f("fk_directive_institution_id"), "directive", "institution", ["institution_id"], ["id"]
    )
    # Who had the case when it was given, as the owners in order tell.
    op.execute(
        """UPDATE directive d SET institution_id = coalesce(
             (SELECT a.institution_id FROM assignment a
               WHERE a.case_id = d.case_id AND a.at <= d.at ORDER BY a.at DESC LIMIT 1),
             (SELECT c.institution_id FROM "case" c WHERE c.id = d.case_id))"""
    )
    op.create_index(op.f("ix_directive_officer_id_due_on"), "directive", ["officer_id", "due_on"])
    op.create_index("ix_directive_to", "directive", ["institution_id", "due_on", "id"])


def _standing() -> None:
    op.add_column(
        "escalation",
        sa.Column("standing", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column(
        "escalation",
        sa.Column("asks", sa.String(), server_default="explanation", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_escalation_asks"),
        "escalation",
        "asks IN ('explanation', 'decision', 'accepted')",
    )
    for name, column, more in STANDING:
        for each, columns in (("standing", ()), ("asks", ("asks",))):
            op.create_index(
                f"ix_escalation_{each}_{name}",
                "escalation",
                [column, *columns, "due_at", "id"],
                postgresql_where=sa.text(f"standing{more}"),
            )
    op.create_index(
        "ix_message_delay_reason",
        "message",
        ["case_id", "cycle"],
        postgresql_where=sa.text("kind = 'delay_reason'"),
    )
    op.create_index(
        "ix_directive_owed",
        "directive",
        ["post_id", "due_on"],
        postgresql_where=sa.text("done_at IS NULL"),
    )


def _delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        _number("post_id"),
        _uuid("case_id", nullable=True),
        _number("officer_id"),
        _number("by_officer_id"),
        _at("at"),
        sa.Column("until_day", sa.Date(), nullable=False),
        _at("ended_at", nullable=True),
        _number("ended_by", nullable=True),
        sa.CheckConstraint("officer_id <> by_officer_id", name=op.f("ck_delegation_another")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_delegation_ended")
        ),
        *_refers(
            "delegation",
            post_id="post",
            case_id="case",
            officer_id="officer",
            by_officer_id="officer",
            ended_by="officer",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    running = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_delegation_running",
        "delegation",
        ["officer_id", "until_day"],
        postgresql_where=running,
    )
    op.create_index(op.f("ix_delegation_post_id"), "delegation", ["post_id"])
    op.create_index(op.f("ix_delegation_case_id"), "delegation", ["case_id"])
    op.create_index(
        "uq_delegation_running",
        "delegation",
        [
            "post_id",
            "officer_id",
            sa.text("coalesce(case_id, '00000000-0000-0000-0000-000000000000')"),
        ],
        unique=True,
        postgresql_where=running,
    )


def _reason_decision() -> None:
    column, key = _id("reason_decision")
    op.create_table(
        "reason_decision",
        column,
        _uuid("case_id"),
        _number("cycle"),
        _uuid("message_id"),
        _uuid("escalation_id"),
        _number("post_id"),
        _number("officer_id"),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        _at("at"),
        *_refers(
            "reason_decision",
            case_id="case",
            message_id="message",
            escalation_id="escalation",
            post_id="post",
            officer_id="officer",
        ),
        key,
        sa.UniqueConstraint(
            "message_id", "post_id", name=op.f("uq_reason_decision_message_id_post_id")
        ),
    )
    op.create_index(op.f("ix_reason_decision_case_id"), "reason_decision", ["case_id"])


def _recommendation() -> None:
    column, key = _id("recommendation")
    op.create_table(
        "recommendation",
        column,
        _uuid("case_id"),
        _number("delegation_id"),
        _number("post_id"),
        _number("officer_id"),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        _at("at"),
        _at("settled_at", nullable=True),
        _number("settled_by", nullable=True),
        _uuid("directive_id", nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_recommendation_kind")),
        *_refers(
            "recommendation",
            case_id="case",
            delegation_id="delegation",
            post_id="post",
            officer_id="officer",
            settled_by="officer",
            directive_id="directive",
        ),
        key,
    )
    op.create_index(op.f("ix_recommendation_case_id"), "recommendation", ["case_id"])
    op.create_index(
        "ix_recommendation_waiting",
        "recommendation",
        ["post_id", "at"],
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    connection = op.get_bind()
    for pieces in reversed(AMENDED):
        amend(connection, pieces, back=True)
    run = connection.exec_driver_sql
    for table in ('"case"', "escalation", "message", "directive", "reason_decision"):
        run(f"DROP TRIGGER derive_rungs ON {table}")
    for table in ("recommendation", "reason_decision", "delegation"):
        op.drop_table(table)
    run(f"DROP FUNCTION {', '.join(f'guard.{each}' for each in FUNCTIONS)}")
    op.drop_index("ix_directive_owed", table_name="directive")
    op.drop_index("ix_message_delay_reason", table_name="message")
    op.drop_column("escalation", "asks")
    op.drop_column("escalation", "standing")
    op.drop_index("ix_directive_to", table_name="directive")
    op.drop_index(op.f("ix_directive_officer_id_due_on"), table_name="directive")
    op.drop_column("directive", "institution_id")
    op.drop_column("directive", "kind")
