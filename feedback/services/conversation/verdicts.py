"""What a citizen says of an answer by SMS: satisfied, with a rating and a word, or not fixed."""

from __future__ import annotations

from datetime import datetime

from feedback import models as m
from feedback.rules import workflow
from feedback.rules.commands import Intent
from feedback.rules.verdicts import Verdict
from feedback.services import citizen
from feedback.services.conversation.sms import Sms, reply
from feedback.services.conversation.which import candidates

Status = workflow.Status


def meant(sms: Sms, now: datetime) -> list[m.Case]:
    """The cases of which the verdict may be: those whose answer waits for one; where there is none,
    a rating may still be for one that was closed a while ago."""
    known = candidates(sms, (Status.ANSWERED, Status.CLOSED))
    waiting = [case for case in known if waits(case, sms.received_at)]
    if waiting or sms.said.verdict is None or sms.said.verdict.rating is None:
        return waiting
    return [
        case
        for case in known
        if case.status == Status.CLOSED
        and case.window_ends_at is not None
        and sms.received_at < case.window_ends_at
    ]


def waits(case: m.Case, said_at: datetime) -> bool:
    """Whether its answer waited for a verdict when this was said: also one that silence closed
    while the message was on its way, or waited for the answer to "which case?"."""
    if case.status == Status.ANSWERED:
        return True
    return (
        case.status == Status.CLOSED
        and case.window_ends_at is not None
        and case.closed_at == case.window_ends_at
        and said_at < case.window_ends_at
    )


def judge(sms: Sms, verdict: Verdict, case: m.Case, now: datetime) -> None:
    """The citizen's judgement; "not fixed" itself tells the citizen what follows. Refused."""
    if verdict.intent is Intent.SATISFIED:
        citizen.accept(case.id, verdict.rating, now, remark=verdict.remark, said_at=sms.received_at)
        _thank(sms, case, now)
    elif case.status in workflow.OPEN:
        # Reopened already, or not answered yet: how it stands is all there is to say.
        reply(sms, "status", now, case, status=case.status, due=case.due_at.isoformat())
    else:
        citizen.not_fixed(case.id, sms.said.body, now, bare=verdict.bare, said_at=sms.received_at)


def _thank(sms: Sms, case: m.Case, now: datetime) -> None:
    if case.rating is None:
        reply(sms, "closed", now, case)
        return
    until = case.window_ends_at
    due = until.isoformat() if until is not None and now < until else ""
    reply(sms, "rated", now, case, rating=str(case.rating), due=due)
