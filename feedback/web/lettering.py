"""Letters to print and to carry, for the desk and for ethics officers: one implementation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.services import desk, letters, notices, queues
from feedback.services.errors import Refused
from feedback.transaction import transaction
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
        """One letter, on a page of A4."""
        try:
            with transaction():
                tabs()
                letter = letters.letter(escalation_id, g.now)
        except Refused:
            abort(404)
        return render_template(
            "desk/letter.html", letter=letter, now=g.now, day_sw=_day_sw, here=here
        )

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


def _day_sw(moment: datetime) -> str:
    return format_date(local_day(moment), "d MMMM y", locale="sw")
