"""Many cases given to others in one act, and taken back: reassignment in bulk, and handover.

Each batch is one transaction of at most `BATCH` cases, which passes over cases that somebody else
holds at this moment. Every case has an entry in the record and a line in the act's result. Only who
may assign a case moves it: head and coordinator within their institution, the head of a unit open
cases of the unit. Restricted cases are not seen here: they are shared out among ethics officers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text, update

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access, teams
from feedback.rules.access import CaseFacts, Level
from feedback.rules.workflow import OPEN, Status, Verb
from feedback.services import acts, audit, marks, owners, roster, viewers, workload
from feedback.services.cases import pick_handler
from feedback.services.errors import Refused
from feedback.services.listing import IS_OPEN
from feedback.services.staffing import OWNERS

BATCH = 200
MOVED = "moved"
BACK = "back"
EXCLUDED = text("SELECT k.id, guard.excluded(k.id) FROM unnest(CAST(:ids AS uuid[])) AS k (id)")


def begin(to: int | None, former: int | None, now: datetime) -> UUID:
    """An act that moves cases to one officer, or (None) by load and subject; answers its id.

    Refused: not-allowed (one answers for nobody), bad-target (not an active officer of the
    institution who can own cases, or the former owner), away (on leave today).
    """
    own = roster.scope()
    if to is not None:
        _may_take(to, own, former, now)
    if former is not None:
        found = db.session.get(m.Officer, former)
        if found is None or not own.holds(found.institution_id, found.unit_id):
            raise Refused("not-found")
    move_id = uuid4()
    db.session.execute(
        insert(m.BulkMove).values(
            id=move_id,
            institution_id=viewers.present().institution,
            by_officer_id=acts.officer(),
            from_officer_id=former,
            to_officer_id=to,
            at=now,
        )
    )
    return move_id


def _may_take(to: int, own: teams.Scope, former: int | None, now: datetime) -> None:
    known = {number for number, _name, _unit in roster.colleagues(own, local_day(now))}
    if to in known and to != former:
        return
    found = db.session.get(m.Officer, to)
    fits = (
        found is not None
        and found.active
        and to != former
        and own.holds(found.institution_id, found.unit_id)
        and bool(set(found.roles) & set(OWNERS))
    )
    raise Refused("away" if fits else "bad-target")


def ticked(move_id: UUID, case_ids: Collection[UUID], now: datetime) -> int:
    """Move the cases that were ticked, at most `BATCH`; answers how many.

    One that somebody works on at this moment, that has ended or may not be seen stays."""
    chosen = sorted(set(case_ids))[:BATCH]
    taken = _locked([m.Case.id.in_(chosen), workload.of_scope(roster.scope())])
    moved = _move(move_id, taken, now)
    missed = set(chosen) - {case.id for case in taken}
    rows = db.session.scalars(select(m.Case).where(m.Case.id.in_(sorted(missed)))).all()
    _write(
        move_id,
        [_item(case, "busy" if Status(case.status) in OPEN else "ended") for case in rows],
    )
    return moved


def hand_over_batch(move_id: UUID, only_away: bool, now: datetime) -> tuple[int, bool]:
    """Move one batch of an officer's open cases; answers how many, and whether more may be left.

    only_away: those alone that fall due before the officer is back.
    """
    move = move_row(move_id)
    if move.from_officer_id is None:
        raise Refused("not-found")
    seen = select(m.BulkMoveItem.case_id).where(m.BulkMoveItem.move_id == move_id)
    where = [
        workload.of_scope(roster.scope()),
        m.Case.handler_id == move.from_officer_id,
        m.Case.id.not_in(seen),
    ]
    if only_away:
        where.append(m.Case.due_at < workload.away_until(move.from_officer_id, now))
    taken = _locked(where)
    return _move(move_id, taken, now), len(taken) == BATCH


def _locked(where: Sequence[Any]) -> Sequence[m.Case]:
    return db.session.scalars(
        select(m.Case)
        .where(IS_OPEN, *where)
        .order_by(m.Case.due_at, m.Case.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()


def _move(move_id: UUID, taken: Sequence[m.Case], now: datetime) -> int:
    """Give locked cases to whom the act says."""
    if not taken:
        return 0
    move = move_row(move_id)
    # A case stands with its new owner, as when it is assigned alone; it stays where it is when it
    # went by load, when that officer is on the roster there, or when a unit's own head moves it.
    target = db.session.get(m.Officer, move.to_officer_id) if move.to_officer_id else None
    target_unit = target.unit_id if target and roster.scope().whole else None
    staying = _units_listed(move.to_officer_id)
    kept_away = _excluded([case.id for case in taken])
    items: list[dict[str, Any]] = []
    for case in taken:
        excluded = kept_away[case.id]
        to, outcome = _taker(move, case, excluded, now)
        item = _item(case, outcome)
        if outcome == MOVED and to is not None:
            unit = case.unit_id if case.unit_id in staying else target_unit or case.unit_id
            item |= {"to_officer_id": to, "assignment_id": _give(case, to, unit, now)}
        items.append(item)
    _write(move_id, items)
    done = [item for item in items if item["outcome"] == MOVED]
    audit.record_all(
        [
            audit.entry(
                "moved_in_bulk",
                item["case_id"],
                now,
                {"former": item["from_officer_id"] or 0, "to": item["to_officer_id"]},
            )
            for item in done
        ]
    )
    marks.notices([i["to_officer_id"] for i in done], "cases_given", None, now, key=str(move_id))
    return len(done)


def _taker(
    move: m.BulkMove, case: m.Case, excluded: Collection[int], now: datetime
) -> tuple[int | None, str]:
    """Who gets a case, and "moved" or what stands against it."""
    viewer, facts = viewers.present(), _facts(case, excluded)
    if facts.level is Level.RESTRICTED or not access.may_act(viewer, facts, Verb.ASSIGN):
        return None, "not-allowed"
    # Who shares out what may not be read does not give it to himself to read it.
    blind = not access.may_read_words(viewer, facts)
    if move.to_officer_id is None:
        passed = {*excluded, *((case.handler_id,) if case.handler_id else ())}
        if blind:
            passed.add(viewer.officer)
        picked = pick_handler(owners.placing(case), sorted(passed), now)
        if picked is None or not _within(roster.scope(), picked, case.unit_id):
            return None, "nobody-there"
        return picked, MOVED
    if move.to_officer_id == case.handler_id:
        return None, "same"
    if move.to_officer_id in excluded or (blind and move.to_officer_id == viewer.officer):
        return None, "excluded"
    return move.to_officer_id, MOVED


def _within(own: teams.Scope, officer_id: int, unit_id: int) -> bool:
    """Whether the head of a unit gives the case to somebody who works there or is on its roster;
    whoever answers for the institution gives it to anybody in it."""
    found = db.session.get(m.Officer, officer_id)
    return found is not None and (
        own.holds(found.institution_id, found.unit_id) or unit_id in _units_listed(officer_id)
    )


def _facts(case: m.Case, excluded: Collection[int]) -> CaseFacts:
    """What assigning depends on; rungs give no right to it."""
    return CaseFacts(
        case.institution_id,
        case.unit_id,
        case.handler_id,
        Level(case.confidentiality),
        frozenset(excluded),
        frozenset(),
        frozenset(),
    )


def _units_listed(to: int | None) -> frozenset[int]:
    """The units on whose roster the new owner is."""
    listed = select(m.Roster.unit_id).where(m.Roster.officer_id == to, m.Roster.ended_at.is_(None))
    return frozenset(db.session.scalars(listed)) if to else frozenset()


def _give(case: m.Case, to: int, unit: int, now: datetime) -> UUID:
    """Give a locked case to an officer, whose time begins; answers the assignment."""
    assignment_id = uuid4()
    acts.end_assignment(case.id, now)
    db.session.execute(
        insert(m.Assignment).values(
            id=assignment_id,
            case_id=case.id,
            institution_id=case.institution_id,
            unit_id=unit,
            handler_id=to,
            by_officer_id=acts.officer(),
            at=now,
        )
    )
    status = acts.status_after(case, Verb.ASSIGN)
    acts.move(case, unit_id=unit, handler_id=to, status=status)
    return assignment_id


def undo_batch(move_id: UUID, now: datetime) -> tuple[int, bool]:
    """Give back a batch of an act's cases whose new owner still has them, within a day; answers
    how many, and whether more are left.

    What changed hands since, has ended, had no owner before, or whose former owner left or may not
    see it, stays. Refused: not-found, too-late (a day has passed, or it was undone already).
    """
    own = roster.scope()
    move = db.session.get(m.BulkMove, move_id)
    if move is None or not (move.by_officer_id == acts.officer() or own.whole):
        raise Refused("not-found")
    items = db.session.scalars(
        select(m.BulkMoveItem)
        .where(
            m.BulkMoveItem.move_id == move_id,
            m.BulkMoveItem.outcome == MOVED,
            m.BulkMoveItem.undone.is_(None),
        )
        .order_by(m.BulkMoveItem.case_id)
        .limit(BATCH)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not items or not teams.may_undo(move.at, now):
        raise Refused("too-late")
    db.session.execute(
        update(m.BulkMove)
        .where(m.BulkMove.id == move_id, m.BulkMove.undone_at.is_(None))
        .values(undone_at=now, undone_by=acts.officer())
    )
    cases = {
        case.id: case
        for case in db.session.scalars(
            select(m.Case)
            .where(m.Case.id.in_([item.case_id for item in items]))
            .order_by(m.Case.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    standing = _standing(items)
    former = _serving({i.from_officer_id for i in items if i.from_officer_id is not None})
    kept_away = _excluded(list(cases))
    given: list[tuple[UUID, int, int | None]] = []
    for item in items:
        case = cases.get(item.case_id)
        item.undone = _stands_against(item, case, standing, former, kept_away)
        if item.undone == BACK and case is not None and item.from_officer_id is not None:
            given.append((case.id, item.from_officer_id, item.to_officer_id))
            _give(case, item.from_officer_id, item.from_unit_id, now)
    audit.record_all(
        [
            audit.entry("bulk_undone", case_id, now, {"to": to, "former": by or 0})
            for case_id, to, by in given
        ]
    )
    key = str(move_id)
    marks.notices([to for _case, to, _by in given], "cases_given_back", None, now, key=key)
    marks.notices([by for _case, _to, by in given], "cases_taken_back", None, now, key=key)
    return len(given), len(items) == BATCH


def _standing(items: Sequence[m.BulkMoveItem]) -> set[UUID]:
    """The assignments of an act that still run: nobody gave those cases on since."""
    wanted = [item.assignment_id for item in items if item.assignment_id is not None]
    running = select(m.Assignment.id).where(
        m.Assignment.id.in_(wanted), m.Assignment.ended_at.is_(None)
    )
    return set(db.session.scalars(running))


def _serving(officers: Collection[int]) -> dict[int, int]:
    """Institutions of those who can still own cases."""
    rows = db.session.execute(
        select(m.Officer.id, m.Officer.institution_id).where(
            m.Officer.id.in_(officers), m.Officer.active, roster.SERVES
        )
    )
    return {row.id: row.institution_id for row in rows}


def _stands_against(
    item: m.BulkMoveItem,
    case: m.Case | None,
    standing: Collection[UUID],
    former: dict[int, int],
    kept_away: dict[UUID, list[int]],
) -> str:
    if case is None or Status(case.status) not in OPEN:
        return "ended"
    if item.assignment_id not in standing or case.handler_id != item.to_officer_id:
        return "changed"
    if item.from_officer_id is None:
        return "unowned"
    if former.get(item.from_officer_id) != case.institution_id:
        return "left"
    excluded = kept_away[case.id]
    if item.from_officer_id in excluded:
        return "excluded"
    viewer, facts = viewers.present(), _facts(case, excluded)
    # Nor does it come back to who gave it away and may not read it any more, by the own hand.
    blind = item.from_officer_id == viewer.officer and not access.may_read_words(viewer, facts)
    may = access.may_act(viewer, facts, Verb.ASSIGN)
    return BACK if may and not blind else "not-allowed"


def move_row(move_id: UUID) -> m.BulkMove:
    """An act that the present officer may see; Refused: not-allowed, not-found."""
    roster.scope()
    move = db.session.get(m.BulkMove, move_id)
    if move is None:
        raise Refused("not-found")
    return move


def _excluded(case_ids: Sequence[UUID]) -> dict[UUID, list[int]]:
    """Who may not see each of these cases, in one query."""
    rows = db.session.execute(EXCLUDED, {"ids": list(case_ids)})
    return {row[0]: list(row[1]) for row in rows}


def _item(case: m.Case, outcome: str) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "outcome": outcome,
        "from_officer_id": case.handler_id,
        "from_unit_id": case.unit_id,
        "to_officer_id": None,
        "assignment_id": None,
    }


def _write(move_id: UUID, items: Sequence[dict[str, Any]]) -> None:
    if items:
        rows = [{"move_id": move_id, **item} for item in items]
        db.session.execute(insert(m.BulkMoveItem), rows)
