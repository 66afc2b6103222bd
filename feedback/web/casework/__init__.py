"""The page of one case and the officer's verbs, the same for the desk and the ethics queue.

Each verb is a POST of its own. A form carries the state of the case that its page showed; when
somebody else changed the case meanwhile, the page comes back with what was typed, and nothing
was done. What belongs together (verbs, and what their forms need) is a part, a module each.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.services import (
    acts,
    attachments,
    case_versions,
    drafts,
    neighbours,
    notices,
    presence,
    views,
)
from feedback.services.errors import Refused
from feedback.services.letters import issuing, writing
from feedback.services.lines import Line
from feedback.services.views import OfficerCase
from feedback.transaction import transaction
from feedback.web import (
    casefile,
    casewhy,
    files,
    forecast_wording,
    papers,
    rounds,
    timeline,
    wording,
)
from feedback.web.casework import (
    advising,
    answering,
    changes,
    extending,
    filing,
    keeping,
    levels,
    ownership,
    quality,
    tasks,
    together,
)
from feedback.web.casework.part import FIELDS, Attempt, Held, Page
from feedback.web.edge import gives_back, unattended

PARTS = (
    answering.PART,
    levels.PART,
    ownership.PART,
    advising.PART,
    extending.PART,
    quality.PART,
    tasks.PART,
    filing.PART,
    together.PART,
)
VERBS = {verb: act for part in PARTS for verb, act in part.verbs.items()}

# The messages that an act leaves, by which it is known to have come through before.
MESSAGES = {
    "answer": {"answer", "partial_answer"},
    "ask": {"question"},
    "note": {"note"},
    "delay": {"delay_reason"},
    "transfer": {"transfer"},
    "opinion": {"opinion_request"},
    "extend": {"extension_request"},
    "extension": {"extension"},
    "reopen": {"reopening"},
}


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

    _mount_papers(blueprint, base)

    casewhy.mount(blueprint, base)

    def lost() -> str | None:
        """Nobody is logged in any more: what was typed waits for its officer's login."""
        if not keeping.is_ours():
            return None
        values = request.view_args or {}
        reference, verb = values["reference"], values.get("verb", request.form.get("keep", ""))
        kept = verb in VERBS and keeping.put_aside(reference, verb)
        more = {"open": verb, "kept": "1"} if kept else {}
        return keeping.address(base, reference, **more)

    @blueprint.post("/case/<reference>/draft")
    @gives_back(lost)
    def draft(reference: str) -> ResponseReturnValue:
        """Keep what was typed so far."""
        return _draft(base, reference)

    @blueprint.post("/case/<reference>/here")
    @unattended
    def here(reference: str) -> ResponseReturnValue:
        """The page is still open: who else has the case open, and has it changed?"""
        return keeping.heard(reference)

    @blueprint.post("/case/<reference>/<verb>")
    @gives_back(lost)
    def act(reference: str, verb: str) -> ResponseReturnValue:
        """One act on the case."""
        if verb not in VERBS:
            abort(404)
        return _act(base, reference, verb)


def _mount_papers(blueprint: Blueprint, base: str) -> None:
    """What is printed of a case."""

    @blueprint.get("/case/<reference>/print")
    def case_print(reference: str) -> ResponseReturnValue:
        """The whole case as a file on paper, for those who may read its words."""
        return casefile.page(base, reference)

    @blueprint.get("/case/<reference>/final-letter.pdf")
    def case_letter(reference: str) -> ResponseReturnValue:
        """The final letter, for a citizen who comes to the office for it."""
        return _final_letter(reference)


def file_of(reference: str, number: int) -> ResponseReturnValue:
    """A file of a case that the present officer may read; that it was taken is on record."""
    try:
        with transaction():
            found = attachments.fetch(views.case_id_of(reference), number, g.now)
    except Refused:
        abort(404)
    return files.given(*found)


def _final_letter(reference: str) -> ResponseReturnValue:
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            letter = writing.final(case.id, papers.final_words(case), g.now)
            made = issuing.paper(letter, g.now, papers.language(), looked=True)
    except Refused:
        abort(404)
    return papers.given(*made)


def _draft(base: str, reference: str) -> ResponseReturnValue:
    verb = request.form.get("keep", "")
    if keeping.of_another():
        return _not_yours(reference, verb)
    keeping.admit()
    if verb not in VERBS:
        if not keeping.visible(reference):
            abort(404)
        abort(400)
    done = keeping.save(base, reference, verb)
    if done is not None:
        return done
    message = _("You saved other words in another window. Both stand below; choose, and go on.")
    return _page(base, reference, Attempt(verb, message, request.form)), 409


