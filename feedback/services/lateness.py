"""The risk of lateness: learned once a day from past cases, asked for open ones (worker).

Learned from are the first answer clocks of ordinary cases whose due time has passed, whatever
became of them: those that were answered quickly and those that still lie. Each is looked at in the
middle of each quarter of its time, as long as it was open then. Only counts are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import risk as rules
from feedback.rules.access import Level
from feedback.services.listing import OPEN_STATUSES
from feedback.services.reference import Directory, directory

MOST_CASES = 40_000
"""The latest cases that are learned from: some months of a country, seconds of a worker."""
REACHES_BACK = timedelta(days=730)
STATE = 1
"""The one row of `forecast_state`."""

# Late is what was not met by its due time; of one that was withdrawn before nobody knows.
_DECIDED = text(
    """
SELECT c.id, c.institution_id, c.category_id, c.first_response_at, d.starts_at, d.due_at, d.met_at,
       d.met_at IS NULL OR d.met_at > d.due_at AS late
  FROM deadline d JOIN "case" c ON c.id = d.case_id
 WHERE d.clock = 'answer' AND d.cycle = 1 AND d.due_at <= :now AND d.due_at > :since
   AND c.confidentiality = 'open' AND c.merged_into IS NULL
   AND NOT (d.met_at IS NOT NULL AND d.met_at <= d.due_at AND d.minutes IS NULL)
 ORDER BY d.due_at DESC, c.id LIMIT :limit"""
)
# Who had which case from when until when, of every case that ran since the first one learned from.
_HELD = text(
    """
SELECT a.case_id, a.handler_id, a.at,
       least(a.ended_at, c.answered_at, c.closed_at) AS ended_at
  FROM assignment a JOIN "case" c ON c.id = a.case_id
 WHERE a.handler_id IS NOT NULL
   AND coalesce(least(a.ended_at, c.answered_at, c.closed_at), 'infinity') > :since"""
)
_PAUSES = text(
    "SELECT p.case_id, p.starts_at, coalesce(p.ends_at, p.runs_out_at) AS ends_at"
    " FROM pause p WHERE p.cycle = 1 AND p.case_id = ANY (:cases)"
)


@dataclass(frozen=True, slots=True)
class Past:
    """A past case: what it was, and whether it was late."""

    id: UUID
    institution_id: int
    category_id: int | None
    first_response_at: datetime | None
    starts_at: datetime
    due_at: datetime
    met_at: datetime | None
    late: bool


@dataclass(slots=True)
class _Loads:
    """How many cases each officer had at a moment of the past."""

    begins: dict[int, list[datetime]] = field(default_factory=dict)
    ends: dict[int, list[datetime]] = field(default_factory=dict)

    def at(self, officer: int, moment: datetime) -> int:
        begun = bisect_right(self.begins.get(officer, ()), moment)
        return begun - bisect_right(self.ends.get(officer, ()), moment)


def learn(now: datetime) -> int:
    """Count anew, in place of what was learned before; answers from how many past cases."""
    past = decided(now)
    cells = rules.learn(seen(past, directory()))
    db.session.execute(delete(m.RiskCell))
    if cells:
        db.session.execute(
            insert(m.RiskCell),
            [
                {"key": list(key), "cases": count.cases, "late": count.late}
                for key, count in cells.items()
            ],
        )
    learned = {"learned_at": now, "learned_from": len(past)}
    db.session.execute(
        upsert(m.ForecastState)
        .values(id=STATE, **learned)
        .on_conflict_do_update(index_elements=["id"], set_=learned)
    )
    return len(past)


def decided(now: datetime, limit: int = MOST_CASES) -> list[Past]:
    """The latest past cases whose clock has been decided, the last due first."""
    since = now - REACHES_BACK
    rows = db.session.execute(_DECIDED, {"now": now, "since": since, "limit": limit})
    return [Past(*row) for row in rows]


def seen(past: Sequence[Past], d: Directory) -> Iterator[tuple[rules.Facts, bool]]:
    """What each of these cases looked like in the middle of each quarter of its time."""
    if not past:
        return
    ids = [case.id for case in past]
    held, loads = _held(min(case.starts_at for case in past), set(ids))
    pauses: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for row in db.session.execute(_PAUSES, {"cases": ids}):
        pauses.setdefault(row.case_id, []).append((row.starts_at, row.ends_at))
    for case in past:
        for share, moment in rules.middles(case.starts_at, case.due_at):
            if case.met_at is not None and case.met_at <= moment:
                break
            owner = _at(held.get(case.id, ()), moment)
            waits = any(begin <= moment < end for begin, end in pauses.get(case.id, ()))
            acknowledged = case.first_response_at is not None and case.first_response_at <= moment
            load = loads.at(owner, moment) if owner is not None else 0
            yield (
                facts(
                    case, share, d, acknowledged=acknowledged, waits=waits, load=load, owner=owner
                ),
                case.late,
            )


def facts(
    case: Past | m.Case,
    share: str,
    d: Directory,
    *,
    acknowledged: bool,
    waits: bool,
    owner: int | None,
    load: int,
) -> rules.Facts:
    """A case at a moment as the rules compare it; load: open cases of its owner, itself one."""
    institution = d.institutions[case.institution_id]
    category = d.categories.get(case.category_id or 0)
    return rules.Facts(
        share,
        acknowledged,
        "waiting" if waits else "owned" if owner is not None else "unowned",
        institution.kind,
        institution.code,
        category.code if category else "",
        rules.load(load),
    )


def _held(
    since: datetime, cases: set[UUID]
) -> tuple[dict[UUID, list[tuple[datetime, datetime | None, int]]], _Loads]:
    held: dict[UUID, list[tuple[datetime, datetime | None, int]]] = {}
    loads = _Loads()
    for row in db.session.execute(_HELD, {"since": since}):
        loads.begins.setdefault(row.handler_id, []).append(row.at)
        if row.ended_at is not None:
            loads.ends.setdefault(row.handler_id, []).append(row.ended_at)
        if row.case_id in cases:
            held.setdefault(row.case_id, []).append((row.at, row.ended_at, row.handler_id))
    for moments in (*loads.begins.values(), *loads.ends.values()):
        moments.sort()
    return held, loads


def _at(held: Iterable[tuple[datetime, datetime | None, int]], moment: datetime) -> int | None:
    return next(
        (who for begin, end, who in held if begin <= moment and (end is None or end > moment)),
        None,
    )


# Open cases


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of an open case: its risk, and until when time alone changes nothing."""

    risk: rules.Risk | None
    good_until: datetime | None


