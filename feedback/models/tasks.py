"""What is to be done for a case beside the words with its citizen: inspect, repair, call."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import TASK_STATES, TASKS, CaseKey, Moment, RandomKey, one_of

OPEN_TASK = "state = 'open'"


class Task(Base):
    """A task of a case with its own day. What is to be done and what came of it are always sealed:
    a citizen who raises the level could not seal what a citizen may not read."""

    __tablename__ = "task"
    __table_args__ = (
        one_of("kind", TASKS),
        one_of("state", TASK_STATES),
        CheckConstraint("(state = 'open') = (settled_at IS NULL)", name="settled"),
        Index(None, "case_id"),
        # My tasks, and those of my unit that nobody has by name, by day.
        Index("ix_task_mine", "officer_id", "due_on", "id", postgresql_where=OPEN_TASK),
        Index(
            "ix_task_of_unit",
            "unit_id",
            "due_on",
            "id",
            postgresql_where=f"{OPEN_TASK} AND officer_id IS NULL",
        ),
        Index(
            "ix_task_to_remind",
            "due_on",
            postgresql_where=f"{OPEN_TASK} AND reminded_on IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    kind: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # None: whoever of the unit comes to it first.
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    due_on: Mapped[date]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    by_officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    state: Mapped[str]
    # What came of it, or why it was cancelled.
    result: Mapped[bytes | None] = mapped_column(LargeBinary)
    # None beside a settled one: the system did, because the case had ended.
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    settled_at: Mapped[Moment | None]
    # The day on which it was reminded of.
    reminded_on: Mapped[date | None]
