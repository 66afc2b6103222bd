"""What is said about a case, to the citizen and among officers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request

from feedback.services import acts, desk, directives, mentions, other_ways, unreached
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase
from feedback.web import outcome_wording, sms
from feedback.web.casework.part import Attempt, Part, row_id, words
from feedback.web.casework.quality import looked_at


def _answer(case_id: UUID) -> str | None:
    """The whole answer, or a part of it: the form says which. The whole one says what came of the
    case; one that no form of ours sent, and that says nothing of either, is the whole one."""
    part, outcome = request.form.get("part", ""), request.form.get("outcome", "")
    if part == "partial":
        desk.answer_partly(case_id, words(), g.now)
        return "partial_answer"
    if part and not outcome:
        acts.words(words())  # what is missing first is said first
        raise Refused("no-outcome")
    ground = request.form.get("ground", "").replace("\r\n", "\n").replace("\x00", "")
    desk.answer(case_id, words(), g.now, outcome=outcome, ground=ground)
    return None


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    return {
        "problems": unreached.standing(case.problems),
        "sms": sms,
        "outcome_choices": outcome_wording.choices(),
        "mentionable": mentions.offered(case) if "note" in case.allowed else [],
    }


PART = Part(
    {
        "acknowledge": lambda case_id: desk.acknowledge(case_id, g.now),
        "answer": looked_at("answer", _answer),
        "ask": looked_at("ask", lambda case_id: desk.ask(case_id, words(), g.now)),
        "note": lambda case_id: desk.note(
            case_id, words(), g.now, mention=request.form.get("mention", type=int)
        ),
        "delay": lambda case_id: directives.give_reason(case_id, words(), g.now),
        "directive": lambda _case_id: directives.complete(row_id("directive"), g.now),
        "resend": lambda case_id: other_ways.send_again(case_id, row_id("problem"), g.now),
        "told": lambda case_id: other_ways.told_otherwise(
            case_id, row_id("problem"), request.form.get("way", ""), g.now
        ),
    },
    _shown,
)
