"""Everything kept about a case and its citizen, for that citizen (principal: public).

The sealed values themselves stay out: the receipt code may be in other hands than the number, and
one paper must not open both. The citizen is told which of them are kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from feedback import models as m
from feedback.extensions import db
from feedback.services import acts, audit, retention, views
from feedback.services.views import CitizenCase


def copy(case_id: UUID, now: datetime) -> dict[str, Any]:
    """The copy as plain values, for a file; the request for it is recorded.

    `case`, `messages`, `rungs`, `pauses` as /track shows them; `sealed`: names of the sealed
    fields; `looks`: day, roles, whether the words were read, how often; `sms`: what was sent.
    """
    case = views.for_citizen(case_id, now)
    held: dict[str, Any] = db.session.scalar(text("SELECT guard.held_about_me()")) or {}
    at = acts.stamp(db.session.get_one(m.Case, case_id), now)
    audit.record("copy_given", case_id, now=at)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "case": _facts(case),
        "messages": [
            {
                "at": line.at.isoformat(timespec="seconds"),
                "from": line.author,
                "kind": line.kind,
                "body": line.body,
            }
            for line in case.messages
            if not line.internal
        ],
        "rungs": [
            {
                "at": rung.at.isoformat(timespec="seconds"),
                "number": rung.number,
                "name_sw": rung.name_sw,
                "name_en": rung.name_en,
                "way": rung.way,
            }
            for rung in case.rungs
        ],
        "pauses": [
            {
                "from": pause.starts_at.isoformat(timespec="seconds"),
                "until": _moment(pause.ends_at),
            }
            for pause in case.pauses
        ],
        **held,
        "kept": _kept(case),
    }


def _facts(case: CitizenCase) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "kind": case.kind,
        "status": case.status,
        "institution": case.institution.code,
        "unit": case.unit.code if case.unit else None,
        "category": case.category.code if case.category else None,
        "place": case.place,
        "confidentiality": case.confidentiality,
        "anonymous": case.anonymous,
        "received_at": _moment(case.received_at),
        "due_at": _moment(case.due_at),
        "first_response_at": _moment(case.first_response_at),
        "answered_at": _moment(case.answered_at),
        "closed_at": _moment(case.closed_at),
        "cycle": case.cycle,
        "rating": case.rating,
    }


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="seconds")


def _kept(case: CitizenCase) -> dict[str, Any]:
    """How long, by the rule of the case's category."""
    known = {rule.category: rule for rule in retention.rules()}
    rule = known.get(case.category.code if case.category else "") or known.get("")
    if rule is None:
        return {}
    return {"identity_months": rule.identity_months, "words_months": rule.words_months}
