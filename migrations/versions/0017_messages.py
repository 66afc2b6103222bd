"""More kinds of messages: partial answers, opinions, extensions, joined and divided cases."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEFORE = (
    "citizen",
    "acknowledgement",
    "question",
    "answer",
    "note",
    "transfer",
    "directive",
    "delay_reason",
    "final_letter",
)
ADDED = (
    "partial_answer",
    "opinion_request",
    "opinion",
    "extension_request",
    "extension",
    "merge",
    "split",
)


def _allow(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_message_kind"), "message", type_="check")
    op.create_check_constraint(op.f("ck_message_kind"), "message", f"kind IN ({listed})")


def upgrade() -> None:
    _allow(BEFORE + ADDED)


def downgrade() -> None:
    _allow(BEFORE)
