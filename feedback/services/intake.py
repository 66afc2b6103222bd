"""From an SMS that came in to the right verb.

The hook stores what came (`receive`); a worker takes one message at a time (`take`), acts on it
(`process`) and, where that fails, lets this one alone wait for its next try (`spoil`). One message
makes one case however often it is processed, since the submission id derives from its row's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

import structlog
from flask import current_app
from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.extensions import db
from feedback.rules import phrases, routing, workflow
from feedback.rules.access import Level
from feedback.rules.phrases import Intent, Parsed
from feedback.services import (
    acts,
    audit,
    cases,
    citizen,
    desk,
    identity,
    outbox,
    reissue,
)
from feedback.services.errors import Refused
from feedback.services.reference import directory

log = structlog.get_logger()

MOST_ATTEMPTS = 12
FIRST_BACKOFF = timedelta(seconds=30)
LONGEST_BACKOFF = timedelta(hours=1)
SUBMISSION = UUID("5f0a6c9e-6f0b-4d6c-9d7e-3f0f4f1f8a11")  # the namespace of submission ids
OPEN = tuple(status.value for status in workflow.OPEN)


@dataclass(frozen=True, slots=True)
class _Sms:
    """A message as unsealed for this one act. `number` is None where no reply can be sent."""

    id: UUID
    number: str | None
    said: Parsed
    received_at: datetime


def receive(
    *,
    provider_id: str,
    sender: str,
    words: str,
    received_at: datetime,
    now: datetime,
    link_id: str | None = None,
    network_code: str | None = None,
) -> None:
    """Store an SMS under the gateway's id (principal: hook); a known id changes nothing."""
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
        )
        .on_conflict_do_nothing()
    )


def made_up_id(sender: str, words: str, date: str) -> str:
    """An id for a message that came without one: the same again for its repetition.

    Keyed, because numbers and short texts could be guessed from a plain hash.
    """
    content = sha256("\0".join((sender, words, date)).encode()).hexdigest()
    return f"made-up:{identity.number_hash(content).hex()}"


