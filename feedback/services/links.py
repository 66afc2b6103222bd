"""Which message an SMS answers, by the gateway's own tag: in an on-demand service the network takes
a reply only with it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db

REPLY, RECEIVED = "reply:", "received:"


def answered_by(dedupe: str, case_id: UUID | None) -> str:
    """The link id of the SMS that this one answers (worker); empty where it answers none.

    A reply names that message in its dedupe; an acknowledgement answers the one that made the case.
    """
    query = select(m.InboundMessage.link_id).where(m.InboundMessage.link_id.is_not(None))
    if dedupe.startswith(REPLY):
        try:
            query = query.where(m.InboundMessage.id == UUID(dedupe.removeprefix(REPLY)))
        except ValueError:
            return ""
    elif dedupe.startswith(RECEIVED) and case_id is not None:
        by_sms = select(m.Case.id).where(m.Case.id == case_id, m.Case.channel == "sms")
        query = query.where(m.InboundMessage.case_id.in_(by_sms))
    else:
        return ""
    return db.session.scalars(query.order_by(m.InboundMessage.received_at).limit(1)).first() or ""
