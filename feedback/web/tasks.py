"""The officer's own tasks, for the desk and for ethics officers: one implementation."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from feedback.clock import local_day
from feedback.services import notices, task_lists
from feedback.transaction import transaction
from feedback.web import answer_wording
from feedback.web.lettering import Tabs


def mount(blueprint: Blueprint, base: str, tabs: Callable[[], Tabs]) -> None:
    """Give a blueprint the list; `tabs`, called within the transaction, answers its lists."""
    here = f"{base}/tasks"

    @blueprint.get("/tasks")
    def task_list() -> ResponseReturnValue:
        """What the officer, or the officer's unit, has to do for cases, late tasks on top."""
        with transaction():
            listed = tabs()
            page = task_lists.mine(request.args.get("after"))
            g.unread = notices.unread()
        return render_template(
            "desk/task_list.html",
            base=base,
            tabs_list=listed,
            page=page,
            today=local_day(g.now),
            first=here if request.args.get("after") else "",
            following=f"{here}?after={page.next}" if page.next else "",
            answer_wording=answer_wording,
        )
