"""The sweep: everything that has fallen due happens now, once, whatever ran before or runs beside.

Work is found by state (a timer that is due and not done), claimed by locking the case with SKIP
LOCKED, and rests on the unique constraint of `escalation`. A rung is recorded with the moment at
which it fell due, so that a sweep after an outage writes what punctual ones would have written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as pg_insert

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import access, deadlines, workflow
from feedback.rules import ladder as rules
from feedback.rules.access import Level
from feedback.rules.workflow import Status, Verb
from feedback.services import acts, audit, citizen, clocks, ladders, marks, posts, viewers
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory

BATCH = 200


@dataclass(slots=True)
class SweepCounts:
    """What a sweep did."""

    timers: int = 0
    escalations: int = 0
    alarms: int = 0
    closed: int = 0
    pauses_ended: int = 0
    reminders: int = 0

    def add(self, other: SweepCounts) -> None:
        """Sum up batches."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def sweep_batch(now: datetime, limit: int = BATCH) -> SweepCounts:
    """Take up to `limit` due timers and do what they stand for (worker, one transaction).

    With nothing due it is one query on the partial index of `timer`.
    """
    due = db.session.execute(
        select(m.Timer, m.Case)
        .join(m.Case, m.Case.id == m.Timer.case_id)
        .where(m.Timer.done.is_(False), m.Timer.due_at <= now)
        .order_by(m.Timer.due_at)
        .limit(limit)
        .with_for_update(of=m.Case, skip_locked=True)
    ).all()
    counts = SweepCounts(timers=len(due))
    if not due:
        return counts
    d = directory()
    cases = {case.id: case for _, case in due}
    for timer, case in due:
        if timer.purpose == "pause":
            counts.pauses_ended += _end_pause(case, now)
        elif timer.purpose == "window":
            counts.closed += _close(timer, case, now)
        elif timer.purpose == "reminder":
            counts.reminders += _remind(timer, case, d, now)
    db.session.flush()
    climbing = [case for timer, case in due if timer.purpose == "ladder"]
    _climb(climbing, d, now, counts)
    for case in {c.id: c for c in cases.values()}.values():
        marks.figures(case.received_at, case.institution_id)
    return counts


def _end_pause(case: m.Case, now: datetime) -> int:
    """The pause ran out: the clock runs on, and the handler is told that the citizen was silent."""
    own = clocks.of(case)
    if not clocks.resume(case, own, now):
        clocks.end_timer(case.id, "pause")
        return 0
    marks.notices([case.handler_id], "pause_over", case.id, now)
    audit.record("pause_over", case.id, now=now)
    return 1


def _close(timer: m.Timer, case: m.Case, now: datetime) -> int:
    if case.status != Status.ANSWERED:
        timer.done = True
        return 0
    citizen.close_by_silence(case, now)
    return 1


def _remind(timer: m.Timer, case: m.Case, d: Directory, now: datetime) -> int:
    """Half the time, two working days before, on the day: a notice to the owner."""
    if Status(case.status) not in workflow.OPEN:
        timer.done = True
        return 0
    own = clocks.of(case)
    calendar = d.calendar(own.answer.calendar_id)
    moments = deadlines.reminders(calendar, own.answer.starts_at, own.answer.due_at)
    coming = [moment for moment in moments if moment > now]
    timer.done = not coming
    if coming:
        timer.due_at = coming[0]
    if own.open_pause is not None or not any(moment <= now for moment in moments):
        return 0
    day = local_day(now).isoformat()
    marks.notices([case.handler_id], "reminder", case.id, now, key=day)
    return 1


@dataclass(slots=True)
class _Climb:
    """One step of one case that has fallen due."""

    case: m.Case
    step: rules.Step
    standing: ladders.Standing


def _climb(cases: Sequence[m.Case], d: Directory, now: datetime, counts: SweepCounts) -> None:
    """All rungs that are due for these cases, in rounds: each round takes one step per case, so
    that posts, holders and conflicts are looked up for all of them together."""
    if not cases:
        return
    standings = ladders.standings(cases, d)
    excluded = _excluded([case.id for case in cases])
    waiting = list(cases)
    while waiting:
        round_ = []
        for case in waiting:
            standing = standings[case.id]
            step = ladders.next_step(case, standing, d)
            if step is None or step.at > now:
                clocks.set_timer(case.id, "ladder", step.at if step else None)
            else:
                round_.append(_Climb(case, step, standing))
        _take_steps(round_, d, excluded, now, counts)
        waiting = [climb.case for climb in round_]


def _excluded(case_ids: list[UUID]) -> dict[UUID, frozenset[int]]:
    found: dict[UUID, set[int]] = {}
    for row in db.session.execute(
        select(m.Conflict.case_id, m.Conflict.officer_id).where(m.Conflict.case_id.in_(case_ids))
    ):
        found.setdefault(row.case_id, set()).add(row.officer_id)
    return {case_id: frozenset(officers) for case_id, officers in found.items()}


