"""The next owner of a case whose owner falls away: one way for exclusion and for departure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN
from feedback.services import acts, audit, clocks, conflicts, marks
from feedback.services.cases import pick_handler
from feedback.services.conflicts import Place, Said
from feedback.services.placing import Placing
from feedback.services.reference import directory


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
    level: the one it is about to have.
    """
    institution_id, unit_id = at or (case.institution_id, case.unit_id)
    restricted = (level or case.confidentiality) == Level.RESTRICTED
    place = Place(institution_id, unit_id, restricted)
    new = conflicts.keep_away(case.id, said or conflicts.said_in(case.id), place, directory(), now)
    if new:
        audit.record("excluded_by_words", case.id, now=now, officers=len(new))
    return new


def compare_and_pass_on(case: m.Case, now: datetime, said: Said | None = None) -> set[int]:
    """`compare`, and the owner who turns out to be concerned loses the case."""
    new = compare(case, now, said=said)
    if new:
        case = acts.locked(case.id)  # whom somebody may have given the case to meanwhile
    if case.handler_id in new:
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
    """Compare one batch of open cases with the newcomers of a run (worker, one transaction).

    Found by state, so that a run cut short is made up by the next.
    """
    batch = db.session.scalars(
        select(m.Case)
        .where(
            m.Case.id > run.after,
            _may_reach(run.institution_id),
            m.Case.status.in_([status.value for status in OPEN]),
        )
        .order_by(m.Case.id)
        .limit(limit)
    ).all()
    for case in batch:
        run.after = case.id  # read first: passing a case on lets go of what is known of it
        run.excluded += len(compare_and_pass_on(case, now))
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


def _may_reach(institution_id: int) -> ColumnElement[bool]:
    """Cases of the institution, and those whose citizen listed persons, wherever they are."""
    listed = exists().where(
        m.SealedIdentity.case_id == m.Case.id, m.SealedIdentity.field == "persons"
    )
    return or_(m.Case.institution_id == institution_id, listed)
