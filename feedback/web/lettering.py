"""Letters to print and to carry, for the desk and for ethics officers: one implementation."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import desk, letters, notices, queues
from feedback.services.errors import Refused
from feedback.services.letters import issuing
from feedback.transaction import transaction
from feedback.web import papers
from feedback.web.desk_menu import Tabs


def mount(blueprint: Blueprint, base: str, tabs: Callable[[], Tabs]) -> None:
    """Give a blueprint the print queue. `tabs`, called within the transaction, answers the lists
    above it and aborts for those who carry no letters."""
    here = f"{base}/letters"

    @blueprint.get("/letters")
    def letter_list() -> ResponseReturnValue:
        """Letters to posts without an account."""
        with transaction():
            listed = tabs()
            page = queues.letters(request.args.get("after"), g.now)
            g.unread = notices.unread()
        return render_template(
            "desk/letters.html",
            tabs_list=listed,
            page=page,
            here=here,
            first=here if request.args.get("after") else "",
            following=f"{here}?after={page.next}" if page.next else "",
        )

    @blueprint.get("/letters/<uuid:escalation_id>")
    def letter_page(escalation_id: UUID) -> ResponseReturnValue:
        """One letter: what it says, its number once it was issued, whether it was handed over."""
        try:
            with transaction():
                tabs()
                letter = letters.letter(escalation_id, g.now)
        except Refused:
            abort(404)
        return render_template(
            "desk/letter.html", letter=letter, sheet=letter.sheet(g.now), here=here
        )

    @blueprint.post("/letters/<uuid:escalation_id>/issue")
    def issue_letter(escalation_id: UUID) -> ResponseReturnValue:
        """Give it its number and its day."""
        try:
            with transaction():
                tabs()
                letters.issue(escalation_id, g.now)
        except Refused:
            abort(404)
        return redirect(f"{here}/{escalation_id}", 303)

    @blueprint.get("/letters/<uuid:escalation_id>/letter.pdf")
    def letter_file(escalation_id: UUID) -> ResponseReturnValue:
        """The letter that was issued, to print."""
        return _file(escalation_id, tabs)

    @blueprint.post("/letters/<uuid:escalation_id>")
    def letter_handed_over(escalation_id: UUID) -> ResponseReturnValue:
        """Somebody carried the letter."""
        try:
            with transaction():
                tabs()
                letters.letter(escalation_id, g.now)  # only what one carries
                desk.hand_over_letter(escalation_id, g.now)
        except Refused as refused:
            if refused.code == "not-found":
                abort(404)
            flash(_("The letter had been marked as handed over already."), "info")
            return redirect(here, 303)
        flash(_("The letter is marked as handed over."), "success")
        return redirect(here, 303)


def _file(escalation_id: UUID, tabs: Callable[[], Tabs]) -> ResponseReturnValue:
    try:
        with transaction():
            tabs()
            made = issuing.paper(letters.issued(escalation_id), g.now, papers.language())
    except Refused:
        abort(404)
    return papers.given(*made)
