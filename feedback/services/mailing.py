"""E-mail: what of the outbox goes by it to citizens, and the one letter that a row is.

The address stands in the vault; the worker opens it for the moment of sending. The link leads to
the page that asks for the secret code, which no letter ever holds: a mailbox is kept for years and
read by others, an employer's postmaster among them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlsplit
from uuid import UUID

from flask import current_app
from sqlalchemy import update

from feedback import mail
from feedback import models as m
from feedback.extensions import db
from feedback.rules import contact
from feedback.rules.access import Level
from feedback.services import audit, identity
from feedback.services.texts import letters, officer_letters

MARK = 16  # bytes of the keyed hash in an address that ends notices


class Row(Protocol):
    """What is asked of a leased row of the outbox."""

    @property
    def id(self) -> UUID: ...
    @property
    def case_id(self) -> UUID | None: ...
    @property
    def template(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def words(self) -> bytes | None: ...
    @property
    def recipient(self) -> bytes | None: ...


def is_on() -> bool:
    """Whether e-mail is sent here at all; where not, none is owed and none promised."""
    return current_app.config["SMTP"] is not None


def ways(case: m.Case, template: str) -> tuple[str, ...]:
    """By which ways the citizen of a case is told something."""
    # Who was forgotten is anonymous, and has no address any more.
    mails = case.mail if is_on() and not case.anonymous else "none"
    return contact.ways(template, reachable=case.reachable, mail=mails)


def stop_notices(case_id: UUID, now: datetime) -> None:
    """Let only what a citizen waits for go to the address of the case (principal: that case)."""
    changed = db.session.execute(
        update(m.Case)
        .where(m.Case.id == case_id, m.Case.mail == "all")
        .values(mail="direct")
        .returning(m.Case.id)
    )
    if changed.one_or_none() is not None:
        audit.record("mail_stopped", case_id, now=now)


def case_to_stop(token: str) -> UUID | None:
    """The case whose notices an address ends; None for a made-up one."""
    try:
        raw = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != 16 + MARK:
        return None
    case_id = UUID(bytes=raw[:16])
    return case_id if hmac.compare_digest(raw[16:], _mark(case_id)) else None


def letter(row: Row) -> tuple[str, mail.Letter] | str:
    """Address and letter of a row, or why it is not sent."""
    if row.case_id is None and row.recipient is not None:
        return _to_officer(row, row.recipient)
    case = db.session.get(m.Case, row.case_id) if row.case_id else None
    address = identity.email_of(case.id) if case is not None else None
    if case is None or address is None or case.mail == "none":
        return "no-address"
    direct = contact.is_direct(row.template)
    if case.mail == "direct" and not direct:
        return "stopped"
    base = current_app.config["PUBLIC_URL"]
    stop = "" if direct else f"{base}/mail/stop/{_token(case.id)}"
    template, words = row.template, None
    if row.words is not None and case.confidentiality == Level.OPEN:
        words = identity.unseal(row.words, f"outbox:{row.id}:words")
    elif row.words is not None:
        # The level was raised while the words waited: no word of this case goes by e-mail.
        template = f"{template}_waits"
    subject, text = written(
        template, row.language, {**row.values, "reference": case.reference}, words, stop
    )
    host = urlsplit(base).hostname or "localhost"
    # The same for a second copy, so that a mailbox or its owner can tell that it is one.
    return address, mail.Letter(subject, text, f"<{row.id}@{host}>", stop)


def _to_officer(row: Row, recipient: bytes) -> tuple[str, mail.Letter]:
    """A letter to an officer: address and words stand with the row, sealed."""
    words = identity.unseal(row.words or b"", f"outbox:{row.id}:words")
    if row.template == "officer_mail_code":
        words = officer_letters.code(row.language, words)
    host = urlsplit(current_app.config["STAFF_URL"]).hostname or "localhost"
    subject = officer_letters.SUBJECTS[row.template][row.language]
    address = identity.unseal(recipient, f"outbox:{row.id}:recipient")
    return address, mail.Letter(subject, words, f"<{row.id}@{host}>")


def written(
    template: str,
    language: str,
    values: Mapping[str, str],
    words: str | None = None,
    stop: str = "",
) -> tuple[str, str]:
    """Subject and text of a letter as it is sent. values: `reference` at least."""
    reference = values["reference"]
    url = f"{current_app.config['PUBLIC_URL']}/track?reference={quote(reference)}"
    text = letters.write(template, language, values, url=url, words=words, stop=stop)
    return letters.subject(language, reference), text


def _token(case_id: UUID) -> str:
    return base64.urlsafe_b64encode(case_id.bytes + _mark(case_id)).decode().rstrip("=")


def _mark(case_id: UUID) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, b"stop-mail:" + case_id.bytes, hashlib.sha256)[:MARK]
