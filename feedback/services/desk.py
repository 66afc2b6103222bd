"""The officer's verbs. Each is one act in one transaction, with its audit entry and its SMS.

The database decides whether the officer sees the case at all; `rules.access` whether this officer
may do this; `rules.workflow` whether the status allows it. Errors: Refused, with a code.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access
from feedback.rules.access import Level
from feedback.rules.workflow import Status, Verb, window_end
from feedback.services import (
    acts,
    audit,
    clocks,
    conflicts,
    duplicates,
    groups,
    ladders,
    letters,
    marks,
    mentions,
    outcomes,
    owners,
    suggestions,
    viewers,
)
from feedback.services.cases import pick_handler
from feedback.services.errors import Refused
from feedback.services.placing import Placing
from feedback.services.reference import directory

SECOND_TRANSFER = text("SELECT guard.second_transfer(:case, :to, :at)")
"""An alarm for both institutions where a case that was transferred before is about to be again."""


def may(case: m.Case, verb: Verb) -> None:
    """Refused("not-allowed") where the present officer may not do this to the case."""
    if not access.may_act(viewers.present(), viewers.facts(case), verb):
        raise Refused("not-allowed")


def acknowledge(case_id: UUID, now: datetime) -> None:
    """The handler has seen it and says so; stops the acknowledgement clock."""
    case = acts.locked(case_id)
    may(case, Verb.ACKNOWLEDGE)
    case.status = acts.status_after(case, Verb.ACKNOWLEDGE)
    own = clocks.of(case)
    if not clocks.first_human_word(case, own, now):
        raise Refused("not-allowed")
    case.unread = False
    ladders.arm(case, directory())
    acts.owe(case, "acknowledged", now, {"due": case.due_at.isoformat()})
    marks.figures(case.received_at, case.institution_id)
    audit.record("acknowledged", case.id, now=now)


def answer(case_id: UUID, body: str, now: datetime, *, outcome: str = "", ground: str = "") -> None:
    """Answer the citizen: the clock stops, the citizen's window opens.

    outcome: what came of it, with its ground (services.outcomes); '' where none is stated, as by
    SMS. Refused also: no-outcome, no-ground.
    """
    case = acts.locked(case_id)
    may(case, Verb.ANSWER)
    body = acts.words(body)
    case.status = acts.status_after(case, Verb.ANSWER)
    own = clocks.of(case)
    clocks.resume(case, own, now)
    clocks.first_human_word(case, own, now)
    clocks.meet(own.answer, own, now)
    case.answered_at, case.unread = now, False
    case.window_ends_at = window_end(now)
    acts.write(case, "answer", body, now)
    stated = outcomes.state(case, outcome, ground, now)
    clocks.set_timers({(case.id, "reminder"): None, (case.id, "window"): case.window_ends_at})
    ladders.arm(case, directory())
    said = f"{body.rstrip()}\n\n{stated}" if stated else body
    acts.owe(case, "answer", now, {"until": case.window_ends_at.isoformat()}, said)
    duplicates.answered(case, outcome, ground, now)
    marks.figures(case.received_at, case.institution_id)
    details = {"outcome": outcome} if outcome else {}
    audit.record("answered", case.id, now=now, cycle=case.cycle, **details)


def answer_partly(case_id: UUID, body: str, now: datetime) -> None:
    """Tell the citizen part of the answer: a human word, by which only the acknowledgement's clock
    stops. The answer is due as before and no window opens."""
    case = acts.locked(case_id)
    may(case, Verb.PARTIAL_ANSWER)
    body = acts.words(body)
    case.status = acts.status_after(case, Verb.PARTIAL_ANSWER)
    clocks.first_human_word(case, clocks.of(case), now)
    case.unread = False
    acts.write(case, "partial_answer", body, now)
    ladders.arm(case, directory())
    acts.owe(case, "partial_answer", now, {"due": case.due_at.isoformat()}, body)
    marks.figures(case.received_at, case.institution_id)
    audit.record("answered_partly", case.id, now=now, cycle=case.cycle)


def ask(case_id: UUID, body: str, now: datetime) -> m.Pause | None:
    """Ask the citizen; the clock waits if it may. Answers the pause in which it
    waits now, None when it runs on."""
    case = acts.locked(case_id)
    may(case, Verb.ASK)
    body = acts.words(body)
    case.status = acts.status_after(case, Verb.ASK)
    own = clocks.of(case)
    clocks.first_human_word(case, own, now)
    pause = clocks.pause(case, own, now)
    case.unread = False
    acts.write(case, "question", body, now)
    ladders.arm(case, directory())
    acts.owe(case, "question", now, {}, body)
    marks.figures(case.received_at, case.institution_id)
    audit.record("asked", case.id, now=now, paused=int(pause is not None))
    return pause or own.open_pause


def note(case_id: UUID, body: str, now: datetime, *, mention: int | None = None) -> None:
    """An internal note: officers read it, the citizen does not. mention: a colleague who gets a
    notice of it. Refused also: bad-mention (who may not read the words of the case)."""
    case = acts.locked(case_id)
    may(case, Verb.NOTE)
    acts.status_after(case, Verb.NOTE)
    body = acts.words(body)
    if mention is not None:
        body = mentions.addressed(case.id, mention, body)
        marks.notices([mention], "mentioned", case.id, now)
    acts.write(case, "note", body, now, internal=True)
    audit.record("noted", case.id, now=now, **({} if mention is None else {"to": mention}))


def assign(case_id: UUID, officer_id: int, now: datetime, *, words: str = "") -> None:
    """Give the case to another officer of the institution; its clocks run on. words: a note to the
    new owner, if there is something to say."""
    case = acts.locked(case_id)
    may(case, Verb.ASSIGN)
    status = acts.status_after(case, Verb.ASSIGN)
    target = db.session.get(m.Officer, officer_id)
    if target is None or not target.active or officer_id == case.handler_id:
        raise Refused("bad-target")
    restricted = case.confidentiality == Level.RESTRICTED
    fits = (
        "ethics" in target.roles and target.institution_id != case.institution_id
        if restricted
        else target.institution_id == case.institution_id
        and {"handler", "coordinator", "head"} & set(target.roles)
    )
    if not fits:
        raise Refused("bad-target")
    if officer_id in acts.excluded(case.id):
        raise Refused("excluded")
    if officer_id == acts.officer() and not access.may_read_words(
        viewers.present(), viewers.facts(case)
    ):
        # Who shares out what may not be read does not give it to himself to read it.
        raise Refused("bad-target")
    if words.strip():
        acts.write(case, "note", mentions.to(target.name, acts.words(words)), now, internal=True)
    unit_id = case.unit_id if restricted else target.unit_id
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, case.institution_id, unit_id, officer_id, now)
    marks.notices([officer_id], "assigned", case.id, now)
    audit.record("assigned", case.id, now=now, to=officer_id)
    acts.move(case, unit_id=unit_id, handler_id=officer_id, status=status)


def transfer(
    case_id: UUID, institution_code: str, unit_code: str | None, reason: str, now: datetime
) -> None:
    """Hand the case to a named owner elsewhere, with a reason; the clock runs on (rule 8).

    Where nobody could take it, it stays: Refused("nobody-there"). The officer sends it to the
    office above that one, or answers the citizen.
    """
    case = acts.locked(case_id)
    may(case, Verb.TRANSFER)
    acts.words(reason)
    status = acts.status_after(case, Verb.TRANSFER)
    d = directory()
    target = d.institutions_by_code.get(institution_code)
    if target is None:
        raise Refused("bad-target")
    category = d.categories.get(case.category_id or 0)
    unit_id = d.unit_for(target.id, category)
    if unit_code:
        by_code = {unit.code: unit.id for unit in d.units_of(target.id)}
        if unit_code not in by_code:
            raise Refused("bad-target")
        unit_id = by_code[unit_code]
    if (target.id, unit_id) == (case.institution_id, case.unit_id):
        raise Refused("bad-target")
    suggestions.corrected(
        case.id, "institution", d.institutions[case.institution_id].code, target.code, now
    )
    level = case.confidentiality
    reroute(case, target.id, unit_id, level, status, reason, now, needs_owner=True)


def classify(case_id: UUID, category_code: str, confidentiality: str, now: datetime) -> None:
    """Say what a case is about and how confidential it is.

    The level may be raised at any time; it may be lowered only where triage's caution set it, and
    not the citizen, the category or an ethics officer. The clocks stay as they were frozen.
    """
    case = acts.locked(case_id)
    may(case, Verb.CLASSIFY)
    status = acts.status_after(case, Verb.CLASSIFY)
    d = directory()
    category = d.categories_by_code.get(category_code)
    if category is None or confidentiality not in set(Level):
        raise Refused("bad-target")
    level, wanted = Level(case.confidentiality), Level(confidentiality)
    wanted = max(wanted, Level(category.confidentiality), key=access.rank)
    lowers = access.rank(wanted) < access.rank(level)
    if lowers and not (case.cautious and level == Level.CONFIDENTIAL):
        raise Refused("not-allowed")
    before = d.categories.get(case.category_id or 0)
    suggestions.corrected(case.id, "category", before.code if before else None, category.code, now)
    case.category_id = category.id
    if not lowers:
        case.cautious = False  # where it falls away with the level, the database says so itself
    marks.figures(case.received_at, case.institution_id)
    audit.record("classified", case.id, now=now, category=category.code, level=wanted.value)
    if wanted == Level.RESTRICTED and level != Level.RESTRICTED:
        raise_level(case, wanted, status, now)
        return
    if wanted != level:
        groups.part(case, now)  # a group has one level
    if wanted != Level.OPEN:
        acts.seal_words(case.id)
    if before is None or before.code != category.code:
        ladders.arm(case, d)  # its subject may have a ladder of its own
    unit_id = d.unit_for(case.institution_id, category)
    acts.move(
        case,
        unit_id=case.unit_id if level == Level.RESTRICTED else unit_id,
        handler_id=case.handler_id,
        confidentiality=wanted.value,
        status=status,
        triage=False,
    )


def raise_level(case: m.Case, level: Level, status: str, now: datetime) -> None:
    """Make a case stricter. Restricted: an ethics officer outside owns it from now on, the
    earlier handler's access ends, and the restricted ladder takes the place of the ordinary."""
    groups.part(case, now)  # a group has one level
    acts.seal_words(case.id)
    if level != Level.RESTRICTED:
        acts.move(case, handler_id=case.handler_id, confidentiality=level.value)
        return
    d = directory()
    unit_id = d.institutions[case.institution_id].default_unit_id
    where = Placing(
        case.institution_id, unit_id, case.category_id, level.value, case.standard, False
    )
    # Ethics officers elsewhere come to see it now; the words were never compared with their names.
    owners.compare(case, now, level=level.value)
    handler_id = pick_handler(where, acts.excluded(case.id), now)
    acts.end_assignment(case.id, now)
    acts.start_assignment(case.id, case.institution_id, unit_id, handler_id, now)
    marks.notices([handler_id], "assigned", case.id, now)
    marks.figures(case.received_at, case.institution_id)  # it is counted there no more
    case.first_rung = 1  # also in a cycle that an appeal opened higher up the ordinary ladder
    ladders.caught_up([case.id])
    clocks.set_timer(case.id, "ladder", now)  # the sweep, which sees it, takes up the ladder
    if status in (Status.NEW, Status.ASSIGNED):
        status = (Status.ASSIGNED if handler_id else Status.NEW).value
    acts.move(
        case,
        unit_id=unit_id,
        handler_id=handler_id,
        confidentiality=level.value,
        status=status,
        triage=False,
    )


