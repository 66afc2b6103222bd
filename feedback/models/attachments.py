"""Files of citizens: on the way in, and as a case has them. Content is kept in sealed form only."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import CaseKey, Moment, RandomKey, one_of


class FileKey(Base):
    """The key of a case's files, sealed under a key outside the database."""

    __tablename__ = "case_key"
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Attachment(Base):
    """A file of a case. Has no time of its own: when an unknown citizen sent it, nobody learns."""

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        one_of("family", ("image", "document", "audio")),
        one_of("state", ("waiting", "clean", "refused")),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="why"),
        CheckConstraint("(state = 'waiting') = (next_attempt_at IS NOT NULL)", name="when"),
        Index("ix_attachment_waiting", "next_attempt_at", postgresql_where="state = 'waiting'"),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    # Counts from 1 in the case and makes the name under which the file is given out.
    number: Mapped[int]
    family: Mapped[str]
    format: Mapped[str]
    # Bytes as given out, once clean; before that as they came.
    size: Mapped[int]
    # Keyed hash of what came, to know a file sent twice.
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    reason: Mapped[str | None]
    attempts: Mapped[int]
    next_attempt_at: Mapped[Moment | None]


class AttachmentContent(Base):
    """The cleaned file, sealed by the key of its case."""

    __tablename__ = "attachment_content"
    attachment_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("attachment.id"), primary_key=True)
    case_id: Mapped[CaseKey]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Upload(Base):
    """A file as it came, until it is cleaned; without a case it goes after a day."""

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("received BETWEEN 0 AND size", name="received"),
        Index(None, "draft_id"),
        Index("ix_upload_staged", "at", postgresql_where="attachment_id IS NULL"),
    )
    id: Mapped[RandomKey]
    # The submission's id, or the id of the case to which a message is being written.
    draft_id: Mapped[UUID] = mapped_column(Uuid)
    attachment_id: Mapped[UUID | None] = mapped_column(
        Uuid, ForeignKey("attachment.id"), unique=True
    )
    family: Mapped[str]
    format: Mapped[str]
    size: Mapped[int]
    received: Mapped[int]
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The key of its parts, sealed under a key outside the database.
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Moment]


class UploadPart(Base):
    """A sealed piece of an upload; `begins` is its first byte's place in the file."""

    __tablename__ = "upload_part"
    upload_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True
    )
    begins: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
