"""Opening an identity: asked with a reason, allowed by a second person, looked at on record.

What may be done is decided by the functions of `migrations/sql/vault.sql`; here it is asked for,
recorded and told. A look takes two transactions of the edge: `record_look` is committed first,
and only `look`, in the next one, can read the sealed values, under that entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from feedback import models as m
from feedback import transaction
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.services import acts, audit, identity, marks
from feedback.services.errors import Refused
from feedback.services.reference import InstitutionInfo, directory

FIELDS = ("name", "phone", "email", "persons")
LONGEST_REASON = 500  # characters
WAITS = timedelta(days=3)  # for the second person
HELD_BACK = "42501"  # how the database says no


@dataclass(frozen=True, slots=True)
class Opening:
    """A request and what became of it. state: waiting, open, refused, ended or lapsed."""

    id: UUID
    officer_id: int
    officer_name: str
    role: str
    fields: list[str]
    reason: str
    state: str
    asked_at: datetime
    opened_at: datetime | None
    expires_at: datetime | None
    looks: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the present officer's yes or no."""

    id: UUID
    reference: str
    institution: InstitutionInfo
    confidentiality: str
    officer_name: str
    role: str
    fields: list[str]
    reason: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """An opening as the citizen is told of it."""

    role: str
    opened_at: datetime
    reason: str
    fields: list[str]
    looks: int


def level_of(case_id: UUID) -> str:
    """How confidential the case is; Refused("not-found") for who may not see it."""
    case = db.session.get(m.Case, case_id)
    if case is None:
        raise Refused("not-found")
    return case.confidentiality


def may_open(case_id: UUID) -> str | None:
    """In which capacity the present officer may ask; None: in none."""
    role: str | None = db.session.scalar(text("SELECT guard.may_open(:case)"), {"case": case_id})
    return role


def fields_of(case_id: UUID) -> list[str]:
    """Which values the vault holds, for one who may ask (or for the citizen).

    A number from which a citizen wrote without a name is for the relay alone.
    """
    held = set(db.session.scalars(text("SELECT guard.vault_fields(:case)"), {"case": case_id}))
    if "phone" in held and transaction.current().officer is not None:
        case = db.session.get(m.Case, case_id)
        if case is not None and case.anonymous:
            held.discard("phone")
    return [field for field in FIELDS if field in held]


def ask(case_id: UUID, fields: list[str], reason: str, now: datetime) -> UUID:
    """Ask to see some values of one case. An ordinary case opens at once, for an hour.

    Refused: not-found, not-allowed, empty, too-long, bad-target (no field of the case), too-many
    (a request of this officer waits or runs already).
    """
    case = acts.locked(case_id)
    role = may_open(case_id)
    if role is None:
        raise Refused("not-allowed")
    reason = acts.words(reason).strip()
    if len(reason) > LONGEST_REASON:
        raise Refused("too-long")
    if not fields or not set(fields) <= set(fields_of(case_id)):
        raise Refused("bad-target")
    own = (o for o in openings(case_id, now) if o.officer_id == acts.officer())
    if any(opening.state in ("waiting", "open") for opening in own):
        raise Refused("too-many")
    opening_id = uuid4()
    opened = _call(
        "SELECT guard.ask_opening(:id, :case, :fields, :reason, :now)",
        id=opening_id,
        case=case_id,
        fields=fields,
        reason=identity.seal(reason, _place(opening_id)),
        now=now,
    )
    audit.record("identity_asked", case_id, now=now, **_details(opening_id, role, fields))
    if not opened and role == "handler":
        marks.notices(_heads(case), "identity_asked", case_id, now, str(opening_id))
    return opening_id


def decide(opening_id: UUID, allow: bool, now: datetime) -> None:
    """The second person's yes or no. Refused: not-allowed."""
    opening = _opening(opening_id)
    asker, case_id, role = opening.officer_id, opening.case_id, opening.role
    _call("SELECT guard.decide_opening(:id, :allow, :now)", id=opening_id, allow=allow, now=now)
    act = "identity_allowed" if allow else "identity_refused"
    audit.record(act, case_id, now=now, **_details(opening_id, role, opening.fields))
    marks.notices([asker], act, case_id, now, str(opening_id))


def end(opening_id: UUID, now: datetime) -> None:
    """End an opening before its time, or take a request back. Refused: not-allowed."""
    opening = _opening(opening_id)
    case_id, role, fields = opening.case_id, opening.role, opening.fields
    _call("SELECT guard.end_opening(:id, :now)", id=opening_id, now=now)
    audit.record("identity_closed", case_id, now=now, **_details(opening_id, role, fields))


