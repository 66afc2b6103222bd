"""Officers, the posts they hold for a time, and their leave."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from feedback.extensions import Base
from feedback.models.columns import ROLES, Key, Moment, one_of


class Officer(Base):
    """A person who works with cases. The password stands apart, in `credential`."""

    __tablename__ = "officer"
    __table_args__ = (
        CheckConstraint(
            "roles <@ ARRAY[" + ", ".join(f"'{role}'" for role in ROLES) + "]::text[]",
            name="roles",
        ),
        Index(None, "unit_id"),
        Index("ix_officer_institution_active", "institution_id", postgresql_where="active"),
    )
    id: Mapped[Key]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(default="sw")
    # Of those with an even load the one who waited longest gets the next case.
    last_assigned_at: Mapped[Moment | None]


class Credential(Base):
    """The password of an officer; none: it is set by a one-time code."""

    __tablename__ = "credential"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    password_hash: Mapped[str]


class Post(Base):
    """An office of an institution that rungs address, whoever holds it."""

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("institution_id", "unit_id", "kind", postgresql_nulls_not_distinct=True),
    )
    id: Mapped[Key]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str]
    name_sw: Mapped[str]
    name_en: Mapped[str]


class PostHolding(Base):
    """Who holds or deputises for a post, from a day until a day (open while still held)."""

    __tablename__ = "post_holding"
    __table_args__ = (
        one_of("capacity", ("holder", "deputy")),
        Index(
            "uq_post_holding_current",
            "post_id",
            "capacity",
            unique=True,
            postgresql_where="until_day IS NULL",
        ),
        Index(None, "officer_id"),
    )
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    capacity: Mapped[str]
    since_day: Mapped[date]
    until_day: Mapped[date | None]


class Leave(Base):
    """Days on which an officer is away; the deputy of the officer's posts stands in."""

    __tablename__ = "leave"
    __table_args__ = (Index(None, "officer_id", "last_day"),)
    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]


class OfficerStanding(Base):
    """Name, place and posts of an officer when open cases were last compared with them."""

    __tablename__ = "officer_standing"
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    digest: Mapped[str]
    at: Mapped[Moment]


class PeopleState(Base):
    """One row: a number that changes with officers, posts and their holders."""

    __tablename__ = "people_state"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