def _not_yours(reference: str, verb: str) -> ResponseReturnValue:
    """The page was another officer's: the words are kept for that officer and shown to nobody."""
    kept = verb in VERBS and keeping.put_aside(reference, verb)
    return render_template("desk/not_yours.html", kept=kept), 403


def _act(base: str, reference: str, verb: str) -> ResponseReturnValue:
    if keeping.of_another():
        return _not_yours(reference, verb)
    keeping.admit()
    if g.csrf_failed:
        return _page(base, reference, Attempt(verb, given=request.form, late=True)), 400
    if "find" in request.form:
        return _page(base, reference, Attempt(verb, given=request.form))
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            acts.locked(case_id)
            if case_versions.of(case_id) != request.form.get("seen"):
                raise Stale
            done = VERBS[verb](case_id)
            drafts.forget(case_id, verb)
    except Stale:
        return _stale(base, reference, verb)
    except Held as held:
        attempt = Attempt(verb, given=held.given, look=held.look)
        return _page(base, reference, attempt), 422 if held.warned else 200
    except Refused as refused:
        of_words = refused.code in ("empty", "too-long")
        problem, beside = wording.refusal(refused.code), FIELDS.get(refused.code, "")
        attempt = Attempt(verb, problem, request.form, of_words=of_words, beside=beside)
        return _page(base, reference, attempt), 422
    said = done if isinstance(done, str) else verb
    flash(wording.done(said, paused=done is not None), "success")
    if keeping.visible(reference):
        return redirect(keeping.address(base, reference), 303)
    with transaction():
        drafts.forget(case_id)
    presence.gone(case_id)
    return redirect(base, 303)


def _stale(base: str, reference: str, verb: str) -> ResponseReturnValue:
    """Nothing was done, unless it is the officer's own act that came through before: the answer
    to it was lost on the way, and the form was sent once more."""
    shown, words = changes.known(request.form.get("seen", "")), keeping.typed().get("body", "")
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            written = case_versions.own_words_since(case_id, shown) if shown is not None else []
            kinds = MESSAGES.get(verb, set())
            done = bool(words) and any(kind in kinds and words == w for kind, w in written)
            if done:
                drafts.forget(case_id, verb)
    except Refused:
        abort(404)
    if done:
        flash(_("This was sent already, and it was sent once."), "success")
        return redirect(keeping.address(base, reference), 303)
    return _page(base, reference, Attempt(verb, "", request.form, stale=True)), 409


def _page(base: str, reference: str, attempt: Attempt) -> str:
    scope = keeping.listed()
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            sent = attachments.of_case(case.id)
            saved = drafts.of_case(case.id)
            asked = _asked(attempt, saved)
            shown = {k: v for part in PARTS for k, v in part.shown(case, asked).items()}
            around = neighbours.around(case.id, scope or _usual(base, case))
            g.unread = notices.unread()
    except Refused:
        abort(404)
    others = keeping.names(presence.here(case.id, g.now))
    said = [line for line in case.messages if line.author == "citizen"]
    messages_only = request.args.get("show") == "messages"
    return render_template(
        "desk/case.html",
        base=base,
        case=case,
        page=Page(
            base, case, attempt, saved, request.args.get("open", ""), scope, keeping.writer()
        ),
        attempt=attempt,
        may=case.allowed,
        ended=case.status in ("answered", "closed", "withdrawn"),
        wording=wording,
        forecast_wording=forecast_wording,
        due=wording.due(case.days_left, late=case.late),
        files=files.shown(sent, f"{base}/case/{case.reference}/file"),
        items=timeline.items(case, messages_only=messages_only),
        messages_only=messages_only,
        changed=changes.since(request.form.get("seen", ""), case) if attempt.stale else None,
        wants=said[0] if said else None,
        latest=_latest(case) if case.unread else None,
        rounds=rounds.of(case),
        turn=_turn(case),
        today=local_day(g.now),
        others=keeping.also_here(others),
        address=lambda **more: keeping.address(base, case.reference, **more),
        before=around.previous and keeping.address(base, around.previous),
        behind=around.next and keeping.address(base, around.next),
        **shown,
    )


def _asked(attempt: Attempt, saved: Mapping[str, drafts.Saved]) -> Attempt:
    """What the choices of the forms are made for: a draft of a transfer had searched, too."""
    if attempt.verb or "transfer" not in saved:
        return attempt
    return Attempt(given=saved["transfer"].fields)


def _usual(base: str, case: OfficerCase) -> str:
    """The list in which a case stands for an officer who came to it by another way."""
    if base == "/ethics":
        return "restricted"
    return "mine" if case.handler_id == current_user.officer_id else "unit"


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
