"""An officer's SMS: who wrote it, whether the PIN is right, and the act in the officer's own name.

Three transactions. The worker's first one checks the PIN, takes it out of what is kept and notes
that it was right (`officer_command`). The second is the officer's own, under the web role: the
policies and `rules.access` decide as they do in the browser, and the note is marked done together
with the act, so that a message processed again acts no second time. The last one answers by SMS
and lets the message go. Like `outbox.deliver` this is therefore the edge itself.

Open cases only: of any other, as of one that the officer may not act on or that does not exist,
the answer is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, officer_commands, workflow
from feedback.rules.access import Level
from feedback.rules.officer_commands import Command, Verb
from feedback.services import (
    acts,
    audit,
    day_lists,
    desk,
    identity,
    marks,
    officer_phones,
    outbox,
    reassignment,
    viewers,
)
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction

FREE = 2
"""Wrong PINs in a row before a wait."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MOST_WRONG = 8
"""Wrong PINs in a row at which the phone is locked."""

# What the officer must be allowed to do, and what the SMS then says.
NEEDS = {
    Verb.ACKNOWLEDGE: workflow.Verb.ACKNOWLEDGE,
    Verb.ASK: workflow.Verb.ASK,
    Verb.ANSWER: workflow.Verb.ANSWER,
    Verb.REASSIGN: workflow.Verb.NOTE,
}
SAYS = {
    Verb.ACKNOWLEDGE: "officer_acknowledged",
    Verb.ASK: "officer_asked",
    Verb.ANSWER: "officer_answered",
    Verb.REASSIGN: "officer_reassign",
}


@dataclass(frozen=True, slots=True)
class _Reply:
    """What is answered: a text, its values, and words that stand in it."""

    template: str
    reference: str = ""
    words: str | None = None


@dataclass(frozen=True, slots=True)
class _Proven:
    """A command whose PIN was right."""

    officer: int
    command: Command


def process(inbound_id: UUID, now: datetime) -> bool:
    """Act on an SMS if it is an officer's command; False leaves it to the citizens' path."""
    with transaction(JOB):
        found = _receive(inbound_id, now)
    if not isinstance(found, _Proven):
        return found
    reply = _perform(inbound_id, found, now)
    with transaction(JOB):
        row = db.session.get(m.InboundMessage, inbound_id, with_for_update=True)
        if row is not None and row.state == "new":
            _close(row, reply, found.command.language, now, dedupe=f"officer:{row.id}")
    return True


def _receive(inbound_id: UUID, now: datetime) -> _Proven | bool:
    """Whether it is a command, and whether its PIN is right. True: it is settled already.

    What waits for the answer to "which case?", and what was chosen from a menu, is a citizen's.
    """
    row = db.session.get(m.InboundMessage, inbound_id, with_for_update=True)
    if row is None or row.state in ("done", "dead"):
        return True
    if row.state != "new" or row.asked:
        return False
    phone = db.session.scalars(
        select(m.OfficerPhone)
        .where(
            m.OfficerPhone.number_hash == row.number_hash, m.OfficerPhone.confirmed_at.is_not(None)
        )
        .with_for_update()
    ).one_or_none()
    proven = db.session.get(m.OfficerCommand, inbound_id)
    if phone is None and proven is None:
        return False
    words = identity.unseal(row.words, f"inbound:{row.id}:words").replace("\0", "")
    if proven is not None:
        command = officer_commands.proven(words)
        return _Proven(proven.officer_id, command) if command else False
    command = officer_commands.parse(words)
    if command is None or phone is None or _is_the_citizens(row, command):
        return False
    problem = _problem(phone, command, now)
    if problem is not None:
        # Counted with the automatic replies to a number, which whoever forges it can provoke.
        _close(row, problem, command.language, now, dedupe=f"reply:{row.id}")
        return True
    row.words = identity.seal(command.without_pin, f"inbound:{row.id}:words")
    db.session.execute(
        insert(m.OfficerCommand).values(
            inbound_id=row.id, officer_id=phone.officer_id, verb=command.verb.value, at=now
        )
    )
    return _Proven(phone.officer_id, command)


def _is_the_citizens(row: m.InboundMessage, command: Command) -> bool:
    """Whether the officer, who filed this case as a citizen, writes to it without a PIN."""
    if command.pin is not None or command.reference is None:
        return False
    filed = (
        select(m.Case.id)
        .join(m.SealedIdentity, m.SealedIdentity.case_id == m.Case.id)
        .where(
            m.Case.reference == command.reference,
            m.SealedIdentity.number_hash == row.number_hash,
        )
    )
    return db.session.scalars(filed.limit(1)).first() is not None


