"""What the system knows of its own work: each periodic job's last run, each machine's clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Float
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, one_of


class JobRun(Base):
    """A periodic job: what is expected of it, and what it did."""

    __tablename__ = "job_run"
    name: Mapped[str] = mapped_column(primary_key=True)
    # Seconds, as the list of jobs has it: whoever looks needs no list of its own.
    period: Mapped[int]
    # Since when it is expected to run.
    known_at: Mapped[Moment]
    begun_at: Mapped[Moment | None]
    # The last run that ended well, and the last that did not, with the class of its error.
    ended_at: Mapped[Moment | None]
    failed_at: Mapped[Moment | None]
    error: Mapped[str | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    # What the last run that found something to do did.
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    runs: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(BigInteger)


class MachineClock(Base):
    """What one machine, since it was started, believes of the time (`rules.clockwork`)."""

    __tablename__ = "machine_clock"
    __table_args__ = (one_of("doubt", ("", "forward", "back", "apart")),)
    boot: Mapped[str] = mapped_column(primary_key=True)
    # By this moment it swept last, when its count of seconds stood at `ticks`.
    believed_at: Mapped[Moment]
    ticks: Mapped[float] = mapped_column(Float)
    # Since which count, and which moment, it doubts its clock; and why.
    doubted_since: Mapped[float | None] = mapped_column(Float)
    doubted_at: Mapped[Moment | None]
    doubt: Mapped[str]
