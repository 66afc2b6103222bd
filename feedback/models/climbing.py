"""What follows from a missed deadline: rungs that were climbed, directives, alarms."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, Uuid, text, true
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import (
    ASKS,
    DIRECTIVES,
    DRIVERS,
    CaseKey,
    Key,
    Moment,
    RandomKey,
    one_of,
)


class Escalation(Base):
    """A rung that was climbed. It gives the post the right to read and direct."""

    __tablename__ = "escalation"
    __table_args__ = (
        # Once on each rung in a cycle. A case that is raised to restricted leaves the ordinary
        # ladder and begins the restricted one, whose rungs are others: hence the flag.
        UniqueConstraint("case_id", "cycle", "restricted", "rung"),
        one_of("clock", DRIVERS),
        one_of("why", ("vacant", "away", "concerned", "missing", "circle", "own")),
        one_of("way", ("holder", "deputy", "letter", "skipped")),
        Index("ix_escalation_post", "post_id", "due_at", "id"),
        # What climbed lately, by the institution whose case it is.
        Index("ix_escalation_institution", "from_institution_id", "due_at", "id"),
        Index(
            "ix_escalation_deputy",
            "officer_id",
            "due_at",
            "id",
            postgresql_where="way = 'deputy'",
        ),
        Index(
            "ix_escalation_copy",
            "copy_post_id",
            "due_at",
            "id",
            postgresql_where="copy_post_id IS NOT NULL",
        ),
        one_of("asks", ASKS),
        *(
            Index(
                f"ix_escalation_{each}_{name}",
                column,
                *columns,
                "due_at",
                "id",
                postgresql_where=text(f"standing{more}"),
            )
            for name, column, more in (
                ("post", "post_id", ""),
                ("copy", "copy_post_id", " AND copy_post_id IS NOT NULL"),
                ("deputy", "officer_id", " AND way = 'deputy'"),
            )
            for each, columns in (("standing", ()), ("asks", ("asks",)))
        ),
        Index(
            "ix_escalation_letters",
            "from_institution_id",
            "due_at",
            postgresql_where="way = 'letter' AND handed_over_at IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    rung: Mapped[int]
    ladder: Mapped[str]
    # What drove it (rules.ladder), and of an event the row behind it.
    clock: Mapped[str]
    cause: Mapped[UUID | None]
    # The post addressed; none where the rung had none (missing parent).
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    copy_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    # Working days that the case has on this rung, frozen when it was climbed; none: as the ladder.
    held_days: Mapped[int | None]
    from_institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    way: Mapped[str]
    # Why it was not the plain way; none where it was.
    why: Mapped[str | None]
    # Frozen with the rung: whether it opens the case to the post, and whether the handler is to
    # say why the case came so far.
    reads: Mapped[bool] = mapped_column(server_default=text("true"))
    explains: Mapped[bool] = mapped_column(server_default=text("false"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    # On the restricted ladder; ordinary rungs never open a restricted case.
    restricted: Mapped[bool]
    # When it fell due, and when the sweep recorded it.
    due_at: Mapped[Moment]
    at: Mapped[Moment]
    # Whether it stands in the post's list, and what it asks there: kept by triggers of the
    # database (migrations/sql/officials.sql).
    standing: Mapped[bool] = mapped_column(server_default=true())
    asks: Mapped[str] = mapped_column(server_default="explanation")
    # Of a letter: when and by whom it was handed over on paper.
    handed_over_at: Mapped[Moment | None]
    handed_over_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))


class Directive(Base):
    """What an official orders or wants explained, with a due date; its words are a message of the
    case. An explanation is given by the handler's reason for the delay."""

    __tablename__ = "directive"
    __table_args__ = (
        one_of("kind", DIRECTIVES),
        Index(None, "case_id"),
        Index(None, "post_id", "due_on"),
        Index(None, "officer_id", "due_on"),
        Index("ix_directive_to", "institution_id", "due_on", "id"),
        Index("ix_directive_owed", "post_id", "due_on", postgresql_where=text("done_at IS NULL")),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    escalation_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("escalation.id"))
    message_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("message.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[str] = mapped_column(server_default="order")
    # To which institution it was given: the one that had the case then.
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    due_on: Mapped[date]
    at: Mapped[Moment]
    done_at: Mapped[Moment | None]


class Alarm(Base):
    """A way the ladder had to take, or a rung it had not: administrators and heads see it."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_open", "institution_id", "at", postgresql_where="settled_at IS NULL"),
        Index(
            "ix_alarm_system",
            "id",
            postgresql_where="kind IN ('job_silent', 'job_failing', 'clock_moved')",
        ),
        Index(None, "case_id"),
    )
    id: Mapped[Key]
    dedupe: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    cycle: Mapped[int]
    # The post that needs a holder or another place; never one whose holder a case concerns.
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    # The moment at which it fell due (the ladder's next alarm counts from it).
    at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