def exclude(case_id: UUID, officer_id: int, now: datetime) -> None:
    """Mark an officer as in conflict with the case; as its owner that officer loses it.

    Only a colleague who stands on no rung: a superior is kept away by the citizen's words or by
    stepping back himself, else whoever assigns could shut every higher office out.
    """
    case = acts.locked(case_id)
    may(case, Verb.ASSIGN)
    target = db.session.get(m.Officer, officer_id)
    restricted = case.confidentiality == Level.RESTRICTED
    place = viewers.present().institution if restricted else case.institution_id
    if target is None or target.institution_id != place or _stands_on_a_rung(officer_id):
        raise Refused("bad-target")
    _exclude(case, officer_id, "marked", now)


def _stands_on_a_rung(officer_id: int) -> bool:
    """Whether the officer holds, or deputises for, a post that some ladder addresses."""
    rungs = {rung.post for ladder in directory().ladders.values() for rung in ladder}
    held = (
        select(m.PostHolding.id)
        .join(m.Post, m.Post.id == m.PostHolding.post_id)
        .where(
            m.PostHolding.officer_id == officer_id,
            m.PostHolding.until_day.is_(None),
            m.Post.kind.in_(sorted(rungs)),
        )
    )
    return db.session.scalars(held.limit(1)).first() is not None


