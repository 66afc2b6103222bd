"""Opinions that are asked of other units about a case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request

from feedback.services import opinions
from feedback.services.views import OfficerCase
from feedback.web.casework.part import Attempt, Part, words


def _ask(case_id: UUID) -> None:
    code, _slash, unit = request.form.get("target", "").partition("/")
    opinions.ask(
        case_id,
        words(),
        request.form.get("opinion_days", 0, type=int),
        g.now,
        unit=(code, unit),
        officer_id=request.form.get("officer", type=int),
    )


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    return {
        "opinions": opinions.of_case(case.id) if case.may_read_words else [],
        "opinion_days": (opinions.USUAL_DAYS, opinions.MOST_DAYS),
    }


PART = Part({"opinion": _ask}, _shown)
