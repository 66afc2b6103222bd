"""Cases about one matter: a leading one and those joined to it. Who belongs to whom, and leaving.

What an officer writes to the citizen of a leading case goes to the citizens of all (`acts.write`,
`acts.owe`); its due times are the earliest of all (`clocks`); its ladder stands where the highest
of all stands (`ladders`); place, owner and status of the others follow it by a trigger of the
database (`migrations/sql/merging.sql`). Joining and taking apart is `duplicates`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text

from feedback import models as m
from feedback import transaction
from feedback.extensions import db
from feedback.rules.workflow import OPEN, Status
from feedback.services import audit
from feedback.services.among import among

OPEN_STATUSES = tuple(sorted(status.value for status in OPEN))
PART = text("SELECT * FROM guard.part(:case, :at)")
JOINED_DUE = text("SELECT case_id, clock, due_at FROM guard.joined_due(:cases)")

# A case that is in nobody's queue, since another one leads it.
ALONE: ColumnElement[bool] = m.Case.merged_into.is_(None)


def follows(case: m.Case) -> bool:
    """Whether another case leads this one now: its own timers rest, and officers act on that."""
    return case.merged_into is not None and Status(case.status) in OPEN


def followers(case: m.Case) -> Sequence[m.Case]:
    """The open cases that this one leads, as far as the present principal sees them."""
    if case.merged_into is not None:
        return ()
    return db.session.scalars(
        select(m.Case)
        .where(m.Case.merged_into == case.id, m.Case.status.in_(OPEN_STATUSES))
        .order_by(m.Case.id)
        .execution_options(populate_existing=True)
    ).all()


def told_with(case: m.Case) -> Sequence[m.Case]:
    """The cases whose citizens are told what an officer tells the citizen of this one. What the
    citizen's own act or time brings about concerns that citizen alone."""
    return followers(case) if transaction.current().officer is not None else ()


def members(case: m.Case) -> Select[UUID]:
    """The ids of a case and of all that belong to its group, ended ones among them."""
    leading = case.merged_into or case.id
    return select(m.Case.id).where(or_(m.Case.merged_into == leading, m.Case.id == leading))


def page_of(case: m.Case) -> UUID:
    """The case on whose page officers act for this one."""
    return case.merged_into if follows(case) and case.merged_into else case.id


def leading_of(case: m.Case) -> m.Case:
    """The case that leads this one, locked with it by `acts.locked`; else the case itself."""
    if not follows(case) or case.merged_into is None:
        return case
    return db.session.get_one(m.Case, case.merged_into, populate_existing=True)


def stranded(cases: Collection[m.Case]) -> list[m.Case]:
    """Those of joined cases whose leading one has ended or been answered without them (worker)."""
    leading = {case.merged_into for case in cases}
    lives = select(m.Case.id).where(m.Case.id.in_(leading), m.Case.status.in_(OPEN_STATUSES))
    living = set(db.session.scalars(lives))
    return [case for case in cases if case.merged_into not in living]


def part(case: m.Case, at: datetime) -> None:
    """Take a locked case out of its group, or all out of the group that it leads; each goes on by
    itself under its present owner. Anyone who may act on the case, its citizen too."""
    db.session.flush()
    for parted in db.session.scalars(PART, {"case": case.id, "at": at}).all():
        audit.record("taken_apart", parted, now=at)
    db.session.expire(case, ["merged_into"])


def joined_due(case_ids: Collection[UUID]) -> dict[UUID, dict[str, datetime]]:
    """Of cases that lead: when the earliest clock of those joined to them falls due, by clock."""
    found: dict[UUID, dict[str, datetime]] = {}
    for row in db.session.execute(JOINED_DUE, {"cases": list(case_ids)}):
        found.setdefault(row.case_id, {})[row.clock] = row.due_at
    return found


def led(case_ids: Collection[UUID]) -> set[UUID]:
    """Those of the cases that lead others, or once did (worker)."""
    return set(
        db.session.scalars(
            select(m.CaseMerge.leading_id).where(among(m.CaseMerge.leading_id, case_ids)).distinct()
        )
    )


def climbed(
    over: Mapping[UUID, datetime | None], left: Collection[UUID] = ()
) -> dict[UUID, list[tuple[int, datetime, bool]]]:
    """Rungs that cases joined to these reached in their present cycle: number, when it fell due,
    whether it was skipped. Answered together they are joined still.

    over: when the cycle in question of each was over. left: those of which it is not the present
    one; what was joined to them since was not joined then.
    """
    joined = and_(m.Case.id == m.Escalation.case_id, m.Case.cycle == m.Escalation.cycle)
    found: dict[UUID, list[tuple[int, datetime, bool]]] = {}
    for row in db.session.execute(
        select(
            m.Case.merged_into,
            m.Case.answered_at,
            m.Case.status,
            m.Escalation.rung,
            m.Escalation.due_at,
            m.Escalation.way,
        )
        .join(m.Escalation, joined)
        .where(among(m.Case.merged_into, over), ~m.Escalation.restricted)
    ):
        leading = row.merged_into
        if leading is None:
            continue
        together = row.answered_at is not None and row.answered_at == over[leading]
        if together or row.status in OPEN_STATUSES and leading not in left:
            step = (row.rung, row.due_at, row.way == "skipped")
            found.setdefault(leading, []).append(step)
    return found
