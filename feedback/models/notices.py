"""How an officer is told of things outside the desk, and what may be kept away."""

from __future__ import annotations

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment


class OfficerMail(Base):
    """An officer's e-mail address, sealed; nothing goes there until a code sent to it came back."""

    __tablename__ = "officer_mail"
    __table_args__ = (
        CheckConstraint("cardinality(hours) BETWEEN 1 AND 3", name="hours"),
        Index("ix_officer_mail_due", "next_at", postgresql_where="confirmed_at IS NOT NULL"),
    )
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    address: Mapped[bytes] = mapped_column(LargeBinary)
    # The code under way derives from this random number and stands nowhere.
    code_nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_at: Mapped[Moment]
    code_failures: Mapped[int]
    confirmed_at: Mapped[Moment | None]
    # Local hours of the lists, and when the next one is due.
    hours: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    next_at: Mapped[Moment]


class NoticeChoice(Base):
    """Kinds of notices that an officer does not want; only such as are no duty."""

    __tablename__ = "notice_choice"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    muted: Mapped[list[str]] = mapped_column(ARRAY(Text))
