"""What follows from improvement actions without anybody's hand (worker): citizens are told that one
is done, leaders that one is late, and one whose owner went falls to the head.

Found by state, so that a lost wake-up is caught by the next run; each step may run twice.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import any_, literal, or_, select, update

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules import ladder
from feedback.rules.access import LEADING
from feedback.rules.improvements import State
from feedback.rules.workflow import Status
from feedback.services import audit, mailing, marks, outbox, posts
from feedback.services.posts import Address

TEMPLATE = "improvement_done"
BATCH = 200


def tell(now: datetime, limit: int = BATCH) -> int:
    """Tell citizens of linked cases that the action is done, whatever became of the case, unless
    the citizen withdrew it; answers how much was settled, 0 once nothing is left. No word of the
    action goes out."""
    action_id = db.session.scalars(
        select(m.Improvement.id)
        .where(m.Improvement.telling)
        .order_by(m.Improvement.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if action_id is None:
        return 0
    links = db.session.execute(
        select(m.ImprovementCase, m.Case)
        .join(m.Case, m.Case.id == m.ImprovementCase.case_id)
        .where(
            m.ImprovementCase.improvement_id == action_id,
            m.ImprovementCase.told_at.is_(None),
            m.ImprovementCase.unlinked_at.is_(None),
        )
        .order_by(m.ImprovementCase.case_id)
        .limit(limit)
    ).all()
    for link, case in links:
        link.told_at = now
        if case.status == Status.WITHDRAWN:
            continue
        for channel in mailing.ways(case, TEMPLATE):
            outbox.owe(
                outbox.dedupe(f"{TEMPLATE}:{action_id}:{case.id}", channel),
                TEMPLATE,
                case_id=case.id,
                language=case.language,
                values={"reference": case.reference},
                now=now,
                channel=channel,
            )
        audit.record("improvement_told", case.id, now=now, action=str(action_id))
    if len(links) < limit:
        db.session.execute(
            update(m.Improvement).where(m.Improvement.id == action_id).values(telling=False)
        )
    db.session.flush()
    return max(len(links), 1)


def warn(now: datetime, limit: int = BATCH) -> int:
    """A notice to owner and head of each action whose day has passed, once for each due date;
    answers of how many actions."""
    late = db.session.scalars(
        select(m.Improvement)
        .where(
            m.Improvement.state == State.OPEN.value,
            ~m.Improvement.late_told,
            m.Improvement.due_on < local_day(now),
        )
        .order_by(m.Improvement.due_on, m.Improvement.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    heads = _heads({action.institution_id for action in late}, now)
    for action in late:
        action.late_told = True
        told = {action.owner_id, heads.get(action.institution_id)}
        marks.notices(told, "improvement_late", None, now, f"{action.id}:{action.due_on}")
        audit.record("improvement_late", now=now, action=str(action.id))
    db.session.flush()
    return len(late)


def inherit(now: datetime, limit: int = BATCH) -> int:
    """Give open actions whose owner left the institution to its head, or to another leader where no
    head can act; answers how many."""
    owner = m.Officer
    left = db.session.execute(
        select(m.Improvement)
        .join(owner, owner.id == m.Improvement.owner_id)
        .where(
            m.Improvement.state == State.OPEN.value,
            or_(~owner.active, owner.institution_id != m.Improvement.institution_id),
        )
        .order_by(m.Improvement.id)
        .limit(limit)
        .with_for_update(of=m.Improvement, skip_locked=True)
    ).scalars()
    actions = list(left)
    heads = _heads({action.institution_id for action in actions}, now)
    for action in actions:
        former, action.owner_id = action.owner_id, heads.get(action.institution_id)
        marks.notices([action.owner_id], "improvement_given", None, now, str(action.id))
        audit.record(
            "improvement_changed",
            now=now,
            action=str(action.id),
            former=former or 0,
            to=action.owner_id or 0,
        )
    db.session.flush()
    return len(actions)


def _heads(institution_ids: set[int], now: datetime) -> dict[int, int]:
    """Who answers for each institution: its head or the head's deputy, else one of its leaders."""
    addresses = [Address(number, None, "institution_head") for number in sorted(institution_ids)]
    found: dict[int, int] = {}
    for address, post in posts.find(addresses, local_day(now)).items():
        person = ladder.resolve(post, frozenset()).person
        if person is not None:
            found[address.institution_id] = person
    missing = institution_ids - set(found)
    if missing:
        role = [literal(each) == any_(m.Officer.roles) for each in sorted(LEADING)]
        rows = db.session.execute(
            select(m.Officer.institution_id, m.Officer.id)
            .where(m.Officer.active, m.Officer.institution_id.in_(missing), or_(*role))
            .order_by(m.Officer.id.desc())
        )
        found |= {row.institution_id: row.id for row in rows}
    return found