def recuse(case_id: UUID, now: datetime) -> None:
    """The acting officer steps back from the case and no longer sees it."""
    case = acts.locked(case_id)
    _exclude(case, acts.officer(), "recused", now)


def _exclude(case: m.Case, officer_id: int, reason: str, now: datetime) -> None:
    conflicts.mark(case.id, [officer_id], reason, now)
    audit.record("excluded", case.id, now=now, officer=officer_id, reason=reason)
    held = groups.leading_of(case)  # nobody has one case of a group and is kept away from another
    if held.handler_id == officer_id:
        owners.pass_on(held, now)


def hand_over_letter(escalation_id: UUID, now: datetime) -> None:
    """A letter to a post without an account was handed over on paper."""
    escalation = db.session.scalars(
        select(m.Escalation).where(m.Escalation.id == escalation_id).with_for_update()
    ).one_or_none()
    if escalation is None or escalation.way != "letter":
        raise Refused("not-found")
    carries = (
        select(m.Escalation.id)
        .join(m.Case, m.Case.id == m.Escalation.case_id)
        .where(m.Escalation.id == escalation_id, letters.carried_by(viewers.present()))
    )
    if db.session.scalars(carries).first() is None:
        raise Refused("not-allowed")
    if escalation.handed_over_at is not None:
        raise Refused("not-allowed")
    escalation.handed_over_at, escalation.handed_over_by = now, acts.officer()
    audit.record("letter_handed_over", escalation.case_id, now=now, rung=escalation.rung)


