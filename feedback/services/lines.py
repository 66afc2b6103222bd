"""What was said in a case, as each reader may read it: the citizen, an officer, ethics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback import transaction
from feedback.extensions import db
from feedback.services import acts, identity


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it is shown."""

    kind: str
    author: str  # citizen, officer or system; joined: the citizen of a case that this one leads
    officer_name: str | None
    body: str
    at: datetime
    internal: bool
    cycle: int
    # Where it stands among everything else: `at`, but never before a message that came earlier. An
    # unknown citizen's messages carry their day alone.
    placed: datetime
    id: UUID
    # Of a joined case's citizen: the reference of that case.
    reference: str = ""
    # As those read it from whom words were covered, where this viewer reads them all.
    covered: str | None = None


def of(case: m.Case) -> list[Line]:
    """Every message the database lets this principal read, in order; directives stand apart. What
    the citizens of joined cases wrote comes last, for officers. Who may read what was covered (the
    citizen, ethics) reads it as it was written."""
    found = db.session.execute(
        select(m.Message, m.Redaction.original)
        .outerjoin(
            m.Redaction,
            (m.Redaction.message_id == m.Message.id) & m.Redaction.undone_at.is_(None),
        )
        .where(m.Message.case_id == case.id, m.Message.kind != "directive")
        .order_by(m.Message.seq)
    ).all()
    rows = [row for row, _original in found]
    names = officer_names({row.officer_id for row in rows})
    placed = accumulate((row.at for row in rows), max)
    lines = []
    for (row, original), place in zip(found, placed, strict=True):
        body = "" if row.kind == "final_letter" else acts.read(row)
        covered = None
        if original:
            covered, body = body, identity.unseal(original, f"message:{row.id}")
        lines.append(
            Line(
                row.kind,
                _author(row),
                names.get(row.officer_id or 0),
                body,
                row.at,
                row.internal,
                row.cycle,
                place,
                row.id,
                covered=covered,
            )
        )
    return [*lines, *_of_joined(case)]


def _of_joined(case: m.Case) -> list[Line]:
    """What the citizens of cases wrote that this one leads, or led while they were open."""
    if transaction.current().officer is None or case.merged_into is not None:
        return []
    rows = db.session.execute(
        select(m.Message, m.Case.reference)
        .join(m.Case, m.Case.id == m.Message.case_id)
        .where(m.Case.merged_into == case.id, m.Message.kind == "citizen")
        .order_by(m.Message.at, m.Message.id)
    )
    return [
        Line(
            row.kind,
            "joined",
            None,
            acts.read(row),
            row.at,
            row.internal,
            row.cycle,
            row.at,
            row.id,
            reference,
        )
        for row, reference in rows
    ]


def _author(row: m.Message) -> str:
    if row.kind == "final_letter":
        return "system"
    return "citizen" if row.officer_id is None else "officer"


def officer_names(ids: set[int | None]) -> dict[int, str]:
    """Names of officers by number."""
    known = {number for number in ids if number is not None}
    if not known:
        return {}
    rows = db.session.execute(select(m.Officer.id, m.Officer.name).where(m.Officer.id.in_(known)))
    return {row.id: row.name for row in rows}
