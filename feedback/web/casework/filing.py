"""The office's own file number of a case, and the improvement action behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request
from flask_login import current_user

from feedback.rules.access import LEADING, SERVING, Level
from feedback.rules.improvements import PROPOSED_DAYS
from feedback.services import improvement_lists, improvements, paper, staffing
from feedback.services.improvements import Draft
from feedback.services.views import OfficerCase
from feedback.web.casework.part import Attempt, Part, row_id
from feedback.web.paper_form import day_typed

NEW = "new"
"""The choice of an action that is not there yet."""


def draft() -> Draft:
    """The action that the form describes."""
    return Draft(
        request.form.get("title", ""),
        request.form.get("cause", ""),
        request.form.get("owner", type=int),
        day_typed(request.form.get("due_on", "")),
    )


def _improve(case_id: UUID) -> None:
    chosen = request.form.get("improvement", "")
    if chosen == NEW:
        improvements.link(case_id, None, draft(), g.now)
    else:
        improvements.link(case_id, row_id("improvement") if chosen else None, None, g.now)


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    may_improve = (
        "note" in case.allowed
        and case.confidentiality != Level.RESTRICTED
        and current_user.institution_id == case.institution.id
        and bool(SERVING & current_user.roles)
    )
    leads = bool(LEADING & current_user.roles)
    owners = staffing.takers(case.institution.id, Level.OPEN, None) if may_improve and leads else []
    return {
        "filed": paper.filed(case.id),
        "may_number": bool({"note", "assign"} & case.allowed),
        "improved_by": improvement_lists.of_case(case.id, g.now),
        "may_improve": may_improve,
        "improvements_offered": improvement_lists.offered() if may_improve else [],
        "improvement_owners": [(each.id, each.name) for each in owners],
        "proposed_days": PROPOSED_DAYS,
    }


PART = Part(
    {
        "file_number": lambda case_id: paper.set_number(
            case_id, request.form.get("number", ""), g.now
        ),
        "improve": _improve,
    },
    _shown,
)
