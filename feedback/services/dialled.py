"""What a USSD session leaves for others: a case to be lodged, at once or with the words of an SMS
to come, and acts for the worker."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import ussd as rules
from feedback.rules.commands import Intent
from feedback.rules.phrases import Parsed
from feedback.rules.verdicts import Verdict
from feedback.services import cases, identity

VALID = timedelta(hours=12)
"""How long after the session its words may come by SMS."""
SUBMISSION = UUID("8c1f4f4e-0d5a-4d0e-9a55-6f3d3a0f5a27")  # the namespace of submission ids
_TICKET = re.compile(r"\W*(\d{4})(?!\d)[\s.,:;]*")


def sealed(key: bytes, session: rules.Session) -> bytes:
    """The session as its row keeps it."""
    return identity.seal(rules.dump(session), f"ussd:{bytes(key).hex()}:state")


def unsealed(key: bytes, state: bytes) -> rules.Session | None:
    """The session of a row; None for one that another version of this program wrote."""
    return rules.load(identity.unseal(state, f"ussd:{bytes(key).hex()}:state"))


def link(number: bytes, ticket: str) -> bytes:
    """By what a ticket of a number is found."""
    return identity.number_hash(f"ticket:{number.hex()}:{ticket}")


def lodging_of(state: rules.State, number: str) -> cases.Lodging:
    """The draft as it is lodged. Its id derives from the session and from what was confirmed: the
    same again is the same case, and words that were changed are not lost."""
    draft = state.draft
    content = json.dumps(asdict(draft), sort_keys=True)
    return cases.Lodging(
        submission_id=uuid5(SUBMISSION, content),
        channel="ussd",
        kind=draft.kind,
        language=state.language,
        body=draft.words,
        institution=draft.institution or None,
        category=draft.category or None,
        place=draft.place or None,
        confidentiality=draft.level,
        anonymous=draft.anonymous,
        phone=number,
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A case that was begun by USSD, and the SMS without its ticket."""

    row: m.UssdSession
    session: rules.Session
    number: str
    words: str


def parsed(asked: Mapping[str, str], words: str) -> Parsed:
    """An act that was chosen from a menu, as if an SMS had asked for it."""
    return Parsed(
        intent=Intent(asked["act"]),
        reference=asked["reference"],
        kind=None,
        body=words,
        language=asked["language"],
        anonymous=False,
        verdict=_verdict(asked, words),
    )


def _verdict(asked: Mapping[str, str], words: str) -> Verdict | None:
    act = Intent(asked["act"])
    if act not in (Intent.SATISFIED, Intent.NOT_FIXED):
        return None
    rating = asked.get("rating", "")
    return Verdict(act, int(rating) if rating else None, words)


def begun(number: str | None, said: str, received_at: datetime) -> Begun | None:
    """The case that waits for this SMS, if its ticket stands in front (principal: job)."""
    ticket = _TICKET.match(said)
    if number is None or ticket is None:
        return None
    hashed = identity.number_hash(number)
    row = db.session.scalars(
        select(m.UssdSession)
        .where(
            m.UssdSession.number_hash == hashed,
            m.UssdSession.stage == "waiting",
            m.UssdSession.link == link(hashed, ticket[1]),
            m.UssdSession.updated_at > received_at - VALID,
        )
        .order_by(m.UssdSession.updated_at.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if row is None:
        return None
    session = unsealed(row.session, row.state)
    return None if session is None else Begun(row, session, number, said[ticket.end() :])


def lodge(waiting: Begun, received_at: datetime) -> cases.Receipt:
    """Make the case with the words of the SMS (principal: job). What was chosen is kept no longer
    with the session, which waits for nothing more."""
    state = waiting.session.state
    whole = replace(state, draft=replace(state.draft, words=waiting.words))
    receipt = cases.lodge(uuid4(), lodging_of(whole, waiting.number), received_at)
    waiting.row.stage, waiting.row.link = "done", None
    waiting.row.state = sealed(waiting.row.session, rules.without_draft(waiting.session))
    return receipt
