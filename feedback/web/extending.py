"""Requests for more time that wait for a decision, for the desk and for ethics officers.

The decision itself is an act on the case's page, where the words and the clock stand.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from feedback.services import extensions, notices
from feedback.transaction import transaction
from feedback.web import lettering, wording


def mount(blueprint: Blueprint, base: str, tabs: Callable[[], lettering.Tabs]) -> None:
    """Give a blueprint the list; `tabs`, called within the transaction, answers its lists."""

    @blueprint.get("/extensions")
    def extension_list() -> ResponseReturnValue:
        """What this officer has to decide, what falls due first on top."""
        after = request.args.get("after")
        with transaction():
            page = extensions.to_decide(after, g.now)
            tabs_list = tabs()
            g.unread = notices.unread()
        here = f"{base}/extensions"
        return render_template(
            "desk/extensions.html",
            base=base,
            tabs_list=tabs_list,
            rows=page.rows,
            first=here if after else "",
            following=f"{here}?after={page.next}" if page.next else "",
            wording=wording,
        )
