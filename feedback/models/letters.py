"""Letters that an office sends out, and citizens' letters on paper that reached a high office."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey, one_of


class Letter(Base):
    """A letter that was issued, with its number; nothing changes it afterwards."""

    __tablename__ = "letter"
    __table_args__ = (
        # Numbers of an institution's year follow each other without a gap.
        UniqueConstraint("institution_id", "year", "number"),
        one_of("kind", ("escalation", "reminder", "final")),
        Index(
            "uq_letter_of_rung",
            "escalation_id",
            unique=True,
            postgresql_where="kind = 'escalation'",
        ),
        Index("uq_letter_final", "case_id", unique=True, postgresql_where="kind = 'final'"),
        Index(None, "case_id", "at"),
    )
    id: Mapped[RandomKey]
    # Whose number it bears.
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    year: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str]
    case_id: Mapped[CaseKey]
    # The rung it goes to, or from which an official wrote it.
    escalation_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("escalation.id"))
    # What whoever holds the paper is told: to whom it went, as the titles were on that day.
    addressee_sw: Mapped[str]
    addressee_en: Mapped[str]
    # What stands in it, sealed; none once retention took the case's papers.
    facts: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    # Of the token in its QR code, which itself is stored nowhere.
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    # Nobody where the citizen fetched it.
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]


class PaperLetter(Base):
    """A citizen's letter about a case, as a high office logged it.

    It names a reference as it was written, and no case: whoever logs it learns nothing by that.
    """

    __tablename__ = "paper_letter"
    __table_args__ = (
        CheckConstraint("written_on <= received_on", name="days"),
        Index("ix_paper_letter_own", "officer_id", "at", "id"),
        Index("ix_paper_letter_waiting", "next_at", postgresql_where="next_at IS NOT NULL"),
    )
    id: Mapped[RandomKey]
    # The office at which it arrived.
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    reference: Mapped[str]
    written_on: Mapped[date]
    received_on: Mapped[date]
    # The office's own file number of it; empty where it has none.
    number: Mapped[str]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    # When the worker looks for its case; none once that is done.
    next_at: Mapped[Moment | None]


class PaperLetterCase(Base):
    """What became of a logged letter: its case, and whether that climbed by it."""

    __tablename__ = "paper_letter_case"
    __table_args__ = (
        one_of("outcome", ("climbed", "ended", "own", "none", "beyond", "used", "below")),
        Index(None, "case_id"),
    )
    letter_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("paper_letter.id"), primary_key=True)
    case_id: Mapped[CaseKey]
    # The office's rung on the ladder of the case; none where it has none.
    rung: Mapped[int | None]
    outcome: Mapped[str]
    at: Mapped[Moment]
