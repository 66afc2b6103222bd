"""Saving filters of the inbox under a name; opening, renaming, sharing and deleting them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import inbox as lists
from feedback.services import notices, saved_views
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import inbox, lettering, wording

HERE = "/desk/views"
Show = Callable[[str, Mapping[str, str], str], ResponseReturnValue]


def mount(blueprint: Blueprint, show: Show, tabs: Callable[[], lettering.Tabs]) -> None:
    """Give the desk its saved views. `show` answers the page of a scope with what was typed and
    what is wrong with it; `tabs`, within the transaction, the lists above."""

    @blueprint.post("/views")
    def save_view() -> ResponseReturnValue:
        """Keep the filters of the list that was shown."""
        scope = request.form.get("scope", "")
        if scope not in inbox.PATHS:
            scope = "mine"  # an edited form: its filters are typed anew
        try:
            with transaction():
                question = inbox.asked(scope, request.form, directory(), leads=lists.leads())
                chosen = inbox.filters(question)
                shared = bool(request.form.get("shared")) and saved_views.may_share()
                name = request.form.get("name", "")
                saved_views.save(name, scope, chosen, shared=shared, now=g.now)
        except Refused as refused:
            return show(scope, request.form, refused.code)
        flash(_("The view is saved. It stands above the list."), "success")
        return redirect(inbox.address(inbox.PATHS[scope], **chosen), 303)

    @blueprint.get("/views")
    def view_list() -> ResponseReturnValue:
        """The officer's views, to rename, share or delete."""
        return _page(None, "", "")

    @blueprint.post("/views/<uuid:view_id>/<change>")
    def change_view(view_id: UUID, change: str) -> ResponseReturnValue:
        """Rename, share or delete a view."""
        typed = request.form.get("name", "")
        acts: dict[str, Callable[[], None]] = {
            "rename": lambda: saved_views.rename(view_id, typed),
            "share": lambda: saved_views.share(view_id, shared=True),
            "unshare": lambda: saved_views.share(view_id, shared=False),
            "delete": lambda: saved_views.remove(view_id),
        }
        if change not in acts:
            abort(404)
        try:
            with transaction():
                acts[change]()
        except Refused as refused:
            if refused.code == "not-found":
                abort(404)
            return _page(view_id, typed, wording.view_problem(refused.code)), 422
        flash(wording.view_done(change), "success")
        return redirect(HERE, 303)

    def _page(of: UUID | None, typed: str, problem: str) -> str:
        with transaction():
            kept = saved_views.mine()
            listed = tabs()
            may_share = saved_views.may_share()
            g.unread = notices.unread()
        return render_template(
            "desk/views.html",
            tabs_list=listed,
            views=[(v, inbox.address(inbox.PATHS[v.scope], **v.filters)) for v in kept],
            may_share=may_share,
            most=saved_views.MOST,
            longest_name=saved_views.LONGEST_NAME,
            of=of,
            typed=typed,
            problem=problem,
        )
