"""The page of a late case as an official sees it, and what the official does about it.

As on the desk, a form carries the state of the case that its page showed: where somebody changed
the case meanwhile, the page comes back with what was typed, and nothing was done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.services import (
    acts,
    attachments,
    case_versions,
    delegations,
    directives,
    drafts,
    notices,
    officials,
    presence,
    views,
)
from feedback.services.errors import Refused
from feedback.services.letters import issuing, writing
from feedback.services.reference import directory
from feedback.services.views import OfficerCase
from feedback.transaction import transaction
from feedback.web import casework, files, forecast_wording, rounds, timeline, wording
from feedback.web.casework import changes, keeping
from feedback.web.casework.part import Attempt, Page, officer, row_id, words
from feedback.web.edge import gives_back
from feedback.web.formats import name
from feedback.web.oversight import filling, saying
from feedback.web.oversight import letters as official_letters

BASE = "/oversight"
OF_OFFICER = frozenset({"bad-target", "excluded", "delegated-already"})
"""Refusals that speak of the officer whom a form names."""
OPENED = ("take_over", "hand_down", "delegate")
"""Forms whose choices are looked up when they are opened, and not for every look at a case."""

AGAIN = timedelta(minutes=30)
"""How long a directive counts as the one whose form is sent once more."""


class Stale(Exception):
    """The case was changed after the page of the form was made."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Where the official stands on this case, and what it asks there."""

    post_id: int
    post: views.PostName | None
    number: int
    asks: str
    says: str
    own: bool  # none of a restricted case is delegated


def _rung(case_id: UUID) -> tuple[UUID, int]:
    place = directives.place_on(case_id)
    if place is None:
        raise Refused("not-allowed")
    return place[0].id, place[1]


def _day(verb: str) -> date:
    return filling.day(filling.due_field(verb))


def _direct(case_id: UUID) -> str:
    rung, _post = _rung(case_id)
    give = directives.summon if filling.kind() == directives.EXPLANATION else directives.direct
    # What is missing first is said first.
    give(rung, acts.words(words()), filling.day(), g.now)
    return "summon" if give is directives.summon else "direct"


def _judge(case_id: UUID) -> str:
    if request.form.get("verdict") == "accept":
        officials.accept(case_id, g.now)
        return "judge"
    officials.reject(case_id, acts.words(words()), _day("judge"), g.now)
    return "judge-rejected"


def _take_over(case_id: UUID) -> None:
    officials.take_over(case_id, officer(), g.now)


def _hand_down(case_id: UUID) -> None:
    officials.hand_down(case_id, officer(), acts.words(words()), _day("hand_down"), g.now)


def _delegate(case_id: UUID) -> None:
    _found, post = _rung(case_id)
    delegations.give(post, officer(), _day("delegate"), g.now, case_id=case_id)


def _delegate_end(_case_id: UUID) -> None:
    number = request.form.get("delegation", type=int)
    if number is None:
        raise Refused("not-found")
    delegations.end(number, g.now)


def _recommend(case_id: UUID) -> None:
    delegations.recommend(case_id, filling.kind(), acts.words(words()), _day("recommend"), g.now)


def _follow(_case_id: UUID) -> str:
    """By one press the post gives what was recommended, or lays it aside."""
    number = row_id("recommendation")
    if request.form.get("verdict") == "aside":
        delegations.lay_aside(number, g.now)
        return "recommend-aside"
    delegations.follow(number, g.now)
    return "direct"


VERBS: dict[str, Callable[[UUID], str | None]] = {
    "direct": _direct,
    "judge": _judge,
    "take_over": _take_over,
    "hand_down": _hand_down,
    "delegate": _delegate,
    "delegate-end": _delegate_end,
    "recommend": _recommend,
    "follow": _follow,
}


