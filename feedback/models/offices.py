"""What offices settle among themselves: opinions, more time, and what came of a case."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey, one_of

OUTCOMES = ("solved", "explained", "not_possible", "court")
WAITING = "answered_at IS NULL"


class Outcome(Base):
    """What came of a case in one cycle, as the final answer says it. None where none was stated."""

    __tablename__ = "outcome"
    __table_args__ = (
        UniqueConstraint("case_id", "cycle"),
        one_of("kind", OUTCOMES),
        CheckConstraint("sealed IS NULL OR kind IN ('not_possible', 'court')", name="ground"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    kind: Mapped[str]
    # The rule that says so, or which court; sealed at every level.
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]


class Extension(Base):
    """Working days asked for beyond the standard, and what the head decided."""

    __tablename__ = "extension"
    __table_args__ = (
        CheckConstraint("days > 0", name="days"),
        CheckConstraint("decided_by <> asked_by", name="second_person"),
        CheckConstraint(
            "(decided_at IS NULL) = (granted IS NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        Index(None, "case_id"),
        # One request of a cycle waits at a time; and what a head has to decide.
        Index(
            "ix_extension_waiting",
            "case_id",
            "cycle",
            unique=True,
            postgresql_where="decided_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    days: Mapped[int]
    # The reason, in words.
    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("message.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    asked_at: Mapped[Moment]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    decided_at: Mapped[Moment | None]
    granted: Mapped[bool | None]


class Opinion(Base):
    """What another unit, or of a confidential case one officer, is asked; the words are messages.

    The case stays with its handler, and its clock runs on.
    """

    __tablename__ = "opinion"
    __table_args__ = (
        Index(None, "case_id"),
        Index("ix_opinion_of_unit", "unit_id", "due_at", postgresql_where=WAITING),
        Index("ix_opinion_of_institution", "institution_id", "due_at", postgresql_where=WAITING),
        Index("ix_opinion_of_officer", "officer_id", "due_at", postgresql_where=WAITING),
        Index("ix_opinion_overdue", "due_at", postgresql_where=f"{WAITING} AND told_at IS NULL"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # The one officer who is asked about a confidential case; none: whoever works in the unit.
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    question_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("message.id"))
    answer_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("message.id"))
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    answered_at: Mapped[Moment | None]
    # The words say why no opinion is given.
    declined: Mapped[bool | None]
    # When asker and head were told that it is overdue.
    told_at: Mapped[Moment | None]
