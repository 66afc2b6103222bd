"""What another unit is asked about a case, and what it says. The handler stays responsible.

Of an open case whoever works in the unit reads what citizen and office wrote to each other; of a
confidential one the officer named reads the question and nothing else; a restricted one is not
shared in this way (services.extracts). Errors: Refused, with a code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, any_, func, insert, literal, or_, select, text, tuple_
from sqlalchemy.orm import aliased

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import deadlines, ladder
from feedback.rules.access import SERVING, Level
from feedback.rules.workflow import OPEN, Verb
from feedback.services import (
    acts,
    audit,
    desk,
    identity,
    listing,
    marks,
    owners,
    posts,
    queues,
    viewers,
)
from feedback.services.errors import Refused
from feedback.services.posts import Address
from feedback.services.reference import (
    CategoryInfo,
    Directory,
    InstitutionInfo,
    UnitInfo,
    directory,
)

MOST_DAYS = 14
"""Working days that an opinion may take."""
USUAL_DAYS = 3
BATCH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """An opinion on the page of its case: of whom it is asked, by when, and what became of it."""

    institution: InstitutionInfo | None
    unit: UnitInfo | None
    officer_name: str | None
    due_at: datetime
    answered_at: datetime | None
    declined: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """An opinion that is asked of the present officer. Of a confidential case nothing but that."""

    id: UUID
    asker: str
    asker_institution: InstitutionInfo | None
    asked_at: datetime
    due_at: datetime
    days_left: int
    late: bool
    level: str
    reference: str | None
    kind: str | None
    category: CategoryInfo | None
    place: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the case, for whoever is asked."""

    author: str  # citizen or office
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Matter:
    """What is needed for an opinion: the question, and of an open case what was written."""

    row: Waiting
    question: str
    said: Sequence[Said]


def ask(
    case_id: UUID,
    body: str,
    days: int,
    now: datetime,
    *,
    unit: tuple[str, str] | None = None,
    officer_id: int | None = None,
) -> UUID:
    """Ask a unit (codes of institution and unit, '' for the one that deals with the subject), or of
    a confidential case an officer of the institution. Refused: not-allowed, bad-target, excluded,
    nobody-there (nobody works there who may be asked), bad-days-opinion, empty, too-long."""
    case = acts.locked(case_id)
    desk.may(case, Verb.OPINION)
    body = acts.words(body)
    acts.status_after(case, Verb.OPINION)
    if not 1 <= days <= MOST_DAYS:
        raise Refused("bad-days-opinion")
    d = directory()
    if case.confidentiality == Level.OPEN:
        place = _place(case, unit, d)
        # They were never compared with the citizen's words, and are before they read them.
        owners.compare(case, now, at=place)
        told = _members(place[1], frozenset(acts.excluded(case.id)))
        if not told:
            raise Refused("nobody-there")
        officer_id = None
    elif case.confidentiality == Level.CONFIDENTIAL:
        officer = _officer(case, officer_id)
        place, told = (officer.institution_id, officer.unit_id), [officer.id]
        officer_id = officer.id
    else:
        raise Refused("not-allowed")
    opinion_id = uuid4()
    due_at = deadlines.due(d.calendar_of(place[0]), now, days)
    question_id = acts.write(case, "opinion_request", body, now, internal=True)
    db.session.execute(
        insert(m.Opinion).values(
            id=opinion_id,
            case_id=case.id,
            by_officer_id=acts.officer(),
            institution_id=place[0],
            unit_id=place[1],
            officer_id=officer_id,
            question_id=question_id,
            asked_at=now,
            due_at=due_at,
        )
    )
    marks.notices(told, "opinion_asked", case.id, now, str(opinion_id))
    audit.record("opinion_asked", case.id, now=now, to=place[1], days=days)
    return opinion_id


def _place(case: m.Case, unit: tuple[str, str] | None, d: Directory) -> tuple[int, int]:
    """Institution and unit that are asked: another unit than the one that has the case."""
    code, unit_code = unit or ("", "")
    institution = d.institutions_by_code.get(code)
    if institution is None:
        raise Refused("bad-target")
    found = d.unit_for(institution.id, d.categories.get(case.category_id or 0))
    if unit_code:
        by_code = {each.code: each.id for each in d.units_of(institution.id)}
        found = by_code.get(unit_code, 0)
    if not found or found == case.unit_id:
        raise Refused("bad-target")
    return institution.id, found


