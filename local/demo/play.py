"""Plays the stories through the real services, moment by moment, as it would have happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from feedback import models as m
from feedback.clock import DAR_ES_SALAAM, local_day
from feedback.extensions import db
from feedback.rules.deadlines import Calendar
from feedback.services import cases, citizen, desk, directives, escalations
from feedback.services.cases import Lodging
from feedback.services.errors import Refused
from feedback.transaction import JOB, Principal, transaction
from local.demo.stories import Step, Story

# A sweep each working day just after the offices close, when rungs fall due.
SWEEP_AT = time(15, 35)
# No operator in Tanzania has numbers that begin with 064, so nobody ever gets a demo SMS.
NUMBER = "+25564{:07d}"


@contextmanager
def unhurried_disk() -> Iterator[None]:
    """Commits need not reach the disk one by one: what a crash loses is played again."""
    for engine in db.engines.values():
        with engine.connect() as connection:
            connection.execute(text("SET synchronous_commit = off"))
            connection.commit()
    try:
        yield
    finally:
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@dataclass(frozen=True, slots=True)
class Act:
    """Something that happens at a moment: a case comes in (`step` None), a step, or a sweep."""

    at: datetime
    number: int = -1
    step: Step | None = None


def schedule(told: list[Story], calendar: Calendar, now: datetime, rng: Random) -> list[Act]:
    """All that happens up to `now`, in order. No two acts have the same moment."""
    days = _working_days(calendar, now, max(story.back for story in told))
    acts: list[Act] = []
    for number, story in enumerate(told):
        received = _moment(days[story.back], rng, 7 * 60, 14 * 60)
        if received >= now:
            received = now - timedelta(minutes=3 + 2 * number % 90)
        received = received.replace(microsecond=number * 1000)
        acts.append(Act(received, number))
        latest = received
        for index, step in enumerate(story.steps):
            if step.day > story.back:
                break
            at = _moment(days[story.back - step.day], rng, 8 * 60, 15 * 60)
            at = max(at, latest + timedelta(minutes=9)).replace(
                microsecond=number * 1000 + index + 1
            )
            if at >= now:
                break
            acts.append(Act(at, number, step))
            latest = at
    sweeps = (datetime.combine(day.date(), SWEEP_AT, DAR_ES_SALAAM) for day in days)
    acts += [Act(at) for at in sweeps if at < now]
    return sorted(acts, key=lambda act: act.at)


def _working_days(calendar: Calendar, now: datetime, count: int) -> list[datetime]:
    """Midnights of the last working days, the latest first (today, or the last before it)."""
    day = local_day(now)
    found: list[datetime] = []
    while len(found) <= count:
        if calendar.is_working_day(day):
            found.append(datetime.combine(day, time(), DAR_ES_SALAAM))
        day -= timedelta(days=1)
    return found


def _moment(midnight: datetime, rng: Random, first: int, last: int) -> datetime:
    return midnight + timedelta(seconds=60 * rng.randint(first, last) + rng.randrange(60))


@dataclass
class Player:
    """Does the acts. `ids` are random: the submission and the case of each story."""

    told: list[Story]
    ids: list[tuple[UUID, UUID]]
    officers: dict[str, int]
    cases: dict[int, UUID] = field(default_factory=dict)
    handlers: dict[UUID, int | None] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def do(self, act: Act) -> None:
        """One act, in the principal's own transaction. What is refused is counted, not raised:
        holidays may move a story so that a step of it comes too late."""
        if act.step is None:
            if act.number < 0:
                sweep(act.at)
            else:
                self._lodge(act)
            return
        try:
            self._take(act.step, self.cases[act.number], act.at)
        except Refused as error:
            self.refused.append(f"{act.step.verb} of {act.number}: {error.code}")

    def _lodge(self, act: Act) -> None:
        story = self.told[act.number]
        submission, case_id = self.ids[act.number]
        lodging = Lodging(
            submission_id=submission,
            channel=story.channel,
            kind=story.kind,
            language=story.language,
            body=story.body,
            institution=story.institution,
            category=story.category,
            place=story.place or None,
            confidentiality=story.level,
            anonymous=story.anonymous,
            name=None if story.anonymous else f"Mwananchi {act.number + 1}",
            phone=NUMBER.format(1_000_000 + act.number) if story.phone else None,
            persons=story.persons,
        )
        with transaction(Principal.lodging(case_id)):
            receipt = cases.lodge(case_id, lodging, act.at)
        self.cases[act.number] = receipt.case_id

    def _take(self, step: Step, case_id: UUID, at: datetime) -> None:
        if step.verb in CITIZEN:
            with transaction(Principal.of_case(case_id)):
                CITIZEN[step.verb](case_id, step, at)
            self.handlers.pop(case_id, None)
            return
        if case_id not in self.handlers or step.verb in AIMED:
            with transaction(JOB) as session:
                self.handlers[case_id] = session.scalars(
                    select(m.Case.handler_id).where(m.Case.id == case_id)
                ).one()
                target = self._target(session, step, case_id)
        else:
            target = None
        officer = self.officers[step.by] if step.by else self.handlers[case_id]
        if officer is None:
            raise Refused("not-found")
        with transaction(Principal.of_officer(officer)):
            OFFICER[step.verb](case_id, step, target, at)
        if step.verb in MOVING:
            del self.handlers[case_id]

    def _target(self, session: Any, step: Step, case_id: UUID) -> Any:
        """What the act is about beside the case: an escalation, a directive, a colleague."""
        escalation = select(m.Escalation.id).where(m.Escalation.case_id == case_id)
        if step.verb == "direct":
            escalation = escalation.where(m.Escalation.rung == step.number)
            return session.scalars(escalation).first()
        if step.verb == "hand_over":
            return session.scalars(escalation.where(m.Escalation.way == "letter")).first()
        if step.verb == "complete_directive":
            given = select(m.Directive.id).where(m.Directive.case_id == case_id)
            return session.scalars(given).first()
        return self.officers[step.words] if step.verb == "assign" else None


def sweep(now: datetime) -> None:
    """Everything that has fallen due by `now`."""
    timers = escalations.BATCH
    while timers >= escalations.BATCH:
        with transaction(JOB):
            timers = escalations.sweep_batch(now).timers


def _needed(target: UUID | None) -> UUID:
    if target is None:
        raise Refused("not-found")
    return target


def _classify(case_id: UUID, step: Step, at: datetime) -> None:
    category, _, level = step.words.partition("/")
    desk.classify(case_id, category, level, at)


def _transfer(case_id: UUID, step: Step, at: datetime) -> None:
    institution, _, reason = step.words.partition("/")
    desk.transfer(case_id, institution, None, reason, at)


# Verbs that concern something beside the case, and those after which another may own it.
AIMED = {"direct", "complete_directive", "hand_over", "assign"}
MOVING = {"assign", "transfer", "recuse", "classify"}
CITIZEN: dict[str, Callable[[UUID, Step, datetime], Any]] = {
    "add_message": lambda case, step, at: citizen.add_message(case, step.words, at),
    "withdraw": lambda case, _step, at: citizen.withdraw(case, at),
    "accept": lambda case, step, at: citizen.accept(case, step.number, at),
    "not_fixed": lambda case, step, at: citizen.not_fixed(case, step.words, at),
    "raise": lambda case, step, at: citizen.raise_confidentiality(case, step.words, at),
}
# Under which names the record keeps what citizens do.
RECORDED = {
    "add_message": "citizen_message",
    "withdraw": "withdrawn",
    "accept": "accepted",
    "not_fixed": "not_fixed",
    "raise": "confidentiality_raised",
}
OFFICER: dict[str, Callable[[UUID, Step, Any, datetime], Any]] = {
    "acknowledge": lambda case, _step, _target, at: desk.acknowledge(case, at),
    "ask": lambda case, step, _target, at: desk.ask(case, step.words, at),
    "answer": lambda case, step, _target, at: desk.answer(case, step.words, at),
    "note": lambda case, step, _target, at: desk.note(case, step.words, at),
    "give_delay_reason": lambda case, step, _t, at: directives.give_reason(case, step.words, at),
    "assign": lambda case, _step, target, at: desk.assign(case, target, at),
    "transfer": lambda case, step, _target, at: _transfer(case, step, at),
    "classify": lambda case, step, _target, at: _classify(case, step, at),
    "recuse": lambda case, _step, _target, at: desk.recuse(case, at),
    "direct": lambda _case, step, target, at: directives.direct(
        _needed(target), step.words, local_day(at) + timedelta(days=5), at
    ),
    "complete_directive": lambda _case, _s, target, at: directives.complete(_needed(target), at),
    "hand_over": lambda _case, _s, target, at: desk.hand_over_letter(_needed(target), at),
}
