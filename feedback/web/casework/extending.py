"""More time for the answer: asked for by the owner, given or refused by the head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request

from feedback.rules.workflow import REOPEN_DAYS
from feedback.services import extensions, reopening
from feedback.services.views import OfficerCase
from feedback.web.casework.part import Attempt, Part, words


def _decide(case_id: UUID) -> str:
    if request.form.get("decision") == "grant":
        extensions.grant(case_id, words(), g.now)
        return "extension-granted"
    extensions.refuse(case_id, words(), g.now)
    return "extension-refused"


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    return {
        "longer": extensions.of_case(case.id, g.now, case.facts),
        "may_reopen": "reopen" in case.allowed
        and reopening.may_reopen(case.status, case.answered_at is not None, case.closed_at, g.now),
        "reopen_days": REOPEN_DAYS,
    }


PART = Part(
    {
        "extend": lambda case_id: extensions.ask(
            case_id, request.form.get("extension_days", 0, type=int), words(), g.now
        ),
        "extension": _decide,
        "reopen": lambda case_id: reopening.reopen(case_id, words(), g.now),
    },
    _shown,
)
