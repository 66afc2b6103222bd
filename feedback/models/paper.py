"""What came on paper or by word of mouth, and the number under which an office keeps a case."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import WAYS_IN, Moment, one_of


class PaperRecord(Base):
    """That an officer entered a case for its citizen: how it came, and on which day."""

    __tablename__ = "paper_record"
    __table_args__ = (
        one_of("how", WAYS_IN),
        Index("ix_paper_record_own", "officer_id", "at", "case_id"),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    how: Mapped[str]
    # The day on which the office received it, which is day 0 of the clock.
    received_on: Mapped[date]
    # Why it was entered long after that day.
    late_reason: Mapped[str | None]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    # Of an unknown citizen's the day alone.
    at: Mapped[Moment]


class OfficeFile(Base):
    """The office's own file number of a case (Kumb. Na.), as it stands on the folder."""

    __tablename__ = "office_file"
    __table_args__ = (Index(None, "folded"),)
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    number: Mapped[str]
    # In small letters, by which it is found: a function in the question would keep the policies
    # from using the index.
    folded: Mapped[str]
    # Who wrote it down last.
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
