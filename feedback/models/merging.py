"""Cases that belong together: related, joined, divided; and words of a citizen that are covered."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey, one_of


class CaseLink(Base):
    """Two cases that an officer sees as related, or that one was divided into."""

    __tablename__ = "case_link"
    __table_args__ = (
        one_of("kind", ("see", "split")),
        Index(None, "case_id"),
        Index(None, "other_id"),
        # A pair stands once, whichever of the two was named first (the lower id is `case_id`).
        Index(
            "uq_case_link_standing",
            "case_id",
            "other_id",
            unique=True,
            postgresql_where="removed_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    other_id: Mapped[CaseKey]
    kind: Mapped[str]
    # An officer's words about both, sealed whatever the level.
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    removed_at: Mapped[Moment | None]
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class CaseMerge(Base):
    """A case was joined to a leading one, and whose it was before; ended: it stands alone again."""

    __tablename__ = "case_merge"
    __table_args__ = (
        Index(None, "leading_id"),
        Index(
            "uq_case_merge_standing",
            "case_id",
            unique=True,
            postgresql_where="ended_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    leading_id: Mapped[CaseKey]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    # None where the citizen, or the worker, brought it about.
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class CaseSplit(Base):
    """An officer divides a case: the worker makes the second one, since it alone may copy what is
    sealed in the vault."""

    __tablename__ = "case_split"
    __table_args__ = (
        Index(None, "case_id"),
        Index("ix_case_split_waiting", "at", postgresql_where="made_id IS NULL"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    # The second matter, until the case that it became holds it.
    words: Mapped[bytes] = mapped_column(LargeBinary)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    made_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"), unique=True)
    made_at: Mapped[Moment | None]


class Redaction(Base):
    """What a citizen wrote before passages of it were covered: for the citizen and for ethics."""

    __tablename__ = "redaction"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "at", "id"),
        Index(
            "uq_redaction_standing",
            "message_id",
            unique=True,
            postgresql_where="undone_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("message.id"))
    # As the citizen wrote it, sealed for the message's own place.
    original: Mapped[bytes] = mapped_column(LargeBinary)
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    undone_at: Mapped[Moment | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
