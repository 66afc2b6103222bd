"""An officer asks that another one takes a case. It stays where it is until somebody decides."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, literal, select

from feedback import models as m
from feedback.clock import local_day
from feedback.extensions import db
from feedback.rules.workflow import Verb
from feedback.services import acts, audit, marks, posts
from feedback.services.errors import Refused


def ask_for(case_id: UUID, reason: str, now: datetime) -> None:
    """The owner asks to be relieved: on record with the reason, and told to those who may do it.

    Refused: not-found, not-allowed (not the owner, or the case is over), empty, too-long.
    """
    case = acts.locked(case_id)
    if case.handler_id != acts.officer():
        raise Refused("not-allowed")
    acts.status_after(case, Verb.ASSIGN)
    acts.write(case, "note", acts.words(reason), now, internal=True)
    kept_away = {*acts.excluded(case.id), acts.officer()}
    told = [each for each in who_assigns(case.institution_id, now) if each not in kept_away]
    marks.notices(told, "reassignment_asked", case.id, now)
    audit.record("reassignment_asked", case.id, now=now)


def who_assigns(institution_id: int, now: datetime) -> list[int]:
    """The coordinators of an institution, and who stands on its head's post today."""
    coordinators = select(m.Officer.id).where(
        m.Officer.institution_id == institution_id,
        m.Officer.active,
        literal("coordinator") == any_(m.Officer.roles),
    )
    head = posts.Address(institution_id, None, "institution_head")
    post = posts.find([head], local_day(now)).get(head)
    heads = [each.id for each in (post.holder, post.deputy) if each] if post else []
    return [*db.session.scalars(coordinators), *heads]