def mount(blueprint: Blueprint, tabs: Callable[[], list[Any]]) -> None:
    """Give the blueprint the page of a case, its files and its acts."""

    @blueprint.get("/case/<reference>")
    def case(reference: str) -> ResponseReturnValue:
        """One case: who held it how long, why it is late, what is asked, and what may be done."""
        return _page(tabs, reference, Attempt())

    @blueprint.get("/case/<reference>/file/<int:number>")
    def case_file(reference: str, number: int) -> ResponseReturnValue:
        """A file of the case."""
        return casework.file_of(reference, number)

    def lost() -> str | None:
        """Nobody is logged in any more: what was typed waits for its officer's login."""
        if not keeping.is_ours():
            return None
        values = request.view_args or {}
        verb = values.get("rung_verb", request.form.get("keep", ""))
        kept = verb in VERBS and keeping.put_aside(values["reference"], verb)
        return keeping.address(BASE, values["reference"], **({"open": verb} if kept else {}))

    @blueprint.post("/case/<reference>/draft")
    @gives_back(lost)
    def draft(reference: str) -> ResponseReturnValue:
        """Keep what was typed so far."""
        return _draft(tabs, reference, request.form.get("keep", ""))

    @blueprint.post("/case/<reference>/<rung_verb>")
    @gives_back(lost)
    def act(reference: str, rung_verb: str) -> ResponseReturnValue:
        """One act of the official on the case."""
        if rung_verb not in VERBS:
            abort(404)
        return _act(tabs, reference, rung_verb)

    official_letters.mount(
        blueprint, lambda reference, wrong: _page(tabs, reference, Attempt(), wrong)
    )


def _draft(tabs: Callable[[], list[Any]], reference: str, verb: str) -> ResponseReturnValue:
    if keeping.of_another():
        return render_template("desk/not_yours.html", kept=False), 403
    keeping.admit()
    if verb not in VERBS or not keeping.visible(reference):
        abort(404)
    done = keeping.save(BASE, reference, verb)
    if done is not None:
        return done
    message = _("You saved other words in another window. Both stand below; choose, and go on.")
    return _page(tabs, reference, Attempt(verb, message, request.form)), 409


def _act(tabs: Callable[[], list[Any]], reference: str, verb: str) -> ResponseReturnValue:
    if keeping.of_another():
        return render_template("desk/not_yours.html", kept=False), 403
    keeping.admit()
    if g.csrf_failed:
        return _page(tabs, reference, Attempt(verb, given=request.form, late=True)), 400
    if "preset" in request.form:
        return _page(tabs, reference, Attempt(verb, given=request.form))
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            acts.locked(case_id)
            if case_versions.of(case_id) != request.form.get("seen"):
                raise Stale
            said = VERBS[verb](case_id) or verb
            drafts.forget(case_id, verb)
    except Stale:
        return _stale(tabs, reference, verb)
    except Refused as refused:
        if refused.code == "not-found" and not keeping.visible(reference):
            abort(404)
        attempt = Attempt(
            verb,
            saying.refusal(refused.code),
            request.form,
            of_words=refused.code in ("empty", "too-long"),
            beside=_beside(verb, refused.code),
        )
        return _page(tabs, reference, attempt), 422
    flash(saying.done(said), "success")
    if keeping.visible(reference):
        return redirect(keeping.address(BASE, reference), 303)
    presence.gone(case_id)
    return redirect(f"{BASE}/escalations", 303)


def _beside(verb: str, code: str) -> str:
    """Of which field, beside the words, a refusal speaks."""
    if code in ("bad-date", "too-far"):
        return filling.due_field(verb)
    return "officer" if code in OF_OFFICER else ""


def _stale(tabs: Callable[[], list[Any]], reference: str, verb: str) -> ResponseReturnValue:
    """Nothing was done, unless it is the official's own directive that came through before: the
    answer to it was lost on the way, and the form was sent once more."""
    try:
        with transaction():
            case_id, typed = views.case_id_of(reference), keeping.typed()
            given = directives.own_since(case_id, g.now - AGAIN)
            done = verb == "direct" and (typed.get("body"), typed.get("due_on")) in given
            if done:
                drafts.forget(case_id, verb)
    except Refused:
        abort(404)
    if done:
        flash(_("This was sent already, and it was sent once."), "success")
        return redirect(keeping.address(BASE, reference), 303)
    return _page(tabs, reference, Attempt(verb, "", request.form, stale=True)), 409


