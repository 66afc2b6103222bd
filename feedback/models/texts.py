"""What administrators made of the texts that leave the system."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment


class TextVersion(Base):
    """A text in both languages as an administrator saved it; never changed or deleted.

    Versions of a text are counted from 1 without a gap: two who save at once ask for the same
    number, and one of them is refused.
    """

    __tablename__ = "text_version"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("most_parts BETWEEN 1 AND 2", name="most_parts"),
    )
    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # By language: parts, after, pointer. None: as shipped.
    said: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    # SMS that it may take, as the administrator confirmed.
    most_parts: Mapped[int]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    holds_from: Mapped[Moment]
