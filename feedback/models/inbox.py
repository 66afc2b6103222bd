"""What the inbox is searched by, and the filters that officers keep."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey, one_of

SCOPES = ("mine", "unit", "unowned")


class CaseWords(Base):
    """The words by which a case is found: its place, and of an open case what citizen and office
    wrote to each other. Triggers keep it; nothing but `guard.search` reads it."""

    __tablename__ = "case_words"
    __table_args__ = (
        Index(
            "ix_case_words_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    # Copied, so that the newest cases are told before any case is looked up.
    received_at: Mapped[Moment]
    words: Mapped[Any] = mapped_column(TSVECTOR)


class SavedView(Base):
    """Filters of the inbox under a name; shared: with the institution, by one who leads it."""

    __tablename__ = "saved_view"
    __table_args__ = (
        one_of("scope", SCOPES),
        Index(None, "officer_id"),
        Index("ix_saved_view_shared", "institution_id", postgresql_where="shared"),
    )
    id: Mapped[RandomKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    name: Mapped[str]
    scope: Mapped[str]
    # By name as in the address: kind, status, category, place, confidentiality, handler, due.
    filters: Mapped[dict[str, str]] = mapped_column(JSONB)
    shared: Mapped[bool]
    made_at: Mapped[Moment]
