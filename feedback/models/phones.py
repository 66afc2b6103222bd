"""What the system remembers of a phone number: never the number itself, only its keyed hash."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import Moment, one_of


class Phone(Base):
    """A number that wrote or dialled: how it wants to be spoken to. The worker's own table."""

    __tablename__ = "phone"
    __table_args__ = (one_of("language", ("sw", "en")),)
    number_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    # Chosen by the citizen; none: the language of each message.
    language: Mapped[str | None]
    # Said STOP: gets direct answers only, until START.
    stopped_at: Mapped[Moment | None]
    # The institution of the last case from this number, offered when none is named.
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    seen_at: Mapped[Moment]