def _page(
    tabs: Callable[[], list[Any]],
    reference: str,
    attempt: Attempt,
    letter_errors: Mapping[str, str] = MappingProxyType({}),
) -> str:
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            rung = _standing(case)
            opened = attempt.verb or request.args.get("open", "")
            choices = _choices(case, rung, opened)
            sent = attachments.of_case(case.id)
            saved = drafts.of_case(case.id)
            advice = delegations.waiting(case.id) if rung or "recommend" in case.allowed else []
            readers = delegations.standing(g.now, case.id) if rung else []
            may_remind = writing.may_remind(case.id, case.facts)
            letters = issuing.of_case(case.id, "reminder")
            d = directory()
            g.unread = notices.unread()
    except Refused:
        abort(404)
    calendar = d.calendar_of(case.institution.id)
    ready = saying.presets(calendar, g.now)
    said = [line for line in case.messages if line.author == "citizen"]
    reason = next((e for e in reversed(case.messages) if e.kind == "delay_reason"), None)
    return render_template(
        "oversight/case.html",
        base=BASE,
        case=case,
        page=Page(BASE, case, _filled(attempt, ready), saved, opened, "", keeping.writer()),
        attempt=attempt,
        # Where the summary of what is wrong leads to: the words, or the field beside them.
        errors=[(attempt.verb if attempt.of_words else attempt.beside, attempt.problem)]
        if attempt.problem
        else list(letter_errors.items()),
        may=case.allowed if rung else case.allowed & {"recommend"},
        may_remind=may_remind,
        letters=letters,
        letter_errors=letter_errors,
        rung=rung,
        presets=ready,
        reason=reason,
        forecast_wording=forecast_wording,
        decisions=[e for e in case.decisions if reason and e.message_id == reason.id],
        due=wording.due(case.days_left, late=case.late),
        files=files.shown(sent, f"{BASE}/case/{case.reference}/file"),
        items=timeline.items(case),
        wants=said[0] if said else None,
        rounds=rounds.of(case),
        advice=advice,
        readers=readers,
        changed=changes.since(request.form.get("seen", ""), case) if attempt.stale else None,
        today=local_day(g.now),
        tabs_list=tabs(),
        saying=saying,
        wording=wording,
        address=lambda **more: keeping.address(BASE, case.reference, **more),
        **choices,
    )


def _filled(attempt: Attempt, ready: list[saying.Preset]) -> Attempt:
    """What was typed, with the words and the day of a preset that was pressed: it takes the place
    of nothing but another preset's words."""
    preset = next((each for each in ready if each.key == attempt.given.get("preset")), None)
    if preset is None:
        return attempt
    typed = keeping.typed().get("body", "").strip()
    if typed in {"", *(each.body for each in ready)}:
        body = preset.body
    else:
        body = f"{typed}\n{preset.body}"
    day = filling.due_field(attempt.verb)
    given = {"kind": preset.kind, "body": body, day: preset.due_on.isoformat()}
    return replace(attempt, given={**attempt.given, **given})


def _standing(case: OfficerCase) -> Rung | None:
    place = directives.place_on(case.id)
    if place is None or "direct" not in case.allowed:
        return None
    escalation, post = place
    owed = [order for order in case.directives if order.done_at is None]
    titles = views.post_names({post}, directory())
    return Rung(
        post,
        titles.get(post),
        escalation.rung,
        escalation.asks,
        saying.of_you(
            escalation.asks,
            overdue=any(order.due_on < local_day(g.now) for order in owed),
            unowned=case.handler_name is None,
            own=case.handler_id == current_user.officer_id,
            waits=any(order.kind == directives.EXPLANATION for order in owed),
        ),
        case.confidentiality != "restricted",
    )


def _choices(case: OfficerCase, rung: Rung | None, opened: str) -> dict[str, Any]:
    """Whom the form that is open offers."""
    if rung is None or opened not in OPENED:
        return {"offered": []}
    if opened == "delegate":
        return {"offered": delegations.offered(current_user.institution_id)}
    if opened == "take_over":
        found = officials.takers(case.id, rung.post_id)
        return {"offered": [(each.id, each.name) for each in found]}
    places = {case.institution.id, current_user.institution_id}
    places |= {each.institution.id for each in case.held if each.institution}
    grouped: dict[str, list[tuple[int, str]]] = {}
    institutions = directory().institutions
    for each in officials.those_below(case.id, rung.post_id, places):
        grouped.setdefault(name(institutions[each.institution_id]), []).append((each.id, each.name))
    return {"offered": list(grouped.items())}
