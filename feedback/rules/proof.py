"""What the proof of a filing tells whoever is shown it: when, with whom, and how late it is.

Never what it is about, nor of whom it is, nor who deals with it. The citizen lets it be seen by a
PIN that holds for a week; PIN and proof code follow from keys that stand in no database.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from feedback.rules.deadlines import DAR_ES_SALAAM, Calendar, local_day, working_days_until
from feedback.rules.workflow import OPEN, Status

PIN_LENGTH = 6
PIN_DAYS = 7
"""How long a PIN holds."""
MOST_WRONG = 20
"""Wrong PINs of one proof code at which its PIN is void, wherever they came from: a delay by
address alone would leave a million PINs to whoever has many addresses. The citizen makes another;
nothing else is closed to anybody by it."""


def mark(key: bytes, code: str) -> bytes:
    """By what a proof code is found: a keyed hash, so that the table tells no code."""
    return hmac.digest(key, b"proof-mark:" + code.encode(), "sha256")[:16]


def pin(key: bytes, submission_id: UUID, nonce: bytes) -> str:
    """The PIN that a random number stands for; only the number is kept."""
    digest = hmac.digest(key, b"proof-pin:" + submission_id.bytes + nonce, "sha256")
    return f"{int.from_bytes(digest[:16]) % 10**PIN_LENGTH:0{PIN_LENGTH}d}"


def pin_until(now: datetime) -> datetime:
    """When a PIN made now is over: at the end of the seventh day after, whatever the hour was, so
    that its last day is whole and its end tells no hour."""
    over = local_day(now) + timedelta(days=PIN_DAYS + 1)
    return datetime.combine(over, time(), DAR_ES_SALAAM).astimezone(UTC)


def parse_pin(typed: str) -> str | None:
    """The six digits of a PIN, however they were grouped; None where it is none."""
    digits = "".join(typed.split()).replace("-", "")
    return digits if len(digits) == PIN_LENGTH and digits.isascii() and digits.isdigit() else None


@dataclass(frozen=True, slots=True)
class Facts:
    """A case as far as its proof may speak of it. `hour_known`: the hour of its receipt is kept."""

    reference: str
    kind: str
    confidentiality: str
    institution_id: int
    status: str
    received_at: datetime
    hour_known: bool
    acknowledged_at: datetime | None
    acknowledge_due: datetime | None
    answered_at: datetime | None
    due_at: datetime
    appeals: int
    rung: int
    ladder: str
    final_letter: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What is told. None or 0 where nothing is, or may be, said.

    `stands`: open, answered, closed or withdrawn; of a restricted case open or ended alone.
    `days_late`: working days after the day on which the answer was, or is, due.
    `acknowledge_late`: the same of the acknowledgement. `due_at`: of an answer still owed.
    """

    received_at: datetime
    hour_known: bool
    stands: str
    days_late: int
    due_at: datetime | None = None
    reference: str = ""
    kind: str = ""
    institution_id: int | None = None
    acknowledged_at: datetime | None = None
    acknowledge_late: int = 0
    answered_at: datetime | None = None
    appeals: int = 0
    rung: int = 0
    ladder: str = ""
    final_letter: bool = False

    @property
    def restricted(self) -> bool:
        """Whether more is kept back than it tells."""
        return self.institution_id is None


def told(facts: Facts, calendar: Calendar, now: datetime) -> Told:
    """What the proof says now. Of a restricted case only on which day it was filed and whether it
    is late: the institution could be the one that must not know, and a kind or a rung would help
    to guess whose it is."""
    status = Status(facts.status)
    is_open = status in OPEN
    ended = facts.answered_at if facts.answered_at is not None else now
    late = _late(calendar, facts.due_at, ended) if is_open or facts.answered_at else 0
    due_at = facts.due_at if is_open else None
    if facts.confidentiality == "restricted":
        stands = "open" if is_open else "ended"
        return Told(facts.received_at, False, stands, late, due_at)
    acknowledged = facts.acknowledged_at
    acknowledge_late = 0
    if facts.acknowledge_due is not None and (acknowledged is not None or is_open):
        acknowledge_late = _late(calendar, facts.acknowledge_due, acknowledged or now)
    stands = "open" if is_open else str(status)
    return replace(
        Told(facts.received_at, facts.hour_known, stands, late, due_at),
        reference=facts.reference,
        kind=facts.kind,
        institution_id=facts.institution_id,
        acknowledged_at=acknowledged,
        acknowledge_late=acknowledge_late,
        answered_at=facts.answered_at,
        appeals=facts.appeals,
        rung=facts.rung,
        ladder=facts.ladder,
        final_letter=facts.final_letter,
    )


def _late(calendar: Calendar, due: datetime, at: datetime) -> int:
    return max(0, -working_days_until(calendar, at, due))
