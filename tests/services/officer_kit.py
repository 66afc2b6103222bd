"""An officer at a phone: registers it, writes SMS, and reads what is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.services import identity, intake, officer_phones, officer_sms
from feedback.transaction import JOB, Principal, transaction
from tests.services.kit import Behind, rows

PHONE = "+255754000777"
CITIZEN = "+255712000001"
PIN = "482915"


def code_of(officer_id: int) -> str:
    """The code that was sent to an officer's phone, read from the sealed SMS."""
    with transaction(JOB):
        row = db.session.execute(
            select(m.Outbox.id, m.Outbox.words)
            .where(m.Outbox.dedupe.startswith(f"officer-code:{officer_id}:"))
            .order_by(m.Outbox.created_at.desc())
            .limit(1)
        ).one()
    return identity.unseal(row.words, f"outbox:{row.id}:words")


def register(
    officer_id: int, now: datetime, number: str = PHONE, hour: int | None = None, **more: Any
) -> None:
    """Both steps: the code is sent, and given back."""
    with transaction(Principal.of_officer(officer_id)):
        officer_phones.begin(officer_id, number, PIN, hour, now, **more)
    code = code_of(officer_id)
    with transaction(Principal.of_officer(officer_id)):
        assert officer_phones.confirm(officer_id, code, now)


@dataclass
class Phone:
    """Writes SMS as the hook stores them, and lets the worker act."""

    now: datetime
    number: str = PHONE
    sent: list[UUID] = field(default_factory=list)

    def store(self, words: str) -> UUID:
        self.now += timedelta(seconds=10)
        with transaction(Principal("hook")):
            intake.receive(
                provider_id=f"{self.number}-{len(self.sent)}",
                sender=self.number,
                words=words,
                received_at=self.now,
                now=self.now,
            )
        with transaction(JOB):
            found = db.session.scalars(
                select(m.InboundMessage.id).where(
                    m.InboundMessage.provider_id == f"{self.number}-{len(self.sent)}"
                )
            ).one()
        self.sent.append(found)
        return found

    def process(self, inbound_id: UUID) -> bool:
        """As the job does it: an officer's command, else a citizen's text."""
        taken = officer_sms.process(inbound_id, self.now)
        if not taken:
            with transaction(JOB):
                intake.process(inbound_id, self.now)
        return taken

    def says(self, words: str) -> str | None:
        """The template of the answer to a text; None where it was a citizen's."""
        inbound_id = self.store(words)
        return self.answer(inbound_id) if self.process(inbound_id) else None

    @staticmethod
    def answer(inbound_id: UUID) -> str:
        with transaction(JOB):
            return db.session.scalars(
                select(m.Outbox.template).where(m.Outbox.dedupe.endswith(f":{inbound_id}"))
            ).one()


def kept(behind: Behind, inbound_id: UUID) -> dict[str, Any]:
    """What is left of an SMS once it is settled."""
    (row,) = rows(
        behind,
        "SELECT state, sender, words, number_hash FROM inbound_message WHERE id = %s",
        inbound_id,
    )
    return row
