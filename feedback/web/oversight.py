"""Oversight: how institutions answer, what climbed to the official's rung, what was ordered."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.rules.deadlines import working_minutes
from feedback.services import (
    attachments,
    escalations,
    figures,
    improvement_lists,
    notices,
    oversight,
    views,
)
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import transaction
from feedback.web import boards, casework, files, rounds, timeline, wording
from feedback.web.edge import Audience, guarded
from feedback.web.formats import name

blueprint = guarded(
    "oversight",
    __name__,
    audience=Audience.STAFF,
    roles={"head", "oversight"},
    url_prefix="/oversight",
)
FIRST = 5  # escalations shown above the figures


def _tabs() -> list[tuple[str, str, bool]]:
    items = [
        (_("Figures"), url_for("oversight.board")),
        (_("On your rung"), url_for("oversight.escalated")),
        (_("Directives"), url_for("oversight.directives")),
        (_("Improvements"), url_for("oversight.improvement_list")),
    ]
    return [(label, url, request.path == url) for label, url in items]


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
        wording=wording,
        **boards.context(page),
    )


@blueprint.get("/figures.csv")
def board_file() -> ResponseReturnValue:
    """The same figures as a file."""
    with transaction():
        page = _page()
    return boards.as_file(page)


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


@blueprint.get("/escalations")
def escalated() -> ResponseReturnValue:
    """Cases that climbed to the official's posts and are open still, and the digest of them."""
    code = request.args.get("institution", "")
    with transaction():
        d = directory()
        chosen = d.institutions_by_code.get(code)
        page = oversight.escalated(
            request.args.get("after"), g.now, institution_id=chosen.id if chosen else None
        )
        digests = oversight.digests()
        g.unread = notices.unread()
    here = _escalated_url(chosen)
    return render_template(
        "oversight/escalations.html",
        tabs_list=_tabs(),
        page=page,
        digests=digests,
        chosen=chosen,
        first=here if request.args.get("after") else "",
        following=_escalated_url(chosen, page.next) if page.next else "",
        wording=wording,
    )


def _escalated_url(chosen: InstitutionInfo | None, after: str | None = None) -> str:
    code = chosen.code if chosen else None
    return url_for("oversight.escalated", institution=code, after=after)


@blueprint.get("/directives")
def directives() -> ResponseReturnValue:
    """What the official's posts ordered, and what became of it."""
    with transaction():
        given = oversight.directives()
        g.unread = notices.unread()
    return render_template(
        "oversight/directives.html", tabs_list=_tabs(), given=given, today=local_day(g.now)
    )


@blueprint.get("/case/<reference>")
def case(reference: str) -> ResponseReturnValue:
    """One case: who held it how long, why it is late, and the way to give a directive."""
    return _case_page(reference)


@blueprint.get("/case/<reference>/file/<int:number>")
def case_file(reference: str, number: int) -> ResponseReturnValue:
    """A file of the case."""
    return casework.file_of(reference, number)


@blueprint.post("/case/<reference>/directive")
def direct(reference: str) -> ResponseReturnValue:
    """Order something, with a day by which it is to be done."""
    body = request.form.get("body", "").replace("\r\n", "\n").replace("\x00", "")
    try:
        with transaction():
            case_id = views.case_id_of(reference)
            escalation = oversight.escalation_of(case_id)
            if escalation is None:
                raise Refused("not-allowed")
            escalations.direct(escalation, body, _due_on(), g.now)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _case_page(reference, refused.code), 422
    flash(_("The directive is given. The handler sees it with its due date."), "success")
    return redirect(url_for("oversight.case", reference=reference), 303)


def _due_on() -> date:
    try:
        return date.fromisoformat(request.form.get("due_on", ""))
    except ValueError:
        raise Refused("bad-date") from None


def _case_page(reference: str, problem: str = "") -> str:
    try:
        with transaction():
            case_id: UUID = views.case_id_of(reference)
            shown = views.for_officer(case_id, g.now)
            rung = oversight.escalation_of(case_id)
            sent = attachments.of_case(case_id)
            d = directory()
            g.unread = notices.unread()
    except Refused:
        abort(404)
    calendar = d.calendar_of(shown.institution.id)
    ended = shown.closed_at or shown.answered_at or g.now
    held = [
        (each, working_minutes(calendar, each.at, each.ended_at or ended)) for each in shown.held
    ]
    said = [line for line in shown.messages if line.author == "citizen"]
    errors = {}
    if problem:
        errors = {"due_on" if problem == "bad-date" else "body": wording.refusal(problem)}
    return render_template(
        "oversight/case.html",
        case=shown,
        held=held,
        reason=oversight.delay_reason(shown),
        due=wording.due(shown.days_left, late=shown.late),
        files=files.shown(sent, f"/oversight/case/{shown.reference}/file"),
        items=timeline.items(shown),
        wants=said[0] if said else None,
        rounds=rounds.of(shown),
        may_direct=rung is not None and "direct" in shown.allowed,
        errors=errors,
        today=local_day(g.now),
        tabs_list=_tabs(),
    )
