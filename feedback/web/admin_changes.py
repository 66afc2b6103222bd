"""What is planned and what was changed of the reference data; a second administrator's decision."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.services.changes import planning
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import change_wording as words
from feedback.web.admin_frame import blueprint, only


def _page(problem: str = "", number: UUID | None = None) -> str:
    with transaction():
        d = directory()
        waiting = planning.open_changes()
        done = planning.settled(after=request.args.get("after"))
    return render_template(
        "admin/changes.html",
        waiting=waiting,
        done=done.rows,
        following=url_for("admin.change_list", after=done.next) if done.next else "",
        mine=current_user.officer_id,
        own_name=current_user.username,
        problem=problem,
        problem_of=number,
        words=words,
        d=d,
    )


@blueprint.get("/changes")
@only("admin")
def change_list() -> ResponseReturnValue:
    """Changes that wait, and those that were done."""
    return _page()


@blueprint.post("/changes/<uuid:change_id>/<act>")
@only("admin")
def decide_change(change_id: UUID, act: str) -> ResponseReturnValue:
    """Agree to a change, refuse it, or cancel it before its day."""
    try:
        with transaction():
            state = planning.decide(change_id, act, g.now)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _page(words.problem(refused.code), change_id), 422
    if state == "yourself":
        return _page(_("Another administrator must decide this."), change_id), 422
    said = {
        "planned": _("Agreed. It holds from its day on, at the earliest within a minute."),
        "refused": _("The change is refused."),
        "cancelled": _("The change is cancelled."),
    }
    flash(said[state], "success")
    return redirect(url_for("admin.change_list"), 303)
