"""What the citizen gets of an office's words, by each way that it goes.

Written by the same functions as what is sent: the text that an administrator made of it, the cut
of a long one, and the notice in place of words that wait because the case is not open.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask import current_app

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.rules.ussd import screens
from feedback.services import leasing, mailing, texts
from feedback.services.errors import Refused


@dataclass(frozen=True, slots=True)
class Sms:
    """The SMS. kept: how many characters of the words are in it; None where all are, or none may
    be, since the case is not open."""

    text: str
    parts: int
    kept: int | None


@dataclass(frozen=True, slots=True)
class Mail:
    """The e-mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Words as they arrive. sms, mail: None where nothing goes that way. waits: neither carries the
    words. web: the words on the page of the case, behind the receipt code. dialled: the screens of
    a phone's menu that show them, behind the code as well; none where there is no menu."""

    language: str
    waits: bool
    sms: Sms | None
    mail: Mail | None
    web: str
    dialled: list[str]


def of(case_id: UUID, template: str, words: str) -> Preview:
    """The preview of an `answer` or a `question`; Refused: not-found."""
    case = db.session.get(m.Case, case_id)
    if case is None:
        raise Refused("not-found")
    waits = case.confidentiality != Level.OPEN
    name, said = (f"{template}_waits", None) if waits else (template, words)
    values = {"reference": case.reference}
    ways = mailing.ways(case, name)
    sms = leasing.written(name, case.language, values, said) if "sms" in ways else None
    mail = mailing.written(name, case.language, values, said) if "email" in ways else None
    return Preview(
        case.language,
        waits,
        Sms(sms, texts.parts(sms), _kept(sms, said)) if sms is not None else None,
        Mail(*mail) if mail is not None else None,
        words,
        screens.text_pages(words, case.language) if current_app.config["USSD_CODE"] else [],
    )


def _kept(sms: str, words: str | None) -> int | None:
    """How many characters of the words an SMS holds; None where it holds them all."""
    said = " ".join(texts.to_gsm(words or "").split())
    if said in sms:
        return None
    most = min(len(said), len(sms))
    while most and said[:most] + texts.CUT not in sms:
        most -= 1
    return most
