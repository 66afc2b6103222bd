"""Which of a phone's cases a message is about, and the question where several may be meant."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import workflow
from feedback.services import identity
from feedback.services.conversation.sms import Sms, reply

OPEN = tuple(status.value for status in workflow.OPEN)
KEPT_FOR = timedelta(hours=24)
"""How long a message waits for the answer to "which case?", before it goes its own way."""
MOST_OFFERED = 4
"""References in one question; a text has room for no more."""


def cases_of(sms: Sms) -> list[m.Case]:
    """The cases filed from this phone, the newest first."""
    if sms.number is None:
        return []
    return list(
        db.session.scalars(
            select(m.Case)
            .join(m.SealedIdentity, m.SealedIdentity.case_id == m.Case.id)
            .where(m.SealedIdentity.number_hash == sms.number_hash)
            .order_by(m.Case.received_at.desc(), m.Case.id)
            .limit(50)
        )
    )


def case_named(sms: Sms) -> m.Case | None:
    """The case whose reference stands in the message, if it was filed from this phone."""
    case = db.session.scalars(
        select(m.Case).where(m.Case.reference == sms.said.reference)
    ).one_or_none()
    if case is None or sms.number is None or not identity.is_number_of(case.id, sms.number):
        return None
    return case


def candidates(sms: Sms, statuses: tuple[str, ...]) -> list[m.Case]:
    """The cases of which one may be meant: the named one, else those in these statuses."""
    if sms.said.reference is not None:
        named = case_named(sms)
        return [named] if named else []
    return [case for case in cases_of(sms) if case.status in statuses]


def one_of(sms: Sms, meant: list[m.Case], now: datetime) -> m.Case | None:
    """The one case meant; with none the citizen is told so, with several asked which."""
    if not meant:
        reply(sms, "unknown_reference", now)
    elif len(meant) > 1:
        _ask_which(sms, meant, now)
    else:
        return meant[0]
    return None


def _ask_which(sms: Sms, meant: list[m.Case], now: datetime) -> None:
    """Keep the message and ask once, with references only."""
    asked_before = bool(kept_of(sms))
    sms.kept = True
    if not asked_before:
        references = ", ".join(case.reference for case in meant[:MOST_OFFERED])
        reply(sms, "which_case", now, references=references)


def kept_of(sms: Sms) -> list[m.InboundMessage]:
    """The messages of this phone that wait for the answer to "which case?", in their order."""
    return list(
        db.session.scalars(
            select(m.InboundMessage)
            .where(
                m.InboundMessage.state == "held", m.InboundMessage.number_hash == sms.number_hash
            )
            .order_by(m.InboundMessage.received_at, m.InboundMessage.id)
            .with_for_update()
        )
    )
