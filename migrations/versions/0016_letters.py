"""Dead letters tell e-mail from SMS; what a message's earlier failures were is found by index."""

from __future__ import annotations

from alembic import op

from migrations.shorthands import amend

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AMENDED = {
    "guard.dead_letters(timestamptz,uuid,integer)": (
        "SELECT o.id, 'sms', o.template",
        "SELECT o.id, o.channel::text, o.template",
    ),
    "guard.sending_state(date)": (
        "FROM outbox WHERE state IN",
        "FROM outbox WHERE channel = 'sms' AND state IN",
    ),
}


def upgrade() -> None:
    op.create_index(op.f("ix_delivery_problem_outbox_id"), "delivery_problem", ["outbox_id"])
    amend(op.get_bind(), AMENDED)


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.drop_index(op.f("ix_delivery_problem_outbox_id"), table_name="delivery_problem")
