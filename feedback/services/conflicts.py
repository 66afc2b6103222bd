"""Persons named as concerned, matched with officers, so that routing goes round them."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from rapidfuzz import fuzz
from sqlalchemy import insert, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules.routing import normalise
from feedback.services.reference import Directory

# How alike a name and the citizen's words must be (0–100). Better one officer too many than the
# one complained about: an exclusion costs a colleague a minute, the other way costs the citizen.
ALIKE = 82
SEPARATORS = re.compile(r"[,;\n/&]|\bna\b|\band\b", re.IGNORECASE)


def matching(persons: str, institution_id: int, directory: Directory) -> list[int]:
    """Officers of the institution and of those above it whose name is like one of the words."""
    named = [normalise(part) for part in SEPARATORS.split(persons)]
    named = [part for part in named if len(part) >= 3]
    if not named:
        return []
    path = directory.institutions[institution_id].path
    officers = db.session.execute(
        select(m.Officer.id, m.Officer.name).where(
            m.Officer.institution_id.in_(path), m.Officer.active
        )
    )
    return [
        officer.id
        for officer in officers
        if any(fuzz.token_set_ratio(normalise(officer.name), part) >= ALIKE for part in named)
    ]


def mark(case_id: UUID, officers: list[int], reason: str, now: datetime) -> None:
    """Exclude officers from a case; marking one twice changes nothing."""
    known = set(db.session.scalars(select(db.func.unnest(db.func.guard.excluded(case_id)))))
    rows = [
        {"case_id": case_id, "officer_id": officer, "reason": reason, "at": now}
        for officer in sorted(set(officers) - known)
    ]
    if rows:
        db.session.execute(insert(m.Conflict), rows)