def _members(unit_id: int, excluded: frozenset[int]) -> list[int]:
    """Who works in a unit or leads it, and may be asked: who is not excluded."""
    officer, holding, post = m.Officer, m.PostHolding, m.Post
    leads = (
        select(holding.id)
        .join(post, post.id == holding.post_id)
        .where(
            holding.officer_id == officer.id,
            holding.until_day.is_(None),
            post.unit_id == unit_id,
            post.kind == "unit_head",
        )
        .exists()
    )
    works = (officer.unit_id == unit_id) & (literal("handler") == any_(officer.roles))
    found = db.session.scalars(select(officer.id).where(officer.active, or_(works, leads)))
    return [number for number in found if number not in excluded]


def _officer(case: m.Case, officer_id: int | None) -> m.Officer:
    """The one officer of the institution who is asked about a confidential case."""
    found = db.session.get(m.Officer, officer_id) if officer_id is not None else None
    if (
        found is None
        or not found.active
        or found.institution_id != case.institution_id
        or not SERVING & set(found.roles)
        or found.id in (case.handler_id, acts.officer())
    ):
        raise Refused("bad-target")
    if found.id in acts.excluded(case.id):
        raise Refused("excluded")
    return found


def of_case(case_id: UUID) -> list[Asked]:
    """The opinions asked about a case, in order (principal: an officer who sees it)."""
    d = directory()
    rows = db.session.execute(
        select(m.Opinion, m.Officer.name)
        .outerjoin(m.Officer, m.Officer.id == m.Opinion.officer_id)
        .where(m.Opinion.case_id == case_id)
        .order_by(m.Opinion.asked_at)
    )
    return [
        Asked(
            d.institutions.get(row.institution_id),
            d.units.get(row.unit_id),
            name,
            row.due_at,
            row.answered_at,
            bool(row.declined),
        )
        for row, name in rows
    ]


def waiting(after: str | None, now: datetime, limit: int = listing.PAGE) -> listing.Page:
    """Opinions asked of the present officer or of the own unit, what falls due first on top."""
    query = (
        _query()
        .where(*queues.opinions_waiting(viewers.present(), now))
        .order_by(m.Opinion.due_at, m.Opinion.id)
        .limit(limit + 1)
    )
    start = listing.decode(after)
    if start is not None:
        query = query.where(tuple_(m.Opinion.due_at, m.Opinion.id) > start)
    found = db.session.execute(query).all()
    rows = _rows(found[:limit], now)
    last = rows[-1] if len(found) > limit else None
    return listing.Page(rows, listing.encode(last.due_at, last.id) if last else None)


def _query() -> Select[Any]:
    asker = aliased(m.Officer)
    columns: list[Any] = [m.Opinion, asker.name, asker.institution_id]
    return select(*columns).join(asker, asker.id == m.Opinion.by_officer_id)


def _rows(found: Sequence[Any], now: datetime) -> list[Waiting]:
    """Opinions with what their cases let one know, in one query more however many there are."""
    d = directory()
    cases = {
        row.opinion_id: row
        for row in db.session.execute(
            text("SELECT * FROM guard.opinion_cases(:ids)"), {"ids": [each[0].id for each in found]}
        )
    }
    rows = []
    for opinion, asker, home in found:
        case = cases.get(opinion.id)
        if case is None:  # it ended, or was made stricter, a moment ago
            continue
        calendar = d.calendar_of(opinion.institution_id)
        rows.append(
            Waiting(
                opinion.id,
                asker,
                d.institutions.get(home),
                opinion.asked_at,
                opinion.due_at,
                deadlines.working_days_until(calendar, now, opinion.due_at),
                now > opinion.due_at,
                case.confidentiality,
                case.reference,
                case.kind,
                d.categories.get(case.category_id or 0),
                case.place,
            )
        )
    return rows


