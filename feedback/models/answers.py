"""Templates of answers, as an administrator or an institution keeps them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, RandomKey


class AnswerTemplate(Base):
    """One version of a template in both languages; never changed or deleted.

    The one with the highest number of its code holds, of each institution and of the nation. An
    institution that uses the code of a national template says that one in its own way. Versions
    are counted from 1 without a gap: two who save at once ask for the same number, and one of
    them is refused.
    """

    __tablename__ = "answer_template"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        Index(
            "uq_answer_template_version",
            "institution_id",
            "code",
            "number",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )
    id: Mapped[RandomKey]
    # None: national.
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    code: Mapped[str]
    number: Mapped[int]
    # The subject it is for; None: any.
    category: Mapped[str | None]
    title_sw: Mapped[str]
    title_en: Mapped[str]
    body_sw: Mapped[str]
    body_en: Mapped[str]
    # Offered no more.
    retired: Mapped[bool]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
