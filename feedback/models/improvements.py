"""Improvement actions: what an institution does about a root cause, and the cases behind it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey, one_of

STATES = ("proposed", "open", "done", "dropped")


class Improvement(Base):
    """An action against a root cause, with an owner and a due date. Names nobody."""

    __tablename__ = "improvement"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("state <> 'done' OR note IS NOT NULL", name="note"),
        Index(None, "institution_id", "state", "due_on", "id"),
        # What the job looks for: late ones of which nobody was told, done ones still to be told.
        Index("ix_improvement_late", "due_on", postgresql_where="state = 'open' AND NOT late_told"),
        Index("ix_improvement_telling", "id", postgresql_where="telling"),
        Index("ix_improvement_owner", "owner_id", postgresql_where="state = 'open'"),
    )
    id: Mapped[RandomKey]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    title: Mapped[str]
    cause: Mapped[str]
    # None: proposed, or nobody was left when the owner went.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    due_on: Mapped[date]
    state: Mapped[str]
    # Who made or proposed it.
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    # What was done, as citizens read it; of a dropped one why.
    note: Mapped[str | None]
    ended_at: Mapped[Moment | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    late_told: Mapped[bool] = mapped_column(server_default=text("false"))
    # Done, and citizens are still to be told.
    telling: Mapped[bool] = mapped_column(server_default=text("false"))
    # Linked cases whose words retention removed, and the link with them.
    cases_gone: Mapped[int] = mapped_column(server_default=text("0"))


class ImprovementCase(Base):
    """A case that the root cause of an action explains."""

    __tablename__ = "improvement_case"
    __table_args__ = (
        Index(None, "case_id"),
        Index("ix_improvement_case_untold", "improvement_id", postgresql_where="told_at IS NULL"),
    )
    improvement_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("improvement.id"), primary_key=True
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    unlinked_at: Mapped[Moment | None]
    # When its citizen was told that the action is done; once, whatever runs twice.
    told_at: Mapped[Moment | None]
