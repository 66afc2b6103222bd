"""What will happen to open cases if nobody acts: written by the worker, never by an act."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, Integer, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.clock import UtcDateTime
from feedback.extensions import Base
from feedback.models.columns import LEVELS, Moment, one_of


class CaseForecast(Base):
    """The rungs ahead of one open case, and how likely it is late.

    `stamp` is what `guard.forecast_stamp` said of the case as it was read: where it says something
    else by now, the row is out of date and nobody is shown it.
    """

    __tablename__ = "case_forecast"
    __table_args__ = (
        one_of("level", LEVELS),
        # What climbs next, by institution and by unit.
        Index("ix_case_forecast_institution", "institution_id", "next_at", "case_id"),
        Index("ix_case_forecast_unit", "unit_id", "next_at", "case_id"),
        Index("ix_case_forecast_likely", "institution_id", "case_id", postgresql_where="likely"),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    stamp: Mapped[int] = mapped_column(BigInteger)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    level: Mapped[str]
    ladder: Mapped[str]
    # The rungs ahead in order, and when each is reached; the first of these moments once more.
    rungs: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    moments: Mapped[list[datetime]] = mapped_column(ARRAY(UtcDateTime))
    next_at: Mapped[Moment | None]
    # The values of the features by which it is judged, and the counts of that cell of `risk_cell`;
    # none: too few cases like it are known, or it is late already.
    risk_key: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    risk_cases: Mapped[int | None]
    risk_late: Mapped[int | None]
    likely: Mapped[bool]
    computed_at: Mapped[Moment]
    # Time itself makes a risk another one: then it is judged anew.
    good_until: Mapped[Moment]


class ForecastCell(Base):
    """How many open cases reach a rung on a day if nobody acts. Restricted ones are in none.

    Of a unit by level, since its head does not know of every level; unit 0 and level `*`: the
    institution and all below it.
    """

    __tablename__ = "forecast_cell"
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    ladder: Mapped[str] = mapped_column(primary_key=True)
    rung: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cases: Mapped[int]


class ForecastState(Base):
    """One row: as of when the forecast stands, and when lateness was last learned from how many
    past cases."""

    __tablename__ = "forecast_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    computed_at: Mapped[Moment | None]
    learned_at: Mapped[Moment | None]
    learned_from: Mapped[int]


class RiskCell(Base):
    """How many past cases were alike in the first features of `rules.risk`, and how many of them
    were late: counts alone."""

    __tablename__ = "risk_cell"
    key: Mapped[list[str]] = mapped_column(ARRAY(Text), primary_key=True)
    cases: Mapped[int]
    late: Mapped[int]


class WarningDay(Base):
    """The last day on which it was settled whether an officer is warned in the morning."""

    __tablename__ = "warning_day"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    day: Mapped[date]