def record_look(opening_id: UUID, now: datetime) -> UUID:
    """Put a look on record, before it is made; answers the entry. The caller commits, and then
    calls `look` in a transaction of its own. Refused: not-allowed."""
    opening = _opening(opening_id)
    if opening.officer_id != acts.officer() or _state(opening, now) != "open":
        raise Refused("not-allowed")
    details = _details(opening_id, opening.role, opening.fields)
    row = audit.entry("identity_looked", opening.case_id, now, details)
    db.session.execute(insert(m.AuditEntry).values(row))
    entry_id: UUID = row["id"]
    return entry_id


def look(opening_id: UUID, entry_id: UUID, now: datetime) -> dict[str, str]:
    """The values themselves, by field. entry_id, now: of `record_look`, which must be committed.
    Refused: not-allowed (no running opening of this officer, or no entry of this look)."""
    case_id = _opening(opening_id).case_id
    try:
        rows = db.session.execute(
            text("SELECT field, sealed FROM guard.read_identity(:id, :entry, :now)"),
            {"id": opening_id, "entry": entry_id, "now": now},
        ).all()
    except ProgrammingError as error:
        raise _refused(error) from None
    found = {row.field: identity.unseal(row.sealed, f"case:{case_id}:{row.field}") for row in rows}
    return {field: found[field] for field in FIELDS if field in found}


def openings(case_id: UUID, now: datetime) -> list[Opening]:
    """The requests of a case that the present officer may know of, the latest first."""
    rows = db.session.execute(
        select(m.IdentityOpening, m.Officer.name)
        .join(m.Officer, m.Officer.id == m.IdentityOpening.officer_id)
        .where(m.IdentityOpening.case_id == case_id)
        .order_by(m.IdentityOpening.asked_at.desc(), m.IdentityOpening.id)
        .execution_options(populate_existing=True)
    )
    return [
        Opening(
            o.id,
            o.officer_id,
            name,
            o.role,
            [field for field in FIELDS if field in o.fields],
            _reason(o.id, o.reason),
            _state(o, now),
            o.asked_at,
            o.opened_at,
            o.expires_at,
            o.looks,
        )
        for o, name in rows
    ]


def to_decide(now: datetime) -> list[Waiting]:
    """What waits for the present officer as the second person, the longest waiting first."""
    institutions = directory().institutions
    rows = db.session.execute(text("SELECT * FROM guard.openings_to_decide(:now)"), {"now": now})
    return [
        Waiting(
            row.id,
            row.reference,
            institutions[row.institution_id],
            row.confidentiality,
            row.officer_name,
            row.role,
            [field for field in FIELDS if field in row.fields],
            _reason(row.id, row.reason),
            row.asked_at,
        )
        for row in rows
    ]


def told(case_id: UUID) -> list[Told]:
    """Every opening of the citizen's own case (principal: public), the first one first."""
    rows = db.session.scalars(
        select(m.IdentityOpening)
        .where(m.IdentityOpening.case_id == case_id, m.IdentityOpening.opened_at.is_not(None))
        .order_by(m.IdentityOpening.opened_at, m.IdentityOpening.id)
    )
    return [
        Told(row.role, row.opened_at, _reason(row.id, row.reason), row.fields, row.looks)
        for row in rows
        if row.opened_at is not None
    ]


def _opening(opening_id: UUID) -> m.IdentityOpening:
    found = db.session.get(m.IdentityOpening, opening_id, populate_existing=True)
    if found is None:
        raise Refused("not-found")
    return found


def _call(statement: str, **values: object) -> object:
    try:
        return db.session.scalar(text(statement), values)
    except ProgrammingError as error:
        raise _refused(error) from None


def _refused(error: DBAPIError) -> Exception:
    if getattr(error.orig, "sqlstate", "") == HELD_BACK:
        return Refused("not-allowed")
    return error


def _state(opening: m.IdentityOpening, now: datetime) -> str:
    if opening.ended_at is not None:
        return "refused" if opening.opened_at is None and opening.decided_by else "ended"
    if opening.expires_at is not None:
        return "open" if now < opening.expires_at else "ended"
    return "waiting" if now < opening.asked_at + WAITS else "lapsed"


def _details(opening_id: UUID, role: str, fields: list[str]) -> dict[str, str | int]:
    return {"opening": str(opening_id), "role": role, "fields": ",".join(sorted(fields))}


def _place(opening_id: UUID) -> str:
    return f"opening:{opening_id}"


def _reason(opening_id: UUID, sealed: bytes) -> str:
    return identity.unseal(sealed, _place(opening_id)) if sealed else ""


def _heads(case: m.Case) -> list[int]:
    """Who holds or deputises for the head's post of the case's institution, but the excluded."""
    if case.confidentiality == Level.RESTRICTED:
        return []
    held = (
        select(m.PostHolding.officer_id)
        .join(m.Post, m.Post.id == m.PostHolding.post_id)
        .where(
            m.Post.institution_id == case.institution_id,
            m.Post.kind == "institution_head",
            m.PostHolding.until_day.is_(None),
            m.PostHolding.officer_id.not_in(acts.excluded(case.id)),
        )
    )
    return list(db.session.scalars(held))
