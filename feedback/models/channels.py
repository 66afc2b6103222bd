"""What came in from the gateway and what is owed to a phone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Numeric, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CONTACTS, CaseKey, Moment, RandomKey, one_of
from feedback.rules.reports import OUTCOMES
from feedback.rules.sending import HELD

OUTBOX_STATES = (
    "queued",
    "sending",
    "sent",
    "unknown",
    "delivered",
    "failed",
    "expired",
    "suppressed",
    "dead",
    "dropped",
)


class InboundMessage(Base):
    """An SMS as the gateway delivered it; sender and words encrypted before the insert."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        one_of("state", ("new", "held", "done", "dead")),
        Index(
            "ix_inbound_message_waiting",
            "next_attempt_at",
            postgresql_where="state IN ('new', 'held')",
        ),
        Index("ix_inbound_message_number_hash", "number_hash", "received_at"),
        Index("ix_inbound_message_dead", "received_at", "id", postgresql_where="state = 'dead'"),
        Index(None, "case_id"),
    )
    id: Mapped[RandomKey]
    # The gateway's own id: a retried callback is recognised by it.
    provider_id: Mapped[str] = mapped_column(unique=True)
    # The gateway's tag of this message, which a reply to an on-demand service must carry, and the
    # network it came from, by the gateway's code as it stood there, known or not.
    link_id: Mapped[str | None]
    network_code: Mapped[str | None]
    sender: Mapped[bytes] = mapped_column(LargeBinary)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[Moment]
    state: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[Moment]
    # Class of the last error, never its message.
    error: Mapped[str | None]
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    # Chosen from a menu and not to be guessed from the words: act, reference, language.
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class UssdSession(Base):
    """Where a USSD session stands; chosen and written things are in `state`, encrypted."""

    __tablename__ = "ussd_session"
    __table_args__ = (
        one_of("stage", ("passing", "draft", "waiting", "done")),
        Index("ix_ussd_session_number", "number_hash", "updated_at"),
        Index("ix_ussd_session_updated", "updated_at"),
    )
    # Keyed hash of the gateway's session id and the number.
    session: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    # A draft can be resumed, a case is waiting for its words by SMS, a filing is done.
    stage: Mapped[str]
    # Keyed hash of the number with which the SMS begins that brings the words.
    link: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Counts the steps: of the same callback handled twice at once, one is kept.
    version: Mapped[int]
    updated_at: Mapped[Moment]


class Outbox(Base):
    """One SMS or e-mail owed to someone; the row is the truth, the queue only wakes a worker."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("channel", CONTACTS),
        one_of("state", OUTBOX_STATES),
        one_of("held", HELD),
        Index(
            "ix_outbox_due",
            "priority",
            "next_attempt_at",
            postgresql_where="state IN ('queued', 'sending', 'unknown')",
        ),
        Index("ix_outbox_leased", "next_attempt_at", postgresql_where="state = 'sending'"),
        Index(
            "ix_outbox_ambiguous",
            "created_at",
            postgresql_where="unknown_attempts > 0 AND state IN ('queued', 'unknown')",
        ),
        Index(
            "ix_outbox_ended",
            "state",
            postgresql_where="state IN ('failed', 'expired', 'suppressed', 'dead')",
        ),
        Index("ix_outbox_dead", "finished_at", "id", postgresql_where="state = 'dead'"),
        Index("ix_outbox_provider_id", "provider_id"),
        Index("ix_outbox_to_charge", "charge_on", postgresql_where="charge_on IS NOT NULL"),
        Index(None, "case_id"),
    )
    id: Mapped[RandomKey]
    dedupe: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    channel: Mapped[str] = mapped_column(server_default="sms", default="sms")
    # The number, encrypted; none: the number sealed with the case, which only the worker opens.
    recipient: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str]
    # A text of `services/texts.py` filled in at sending, so that a receipt code is stored nowhere.
    template: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # An office's own words (open cases only), encrypted.
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    # 0 acknowledgement or direct answer, 1 the rest.
    priority: Mapped[int]
    state: Mapped[str]
    # Attempts whose outcome is unknown count apart: after the second the row is dead.
    attempts: Mapped[int]
    unknown_attempts: Mapped[int]
    next_attempt_at: Mapped[Moment]
    lease_token: Mapped[UUID | None] = mapped_column(Uuid)
    provider_id: Mapped[str | None]
    status_code: Mapped[str | None]
    # What the gateway said it costs; no amount: it did not say. Nothing at all has no currency.
    cost_amount: Mapped[Decimal | None] = mapped_column(Numeric(12, 4))
    cost_currency: Mapped[str | None]
    parts: Mapped[int | None]
    # The institution whose SMS it was when it was sent, and the day; once its cost stands with the
    # month's sum the day is forgotten.
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    charge_on: Mapped[date | None]
    # Of its delivery reports, as it stood there.
    network_code: Mapped[str | None]
    created_at: Mapped[Moment]
    # When it was taken, refused or given up: reports count for some days from then, and move no
    # time, so that the order in which they come leaves no trace.
    finished_at: Mapped[Moment | None]
    # Why a row waits whose time had come, and the day on which it was counted.
    held: Mapped[str | None]
    counted_on: Mapped[date | None]


class SmsDay(Base):
    """How many SMS were let go on a day of Dar es Salaam: to a number, by its keyed hash, and in
    all, under the empty one. The worker's own table; forgotten after two days."""

    __tablename__ = "sms_day"
    day: Mapped[date] = mapped_column(primary_key=True)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sent: Mapped[int]


class DeliveryProblem(Base):
    """An SMS that did not reach the citizen of a case, until an officer chose another way. Neither
    number nor words stand here; the outbox is the worker's alone."""

    __tablename__ = "delivery_problem"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        one_of("way", ("sms", "telephone", "letter", "reached")),
        Index(None, "case_id"),
        Index(None, "outbox_id"),
        # One that stands for each message; a message sent again may fail again.
        Index(
            "uq_delivery_problem_standing",
            "outbox_id",
            unique=True,
            postgresql_where="settled_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    outbox_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("outbox.id", ondelete="CASCADE"))
    template: Mapped[str]
    outcome: Mapped[str]
    # Whether it may be sent again: once, and only where that can help.
    again: Mapped[bool]
    at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
    # How the citizen was told instead; reached: it arrived after all.
    way: Mapped[str | None]
    by_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class ReceiptAttempt(Base):
    """Failed tries of a receipt code, by a keyed hash of reference and address: the delay grows by
    them, and for nobody else. And visits that were left, by `left:` and their random key."""

    __tablename__ = "receipt_attempt"
    reference: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[Moment]


class ReceiptRequest(Base):
    """Someone on the web says that the code of a reference is lost; a worker looks whether there is
    a number to send a new one to. Once a day for each reference, whether it exists or not."""

    __tablename__ = "receipt_request"
    __table_args__ = (Index("ix_receipt_request_waiting", "at", postgresql_where="NOT done"),)
    reference: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    done: Mapped[bool]
