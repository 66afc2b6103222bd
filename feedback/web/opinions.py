"""Opinions that other offices ask of this officer or unit: read, given, declined.

Of the case they see what guard.opinion_said gives: never its page.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import notices, opinions
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import lettering, wording


def mount(blueprint: Blueprint, base: str, tabs: Callable[[], lettering.Tabs]) -> None:
    """Give a blueprint the pages; `tabs`, called within the transaction, answers its lists."""

    @blueprint.get("/opinions")
    def opinion_list() -> ResponseReturnValue:
        """Opinions asked of this officer or unit, what falls due first on top."""
        after = request.args.get("after")
        with transaction():
            page = opinions.waiting(after, g.now)
            tabs_list = tabs()
            g.unread = notices.unread()
        here = f"{base}/opinions"
        return render_template(
            "desk/opinions.html",
            base=base,
            tabs_list=tabs_list,
            rows=page.rows,
            first=here if after else "",
            following=f"{here}?after={page.next}" if page.next else "",
            wording=wording,
        )

    @blueprint.get("/opinions/<uuid:opinion_id>")
    def opinion_page(opinion_id: UUID) -> ResponseReturnValue:
        """What is asked, with the way to answer; each look is recorded."""
        return _page(base, opinion_id)

    @blueprint.post("/opinions/<uuid:opinion_id>")
    def give_opinion(opinion_id: UUID) -> ResponseReturnValue:
        """The opinion, or why there is none."""
        return _give(base, opinion_id)


def _give(base: str, opinion_id: UUID) -> ResponseReturnValue:
    body = request.form.get("body", "").replace("\r\n", "\n")
    declined = request.form.get("step") == "decline"
    try:
        with transaction():
            opinions.give(opinion_id, body, g.now, declined=declined)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _page(base, opinion_id, body, wording.refusal(refused.code), declined), 422
    flash(
        _("It is noted that you give no opinion. Who asked is told why.")
        if declined
        else _("Your opinion is given. Who asked is told."),
        "success",
    )
    return redirect(f"{base}/opinions", 303)


def _page(
    base: str, opinion_id: UUID, body: str = "", problem: str = "", declined: bool = False
) -> str:
    try:
        with transaction():
            matter = opinions.read(opinion_id, g.now)
            g.unread = notices.unread()
    except Refused:
        abort(404)
    return render_template(
        "desk/opinion.html",
        base=base,
        opinion_id=opinion_id,
        matter=matter,
        body=body,
        problem=problem,
        declined=declined,
        wording=wording,
    )
