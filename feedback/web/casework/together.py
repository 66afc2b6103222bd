"""Cases that belong together: related, joined, divided; and words that are covered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request
from flask_babel import gettext as _

from feedback.rules.redaction import COVERED
from feedback.rules.reference import parse_reference
from feedback.services import duplicates, redaction, related, splitting
from feedback.services.errors import Refused
from feedback.services.views import OfficerCase
from feedback.web.casework.part import Attempt, Part, row_id, words


def _reference() -> str:
    """The other case that the form names."""
    typed = request.form.get("reference", "")
    if not typed.strip():
        raise Refused("no-reference")
    found = parse_reference(typed)
    if found is None:
        raise Refused("no-such-case")
    return found


def _split(case_id: UUID) -> None:
    code, _slash, unit = request.form.get("target", "").partition("/")
    target = (code, unit) if code else None
    splitting.ask(case_id, words(), request.form.get("category", ""), target, g.now)


def _redact(case_id: UUID) -> None:
    redaction.cover(
        case_id,
        row_id("message"),
        g.now,
        edited=words(),
        passage=request.form.get("passage", ""),
    )


def _shown(case: OfficerCase, _attempt: Attempt) -> Mapping[str, Any]:
    reads = case.may_read_words
    joinings = duplicates.of_case(case.id)
    return {
        "leading": related.led_by(case),
        "joined": [each for each in joinings if not each.leads and each.ended_at is None],
        "joinings": joinings,
        "links": related.of_case(case.id) if reads else [],
        "possibly": related.possibly_same(case) if "merge" in case.allowed else [],
        "dividing": splitting.waiting(case.id) if reads else 0,
        "coverable": [
            line
            for line in case.messages
            if line.author == "citizen" and line.body and "redact" in case.allowed
        ],
        "covered_as": COVERED,
        "reason_of": _reason,
    }


def _reason(code: str) -> str:
    """Why a case is possibly the same."""
    return {
        "place": _("same place"),
        "category": _("same subject"),
        "words": _("similar words"),
    }[code]


PART = Part(
    {
        "link": lambda case_id: related.link(
            case_id, _reference(), request.form.get("note", ""), g.now
        ),
        "unlink": lambda case_id: related.unlink(case_id, row_id("link"), g.now),
        "merge": lambda case_id: duplicates.merge(case_id, _reference(), g.now),
        "apart": lambda case_id: duplicates.take_apart(case_id, g.now),
        "split": _split,
        "redact": _redact,
    },
    _shown,
)
