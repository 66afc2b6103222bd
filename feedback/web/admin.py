"""Minimal administration: alarms, officers, posts, leave and days off; and the auditor's pages.

Neither role opens a case: the database shows them none.
"""

from __future__ import annotations

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.services import alarms
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import (
    admin_answers,
    admin_changes,
    admin_days,
    admin_jobs,
    admin_letters,
    admin_officers,
    admin_poster,
    admin_record,
    admin_reference,
    admin_sheets,
    admin_team,
    admin_texts,
    costs,
    wording,
)
from feedback.web.admin_frame import admin_tabs, blueprint, only

__all__ = [
    "admin_answers",
    "admin_changes",
    "admin_days",
    "admin_jobs",
    "admin_letters",
    "admin_officers",
    "admin_poster",
    "admin_record",
    "admin_reference",
    "admin_sheets",
    "admin_team",
    "admin_texts",
    "blueprint",
]  # whose import adds the routes of its pages


@blueprint.get("")
def home() -> ResponseReturnValue:
    """Where each of the two roles begins."""
    first = "admin.alarm_list" if "admin" in current_user.roles else "admin.record_page"
    return redirect(url_for(first))


# Alarms

SEE_TO = {
    "circle": "/admin/ladders",
    "unowned": "/admin/team",
    "granted_alone": "/admin/officers",
    "changed_alone": "/admin/changes",
    "office_closed": "/admin/holidays",
    "day_off_undecided": "/admin/holidays",
    "job_silent": "/admin/jobs",
    "job_failing": "/admin/jobs",
    "clock_moved": "/admin/jobs",
    "inbound_dead": "/admin/dead-letters",
    "outbox_dead": "/admin/dead-letters",
    "sms_budget": "/admin/costs",
    "sms_number": "/admin/costs",
}
"""Where one sees to an alarm that is not about a post."""
OF_INSTITUTION = ("/admin/posts", "/admin/team", "/admin/officers")
OFFICE_ACTS = ("directive", "top", "second_transfer", "paper_letter", "stuck")
"""What no page of the administration changes: the office itself must act."""


@blueprint.get("/alarms")
@only("admin")
def alarm_list() -> ResponseReturnValue:
    """What the ladder could not do in the ordinary way, until somebody saw to it."""
    with transaction():
        rows, more = alarms.standing(request.args.get("after", type=int))
        institutions = directory().institutions
    following = url_for("admin.alarm_list", after=more) if more else ""
    return render_template(
        "admin/alarms.html",
        alarms=rows,
        institutions=institutions,
        see_to=_see_to,
        wording=wording,
        following=following,
    )


def _see_to(row: alarms.AlarmRow, code: str) -> tuple[str, str]:
    """Where one sees to an alarm: an address, or none, and the page's name where it is about
    neither a post nor an institution."""
    if row.kind == "missing":
        return url_for("admin.thing_page", slug="institutions", key=code), ""
    if row.kind in OFFICE_ACTS:
        return "", ""
    page = SEE_TO.get(row.kind, "/admin/posts" if code else "")
    address = f"{page}?institution={code}" if page in OF_INSTITUTION else page
    names = {url: label for label, url, _here in admin_tabs()}
    return address, names[page] if row.kind in SEE_TO else ""


@blueprint.post("/alarms/<int:alarm_id>/settle")
@only("admin")
def settle(alarm_id: int) -> ResponseReturnValue:
    """Somebody saw to it."""
    try:
        with transaction():
            alarms.settle(alarm_id, g.now)
    except Refused as refused:
        abort(403 if refused.code == "yourself" else 404)
    flash(_("The alarm is settled."), "success")
    return redirect(url_for("admin.alarm_list"), 303)


@blueprint.get("/costs")
@only("admin")
def cost_list() -> ResponseReturnValue:
    """What SMS cost, by month and institution."""
    with transaction():
        page = costs.page("admin.cost_list", exact=True)
    return render_template("admin/costs.html", **page)
