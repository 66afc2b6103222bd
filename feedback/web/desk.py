"""The handler's desk: what is mine, my unit's and nobody's, and the letters to print."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.access import LEADING
from feedback.services import alarms, directives, notices, queues
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import (
    answer_templates,
    board,
    casework,
    costs,
    desk_menu,
    extending,
    inbox,
    lettering,
    openings,
    opinions,
    poster,
    search,
    tasks,
    team,
    views_kept,
    wording,
)
from feedback.web.desk_menu import tabs
from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "desk",
    __name__,
    audience=Audience.STAFF,
    roles={"handler", "coordinator", "head"},
    url_prefix="/desk",
)
casework.mount(blueprint, "/desk")


def _leading_only() -> None:
    if not LEADING & current_user.roles:
        abort(403)


def _leading_tabs() -> desk_menu.Tabs:
    """The lists, for those who answer for the institution; nobody else carries its letters."""
    _leading_only()
    return tabs(queues.counts(g.now))


def _title(scope: str) -> tuple[str, str]:
    """What a list is called, and what it says when nothing is in it."""
    leads = bool(LEADING & current_user.roles)
    if scope == "mine":
        return _("My cases"), _("No open case waits for you.")
    if scope == "unit":
        title = _("Cases of the institution") if leads else _("Cases of my unit")
        return title, _("No case is open here.")
    return _("Cases without an owner"), _("Every case of the institution has an owner.")


def _inbox(scope: str, source: Mapping[str, str], problem: str = "") -> ResponseReturnValue:
    """The list of a scope; `problem`: why what was typed to save it as a view was refused."""
    title, empty = _title(scope)
    with transaction():
        counts = queues.counts(g.now)
        listed = inbox.Listed(
            scope,
            title,
            empty,
            "/desk",
            inbox.PATHS[scope],
            tabs(counts, inbox.PATHS[scope]),
            counts,
            source if problem else {},
            wording.view_problem(problem) if problem else "",
        )
        shown = inbox.context(listed, source)
        demanded = directives.demanded(g.now) if scope == "mine" else []
    return render_template("desk/queue.html", demanded=demanded, **shown), 422 if problem else 200


lettering.mount(blueprint, "/desk", _leading_tabs)
extending.mount(blueprint, "/desk", lambda: tabs(queues.counts(g.now)))
opinions.mount(blueprint, "/desk", lambda: tabs(queues.counts(g.now)))
openings.mount(blueprint, "/desk", lambda: tabs(queues.counts(g.now)))
views_kept.mount(blueprint, _inbox, lambda: tabs(queues.counts(g.now)))
search.mount(blueprint, lambda: tabs(queues.counts(g.now)))
tasks.mount(blueprint, "/desk", lambda: tabs(queues.counts(g.now)))
answer_templates.mount(blueprint, "/desk", "desk/frame.html", _leading_tabs)
board.mount(blueprint, tabs)
team.mount(blueprint, tabs)


@blueprint.get("")
def mine() -> ResponseReturnValue:
    """The officer's own open cases, what is late on top."""
    return _inbox("mine", request.args)


@blueprint.get("/unit")
def unit() -> ResponseReturnValue:
    """Open cases of the officer's units, or of the institution for those who answer for it."""
    return _inbox("unit", request.args)


@blueprint.get("/unowned")
def unowned() -> ResponseReturnValue:
    """Cases of the institution that nobody owns."""
    return _inbox("unowned", request.args)


@blueprint.get("/alarms")
def alarm_list() -> ResponseReturnValue:
    """What the ladder could not do in the ordinary way with cases of the institution."""
    _leading_only()
    with transaction():
        rows, more = alarms.standing(request.args.get("after", type=int))
        institutions = directory().institutions
        listed = tabs(queues.counts(g.now))
        g.unread = notices.unread()
    return render_template(
        "desk/alarms.html",
        tabs_list=listed,
        alarms=rows,
        institutions=institutions,
        following=url_for("desk.alarm_list", after=more) if more else "",
        wording=wording,
    )


@blueprint.get("/poster")
def poster_page() -> ResponseReturnValue:
    """The institution's poster, or small cards, to print."""
    _leading_only()
    with transaction():
        own = directory().institutions[current_user.institution_id]
    return poster.page(own, url_for("desk.poster_page"), url_for("desk.mine"))


@blueprint.get("/costs")
def cost_list() -> ResponseReturnValue:
    """What the SMS of the institution cost, as far as figures are told."""
    _leading_only()
    with transaction():
        tabs_list = _leading_tabs()
        page = costs.page("desk.cost_list", exact=False)
    return render_template("desk/costs.html", tabs_list=tabs_list, **page)
