"""Official letters.

    facts      what stands in one
    wording    how it says so, in Swahili and English
    printing   the file
    issuing    number, proof, and what is kept
    writing    the letters themselves: to a rung, from a rung, the final one

Here: the print queue of letters to posts that nobody holds with an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.access import Viewer
from feedback.services import audit, viewers, views
from feedback.services.errors import Refused
from feedback.services.letters import issuing, wording, writing
from feedback.services.letters.facts import Facts
from feedback.services.letters.issuing import Issued
from feedback.services.reference import directory


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that somebody carries: what it says, and its number once it was issued."""

    escalation_id: UUID
    facts: Facts
    post: views.PostName | None
    issued: Issued | None
    handed_over_at: datetime | None

    def sheet(self, now: datetime) -> Any:
        """What stands on the paper, for the page before it is printed."""
        number = self.issued.number if self.issued else ""
        return wording.sheet(self.facts, "sw", number, local_day(now), "", copy=False)


def carried_by(viewer: Viewer) -> ColumnElement[bool]:
    """Whose letters an officer carries, as a condition on escalation and case: those of the
    institution that has the case now, for its coordinator or head; those of restricted cases, for
    ethics officers, since nobody of the institution may know of them."""
    places = sorted(viewer.coordinates | viewer.heads)
    own = and_(~m.Escalation.restricted, m.Case.institution_id.in_(places))
    return or_(own, m.Escalation.restricted.is_(True)) if "ethics" in viewer.roles else own


def letter(escalation_id: UUID, now: datetime) -> Letter:
    """The letter of an escalation (principal: one of those who carry it).

    Refused: not-found. The look is recorded.
    """
    escalation, case = _carried(escalation_id)
    audit.record("looked", case.id, now=now, words=0, level=case.confidentiality)
    facts, _sender = writing.to_rung(escalation, case, now)
    return Letter(
        escalation.id,
        facts,
        views.post_names({escalation.post_id}, directory()).get(escalation.post_id or 0),
        issuing.of_rung(escalation_id),
        escalation.handed_over_at,
    )


def issue(escalation_id: UUID, now: datetime) -> UUID:
    """Give the letter of an escalation its number, once (principal: one of those who carry it).

    Refused: not-found.
    """
    escalation, case = _carried(escalation_id)
    facts, sender = writing.to_rung(escalation, case, now)
    return issuing.issue(case, sender, facts, now, escalation_id=escalation.id)


def issued(escalation_id: UUID) -> UUID:
    """The letter of an escalation that was issued; Refused: not-found."""
    _carried(escalation_id)
    found = issuing.of_rung(escalation_id)
    if found is None:
        raise Refused("not-found")
    return found.id


def _carried(escalation_id: UUID) -> tuple[m.Escalation, m.Case]:
    found = db.session.execute(
        select(m.Escalation, m.Case)
        .join(m.Case, m.Case.id == m.Escalation.case_id)
        .where(
            m.Escalation.id == escalation_id,
            m.Escalation.way == "letter",
            carried_by(viewers.present()),
        )
    ).one_or_none()
    if found is None:
        raise Refused("not-found")
    return found[0], found[1]
