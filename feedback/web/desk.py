"""The handler's desk: what is mine, my unit's and nobody's, and the letters to print."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.rules.workflow import OPEN
from feedback.services import notices, queues, staffing
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import casework, costs, lettering, openings, poster, wording
from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "desk",
    __name__,
    audience=Audience.STAFF,
    roles={"handler", "coordinator", "head"},
    url_prefix="/desk",
)
casework.mount(blueprint, "/desk")

KINDS = ("complaint", "suggestion", "compliment", "enquiry")
STATUSES = ("new", "assigned", "in_progress", "waiting_citizen")
LEADING = frozenset({"coordinator", "head"})
Fetch = Callable[..., queues.Page]


def _tabs(counts: dict[str, int]) -> list[tuple[str, str, bool, int | None]]:
    """The lists of the desk; letters and alarms are for those who answer for the institution."""
    leads = bool(LEADING & current_user.roles)
    items: list[tuple[str, str, int | None]] = [
        (_("Mine"), "/desk", counts.get("mine")),
        (_("The institution's") if leads else _("My unit's"), "/desk/unit", None),
        (_("Without an owner"), "/desk/unowned", counts.get("unowned")),
        (_("Paper and telephone"), "/desk/register", None),
        (_("Improvements"), "/desk/improvements", None),
    ]
    if leads:
        items += [(_("Letters"), "/desk/letters", None), (_("Alarms"), "/desk/alarms", None)]
        items.append((_("Poster"), "/desk/poster", None))
        items.append((_("Cost of SMS"), "/desk/costs", None))
    if "head" in current_user.roles:
        items.append((_("Identities to open"), "/desk/openings", None))
    return [(label, url, request.path == url, count) for label, url, count in items]


def _leading_only() -> None:
    if not LEADING & current_user.roles:
        abort(403)


def _leading_tabs() -> lettering.Tabs:
    """The lists, for those who answer for the institution; nobody else carries its letters."""
    _leading_only()
    return _tabs(queues.counts(g.now))


def _asked(name: str, known: tuple[str, ...]) -> str | None:
    value = request.args.get(name, "")
    return value if value in known else None


def _queue(fetch: Fetch, title: str, empty: str, *, filtered: bool) -> ResponseReturnValue:
    chosen = {"kind": _asked("kind", KINDS), "status": _asked("status", STATUSES)}
    with transaction():
        page = fetch(request.args.get("after"), g.now, **(chosen if filtered else {}))
        counts = queues.counts(g.now)
        g.unread = notices.unread()
    kept: dict[str, Any] = {key: value for key, value in chosen.items() if value and filtered}
    endpoint = str(request.endpoint)
    return render_template(
        "desk/queue.html",
        title=title,
        empty_text=empty,
        tabs_list=_tabs(counts),
        counts=counts,
        page=page,
        filtered=filtered,
        chosen=kept,
        first=url_for(endpoint, **kept) if request.args.get("after") else "",
        following=url_for(endpoint, after=page.next, **kept) if page.next else "",
        base="/desk",
        statuses=sorted(status.value for status in OPEN),
        wording=wording,
    )


lettering.mount(blueprint, "/desk", _leading_tabs)
openings.mount(blueprint, "/desk", lambda: _tabs(queues.counts(g.now)))


@blueprint.get("")
def mine() -> ResponseReturnValue:
    """The officer's own open cases, what is late on top."""
    return _queue(queues.my_cases, _("My cases"), _("No open case waits for you."), filtered=True)


@blueprint.get("/unit")
def unit() -> ResponseReturnValue:
    """Open cases of the officer's units, or of the institution for those who answer for it."""
    leads = bool(LEADING & current_user.roles)
    title = _("Cases of the institution") if leads else _("Cases of my unit")
    return _queue(queues.unit_cases, title, _("No case is open here."), filtered=True)


@blueprint.get("/unowned")
def unowned() -> ResponseReturnValue:
    """Cases of the institution that nobody owns."""
    return _queue(
        queues.unowned,
        _("Cases without an owner"),
        _("Every case of the institution has an owner."),
        filtered=False,
    )


@blueprint.get("/alarms")
def alarm_list() -> ResponseReturnValue:
    """What the ladder could not do in the ordinary way with cases of the institution."""
    _leading_only()
    with transaction():
        rows, more = staffing.alarms(request.args.get("after", type=int))
        institutions = directory().institutions
        counts = queues.counts(g.now)
        g.unread = notices.unread()
    return render_template(
        "desk/alarms.html",
        tabs_list=_tabs(counts),
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
