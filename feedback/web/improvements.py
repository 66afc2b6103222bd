"""Improvement actions of the institution: lists by state, one action with its cases, its acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules import improvements as rules
from feedback.rules.access import LEADING
from feedback.rules.improvements import State
from feedback.services import improvement_lists, improvements, notices, queues, staffing
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import desk_menu, wording
from feedback.web.casework import filing
from feedback.web.edge import Audience, guarded
from feedback.web.paper_form import day_typed

blueprint = guarded(
    "improvements",
    __name__,
    audience=Audience.STAFF,
    roles={"handler", "coordinator", "head"},
    url_prefix="/desk/improvements",
)
FIELDS = {
    "bad-target": "owner",
    "bad-date": "due_on",
    "empty": "note",
    "too-long-here": "note",
    "names-somebody": "note",
}
"""By refusal the field of an act's form that it belongs to."""


@dataclass
class Attempt:
    """An act that was posted and could not be done."""

    act: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def _leads() -> bool:
    return bool(LEADING & current_user.roles)


def _tabs(state: str) -> list[tuple[str, str, bool]]:
    labels = {
        "open": _("Under way"),
        "proposed": _("Proposed"),
        "done": _("Finished"),
        "dropped": _("Given up"),
    }
    return [
        (label, url_for("improvements.listed", state=code), code == state)
        for code, label in labels.items()
    ]


@blueprint.get("")
def listed() -> ResponseReturnValue:
    """Actions of the institution in one state, by what is due first."""
    state = request.args.get("state", "open")
    state = state if state in set(State) else "open"
    with transaction():
        rows, following = improvement_lists.listed(state, request.args.get("after"), g.now)
        lists = desk_menu.tabs(queues.counts(g.now))
        g.unread = notices.unread()
    return render_template(
        "desk/improvements.html",
        tabs_list=lists,
        states=_tabs(state),
        rows=rows,
        state=state,
        leads=_leads(),
        first=url_for("improvements.listed", state=state) if request.args.get("after") else "",
        following=url_for("improvements.listed", state=state, after=following) if following else "",
        wording=wording,
    )


def _new_page(errors: dict[str, str]) -> str:
    with transaction():
        owners = staffing.takers(current_user.institution_id, "open", None) if _leads() else []
        g.unread = notices.unread()
    return render_template(
        "desk/improvement_new.html",
        given=request.form,
        errors=errors,
        leads=_leads(),
        owners=[(each.id, each.name) for each in owners],
        longest=rules.LONGEST_TITLE,
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """The form for an action; of who leads nothing it is a proposal."""
    return _new_page({})


@blueprint.post("/new")
def make() -> ResponseReturnValue:
    """Make the action, or show the form again with what is missing."""
    draft = filing.draft()
    errors = {}
    for name, said, longest in (
        ("title", draft.title, rules.LONGEST_TITLE),
        ("cause", draft.cause, rules.LONGEST_TEXT),
    ):
        if not said.strip():
            errors[name] = (
                _("Write what is to be done.") if name == "title" else _("Write what causes it.")
            )
        elif len(said.strip()) > longest:
            errors[name] = _("Write at most %(most)s characters.", most=longest)
    if "title" not in errors and rules.points_at_somebody(draft.title):
        errors["title"] = wording.refusal("names-somebody")
    if errors:
        return _new_page(errors), 422
    try:
        with transaction():
            number = improvements.make(draft, g.now)
    except Refused as refused:
        where = FIELDS.get(refused.code, "")
        return _new_page({where: wording.refusal(refused.code)}), 422
    flash(_("The action is noted.") if _leads() else _("The proposal is noted."), "success")
    return redirect(url_for("improvements.one", improvement_id=number), 303)


@blueprint.get("/<uuid:improvement_id>")
def one(improvement_id: UUID) -> ResponseReturnValue:
    """One action with the linked cases that this officer may see."""
    return _page(improvement_id, Attempt())


def _page(improvement_id: UUID, attempt: Attempt) -> str:
    try:
        with transaction():
            view = improvement_lists.one(improvement_id, g.now)
            cases, following = improvement_lists.cases_of(improvement_id, request.args.get("after"))
            owners = staffing.takers(current_user.institution_id, "open", None) if view.may else []
            g.unread = notices.unread()
    except Refused:
        abort(404)
    here = url_for("improvements.one", improvement_id=improvement_id)
    return render_template(
        "desk/improvement.html",
        view=view,
        row=view.row,
        may=view.may,
        cases=cases,
        owners=[(each.id, each.name) for each in owners],
        attempt=attempt,
        errors=attempt.errors,
        given=request.form,
        here=here,
        first=here if request.args.get("after") else "",
        following=f"{here}?after={following}" if following else "",
        wording=wording,
    )


ACTS: dict[str, Callable[[UUID], None]] = {
    "change": lambda number: improvements.change(
        number,
        request.form.get("owner", type=int),
        day_typed(request.form.get("due_on", "")),
        g.now,
    ),
    "done": lambda number: improvements.finish(number, _note(), g.now),
    "drop": lambda number: improvements.drop(number, _note(), g.now),
    "unlink": lambda number: improvements.unlink(number, request.form.get("reference", ""), g.now),
}


def _note() -> str:
    return request.form.get("note", "").replace("\r\n", "\n")


@blueprint.post("/<uuid:improvement_id>/<decision>")
def act(improvement_id: UUID, decision: str) -> ResponseReturnValue:
    """One act on an action."""
    if decision not in ACTS:
        abort(404)
    try:
        with transaction():
            ACTS[decision](improvement_id)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        where = FIELDS.get(refused.code, "")
        attempt = Attempt(decision, {where: wording.refusal(refused.code)})
        return _page(improvement_id, attempt), 422
    said = {
        "change": _("Owner and day are set."),
        "done": _("It is done. Each citizen of a linked case is told once."),
        "drop": _("It is given up. Nobody is told."),
        "unlink": _("The case is taken out of the action."),
    }
    flash(said[decision], "success")
    return redirect(url_for("improvements.one", improvement_id=improvement_id), 303)
