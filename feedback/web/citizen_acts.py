"""What a citizen does on the page of the own case: each act, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import g
from flask_babel import gettext as _

from feedback.clock import day_start
from feedback.services import acts, attachments, citizen, lowering, proofs, views
from feedback.services.errors import Refused
from feedback.services.views import CitizenCase
from feedback.web.forms import ActForm

REPEAT = timedelta(minutes=10)
"""How long the same words count as the same message, pressed twice."""


def perform(form: ActForm, case_id: UUID) -> str:
    """The act itself, and what is said afterwards; one that was done already is not repeated."""
    acts.locked(case_id)  # a second press waits here, and then sees what the first one did
    case = views.for_citizen(case_id, g.now)
    if form.act not in ACTS:
        raise Refused("not-allowed")
    return ACTS[form.act](form, case)


def _message(form: ActForm, case: CitizenCase) -> str:
    if not _said_already(case, form.body):
        citizen.add_message(case.id, form.body, g.now)
    attachments.take(attachments.message_draft(case.id), case.id, g.now)
    return _("Your message was added.")


def _withdraw(_form: ActForm, case: CitizenCase) -> str:
    if case.status != "withdrawn":
        citizen.withdraw(case.id, g.now)
    return _("It is withdrawn.")


def _accept(form: ActForm, case: CitizenCase) -> str:
    citizen.accept(case.id, form.stars, g.now, remark=form.remark)
    if case.status == "closed":
        return _("Thank you. Your rating is kept.")
    return _("Thank you. It is closed.")


def _not_fixed(form: ActForm, case: CitizenCase) -> str:
    appeal = citizen.not_fixed(case.id, form.body, g.now)
    if appeal.final_letter:
        return _("It ends here with a letter, which you find below.")
    return _("It is open again, and a higher office looks at it.")


def _raise(form: ActForm, case: CitizenCase) -> str:
    if case.confidentiality != form.level or case.cautious:
        citizen.raise_confidentiality(case.id, form.level, g.now)
    return _("It is more confidential now.")


def _forget(_form: ActForm, case: CitizenCase) -> str:
    citizen.forget_me(case.id, g.now)
    return _("Your name, number and address are removed. Only the secret code opens this now.")


def _lower_yes(_form: ActForm, case: CitizenCase) -> str:
    lowering.answer(case.id, yes=True, now=g.now)
    return _("It is less confidential now, as you agreed.")


def _lower_no(_form: ActForm, case: CitizenCase) -> str:
    lowering.answer(case.id, yes=False, now=g.now)
    return _("It stays as confidential as it was. The office is told.")


def _prove(_form: ActForm, case: CitizenCase) -> str:
    proofs.release(case.id, g.now)
    return _("A new PIN is made. Whoever gets it together with the proof code can check the proof.")


def _unprove(_form: ActForm, case: CitizenCase) -> str:
    proofs.revoke(case.id, g.now)
    return _("The PIN holds no longer. Nobody can check the proof until you make a new one.")


ACTS: dict[str, Callable[[ActForm, CitizenCase], str]] = {
    "message": _message,
    "withdraw": _withdraw,
    "accept": _accept,
    "not_fixed": _not_fixed,
    "raise": _raise,
    "forget": _forget,
    "lower_yes": _lower_yes,
    "lower_no": _lower_no,
    "prove": _prove,
    "unprove": _unprove,
}


def _said_already(case: CitizenCase, body: str) -> bool:
    """The same words within minutes; on the same day, where only the day of it is kept."""
    return any(
        said.author == "citizen"
        and said.body == body
        and (g.now - said.at < REPEAT or said.at == day_start(g.now))
        for said in case.messages
    )
