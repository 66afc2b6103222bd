"""What a case is about, who may read it, and what ethics officers tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.access import Level
from feedback.services import acts, desk, extracts, lowering
from feedback.services.reference import directory
from feedback.services.views import OfficerCase
from feedback.web.casework.part import Attempt, Part, words
from feedback.web.formats import name


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    may_lower, waits = lowering.offer(case.id, case.confidentiality)
    d = directory()
    kind = case.institution.kind
    ethics = case.confidentiality == Level.RESTRICTED and "ethics" in current_user.roles
    # What was covered stays out of an extract, though ethics reads it.
    said = [line.covered or line.body for line in case.messages if line.author == "citizen"]
    targets = extracts.targets(d, case.institution.id) if ethics else []
    return {
        "categories": [(c.code, name(c)) for c in d.categories_by_code.values() if c.applies(kind)],
        "levels": _levels(case),
        "may_lower": may_lower,
        "lowering_waits": waits,
        "extracts": extracts.of_case(case.id) if ethics else [],
        # Institutions to whose head an ethics officer may hand an extract; none to anyone else.
        "extract_targets": [(each.code, name(each)) for each in targets],
        # What an extract begins with: the citizen's words, from which parts are then taken out.
        "extract_words": "\n\n".join(said)[: acts.LONGEST] if ethics else "",
    }


def _levels(case: OfficerCase) -> list[tuple[str, str, str]]:
    """Levels that may be set: the present one and stricter ones; the ordinary one too where only
    triage's caution set the level."""
    every = [
        (Level.OPEN, _("Ordinary"), _("The officers of the unit and their superiors read it.")),
        (
            Level.CONFIDENTIAL,
            _("Confidential"),
            _("Only the officer in charge, the head, and a higher post if it is late."),
        ),
        (
            Level.RESTRICTED,
            _("Ethics only"),
            _("It goes to an ethics officer outside the institution, and leaves your desk."),
        ),
    ]
    order = [level for level, _label, _hint in every]
    least = order.index(Level(case.confidentiality))
    if case.cautious and case.confidentiality == Level.CONFIDENTIAL:
        least = 0
    return [(level.value, label, hint) for level, label, hint in every[least:]]


PART = Part(
    {
        "classify": lambda case_id: desk.classify(
            case_id,
            request.form.get("category", ""),
            request.form.get("confidentiality", ""),
            g.now,
        ),
        "lower": lambda case_id: lowering.ask(case_id, g.now),
        "extract": lambda case_id: extracts.hand_over(
            case_id, request.form.get("institution", ""), words(), g.now
        ),
    },
    _shown,
)
