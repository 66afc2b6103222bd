"""What an official on a rung decides beside directives, and who reads and prepares for a post."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import DIRECTIVES, CaseKey, Key, Moment, RandomKey, one_of


class ReasonDecision(Base):
    """An official took the handler's reason for a delay, or demanded another one. It moves no
    clock and no rung."""

    __tablename__ = "reason_decision"
    __table_args__ = (UniqueConstraint("message_id", "post_id"), Index(None, "case_id"))
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    # The handler's reason.
    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("message.id"))
    escalation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("escalation.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    accepted: Mapped[bool]
    at: Mapped[Moment]


class Delegation(Base):
    """An officer of the post's institution reads for its holder and prepares; the decision stays
    with the post. Of one case, or without one of all that reach the post."""

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint("officer_id <> by_officer_id", name="another"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index(
            "ix_delegation_running", "officer_id", "until_day", postgresql_where="ended_at IS NULL"
        ),
        Index(None, "post_id"),
        Index(None, "case_id"),
        # Nobody gets the same twice.
        Index(
            "uq_delegation_running",
            "post_id",
            "officer_id",
            text("coalesce(case_id, '00000000-0000-0000-0000-000000000000')"),
            unique=True,
            postgresql_where="ended_at IS NULL",
        ),
    )
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    until_day: Mapped[date]
    ended_at: Mapped[Moment | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class Recommendation(Base):
    """What a delegate would order: for the post alone, and nothing until it gives it."""

    __tablename__ = "recommendation"
    __table_args__ = (
        one_of("kind", DIRECTIVES),
        Index(None, "case_id"),
        Index("ix_recommendation_waiting", "post_id", "at", postgresql_where="settled_at IS NULL"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    due_on: Mapped[date]
    at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    # The directive that it became; none where it was laid aside.
    directive_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("directive.id"))
