"""What administrators changed, or plan to change, of the reference data and of officers."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey, one_of

SUBJECTS = ("institution", "unit", "category", "standard", "rung", "choice", "ladder", "officer")
ACTS = ("add", "change", "close")
STATES = ("asked", "planned", "done", "cancelled", "refused", "failed", "superseded")


class ReferenceChange(Base):
    """One change from a day on. The worker writes it when its day has come, never a web process.

    state: asked (waits for a second administrator), planned (waits for its day), done, cancelled,
    refused (by the second), failed (did not fit any more; `problem` says why), superseded (by a
    forced import).
    """

    __tablename__ = "reference_change"
    __table_args__ = (
        one_of("subject", SUBJECTS),
        one_of("act", ACTS),
        one_of("state", STATES),
        CheckConstraint("decided_by <> officer_id OR alone", name="second"),
        CheckConstraint(
            "NOT needs_second OR decided_by IS NOT NULL OR state NOT IN ('planned', 'done')",
            name="decided",
        ),
        Index(None, "subject", "key", "at"),
        Index(
            "ix_reference_change_open",
            "from_day",
            postgresql_where="state IN ('asked', 'planned')",
        ),
        Index(
            "ix_reference_change_preview",
            "at",
            postgresql_where="preview IS NULL AND state IN ('asked', 'planned')"
            " AND (subject IN ('rung', 'choice')"
            " OR subject = 'institution' AND act = 'change' AND said ? 'ladder')",
        ),
    )
    id: Mapped[RandomKey]
    subject: Mapped[str]
    # What is changed, by its codes: DODOMA-CC, DODOMA-CC/WORKS, STANDARD/enquiry/*, council/4.
    key: Mapped[str]
    act: Mapped[str]
    # By field what it is to say: all of a new row, of an old one what changes, of a close the
    # successor.
    said: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # What these fields said before; of a done change, when it was done.
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    from_day: Mapped[date]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    needs_second: Mapped[bool]
    alone: Mapped[bool]
    state: Mapped[str]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    settled_at: Mapped[Moment | None]
    problem: Mapped[str]
    # Of a change of ladders: what it would have done to last month, worked out by the worker.
    preview: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
