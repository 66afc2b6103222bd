"""Official letters with numbers of their own, and citizens' letters that reach a high office."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# What makes a case climb; the list as the whole policy has it.
DRIVERS = (
    "acknowledge",
    "answer",
    "appeal",
    "unowned",
    "transfer",
    "pause",
    "directive",
    "paper",
)
BEFORE = DRIVERS[:3]
AMENDED = {
    "guard.erase_papers(uuid[])": (
        "DELETE FROM office_file WHERE case_id = ANY (p_cases);",
        """DELETE FROM office_file WHERE case_id = ANY (p_cases);
  UPDATE letter SET facts = NULL WHERE case_id = ANY (p_cases);
  UPDATE paper_letter p SET number = '' FROM paper_letter_case l
   WHERE l.letter_id = p.id AND l.case_id = ANY (p_cases);""",
    ),
}


def _allow(drivers: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{driver}'" for driver in drivers)
    op.drop_constraint(op.f("ck_escalation_clock"), "escalation", type_="check")
    op.create_check_constraint(op.f("ck_escalation_clock"), "escalation", f"clock IN ({listed})")


def _amend_worked_on(connection: sa.Connection, *, back: bool = False) -> None:
    """A letter that is issued is no work on its case: that stays idle from when it was. Whatever
    else the trigger leaves out stays as it is."""
    definition = connection.scalar(
        sa.text("SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'worked_on'")
    )
    pattern = r"(\(?'hold_ended'::[a-z ]+(?:\)::text)?)"
    issued = re.search(pattern.replace("hold_ended", "letter_issued"), str(definition))
    if back and issued is not None:
        changed = str(definition).replace(f", {issued[0]}", "")
    else:
        kept = re.search(pattern, str(definition))
        if kept is None:
            raise RuntimeError("worked_on is not as this migration knows it")
        more = kept[0].replace("hold_ended", "letter_issued")
        changed = str(definition).replace(kept[0], f"{kept[0]}, {more}")
    connection.exec_driver_sql("DROP TRIGGER worked_on ON audit_entry")
    connection.exec_driver_sql(changed)


def upgrade() -> None:
    _allow(DRIVERS)
    op.create_table(
        "letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.Column("addressee_sw", sa.String(), nullable=False),
        sa.Column("addressee_en", sa.String(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('escalation', 'reminder', 'final')", name=op.f("ck_letter_kind")
        ),
        *(
            sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_letter_{column}"))
            for column, to in (
                ("institution_id", "institution.id"),
                ("case_id", "case.id"),
                ("escalation_id", "escalation.id"),
                ("officer_id", "officer.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint(
            "institution_id", "year", "number", name=op.f("uq_letter_institution_id_year_number")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_letter_token_hash")),
    )
    for name, column, kind in (
        ("uq_letter_of_rung", "escalation_id", "escalation"),
        ("uq_letter_final", "case_id", "final"),
    ):
        op.create_index(name, "letter", [column], unique=True, postgresql_where=f"kind = '{kind}'")
    op.create_index(op.f("ix_letter_case_id_at"), "letter", ["case_id", "at"])
    op.create_table(
        "paper_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("officer_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("written_on <= received_on", name=op.f("ck_paper_letter_days")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_paper_letter_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_paper_letter_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_letter")),
    )
    op.create_index("ix_paper_letter_own", "paper_letter", ["officer_id", "at", "id"])
    op.create_index(
        "ix_paper_letter_waiting",
        "paper_letter",
        ["next_at"],
        postgresql_where="next_at IS NOT NULL",
    )
    op.create_table(
        "paper_letter_case",
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('climbed', 'ended', 'own', 'none', 'beyond', 'used', 'below')",
            name=op.f("ck_paper_letter_case_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["paper_letter.id"], name=op.f("fk_paper_letter_case_letter_id")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["case.id"], name=op.f("fk_paper_letter_case_case_id")
        ),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_paper_letter_case")),
    )
    op.create_index(op.f("ix_paper_letter_case_case_id"), "paper_letter_case", ["case_id"])
    connection = op.get_bind()
    connection.exec_driver_sql(fill("letters.sql"))
    amend(connection, AMENDED)
    _amend_worked_on(connection)


def downgrade() -> None:
    connection = op.get_bind()
    _amend_worked_on(connection, back=True)
    amend(connection, AMENDED, back=True)
    for function in ("next_letter(integer, integer)", "genuine_letter(bytea)"):
        connection.exec_driver_sql(f"DROP FUNCTION guard.{function}")
    connection.exec_driver_sql("DROP POLICY paper_letter_read ON paper_letter")
    for table in ("paper_letter_case", "paper_letter", "letter"):
        op.drop_table(table)
    # What stood on a rung by a cause that is known no more stands there by the answer's clock.
    connection.exec_driver_sql(
        "UPDATE escalation SET clock = 'answer'"
        " WHERE clock IN ('unowned', 'transfer', 'pause', 'directive', 'paper')"
    )
    _allow(BEFORE)
