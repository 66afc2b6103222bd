"""Why a case falls due when it does: one page for every officer who sees the case."""

from __future__ import annotations

from flask import Blueprint, abort, g, render_template
from flask.typing import ResponseReturnValue

from feedback.services import views, why
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import why_wording


def mount(blueprint: Blueprint, base: str) -> None:
    """Give a blueprint the page; `base`: where its cases are."""

    @blueprint.get("/case/<reference>/why")
    def case_why(reference: str) -> ResponseReturnValue:
        """Why the case falls due when it does, day by day."""
        return _page(reference, f"{base}/case/{reference}")


def _page(reference: str, back: str) -> str:
    try:
        with transaction():
            found = why.for_officer(views.case_id_of(reference), g.now)
            d = directory()
    except Refused:
        abort(404)
    return render_template("desk/why.html", found=found, told=why_wording, d=d, back=back)
