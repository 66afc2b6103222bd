"""The clocks of a case: started with frozen standard and calendar, paused, met, recomputed.

The due time follows from start, standard, calendar, recorded pauses and extensions and from
nothing else (rule 3): every change goes through `recompute`, which derives it again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from feedback import models as m
from feedback.extensions import db
from feedback.rules import deadlines, ladder
from feedback.services import groups, marks
from feedback.services.among import among
from feedback.services.reference import Directory, directory

PURPOSES = ("ladder", "reminder", "window", "pause")


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """The deadlines of a case's present cycle and its pauses of all cycles. `joined`: by clock the
    earliest due time of cases that this one leads, which it keeps too. `answers`: the answer clocks
    of all cycles."""

    acknowledge: m.Deadline | None
    answer: m.Deadline
    pauses: Sequence[m.Pause]
    joined: Mapping[str, datetime] = field(default_factory=dict)
    answers: Sequence[m.Deadline] = ()

    def pauses_of(self, deadline: m.Deadline) -> list[deadlines.Pause]:
        """The pauses that a clock waits for, as the rules see them: an acknowledgement waits for
        none, and an answer for those of its cycle."""
        if deadline.clock != "answer":
            return []
        return [as_rule(pause) for pause in self.pauses if pause.cycle == deadline.cycle]

    @property
    def open_pause(self) -> m.Pause | None:
        """The pause that has not ended, if the clock waits now."""
        return next((pause for pause in self.pauses if pause.ends_at is None), None)


def of(case: m.Case) -> CaseClocks:
    """Load the clocks of a case."""
    return of_many([case])[case.id]


def of_many(cases: Collection[m.Case]) -> dict[UUID, CaseClocks]:
    """Load the clocks of many cases in three queries."""
    if not cases:
        return {}
    ids = [case.id for case in cases]
    rows = {
        (row.case_id, row.cycle, row.clock): row
        for row in db.session.scalars(select(m.Deadline).where(among(m.Deadline.case_id, ids)))
    }
    pauses: dict[UUID, list[m.Pause]] = {}
    for pause in db.session.scalars(
        select(m.Pause).where(among(m.Pause.case_id, ids)).order_by(m.Pause.starts_at)
    ):
        pauses.setdefault(pause.case_id, []).append(pause)
    joined = groups.joined_due(ids)
    answers: dict[UUID, list[m.Deadline]] = {}
    for row in sorted(rows.values(), key=lambda row: row.cycle):
        if row.clock == "answer":
            answers.setdefault(row.case_id, []).append(row)
    return {
        case.id: CaseClocks(
            rows.get((case.id, case.cycle, "acknowledge")),
            rows[case.id, case.cycle, "answer"],
            pauses.get(case.id, []),
            joined.get(case.id, {}),
            answers.get(case.id, []),
        )
        for case in cases
    }


def as_rule(pause: m.Pause) -> deadlines.Pause:
    """A pause as the rules see it. One still open counts up to where it runs out, so that the
    due time shown is the latest possible; it comes nearer when the citizen answers earlier."""
    return deadlines.Pause(pause.starts_at, pause.ends_at or pause.runs_out_at)


def recompute(case: m.Case, clocks: CaseClocks, d: Directory) -> None:
    """Derive the due times of the clocks still running: the earliest of a group's, in the case
    that leads it. Joining cases therefore moves no deadline later, and parting gives it back."""
    for deadline in (clocks.acknowledge, clocks.answer):
        if deadline is None or deadline.met_at is not None:
            continue
        own = deadlines.due(
            d.calendar(deadline.calendar_id, deadline.office_id),
            deadline.starts_at,
            deadline.working_days,
            clocks.pauses_of(deadline),
            deadline.extension_days,
        )
        deadline.due_at = min(own, clocks.joined.get(deadline.clock, own))
    if clocks.answer.met_at is None:
        case.due_at = clocks.answer.due_at


def meet(deadline: m.Deadline | None, clocks: CaseClocks, now: datetime) -> None:
    """Stop a clock and note the office time it took, pauses taken off. Met once, it stays."""
    if deadline is None or deadline.met_at is not None:
        return
    calendar = directory().calendar(deadline.calendar_id, deadline.office_id)
    deadline.met_at = now
    minutes = deadlines.working_minutes(calendar, deadline.starts_at, now)
    if deadline.clock == "answer":
        for pause in clocks.pauses:
            if pause.cycle == deadline.cycle:
                end = min(pause.ends_at or now, now)
                minutes -= deadlines.working_minutes(calendar, pause.starts_at, end)
    deadline.minutes = max(0, minutes)


def first_human_word(case: m.Case, clocks: CaseClocks, now: datetime) -> bool:
    """The first human message acknowledges, in all cases that this one leads too; answers whether
    this was it."""
    if case.first_response_at is not None:
        return False
    case.first_response_at = now
    meet(clocks.acknowledge, clocks, now)
    for other in groups.followers(case):
        if first_human_word(other, of(other), now):
            marks.figures(other.received_at, other.institution_id)
    return True


def pause(case: m.Case, clocks: CaseClocks, now: datetime) -> m.Pause | None:
    """Let the clock wait for the citizen; None when it may not.

    A question after the deadline pauses nothing, and neither does a third one or one after the
    ten working days of all cycles are used up. The question goes to the citizens of all cases that
    this one leads, so the clock of each waits if it may; the earliest rules.
    """
    if clocks.open_pause is not None or now > clocks.answer.due_at:
        return None
    d = directory()
    calendar = d.calendar(clocks.answer.calendar_id, clocks.answer.office_id)
    runs_out = deadlines.pause_cap(calendar, [as_rule(p) for p in clocks.pauses], now)
    if runs_out is None:
        return None
    row = m.Pause(
        id=uuid4(),
        case_id=case.id,
        cycle=case.cycle,
        starts_at=now,
        runs_out_at=runs_out,
        abused=ladder.abuses_pause(calendar, len(clocks.pauses), now, clocks.answer.due_at),
    )
    db.session.add(row)
    case.paused_until = runs_out
    for other in groups.followers(case):
        pause(other, of(other), now)
    db.session.flush()
    joined = groups.joined_due([case.id]).get(case.id, {})
    recompute(case, replace(clocks, pauses=[*clocks.pauses, row], joined=joined), d)
    case.idle_from = runs_out  # nobody has to do anything before
    set_timer(case.id, "pause", runs_out)
    set_timer(case.id, "reminder", next_reminder(clocks.answer, now, d))
    return row


def resume(case: m.Case, clocks: CaseClocks, at: datetime) -> bool:
    """End an open pause (the citizen wrote, or it ran out); the due time comes nearer."""
    d = directory()
    waiting = end_pause(case, clocks, at, d)
    if waiting is None:
        return False
    set_timer(case.id, "pause", None)
    set_timer(case.id, "reminder", next_reminder(clocks.answer, at, d))
    return True


def end_pause(case: m.Case, clocks: CaseClocks, at: datetime, d: Directory) -> m.Pause | None:
    """The open pause, ended at `at` or where it ran out before; its timers are the caller's."""
    waiting = clocks.open_pause
    if waiting is not None:
        waiting.ends_at = case.idle_from = min(at, waiting.runs_out_at)
        case.paused_until = None
        recompute(case, clocks, d)
    return waiting


