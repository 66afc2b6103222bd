"""A citizen's conversation by SMS: what each message leads to, and which case it is about.

A message belongs to the case whose reference stands in it, else to the one that waits for a reply.
Where several may be meant, the citizen is asked once which, and the message is kept meanwhile. The
worker calls this, one message of a number at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select

from feedback import models as m
from feedback.extensions import db
from feedback.rules import access, phrases, routing, workflow
from feedback.rules.access import Level
from feedback.rules.commands import Intent
from feedback.rules.phrases import Parsed
from feedback.services import (
    acts,
    audit,
    cases,
    citizen,
    desk,
    identity,
    outbox,
    phones,
    reissue,
    wholes,
)
from feedback.services.errors import Refused
from feedback.services.reference import InstitutionInfo, directory
from feedback.services.texts import STATUS_WORDS

SUBMISSION = UUID("5f0a6c9e-6f0b-4d6c-9d7e-3f0f4f1f8a11")  # the namespace of submission ids
OPEN = tuple(status.value for status in workflow.OPEN)
KEPT_FOR = timedelta(hours=24)
"""How long a message waits for the answer to "which case?", before it goes its own way."""
MOST_OFFERED = 4
"""References in one question; a text has room for no more."""
MOST_LISTED = 3
"""Cases of which one text tells the status."""


@dataclass(slots=True)
class Sms:
    """A message as unsealed for this one act. `number` is None where no reply can be sent.

    flooding: one of too many, so its reply is the one that a flood gets. silent: no reply at all.
    kept: set where the citizen is asked which case it is for.
    """

    id: UUID
    number_hash: bytes
    number: str | None
    said: Parsed
    received_at: datetime
    language: str
    flooding: bool = False
    silent: bool = False
    kept: bool = False


def read(row: m.InboundMessage, *, flooding: bool = False, silent: bool = False) -> Sms:
    """Unseal a message and tell what it says."""
    gazetteer = directory().gazetteer
    words = wholes.words_of(row)
    said = phrases.parse(words, lambda t: routing.names_only(t, gazetteer) is not None)
    number = identity.normalise_number(identity.unseal(row.sender, f"inbound:{row.id}:sender"))
    number_hash = bytes(row.number_hash)
    language = said.chosen or phones.language(number_hash) or said.language
    return Sms(
        row.id, number_hash, number, said, row.received_at, language, flooding, silent or not number
    )


def act(sms: Sms, now: datetime) -> UUID | None:
    """Do what the message asks for; the case that it was about or made, if any."""
    match sms.said.intent:
        case Intent.STOP | Intent.START | Intent.LANGUAGE:
            _about_the_phone(sms, now)
            return None
        case Intent.STATUS:
            return _chosen(sms, now) if sms.said.alone and _kept(sms) else _status(sms, now)
        case Intent.NEW:
            return _as_new(sms, now)
        case Intent.RECEIPT_CODE:
            return _receipt_code(sms, now)
        case Intent.SATISFIED | Intent.NOT_FIXED:
            return _verdict(sms, now)
        case Intent.ADD:
            return _add(sms, now)
        case Intent.ANONYMOUS:
            return _anonymous(sms, now)
        case Intent.INSTITUTION:
            return _institution(sms, now)
        case Intent.LODGE:
            return _new_words(sms, now)
        case _:
            _reply(sms, "help", now)
            return None


# Which case


def _cases_of(sms: Sms) -> list[m.Case]:
    """The cases filed from this phone, the newest first."""
    if sms.number is None:
        return []
    return list(
        db.session.scalars(
            select(m.Case)
            .join(m.SealedIdentity, m.SealedIdentity.case_id == m.Case.id)
            .where(m.SealedIdentity.number_hash == sms.number_hash)
            .order_by(m.Case.received_at.desc(), m.Case.id)
            .limit(50)
        )
    )


def _named(sms: Sms) -> m.Case | None:
    """The case whose reference stands in the message, if it was filed from this phone."""
    case = db.session.scalars(
        select(m.Case).where(m.Case.reference == sms.said.reference)
    ).one_or_none()
    if case is None or sms.number is None or not identity.is_number_of(case.id, sms.number):
        return None
    return case


def _meant(sms: Sms, statuses: tuple[str, ...]) -> list[m.Case]:
    """The cases of which one may be meant: the named one, else those in these statuses."""
    if sms.said.reference is not None:
        named = _named(sms)
        return [named] if named else []
    return [case for case in _cases_of(sms) if case.status in statuses]


def _one_of(sms: Sms, candidates: list[m.Case], now: datetime) -> m.Case | None:
    """The one case meant; with none the citizen is told so, with several asked which."""
    if not candidates:
        _reply(sms, "unknown_reference", now)
    elif len(candidates) > 1:
        _ask_which(sms, candidates, now)
    else:
        return candidates[0]
    return None


def _ask_which(sms: Sms, candidates: list[m.Case], now: datetime) -> None:
    """Keep the message and ask once, with references only."""
    asked_before = bool(_kept(sms))
    sms.kept = True
    if not asked_before:
        references = ", ".join(case.reference for case in candidates[:MOST_OFFERED])
        _reply(sms, "which_case", now, references=references)


def _kept(sms: Sms) -> list[m.InboundMessage]:
    """The messages of this phone that wait for the answer to "which case?", in their order."""
    return list(
        db.session.scalars(
            select(m.InboundMessage)
            .where(
                m.InboundMessage.state == "held", m.InboundMessage.number_hash == sms.number_hash
            )
            .order_by(m.InboundMessage.received_at, m.InboundMessage.id)
            .with_for_update()
        )
    )


def _chosen(sms: Sms, now: datetime, *, silent: bool = False) -> UUID | None:
    """The answer to "which case?": what was kept goes there, with one reply for all of it."""
    case = _named(sms)
    if case is None:
        _reply(sms, "unknown_reference", now)
        return None
    kept = _kept(sms)
    for row in kept:
        earlier = read(row, silent=silent or row is not kept[-1])
        if _for_case(earlier, case, now):
            row.state, row.case_id, row.error = "done", case.id, None
    return case.id


def _as_new(sms: Sms, now: datetime) -> UUID | None:
    """The answer that none of the cases is meant: what was kept becomes one of its own."""
    made = None
    for row in _kept(sms):
        earlier = read(row)
        if earlier.said.intent in (Intent.LODGE, Intent.ADD):
            row.case_id = made = _lodge(earlier, now)
        row.state, row.error = "done", None
    if made is None:
        _reply(sms, "help", now)
    return made


def without_answer(sms: Sms, now: datetime) -> UUID | None:
    """Nobody said which case a kept message is for.

    Words become a case of their own, as confidential as the strictest of those they may be for, so
    that none of its officers reads what was meant for another. "Not fixed" reopens what was
    answered last, for a review too many costs less than one lost. The rest is let be: silence
    closes a case anyway, and a code can be asked for again.
    """
    mine = _cases_of(sms)
    if sms.said.intent is Intent.NOT_FIXED:
        answered = [c for c in mine if c.status == workflow.Status.ANSWERED and c.answered_at]
        latest = max(answered, key=lambda c: c.answered_at or c.received_at, default=None)
        return latest.id if latest and _for_case(sms, latest, now) else None
    if sms.said.intent not in (Intent.LODGE, Intent.ADD):
        return None
    meant = [case for case in mine if case.status in OPEN]
    levels = [Level(case.confidentiality) for case in meant if not case.cautious]
    places = {case.institution_id for case in meant}
    return _lodge(
        sms,
        now,
        level=max(levels, key=access.rank, default=Level.OPEN),
        suggested=directory().institutions[places.pop()] if len(places) == 1 else None,
    )


def _for_case(sms: Sms, case: m.Case, now: datetime) -> bool:
    """Do what the message asks for with this case; False when the case does not allow it."""
    try:
        match sms.said.intent:
            case Intent.SATISFIED | Intent.NOT_FIXED:
                _judge(sms, case, now)
            case Intent.RECEIPT_CODE:
                reissue.send_again(case, sms.language, f"reply:{sms.id}", now, sms.number)
            case _:
                _protect(case, sms.said.body, sms, now)
                citizen.add_message(case.id, sms.said.body, now)
                _reply(sms, "added", now, case)
    except Refused:
        _reply(sms, "not_possible", now, case)
        return False
    return True


# The verbs


def _about_the_phone(sms: Sms, now: datetime) -> None:
    """Stop, start and language: how this number wants to be spoken to."""
    if sms.number is None:
        return
    match sms.said.intent:
        case Intent.STOP:
            if phones.stop(sms.number_hash, now):
                _reply(sms, "stopped", now)
        case Intent.START:
            _reply(sms, "started" if phones.start(sms.number_hash) else "help", now)
        case _ if sms.said.chosen is None:
            _reply(sms, "language_asked", now)
        case _:
            phones.remember(sms.number_hash, now, language=sms.said.chosen)
            _reply(sms, "language_chosen", now)


def _status(sms: Sms, now: datetime) -> UUID | None:
    """How the case stands; without a reference, how the newest that are not over stand."""
    if sms.said.reference is None:
        mine = _cases_of(sms)
        running = [c for c in mine if c.status in (*OPEN, workflow.Status.ANSWERED)]
        if len(running) > 1:
            said = [
                f"{c.reference} {STATUS_WORDS[c.status][sms.language]}"
                for c in running[:MOST_LISTED]
            ]
            _reply(sms, "status_list", now, statuses="; ".join(said))
            return None
        case = next(iter(running or mine), None)
    else:
        case = _named(sms)
    if case is None:
        _reply(sms, "unknown_reference", now)
        return None
    due = case.due_at.isoformat() if case.status in OPEN else ""
    _reply(sms, "status", now, case, status=case.status, due=due)
    return case.id


def _receipt_code(sms: Sms, now: datetime) -> UUID | None:
    """A new code each time: whoever holds an older one is shut out."""
    meant = _meant(sms, (*OPEN, workflow.Status.ANSWERED)) or _meant(sms, tuple(STATUS_WORDS))[:1]
    case = _one_of(sms, meant, now)
    if case is None:
        return None
    _for_case(sms, case, now)
    return case.id


def _verdict(sms: Sms, now: datetime) -> UUID | None:
    """Satisfied, or not fixed."""
    case = _one_of(sms, _meant(sms, (workflow.Status.ANSWERED,)), now)
    if case is None:
        return None
    _for_case(sms, case, now)
    return case.id


def _judge(sms: Sms, case: m.Case, now: datetime) -> None:
    """The citizen's judgement; "not fixed" itself tells the citizen what follows."""
    if sms.said.intent is Intent.SATISFIED:
        citizen.accept(case.id, None, now)
        _reply(sms, "closed", now, case)
    elif case.status in OPEN:
        # Reopened already, or not answered yet: how it stands is all there is to say.
        _reply(sms, "status", now, case, status=case.status, due=case.due_at.isoformat())
    else:
        citizen.not_fixed(case.id, sms.said.body, now)


