"""A look at words before they go to the citizen: what is odd about them. It blocks nothing."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import func, select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules import answers as rules
from feedback.rules.answers import Remark
from feedback.rules.workflow import Verb
from feedback.services import acts, viewers
from feedback.services.errors import Refused

TEMPLATES = {"answer": "answer", "ask": "question"}
"""By verb: the text by which the words go out."""


def mark(words: str) -> str:
    """By what words are known again that an officer was warned of and sends as they are."""
    return hashlib.sha256(words.strip().encode()).hexdigest()[:32]


def remarks(case_id: UUID, verb: Verb, words: str) -> list[Remark]:
    """What is odd about words with which the present officer wants to answer or ask.

    Refused: not-found, not-allowed (who may not do it is told nothing of the words either).
    """
    case = db.session.get(m.Case, case_id)
    if case is None:
        raise Refused("not-found")
    if not access.may_act(viewers.present(), viewers.facts(case), verb):
        raise Refused("not-allowed")
    acts.status_after(case, verb)
    if verb is Verb.ASK:
        return rules.of_question(rules.Look(words, case.language))
    found = rules.of_answer(rules.Look(words, case.language, *_asked(case_id)))
    return [*found, *_open_tasks(case_id)]


def _open_tasks(case_id: UUID) -> list[Remark]:
    """That work for the case is still under way."""
    waiting = select(func.count()).where(m.Task.case_id == case_id, m.Task.state == "open")
    number = db.session.scalars(waiting).one()
    return [Remark("open_tasks", str(number))] if number else []


def _asked(case_id: UUID) -> tuple[str, str]:
    """What the citizen wrote last, and first, as far as the present officer may read it."""
    written = select(m.Message).where(m.Message.case_id == case_id, m.Message.kind == "citizen")
    last = db.session.scalars(written.order_by(m.Message.seq.desc()).limit(1)).first()
    first = db.session.scalars(written.order_by(m.Message.seq).limit(1)).first()
    if last is None or first is None:
        return "", ""
    return acts.read(last), acts.read(first) if first is not last else ""
