"""What came in from the gateway and what is owed to a phone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey, one_of


class InboundMessage(Base):
    """An SMS as the gateway delivered it; sender and words encrypted before the insert."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        one_of("state", ("new", "done", "dead")),
        Index("ix_inbound_message_waiting", "next_attempt_at", postgresql_where="state = 'new'"),
        Index(None, "case_id"),
    )
    id: Mapped[RandomKey]
    # The gateway's own id: a retried callback is recognised by it.
    provider_id: Mapped[str] = mapped_column(unique=True)
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


class Outbox(Base):
    """One SMS owed to someone; the row is the truth, the queue only wakes a worker."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("state", ("queued", "sending", "sent", "unknown", "delivered", "failed", "dead")),
        Index(
            "ix_outbox_due",
            "priority",
            "next_attempt_at",
            postgresql_where="state IN ('queued', 'sending', 'unknown')",
        ),
        Index("ix_outbox_ended", "state", postgresql_where="state IN ('failed', 'dead')"),
        Index("ix_outbox_provider_id", "provider_id"),
        Index(None, "case_id"),
    )
    id: Mapped[RandomKey]
    dedupe: Mapped[str] = mapped_column(unique=True)
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
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
    cost: Mapped[str | None]
    created_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]


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
