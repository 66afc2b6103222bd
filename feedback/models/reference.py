"""Reference data: institutions, units, categories, standards, calendars, ladders, places."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import KINDS, LEVELS, Key, Moment, one_of


class Calendar(Base):
    """Office days and hours that an institution counts by (Africa/Dar_es_Salaam)."""

    __tablename__ = "calendar"
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    opens: Mapped[time]
    closes: Mapped[time]
    weekend: Mapped[list[int]] = mapped_column(ARRAY(Integer))  # Monday is 0


class Holiday(Base):
    """A day off or a half day: from the holidays library, gazetted, moon-sighted and only expected,
    or one on which an office was closed by order."""

    __tablename__ = "holiday"
    __table_args__ = (
        UniqueConstraint("calendar_id", "day", "scope"),
        one_of("status", ("confirmed", "expected", "removed")),
        Index("ix_holiday_expected", "day", postgresql_where="status = 'expected'"),
        Index("ix_holiday_scoped", "day", postgresql_where="scope <> '*'"),
    )
    id: Mapped[Key]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    day: Mapped[date]
    # Whose day it is: everybody's (`*`), a region's (`region:Dodoma`), or that of one institution.
    scope: Mapped[str] = mapped_column(server_default="*", default="*")
    name_sw: Mapped[str]
    name_en: Mapped[str]
    status: Mapped[str]
    source: Mapped[str]
    # Of a half day the hour at which the office closes; empty: it does not work at all.
    closes: Mapped[time | None]
    # Who closed the office, and the number of the order.
    ordered_by: Mapped[str] = mapped_column(server_default="", default="")
    order_number: Mapped[str] = mapped_column(server_default="", default="")


class CalendarCorrection(Base):
    """A change of a calendar after deadlines were set by it, and how many it moved."""

    __tablename__ = "calendar_correction"
    __table_args__ = (
        Index(None, "calendar_id", "day"),
        Index("ix_calendar_correction_waiting", "at", postgresql_where="deadlines_moved IS NULL"),
    )
    id: Mapped[Key]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    day: Mapped[date]
    scope: Mapped[str] = mapped_column(server_default="*", default="*")
    # As of the day, or `moved`: the day is off no more, and `moved_to` is in its place.
    status: Mapped[str]
    moved_to: Mapped[date | None]
    # Whether it can move a deadline: the mere confirming of an expected day moves none.
    shifts: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[Moment]
    # Empty until the worker has derived the running deadlines again.
    deadlines_moved: Mapped[int | None]
    done_at: Mapped[Moment | None]


class Institution(Base):
    """A public body; the tree runs from the Chief Secretary down to the councils."""

    __tablename__ = "institution"
    __table_args__ = (
        one_of("kind", ("office", "ministry", "agency", "region", "council")),
        Index(None, "path", postgresql_using="gin"),
        Index(None, "parent_id"),
    )
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    # Ancestors from the top down to the institution itself.
    path: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    name_sw: Mapped[str]
    name_en: Mapped[str]
    region: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    ladder: Mapped[str]
    sector: Mapped[str]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"))
    # Where the public finds it beside this system: telephone, address, hours.
    contact: Mapped[str] = mapped_column(server_default="", default="")
    verified: Mapped[bool]
    active: Mapped[bool] = mapped_column(default=True)
    # Where the work of a closed one went.
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))


class Unit(Base):
    """A department or unit of an institution; each institution has one default unit."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("institution_id", "code"),)
    id: Mapped[Key]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    code: Mapped[str]
    name_sw: Mapped[str]
    name_en: Mapped[str]
    is_default: Mapped[bool]
    active: Mapped[bool] = mapped_column(server_default="true", default=True)
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))


class ServiceStandard(Base):
    """Deadlines in working days for a standard and a kind of case (`*` = any kind).

    Each row is a version, and is never overwritten: a change adds the next one, and a deadline
    names the one that it was set by. The newest holds; one that is not active takes it away.
    """

    __tablename__ = "service_standard"
    __table_args__ = (
        UniqueConstraint("code", "kind", "scope", "confidentiality", "version"),
        one_of("kind", (*KINDS, "*")),
        one_of("confidentiality", (*LEVELS, "*")),
    )
    id: Mapped[Key]
    code: Mapped[str]
    kind: Mapped[str]
    # Whom it binds: every institution (`*`), those of a kind, or one by its code.
    scope: Mapped[str] = mapped_column(server_default="*", default="*")
    # Which level of confidentiality it is for, or any (`*`).
    confidentiality: Mapped[str] = mapped_column(server_default="*", default="*")
    version: Mapped[int] = mapped_column(server_default=text("1"), default=1)
    # The day from which this version holds.
    from_day: Mapped[date]
    acknowledge_days: Mapped[int]
    answer_days: Mapped[int]
    max_rung: Mapped[int | None]
    # Working days by which the answer may be extended, in all.
    extension_days_max: Mapped[int] = mapped_column(server_default=text("0"))
    source: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true", default=True)


class Category(Base):
    """What a case is about; sets the unit, the standard and the default confidentiality."""

    __tablename__ = "category"
    __table_args__ = (one_of("confidentiality", LEVELS),)
    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name_sw: Mapped[str]
    name_en: Mapped[str]
    unit_code: Mapped[str]
    confidentiality: Mapped[str]
    applies_to: Mapped[list[str]] = mapped_column(ARRAY(Text))
    keywords_sw: Mapped[list[str]] = mapped_column(ARRAY(Text))
    keywords_en: Mapped[list[str]] = mapped_column(ARRAY(Text))
    standard: Mapped[str]
    sort: Mapped[int]
    active: Mapped[bool] = mapped_column(server_default="true", default=True)


class LadderRung(Base):
    """One rung of a ladder: which post, of which institution, after how many working days."""

    __tablename__ = "ladder_rung"
    __table_args__ = (UniqueConstraint("ladder", "rung"),)
    id: Mapped[Key]
    ladder: Mapped[str]
    rung: Mapped[int]
    post: Mapped[str]
    at: Mapped[str]
    days: Mapped[int]
    digest: Mapped[bool]
    copy: Mapped[str]
    name_sw: Mapped[str]
    name_en: Mapped[str]
    # It opens the case to the post; else the post is told, and no more. The handler must say why
    # the case came so far.
    reads: Mapped[bool] = mapped_column(server_default="true", default=True)
    explains: Mapped[bool] = mapped_column(server_default="false", default=False)
    # One that was taken away keeps its name, for the cases that climbed it.
    active: Mapped[bool] = mapped_column(server_default="true", default=True)


class LadderChoice(Base):
    """The ladder of cases about one subject, at institutions of a kind or at one by its code (or
    `*`); else a case climbs that of its institution."""

    __tablename__ = "ladder_choice"
    __table_args__ = (UniqueConstraint("scope", "category"),)
    id: Mapped[Key]
    scope: Mapped[str]
    category: Mapped[str]
    ladder: Mapped[str]
    active: Mapped[bool] = mapped_column(server_default="true", default=True)


class Place(Base):
    """A place name that citizens use, and the council or region it points to."""

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("name", "institution_id"),)
    id: Mapped[Key]
    name: Mapped[str]
    kind: Mapped[str]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))


class ReferenceState(Base):
    """One row: raised by triggers at each change of reference data, so that processes reload."""

    __tablename__ = "reference_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
