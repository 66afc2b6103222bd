"""Letters of the official to the accounting officer of the institution that has the case."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import views
from feedback.services.errors import Refused
from feedback.services.letters import issuing, writing
from feedback.transaction import transaction
from feedback.web import letter_wording, papers
from feedback.web.paper_form import day_typed


def mount(blueprint: Blueprint, page: Callable[[str, dict[str, str]], str]) -> None:
    """Give the officials' pages these two; `page`: the case's page with what is wrong by field."""

    @blueprint.post("/case/<reference>/letter")
    def remind(reference: str) -> ResponseReturnValue:
        """A letter to the accounting officer of the institution that has the case."""
        try:
            with transaction():
                case_id = views.case_id_of(reference)
                by = day_typed(request.form.get("by", ""))
                if by is None:
                    raise Refused("bad-date")
                writing.remind(case_id, request.form.get("ask", ""), by, g.now)
        except Refused as refused:
            if refused.code == "not-found":
                abort(404)
            field = "by" if refused.code in ("bad-date", "far") else "ask"
            return page(reference, {field: letter_wording.letter_problem(refused.code)}), 422
        flash(_("The letter is issued. Print it, have it signed and send it."), "success")
        return redirect(url_for("oversight.case", reference=reference, _anchor="letters"), 303)

    @blueprint.get("/case/<reference>/letter/<uuid:paper_id>.pdf")
    def letter_file(reference: str, paper_id: UUID) -> ResponseReturnValue:
        """A letter that was written about the case, to print."""
        try:
            with transaction():
                case_id = views.case_id_of(reference)
                if paper_id not in {each.id for each in issuing.of_case(case_id, "reminder")}:
                    abort(404)
                made = issuing.paper(paper_id, g.now, papers.language())
        except Refused:
            abort(404)
        return papers.given(*made)
