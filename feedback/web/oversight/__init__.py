"""Oversight: how institutions answer, what climbed to the official's rung, what was ordered."""

from __future__ import annotations

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.rules.access import LOOKING
from feedback.services import figures, forecast_lists, improvement_lists, notices, oversight
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import transaction
from feedback.web import boards, casewhy, wording
from feedback.web.edge import Audience, guarded
from feedback.web.formats import name
from feedback.web.oversight import cases, delegating, lists, office_time

blueprint = guarded(
    "oversight",
    __name__,
    audience=Audience.STAFF,
    roles=set(LOOKING),
    url_prefix="/oversight",
)
FIRST = 5  # escalations shown above the figures


def _tabs() -> list[tuple[str, str, bool, None, bool]]:
    """The lists of every day, and behind a fold what an official looks up now and then."""
    daily = [
        (_("Figures"), url_for("oversight.board")),
        (_("On your rung"), url_for("oversight.escalated")),
        (_("Forecast"), url_for("oversight.forecast")),
        (_("Directives"), url_for("oversight.directives")),
    ]
    others = [
        (_("Reading for a post"), url_for("oversight.delegation_list")),
        (_("Improvements"), url_for("oversight.improvement_list")),
        (_("Time held by each institution"), url_for("oversight.time_held")),
        (_("Offices closed by order"), url_for("oversight.closure_list")),
        (_("A letter arrived"), url_for("arrivals.form")),
    ]
    return [
        (label, url, request.path == url, None, folded)
        for items, folded in ((daily, False), (others, True))
        for label, url in items
    ]


def _address(institution: InstitutionInfo | None) -> tuple[str, dict[str, str]]:
    own = institution is None or institution.id == current_user.institution_id
    return url_for("oversight.board"), {} if own or not institution else {
        "institution": institution.code
    }


def _chosen(d: Directory) -> InstitutionInfo:
    """The institution asked for, if it is the official's own or stands below it; else 404."""
    code = request.args.get("institution", "")
    own = d.institutions.get(current_user.institution_id) or abort(404)
    found = d.institutions_by_code.get(code) if code else own
    if found is None or own.id not in found.path:
        abort(404)
    return found


def _page() -> boards.Page:
    """Called within a transaction."""
    d = directory()
    chosen = _chosen(d)
    today = local_day(g.now)
    board = figures.ask(boards.question(request.args, chosen.id, d, today), d, today)
    above = chosen.path[chosen.path.index(current_user.institution_id) : -1]
    return boards.Page(
        board,
        d,
        chosen,
        [d.institutions[i] for i in above if i in d.institutions],
        _address,
        url_for("oversight.board_file"),
        today,
        boards.page_sort(request.args),
        boards.language(),
    )


@blueprint.get("")
def board() -> ResponseReturnValue:
    """Figures of the official's institution and of all below it, and the newest escalations."""
    with transaction():
        page = _page()
        waiting = oversight.escalated(None, g.now, FIRST)
        g.unread = notices.unread()
    return render_template(
        "oversight/board.html",
        tabs_list=_tabs(),
        waiting=waiting,
        told=lists.Told(),
        wording=wording,
        **boards.context(page),
    )


@blueprint.get("/figures.csv")
def board_file() -> ResponseReturnValue:
    """The same figures as a file."""
    with transaction():
        page = _page()
    return boards.as_file(page)


@blueprint.get("/forecast")
def forecast() -> ResponseReturnValue:
    """What goes up in the coming days if nobody acts: below the official's institution, or one of
    those. No small number is shown."""
    with transaction():
        d = directory()
        chosen = _chosen(d)
        days = forecast_lists.below(chosen, g.now)
        children = forecast_lists.each_below(chosen, g.now)
        g.unread = notices.unread()
    above = chosen.path[chosen.path.index(current_user.institution_id) : -1]
    return render_template(
        "oversight/forecast.html",
        tabs_list=_tabs(),
        chosen=chosen,
        above=[d.institutions[each] for each in above if each in d.institutions],
        days=days,
        children=sorted(children, key=lambda pair: name(pair[0])),
    )


@blueprint.get("/improvements")
def improvement_list() -> ResponseReturnValue:
    """Improvement actions of the official's institution, or of one below it: title, day, state."""
    with transaction():
        d = directory()
        chosen = _chosen(d)
        rows, following = improvement_lists.below(chosen.id, request.args.get("after"), g.now)
        below = [i for i in d.institutions.values() if current_user.institution_id in i.path]
        g.unread = notices.unread()
    here = url_for("oversight.improvement_list", institution=chosen.code)
    return render_template(
        "oversight/improvements.html",
        tabs_list=_tabs(),
        rows=rows,
        chosen=chosen,
        institutions=sorted(((i.code, name(i)) for i in below), key=lambda pair: pair[1]),
        first=here if request.args.get("after") else "",
        following=f"{here}&after={following}" if following else "",
        wording=wording,
    )


lists.mount(blueprint, _tabs)
delegating.mount(blueprint, _tabs)
cases.mount(blueprint, _tabs)
casewhy.mount(blueprint, cases.BASE)
office_time.mount(blueprint, _tabs, _chosen)
