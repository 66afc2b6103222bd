"""A USSD callback answered: in whose name each part of it is done.

Most steps are one transaction of the session's own principal. A case is lodged, a code compared, an
answer read and an act stored under the principals by which the web does so, and the session is
kept after that: whatever is cut short between, the same callback does it again without doubling.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import structlog
from flask import current_app

from feedback.rules.ussd import Do, Wait
from feedback.services import ussd
from feedback.services.tries import Wait as Resting
from feedback.services.ussd import Call, Talk
from feedback.transaction import Principal, transaction

log = structlog.get_logger()
SESSION = Principal("ussd")
HOOK = Principal("hook")
CHECK = Principal("receipt-check")
TRIES = 3  # of a callback whose double was answered at the same time


def answer(session_id: str, sender: str, text: str, now: datetime) -> str:
    """The screen for a callback. Whatever breaks, the phone gets one."""
    try:
        call = ussd.call_of(session_id, sender, text)
        if call is not None:
            return _answer(call, now)
        log.warning("unreadable_callback", kind="ussd")
    except Exception as error:
        if current_app.config.get("PROPAGATE_CRASHES"):
            raise
        log.error("crash", endpoint="hooks.ussd", exc_info=error)
    return ussd.sorry()


def over(session_id: str, sender: str) -> None:
    """The gateway says that a session has ended."""
    call = ussd.call_of(session_id, sender, "")
    if call is not None:
        with transaction(SESSION):
            ussd.end(call)


def _answer(call: Call, now: datetime) -> str:
    for _ in range(TRIES):
        with transaction(SESSION):
            talk = ussd.begin(call, now)
            while ussd.do_here(talk, now):
                pass
            if talk.effect is None and ussd.keep(talk, now):
                return talk.screen()
        while talk.effect is not None:
            _do(talk, now)
        with transaction(SESSION):
            if ussd.keep(talk, now):
                return talk.screen()
    return ussd.sorry()


def _do(talk: Talk, now: datetime) -> None:
    """What the session's own principal may not do; each under the one that may."""
    match talk.effect and talk.effect.do:
        case Do.LODGE:
            case_id = uuid4()
            with transaction(Principal.lodging(case_id)):
                made = ussd.lodge(talk, case_id, now)
            talk.done(*made)
        case Do.RECEIPT:
            with transaction(Principal("receipt-check")):
                shown = ussd.receipt(talk, now)
            talk.done(shown)
        case Do.OPEN:
            talk.done(_opened(talk, now))
        case Do.READ:
            with transaction(Principal.of_case(ussd.proven(talk))):
                words = ussd.read(ussd.proven(talk))
            talk.done(words)
        case Do.PROVE:
            with transaction(Principal.of_case(ussd.proven(talk))):
                proof = ussd.prove(ussd.proven(talk), now)
            talk.done(proof)
        case Do.LOWER:
            with transaction(Principal.of_case(ussd.proven(talk))):
                lowered = ussd.lower(talk, ussd.proven(talk), now)
            talk.done(lowered)
        case Do.SAY:
            with transaction(HOOK):
                ussd.hand_over(talk, now)
            talk.done(None)
        case _:
            with transaction(SESSION):
                ussd.do_here(talk, now)


def _opened(talk: Talk, now: datetime) -> object:
    with transaction(CHECK):
        found = ussd.check(talk, now)
    if isinstance(found, Resting):
        return Wait(found.seconds)
    if found is None:
        return None
    with transaction(Principal.of_case(found)):
        return ussd.opened(found)
