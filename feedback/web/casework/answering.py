"""What is said about a case, to the citizen and among officers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request

from feedback.services import desk, other_ways, unreached
from feedback.services.views import OfficerCase
from feedback.web import sms
from feedback.web.casework.part import Attempt, Part, row_id, words
from feedback.web.casework.quality import looked_at


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    return {"problems": unreached.standing(case.problems), "sms": sms}


PART = Part(
    {
        "acknowledge": lambda case_id: desk.acknowledge(case_id, g.now),
        "answer": looked_at("answer", lambda case_id: desk.answer(case_id, words(), g.now)),
        "ask": looked_at("ask", lambda case_id: desk.ask(case_id, words(), g.now)),
        "note": lambda case_id: desk.note(case_id, words(), g.now),
        "delay": lambda case_id: desk.give_delay_reason(case_id, words(), g.now),
        "directive": lambda _case_id: desk.complete_directive(row_id("directive"), g.now),
        "resend": lambda case_id: other_ways.send_again(case_id, row_id("problem"), g.now),
        "told": lambda case_id: other_ways.told_otherwise(
            case_id, row_id("problem"), request.form.get("way", ""), g.now
        ),
    },
    _shown,
)
