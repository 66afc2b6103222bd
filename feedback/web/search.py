"""The search of the desk: references, file numbers, places and the words of open cases."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.rules import searching as rules
from feedback.services import notices, paper, searching
from feedback.services.listing import Page
from feedback.transaction import transaction
from feedback.web import lettering
from feedback.web.inbox import address

HERE = "/desk/search"


def mount(blueprint: Blueprint, tabs: Callable[[], lettering.Tabs]) -> None:
    """Give the desk its search. `tabs`, within the transaction, answers the lists above."""

    @blueprint.get("/search")
    def search() -> ResponseReturnValue:
        """What was found, the newest first; nothing typed shows the field alone."""
        typed = " ".join(request.args.get("q", "").replace("\x00", "").split())
        typed = typed[: rules.MOST_LETTERS]
        sought = rules.read(typed)
        after = request.args.get("after")
        with transaction():
            page = searching.search(sought, after, g.now) if sought else Page([], None)
            filed = paper.find(typed) if typed and not after else []
            listed = tabs()
            g.unread = notices.unread()
        problem = (
            "" if sought or filed or not typed else _("Write at least three letters of a word.")
        )
        return render_template(
            "desk/search.html",
            tabs_list=listed,
            typed=typed,
            most=rules.MOST_LETTERS,
            page=page,
            filed=filed,
            asked=sought is not None,
            problem=problem,
            first=address(HERE, q=typed) if after else "",
            following=address(HERE, q=typed, after=page.next) if page.next else "",
        ), (422 if problem else 200)
