"""The identity vault, the append-only record, and what is kept for how long."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
)
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


class IdentityOpening(Base):
    """An officer's request to see values of the vault, and what became of it.

    Only the functions of `migrations/sql/vault.sql` write here. Asked: no `opened_at` and no
    `ended_at`. Refused: an end without an opening.
    """

    __tablename__ = "identity_opening"
    __table_args__ = (
        CheckConstraint(
            "fields <@ ARRAY['name', 'phone', 'email', 'persons']::text[] AND fields <> '{}'",
            name="fields",
        ),
        one_of("role", ("handler", "head", "ethics")),
        CheckConstraint("decided_by <> officer_id", name="second_person"),
        CheckConstraint(
            "(opened_at IS NULL) = (expires_at IS NULL)"
            " AND expires_at <= opened_at + interval '1 hour'",
            name="one_hour",
        ),
        Index(None, "case_id"),
        Index(
            "ix_identity_opening_waiting",
            "asked_at",
            postgresql_where="opened_at IS NULL AND ended_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    # In which capacity: this is what the citizen is told, never the name.
    role: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # Sealed; the citizen reads it.
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[Moment]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    decided_at: Mapped[Moment | None]
    opened_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    looks: Mapped[int]
    # The entry of the record that the latest look was made under; each serves once.
    last_entry_id: Mapped[UUID | None] = mapped_column(Uuid)


class AuditEntry(Base):
    """One act or look, without personal data, with a keyed hash; never changed or deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "case_id"), Index(None, "actor_id"), Index(None, "at"))
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


class AuditPattern(Base):
    """What stands out in the looks of one officer; computed anew by a job, names no case.

    number: what was counted; usual: what it is compared with, where there is such a thing;
    last_on: the last day on which it happened.
    """

    __tablename__ = "audit_pattern"
    kind: Mapped[str] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    last_on: Mapped[date]
    number: Mapped[int]
    usual: Mapped[float | None]
    computed_at: Mapped[Moment]


class RetentionRule(Base):
    """How many months after a case ended its sealed identity and its words are kept."""

    __tablename__ = "retention_rule"
    __table_args__ = (
        CheckConstraint(
            "identity_months BETWEEN 1 AND 600 AND words_months BETWEEN identity_months AND 600",
            name="months",
        ),
    )
    # Code of the category; empty for every other one.
    category: Mapped[str] = mapped_column(primary_key=True)
    identity_months: Mapped[int]
    words_months: Mapped[int]
    source: Mapped[str]


class LegalHold(Base):
    """A case kept for a court or an inquiry, whatever its age."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("uq_legal_hold_current", "case_id", unique=True, postgresql_where="ended_at IS NULL"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    ground: Mapped[str]
    at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class CaseErasure(Base):
    """What retention removed from a case, and when."""

    __tablename__ = "case_erasure"
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    identity_at: Mapped[Moment]
    words_at: Mapped[Moment | None]
