"""Extracts of restricted cases, for the posts to which an ethics officer handed them."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import extracts, notices
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "extracts",
    __name__,
    audience=Audience.STAFF,
    roles={"handler", "coordinator", "head", "oversight"},
    url_prefix="/extracts",
)


@blueprint.get("")
def listed() -> ResponseReturnValue:
    """Extracts addressed to a post of this officer, the latest first."""
    try:
        with transaction():
            rows, following = extracts.addressed(request.args.get("after"))
            g.unread = notices.unread()
    except Refused:
        abort(404)
    here = url_for("extracts.listed")
    return render_template(
        "extracts/list.html",
        rows=rows,
        first=here if request.args.get("after") else "",
        following=url_for("extracts.listed", after=following) if following else "",
    )


@blueprint.get("/<uuid:extract_id>")
def one(extract_id: UUID) -> ResponseReturnValue:
    """One extract, with the way to answer it; each look is recorded."""
    return _page(extract_id)


@blueprint.post("/<uuid:extract_id>")
def reply(extract_id: UUID) -> ResponseReturnValue:
    """The answer to the ethics officer."""
    body = request.form.get("body", "").replace("\r\n", "\n")
    try:
        with transaction():
            extracts.answer(extract_id, body, g.now)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _page(extract_id, body, wording.refusal(refused.code)), 422
    flash(_("The ethics officer has your answer."), "success")
    return redirect(url_for("extracts.one", extract_id=extract_id), 303)


def _page(extract_id: UUID, body: str = "", problem: str = "") -> str:
    try:
        with transaction():
            view = extracts.read(extract_id, g.now)
    except Refused:
        abort(404)
    return render_template("extracts/one.html", view=view, body=body, problem=problem)