def _add(sms: Sms, now: datetime) -> UUID | None:
    """More words for a case; SIRI with them, or alone, makes the case confidential.

    SIRI alone is for the newest case at once, since to wait for a word would leave it open; the
    reply says which.
    """
    meant = _meant(sms, OPEN)
    if sms.said.reference is None and not sms.said.secret:
        if not meant:
            return _new_words(sms, now)
        meant = [c for c in meant if c.status == workflow.Status.WAITING_CITIZEN] or meant
    elif sms.said.reference is None:
        meant = meant[:1]
    case = _one_of(sms, meant, now)
    if case is None:
        return None
    if sms.said.reference is not None and _kept(sms):
        _chosen(sms, now, silent=True)
    if sms.said.secret and sms.said.reference is None:
        _make_confidential(sms, case, now)
    else:
        _for_case(sms, case, now)
    return case.id


def _make_confidential(sms: Sms, case: m.Case, now: datetime) -> None:
    try:
        if case.confidentiality == Level.OPEN or case.cautious:
            citizen.raise_confidentiality(case.id, Level.CONFIDENTIAL.value, now)
        _reply(sms, "made_confidential", now, case)
    except Refused:
        _reply(sms, "not_possible", now, case)


def _anonymous(sms: Sms, now: datetime) -> UUID | None:
    """The office is not to be told who writes; without a reference that is for the newest case."""
    case = _one_of(sms, _meant(sms, OPEN)[:1], now)
    if case is None:
        return None
    try:
        _protect(case, "", sms, now)
        citizen.hide_name(case.id, now)
        _reply(sms, "made_anonymous", now, case)
    except Refused:
        _reply(sms, "not_possible", now, case)
    return case.id


