"""A level comes down one step, when an officer asks for it and the citizen says yes.

Words that are sealed stay sealed. From ethics a case goes back to its institution, as
confidential: the ethics officer asked for it, the citizen agreed, and the database takes no less.
Errors: Refused, with a code.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
from feedback.rules.workflow import OPEN, Status, Verb
from feedback.services import acts, audit, clocks, groups, ladders, marks, owners, viewers
from feedback.services.cases import pick_handler
from feedback.services.errors import Refused
from feedback.services.placing import Placing
from feedback.services.reference import directory

BELOW = {Level.RESTRICTED: Level.CONFIDENTIAL, Level.CONFIDENTIAL: Level.OPEN}
ASK = {
    "sw": "Ofisi inaomba kupunguza usiri wa shauri lako. Jibu ndiyo au hapana kwenye ukurasa wa"
    " kufuatilia shauri.",
    "en": "The office asks to make your case less confidential. Say yes or no on the page where"
    " you follow it.",
}
"""The question itself, in the citizen's language: it is words of the office to the citizen."""


def pending(case_id: UUID, level: str) -> m.Lowering | None:
    """The question that waits for the citizen, if the level is still the one it was asked at."""
    return db.session.scalars(
        select(m.Lowering)
        .where(
            m.Lowering.case_id == case_id,
            m.Lowering.answered_at.is_(None),
            m.Lowering.from_level == level,
        )
        .order_by(m.Lowering.at.desc())
        .limit(1)
    ).first()


def may_ask(case: m.Case) -> bool:
    """Whether the present officer may ask the citizen of this case to lower its level."""
    viewer, facts = viewers.present(), viewers.facts(case)
    if Level(case.confidentiality) not in BELOW or Status(case.status) not in OPEN:
        return False
    if case.confidentiality == Level.RESTRICTED and "ethics" not in viewer.roles:
        return False
    return access.may_act(viewer, facts, Verb.CLASSIFY)


def offer(case_id: UUID, level: str) -> tuple[bool, bool]:
    """For an officer's page: whether the citizen may be asked, and whether the question waits.

    level: the case's, which says for most of them that there is nothing to lower.
    """
    case = db.session.get(m.Case, case_id) if level != Level.OPEN else None
    if case is None:
        return False, False
    waits = pending(case.id, case.confidentiality) is not None
    return may_ask(case) and not waits, waits


def ask(case_id: UUID, now: datetime) -> None:
    """Ask the citizen to lower the level by one step. Refused: not-allowed."""
    case = acts.locked(case_id)
    if not may_ask(case) or pending(case.id, case.confidentiality) is not None:
        raise Refused("not-allowed")
    to_level = BELOW[Level(case.confidentiality)]
    db.session.add(
        m.Lowering(
            case_id=case.id,
            officer_id=acts.officer(),
            from_level=case.confidentiality,
            to_level=to_level.value,
            at=now,
        )
    )
    db.session.flush()
    acts.owe(case, "question", now, {}, ASK[case.language], alone=True)
    audit.record("lowering_asked", case.id, now=now, level=to_level.value)


def answer(case_id: UUID, *, yes: bool, now: datetime) -> None:
    """The citizen says yes or no (principal: public). Refused: not-allowed (nothing was asked)."""
    case = acts.locked(case_id)
    now = acts.stamp(case, now)
    asked = pending(case.id, case.confidentiality)
    if asked is None or Status(case.status) not in OPEN:
        raise Refused("not-allowed")
    asked.answered_at, asked.granted = now, yes
    db.session.flush()
    audit.record("lowering_answered", case.id, now=now, granted=int(yes), level=asked.to_level)
    if not yes:
        marks.notices([asked.officer_id], "lowering_refused", case.id, now)
        return
    case.cautious = False
    groups.part(case, now)  # a group has one level
    marks.notices([asked.officer_id], "lowering_granted", case.id, now)
    if asked.from_level == Level.RESTRICTED:
        _back_to_the_institution(case, asked, now)
        return
    acts.move(case, handler_id=case.handler_id, confidentiality=asked.to_level)


def _back_to_the_institution(case: m.Case, asked: m.Lowering, now: datetime) -> None:
    """An officer there, whom it does not concern, owns it; the ordinary ladder takes it up."""
    d = directory()
    unit_id = d.unit_for(case.institution_id, d.categories.get(case.category_id or 0))
    owners.compare(case, now, at=(case.institution_id, unit_id), level=asked.to_level)
    where = Placing(
        case.institution_id, unit_id, case.category_id, asked.to_level, case.standard, False
    )
    handler_id = pick_handler(where, acts.excluded(case.id), now)
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, case.institution_id, unit_id, handler_id, now)
    marks.notices([handler_id], "assigned", case.id, now)
    case.first_rung = 1
    ladders.caught_up([case.id])
    clocks.set_timer(case.id, "ladder", now)
    status = case.status
    if status in (Status.NEW, Status.ASSIGNED):
        status = (Status.ASSIGNED if handler_id else Status.NEW).value
    acts.move(
        case,
        unit_id=unit_id,
        handler_id=handler_id,
        confidentiality=asked.to_level,
        status=status,
    )
