"""A citizen's conversation by SMS: what each message leads to, and which case it is about.

A message belongs to the case whose reference stands in it, else to the one that waits for a reply.
Where several may be meant, the citizen is asked once which, and the message is kept meanwhile. The
worker calls this, one message of a number at a time.

    sms     a message as read, and the one reply to it
    which   the case that is meant, or the question
    wholes  what is the rest of an earlier message, or the same again
    verdicts  satisfied, with a rating and a word, or not fixed
    proving the proof of a filing: asked for, and checked
    words   words become part of a case, or a new one
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from feedback import models as m
from feedback.rules import access, workflow
from feedback.rules.access import Level
from feedback.rules.commands import Intent
from feedback.services import audit, citizen, outcomes, phones, reissue
from feedback.services.conversation import proving, verdicts, words
from feedback.services.conversation.sms import AT_ONCE, Sms, read, reply
from feedback.services.conversation.which import (
    KEPT_FOR,
    MOST_OFFERED,
    OPEN,
    candidates,
    case_named,
    cases_of,
    kept_of,
    one_of,
)
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.services.texts import STATUS_WORDS

__all__ = [
    "AT_ONCE",
    "KEPT_FOR",
    "MOST_LISTED",
    "MOST_OFFERED",
    "Sms",
    "act",
    "read",
    "reply",
    "without_answer",
]

MOST_LISTED = 3
"""Cases of which one text tells the status."""


def act(sms: Sms, now: datetime) -> UUID | None:
    """Do what the message asks for; the case that it was about or made, if any."""
    if sms.said.verdict is not None and (judged := verdicts.meant(sms, now)):
        return _verdict(sms, judged, now)
    asked = ACTS.get(sms.said.intent)
    if asked is None:
        reply(sms, "help", now)
        return None
    return asked(sms, now)


def _asked_status(sms: Sms, now: datetime) -> UUID | None:
    """A reference alone is the answer to "which case?", where that was asked."""
    return _chosen(sms, now) if sms.said.alone and kept_of(sms) else _status(sms, now)


def _judged(sms: Sms, now: datetime) -> UUID | None:
    """A verdict for which no answer waits: how the case named stands is all there is to say."""
    return _verdict(sms, candidates(sms, ()), now)


def _chosen(sms: Sms, now: datetime, *, silent: bool = False) -> UUID | None:
    """The answer to "which case?": what was kept goes there, with one reply for all of it."""
    case = case_named(sms)
    if case is None:
        reply(sms, "unknown_reference", now)
        return None
    waiting = kept_of(sms)
    for row in waiting:
        earlier = read(row, silent=silent or row is not waiting[-1])
        earlier.answer = sms.answer
        if _for_case(earlier, case, now):
            row.state, row.case_id, row.error = "done", case.id, None
    return case.id


def _as_new(sms: Sms, now: datetime) -> UUID | None:
    """The answer that none of the cases is meant: what was kept becomes one of its own."""
    made = None
    for row in kept_of(sms):
        earlier = read(row)
        if earlier.said.intent in (Intent.LODGE, Intent.ADD):
            row.case_id = made = words.lodge(earlier, now)
        row.state, row.error = "done", None
    if made is None:
        reply(sms, "help", now)
    return made


def without_answer(sms: Sms, now: datetime) -> UUID | None:
    """Nobody said which case a kept message is for.

    Words become a case of their own, as confidential as the strictest of those they may be for, so
    that none of its officers reads what was meant for another. "Not fixed" reopens what was
    answered last, for a review too many costs less than one lost. The rest is let be: silence
    closes a case anyway, and a code can be asked for again.
    """
    mine = cases_of(sms)
    if sms.said.verdict is not None and sms.said.verdict.intent is Intent.SATISFIED:
        return None
    if sms.said.verdict is not None:
        answered = [c for c in mine if verdicts.waits(c, sms.received_at) and c.answered_at]
        latest = max(answered, key=lambda c: c.answered_at or c.received_at, default=None)
        return latest.id if latest and _for_case(sms, latest, now) else None
    if sms.said.intent not in (Intent.LODGE, Intent.ADD):
        return None
    meant = [case for case in mine if case.status in OPEN]
    levels = [Level(case.confidentiality) for case in meant if not case.cautious]
    places = {case.institution_id for case in meant}
    return words.lodge(
        sms,
        now,
        level=max(levels, key=access.rank, default=Level.OPEN),
        suggested=directory().institutions[places.pop()] if len(places) == 1 else None,
        guess=False,
    )


def _for_case(sms: Sms, case: m.Case, now: datetime) -> bool:
    """Do what the message asks for with this case; False when the case does not allow it."""
    try:
        match sms.said.intent:
            case _ if sms.said.verdict is not None:
                verdicts.judge(sms, sms.said.verdict, case, now)
            case Intent.PROVE:
                proving.send_to(sms, case, now)
            case Intent.RECEIPT_CODE:
                reissue.send_again(case, sms.language, sms.answer, now, sms.number)
            case _:
                words.add(case, sms, now)
    except Refused:
        reply(sms, "not_possible", now, case)
        return False
    return True


def _about_the_phone(sms: Sms, now: datetime) -> None:
    """Stop, start and language: how this number wants to be spoken to. It is about no case."""
    if sms.number is None:
        return
    match sms.said.intent:
        case Intent.STOP:
            if phones.stop(sms.number_hash, now):
                audit.record("sms_stopped", now=now)
                reply(sms, "stopped", now)
        case Intent.START:
            started = phones.start(sms.number_hash)
            if started:
                audit.record("sms_started", now=now)
            reply(sms, "started" if started else "help", now)
        case _ if sms.said.chosen is None:
            reply(sms, "language_asked", now)
        case _:
            phones.remember(sms.number_hash, now, language=sms.said.chosen)
            reply(sms, "language_chosen", now)


def _status(sms: Sms, now: datetime) -> UUID | None:
    """How the case stands; without a reference, how the newest that are not over stand."""
    if sms.said.reference is None:
        mine = cases_of(sms)
        running = [c for c in mine if c.status in (*OPEN, workflow.Status.ANSWERED)]
        if len(running) > 1:
            stand = outcomes.statuses(running[:MOST_LISTED])
            said = [
                f"{c.reference} {STATUS_WORDS[stand[c.id]][sms.language]}"
                for c in running[:MOST_LISTED]
            ]
            reply(sms, "status_list", now, statuses="; ".join(said))
            return None
        case = next(iter(running or mine), None)
    else:
        case = case_named(sms)
    if case is None:
        reply(sms, "unknown_reference", now)
        return None
    due = case.due_at.isoformat() if case.status in OPEN else ""
    reply(sms, "status", now, case, status=outcomes.statuses([case])[case.id], due=due)
    return case.id


def _receipt_code(sms: Sms, now: datetime) -> UUID | None:
    """A new code each time: whoever holds an older one is shut out."""
    running = (*OPEN, workflow.Status.ANSWERED)
    meant = candidates(sms, running) or candidates(sms, tuple(STATUS_WORDS))[:1]
    case = one_of(sms, meant, now)
    if case is None:
        return None
    _for_case(sms, case, now)
    return case.id


def _verdict(sms: Sms, meant: list[m.Case], now: datetime) -> UUID | None:
    """Satisfied, or not fixed."""
    case = one_of(sms, meant, now)
    if case is None:
        return None
    _for_case(sms, case, now)
    return case.id


def _add(sms: Sms, now: datetime) -> UUID | None:
    """More words for a case; SIRI with them, or alone, makes the case confidential.

    SIRI alone is for the newest case at once, since to wait for a word would leave it open; the
    reply says which. Beside a reference it is no message to the office either.
    """
    meant = candidates(sms, OPEN)
    if sms.said.reference is None and not sms.said.secret:
        if not meant:
            return words.new_words(sms, now)
        meant = [c for c in meant if c.status == workflow.Status.WAITING_CITIZEN] or meant
    elif sms.said.reference is None:
        meant = meant[:1]
    case = one_of(sms, meant, now)
    if case is None:
        return None
    if sms.said.reference is not None and kept_of(sms):
        _chosen(sms, now, silent=True)
    if sms.said.secret and not sms.said.worded:
        _make_confidential(sms, case, now)
    else:
        _for_case(sms, case, now)
    return case.id


def _make_confidential(sms: Sms, case: m.Case, now: datetime) -> None:
    try:
        if case.confidentiality == Level.OPEN or case.cautious:
            citizen.raise_confidentiality(case.id, Level.CONFIDENTIAL.value, now)
        reply(sms, "made_confidential", now, case)
    except Refused:
        reply(sms, "not_possible", now, case)


def _anonymous(sms: Sms, now: datetime) -> UUID | None:
    """The office is not to be told who writes; without a reference that is for the newest case."""
    case = one_of(sms, candidates(sms, OPEN)[:1], now)
    if case is None:
        return None
    try:
        words.protect(case, "", sms, now)
        citizen.hide_name(case.id, now)
        reply(sms, "made_anonymous", now, case)
    except Refused:
        reply(sms, "not_possible", now, case)
    return case.id


def _institution(sms: Sms, now: datetime) -> UUID | None:
    """The answer to "which institution?", or a correction: the newest case in triage goes there.

    Its clock runs on. Without such a case the words are a message like any other.
    """
    case = next((c for c in cases_of(sms) if c.triage and c.status in OPEN), None)
    if case is None:
        return words.new_words(sms, now)
    if not words.place(case, sms.said.body, sms, now):
        reply(sms, "institution_unclear", now, case)
    return case.id


ACTS: dict[Intent, Callable[[Sms, datetime], UUID | None]] = {
    Intent.STOP: _about_the_phone,
    Intent.START: _about_the_phone,
    Intent.LANGUAGE: _about_the_phone,
    Intent.STATUS: _asked_status,
    Intent.NEW: _as_new,
    Intent.RECEIPT_CODE: _receipt_code,
    Intent.SATISFIED: _judged,
    Intent.NOT_FIXED: _judged,
    Intent.PROVE: proving.send,
    Intent.VERIFY: proving.verify,
    Intent.ADD: _add,
    Intent.ANONYMOUS: _anonymous,
    Intent.INSTITUTION: _institution,
    Intent.LODGE: words.new_words,
}
"""What each intent leads to; any other gets the help."""
