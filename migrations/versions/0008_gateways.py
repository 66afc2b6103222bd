"""More than one gateway: costs as amounts and their sums, link ids, networks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import fill

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The column held the gateway's own words, as `TZS 22.0000`, `KES 1,000.5000` or `0`; what is
# neither is no cost that anybody could add up.
PRICED = r"^\s*[A-Za-z]{3}\s*([0-9]{1,8}|[0-9]{1,3}(,[0-9]{3}){1,2})(\.[0-9]{1,8})?\s*$"
FREE = r"^\s*0+(\.0+)?\s*$"
AMOUNT = "replace(substring(cost FROM '[0-9][0-9,.]*'), ',', '')::numeric"
# What was sent before counts as well, for the institution that has the case today.
COUNTED = "(state IN ('sent', 'delivered') OR provider_id IS NOT NULL)"


def upgrade() -> None:
    op.create_table(
        "sms_cost",
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("unpriced", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(16, 4), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_sms_cost_institution_id")
        ),
        sa.PrimaryKeyConstraint("institution_id", "month", "currency", name=op.f("pk_sms_cost")),
    )
    op.add_column("inbound_message", sa.Column("link_id", sa.String(), nullable=True))
    op.add_column("inbound_message", sa.Column("network_code", sa.String(), nullable=True))
    for column in (
        sa.Column("cost_amount", sa.Numeric(12, 4), nullable=True),
        sa.Column("cost_currency", sa.String(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("charge_on", sa.Date(), nullable=True),
        sa.Column("network_code", sa.String(), nullable=True),
    ):
        op.add_column("outbox", column)
    op.create_foreign_key(
        op.f("fk_outbox_institution_id"), "outbox", "institution", ["institution_id"], ["id"]
    )
    op.execute(
        f"UPDATE outbox SET cost_amount = {AMOUNT},"  # noqa: S608 (constants of this module)
        f" cost_currency = upper(substring(cost FROM '[A-Za-z]{{3}}')) WHERE cost ~ '{PRICED}'"
    )
    op.execute(f"UPDATE outbox SET cost_amount = 0 WHERE cost ~ '{FREE}'")  # noqa: S608
    op.execute(
        'UPDATE outbox SET institution_id = c.institution_id FROM "case" c'  # noqa: S608
        f" WHERE c.id = outbox.case_id AND c.confidentiality <> 'restricted' AND {COUNTED}"
    )
    op.execute(
        "UPDATE outbox SET charge_on ="  # noqa: S608
        " (coalesce(finished_at, created_at) AT TIME ZONE 'Africa/Dar_es_Salaam')::date"
        f" WHERE institution_id IS NOT NULL AND {COUNTED}"
    )
    op.drop_column("outbox", "cost")
    op.create_index(
        "ix_outbox_to_charge",
        "outbox",
        ["charge_on"],
        unique=False,
        postgresql_where="charge_on IS NOT NULL",
    )
    op.execute("ALTER TABLE guard.delivery_report ADD COLUMN network_code text")
    op.get_bind().exec_driver_sql(fill("costs.sql"))


def downgrade() -> None:
    op.execute("DROP TRIGGER forget_link ON inbound_message")
    op.execute("DROP FUNCTION guard.forget_link()")
    op.execute("ALTER TABLE guard.delivery_report DROP COLUMN network_code")
    op.drop_index(
        "ix_outbox_to_charge", table_name="outbox", postgresql_where="charge_on IS NOT NULL"
    )
    op.add_column("outbox", sa.Column("cost", sa.String(), nullable=True))
    op.execute(
        "UPDATE outbox SET cost = CASE WHEN cost_currency IS NULL THEN '0'"
        " ELSE cost_currency || ' ' || cost_amount END WHERE cost_amount IS NOT NULL"
    )
    op.drop_constraint(op.f("fk_outbox_institution_id"), "outbox", type_="foreignkey")
    for column in (
        "cost_amount",
        "cost_currency",
        "parts",
        "institution_id",
        "charge_on",
        "network_code",
    ):
        op.drop_column("outbox", column)
    op.drop_column("inbound_message", "network_code")
    op.drop_column("inbound_message", "link_id")
    op.drop_table("sms_cost")
