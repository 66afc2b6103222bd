"""What was given up, before administrators: SMS and e-mails that will not be tried again, and SMS
that could not be read. Principal of each function: an officer with the role admin; the database
shows neither number nor words nor case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import text

from feedback.clock import local_day
from feedback.extensions import db
from feedback.services import audit
from feedback.services.errors import Refused
from feedback.transaction import wake

PAGE = 50
_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


@dataclass(frozen=True, slots=True)
class Letter:
    """One that was given up. kind: sms, email, inbound. ambiguous: attempts that may have
    arrived."""

    id: UUID
    kind: str
    template: str | None
    code: str | None
    attempts: int
    ambiguous: int
    made_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Sending:
    """How sending stands today."""

    waiting: int
    quiet: int
    over_budget: int
    over_number: int
    sent: int
    per_day: int


def letters(after: str | None) -> tuple[list[Letter], str | None]:
    """Dead letters, the latest first, and where the next page begins."""
    before, row = _mark(after)
    query = text("SELECT * FROM guard.dead_letters(:before, :row, :most)")
    rows = db.session.execute(query, {"before": before, "row": row, "most": PAGE + 1})
    found = [Letter(*each) for each in rows]
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1]
    return found[:PAGE], f"{last.ended_at.isoformat()}_{last.id}"


def state(now: datetime) -> Sending:
    """What waits, why, and how much of the day's budget is used."""
    query = text("SELECT * FROM guard.sending_state(:day)")
    row: Any = db.session.execute(query, {"day": local_day(now)}).one()
    return Sending(**row._mapping, per_day=current_app.config["SMS_PER_DAY"])


def send_again(letter: UUID, now: datetime, *, warned: bool) -> None:
    """One more attempt. `warned`: it may be one copy too many, and is wanted all the same.
    Refused: gone, not-warned."""
    template = _settle(letter, "again", now, warned=warned)
    audit.record("dead_letter_sent", now=now, template=template, warned=int(warned))
    wake("deliver")


def let_go(letter: UUID, now: datetime) -> None:
    """It is not sent any more, and its alarm is settled. Refused: gone."""
    template = _settle(letter, "drop", now)
    audit.record("dead_letter_dropped", now=now, template=template)


def read_again(letter: UUID, now: datetime) -> None:
    """An SMS that came in is worked on anew. Refused: gone."""
    _settle(letter, "read", now)
    audit.record("dead_inbound_tried", now=now)
    wake("process_inbound")


def _settle(letter: UUID, act: str, now: datetime, *, warned: bool = False) -> str:
    query = text("SELECT guard.settle_dead_letter(:letter, :act, :warned, :now)")
    said = {"letter": letter, "act": act, "warned": warned, "now": now}
    settled = db.session.scalar(query, said)
    if settled is None:
        raise Refused("not-warned" if act == "again" and not warned else "gone")
    return str(settled)


def _mark(after: str | None) -> tuple[datetime, UUID]:
    """Where a page begins; what is no such mark begins at the newest."""
    at, _, row = (after or "").partition("_")
    try:
        moment, letter = datetime.fromisoformat(at), UUID(row)
    except ValueError:
        return _NEWEST
    return (moment, letter) if moment.tzinfo else _NEWEST
