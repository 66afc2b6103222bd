"""What is remembered of a phone number, by its keyed hash (worker only)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db

REMEMBERED = timedelta(days=365)


def remember(number_hash: bytes, now: datetime, **known: object) -> None:
    """The number was heard of; `known` is what it told: language, institution_id."""
    db.session.execute(
        insert(m.Phone)
        .values(number_hash=number_hash, seen_at=now, **known)
        .on_conflict_do_update(index_elements=["number_hash"], set_={"seen_at": now, **known})
    )


def language(number_hash: bytes) -> str | None:
    """The language that was chosen, if one was."""
    return db.session.scalars(
        select(m.Phone.language).where(m.Phone.number_hash == number_hash)
    ).one_or_none()


def last_institution(number_hash: bytes) -> int | None:
    """The institution of the last case from this number."""
    return db.session.scalars(
        select(m.Phone.institution_id).where(m.Phone.number_hash == number_hash)
    ).one_or_none()


def forget(now: datetime) -> int:
    """Forget numbers that were not heard of for long. A stop stands until it is taken back."""
    gone = (
        delete(m.Phone)
        .where(m.Phone.seen_at < now - REMEMBERED, m.Phone.stopped_at.is_(None))
        .returning(m.Phone.number_hash)
    )
    return len(db.session.execute(gone).all())


def stop(number_hash: bytes, now: datetime) -> bool:
    """Nothing is sent any more but direct answers; False when that was said before."""
    remember(number_hash, now)
    return _set_stopped(number_hash, now)


def start(number_hash: bytes) -> bool:
    """Take a stop back; False when there was none."""
    return _set_stopped(number_hash, None)


def _set_stopped(number_hash: bytes, at: datetime | None) -> bool:
    stands = m.Phone.stopped_at.is_(None) if at else m.Phone.stopped_at.is_not(None)
    changed = db.session.execute(
        update(m.Phone)
        .where(m.Phone.number_hash == number_hash, stands)
        .values(stopped_at=at)
        .returning(m.Phone.number_hash)
    )
    return changed.first() is not None
