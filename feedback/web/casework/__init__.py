"""The page of one case and the officer's verbs, the same for the desk and the ethics queue.

Each verb is a POST of its own. A form carries the state of the case that its page showed; when
somebody else changed the case meanwhile, the page comes back with what was typed, and nothing
was done. What belongs together (verbs, and what their forms need) is a part, a module each.
"""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.services import acts, attachments, notices, views
from feedback.services.errors import Refused
from feedback.services.lines import Line
from feedback.services.views import OfficerCase
from feedback.transaction import transaction
from feedback.web import files, timeline, wording
from feedback.web.casework import answering, levels, ownership, together
from feedback.web.casework.part import Attempt

PARTS = (
    answering.PART,
    levels.PART,
    ownership.PART,
    together.PART,
)
VERBS = {verb: act for part in PARTS for verb, act in part.verbs.items()}


class Stale(Exception):
    """The case was changed after the page of the form was made."""


def mount(blueprint: Blueprint, base: str) -> None:
    """Give a blueprint the case page and its verbs; `base` is the list they lead back to."""

    @blueprint.get("/case/<reference>")
    def case(reference: str) -> ResponseReturnValue:
        """One case: what the citizen wants, by when, whose turn, and what may be done."""
        return _page(base, reference, Attempt())

    @blueprint.get("/case/<reference>/file/<int:number>")
    def case_file(reference: str, number: int) -> ResponseReturnValue:
        """A file of the case, for those who may read its words."""
        return file_of(reference, number)

    @blueprint.post("/case/<reference>/<verb>")
    def act(reference: str, verb: str) -> ResponseReturnValue:
        """One act on the case."""
        if verb not in VERBS:
            abort(404)
        return _act(base, reference, verb)


def file_of(reference: str, number: int) -> ResponseReturnValue:
    """A file of a case that the present officer may read; that it was taken is on record."""
    try:
        with transaction():
            found = attachments.fetch(views.case_id_of(reference), number, g.now)
    except Refused:
        abort(404)
    return files.given(*found)


def _act(base: str, reference: str, verb: str) -> ResponseReturnValue:
    if verb == "transfer" and "find" in request.form:
        return _page(base, reference, Attempt(verb, given=request.form))
    still = True
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            acts.locked(case_id)
            if views.for_officer(case_id, g.now).version != request.form.get("seen"):
                raise Stale
            done = VERBS[verb](case_id)
        with transaction():
            still = _visible(reference)
    except Stale:
        return _page(base, reference, Attempt(verb, "", request.form, stale=True)), 409
    except Refused as refused:
        of_words = refused.code in ("empty", "too-long")
        attempt = Attempt(verb, wording.refusal(refused.code), request.form, of_words=of_words)
        return _page(base, reference, attempt), 422
    flash(wording.done(verb, paused=done is not None), "success")
    return redirect(f"{base}/case/{reference}" if still else base, 303)


def _visible(reference: str) -> bool:
    """An officer who hands a case on may lose sight of it by that."""
    try:
        views.case_id_of(reference)
    except Refused:
        return False
    return True


def _page(base: str, reference: str, attempt: Attempt) -> str:
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            sent = attachments.of_case(case.id)
            shown = {k: v for part in PARTS for k, v in part.shown(case, attempt).items()}
            g.unread = notices.unread()
    except Refused:
        abort(404)
    said = [line for line in case.messages if line.author == "citizen"]
    return render_template(
        "desk/case.html",
        base=base,
        case=case,
        page={"base": base, "case": case, "attempt": attempt},
        attempt=attempt,
        may=case.allowed,
        ended=case.status in ("answered", "closed", "withdrawn"),
        wording=wording,
        due=wording.due(case.days_left, late=case.late),
        files=files.shown(sent, f"{base}/case/{case.reference}/file"),
        items=timeline.items(case),
        wants=said[0] if said else None,
        latest=_latest(case) if case.unread else None,
        turn=_turn(case),
        **shown,
    )


def _latest(case: OfficerCase) -> Line | None:
    """What a citizen wrote last, of this case or of one joined to it, after what it began with."""
    begun = next((line for line in case.messages if line.author == "citizen"), None)
    later = [
        line for line in case.messages if line.author in ("citizen", "joined") and line != begun
    ]
    return max(later, key=lambda line: line.placed, default=None)


def _turn(case: OfficerCase) -> str:
    """Whose turn it is, in one sentence."""
    if case.joined:
        return _("Of the officer who has the case that leads this one.")
    if case.status in ("closed", "withdrawn"):
        return _("Nobody's: the case has ended.")
    if case.status == "answered":
        return _("The citizen's: accept the answer or say that it is not fixed.")
    if case.status == "waiting_citizen":
        return _("The citizen's: your question waits for a reply.")
    if case.handler_id is None:
        return _("Nobody's yet: the case needs an owner.")
    if case.handler_id == current_user.officer_id:
        return _("Yours.")
    return _("%(name)s's turn.", name=case.handler_name or "–")
