"""What a change of ladders would have done to last month, for those who decide about it.

Administrators read no case, so the worker plays the month's missed deadlines through again, by the
ladders as they are and as they would be, and keeps counts, cut down like every other figure. Both
sides are played alike: by acknowledgement, answer and appeal alone, every post filled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, and_, func, or_, select, text

from feedback import clock
from feedback import models as m
from feedback.extensions import db
from feedback.rules import ladder as rules
from feedback.rules.access import Level
from feedback.rules.disclosure import safe_count
from feedback.services import ladders
from feedback.services.reference import Directory, directory

log = structlog.get_logger()

_LADDERS = ("rung", "choice")
_OF_AN_INSTITUTION = (
    m.ReferenceChange.subject == "institution",
    m.ReferenceChange.act == "change",
    m.ReferenceChange.said.has_key("ladder"),
)
MOST = 5_000
"""Cycles of cases that one preview plays; of more a random sample of so many."""
LOOKS_BACK = timedelta(days=180)
"""How long before the month a clock may have fallen due that still led up a rung in it."""
LATE = text(
    "SELECT case_id, cycle FROM guard.late_between(:first, :last, :begin)"
    " ORDER BY case_id, cycle LIMIT :most"
)
HOW_MANY = text("SELECT count(*) FROM guard.late_between(:first, :last, :begin)")


def touches(subject: str, act: str, said: Collection[str]) -> bool:
    """Whether a change that says these fields is one of ladders, and so is played through: rungs,
    the ladder of a subject, that of an institution."""
    if subject == "institution":
        return act == "change" and "ladder" in said
    return subject in _LADDERS


def preview_next(now: datetime) -> str:
    """Work out the next change that waits for it (worker, one transaction); answers its key, ""
    where none does. Found by state, so that a lost wake-up is made up by the next run."""
    change = m.ReferenceChange
    waiting = db.session.scalars(
        select(change)
        .where(
            change.preview.is_(None),
            or_(change.subject.in_(_LADDERS), and_(*_OF_AN_INSTITUTION)),
            change.state.in_(("asked", "planned")),
        )
        .order_by(change.at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if waiting is None:
        return ""
    work_out(waiting, now)
    return waiting.key


def work_out(change: m.ReferenceChange, now: datetime) -> None:
    """Keep with a (locked) change what it would have done, unless it is none of ladders or was
    worked out already; also of one that holds at once, before it does."""
    if not touches(change.subject, change.act, change.said) or change.preview is not None:
        return
    try:
        with db.session.begin_nested():
            change.preview = of(change, directory(), now)
    except Exception as error:
        # It is told, and holds up no other.
        log.exception("preview_failed", change=str(change.id), error=type(error).__name__)
        change.preview = {"failed": True}


def of(change: m.ReferenceChange, d: Directory, now: datetime) -> dict[str, Any]:
    """The counts of last month as it was and as it would have been."""
    first, last = _last_month(clock.local_day(now))
    begin, end = clock.begin(first), clock.begin(last)
    window = {"first": begin - LOOKS_BACK, "last": end, "begin": begin}
    late = db.session.scalar(HOW_MANY, window) or 0
    chosen = db.session.execute(LATE, {**window, "most": MOST}).all()
    then = as_changed(change.subject, change.key, change.act, change.said, d)
    counts = _Counts()
    for start in range(0, len(chosen), 500):
        for played in _played(chosen[start : start + 500], d):
            counts.add(played, d, then, begin, end)
    return {
        "month": first.isoformat()[:7],
        "late": safe_count(late),
        "played": safe_count(len(chosen)),
        "sampled": late > len(chosen),
        "kinds": counts.told(),
    }


def _last_month(today: date) -> tuple[date, date]:
    last = today.replace(day=1)
    return (last - timedelta(days=1)).replace(day=1), last


def as_changed(
    subject: str, key: str, act: str, said: Mapping[str, Any], d: Directory
) -> Directory:
    """The reference data as it would be after the change."""
    if subject == "choice":
        scope, _, category = key.partition("/")
        choices = dict(d.ladder_choices)
        if act == "close":
            choices.pop((scope, category), None)
        else:
            choices[scope, category] = said["ladder"]
        return replace(d, ladder_choices=choices)
    if subject == "institution":
        own = replace(d.institutions_by_code[key], ladder=said["ladder"])
        return replace(d, institutions={**d.institutions, own.id: own})
    name, _, number = key.partition("/")
    rungs = {rung.number: rung for rung in d.ladder(name)}
    if act == "close":
        rungs.pop(int(number), None)
    else:
        fields = {k: v for k, v in said.items() if k in rules.Rung.__dataclass_fields__}
        blank = rules.Rung(int(number), "", "", rules.ALARM_DAYS, digest=False)
        rungs[int(number)] = replace(rungs.get(int(number), blank), **fields)
    ordered = tuple(rungs[n] for n in sorted(rungs))
    return replace(d, ladders={**d.ladders, name: ordered})


@dataclass(frozen=True, slots=True)
class _Played:
    """One cycle of a case, as its deadlines were."""

    case: Row[Any]
    clocks: rules.Clocks
    stops_at: datetime | None
    first_rung: int

    def ladder(self, d: Directory) -> str:
        if self.case.confidentiality == Level.RESTRICTED:
            return ladders.RESTRICTED
        return d.ladder_name(self.case.institution_id, self.case.category_id)

    def rungs(self, d: Directory, begin: datetime, end: datetime) -> Iterator[int]:
        """The rungs that it reaches in a stretch of time."""
        restricted = self.case.confidentiality == Level.RESTRICTED
        stop = min(end, self.stops_at or end)
        climbed: list[rules.Climbed] = []
        while True:
            step = rules.next_step(
                d.calendar_of(self.case.institution_id),
                d.ladder(self.ladder(d)),
                self.clocks,
                climbed,
                (),
                self.first_rung,
                None if restricted else self.case.max_rung,
            )
            if step is None or step.rung is None or step.at >= stop:
                return
            climbed.append(rules.Climbed(step.rung, step.at))
            if step.at >= begin:
                yield step.rung


def _played(chosen: Sequence[Row[Any]], d: Directory) -> Iterator[_Played]:
    """The cycles chosen with their clocks, in two queries."""
    ids = {row.case_id for row in chosen}
    case, deadline, escalation = m.Case, m.Deadline, m.Escalation
    found: dict[tuple[UUID, int], dict[str, Any]] = {}
    for row in db.session.execute(
        select(
            case.id,
            case.institution_id,
            case.category_id,
            case.confidentiality,
            case.max_rung,
            case.cycle.label("present"),
            case.first_rung,
            case.reopened,
            deadline.cycle,
            deadline.clock,
            deadline.starts_at,
            deadline.due_at,
            deadline.met_at,
        )
        .join(case, case.id == deadline.case_id)
        .where(deadline.case_id.in_(ids))
    ):
        found.setdefault((row.id, row.cycle), {})[row.clock] = row
    begun = {
        (row.case_id, row.cycle): row
        for row in db.session.execute(
            select(
                escalation.case_id,
                escalation.cycle,
                func.min(escalation.rung).label("rung"),
                func.bool_or(escalation.clock == "appeal").label("appeal"),
            )
            .where(escalation.case_id.in_(ids), escalation.cycle > 1)
            .group_by(escalation.case_id, escalation.cycle)
        )
    }
    for case_id, cycle in (tuple(row) for row in chosen):
        clocks = found.get((case_id, cycle), {})
        answer = clocks.get("answer")
        if answer is None:
            continue
        first, appealed = _beginning(answer, begun.get((case_id, cycle)))
        given = clocks.get("acknowledge")
        yield _Played(
            answer,
            rules.Clocks(
                given.due_at if given else None,
                answer.due_at,
                acknowledged_at=given.met_at if given else None,
                appealed_at=answer.starts_at if appealed else None,
            ),
            answer.met_at,
            first,
        )


def _beginning(answer: Row[Any], begun: Row[Any] | None) -> tuple[int, bool]:
    """On which rung a cycle began, and whether an appeal opened it."""
    if answer.cycle == 1:
        return 1, False
    if answer.cycle == answer.present:
        return answer.first_rung, not answer.reopened
    return (begun.rung, begun.appeal) if begun is not None else (1, False)


class _Counts:
    """Rungs reached and cases among the two highest, by kind of institution, now and then."""

    def __init__(self) -> None:
        self.rungs: Counter[tuple[str, int, bool]] = Counter()
        self.high: Counter[tuple[str, bool]] = Counter()

    def add(
        self, played: _Played, d: Directory, then: Directory, begin: datetime, end: datetime
    ) -> None:
        """Count one cycle, where the change touches its ladder."""
        before, after = played.ladder(d), played.ladder(then)
        if before == after and d.ladder(before) == then.ladder(after):
            return
        kind = d.institutions[played.case.institution_id].kind
        for changed, which in ((False, d), (True, then)):
            reached = list(played.rungs(which, begin, end))
            for rung in reached:
                self.rungs[kind, rung, changed] += 1
            top = max((rung.number for rung in which.ladder(played.ladder(which))), default=0)
            self.high[kind, changed] += any(rung >= top - 1 for rung in reached)

    def told(self) -> list[dict[str, Any]]:
        """Counts that point at nobody, by kind; of each pair the one as it was comes first."""
        kinds = sorted({kind for kind, _rung, _changed in self.rungs})
        return [
            {
                "kind": kind,
                "rungs": [
                    [n, *(safe_count(self.rungs[kind, n, changed]) for changed in (False, True))]
                    for n in sorted({rung for own, rung, _ in self.rungs if own == kind})
                ],
                "high": [safe_count(self.high[kind, changed]) for changed in (False, True)],
            }
            for kind in kinds
        ]
