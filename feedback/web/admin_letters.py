"""The administrators' page of what was given up: SMS not sent, SMS not read."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import dead_letters
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import sms, wording
from feedback.web.admin_frame import blueprint, only

LETTER_ACTS: dict[str, Callable[[UUID], None]] = {
    "again": lambda letter: dead_letters.send_again(letter, g.now, warned="warned" in request.form),
    "drop": lambda letter: dead_letters.let_go(letter, g.now),
    "read": lambda letter: dead_letters.read_again(letter, g.now),
}


@blueprint.get("/dead-letters")
@only("admin")
def dead_letter_list() -> ResponseReturnValue:
    """What was given up, and how sending stands today."""
    return _page()


@blueprint.post("/dead-letters/<uuid:letter_id>/<act>")
@only("admin")
def settle_dead_letter(letter_id: UUID, act: str) -> ResponseReturnValue:
    """Try it again, or let it go."""
    if act not in LETTER_ACTS:
        abort(404)
    try:
        with transaction():
            LETTER_ACTS[act](letter_id)
    except Refused as refused:
        return _page(letter_id, wording.refusal(refused.code)), 422
    flash(
        {
            "again": _("The SMS is tried once more."),
            "drop": _("The SMS is not sent any more."),
            "read": _("The SMS is read once more."),
        }[act],
        "success",
    )
    return redirect(url_for("admin.dead_letter_list"), 303)


def _page(tried: UUID | None = None, problem: str = "") -> str:
    with transaction():
        letters, more = dead_letters.letters(request.args.get("after"))
        state = dead_letters.state(g.now)
    return render_template(
        "admin/dead_letters.html",
        letters=letters,
        state=state,
        tried=tried,
        problem=problem,
        sms=sms,
        following=url_for("admin.dead_letter_list", after=more) if more else "",
    )