_cache: tuple[tuple[datetime, int], rules.Cells] | None = None


def cells() -> rules.Cells:
    """What was learned last, kept in memory until it is learned anew."""
    global _cache
    state = db.session.execute(
        select(m.ForecastState.learned_at, m.ForecastState.learned_from).where(
            m.ForecastState.id == STATE
        )
    ).one_or_none()
    if state is None or state.learned_at is None:
        return {}
    learned = (state.learned_at, state.learned_from)
    if _cache is None or _cache[0] != learned:
        rows = db.session.execute(select(m.RiskCell.key, m.RiskCell.cases, m.RiskCell.late))
        _cache = (
            learned,
            {tuple(row.key): rules.Count(row.cases, row.late) for row in rows},
        )
    return _cache[1]


def judge(cases: Sequence[m.Case], now: datetime, d: Directory) -> dict[UUID, Judged]:
    """The risk of open cases that are not late, in their first cycle, in three queries."""
    known = cells()
    running = [
        case
        for case in cases
        if case.cycle == 1 and case.due_at > now and case.confidentiality != Level.RESTRICTED
    ]
    starts = _starts([case.id for case in running])
    loads = _open_loads({case.handler_id for case in running if case.handler_id is not None})
    found = {}
    for case in running:
        start = starts.get(case.id, case.received_at)
        asked = facts(
            case,
            rules.share(start, case.due_at, now),
            d,
            acknowledged=case.first_response_at is not None,
            waits=case.paused_until is not None,
            owner=case.handler_id,
            load=loads.get(case.handler_id or 0, 0),
        )
        until = rules.next_share(start, case.due_at, now)
        found[case.id] = Judged(rules.estimate(known, asked), until)
    return found


def _starts(case_ids: list[UUID]) -> dict[UUID, datetime]:
    rows: Any = db.session.execute(
        select(m.Deadline.case_id, m.Deadline.starts_at).where(
            m.Deadline.case_id.in_(case_ids),
            m.Deadline.cycle == 1,
            m.Deadline.clock == "answer",
        )
    )
    return dict(rows.all())


def _open_loads(officers: set[int]) -> Mapping[int, int]:
    rows: Any = db.session.execute(
        select(m.Case.handler_id, func.count())
        .where(m.Case.handler_id.in_(sorted(officers)), m.Case.status.in_(OPEN_STATUSES))
        .group_by(m.Case.handler_id)
    )
    return dict(rows.all())
