"""The office opens an answered or closed case again: its own answer was wrong or incomplete.

It is no appeal: none of the citizen's is used up, and no rung is climbed by it. The next cycle has
an answer clock of its own; the one before stands in the figures as it ended. Errors: Refused.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from feedback import models as m
from feedback.rules import workflow
from feedback.rules.access import Level
from feedback.rules.workflow import REOPEN_ANSWER_DAYS, Status, Verb
from feedback.services import acts, audit, clocks, desk, groups, ladders, marks, viewers
from feedback.services.errors import Refused
from feedback.services.reference import directory


def may_reopen(status: str, answered: bool, closed_at: datetime | None, now: datetime) -> bool:
    """Whether the office may open a case that stands so; who may is another matter. What ended
    without an answer, a duplicate for instance, does not come back in this way."""
    return (
        answered
        and (Verb.REOPEN, Status(status)) in workflow.TRANSITIONS
        and workflow.may_reopen(closed_at, now)
    )


def reopen(case_id: UUID, reason: str, now: datetime) -> None:
    """Open a case again, with a reason that the citizen reads. Refused: not-allowed, too-late (90
    days after the close), too-often (an answer taken back again and again would be a clock without
    an end), empty, too-long."""
    case = acts.locked(case_id)
    desk.may(case, Verb.REOPEN)
    reason = acts.words(reason)
    status = acts.status_after(case, Verb.REOPEN)
    if not workflow.may_reopen(case.closed_at, now):
        raise Refused("too-late")
    if case.answered_at is None:
        raise Refused("not-allowed")
    if workflow.reopenings(case.cycle, case.appeals) >= workflow.MAX_REOPENINGS and not _leads(
        case
    ):
        raise Refused("too-often")
    d = directory()
    ladders.leave_cycle(case, d)
    if case.merged_into is not None:
        groups.part(case, now)  # those that were answered with it stay answered
    _begin_cycle(case, status, workflow.reopened_rung(
        ladders.highest(case), case.first_rung, ladders.top(case, d)
    ))  # fmt: skip
    clocks.set_timer(case.id, "window", None)
    clocks.start_cycle(case, REOPEN_ANSWER_DAYS, now)
    acts.write(case, "reopening", reason, now)
    ladders.arm(case, d)
    acts.owe(case, "reopened_by_office", now, {"due": case.due_at.isoformat()})
    if case.handler_id != acts.officer():
        marks.notices([case.handler_id], "reopened_by_office", case.id, now)
    marks.figures(case.received_at, case.institution_id)
    audit.record("reopened_by_office", case.id, now=now, cycle=case.cycle)


def _leads(case: m.Case) -> bool:
    """Whether the present officer answers for whoever took an answer back twice already."""
    viewer = viewers.present()
    if case.confidentiality == Level.RESTRICTED:
        return "ethics_senior" in viewer.roles
    return case.institution_id in viewer.heads


def _begin_cycle(case: m.Case, status: str, first_rung: int) -> None:
    case.status = status if case.handler_id else Status.NEW.value
    case.cycle, case.reopened, case.first_rung = case.cycle + 1, True, first_rung
    case.answered_at = case.window_ends_at = case.closed_at = None
    case.unread = False