def _own(opinion_id: UUID, now: datetime) -> tuple[m.Opinion, Waiting]:
    """An opinion that waits for the present officer; Refused("not-found")."""
    viewer = viewers.present()
    found = db.session.execute(
        _query().where(m.Opinion.id == opinion_id, *queues.opinions_waiting(viewer, now))
    ).all()
    rows = _rows(found, now)
    if not rows:
        raise Refused("not-found")
    opinion: m.Opinion = found[0][0]
    return opinion, rows[0]


def read(opinion_id: UUID, now: datetime) -> Matter:
    """What is asked, for whoever is asked; the look is on record first. Refused: not-found."""
    opinion, row = _own(opinion_id, now)
    audit.record("looked_for_opinion", opinion.case_id, now=now, level=row.level)
    db.session.flush()
    messages = db.session.scalars(
        select(m.Message).from_statement(text("SELECT * FROM guard.opinion_said(:id)")),
        {"id": opinion_id},
    ).all()
    question = next((acts.read(each) for each in messages if each.id == opinion.question_id), "")
    said = [
        Said("citizen" if each.officer_id is None else "office", acts.read(each), each.at)
        for each in messages
        if each.id != opinion.question_id
    ]
    for each in messages:
        db.session.expunge(each)  # read for this page alone
    return Matter(row, question, said)


def give(opinion_id: UUID, body: str, now: datetime, *, declined: bool = False) -> None:
    """Give the opinion, or say why not; who asked and who has the case are told. Refused:
    not-found, not-allowed (somebody of the unit was first), empty, too-long."""
    opinion, row = _own(opinion_id, now)
    body, message_id = acts.words(body), uuid4()
    is_open = row.level == Level.OPEN
    given = db.session.scalar(
        select(
            func.guard.give_opinion(
                opinion_id,
                message_id,
                body if is_open else None,
                None if is_open else identity.seal(body, f"message:{message_id}"),
                declined,
                now,
            )
        )
    )
    if not given:
        raise Refused("not-allowed")
    act = "opinion_declined" if declined else "opinion_given"
    marks.notices([opinion.by_officer_id], act, opinion.case_id, now, str(opinion_id))
    audit.record(act, opinion.case_id, now=now)


def tell_overdue(now: datetime, limit: int = BATCH) -> int:
    """Tell asker, handler and the head of the unit asked, once, that an opinion is overdue (worker,
    one transaction); answers how many were told of."""
    rows = db.session.execute(
        select(m.Opinion, m.Case.handler_id)
        .join(m.Case, m.Case.id == m.Opinion.case_id)
        .where(
            m.Opinion.answered_at.is_(None),
            m.Opinion.told_at.is_(None),
            m.Opinion.due_at < now,
            m.Case.status.in_([status.value for status in OPEN]),
        )
        .order_by(m.Opinion.due_at)
        .limit(limit)
        .with_for_update(of=m.Opinion, skip_locked=True)
    ).all()
    heads = _heads([opinion for opinion, _handler in rows], now)
    for opinion, handler_id in rows:
        opinion.told_at = now
        told = [opinion.by_officer_id, handler_id, heads.get(opinion.id)]
        marks.notices(told, "opinion_overdue", opinion.case_id, now, str(opinion.id))
        audit.record("opinion_overdue", opinion.case_id, now=now)
    return len(rows)


def _heads(found: Sequence[m.Opinion], now: datetime) -> dict[UUID, int | None]:
    """Who leads the units asked: the unit's head, else the institution's; nobody excluded."""
    unit = {o.id: Address(o.institution_id, o.unit_id, "unit_head") for o in found}
    above = {o.id: Address(o.institution_id, None, "institution_head") for o in found}
    known = posts.find({*unit.values(), *above.values()}, local_day(now))
    excluded: dict[UUID, set[int]] = {}
    for row in db.session.execute(
        select(m.Conflict.case_id, m.Conflict.officer_id).where(
            m.Conflict.case_id.in_([o.case_id for o in found]), m.Conflict.state != "lifted"
        )
    ):
        excluded.setdefault(row.case_id, set()).add(row.officer_id)
    heads: dict[UUID, int | None] = {}
    for each in found:
        away = frozenset(excluded.get(each.case_id, ()))
        ways = (ladder.resolve(known.get(at[each.id]), away) for at in (unit, above))
        heads[each.id] = next((way.person for way in ways if way.person is not None), None)
    return heads