def reroute(
    case: m.Case,
    institution_id: int,
    unit_id: int,
    confidentiality: str,
    status: str,
    reason: str,
    now: datetime,
    *,
    needs_owner: bool = False,
) -> None:
    """Give a locked case to a named owner at another place, out of triage; deadlines stay.

    Where nobody could take it: with `needs_owner` Refused("nobody-there"). Without (the citizen
    named the place) it is unowned there: clock and ladder run on, and the sweep, which is woken
    for it, raises an alarm.
    """
    where = Placing(
        institution_id, unit_id, case.category_id, confidentiality, case.standard, False
    )
    group = (case, *groups.followers(case))
    for each in group:  # they go along
        owners.compare(each, now, at=(institution_id, unit_id), level=confidentiality)
    handler_id = pick_handler(where, acts.excluded(case.id), now)
    if handler_id is None and needs_owner:
        raise Refused("nobody-there")
    former = case.institution_id
    db.session.execute(SECOND_TRANSFER, {"case": case.id, "to": institution_id, "at": now})
    acts.write(case, "transfer", reason, now, internal=True)
    acts.end_assignment(case.id, now)
    acts.start_assignment(
        case.id, institution_id, unit_id, handler_id, now, transfer=case.transfers + 1
    )
    marks.notices([handler_id], "transferred", case.id, now)
    acts.owe(case, "transferred", now, {"due": case.due_at.isoformat()})
    for each in group:
        marks.figures(each.received_at, former, institution_id)
    audit.record("transferred", case.id, now=now, to=institution_id)
    # Another ladder: the sweep, which sees the case wherever it is, sets the timer anew.
    clocks.set_timer(case.id, "ladder", now)
    if handler_id is None:
        status = "new"
    acts.move(
        case,
        institution_id=institution_id,
        unit_id=unit_id,
        handler_id=handler_id,
        confidentiality=confidentiality,
        status=status,
        triage=False,
        transferred=True,
    )