def _institution(sms: Sms, now: datetime) -> UUID | None:
    """The answer to "which institution?", or a correction: the newest case in triage goes there.

    Its clock runs on. Without such a case the words are a message like any other.
    """
    case = next((c for c in _cases_of(sms) if c.triage and c.status in OPEN), None)
    if case is None:
        return _new_words(sms, now)
    if not _place(case, sms.said.body, sms, now):
        _reply(sms, "institution_unclear", now, case)
    return case.id


def _place(case: m.Case, words: str, sms: Sms, now: datetime) -> bool:
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
    desk.reroute(case, target.id, d.unit_for(target.id, category), level, status, words, now)
    phones.remember(sms.number_hash, now, institution_id=target.id)
    return True


# Words without a reference


def _new_words(sms: Sms, now: datetime) -> UUID | None:
    """Words for the case that they go on with, repeat or answer; else a case of their own."""
    mine = {case.id: case for case in _cases_of(sms) if case.status in OPEN}
    earlier = wholes.before(sms.id, sms.number_hash, sms.received_at, list(mine))
    if went_on := wholes.goes_on(sms.said, sms.received_at, earlier):
        case = mine[went_on.case_id]
        _join(case, f"{went_on.said.body} {sms.said.body}", sms, now)
        return case.id
    if repeated := wholes.repeats(sms.said, earlier):
        case = mine[repeated.case_id]
        _join(case, sms.said.body, sms, now)
        _reply(sms, "repeated", now, case, due=case.due_at.isoformat())
        return case.id
    if sms.flooding and earlier:
        case = mine[earlier[0].case_id]
        _join(case, sms.said.body, sms, now)
        _reply(sms, "flood", now)
        return case.id
    waiting = [c for c in mine.values() if c.status == workflow.Status.WAITING_CITIZEN]
    if waiting and not sms.said.marked and not _names_another(sms, waiting):
        asker = _one_of(sms, waiting, now)
        if asker is not None:
            _for_case(sms, asker, now)
        return asker.id if asker else None
    return _lodge(sms, now)


