"""From an SMS that came in to the right verb.

The hook stores what came (`receive`); a worker takes one message at a time (`take`), acts on it
(`process`) and, where that fails, lets this one alone wait for its next try (`spoil`). One message
makes one case however often it is processed, since the submission id derives from its row's.
What a message leads to is `conversation`'s.

    new -> done            acted on
     |-> held -> done      the citizen is asked which case is meant, and the words wait
     `-> dead              nobody could make anything of it: an alarm
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.extensions import db
from feedback.services import conversation, dialled, identity, phones
from feedback.services.reference import directory

MOST_ATTEMPTS = 12
FIRST_BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(hours=1)
FLOOD = 20
"""Messages from one number within an hour from which on they are a flood. Nobody who tells of a
trouble, in pieces and with afterthoughts, writes more; a phone that repeats itself, and somebody
who wants to drown the office, soon do."""
FLOOD_WITHIN = timedelta(hours=1)
SLOWED = timedelta(minutes=10)
"""How long each message of a flood waits: others go first."""
BEHIND = 2
"""Tries with which a slowed message begins, so that no other of its number waits for it."""
OPT_OUT = "opt-out:"
"""Begins the id of a stop that the gateway, and no message, brought."""


def receive(
    *,
    provider_id: str,
    sender: str,
    words: str,
    received_at: datetime,
    now: datetime,
    link_id: str | None = None,
    network_code: str | None = None,
    asked: dict[str, str] | None = None,
) -> None:
    """Store an SMS under the gateway's id (principal: hook); a known id changes nothing.

    asked: an act that was chosen from a menu, with its reference and language.
    """
    row = uuid4()
    number = identity.normalise_number(sender)
    db.session.execute(
        insert(m.InboundMessage)
        .values(
            id=row,
            provider_id=provider_id,
            link_id=link_id,
            network_code=network_code,
            sender=identity.seal(number or sender, f"inbound:{row}:sender"),
            words=identity.seal(words, f"inbound:{row}:words"),
            number_hash=identity.number_hash(number or sender),
            received_at=received_at,
            state="new",
            attempts=0,
            next_attempt_at=now,
            asked=asked,
        )
        .on_conflict_do_nothing()
    )


def made_up_id(sender: str, words: str, date: str) -> str:
    """An id for a message that came without one: the same again for its repetition.

    Keyed, because numbers and short texts could be guessed from a plain hash.
    """
    content = sha256("\0".join((sender, words, date)).encode()).hexdigest()
    return f"made-up:{identity.number_hash(content).hex()}"


def opt_out(sender: str, code: str, now: datetime) -> None:
    """A stop of the citizen's that the gateway tells of: stored and acted on like an SMS."""
    receive(
        provider_id=OPT_OUT + made_up_id(sender, code, f"{now:%FT%H:%M}"),
        sender=sender,
        words="STOP",
        received_at=now,
        now=now,
    )


def take(now: datetime) -> UUID | None:
    """The next message to process; its attempt counts from here, whatever becomes of it.

    One that a later message of the same phone may refer to goes first, but only for its first
    tries: a message that cannot be processed holds up nothing.
    """
    earlier = aliased(m.InboundMessage)
    row = db.session.scalars(
        select(m.InboundMessage)
        .where(
            m.InboundMessage.state.in_(("new", "held")),
            m.InboundMessage.next_attempt_at <= now,
            ~exists().where(
                earlier.state == "new",
                earlier.number_hash == m.InboundMessage.number_hash,
                earlier.received_at < m.InboundMessage.received_at,
                earlier.attempts <= 1,
            ),
        )
        .order_by(m.InboundMessage.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=m.InboundMessage)
    ).one_or_none()
    if row is None:
        return None
    row.attempts += 1
    row.next_attempt_at = now + min(FIRST_BACKOFF * 2 ** (row.attempts - 1), LONGEST_BACKOFF)
    return row.id


def spoil(inbound_id: UUID, error: str, now: datetime) -> None:
    """Note a failed try by its class; after the last the message is dead and raises an alarm."""
    row = db.session.get(m.InboundMessage, inbound_id, with_for_update=True)
    if row is None or row.state not in ("new", "held"):
        return
    row.error = error[:100]
    if row.attempts < MOST_ATTEMPTS:
        return
    row.state = "dead"
    home = directory().institutions_by_code[current_app.config["HOME_INSTITUTION"]]
    db.session.execute(
        insert(m.Alarm)
        .values(
            dedupe=f"inbound:{inbound_id}",
            kind="inbound_dead",
            institution_id=home.id,
            cycle=1,
            at=now,
        )
        .on_conflict_do_nothing()
    )


def process(inbound_id: UUID, now: datetime) -> str | None:
    """Act on a message once (principal: job); answers what it was, None when it was done before.

    Messages of one phone take turns, before their rows are locked: the second may speak of the case
    that the first makes, and an answer settles what was kept for it.
    """
    number_hash = db.session.scalars(
        select(m.InboundMessage.number_hash).where(m.InboundMessage.id == inbound_id)
    ).one_or_none()
    if number_hash is None:
        return None
    lock = int.from_bytes(bytes(number_hash)[:8], "big", signed=True)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
    row = db.session.get(m.InboundMessage, inbound_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("new", "held"):
        return None
    if row.state == "held":
        row.case_id = conversation.without_answer(conversation.read(row), now)
        row.state, row.error = "done", None
        return "unanswered"
    flooding = _floods(row)
    sms = conversation.read(row, flooding=flooding, silent=row.provider_id.startswith(OPT_OUT))
    if flooding and sms.said.intent not in conversation.AT_ONCE and now < row.received_at + SLOWED:
        row.next_attempt_at, row.attempts = row.received_at + SLOWED, BEHIND
        return "slowed"
    if sms.number is not None:
        phones.remember(sms.number_hash, now)
    begun = None if row.asked else dialled.begun(sms.number, sms.said.body, sms.received_at)
    row.case_id = conversation.act(sms, now) if begun is None else _begun(sms, begun, now)
    row.state, row.error = "done", None
    if sms.kept:
        row.state, row.next_attempt_at = "held", now + conversation.KEPT_FOR
    return str(sms.said.intent)


def _begun(sms: conversation.Sms, begun: dialled.Begun, now: datetime) -> UUID | None:
    """The words of a case whose kind, institution and level were chosen by USSD."""
    if not begun.words.strip():
        conversation.reply(sms, "dialled_without_words", now)
        return None
    return dialled.lodge(begun, sms.received_at).case_id


def _floods(row: m.InboundMessage) -> bool:
    """Whether too many messages of this number came within the hour before this one."""
    before = (
        select(m.InboundMessage.id)
        .where(
            m.InboundMessage.number_hash == row.number_hash,
            m.InboundMessage.received_at > row.received_at - FLOOD_WITHIN,
            m.InboundMessage.received_at <= row.received_at,
        )
        .limit(FLOOD + 1)
        .subquery()
    )
    return (db.session.scalar(select(func.count()).select_from(before)) or 0) > FLOOD
