"""Cases: routing facts and clocks in `case`, every word in `message`."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Index,
    LargeBinary,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from feedback.clock import UtcDateTime
from feedback.extensions import Base
from feedback.models.columns import (
    CHANNELS,
    KINDS,
    LEVELS,
    MAILS,
    MESSAGES,
    STATUSES,
    CaseKey,
    Moment,
    RandomKey,
    one_of,
)

OPEN_CASE = "status IN ('new', 'assigned', 'in_progress', 'waiting_citizen')"


class Case(Base):
    """One item that a citizen sent. Holds no word of it and nothing of the person."""

    __tablename__ = "case"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("status", STATUSES),
        one_of("channel", CHANNELS),
        one_of("confidentiality", LEVELS),
        one_of("language", ("sw", "en")),
        one_of("mail", MAILS),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        # The queues: what is open, by what falls due first. `id` makes the order total for keyset
        # paging.
        Index("ix_case_handler_queue", "handler_id", "due_at", "id", postgresql_where=OPEN_CASE),
        Index("ix_case_unit_queue", "unit_id", "due_at", "id", postgresql_where=OPEN_CASE),
        Index(
            "ix_case_unowned",
            "institution_id",
            "due_at",
            "id",
            postgresql_where=f"handler_id IS NULL AND {OPEN_CASE}",
        ),
        Index(
            "ix_case_institution_queue",
            "institution_id",
            "due_at",
            "id",
            postgresql_where=OPEN_CASE,
        ),
        Index(
            "ix_case_restricted_queue",
            "due_at",
            "id",
            postgresql_where=f"confidentiality = 'restricted' AND {OPEN_CASE}",
        ),
        # What waits for the citizen, by when the pause runs out; and what has a new message.
        *(
            index
            for scope in ("handler", "unit", "institution")
            for index in (
                Index(
                    f"ix_case_{scope}_waiting",
                    f"{scope}_id",
                    "paused_until",
                    "id",
                    postgresql_where=f"paused_until IS NOT NULL AND {OPEN_CASE}",
                ),
                Index(
                    f"ix_case_{scope}_unread",
                    f"{scope}_id",
                    "due_at",
                    "id",
                    postgresql_where=f"unread AND {OPEN_CASE}",
                ),
            )
        ),
        Index("ix_case_received", "institution_id", "received_at"),
        # What nobody does anything about.
        Index(
            "ix_case_idle",
            "institution_id",
            text("coalesce(idle_from, received_at)"),
            "id",
            postgresql_where=OPEN_CASE,
        ),
        # What retention looks through, the oldest first.
        Index("ix_case_ended", "closed_at", postgresql_where="closed_at IS NOT NULL"),
        Index("ix_case_merged", "merged_into", postgresql_where="merged_into IS NOT NULL"),
    )
    id: Mapped[RandomKey]
    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    place: Mapped[str | None]
    confidentiality: Mapped[str]
    anonymous: Mapped[bool]
    # A phone number is sealed with it, so an SMS can reach the citizen.
    reachable: Mapped[bool]
    # An e-mail address is sealed with it: what goes there. The citizen may stop the notices.
    mail: Mapped[str] = mapped_column(server_default="none")
    # Waiting for someone to say whose it is; clock, ladder and owner run all the same.
    triage: Mapped[bool]
    # Confidential by triage's caution alone: neither the citizen nor the category asked for it, so
    # whoever says what the case is about may open it.
    cautious: Mapped[bool] = mapped_column(server_default=text("false"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    received_at: Mapped[Moment]
    first_response_at: Mapped[Moment | None]
    answered_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    # The end of the citizen's window after an answer.
    window_ends_at: Mapped[Moment | None]
    cycle: Mapped[int]
    appeals: Mapped[int]
    # Copy of the running answer deadline of this cycle, so that queues sort by one index.
    due_at: Mapped[Moment]
    # Copy of where the pause runs out in which the clock waits now, for the same reason.
    paused_until: Mapped[Moment | None]
    standard: Mapped[str]
    max_rung: Mapped[int | None]
    # Highest rung of any cycle, and the one at which the present cycle's ladder begins.
    highest_rung: Mapped[int]
    first_rung: Mapped[int]
    # The office itself opened the present cycle, which then begins without a rung.
    reopened: Mapped[bool] = mapped_column(server_default=text("false"))
    # The citizen wrote last and nobody has answered: shown as "new message" in queues.
    unread: Mapped[bool]
    rating: Mapped[int | None]
    transfers: Mapped[int]
    # From when on doing nothing counts: the last act of an officer, which the database notes with
    # the record, or the end of a pause; none: nobody has done anything since it came.
    idle_from: Mapped[Moment | None]
    # The leading case of a group about one matter. While this one is open it stands in no queue,
    # its timers rest, and place, owner and status follow the leading one.
    merged_into: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))


class Submission(Base):
    """The random 128-bit id under which a case was lodged; receipt codes derive from it."""

    __tablename__ = "submission"
    __table_args__ = (
        Index(
            "ix_submission_proof_mark",
            "proof_mark",
            postgresql_where="proof_mark IS NOT NULL",
        ),
    )
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    case_id: Mapped[CaseKey] = mapped_column(unique=True)
    content_hash: Mapped[bytes]
    at: Mapped[Moment]
    # Random, once a lost receipt was issued again: the code derives from it too.
    receipt_nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Of a code that was issued again and not used yet: its first use makes the former one void.
    issued_nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    # By what the proof code is found: its keyed hash, once it was shown.
    proof_mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class FilingProof(Base):
    """How the citizen lets the proof of a filing be seen: by one PIN at a time, derived from a
    random number; and how often it was. Made once the first of it happens."""

    __tablename__ = "filing_proof"
    __table_args__ = (
        CheckConstraint("(pin_nonce IS NULL) = (pin_until IS NULL)", name="pin"),
        # PINs that are over.
        Index("ix_filing_proof_over", "pin_until", postgresql_where="pin_nonce IS NOT NULL"),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    pin_nonce: Mapped[bytes | None] = mapped_column(LargeBinary)
    pin_until: Mapped[Moment | None]
    # Wrong ones since it was made.
    pin_failures: Mapped[int]
    shown: Mapped[int] = mapped_column(server_default=text("0"))
    # The day alone, whoever asked.
    shown_on: Mapped[date | None]


class Message(Base):
    """Every word of a case. Of confidential and restricted cases only the sealed form is kept."""

    __tablename__ = "message"
    __table_args__ = (
        one_of("kind", MESSAGES),
        CheckConstraint("(body IS NULL) <> (sealed IS NULL)", name="one_form"),
        UniqueConstraint("case_id", "seq"),
        Index(
            "ix_message_delay_reason",
            "case_id",
            "cycle",
            postgresql_where="kind = 'delay_reason'",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    # Which message of the case it is, from 1; the database counts. Messages are read in this order,
    # since an unknown citizen's carry no hour.
    seq: Mapped[int] = mapped_column(server_default=FetchedValue())
    cycle: Mapped[int]
    kind: Mapped[str]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    # Seen by officers only.
    internal: Mapped[bool]
    body: Mapped[str | None]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[Moment]


class Assignment(Base):
    """Who owned the case, at which institution and unit, from when until when."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(None, "case_id", "at"),
        Index(
            "ix_assignment_unmeasured",
            "ended_at",
            postgresql_where="ended_at IS NOT NULL AND minutes IS NULL",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    by_officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    # Office minutes, by the institution's calendar, in which an answer was owed; a job notes them
    # once the period has ended.
    minutes: Mapped[int | None]
    # Of one that a transfer began: which transfer of the case it was.
    transfer: Mapped[int | None]


class Deadline(Base):
    """A running clock: start, standard and calendar frozen when set; the due time is derived."""

    __tablename__ = "deadline"
    __table_args__ = (
        UniqueConstraint("case_id", "cycle", "clock"),
        one_of("clock", ("acknowledge", "answer")),
        Index(
            "ix_deadline_running",
            "calendar_id",
            "office_id",
            postgresql_where="met_at IS NULL",
        ),
        # What a preview of another ladder plays through again.
        Index(
            "ix_deadline_late",
            "due_at",
            "case_id",
            postgresql_where="met_at IS NULL OR met_at > due_at",
        ),
    )
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    clock: Mapped[str]
    starts_at: Mapped[Moment]
    working_days: Mapped[int]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    # The institution under which it was set, whose own days off and half days it counts by.
    office_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    # The version of the standard that it was set by; none for what a rule of its own sets.
    standard_id: Mapped[int | None] = mapped_column(ForeignKey("service_standard.id"))
    extension_days: Mapped[int]
    due_at: Mapped[Moment]
    # When it was met or ended without an answer (withdrawn).
    met_at: Mapped[Moment | None]
    # Working minutes from start to met, pauses taken off.
    minutes: Mapped[int | None]
    # Of an answer clock whose cycle was left with a rung due to which no sweep had come yet: when
    # the cycle was over, the rung at which its ladder began, whether an appeal had opened it.
    left_at: Mapped[Moment | None]
    left_rung: Mapped[int | None]
    left_appealed: Mapped[bool | None]


class Pause(Base):
    """The clock waits for the citizen, at most until `runs_out_at`."""

    __tablename__ = "pause"
    __table_args__ = (Index(None, "case_id"),)
    id: Mapped[RandomKey]
    case_id: Mapped[CaseKey]
    cycle: Mapped[int]
    starts_at: Mapped[Moment]
    runs_out_at: Mapped[Moment]
    ends_at: Mapped[Moment | None]
    # Not the first of the case, and begun just before the answer was due.
    abused: Mapped[bool] = mapped_column(server_default=text("false"))


class Timer(Base):
    """The next moment at which something of a case falls due; done ones leave the index."""

    __tablename__ = "timer"
    __table_args__ = (
        one_of("purpose", ("ladder", "window", "pause", "reminder")),
        Index("ix_timer_due", "due_at", postgresql_where="NOT done"),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done: Mapped[bool]


class Conflict(Base):
    """An officer who may not see a case by any route, and round whom the ladder goes."""

    __tablename__ = "conflict"
    __table_args__ = (
        one_of("reason", ("named", "recused", "marked", "words", "post")),
        one_of("state", ("provisional", "confirmed", "lifted")),
        Index(None, "officer_id"),
        Index("ix_conflict_waiting", "at", postgresql_where="state = 'provisional'"),
    )
    case_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("case.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    # By which kind of rule: in the list of persons, in the words, by the title of a post; or by a
    # person's act. Never the words themselves.
    reason: Mapped[str]
    # What words brought about is provisional until an ethics officer confirms or lifts it. A lifted
    # one keeps nobody away, and stays so that the same words do not bring it back.
    state: Mapped[str] = mapped_column(server_default=text("'confirmed'"))
    at: Mapped[Moment]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    decided_at: Mapped[Moment | None]


class Notice(Base):
    """Something an officer should know, shown in the desk; once for each dedupe key."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unread", "officer_id", "at", postgresql_where="NOT read"),
        Index("ix_notice_urgent", "at", postgresql_where="urgent AND told_at IS NULL"),
        # What retention looks through, the oldest first.
        Index(None, "at"),
    )
    # Made here and not by the database: who makes a notice may not read it back.
    id: Mapped[RandomKey]
    dedupe: Mapped[str] = mapped_column(unique=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    kind: Mapped[str]
    # The digest of the two top rungs names an institution, every other notice a case.
    case_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("case.id"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    at: Mapped[Moment]
    read: Mapped[bool]
    # It goes at once by e-mail or SMS, and when it went (or was found read, or had no way to go).
    urgent: Mapped[bool] = mapped_column(server_default=text("false"))
    told_at: Mapped[Moment | None]
