"""Issuing a letter: its number, what is kept of it, its file, and the proof that it is genuine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import ColumnElement, insert, select, text

from feedback import models as m
from feedback import transaction
from feedback.clock import is_day, local_day
from feedback.extensions import db
from feedback.rules import letters as rules
from feedback.services import acts, audit, identity
from feedback.services.errors import Refused
from feedback.services.letters import printing, wording
from feedback.services.letters.facts import Both, Facts, read
from feedback.services.reference import InstitutionInfo, directory

NEXT = text("SELECT guard.next_letter(:institution, :year)")
GENUINE = text("SELECT * FROM guard.genuine_letter(:hash)")


@dataclass(frozen=True, slots=True)
class Issued:
    """A letter in a list."""

    id: UUID
    number: str
    kind: str
    addressee_sw: str
    addressee_en: str
    at: datetime

    # As any other thing with a name in two languages.
    @property
    def name_sw(self) -> str:
        return self.addressee_sw

    @property
    def name_en(self) -> str:
        return self.addressee_en


def issue(
    case: m.Case,
    sender: InstitutionInfo,
    facts: Facts,
    now: datetime,
    *,
    escalation_id: UUID | None = None,
) -> UUID:
    """Give the letter its number and keep it. Of a rung's letter and of the final one there is one
    alone: whoever issues it again gets the first."""
    at = now if transaction.current().officer is not None else acts.stamp(case, now)
    day = local_day(at)
    values = {"institution": sender.id, "year": day.year}
    number: int = db.session.execute(NEXT, values).scalar_one()
    # After the number: whoever issued the same one meanwhile has been waited for.
    known = _first(facts.kind, case.id, escalation_id)
    if known is not None:
        return known
    letter_id, digest = uuid4(), facts.digest()
    addressee = _line(facts.addressee)
    token = _token(letter_id, sender.id, day, number, addressee, digest)
    row = {
        "id": letter_id,
        "institution_id": sender.id,
        "year": day.year,
        "number": number,
        "kind": facts.kind,
        "case_id": case.id,
        "escalation_id": escalation_id,
        "addressee_sw": addressee[0],
        "addressee_en": addressee[1],
        "facts": identity.seal(facts.text(), f"letter:{letter_id}"),
        "digest": digest,
        "token_hash": rules.token_hash(token),
        "officer_id": transaction.current().officer,
        "at": at,
    }
    db.session.execute(insert(m.Letter).values(row))
    audit.record("letter_issued", case.id, now=at, kind=facts.kind, number=number)
    return letter_id


def _first(kind: str, case_id: UUID, escalation_id: UUID | None) -> UUID | None:
    if kind == "reminder":
        return None
    which: ColumnElement[bool] = (
        m.Letter.escalation_id == escalation_id
        if kind == "escalation"
        else m.Letter.case_id == case_id
    )
    return db.session.scalars(select(m.Letter.id).where(m.Letter.kind == kind, which)).one_or_none()


def _line(lines: tuple[Both, ...]) -> Both:
    return ", ".join(each[0] for each in lines), ", ".join(each[1] for each in lines)


def _token(
    letter_id: UUID, institution: int, day: date, number: int, addressee: Both, digest: bytes
) -> str:
    key: bytes = current_app.config["LETTER_KEY"]
    parts = (str(letter_id), str(institution), day.isoformat(), str(number), *addressee)
    return rules.token(key, *parts, digest.hex())


def paper(
    letter_id: UUID, now: datetime, language: str = "sw", *, looked: bool = False
) -> tuple[bytes, str]:
    """The letter as a file, and the file's name: the same each time, some time after its issue
    marked as a copy. A look by an officer is recorded, unless that was done (`looked`).

    Refused: not-found; gone, where retention took what stood in it.
    """
    letter = db.session.get(m.Letter, letter_id)
    if letter is None:
        raise Refused("not-found")
    if letter.facts is None:
        raise Refused("gone")
    facts = read(identity.unseal(letter.facts, f"letter:{letter.id}"))
    if facts.digest() != bytes(letter.digest):
        raise Refused("not-found")
    if transaction.current().officer is not None and not looked:
        case = db.session.get_one(m.Case, letter.case_id)
        audit.record("looked", case.id, now=now, words=0, level=case.confidentiality)
    number, day = _number(letter.institution_id, letter.year, letter.number), local_day(letter.at)
    addressee = letter.addressee_sw, letter.addressee_en
    token = _token(
        letter.id, letter.institution_id, day, letter.number, addressee, bytes(letter.digest)
    )
    said = wording.sheet(
        facts,
        language if language in wording.LANGUAGES else "sw",
        number,
        day,
        f"{current_app.config['PUBLIC_URL']}/letters/{token}",
        copy=rules.is_copy(letter.at, now, by_day=is_day(letter.at)),
    )
    return printing.pdf(said, letter.at), f"{number.replace('/', '-')}.pdf"


def of_case(case_id: UUID, *kinds: str) -> list[Issued]:
    """The letters issued about a case that the present principal may see, the latest first."""
    rows = db.session.scalars(
        select(m.Letter)
        .where(m.Letter.case_id == case_id, m.Letter.kind.in_(kinds))
        .order_by(m.Letter.at.desc(), m.Letter.id)
    )
    return [_issued(row) for row in rows]


def of_rung(escalation_id: UUID) -> Issued | None:
    """The letter that goes to a rung, once it was issued."""
    row = db.session.scalars(
        select(m.Letter).where(
            m.Letter.escalation_id == escalation_id, m.Letter.kind == "escalation"
        )
    ).one_or_none()
    return None if row is None else _issued(row)


def _issued(row: m.Letter) -> Issued:
    return Issued(
        row.id,
        _number(row.institution_id, row.year, row.number),
        row.kind,
        row.addressee_sw,
        row.addressee_en,
        row.at,
    )


def _number(institution_id: int, year: int, number: int) -> str:
    return rules.number(directory().institutions[institution_id].code, year, number)


def genuine(typed: str) -> Issued | None:
    """The letter that a token proves genuine (principal: letter-check); None for any other.

    It is looked for by a hash of what was typed, so that the time taken tells nothing of how near
    a guess came; a row that somebody altered behind the application fits no token.
    """
    row = db.session.execute(GENUINE, {"hash": rules.token_hash(typed)}).one_or_none()
    if row is None:
        return None
    addressee = row.addressee_sw, row.addressee_en
    day = local_day(row.at)
    right = _token(row.id, row.institution_id, day, row.number, addressee, bytes(row.digest))
    if not rules.same(right, typed) or row.year != day.year:
        return None
    number = _number(row.institution_id, row.year, row.number)
    return Issued(row.id, number, row.kind, *addressee, row.at)
