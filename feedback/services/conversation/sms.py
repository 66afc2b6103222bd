"""A citizen's SMS as read for one act, and the one reply to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from feedback import models as m
from feedback.rules import phrases, routing
from feedback.rules.commands import Intent
from feedback.rules.phrases import Parsed
from feedback.services import dialled, identity, outbox, phones
from feedback.services.conversation import wholes
from feedback.services.reference import directory

SUBMISSION = UUID("5f0a6c9e-6f0b-4d6c-9d7e-3f0f4f1f8a11")  # the namespace of submission ids
AT_ONCE = frozenset({Intent.STOP, Intent.START, Intent.LANGUAGE})
"""What a number may ask for, and is answered, in the middle of a flood."""


@dataclass(slots=True)
class Sms:
    """A message as unsealed for this one act. `number` is None where no reply can be sent.

    flooding: one of too many, so its reply is the one that a flood gets. silent: no reply at all.
    kept: set where the citizen is asked which case it is for. answer: under which key its reply is
    owed, once; the reply to a message that was kept is the reply to the choice.
    """

    id: UUID
    number_hash: bytes
    number: str | None
    said: Parsed
    received_at: datetime
    language: str
    flooding: bool = False
    silent: bool = False
    kept: bool = False
    answer: str = ""

    def __post_init__(self) -> None:
        self.answer = self.answer or f"reply:{self.id}"


def read(row: m.InboundMessage, *, flooding: bool = False, silent: bool = False) -> Sms:
    """Unseal a message and tell what it says."""
    gazetteer = directory().gazetteer
    words = wholes.words_of(row)
    if row.asked:
        said = dialled.parsed(row.asked, words)
    else:
        said = phrases.parse(words, lambda t: routing.names_only(t, gazetteer) is not None)
    number = identity.normalise_number(identity.unseal(row.sender, f"inbound:{row.id}:sender"))
    number_hash = bytes(row.number_hash)
    # A session was held in the language that its act is in.
    language = said.language if row.asked else ""
    language = language or said.chosen or phones.language(number_hash) or said.language
    return Sms(
        row.id, number_hash, number, said, row.received_at, language, flooding, silent or not number
    )


def reply(
    sms: Sms, template: str, now: datetime, case: m.Case | None = None, **values: str
) -> None:
    """One answer to this phone; a message processed again owes nothing new, a flood one an hour."""
    if sms.number is None or sms.silent or not identity.is_served(sms.number):
        return
    dedupe = sms.answer
    if sms.flooding and sms.said.intent not in AT_ONCE:
        template, case, values = "flood", None, {}
        dedupe = f"flood:{uuid5(SUBMISSION, sms.number_hash.hex())}:{sms.received_at:%FT%H}"
    if case is not None:
        values["reference"] = case.reference
    outbox.owe(
        dedupe,
        template,
        case_id=case.id if case else None,
        language=sms.language,
        values=values,
        now=now,
        recipient=sms.number,
        priority=0,
    )
