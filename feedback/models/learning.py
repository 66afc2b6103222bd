"""What handlers corrected, and the counts of words that are learned from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Key, Moment, RandomKey, one_of


class Correction(Base):
    """An officer gave a case another subject or institution than it had. No words stand here."""

    __tablename__ = "correction"
    __table_args__ = (one_of("about", ("category", "institution")), Index(None, "case_id"))
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    about: Mapped[str]
    # Codes; none: the case had no subject before.
    from_code: Mapped[str | None]
    to_code: Mapped[str]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]


class SuggestionModel(Base):
    """One version of the counts: of open cases alone, and without words of few cases."""

    __tablename__ = "suggestion_model"
    version: Mapped[Key]
    made_at: Mapped[Moment]
    cases: Mapped[int]
    # {"category" | "institution": {"labels": …, "words": …}} as of rules/learning.py.
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB)
