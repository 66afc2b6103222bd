"""The proof of a filing by SMS: the citizen asks for it, and an office checks it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from feedback import models as m
from feedback.extensions import db
from feedback.rules import workflow
from feedback.services import proofs, texts
from feedback.services.conversation.sms import Sms, reply
from feedback.services.conversation.which import OPEN, candidates, one_of
from feedback.services.reference import directory
from feedback.services.tries import Wait

RUNNING = (*OPEN, workflow.Status.ANSWERED)


def send(sms: Sms, now: datetime) -> UUID | None:
    """Proof code and a new PIN: to the phone that filed the case, or to any one that gives the
    receipt code."""
    if sms.said.codes and sms.said.reference is not None:
        return _with_code(sms, sms.said.reference, sms.said.codes[0], now)
    statuses = tuple(status.value for status in workflow.Status)
    case = one_of(sms, candidates(sms, RUNNING) or candidates(sms, statuses)[:1], now)
    if case is None:
        return None
    send_to(sms, case, now)
    return case.id


def send_to(sms: Sms, case: m.Case, now: datetime) -> None:
    """The proof of this case to the phone that wrote."""
    if sms.number is not None:
        proofs.send(case, sms.number, sms.language, sms.answer, now)


def _with_code(sms: Sms, reference: str, code: str, now: datetime) -> UUID | None:
    found = proofs.case_of(reference, code, now, sms.number or "")
    if isinstance(found, Wait):
        reply(sms, "proof_wait", now, seconds=str(found.seconds))
        return None
    if found is None:
        reply(sms, "unknown_reference", now)
        return None
    # The case is not of this phone: what it wrote is not kept with it.
    send_to(sms, db.session.get_one(m.Case, found), now)
    return None


def verify(sms: Sms, now: datetime) -> None:
    """What a proof tells to whoever gives its code and PIN. It is on record with the case, and the
    phone that asked is not."""
    code, secret = sms.said.codes
    # Without a PIN nothing was tried.
    told = proofs.check(code, secret, now, caller=sms.number or "") if secret else None
    if isinstance(told, Wait):
        reply(sms, "proof_wait", now, seconds=str(told.seconds))
    elif told is None:
        reply(sms, "proof_invalid", now)
    else:
        office = directory().institutions.get(told.institution_id or 0)
        facts = texts.proof_in_words(told, office.code if office else "", sms.language)
        reply(sms, "proof_valid", now, facts=facts)
