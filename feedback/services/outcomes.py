"""What came of a case, stated with the final answer: to the citizen, and for the figures.

Nobody states "not ours": such a case is transferred. What is not possible names the rule that says
so, and what belongs to a court the court or the step. The ground is sealed at every level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from feedback import models as m
from feedback.extensions import db
from feedback.models.offices import OUTCOMES
from feedback.rules.workflow import Status
from feedback.services import acts, identity
from feedback.services.errors import Refused

GROUNDED = frozenset({"not_possible", "court"})
"""Outcomes that need a ground."""
SAYS = {
    "solved": {"sw": "Matokeo: limetatuliwa.", "en": "Outcome: solved."},
    "explained": {"sw": "Matokeo: limefafanuliwa.", "en": "Outcome: explained."},
    "not_possible": {
        "sw": "Matokeo: haiwezekani. Kanuni: {ground}",
        "en": "Outcome: not possible. The rule: {ground}",
    },
    "court": {
        "sw": "Matokeo: ni suala la mahakama. Hatua: {ground}",
        "en": "Outcome: a matter for a court. The step: {ground}",
    },
}
"""How it stands in an SMS or e-mail behind the office's own words, in the citizen's language."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What came of a cycle, and why."""

    kind: str
    ground: str


def state(case: m.Case, kind: str, ground: str, now: datetime) -> str:
    """Note the outcome of the present cycle of a locked case; answers it in words for the citizen,
    '' where none is stated. Refused: no-outcome (an unknown one), no-ground, too-long."""
    if not kind:
        return ""
    if kind not in OUTCOMES:
        raise Refused("no-outcome")
    if kind not in GROUNDED:
        ground = ""
    elif not ground.strip():
        raise Refused("no-ground")
    else:
        ground = acts.words(ground).strip()
    number = uuid4()
    db.session.execute(
        insert(m.Outcome).values(
            id=number,
            case_id=case.id,
            cycle=case.cycle,
            kind=kind,
            sealed=identity.seal(ground, f"outcome:{number}:sealed") if ground else None,
            officer_id=acts.officer(),
            at=now,
        )
    )
    return in_words(Stated(kind, ground), case.language)


def in_words(stated: Stated, language: str) -> str:
    """An outcome as one line."""
    return SAYS[stated.kind][language].format(ground=stated.ground).strip()


def of_case(case_id: UUID) -> dict[int, Stated]:
    """What came of each cycle, as far as the present principal may read it."""
    rows = db.session.scalars(select(m.Outcome).where(m.Outcome.case_id == case_id))
    return {row.cycle: Stated(row.kind, _ground(row)) for row in rows}


def statuses(cases: Sequence[m.Case]) -> dict[UUID, str]:
    """How cases stand in one word each: their status, or "answered_partly" where one that is worked
    on had part of its answer in this cycle. One query, however many."""
    partly: set[tuple[UUID, int]] = {
        (row.case_id, row.cycle)
        for row in db.session.execute(
            select(m.Message.case_id, m.Message.cycle).where(
                m.Message.case_id.in_([case.id for case in cases]),
                m.Message.kind == "partial_answer",
            )
        )
    }
    worked_on = (Status.ASSIGNED, Status.IN_PROGRESS)
    return {
        case.id: "answered_partly"
        if case.status in worked_on and (case.id, case.cycle) in partly
        else case.status
        for case in cases
    }


def _ground(row: m.Outcome) -> str:
    return "" if row.sealed is None else identity.unseal(row.sealed, f"outcome:{row.id}:sealed")
