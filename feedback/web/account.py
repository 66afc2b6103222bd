"""The officer's own account: password, sessions, notices, and what waits for a decision."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.extensions import limiter
from feedback.services import factors, grants, notices, officers, sessions
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import wording
from feedback.web.edge import Audience, guarded

FAILURES = "5 per 5 minutes"
"""Wrong present passwords in one account before a wait."""

blueprint = guarded("account", __name__, audience=Audience.STAFF)


@blueprint.get("/account")
def overview() -> ResponseReturnValue:
    """Who I am here, how I log in, and where I am logged in."""
    with transaction():
        has = factors.of(current_user.officer_id)
        rows = sessions.open_of(current_user.officer_id, g.now)
        d = directory()
    return render_template(
        "auth/account.html",
        has=has,
        sessions=rows,
        institution=d.institutions.get(current_user.institution_id),
        unit=d.units.get(current_user.unit_id),
        wording=wording,
    )


@blueprint.post("/account/sessions")
def end_session() -> ResponseReturnValue:
    """End one session of mine, or all others."""
    user = current_user._get_current_object()
    chosen = request.form.get("session", "")
    try:
        with transaction():
            if chosen == "others":
                sessions.end_all(user.officer_id, g.now, keep=user.session_id)
            else:
                sessions.end(user.officer_id, UUID(chosen), g.now)
    except (Refused, ValueError):
        abort(404)
    flash(_("Ended. Whoever goes on there must log in again."), "success")
    return redirect(url_for("auth.account.overview"), 303)


@blueprint.get("/password")
def password() -> ResponseReturnValue:
    """The form for a new password."""
    return render_template("auth/password.html", errors={})


@blueprint.post("/password")
@limiter.limit(
    FAILURES,
    key_func=lambda: str(current_user.officer_id),
    deduct_when=lambda response: response.status_code == 422,
)
def change_password() -> ResponseReturnValue:
    """Set a new password; every other session of the officer ends."""
    errors: dict[str, str] = {}
    wanted = request.form.get("password", "")
    user = current_user._get_current_object()
    if wanted != request.form.get("again", ""):
        errors["again"] = wording.refusal("password-differs")
    try:
        with transaction():
            if not officers.has_password(user.officer_id, request.form.get("current", "")):
                errors["current"] = _("This is not your present password.")
            if not errors:
                officers.change_password(user, wanted, g.now)
    except Refused as refused:
        errors["password"] = wording.refusal(refused.code)
    if errors:
        return render_template("auth/password.html", errors=errors), 422
    flash(_("The password is changed. Your other sessions have ended."), "success")
    return redirect(url_for("auth.account.overview"), 303)


# What waits for a decision


def _approvals_page(problem: str = "", outcome: grants.Outcome | None = None) -> str:
    with transaction():
        rows = grants.to_decide(g.now)
        d = directory()
    return render_template(
        "auth/approvals.html",
        requests=rows,
        institutions=d.institutions,
        problem=problem,
        outcome=outcome,
        wording=wording,
    )


@blueprint.get("/approvals")
def approvals() -> ResponseReturnValue:
    """What administrators asked for and this officer may approve or refuse."""
    return _approvals_page()


@blueprint.post("/approvals/<uuid:request_id>/<decision>")
def decide(request_id: UUID, decision: str) -> ResponseReturnValue:
    """Approve or refuse; a one-time code stands on this answer and nowhere else."""
    if decision not in ("approve", "refuse"):
        abort(404)
    try:
        with transaction():
            outcome = grants.decide(request_id, g.now, approve=decision == "approve")
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _approvals_page(wording.refusal(refused.code)), 422
    if outcome.code:
        return _approvals_page(outcome=outcome)
    flash(_("Approved.") if decision == "approve" else _("Refused."), "success")
    return redirect(url_for("auth.account.approvals"), 303)


# Notices


@blueprint.get("/notices")
def notice_list() -> ResponseReturnValue:
    """What the officer should know, unread first."""
    with transaction():
        rows = notices.latest()
        g.unread = notices.unread()
    return render_template(
        "auth/notices.html",
        notices=rows,
        unread=g.unread,
        latest=max((row.at for row in rows), default=g.now).isoformat(),
        wording=wording,
    )


@blueprint.post("/notices")
def read_notices() -> ResponseReturnValue:
    """Mark what was shown as read; what came meanwhile stays new."""
    try:
        upto = datetime.fromisoformat(request.form.get("upto", ""))
    except ValueError:
        abort(400)
    if upto.tzinfo is None:
        abort(400)
    with transaction():
        notices.mark_read(upto)
    return redirect(url_for("auth.account.notice_list"), 303)


@blueprint.get("/look")
def look() -> ResponseReturnValue:
    """The living page: every component of the pages, for those who build further."""
    return render_template("look.html")
