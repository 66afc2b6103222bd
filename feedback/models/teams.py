"""Who takes which cases, on which days, and cases that changed hands in one act."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Key, Moment, RandomKey


class Roster(Base):
    """An officer takes cases of a subject in a unit, with a share; no category: every subject."""

    __tablename__ = "roster"
    __table_args__ = (
        CheckConstraint("share BETWEEN 25 AND 200", name="share"),
        Index(
            "uq_roster_current",
            "unit_id",
            "officer_id",
            "category_id",
            unique=True,
            postgresql_where="ended_at IS NULL",
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "officer_id"),
    )
    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    # Per cent of an ordinary load: who has 50 gets half as many cases as who has 100.
    share: Mapped[int]
    since_day: Mapped[date]
    ended_at: Mapped[Moment | None]


class Duty(Base):
    """The days of the week on which an officer works (1 Monday to 5 Friday), half ones among them,
    and who stands in for the officer's new cases. Without a row: every day, nobody."""

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint(
            "days <@ ARRAY[1, 2, 3, 4, 5] AND half_days <@ days AND cardinality(days) > 0",
            name="days",
        ),
        CheckConstraint("deputy_id <> officer_id", name="deputy"),
        Index(None, "deputy_id"),
    )
    officer_id: Mapped[int] = mapped_column(
        ForeignKey("officer.id"), primary_key=True, autoincrement=False
    )
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    half_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class BulkMove(Base):
    """Many cases given to others in one act; it can be undone for a day."""

    __tablename__ = "bulk_move"
    __table_args__ = (Index(None, "institution_id", "at"),)
    id: Mapped[RandomKey]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    # Whose cases were handed over; none: cases that were ticked on a list.
    from_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    # Who got them; none: by load and subject.
    to_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    undone_at: Mapped[Moment | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class BulkMoveItem(Base):
    """What became of one case: `outcome` is "moved", or the code of what stood against it."""

    __tablename__ = "bulk_move_item"
    __table_args__ = (Index(None, "case_id"),)
    move_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("bulk_move.id"), primary_key=True)
    # No foreign key: its check would wait for whoever works on the case at this moment.
    case_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    outcome: Mapped[str]
    from_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    to_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    # By which the new owner has it. While it runs, the act can be undone.
    assignment_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("assignment.id"))
    # "back", or the code of what stood against it; none: not undone.
    undone: Mapped[str | None]
