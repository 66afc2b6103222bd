"""The identity vault and the append-only record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey, one_of


class SealedIdentity(Base):
    """The only place with names and numbers, each value encrypted for its case and column."""

    __tablename__ = "sealed_identity"
    __table_args__ = (
        UniqueConstraint("case_id", "field"),
        one_of("field", ("name", "phone", "email", "persons")),
        Index("ix_sealed_identity_number", "number_hash"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    field: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    # Keyed hash of a phone number: finds the cases of a number without holding it.
    number_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditEntry(Base):
    """One act or look, without personal data, with a keyed hash; never changed or deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "case_id"), Index(None, "actor_id"))
    id: Mapped[RandomKey]
    at: Mapped[Moment]
    act: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[int | None]
    case_id: Mapped[UUID | None] = mapped_column(Uuid)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    key_id: Mapped[str]
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class AuditTail(Base):
    """Entries not yet chained; a trigger adds them, the chaining worker takes them away."""

    __tablename__ = "audit_tail"
    entry_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("audit_entry.id"), primary_key=True)


class AuditLink(Base):
    """The chain over committed entries; written by one worker, so no transaction waits for it."""

    __tablename__ = "audit_link"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("audit_entry.id"), unique=True)
    key_id: Mapped[str]
    chain: Mapped[bytes] = mapped_column(LargeBinary)
