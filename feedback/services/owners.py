"""The next owner of a case whose owner falls away: one way for exclusion and for departure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, exists, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.rules.workflow import Status
from feedback.services import acts, audit, clocks, conflicts, groups, marks
from feedback.services.cases import pick_handler
from feedback.services.conflicts import Place, Said
from feedback.services.placing import Placing
from feedback.services.reference import directory

ENDED = frozenset({Status.CLOSED, Status.WITHDRAWN})
"""What needs no owner any more."""
ASKED = text("SELECT institution_id, unit_id FROM guard.opinion_places(:case)")


def pass_on(case: m.Case, now: datetime) -> int | None:
    """Give a locked case to the next one at its place who is not excluded; None: it is unowned,
    with clock and ladder running. Comes last: whoever acts may lose sight of the case by it."""
    taker = pick_handler(placing(case), acts.excluded(case.id), now)
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, case.institution_id, case.unit_id, taker, now)
    marks.notices([taker], "assigned", case.id, now)
    unowned = "new" if taker is None and case.status == "assigned" else None
    if taker is None:
        clocks.set_timer(case.id, "ladder", now)  # the sweep finds it and raises an alarm
    acts.move(case, handler_id=taker, status=unowned)
    return taker


def placing(case: m.Case) -> Placing:
    """Where a case stands."""
    return Placing(
        case.institution_id,
        case.unit_id,
        case.category_id,
        case.confidentiality,
        case.standard,
        case.triage,
    )


def place_of(case: Any) -> Place:
    """Where a case, or a row with its columns, stands for comparing names."""
    restricted = case.confidentiality == Level.RESTRICTED
    return Place(case.institution_id, case.unit_id, restricted)


def exclude(case: m.Case, found: Mapping[int, str], now: datetime) -> set[int]:
    """Keep officers whom words concern, by kind of match, off a case; answers who is new."""
    new: set[int] = set()
    for reason in sorted(set(found.values())):
        officers = [number for number, why in found.items() if why == reason]
        new |= conflicts.mark(case.id, officers, reason, now)
    if new:
        audit.record("excluded_by_words", case.id, now=now, officers=len(new))
    return new


def compare(
    case: m.Case,
    now: datetime,
    *,
    said: Said | None = None,
    at: tuple[int, int] | None = None,
    level: str | None = None,
) -> set[int]:
    """Exclude whom the citizen's words concern, before somebody is chosen; answers who is new.

    said: new words alone, else all. at: institution and unit to which the case is about to go.
    level: the one it is about to have. Without `at` also where an opinion on it is waited for,
    since officers there read on.
    """
    restricted = (level or case.confidentiality) == Level.RESTRICTED
    places = [Place(*(at or (case.institution_id, case.unit_id)), restricted)]
    if at is None and not restricted:
        asked = db.session.execute(ASKED, {"case": case.id})
        places += [Place(row.institution_id, row.unit_id, False) for row in asked]
    said = said or conflicts.said_in(case.id)
    found: dict[int, str] = {}
    for place in places:
        found |= conflicts.concerned(said, place, directory())
    return exclude(case, found, now)


def compare_and_pass_on(case: m.Case, now: datetime, said: Said | None = None) -> set[int]:
    """`compare`, and the owner who turns out to be concerned loses the case."""
    new = compare(case, now, said=said)
    if new:
        case = acts.locked(case.id)  # whom somebody may have given the case to meanwhile
    if case.handler_id in new and groups.follows(case):
        groups.part(case, now)  # its owner has the leading case, which does not name him
    if case.handler_id in new and Status(case.status) not in ENDED:
        pass_on(case, now)
    return new


@dataclass
class Newcomers:
    """Officers of one institution who are new, or have another name, place or post, and how far
    its cases were compared with them. `officers`: id and what was known of each at the beginning;
    who comes later waits for the next time."""

    institution_id: int = 0
    officers: list[tuple[int, str]] = field(default_factory=list)
    after: UUID = UUID(int=0)
    excluded: int = 0
    done: bool = False


def newcomers() -> Newcomers:
    """Whoever is to be compared next (worker); without officers where nobody is."""
    standing = func.guard.standing_of(m.Officer.id)
    unknown = (
        select(m.Officer.institution_id, m.Officer.id, standing.label("digest"))
        .outerjoin(m.OfficerStanding, m.OfficerStanding.officer_id == m.Officer.id)
        .where(m.Officer.active, m.OfficerStanding.digest.is_distinct_from(standing))
    )
    first = db.session.execute(unknown.order_by(m.Officer.institution_id).limit(1)).first()
    if first is None:
        return Newcomers(done=True)
    rows = db.session.execute(unknown.where(m.Officer.institution_id == first.institution_id))
    return Newcomers(first.institution_id, [(row.id, row.digest) for row in rows])


def compare_newcomers(run: Newcomers, now: datetime, limit: int = 200) -> None:
    """Compare one batch of cases with the newcomers of a run (worker, one transaction).

    Ended ones too: they are still read, and an answered one may come back. Found by state, so that
    a run cut short is made up by the next.
    """
    officers = {number for number, _digest in run.officers}
    batch = db.session.execute(
        select(m.Case.id, m.Case.institution_id, m.Case.unit_id, m.Case.confidentiality)
        .where(m.Case.id > run.after, _may_reach(run.institution_id, officers))
        .order_by(m.Case.id)
        .limit(limit)
    ).all()
    places = {row.id: place_of(row) for row in batch}
    said = conflicts.said_in_all([row.id for row in batch])
    for case_id in sorted(conflicts.may_concern(said, places, officers, directory())):
        case = acts.locked(case_id)
        run.excluded += len(compare_and_pass_on(case, now, said[case_id]))
    if batch:
        run.after = batch[-1].id
    run.done = len(batch) < limit
    if not run.done:
        return
    known = [{"officer_id": o, "digest": digest, "at": now} for o, digest in run.officers]
    statement = insert(m.OfficerStanding)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["officer_id"],
            set_={"digest": statement.excluded.digest, "at": statement.excluded.at},
        ),
        known,
    )


def _may_reach(institution_id: int, officers: Collection[int]) -> ColumnElement[bool]:
    """Cases of which these officers of one institution may come to see something: those of the
    institution, those at a rung of a post of theirs or with an extract for it, those on which the
    institution is asked for an opinion, restricted ones where one of them is of ethics, and those
    whose citizen listed persons, wherever they are. A rung or an extract that comes later compares
    by itself."""
    listed = exists().where(
        m.SealedIdentity.case_id == m.Case.id, m.SealedIdentity.field == "persons"
    )
    theirs = select(m.PostHolding.post_id).where(
        m.PostHolding.officer_id.in_(officers), m.PostHolding.until_day.is_(None)
    )
    reached = exists().where(
        # A rung of the case that leads it opens it too.
        m.Escalation.case_id.in_([m.Case.id, m.Case.merged_into]),
        or_(m.Escalation.post_id.in_(theirs), m.Escalation.copy_post_id.in_(theirs)),
    )
    # The worker may read these two columns and no other.
    handed = (
        select(m.Extract.case_id)
        .where(m.Extract.case_id == m.Case.id, m.Extract.post_id.in_(theirs))
        .exists()
    )
    asked = exists().where(
        m.Opinion.case_id == m.Case.id,
        m.Opinion.institution_id == institution_id,
        m.Opinion.answered_at.is_(None),
    )
    ethics = exists().where(m.Officer.id.in_(officers), literal("ethics") == any_(m.Officer.roles))
    return or_(
        m.Case.institution_id == institution_id,
        listed,
        reached,
        handed,
        asked,
        and_(m.Case.confidentiality == Level.RESTRICTED.value, ethics),
    )
