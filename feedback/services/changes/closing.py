"""Institutions and units that close, and rows that are taken away: nothing is orphaned.

`vacate` is the worker's; the rest serves an administrator, who opens no case.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from sqlalchemy import func, or_, select, update

from feedback import models as m
from feedback.extensions import db
from feedback.rules import changes as rules
from feedback.rules.access import Level
from feedback.services import acts, audit, clocks, groups, ladders, marks, owners
from feedback.services.changes.subjects import Row, unit_of
from feedback.services.errors import Refused
from feedback.services.reference import Directory, UnitInfo, directory

BATCH = 200


def check(subject: str, row: Row, successor: str, d: Directory) -> None:
    """Whether a row may close. Refused: occupied (cases or officers, and no successor),
    bad-successor, is-home, in-ladder, has-children, is-default, not-top, is-base, in-use."""
    if subject == "institution":
        _check_institution(row, successor, d)
    elif subject == "unit":
        _check_unit(row, successor, d)
    elif subject == "rung":
        numbers = [rung.number for rung in d.ladder(row.values["ladder"])]
        if row.values["rung"] != rules.top_rung(numbers) or len(numbers) < 2:
            raise Refused("not-top")
    elif subject == "standard":
        _check_standard(row, d)
    elif subject not in ("category", "choice"):
        raise Refused("not-allowed")


def occupied(institution_id: int, unit_id: int | None) -> tuple[bool, bool]:
    """Whether a place has cases that are not over, and officers."""
    found = db.session.execute(
        select(func.guard.occupied(institution_id, unit_id).table_valued("cases", "officers"))
    ).one_or_none()
    return (bool(found.cases), bool(found.officers)) if found else (True, True)


def _check_institution(row: Row, successor: str, d: Directory) -> None:
    own = d.institutions[row.id]
    if own.code == current_app.config["HOME_INSTITUTION"]:
        raise Refused("is-home")
    for rungs in d.ladders.values():
        if any(own.code in (rung.copy, rung.at.removeprefix("code:")) for rung in rungs):
            raise Refused("in-ladder")
    heir = d.institutions_by_code.get(successor)
    if successor and (heir is None or own.id in heir.path):
        raise Refused("bad-successor")
    if heir is not None:
        return
    if any(each.parent_id == own.id for each in d.institutions_by_code.values()):
        raise Refused("has-children")
    if any(occupied(own.id, None)):
        raise Refused("occupied")


def _check_unit(row: Row, successor: str, d: Directory) -> None:
    if row.values["is_default"]:
        raise Refused("is-default")
    institution = d.units[row.id].institution_id
    heir = unit_of(successor, d) if successor else None
    if successor and (heir in (None, row.id) or d.units[heir or 0].institution_id != institution):
        raise Refused("bad-successor")
    if heir is None and any(occupied(institution, row.id)):
        raise Refused("occupied")


def _check_standard(row: Row, d: Directory) -> None:
    own = tuple(row.values[name] for name in ("code", "kind", "scope", "confidentiality"))
    code, _kind, scope, level = own
    if (code, scope, level) == ("STANDARD", "*", "*"):
        raise Refused("is-base")
    rest = [key for key in d.standards if key[0] == code and key != own]
    if not rest and any(c.standard == code for c in d.categories_by_code.values()):
        raise Refused("in-use")


def heir_unit(unit: UnitInfo, d: Directory) -> int | None:
    """Where the work of a closed unit, or of a unit of a closed institution, goes."""
    seen: set[int] = set()
    while not unit.active and unit.id not in seen:
        seen.add(unit.id)
        following = d.units.get(unit.successor_id or 0)
        if following is None:
            return None
        unit = following
    institution = d.institutions[unit.institution_id]
    if institution.active:
        return unit.id
    heir = d.successors.get(institution.code)
    if heir is None:
        return None
    same = [each.id for each in d.units_of(heir.id) if each.code == unit.code]
    return same[0] if same else heir.default_unit_id


def vacate(now: datetime, limit: int = BATCH) -> int:
    """Take cases that are not over from closed places to their successors (worker, one batch);
    answers how many. Found by state, so that a lost wake-up, or a case that comes back later, is
    caught by the next run. Clocks, pauses and rungs stay as they are. A joined case goes along with
    the one that leads it."""
    d = directory()
    heirs = {unit.id: heir_unit(unit, d) for unit in d.units.values() if _is_closed(unit, d)}
    left = [unit_id for unit_id, heir in heirs.items() if heir is not None]
    if not left:
        return 0
    cases = db.session.scalars(
        select(m.Case)
        .where(
            m.Case.unit_id.in_(left),
            m.Case.status.not_in([s.value for s in owners.ENDED]),
            # What another case leads goes along with it, and keeps its owner.
            or_(groups.ALONE, m.Case.status.not_in(groups.OPEN_STATUSES)),
        )
        .order_by(m.Case.due_at, m.Case.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for case in cases:
        _move(case, d.units[heirs[case.unit_id] or 0], d, now)
    return len(cases)


def _is_closed(unit: UnitInfo, d: Directory) -> bool:
    return not (unit.active and d.institutions[unit.institution_id].active)


def _move(case: m.Case, to: UnitInfo, d: Directory, now: datetime) -> None:
    """One case to its new place: with its owner where that one came along, else to another."""
    former, place = case.handler_id, case.institution_id
    for each in (case, *groups.followers(case)):
        owners.compare(each, now, at=(to.institution_id, to.id))
        marks.figures(each.received_at, place, to.institution_id)
    stays = former is not None and former not in acts.excluded(case.id) and _serves(case, to)
    audit.record("moved_with_place", case.id, now=now, institution=to.institution_id, unit=to.id)
    db.session.execute(
        update(m.Escalation)
        .where(
            m.Escalation.case_id == case.id,
            m.Escalation.way == "letter",
            m.Escalation.handed_over_at.is_(None),
        )
        .values(from_institution_id=to.institution_id)
    )
    acts.move(case, institution_id=to.institution_id, unit_id=to.id, handler_id=former)
    if stays:
        acts.end_assignment(case.id, now)
        acts.start_assignment(case.id, to.institution_id, to.id, former, now)
    elif case.status != "answered" or former is not None:
        owners.pass_on(case, now)
    if place != to.institution_id:
        ladders.arm(case, d)
        if case.handler_id is None:
            clocks.set_timer(case.id, "ladder", now)


def _serves(case: m.Case, to: UnitInfo) -> bool:
    """Whether the owner may have the case at its new place."""
    owner = db.session.get_one(m.Officer, case.handler_id)
    if not owner.active:
        return False
    if case.confidentiality == Level.RESTRICTED:
        return owner.institution_id != to.institution_id
    return owner.institution_id == to.institution_id


def officers_of(institution_id: int, unit_id: int | None) -> list[m.Officer]:
    """The officers of a place, those with a closed account too: an account may open again."""
    query = select(m.Officer).where(m.Officer.institution_id == institution_id)
    if unit_id is not None:
        query = query.where(m.Officer.unit_id == unit_id)
    return list(db.session.scalars(query.order_by(m.Officer.id)))


def seats_of(institution_id: int, unit_id: int | None) -> list[int]:
    """Who holds a post of a place now, by the number of the holding."""
    query = (
        select(m.PostHolding.id)
        .join(m.Post, m.Post.id == m.PostHolding.post_id)
        .where(m.Post.institution_id == institution_id, m.PostHolding.until_day.is_(None))
    )
    if unit_id is not None:
        query = query.where(m.Post.unit_id == unit_id)
    return list(db.session.scalars(query))


def below(institution_id: int) -> list[m.Institution]:
    """Those right below an institution, closed ones too."""
    return list(
        db.session.scalars(select(m.Institution).where(m.Institution.parent_id == institution_id))
    )