def _problem(phone: m.OfficerPhone, command: Command, now: datetime) -> _Reply | None:
    """Why nothing is done: no PIN, a wrong one, a wait, a lock. None: the PIN is right."""
    if command.pin is None:
        return _Reply("officer_no_pin")
    if phone.pin_hash is None:
        return _Reply("officer_locked")
    if phone.failed_at is not None and now < phone.failed_at + _wait(phone.failures):
        return _Reply("officer_wait")
    if officer_phones.is_pin(phone.officer_id, phone.pin_hash, command.pin):
        phone.failures, phone.failed_at = 0, None
        return None
    phone.failures, phone.failed_at = phone.failures + 1, now
    audit.record("officer_pin_wrong", now=now, officer=phone.officer_id, failures=phone.failures)
    if phone.failures < MOST_WRONG:
        return _Reply("officer_wrong_pin")
    phone.pin_hash = None
    marks.notices([phone.officer_id], "officer_pin_locked", None, now)
    audit.record("officer_pin_locked", now=now, officer=phone.officer_id)
    return _Reply("officer_locked")


def _wait(failures: int) -> timedelta:
    if failures <= FREE:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << failures - FREE - 1), LONGEST_WAIT)


def _perform(inbound_id: UUID, found: _Proven, now: datetime) -> _Reply:
    """The act, in the officer's own name."""
    command = found.command
    officer = Principal.of_officer(found.officer, channel="sms")
    unknown = _Reply("officer_unknown", command.reference or "")
    try:
        with transaction(officer):
            if not _mark_done(inbound_id, found.officer, now):
                return _done_before(inbound_id, found, now)
            if command.verb is Verb.LIST:
                return _listed(command.language, now)
            _act(command, now)
            return _Reply(SAYS[command.verb], command.reference or "")
    except Refused as refused:
        if refused.code in ("empty", "too-long"):
            return _Reply("officer_no_words", command.reference or "")
        if refused.code == "not-found":
            return unknown
        return _Reply("officer_not_now", command.reference or "")


def _mark_done(inbound_id: UUID, officer_id: int, now: datetime) -> bool:
    """Whether this is the first time; the mark stands or falls with the act."""
    marked = db.session.execute(
        update(m.OfficerCommand)
        .where(
            m.OfficerCommand.inbound_id == inbound_id,
            m.OfficerCommand.officer_id == officer_id,
            m.OfficerCommand.done_at.is_(None),
        )
        .values(done_at=now)
        .returning(m.OfficerCommand.inbound_id)
    )
    return marked.one_or_none() is not None


def _done_before(inbound_id: UUID, found: _Proven, now: datetime) -> _Reply:
    """The answer to what was done in an earlier try; to an officer without an account, nothing."""
    note = db.session.get(m.OfficerCommand, inbound_id)
    command = found.command
    if note is None:
        return _Reply("officer_unknown", command.reference or "")
    if command.verb is Verb.LIST:
        return _listed(command.language, now)
    return _Reply(SAYS[command.verb], command.reference or "")


def _listed(language: str, now: datetime) -> _Reply:
    audit.record("listed", now=now)
    words = day_lists.words(acts.officer(), language)
    return _Reply("officer_list" if words else "officer_list_empty", words=words or None)


def _act(command: Command, now: datetime) -> None:
    """Do it. Refused: not-found where there is no open case of that reference on which this officer
    may act, or as the verb itself says."""
    case = db.session.scalars(
        select(m.Case.id).where(m.Case.reference == (command.reference or ""))
    ).one_or_none()
    if case is None:
        raise Refused("not-found")
    locked = acts.locked(case)
    facts = viewers.facts(locked)
    if facts.level is not Level.OPEN or not access.may_act(
        viewers.present(), facts, NEEDS[command.verb]
    ):
        raise Refused("not-found")
    match command.verb:
        case Verb.ACKNOWLEDGE:
            desk.acknowledge(locked.id, now)
        case Verb.ASK:
            desk.ask(locked.id, command.words, now)
        case Verb.ANSWER:
            desk.answer(locked.id, command.words, now)
        case _:
            if facts.handler != acts.officer():
                raise Refused("not-found")
            reassignment.ask_for(locked.id, command.words, now)


def _close(
    row: m.InboundMessage, reply: _Reply, language: str, now: datetime, *, dedupe: str
) -> None:
    """Answer, and let number and words of the message go: what it said stands with the case."""
    number = identity.normalise_number(identity.unseal(row.sender, f"inbound:{row.id}:sender"))
    if number is not None:
        outbox.owe(
            dedupe,
            reply.template,
            case_id=None,
            language=language,
            values={"reference": reply.reference},
            words=reply.words,
            now=now,
            recipient=number,
            priority=0,
        )
    row.state, row.error = "done", None
    row.sender = row.words = row.number_hash = b""
