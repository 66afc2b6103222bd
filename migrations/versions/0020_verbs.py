"""Opinions, more time, outcomes, cases that the office opens again, and the second transfer."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What the shipped standards say; another one allows none until its line is imported anew.
SHIPPED = {
    ("STANDARD", "complaint"): 10,
    ("STANDARD", "enquiry"): 5,
    ("STANDARD", "suggestion"): 10,
    ("STANDARD", "compliment"): 10,
    ("INTEGRITY", "*"): 100,
}
# Whoever was asked for an opinion read words of the case: the citizen may know of it.
AMENDED = {
    "guard.held_about_me()": (
        "'looked_at_extract', 'file_read',",
        "'looked_at_extract', 'looked_for_opinion', 'file_read',",
    ),
}
AS_BEFORE = """
DROP POLICY alarm_passed_on ON alarm;
DELETE FROM alarm WHERE kind = 'second_transfer';
DROP FUNCTION guard.passed_on(uuid, integer), guard.second_transfer(uuid, integer, timestamptz),
  guard.reads(uuid, integer),
  guard.give_opinion(uuid, uuid, text, bytea, boolean, timestamptz), guard.opinion_said(uuid),
  guard.opinion_cases(uuid[]), guard.opinion_places(uuid);
DROP TABLE opinion, extension, outcome;
DROP FUNCTION guard.is_asked(uuid), guard.may_opine(uuid, integer, timestamptz), guard.leads_ethics();
UPDATE message SET kind = 'note', internal = true WHERE kind = 'reopening';
"""


def _kinds(*, add: str = "", drop: str = "") -> None:
    """Allow one more kind of message, or one less, whatever others there are by now."""
    (definition,) = (
        op.get_bind()
        .execute(
            sa.text(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_message_kind'"
            )
        )
        .one()
    )
    known = [kind for kind in re.findall(r"'(\w+)'", definition) if kind != drop]
    listed = ", ".join(f"'{kind}'" for kind in [*known, *filter(None, [add])])
    op.drop_constraint(op.f("ck_message_kind"), "message", type_="check")
    op.create_check_constraint(op.f("ck_message_kind"), "message", f"kind IN ({listed})")


def _columns(*columns: sa.Column[object]) -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        *columns,
    ]


def _keys(table: str, **references: str) -> list[sa.Constraint]:
    """The primary key, and the foreign keys by column."""
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
            for column, target in {"case_id": "case.id", **references}.items()
        ),
    ]


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column(
        "service_standard",
        sa.Column("extension_days_max", sa.Integer(), server_default="0", nullable=False),
    )
    for (code, kind), days in SHIPPED.items():
        op.get_bind().execute(
            sa.text(
                "UPDATE service_standard SET extension_days_max = :days"
                " WHERE code = :code AND kind = :kind"
            ),
            {"code": code, "kind": kind, "days": days},
        )
    op.add_column(
        "case", sa.Column("reopened", sa.Boolean(), server_default="false", nullable=False)
    )
    _kinds(add="reopening")
    _outcome()
    _extension()
    _opinion()
    op.get_bind().exec_driver_sql(fill("verbs.sql"))
    amend(op.get_bind(), AMENDED)


def _outcome() -> None:
    op.create_table(
        "outcome",
        *_columns(
            sa.Column("cycle", sa.Integer(), nullable=False),
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("sealed", sa.LargeBinary(), nullable=True),
            sa.Column("officer_id", sa.Integer(), nullable=False),
            _moment("at", nullable=False),
        ),
        sa.CheckConstraint(
            "kind IN ('solved', 'explained', 'not_possible', 'court')",
            name=op.f("ck_outcome_kind"),
        ),
        sa.CheckConstraint(
            "sealed IS NULL OR kind IN ('not_possible', 'court')", name=op.f("ck_outcome_ground")
        ),
        sa.UniqueConstraint("case_id", "cycle", name=op.f("uq_outcome_case_id_cycle")),
        *_keys("outcome", officer_id="officer.id"),
    )


def _extension() -> None:
    op.create_table(
        "extension",
        *_columns(
            sa.Column("cycle", sa.Integer(), nullable=False),
            sa.Column("days", sa.Integer(), nullable=False),
            sa.Column("message_id", sa.Uuid(), nullable=False),
            sa.Column("asked_by", sa.Integer(), nullable=False),
            _moment("asked_at", nullable=False),
            sa.Column("decided_by", sa.Integer(), nullable=True),
            _moment("decided_at"),
            sa.Column("granted", sa.Boolean(), nullable=True),
        ),
        sa.CheckConstraint("days > 0", name=op.f("ck_extension_days")),
        sa.CheckConstraint("decided_by <> asked_by", name=op.f("ck_extension_second_person")),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_extension_decided"),
        ),
        *_keys(
            "extension",
            message_id="message.id",
            asked_by="officer.id",
            decided_by="officer.id",
        ),
    )
    op.create_index(op.f("ix_extension_case_id"), "extension", ["case_id"], unique=False)
    op.create_index(
        "ix_extension_waiting",
        "extension",
        ["case_id", "cycle"],
        unique=True,
        postgresql_where="decided_at IS NULL",
    )


def _opinion() -> None:
    op.create_table(
        "opinion",
        *_columns(
            sa.Column("by_officer_id", sa.Integer(), nullable=False),
            sa.Column("institution_id", sa.Integer(), nullable=False),
            sa.Column("unit_id", sa.Integer(), nullable=False),
            sa.Column("officer_id", sa.Integer(), nullable=True),
            sa.Column("question_id", sa.Uuid(), nullable=False),
            sa.Column("answer_id", sa.Uuid(), nullable=True),
            _moment("asked_at", nullable=False),
            _moment("due_at", nullable=False),
            sa.Column("answered_by", sa.Integer(), nullable=True),
            _moment("answered_at"),
            sa.Column("declined", sa.Boolean(), nullable=True),
            _moment("told_at"),
        ),
        *_keys(
            "opinion",
            by_officer_id="officer.id",
            institution_id="institution.id",
            unit_id="unit.id",
            officer_id="officer.id",
            question_id="message.id",
            answer_id="message.id",
            answered_by="officer.id",
        ),
    )
    op.create_index(op.f("ix_opinion_case_id"), "opinion", ["case_id"], unique=False)
    waiting = "answered_at IS NULL"
    for name, column in (
        ("ix_opinion_of_unit", "unit_id"),
        ("ix_opinion_of_institution", "institution_id"),
        ("ix_opinion_of_officer", "officer_id"),
    ):
        op.create_index(name, "opinion", [column, "due_at"], unique=False, postgresql_where=waiting)
    op.create_index(
        "ix_opinion_overdue",
        "opinion",
        ["due_at"],
        unique=False,
        postgresql_where=f"{waiting} AND told_at IS NULL",
    )


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.execute(AS_BEFORE)
    _kinds(drop="reopening")
    op.drop_column("case", "reopened")
    op.drop_column("service_standard", "extension_days_max")