def take(now: datetime) -> UUID | None:
    """The next message to process; its attempt counts from here, whatever becomes of it.

    One that a later message of the same phone may refer to goes first, but only for its first
    tries: a message that cannot be processed holds up nothing.
    """
    earlier = aliased(m.InboundMessage)
    row = db.session.scalars(
        select(m.InboundMessage)
        .where(
            m.InboundMessage.state == "new",
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
    if row is None or row.state != "new":
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
    """Act on a message once (principal: job); answers what it was, None when it was done before."""
    row = db.session.get(m.InboundMessage, inbound_id, with_for_update=True)
    if row is None or row.state != "new":
        return None
    # Messages of one phone take turns: the second may speak of the case that the first makes.
    lock = int.from_bytes(bytes(row.number_hash)[:8], "big", signed=True)
    db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
    sender = identity.unseal(row.sender, f"inbound:{row.id}:sender")
    words = identity.unseal(row.words, f"inbound:{row.id}:words").replace("\0", "")
    gazetteer = directory().gazetteer
    said = phrases.parse(words, lambda t: routing.names_only(t, gazetteer) is not None)
    sms = _Sms(row.id, identity.normalise_number(sender), said, row.received_at)
    row.case_id = _act(sms, now)
    row.state, row.error = "done", None
    return str(said.intent)


def _act(sms: _Sms, now: datetime) -> UUID | None:
    """The case that the message was about or made, if any."""
    match sms.said.intent:
        case Intent.EMPTY | Intent.HELP:
            _reply(sms, "help", now)
            return None
        case Intent.STATUS:
            return _status(sms, now)
        case Intent.RECEIPT_CODE:
            return _receipt_code(sms, now)
        case Intent.SATISFIED | Intent.NOT_FIXED:
            return _verdict(sms, now)
        case Intent.ADD:
            return _add(sms, now)
        case Intent.INSTITUTION:
            return _institution(sms, now)
        case _:
            return _new_words(sms, now)


def _status(sms: _Sms, now: datetime) -> UUID | None:
    case = _own_case(sms)
    if case is None:
        _unknown(sms, now)
        return None
    due = case.due_at.isoformat() if case.status in OPEN else ""
    _reply(sms, "status", now, case, status=case.status, due=due)
    return case.id


def _receipt_code(sms: _Sms, now: datetime) -> UUID | None:
    """A new code each time: whoever holds an older one is shut out."""
    case = _own_case(sms)
    if case is None:
        _unknown(sms, now)
        return None
    reissue.send_again(case, sms.said.language, f"reply:{sms.id}", now, sms.number)
    return case.id


def _verdict(sms: _Sms, now: datetime) -> UUID | None:
    """Satisfied, or not fixed: that verb itself tells the citizen what follows."""
    case = _own_case(sms, statuses=("answered",))
    if case is None:
        _unknown(sms, now)
        return None
    try:
        if sms.said.intent is Intent.SATISFIED:
            citizen.accept(case.id, None, now)
            _reply(sms, "closed", now, case)
        elif case.status in OPEN:
            # Reopened already, or not answered yet: how it stands is all there is to say.
            _reply(sms, "status", now, case, status=case.status, due=case.due_at.isoformat())
        else:
            citizen.not_fixed(case.id, sms.said.body, now)
    except Refused:
        _reply(sms, "not_possible", now, case)
    return case.id


def _add(sms: _Sms, now: datetime) -> UUID | None:
    """More words for a case; SIRI with them, or alone, makes the case confidential."""
    case = _own_case(sms, statuses=() if sms.said.reference else OPEN)
    if case is None:
        _unknown(sms, now)
        return None
    try:
        if sms.said.secret and (case.confidentiality == Level.OPEN or case.cautious):
            citizen.raise_confidentiality(case.id, Level.CONFIDENTIAL.value, now)
        if sms.said.reference is None:
            _reply(sms, "made_confidential", now, case)
        else:
            citizen.add_message(case.id, sms.said.body, now)
            _reply(sms, "added", now, case)
    except Refused:
        _reply(sms, "not_possible", now, case)
    return case.id


def _institution(sms: _Sms, now: datetime) -> UUID | None:
    """The answer to "which institution?": the newest case in triage goes there, its clock runs on.

    Without such a case the words are a message like any other.
    """
    case = next((c for c in _cases_of(sms) if c.triage and c.status in OPEN), None)
    if case is None:
        return _new_words(sms, now)
    d = directory()
    match = routing.names_only(sms.said.body, d.gazetteer) or routing.find_institution(
        sms.said.body, d.gazetteer, case.place or ""
    )
    target = d.institutions_by_code.get(match.code) if match else None
    if target is None:
        _reply(sms, "institution_unclear", now, case)
        return case.id
    case = acts.locked(case.id)
    level = _level_without_caution(case)
    category = d.categories.get(case.category_id or 0)
    audit.record("classified_by_citizen", case.id, now=now, to=target.id)
    desk.reroute(
        case,
        target.id,
        d.unit_for(target.id, category),
        level,
        acts.status_after(case, workflow.Verb.TRANSFER),
        sms.said.body,
        now,
    )
    return case.id


def _level_without_caution(case: m.Case) -> str:
    """The level the case would have had, had the citizen named the institution at once."""
    return Level.OPEN.value if case.cautious else case.confidentiality


def _new_words(sms: _Sms, now: datetime) -> UUID | None:
    """A new case; or the answer to the office's question that the phone's only case waits for."""
    waiting = [c for c in _cases_of(sms) if c.status in OPEN]
    first = routing.normalise(sms.said.body).partition(" ")[0]
    if (
        len(waiting) == 1
        and waiting[0].status == workflow.Status.WAITING_CITIZEN
        and first not in phrases.KINDS
    ):
        citizen.add_message(waiting[0].id, sms.said.body, now)
        _reply(sms, "added", now, waiting[0])
        return waiting[0].id
    receipt = cases.lodge(
        uuid4(),
        cases.Lodging(
            submission_id=uuid5(SUBMISSION, sms.id.hex),
            channel="sms",
            kind=sms.said.kind or "complaint",
            language=sms.said.language,
            body=sms.said.body,
            confidentiality=Level.CONFIDENTIAL.value if sms.said.secret else None,
            anonymous=sms.said.anonymous,
            phone=sms.number,
        ),
        # The clock begins when the gateway had the message, even if no worker ran meanwhile.
        sms.received_at,
    )
    if receipt.triage and sms.number:
        outbox.say_instead(f"received:{receipt.case_id}", "received_triage_question")
    return receipt.case_id


def _cases_of(sms: _Sms) -> list[m.Case]:
    """The cases filed from this phone, the newest first."""
    if sms.number is None:
        return []
    return list(
        db.session.scalars(
            select(m.Case)
            .join(m.SealedIdentity, m.SealedIdentity.case_id == m.Case.id)
            .where(m.SealedIdentity.number_hash == identity.number_hash(sms.number))
            .order_by(m.Case.received_at.desc(), m.Case.id)
            .limit(50)
        )
    )


def _own_case(sms: _Sms, statuses: tuple[str, ...] = ()) -> m.Case | None:
    """The case meant, if it was filed from this phone; without a reference the newest one.

    statuses: which of them come first when no reference was given.
    """
    if sms.said.reference is None:
        own = _cases_of(sms)
        return next((c for c in own if not statuses or c.status in statuses), None)
    case = db.session.scalars(
        select(m.Case).where(m.Case.reference == sms.said.reference)
    ).one_or_none()
    if case is None or sms.number is None or not identity.is_number_of(case.id, sms.number):
        return None
    return case


def _unknown(sms: _Sms, now: datetime) -> None:
    """The same answer for a reference that does not exist and for another phone's."""
    _reply(sms, "unknown_reference", now)


def _reply(
    sms: _Sms, template: str, now: datetime, case: m.Case | None = None, **values: str
) -> None:
    """One answer to this phone; a message processed again owes nothing new."""
    if sms.number is None or not identity.is_served(sms.number):
        return
    if case is not None:
        values["reference"] = case.reference
    outbox.owe(
        f"reply:{sms.id}",
        template,
        case_id=case.id if case else None,
        language=sms.said.language,
        values=values,
        now=now,
        recipient=sms.number,
        priority=0,
    )
