"""What proves who an officer is, where officers are logged in, and what a second one decides."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import ROLES, Moment, RandomKey, one_of

GRANTS = ("roles", "post", "password", "factors", "activate")


class Totp(Base):
    """The authenticator application of an officer: a shared secret, sealed."""

    __tablename__ = "totp"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    # NULL while switched off; `pending` is a new secret that has not proven to work yet.
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    pending: Mapped[bytes | None] = mapped_column(LargeBinary)
    # The latest step (30 s) whose code was taken: no code is taken twice.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """One of the printed codes that stand in for a lost second factor; each works once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "officer_id"),)
    id: Mapped[RandomKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[Moment | None]


class Passkey(Base):
    """A key kept by an officer's device or browser; only its public half is here."""

    __tablename__ = "passkey"
    __table_args__ = (Index(None, "officer_id"),)
    id: Mapped[RandomKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    made_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    removed_at: Mapped[Moment | None]


class StaffSession(Base):
    """One login of an officer, from the password on."""

    __tablename__ = "staff_session"
    __table_args__ = (
        Index("ix_staff_session_open", "officer_id", postgresql_where="ended_at IS NULL"),
    )
    id: Mapped[RandomKey]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    started_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    # NULL until the second factor was shown, where there is one: such a session opens no page.
    proven_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    # Browser and system in a word each; the whole User-Agent would tell more than is needed.
    device: Mapped[str]
    # What a passkey has to sign next.
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)


class AccessCode(Base):
    """The hash of a one-time code by which an officer sets a password; the latest one counts."""

    __tablename__ = "access_code"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class LoginAttempt(Base):
    """Wrong attempts in a row for an account, an address or both; keys are keyed hashes."""

    __tablename__ = "login_attempt"
    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[Moment]


class GrantRequest(Base):
    """Something that makes an officer more powerful, asked for by an administrator."""

    __tablename__ = "grant_request"
    __table_args__ = (
        one_of("kind", GRANTS),
        one_of("state", ("pending", "approved", "refused")),
        CheckConstraint(
            "roles <@ ARRAY[" + ", ".join(f"'{role}'" for role in ROLES) + "]::text[]",
            name="roles",
        ),
        CheckConstraint(
            "(kind = 'post') = (post_id IS NOT NULL AND capacity IS NOT NULL)", name="post"
        ),
        Index("ix_grant_request_open", "asked_at", postgresql_where="state = 'pending'"),
        Index(None, "officer_id"),
    )
    id: Mapped[RandomKey]
    kind: Mapped[str]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    capacity: Mapped[str | None]
    asked_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    asked_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    state: Mapped[str]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    decided_at: Mapped[Moment | None]
    # Nobody else was there to decide; an alarm tells it.
    alone: Mapped[bool]
