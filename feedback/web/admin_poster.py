"""The poster of any institution, for administrators."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import finder, poster
from feedback.web.admin_frame import blueprint, only


@blueprint.get("/poster")
@only("admin")
def poster_page() -> ResponseReturnValue:
    """Find an institution, then its poster or small cards, to print."""
    typed = request.args.get("institution", "")
    with transaction():
        chosen, offered = finder.chosen(directory(), typed)
    if chosen is None:
        return render_template("admin/poster.html", typed=typed, offered=offered)
    here = url_for("admin.poster_page", institution=chosen.code)
    return poster.page(chosen, here, url_for("admin.poster_page"))
