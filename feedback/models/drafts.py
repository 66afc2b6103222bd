"""What an officer has written for a case and not sent yet."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey

LARGEST = 65_536  # bytes of a sealed draft


class Draft(Base):
    """One form of one case as its officer left it, sealed whatever the case's level.

    `kept`: it came when the officer's session had ended. It stands beside the draft that was saved
    before, until the officer has seen both.
    """

    __tablename__ = "draft"
    __table_args__ = (
        UniqueConstraint("officer_id", "case_id", "verb", "kept"),
        CheckConstraint(f"length(sealed) <= {LARGEST}", name="size"),
        CheckConstraint("verb ~ '^[a-z_]{1,30}$'", name="verb"),
        Index(None, "case_id"),
        Index(None, "saved_at"),
    )
    id: Mapped[RandomKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    case_id: Mapped[CaseKey]
    verb: Mapped[str]
    kept: Mapped[bool]
    # Counts up with each saving: a window that shows an older one overwrites nothing.
    version: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[Moment]