def _names_another(sms: Sms, waiting: list[m.Case]) -> bool:
    """Whether the words name an institution other than those whose question waits."""
    d = directory()
    match = routing.find_institution(sms.said.body, d.gazetteer)
    named = d.institutions_by_code.get(match.code) if match else None
    return named is not None and all(case.institution_id != named.id for case in waiting)


def _join(case: m.Case, together: str, sms: Sms, now: datetime) -> None:
    """Add the words to the case, which is treated as though all had come at once."""
    _protect(case, together, sms, now)
    if case.triage:
        _place(case, together, sms, now)
    citizen.add_message(case.id, sms.said.body, now)


def _protect(case: m.Case, words: str, sms: Sms, now: datetime) -> None:
    """Raise the level, and hide the name, as the words would have at once."""
    wanted = Level.CONFIDENTIAL if sms.said.secret else Level.OPEN
    if routing.is_integrity(words):
        wanted = Level.RESTRICTED
    stands = Level.OPEN if case.cautious else Level(case.confidentiality)
    if access.rank(wanted) > access.rank(stands):
        citizen.raise_confidentiality(case.id, wanted.value, now)
    if sms.said.anonymous:
        citizen.hide_name(case.id, now)


def _lodge(
    sms: Sms,
    now: datetime,
    *,
    level: Level = Level.OPEN,
    suggested: InstitutionInfo | None = None,
) -> UUID:
    """A new case. level: the least that it is treated as."""
    wanted = max(level, Level.CONFIDENTIAL if sms.said.secret else Level.OPEN, key=access.rank)
    suggested = suggested or _last_institution(sms)
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
    to nobody on a guess."""
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
    if (places and not places & own) or (category and not category.applies(last.kind)):
        return None
    return last


def _reply(
    sms: Sms, template: str, now: datetime, case: m.Case | None = None, **values: str
) -> None:
    """One answer to this phone; a message processed again owes nothing new, a flood one an hour."""
    if sms.number is None or sms.silent or not identity.is_served(sms.number):
        return
    dedupe = f"reply:{sms.id}"
    if sms.flooding and sms.said.intent not in (Intent.STOP, Intent.START, Intent.LANGUAGE):
        template, case, values = "flood", None, {}
        dedupe = f"flood:{uuid5(SUBMISSION, sms.number_hash.hex())}:{sms.received_at:%FT%H}"
    if case is not None:
        values["reference"] = case.reference
    outbox.owe(
        dedupe,
        template,
        case_id=case.id if case else None,
        language=sms.language,
        values=values,
        now=now,
        recipient=sms.number,
        priority=0,
    )
