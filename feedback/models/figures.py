"""Roll-ups that dashboards read; written by a sweep that can be run again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Integer, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey


class Figure(Base):
    """Counts and duration histograms of the cases that one institution, and all below it, received
    in one month: so a dashboard reads as many rows for the Chief Secretary as for a council.

    Kept are the month's whole and its cells by category, by channel and by kind, each alone:
    category -1 and channel or kind `*` stand for all.
    """

    __tablename__ = "figure"
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True)
    # First day of the month of receipt, Africa/Dar_es_Salaam.
    month: Mapped[date] = mapped_column(primary_key=True)
    # -1 stands for all categories, 0 for "no category yet".
    category_id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    received: Mapped[int]
    answered: Mapped[int]
    open: Mapped[int]
    overdue: Mapped[int]
    # Cases whose first answer clock has been decided (met, or its due time passed), and how many
    # of them were met on time.
    decided: Mapped[int]
    on_time: Mapped[int]
    escalated: Mapped[int]
    appealed: Mapped[int]
    withdrawn: Mapped[int]
    # Working minutes to the first human response and to the first answer, in the buckets of
    # rules/histogram.py.
    first_response: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    answer: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    computed_at: Mapped[Moment]


class FigureHeld(Base):
    """Office minutes for which an institution itself held cases that were received in a month: the
    days of another body that had one before or after it are not its own."""

    __tablename__ = "figure_held"
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    cases: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)
    computed_at: Mapped[Moment]


class FigureDirty(Base):
    """A month of an institution whose figures must be computed again."""

    __tablename__ = "figure_dirty"
    # Rows are only added: a unique key over the month would make two intakes of one institution
    # wait for each other. The id is made here: who marks a month may not read the mark back.
    id: Mapped[RandomKey]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    month: Mapped[date]


class SmsCost(Base):
    """What the SMS of one institution cost in one month: sums alone, of no message and no case.

    Each message counts for the institution that had the case when it was sent, so that a later
    transfer rewrites nothing.
    """

    __tablename__ = "sms_cost"
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True)
    # First day of the month of sending, Africa/Dar_es_Salaam.
    month: Mapped[date] = mapped_column(primary_key=True)
    # Empty for messages that cost nothing, or whose cost nobody told.
    currency: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]
    parts: Mapped[int]
    # Messages whose cost nobody told.
    unpriced: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Numeric(16, 4))