def next_reminder(answer: m.Deadline, after: datetime, d: Directory) -> datetime | None:
    """When the owner is next reminded of the answer clock as it stands, after that moment."""
    calendar = d.calendar(answer.calendar_id, answer.office_id)
    moments = deadlines.reminders(calendar, answer.starts_at, answer.due_at)
    return next((moment for moment in moments if moment > after), None)


def start_cycle(case: m.Case, working_days: int, now: datetime) -> m.Deadline:
    """The answer clock of a cycle that an appeal opened."""
    d = directory()
    calendar_id = d.institutions[case.institution_id].calendar_id
    deadline = m.Deadline(
        id=uuid4(),
        case_id=case.id,
        cycle=case.cycle,
        clock="answer",
        starts_at=now,
        working_days=working_days,
        calendar_id=calendar_id,
        office_id=case.institution_id,
        extension_days=0,
        due_at=deadlines.due(d.calendar_of(case.institution_id), now, working_days),
    )
    db.session.add(deadline)
    case.due_at, case.idle_from = deadline.due_at, now
    set_timer(case.id, "reminder", next_reminder(deadline, now, d))
    return deadline


def set_timer(case_id: UUID, purpose: str, due_at: datetime | None) -> None:
    """The next moment at which something falls due; None: nothing does any more."""
    set_timers({(case_id, purpose): due_at})


def set_timers(timers: dict[tuple[UUID, str], datetime | None]) -> None:
    """Set or end many timers, by case and purpose, in two statements."""
    rows = [
        {"case_id": case_id, "purpose": purpose, "due_at": due_at, "done": False}
        for (case_id, purpose), due_at in timers.items()
        if due_at is not None
    ]
    if rows:
        statement = insert(m.Timer)
        changed = {name: statement.excluded[name] for name in ("due_at", "done")}
        db.session.execute(
            statement.on_conflict_do_update(index_elements=["case_id", "purpose"], set_=changed),
            rows,
        )
    ended: dict[str, list[UUID]] = {}
    for (case_id, purpose), due_at in timers.items():
        if due_at is None:
            ended.setdefault(purpose, []).append(case_id)
    for purpose, case_ids in ended.items():
        end_timers(case_ids, (purpose,))


def end_timers(
    case_ids: Sequence[UUID], purposes: Sequence[str] = PURPOSES, *, over_at: datetime | None = None
) -> None:
    """Nothing falls due for these purposes any more. over_at: when the cases ended; a rung that
    fell due before is still climbed, though no sweep had come to it."""
    which = [m.Timer.case_id.in_(case_ids), m.Timer.purpose.in_(purposes), ~m.Timer.done]
    if over_at is not None:
        which.append(or_(m.Timer.purpose != "ladder", m.Timer.due_at > over_at))
    db.session.execute(
        update(m.Timer).where(*which).values(done=True).execution_options(synchronize_session=False)
    )
