"""What lets a case out of its level: the citizen's yes, and an ethics officer's extract."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey


class Lowering(Base):
    """An officer asks the citizen to lower the level by one step; only the citizen's yes does."""

    __tablename__ = "lowering"
    __table_args__ = (
        CheckConstraint(
            "(from_level, to_level) IN (('restricted', 'confidential'), ('confidential', 'open'))",
            name="one_step",
        ),
        Index(None, "case_id"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    from_level: Mapped[str]
    to_level: Mapped[str]
    at: Mapped[Moment]
    answered_at: Mapped[Moment | None]
    granted: Mapped[bool | None]


class Extract(Base):
    """What an ethics officer tells a post of a restricted case, in words of the officer's own
    choosing, and that post's answer. The words of the case stay where they are."""

    __tablename__ = "extract"
    __table_args__ = (Index(None, "case_id"), Index(None, "post_id", "at"))
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    # The deputy who gets it in place of a holder whom the case concerns, or who is away.
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Moment]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    answered_at: Mapped[Moment | None]
