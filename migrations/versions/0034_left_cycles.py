"""Cycles that were left with a rung due to which no sweep had come: the next one climbs it still.

What another ladder of an institution would have done is worked out like any change of ladders.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# What drives a case is asked for the cycle that is named, which need not be the present one. Each
# piece leaves a function that holds.
OLD, NEW = "guard.driven(uuid[])", "guard.driven(uuid[],integer[])"
HEAD = ("driven(p_cases uuid[])", "driven(p_cases uuid[], p_cycles integer[])")
BODY = (
    'FROM "case" c\n      LEFT JOIN deadline d ON d.case_id = c.id AND d.cycle = c.cycle',
    'FROM unnest(p_cases, p_cycles) AS w (id, cycle) JOIN "case" c ON c.id = w.id\n'
    "      LEFT JOIN deadline d ON d.case_id = c.id AND d.cycle = w.cycle",
), (
    "SELECT c.id, c.cycle, c.handler_id",
    "SELECT c.id, w.cycle, c.handler_id",
), (
    "WHERE c.id = ANY (p_cases)\n       AND (guard.is_job()",
    "WHERE (guard.is_job()",
)  # fmt: skip


LADDERS = (
    "preview IS NULL AND subject IN ('rung', 'choice') AND state IN ('asked', 'planned')",
    "preview IS NULL AND state IN ('asked', 'planned')"
    " AND (subject IN ('rung', 'choice')"
    " OR subject = 'institution' AND act = 'change' AND said ? 'ladder')",
)


def upgrade() -> None:
    _index(LADDERS[1])
    for name, kind in (
        ("left_at", sa.DateTime(timezone=True)),
        ("left_rung", sa.Integer()),
        ("left_appealed", sa.Boolean()),
    ):
        op.add_column("deadline", sa.Column(name, kind, nullable=True))
    connection = op.get_bind()
    amend(connection, {OLD: HEAD})
    for piece in BODY:
        amend(connection, {NEW: piece})
    _replace(OLD, NEW)


def downgrade() -> None:
    connection = op.get_bind()
    for piece in reversed(BODY):
        amend(connection, {NEW: piece}, back=True)
    amend(connection, {NEW: HEAD}, back=True)
    _replace(NEW, OLD)
    for name in ("left_appealed", "left_rung", "left_at"):
        op.drop_column("deadline", name)
    _index(LADDERS[0])


def _index(which: str) -> None:
    name = "ix_reference_change_preview"
    op.drop_index(name, table_name="reference_change")
    op.create_index(name, "reference_change", ["at"], postgresql_where=which)


def _replace(old: str, new: str) -> None:
    op.execute(f"DROP FUNCTION {old}")
    op.execute(f"REVOKE EXECUTE ON FUNCTION {new} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {new} TO mrejesho_web, mrejesho_worker")
