"""The restricted queue: reports about conduct and corruption, for ethics officers outside.

The page of a case is the desk's own. A level is never lowered here: that needs the citizen.
"""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import exclusions, notices, redaction
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import casework, extending, inbox, lettering, openings, tasks, wording
from feedback.web.edge import Audience, guarded

blueprint = guarded(
    "ethics", __name__, audience=Audience.STAFF, roles={"ethics"}, url_prefix="/ethics"
)
casework.mount(blueprint, "/ethics")


def _tabs() -> lettering.Tabs:
    return [
        (_("Restricted cases"), "/ethics", request.path == "/ethics", None),
        (
            _("Exclusions"),
            "/ethics/exclusions",
            request.path.startswith("/ethics/exclusions"),
            None,
        ),
        (
            _("Extensions to decide"),
            "/ethics/extensions",
            request.path == "/ethics/extensions",
            None,
        ),
        (_("My tasks"), "/ethics/tasks", request.path == "/ethics/tasks", None),
        (
            _("Covered words"),
            "/ethics/covered",
            request.path.startswith("/ethics/covered"),
            None,
        ),
        (_("Letters"), "/ethics/letters", request.path == "/ethics/letters", None),
        (
            _("Identities to open"),
            "/ethics/openings",
            request.path == "/ethics/openings",
            None,
        ),
    ]


lettering.mount(blueprint, "/ethics", _tabs)
extending.mount(blueprint, "/ethics", _tabs)
openings.mount(blueprint, "/ethics", _tabs)
tasks.mount(blueprint, "/ethics", _tabs)


@blueprint.get("")
def queue() -> ResponseReturnValue:
    """Open restricted cases of other institutions, what is late on top."""
    listed = inbox.Listed(
        "restricted",
        _("Restricted cases"),
        _("No restricted case is open."),
        "/ethics",
        "/ethics",
        _tabs(),
    )
    with transaction():
        shown = inbox.context(listed, request.args)
    return render_template("desk/queue.html", **shown)


@blueprint.get("/exclusions")
def exclusion_list() -> ResponseReturnValue:
    """Cases of other institutions whose words keep officers away, until somebody decides."""
    with transaction():
        page = exclusions.waiting(request.args.get("after"))
        g.unread = notices.unread()
    here = url_for("ethics.exclusion_list")
    return render_template(
        "ethics/exclusions.html",
        tabs_list=_tabs(),
        page=page,
        first=here if request.args.get("after") else "",
        following=url_for("ethics.exclusion_list", after=page.next) if page.next else "",
    )


@blueprint.get("/exclusions/<uuid:case_id>")
def exclusion_page(case_id: UUID) -> ResponseReturnValue:
    """What is needed to decide, for this purpose alone; each look is recorded."""
    try:
        with transaction():
            matter = exclusions.matter(case_id, g.now)
    except Refused:
        abort(404)
    return render_template(
        "ethics/exclusion.html", tabs_list=_tabs(), matter=matter, wording=wording
    )


@blueprint.post("/exclusions/<uuid:case_id>")
def decide_exclusion(case_id: UUID) -> ResponseReturnValue:
    """Confirm or lift one exclusion."""
    officer_id = request.form.get("officer", 0, type=int)
    decision = request.form.get("decision", "")
    try:
        with transaction():
            if not exclusions.waits(case_id):
                abort(404)
            if decision not in ("confirm", "lift"):
                raise Refused("not-found")
            exclusions.decide(case_id, officer_id, lift=decision == "lift", now=g.now)
        with transaction():
            more = exclusions.waits(case_id)
    except Refused:
        flash(_("This was decided already. See what is still to decide."), "info")
        return redirect(url_for("ethics.exclusion_page", case_id=case_id), 303)
    said = {
        "confirm": _("The officer stays away from the case."),
        "lift": _("The exclusion is lifted. The officer may see the case as before."),
    }
    flash(said[decision], "success")
    if more:
        return redirect(url_for("ethics.exclusion_page", case_id=case_id), 303)
    return redirect(url_for("ethics.exclusion_list"), 303)


@blueprint.get("/covered")
def covered_list() -> ResponseReturnValue:
    """Messages of other institutions' citizens in which officers covered words."""
    with transaction():
        page = redaction.waiting(request.args.get("after"))
        g.unread = notices.unread()
    return render_template(
        "ethics/covered.html",
        tabs_list=_tabs(),
        page=page,
        first=url_for("ethics.covered_list") if request.args.get("after") else "",
        following=url_for("ethics.covered_list", after=page.next) if page.next else "",
    )


@blueprint.get("/covered/<uuid:redaction_id>")
def covered_page(redaction_id: UUID) -> ResponseReturnValue:
    """The words as the citizen wrote them; each look is recorded."""
    try:
        with transaction():
            _case_id, words = redaction.original(redaction_id, g.now)
    except Refused:
        abort(404)
    return render_template(
        "ethics/covered_one.html", tabs_list=_tabs(), redaction_id=redaction_id, words=words
    )


@blueprint.post("/covered/<uuid:redaction_id>")
def uncover(redaction_id: UUID) -> ResponseReturnValue:
    """Let the words stand again as the citizen wrote them."""
    try:
        with transaction():
            redaction.undo(redaction_id, g.now)
    except Refused:
        abort(404)
    flash(_("The words stand again as the citizen wrote them."), "success")
    return redirect(url_for("ethics.covered_list"), 303)
