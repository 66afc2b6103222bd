"""Words of a citizen: added to the case that they belong to, or made into one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, routing, workflow
from feedback.rules.access import Level
from feedback.rules.commands import BARE_ANSWERS
from feedback.services import acts, audit, cases, citizen, desk, outbox, phones
from feedback.services.conversation import wholes
from feedback.services.conversation.sms import SUBMISSION, Sms, reply
from feedback.services.conversation.which import OPEN, cases_of, one_of
from feedback.services.reference import InstitutionInfo, directory

OPENING_WORDS = 3
"""Words within which the name stands when a text begins with it."""


def new_words(sms: Sms, now: datetime) -> UUID | None:
    """Words for the case that they go on with, repeat or answer; else a case of their own."""
    mine = {case.id: case for case in cases_of(sms) if case.status in OPEN}
    earlier = wholes.before(sms.id, sms.number_hash, sms.received_at, list(mine))
    if went_on := wholes.goes_on(sms.said, sms.received_at, earlier):
        case = mine[went_on.case_id]
        join(case, f"{went_on.said.body} {sms.said.body}", sms, now)
        return case.id
    if repeated := wholes.repeats(sms.said, earlier):
        case = mine[repeated.case_id]
        join(case, sms.said.body, sms, now)
        reply(sms, "repeated", now, case, due=case.due_at.isoformat())
        return case.id
    if sms.flooding and earlier:
        case = mine[earlier[0].case_id]
        join(case, sms.said.body, sms, now)
        reply(sms, "flood", now)
        return case.id
    why = wholes.reason_for(sms.said, sms.id, sms.number_hash, sms.received_at, list(mine))
    if why is not None and not sms.said.marked and not _names_another(sms, [mine[why]]):
        add(mine[why], sms, now)
        return why
    waiting = [c for c in mine.values() if c.status == workflow.Status.WAITING_CITIZEN]
    if waiting and not sms.said.marked and not _names_another(sms, waiting):
        asker = one_of(sms, waiting, now)
        if asker is not None:
            add(asker, sms, now)
        return asker.id if asker else None
    unplaced = next((case for case in mine.values() if case.triage), None)
    if unplaced is not None and routing.normalise(sms.said.body) in BARE_ANSWERS:
        add(unplaced, sms, now)
        return unplaced.id
    return lodge(sms, now)


def _names_another(sms: Sms, waiting: list[m.Case]) -> bool:
    """Whether the words begin with an institution other than those whose question waits, as one
    who has something new to tell does. An answer may speak of another in passing."""
    d = directory()
    opening = " ".join(routing.normalise(sms.said.body).split()[:OPENING_WORDS])
    match = routing.find_institution(opening, d.gazetteer)
    named = d.institutions_by_code.get(match.code) if match else None
    return named is not None and all(case.institution_id != named.id for case in waiting)


def join(case: m.Case, together: str, sms: Sms, now: datetime) -> None:
    """Add the words to the case, which is treated as though all had come at once."""
    protect(case, together, sms, now)
    if case.triage:
        place(case, together, sms, now)
    citizen.add_message(case.id, sms.said.body, now)


def protect(case: m.Case, words: str, sms: Sms, now: datetime) -> None:
    """Raise the level, and hide the name, as the words would have at once."""
    wanted = Level.CONFIDENTIAL if sms.said.secret else Level.OPEN
    if routing.is_integrity(words):
        wanted = Level.RESTRICTED
    stands = Level.OPEN if case.cautious else Level(case.confidentiality)
    if access.rank(wanted) > access.rank(stands):
        citizen.raise_confidentiality(case.id, wanted.value, now)
    if sms.said.anonymous:
        citizen.hide_name(case.id, now)


def add(case: m.Case, sms: Sms, now: datetime) -> None:
    """Add the words to a case that they are for, and say so; of words that ask for secrecy, that it
    is kept. Refused: not-allowed."""
    protect(case, sms.said.body, sms, now)
    citizen.add_message(case.id, sms.said.body, now)
    reply(sms, "made_confidential" if sms.said.secret else "added", now, case)


def place(case: m.Case, words: str, sms: Sms, now: datetime) -> bool:
    """Give a case in triage to the institution that the words name, if they name one."""
    d = directory()
    match = routing.names_only(words, d.gazetteer) or routing.find_institution(
        words, d.gazetteer, case.place or ""
    )
    target = d.institutions_by_code.get(match.code) if match else None
    if target is None:
        return False
    case = acts.locked(case.id)
    # The level the case would have had, had the citizen named the institution at once.
    level = Level.OPEN.value if case.cautious else case.confidentiality
    category = d.categories.get(case.category_id or 0)
    audit.record("classified_by_citizen", case.id, now=now, to=target.id)
    status = acts.status_after(case, workflow.Verb.TRANSFER)
    unit_id = d.unit_for(target.id, category)
    desk.reroute(case, target.id, unit_id, level, status, sms.said.body, now)
    phones.remember(sms.number_hash, now, institution_id=target.id)
    return True


def lodge(
    sms: Sms,
    now: datetime,
    *,
    level: Level = Level.OPEN,
    suggested: InstitutionInfo | None = None,
    guess: bool = True,
) -> UUID:
    """A new case. level: the least that it is treated as. suggested: where triage takes place when
    nothing names an institution; with `guess` that is the one the number last wrote to."""
    wanted = max(level, Level.CONFIDENTIAL if sms.said.secret else Level.OPEN, key=access.rank)
    if suggested is None and guess:
        suggested = _last_institution(sms)
    receipt = cases.lodge(
        uuid4(),
        cases.Lodging(
            submission_id=uuid5(SUBMISSION, sms.id.hex),
            channel="sms",
            kind=sms.said.kind or "complaint",
            language=sms.language,
            body=sms.said.body,
            confidentiality=wanted.value if wanted != Level.OPEN else None,
            anonymous=sms.said.anonymous,
            phone=sms.number,
            suggested=suggested.code if suggested else None,
        ),
        # The clock begins when the gateway had the message, even if no worker ran meanwhile.
        sms.received_at,
    )
    if sms.number is None:
        return receipt.case_id
    if not receipt.triage:
        placed = select(m.Case.institution_id).where(m.Case.id == receipt.case_id)
        phones.remember(sms.number_hash, now, institution_id=db.session.scalars(placed).one())
    else:
        asks = "received_suggested" if suggested else "received_triage_question"
        outbox.say_instead(f"received:{receipt.case_id}", asks)
    return receipt.case_id


def _last_institution(sms: Sms) -> InstitutionInfo | None:
    """The institution this number last wrote to, unless the words point elsewhere: to any name, to
    a place or a subject that is not that institution's. What is secret, or of corruption, is shown
    to nobody on a guess. An agency or a ministry deals with few subjects: it is meant for those
    that this number wrote to it about before."""
    d = directory()
    last = d.institutions.get(phones.last_institution(sms.number_hash) or 0)
    words = sms.said.body
    if last is None or last.code not in d.institutions_by_code:
        return None
    if sms.said.secret or routing.is_integrity(words) or routing.names_any(words, d.gazetteer):
        return None
    above = d.institutions.get(last.parent_id or 0)
    own = {last.code, above.code if above else last.code}
    places = routing.find_places(words, d.gazetteer)
    match = routing.find_category(words, d.gazetteer)
    category = d.categories_by_code.get(match.code) if match else None
    if places and not places & own:
        return None
    if category is not None and not category.applies(last.kind):
        return None
    before = {case.category_id for case in cases_of(sms) if case.institution_id == last.id}
    if category is not None and last.kind != "council" and category.id not in before:
        return None
    return last
