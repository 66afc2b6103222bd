"""The earlier messages of a phone that a new one goes on with, or says again (worker only)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import joining, phrases, routing
from feedback.rules.commands import Intent
from feedback.rules.phrases import Parsed
from feedback.services import identity
from feedback.services.reference import directory

MOST_COMPARED = 30
"""Earlier messages of a day that a new one is compared with."""
WORDS = (Intent.LODGE, Intent.ADD)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that made, or was added to, a case that is still open."""

    case_id: UUID
    said: Parsed
    received_at: datetime


def words_of(row: m.InboundMessage) -> str:
    """What was written, without the character that no text column takes."""
    return identity.unseal(row.words, f"inbound:{row.id}:words").replace("\0", "")


def before(
    inbound_id: UUID, number_hash: bytes, received_at: datetime, cases: Sequence[UUID]
) -> list[Earlier]:
    """The phone's words of the last day in these cases, the latest first."""
    if not cases:
        return []
    rows = db.session.scalars(
        select(m.InboundMessage)
        .where(
            m.InboundMessage.number_hash == number_hash,
            m.InboundMessage.received_at > received_at - joining.REPEATED_WITHIN,
            m.InboundMessage.received_at <= received_at + joining.WITHIN,
            m.InboundMessage.case_id.in_(cases),
            m.InboundMessage.id != inbound_id,
        )
        .order_by(m.InboundMessage.received_at.desc(), m.InboundMessage.id)
        .limit(MOST_COMPARED)
    )
    found = []
    for row in rows:
        said = phrases.parse(words_of(row))
        if row.case_id is not None and said.intent in WORDS:
            found.append(Earlier(row.case_id, said, row.received_at))
    return found


def reason_for(
    said: Parsed,
    inbound_id: UUID,
    number_hash: bytes,
    received_at: datetime,
    cases: Sequence[UUID],
) -> UUID | None:
    """The open case whose citizen said "not fixed" without a reason in the message before this one,
    within the last day, and was asked for it."""
    if not cases or said.verdict is not None:
        return None
    last = db.session.scalars(
        select(m.InboundMessage)
        .where(
            m.InboundMessage.number_hash == number_hash,
            m.InboundMessage.received_at > received_at - joining.REPEATED_WITHIN,
            m.InboundMessage.received_at <= received_at,
            m.InboundMessage.id != inbound_id,
        )
        .order_by(m.InboundMessage.received_at.desc(), m.InboundMessage.id)
        .limit(1)
    ).first()
    if last is None or last.case_id not in cases or last.asked:
        return None
    verdict = phrases.parse(words_of(last)).verdict
    asked = verdict is not None and verdict.intent is Intent.NOT_FIXED and verdict.bare
    return last.case_id if asked else None


def goes_on(said: Parsed, received_at: datetime, earlier: Sequence[Earlier]) -> Earlier | None:
    """The message of which this is the rest: the latest, or any one marked as a piece of it."""
    for place, each in enumerate(earlier):
        if abs(received_at - each.received_at) > joining.WITHIN:
            continue
        why = joining.goes_on(each.said.body, said.body)
        if why == "numbered" or (why is not None and place == 0 and not _differ(each.said, said)):
            return each
    return None


def repeats(said: Parsed, earlier: Sequence[Earlier]) -> Earlier | None:
    """The message that this one says again: same kind, same institution named."""
    for each in earlier:
        same = joining.says_the_same(each.said.body, said.body)
        if same and each.said.kind == said.kind and not _differ(each.said, said):
            return each
    return None


def _differ(first: Parsed, second: Parsed) -> bool:
    """Whether both name an institution, and not the same."""
    gazetteer = directory().gazetteer
    one, two = (routing.find_institution(said.body, gazetteer) for said in (first, second))
    return one is not None and two is not None and one.code != two.code
