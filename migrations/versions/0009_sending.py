"""Counts of a day, messages that did not arrive, dead letters, and reports in any order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = ("queued", "sending", "sent", "unknown", "delivered", "failed", "dead")
MORE_STATES = (*STATES[:6], "expired", "suppressed", "dead", "dropped")
ENDED = "state IN ('failed', 'dead')"
MORE_ENDED = "state IN ('failed', 'expired', 'suppressed', 'dead')"
OUTCOMES = (
    "absent",
    "blocked",
    "no_such_number",
    "expired",
    "opted_out",
    "no_number",
    "country",
    "too_many",
    "refused",
    "unknown",
    "given_up",
    "mail_refused",
    "mail_unknown",
)
FUNCTIONS = (
    "sending_state(date)",
    "settle_dead_letter(uuid, text, boolean, timestamptz)",
    "dead_letters(timestamptz, uuid, integer)",
    "send_again(uuid, timestamptz)",
    "queue_again(uuid, timestamptz)",
)
# Pieces of the sums for the operators, and what takes their place.
METRICS = (
    ("SELECT state, created_at FROM outbox", "SELECT state, held, created_at FROM outbox"),
    (f"FROM outbox WHERE {ENDED}", f"FROM outbox WHERE {MORE_ENDED}"),
    (
        "  UNION ALL SELECT 'inbound_waiting'",
        "  UNION ALL SELECT 'outbox_quiet', count(*) FILTER (WHERE held = 'quiet') FROM waiting\n"
        "  UNION ALL SELECT 'outbox_over_budget',\n"
        "    count(*) FILTER (WHERE held IN ('budget', 'number')) FROM waiting\n"
        "  UNION ALL SELECT 'outbox_expired',\n"
        "    coalesce((SELECT n FROM ended WHERE state = 'expired'), 0)\n"
        "  UNION ALL SELECT 'outbox_suppressed',\n"
        "    coalesce((SELECT n FROM ended WHERE state = 'suppressed'), 0)\n"
        "  UNION ALL SELECT 'inbound_waiting'",
    ),
)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _states(values: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_outbox_state"), "outbox", type_="check")
    op.create_check_constraint(op.f("ck_outbox_state"), "outbox", f"state IN ({_listed(values)})")


def _ended(where: str) -> None:
    op.drop_index("ix_outbox_ended", table_name="outbox")
    op.create_index("ix_outbox_ended", "outbox", ["state"], postgresql_where=sa.text(where))


def _metrics(*, back: bool) -> None:
    connection = op.get_bind()
    definition = str(
        connection.scalar(
            sa.text("SELECT pg_get_functiondef('guard.metrics(timestamptz)'::regprocedure)")
        )
    )
    for pair in METRICS:
        old, new = reversed(pair) if back else pair
        if definition.count(old) != 1:
            raise RuntimeError("guard.metrics is not as this migration knows it")
        definition = definition.replace(old, new)
    connection.exec_driver_sql(definition)


def upgrade() -> None:
    op.add_column("outbox", sa.Column("held", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("counted_on", sa.Date(), nullable=True))
    op.create_check_constraint(
        op.f("ck_outbox_held"), "outbox", "held IN ('quiet', 'budget', 'number')"
    )
    _states(MORE_STATES)
    _ended(MORE_ENDED)
    op.create_index(
        "ix_outbox_leased",
        "outbox",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_outbox_ambiguous",
        "outbox",
        ["created_at"],
        postgresql_where=sa.text("unknown_attempts > 0 AND state IN ('queued', 'unknown')"),
    )
    op.create_index(
        "ix_outbox_dead",
        "outbox",
        ["finished_at", "id"],
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_inbound_message_dead",
        "inbound_message",
        ["received_at", "id"],
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_table(
        "sms_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "number_hash", name=op.f("pk_sms_day")),
    )
    op.create_table(
        "delivery_problem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("way", sa.String(), nullable=True),
        sa.Column("by_officer_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            f"outcome IN ({_listed(OUTCOMES)})", name=op.f("ck_delivery_problem_outcome")
        ),
        sa.CheckConstraint(
            "way IN ('sms', 'telephone', 'letter', 'reached')",
            name=op.f("ck_delivery_problem_way"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_delivery_problem_case_id")),
        sa.ForeignKeyConstraint(
            ["outbox_id"],
            ["outbox.id"],
            name=op.f("fk_delivery_problem_outbox_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["by_officer_id"], ["officer.id"], name=op.f("fk_delivery_problem_by_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_problem")),
    )
    op.create_index(op.f("ix_delivery_problem_case_id"), "delivery_problem", ["case_id"])
    op.create_index(
        "uq_delivery_problem_standing",
        "delivery_problem",
        ["outbox_id"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    # A forged report with another's number must not stand in the way of the real one, and of two
    # reasons the one that came first must not decide.
    op.execute("ALTER TABLE guard.delivery_report DROP CONSTRAINT pk_delivery_report")
    op.execute(
        "ALTER TABLE guard.delivery_report ADD CONSTRAINT uq_delivery_report"
        " UNIQUE NULLS NOT DISTINCT (provider_id, status, number_hash, reason)"
    )
    op.get_bind().exec_driver_sql(fill("sending.sql"))
    _metrics(back=False)


def downgrade() -> None:
    _metrics(back=True)
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION guard.{name}")
    op.execute("ALTER TABLE guard.delivery_report DROP CONSTRAINT uq_delivery_report")
    op.execute(
        "DELETE FROM guard.delivery_report a USING guard.delivery_report b"
        " WHERE a.ctid > b.ctid AND a.provider_id = b.provider_id AND a.status = b.status"
    )
    op.execute(
        "ALTER TABLE guard.delivery_report"
        " ADD CONSTRAINT pk_delivery_report PRIMARY KEY (provider_id, status)"
    )
    op.drop_table("delivery_problem")
    op.drop_table("sms_day")
    op.drop_index("ix_inbound_message_dead", table_name="inbound_message")
    for name in ("ix_outbox_dead", "ix_outbox_ambiguous", "ix_outbox_leased"):
        op.drop_index(name, table_name="outbox")
    op.execute("UPDATE outbox SET state = 'failed' WHERE state IN ('expired', 'suppressed')")
    op.execute("UPDATE outbox SET state = 'dead' WHERE state = 'dropped'")
    _ended(ENDED)
    _states(STATES)
    op.drop_constraint(op.f("ck_outbox_held"), "outbox", type_="check")
    for name in ("counted_on", "held"):
        op.drop_column("outbox", name)
