"""The proof of a filing, and a citizen's word with the rating."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from migrations.shorthands import amend, fill

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# A word with the rating is a citizen's like any other: it is compared with officers' names, and
# passages of it can be covered.
AMENDED = {
    "guard.words_said(uuid)": (
        "m.kind = 'citizen' AND guard.may_compare",
        "m.kind IN ('citizen', 'remark') AND guard.may_compare",
    ),
    "guard.cover(uuid, uuid, text, bytea, bytea, timestamptz)": (
        "m.kind <> 'citizen'",
        "m.kind NOT IN ('citizen', 'remark')",
    ),
}
AS_BEFORE = """
DROP FUNCTION guard.keep_proof_mark(bytea), guard.own_proof(), guard.proofs(bytea),
  guard.proof_missed(uuid[]), guard.proof_shown(uuid, date);
REVOKE INSERT, UPDATE ON receipt_attempt FROM mrejesho_worker;
REVOKE UPDATE (proof_mark) ON submission FROM mrejesho_worker;
ALTER POLICY message_web_write ON message WITH CHECK (
  (SELECT guard.kind()) IN ('public', 'lodging') AND case_id = (SELECT guard.case_id())
    AND officer_id IS NULL AND kind IN ('citizen', 'final_letter')
  OR (SELECT guard.kind()) = 'officer' AND officer_id = (SELECT guard.officer())
    AND kind NOT IN ('citizen', 'final_letter')
    AND EXISTS (SELECT FROM "case" c WHERE c.id = message.case_id));
UPDATE message SET kind = 'citizen' WHERE kind = 'remark';
"""


def _kinds(*, add: str = "", drop: str = "") -> None:
    """Allow one more kind of message, or one less, whatever others there are by now."""
    definition = (
        op.get_bind()
        .execute(
            sa.text(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conname = 'ck_message_kind'"
            )
        )
        .scalar_one()
    )
    known = [kind for kind in re.findall(r"'(\w+)'", definition) if kind != drop]
    listed = ", ".join(f"'{kind}'" for kind in [*known, *filter(None, [add])])
    op.drop_constraint(op.f("ck_message_kind"), "message", type_="check")
    op.create_check_constraint(op.f("ck_message_kind"), "message", f"kind IN ({listed})")


def upgrade() -> None:
    _kinds(add="remark")
    # None until the code is shown: nobody can ask by a code that nobody has seen.
    op.add_column("submission", sa.Column("proof_mark", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_submission_proof_mark",
        "submission",
        ["proof_mark"],
        postgresql_where="proof_mark IS NOT NULL",
    )
    op.create_table(
        "filing_proof",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("pin_nonce", sa.LargeBinary(), nullable=True),
        sa.Column("pin_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pin_failures", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("shown_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(pin_nonce IS NULL) = (pin_until IS NULL)", name=op.f("ck_filing_proof_pin")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_filing_proof_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_filing_proof")),
    )
    op.create_index(
        "ix_filing_proof_over",
        "filing_proof",
        ["pin_until"],
        postgresql_where="pin_nonce IS NOT NULL",
    )
    op.get_bind().exec_driver_sql(fill("proof.sql"))
    amend(op.get_bind(), AMENDED)


def downgrade() -> None:
    amend(op.get_bind(), AMENDED, back=True)
    op.get_bind().exec_driver_sql(AS_BEFORE)
    _kinds(drop="remark")
    op.drop_table("filing_proof")
    op.drop_index("ix_submission_proof_mark", table_name="submission")
    op.drop_column("submission", "proof_mark")