def _take_steps(
    climbs: list[_Climb],
    d: Directory,
    excluded: dict[UUID, frozenset[int]],
    now: datetime,
    counts: SweepCounts,
) -> None:
    if not climbs:
        return
    addresses: dict[UUID, posts.Address | None] = {}
    copies: dict[UUID, posts.Address | None] = {}
    for climb in climbs:
        if climb.step.rung is not None:
            rung = ladders.rung(climb.standing, climb.step.rung)
            case = climb.case
            addresses[case.id] = posts.address(d, rung, case.institution_id, case.unit_id)
            copies[case.id] = posts.copy_address(d, rung)
    wanted = {a for a in (*addresses.values(), *copies.values()) if a is not None}
    found = posts.find(wanted, local_day(now))
    rows: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    for climb in climbs:
        if climb.step.rung is None:
            alarms.append(_alarm(climb, "top", climb.step.at.isoformat()))
            climb.standing.alarms.append(climb.step.at)
            continue
        address, copied = addresses[climb.case.id], copies[climb.case.id]
        post = found.get(address) if address else None
        if _of_the_accused(climb.case, address):
            post = None
        way = rules.resolve(post, excluded.get(climb.case.id, frozenset()))
        copy = found.get(copied) if copied else None
        rows.append(_row(climb, climb.step.rung, way, post, copy, now))
        if way.alarm:
            alarms.append(_alarm(climb, way.kind, str(climb.step.rung)))
        climb.standing.climbed.append(
            rules.Climbed(climb.step.rung, climb.step.at, skipped=way.kind == "skipped")
        )
        climb.case.highest_rung = max(climb.case.highest_rung, climb.step.rung)
    _write(rows, alarms, climbs, d, now, counts)


def _of_the_accused(case: m.Case, address: posts.Address | None) -> bool:
    """No rung of the institution complained about sees a restricted case."""
    return (
        case.confidentiality == Level.RESTRICTED
        and address is not None
        and address.institution_id == case.institution_id
    )


def _row(
    climb: _Climb,
    rung: int,
    way: rules.Way,
    post: rules.Post | None,
    copy: rules.Post | None,
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "case_id": climb.case.id,
        "cycle": climb.case.cycle,
        "rung": rung,
        "ladder": climb.standing.ladder,
        "clock": climb.step.clock,
        "post_id": post.id if post else None,
        "copy_post_id": copy.id if copy else None,
        "from_institution_id": climb.case.institution_id,
        "way": way.kind,
        "officer_id": way.person,
        "restricted": climb.case.confidentiality == Level.RESTRICTED,
        "due_at": climb.step.at,
        "at": now,
    }


def _alarm(climb: _Climb, kind: str, key: str) -> dict[str, Any]:
    case = climb.case
    ladder = climb.standing.ladder
    return {
        "dedupe": f"{kind}:{case.id}:{case.cycle}:{ladder}:{key}",
        "kind": kind,
        "institution_id": case.institution_id,
        "case_id": case.id,
        "cycle": case.cycle,
        "at": climb.step.at,
    }


def _write(
    rows: list[dict[str, Any]],
    alarms: list[dict[str, Any]],
    climbs: list[_Climb],
    d: Directory,
    now: datetime,
    counts: SweepCounts,
) -> None:
    handlers = {climb.case.id: climb.case.handler_id for climb in climbs}
    if rows:
        # No ON CONFLICT: the case is locked, so a rung that stands already is a bug to be seen.
        db.session.execute(insert(m.Escalation), rows)
        notices = [n for row in rows for n in _notices(row, handlers[row["case_id"]], d, now)]
        if notices:
            db.session.execute(pg_insert(m.Notice).on_conflict_do_nothing(), notices)
        audit.record_all(
            [
                audit.entry(
                    "escalated",
                    row["case_id"],
                    now,
                    {"rung": row["rung"], "cycle": row["cycle"], "way": row["way"]},
                )
                for row in rows
            ]
        )
    if alarms:
        db.session.execute(pg_insert(m.Alarm).on_conflict_do_nothing(), alarms)
    counts.escalations += len(rows)
    counts.alarms += len(alarms)


def _notices(
    row: dict[str, Any], handler_id: int | None, d: Directory, now: datetime
) -> list[dict[str, Any]]:
    """To the officer on the rung, and to the handler, who stays responsible.

    The two top rungs get one a day for each institution in place of one a case.
    """
    notices = []
    if row["officer_id"] is not None:
        digest = ladders.digest_of(d.ladder(row["ladder"]), row["rung"])
        day = local_day(now).isoformat()
        institution = row["from_institution_id"]
        notices.append(
            {
                "dedupe": f"digest:{row['officer_id']}:{institution}:{day}"
                if digest
                else f"escalated:{row['id']}",
                "officer_id": row["officer_id"],
                "kind": "digest" if digest else "escalated",
                "case_id": None if digest else row["case_id"],
                "institution_id": institution,
                "at": now,
                "read": False,
            }
        )
    if handler_id is not None:
        notices.append(
            {
                "dedupe": f"climbed:{row['id']}",
                "officer_id": handler_id,
                "kind": "climbed",
                "case_id": row["case_id"],
                "institution_id": None,
                "at": now,
                "read": False,
            }
        )
    return notices


def direct(escalation_id: UUID, body: str, due_on: date, now: datetime) -> m.Directive:
    """A directive by the officer on a rung: the handler sees it with its due date.

    Refused: not-found (not this officer's rung, or not visible), bad-date, empty, not-allowed.
    """
    escalation = db.session.get(m.Escalation, escalation_id)
    if escalation is None:
        raise Refused("not-found")
    case = acts.locked(escalation.case_id)
    viewer = viewers.present()
    own = {post for post in (escalation.post_id, escalation.copy_post_id) if post in viewer.posts}
    if not own or not access.may_act(viewer, viewers.facts(case), Verb.DIRECT):
        raise Refused("not-found")
    acts.status_after(case, Verb.DIRECT)
    if due_on < local_day(now):
        raise Refused("bad-date")
    message_id = acts.write(case, "directive", acts.words(body), now, internal=True)
    directive = m.Directive(
        id=uuid4(),
        case_id=case.id,
        escalation_id=escalation.id,
        message_id=message_id,
        post_id=own.pop(),
        officer_id=viewer.officer,
        due_on=due_on,
        at=now,
    )
    db.session.add(directive)
    marks.notices([case.handler_id], "directive", case.id, now)
    audit.record("directed", case.id, now=now, rung=escalation.rung)
    db.session.flush()
    return directive
