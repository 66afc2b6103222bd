"""What every act on a case has in common: lock it, check the status, write, tell, record."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from feedback import clock, transaction
from feedback import models as m
from feedback.extensions import db
from feedback.rules import workflow
from feedback.rules.access import Level
from feedback.services import groups, identity, mailing, outbox
from feedback.services.cases import message_row
from feedback.services.errors import Refused

LONGEST = 5_000  # characters of one message


def locked(case_id: UUID) -> m.Case:
    """The case, locked for this transaction; Refused("not-found") when it may not be seen.

    The lock comes first in every act, so that two acts, or an act and a sweep, take turns. A case
    of a group is locked with all of it.
    """
    case = db.session.scalars(
        select(m.Case)
        .where(m.Case.id == case_id, func.guard.lock_group(m.Case.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if case is None:
        raise Refused("not-found")
    return case


def stamp(case: m.Case, now: datetime) -> datetime:
    """The moment kept of what the citizen does now: of an unknown one whom no number reaches, the
    day alone, in the case and in the record alike."""
    return clock.day_start(now) if unknown(case) else now


def unknown(case: m.Case) -> bool:
    """Whether nothing is held by which the citizen could be found."""
    return case.anonymous and not case.reachable


def status_after(case: m.Case, verb: workflow.Verb) -> str:
    """The status the verb leads to; Refused: not-allowed when the table has no such step, joined
    where another case leads this one, so that the act belongs there."""
    if groups.follows(case) and verb not in workflow.WHILE_JOINED:
        raise Refused("joined")
    try:
        return workflow.after(verb, workflow.Status(case.status)).value
    except workflow.NotAllowed as error:
        raise Refused("not-allowed") from error


def words(text_: str) -> str:
    """What was typed, if there is something and not too much; Refused: empty, too-long."""
    text_ = text_.replace("\x00", "")  # which no column of text can hold
    if not text_.strip():
        raise Refused("empty")
    if len(text_) > LONGEST:
        raise Refused("too-long")
    return text_


def officer() -> int:
    """The officer on whose behalf this runs."""
    number = transaction.current().officer
    if number is None:
        raise Refused("not-allowed")
    return number


def write(
    case: m.Case,
    kind: str,
    body: str,
    now: datetime,
    *,
    internal: bool = False,
    by_citizen: bool = False,
    alone: bool = False,
) -> UUID:
    """Add a message to the case; the words of a case that is not open are sealed. What an officer
    writes to the citizen goes to those of all cases that this one leads, unless `alone`."""
    shared = not (internal or by_citizen or alone)
    rows = [
        message_row(
            each.id,
            each.cycle,
            kind,
            body,
            each.confidentiality,
            now,
            officer_id=None if by_citizen else transaction.current().officer,
            internal=internal,
        )
        for each in (case, *(groups.told_with(case) if shared else ()))
    ]
    for row in rows:
        db.session.execute(insert(m.Message).values(row))
    message_id: UUID = rows[0]["id"]
    return message_id


def read(message: m.Message) -> str:
    """The words of a message, unsealed where they are sealed."""
    if message.sealed is not None:
        return identity.unseal(message.sealed, f"message:{message.id}")
    return message.body or ""


def seal_words(case_id: UUID) -> None:
    """Seal the words written while the case was open."""
    for message in db.session.scalars(
        select(m.Message).where(m.Message.case_id == case_id, m.Message.body.is_not(None))
    ):
        message.sealed = identity.seal(message.body or "", f"message:{message.id}")
        message.body = None


def end_assignment(case_id: UUID, now: datetime) -> None:
    """The present owner's time ends."""
    db.session.execute(
        update(m.Assignment)
        .where(m.Assignment.case_id == case_id, m.Assignment.ended_at.is_(None))
        .values(ended_at=now)
    )


def start_assignment(
    case_id: UUID,
    institution_id: int,
    unit_id: int,
    handler_id: int | None,
    now: datetime,
    *,
    transfer: int | None = None,
) -> None:
    """A new owner's time begins, on record with who decided it. transfer: which one of the case
    began it, if one did."""
    db.session.execute(
        insert(m.Assignment).values(
            case_id=case_id,
            institution_id=institution_id,
            unit_id=unit_id,
            handler_id=handler_id,
            by_officer_id=transaction.current().officer,
            at=now,
            transfer=transfer,
        )
    )


def move(
    case: m.Case,
    *,
    institution_id: int | None = None,
    unit_id: int | None = None,
    handler_id: int | None,
    confidentiality: str | None = None,
    status: str | None = None,
    triage: bool | None = None,
    transferred: bool = False,
) -> None:
    """Give the case another place, owner or level. Comes last: the mover may lose sight of it."""
    db.session.flush()
    db.session.execute(
        text(
            "SELECT guard.move_case(:case, :institution, :unit, :handler, :level, :status,"
            " :triage, :transfers)"
        ),
        {
            "case": case.id,
            "institution": institution_id or case.institution_id,
            "unit": unit_id or case.unit_id,
            "handler": handler_id,
            "level": confidentiality or case.confidentiality,
            "status": status or case.status,
            "triage": case.triage if triage is None else triage,
            "transfers": case.transfers + int(transferred),
        },
    )
    db.session.expire(case)


def excluded(case_id: UUID) -> list[int]:
    """Officers who may not see the case: no one assigns it to them."""
    found = db.session.scalar(text("SELECT guard.excluded(:case)"), {"case": case_id})
    return list(found or [])


def owe(
    case: m.Case,
    template: str,
    now: datetime,
    values: dict[str, str],
    words: str | None = None,
    *,
    alone: bool = False,
) -> None:
    """An SMS, an e-mail or both to the citizen, by what is sealed with the case. An office's words
    go out for an open case only; of any other the message says that they wait.

    What an officer tells goes to the citizens of all cases that this one leads, to each by the own
    ways, language, reference and due time; unless `alone`, which is for what concerns one of them.
    """
    _owe(case, template, now, values, words)
    for other in () if alone else groups.told_with(case):
        own = {"due": other.due_at.isoformat()} if "due" in values else {}
        _owe(other, template, now, values | own, words)


def _owe(
    case: m.Case, template: str, now: datetime, values: dict[str, str], words: str | None
) -> None:
    if words is not None and case.confidentiality != Level.OPEN:
        template, words = f"{template}_waits", None
    for channel in mailing.ways(case, template):
        outbox.owe(
            outbox.dedupe(f"{template}:{case.id}:{now.isoformat()}", channel),
            template,
            case_id=case.id,
            language=case.language,
            values={"reference": case.reference, **values},
            words=words,
            now=now,
            priority=0,
            channel=channel,
        )
