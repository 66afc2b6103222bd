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

# How alike two words must be (0–100). Better one officer too many than the one complained about:
# an exclusion costs a colleague a minute, the other way costs the citizen.
ALIKE = 82
# What stands before a name and is none.
TITLES = frozenset(
    [
        "afisa",
        "bi",
        "bibi",
        "bw",
        "bwana",
        "daktari",
        "dk",
        "dr",
        "engineer",
        "mama",
        "mhe",
        "mheshimiwa",
        "mkuu",
        "mr",
        "mrs",
        "ms",
        "mtendaji",
        "mwalimu",
        "mzee",
        "ndg",
        "ndugu",
        "officer",
        "teacher",
        "the",
        "wa",
        "ya",
    ]
)
SEPARATORS = re.compile(r"[,;\n/&]|\bna\b|\band\b", re.IGNORECASE)


def matching(persons: str, institution_id: int, directory: Directory) -> list[int]:
    """Officers whose name is like one of the words: in the institution, above it and among those
    whom the case may climb to; elsewhere, where a transfer may lead, by two names or more."""
    parts = [normalise(part).split() for part in SEPARATORS.split(persons)]
    named = [[word for word in part if word not in TITLES and len(word) > 2] for part in parts]
    named = [part for part in named if part]
    if not named:
        return []
    near = _near(institution_id, directory)
    officers = db.session.execute(
        select(m.Officer.id, m.Officer.name, m.Officer.institution_id, m.Officer.roles).where(
            m.Officer.active
        )
    )
    found = []
    for officer in officers:
        name = normalise(officer.name).split()
        is_near = officer.institution_id in near or "ethics" in officer.roles
        if any(_concerns(name, part, is_near) for part in named):
            found.append(officer.id)
    return found


def _concerns(name: list[str], said: list[str], is_near: bool) -> bool:
    """Whether the words said of a person fit an officer's name. A single common name would exclude
    half of the country, so far away it takes two, and no word said beside them."""
    known = sum(any(fuzz.ratio(word, one) >= ALIKE for one in name) for word in said)
    if is_near:
        return known >= min(2, len(said))
    return known == len(said) > 1


def _near(institution_id: int, directory: Directory) -> set[int]:
    """The institution, those above it, and those that its ladders name."""
    institution = directory.institutions[institution_id]
    codes = {
        code
        for ladder in (institution.ladder, "restricted")
        for rung in directory.ladder(ladder)
        for code in (rung.at.removeprefix("code:"), rung.copy)
    }
    named = {
        directory.institutions_by_code[code].id
        for code in codes
        if code in directory.institutions_by_code
    }
    return {*institution.path, *named}


def mark(case_id: UUID, officers: list[int], reason: str, now: datetime) -> None:
    """Exclude officers from a case; marking one twice changes nothing."""
    known = set(db.session.scalars(select(db.func.unnest(db.func.guard.excluded(case_id)))))
    rows = [
        {"case_id": case_id, "officer_id": officer, "reason": reason, "at": now}
        for officer in sorted(set(officers) - known)
    ]
    if rows:
        db.session.execute(insert(m.Conflict), rows)
