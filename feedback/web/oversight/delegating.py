"""Who reads for a post: given, taken back. The decision stays with the post."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from feedback.clock import local_day
from feedback.services import delegations, notices
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web.casework.part import officer
from feedback.web.oversight import filling, saying

FIELDS = {"bad-target": "officer", "delegated-already": "officer", "excluded": "officer"}


def mount(blueprint: Blueprint, tabs: Callable[[], list[Any]]) -> None:
    """Give the blueprint the page and its two acts."""

    def page(problem: str = "") -> str:
        with transaction():
            standing = delegations.standing(g.now)
            posts = delegations.posts_of()
            offered = delegations.offered(current_user.institution_id) if posts else []
            g.unread = notices.unread()
        field = FIELDS.get(problem, "until")
        return render_template(
            "oversight/delegations.html",
            tabs_list=tabs(),
            standing=standing,
            posts=posts,
            offered=offered,
            errors={field: saying.refusal(problem)} if problem else {},
            today=local_day(g.now),
        )

    @blueprint.get("/delegations")
    def delegation_list() -> ResponseReturnValue:
        """Who reads for the official's posts, and for whom the officer reads."""
        return page()

    @blueprint.post("/delegations")
    def delegate() -> ResponseReturnValue:
        """Let an officer read all that reaches a post, until a day."""
        try:
            with transaction():
                post = request.form.get("post", type=int) or 0
                delegations.give(post, officer(), filling.day("until"), g.now)
        except Refused as refused:
            return page(refused.code), 422
        flash(saying.done("delegate"), "success")
        return redirect(url_for("oversight.delegation_list"), 303)

    @blueprint.post("/delegations/<int:delegation_id>/end")
    def end_delegation(delegation_id: int) -> ResponseReturnValue:
        """Take it back, or hand it back."""
        try:
            with transaction():
                delegations.end(delegation_id, g.now)
        except Refused:
            abort(404)
        flash(saying.done("delegate-end"), "success")
        return redirect(url_for("oversight.delegation_list"), 303)
