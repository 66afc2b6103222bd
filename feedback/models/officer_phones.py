"""The phone with which an officer acts by SMS, and what was asked from it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, one_of

CONFIRMED = "confirmed_at IS NOT NULL"
VERBS = ("list", "acknowledge", "ask", "answer", "reassign")


class OfficerPhone(Base):
    """An officer's number, sealed, and the hash of the PIN that goes with each command.

    Until a code sent to the number was given back nothing is taken from it. A number belongs to
    one officer; one that is merely claimed keeps nobody else from it.
    """

    __tablename__ = "officer_phone"
    __table_args__ = (
        CheckConstraint("list_hour BETWEEN 7 AND 11", name="list_hour"),
        Index(
            "uq_officer_phone_number_hash",
            "number_hash",
            unique=True,
            postgresql_where=CONFIRMED,
        ),
        Index(
            "ix_officer_phone_list_day",
            "list_day",
            postgresql_where=f"{CONFIRMED} AND list_hour IS NOT NULL",
        ),
    )
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    number: Mapped[bytes] = mapped_column(LargeBinary)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary)
    # None: locked after too many wrong ones, until the officer sets another in the browser.
    pin_hash: Mapped[str | None]
    # Wrong PINs in a row, and when the last one came.
    failures: Mapped[int]
    failed_at: Mapped[Moment | None]
    # The code under way to the number derives from this random number and stands nowhere.
    code_nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_at: Mapped[Moment]
    code_failures: Mapped[int]
    confirmed_at: Mapped[Moment | None]
    # The local hour of the day's list; none: no list is wanted.
    list_hour: Mapped[int | None]
    # Whether a day without cases is told as well.
    list_empty: Mapped[bool]
    # The latest day whose list is settled: sent, or not due.
    list_day: Mapped[date]


class OfficerCommand(Base):
    """An SMS whose PIN was right: it acts once, however often it is processed."""

    __tablename__ = "officer_command"
    __table_args__ = (one_of("verb", VERBS), Index(None, "officer_id"))
    inbound_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("inbound_message.id"), primary_key=True
    )
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    verb: Mapped[str]
    at: Mapped[Moment]
    # Set in the act's own transaction.
    done_at: Mapped[Moment | None]
