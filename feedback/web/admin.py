"""Minimal administration: alarms, officers, posts, leave and days off; and the auditor's pages.

Neither role opens a case: the database shows them none.
"""

from __future__ import annotations

from datetime import date

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback import transaction as edge_transaction
from feedback.clock import local_day
from feedback.services import alarms, calendars, record
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import (
    admin_answers,
    admin_changes,
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
from feedback.web.admin_frame import blueprint, only

__all__ = [
    "admin_answers",
    "admin_changes",
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
        wording=wording,
        following=following,
    )


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


# Days off


def _holidays_page(errors: dict[str, str] | None = None) -> str:
    asked = request.values
    year = asked.get("year", local_day(g.now).year, type=int)
    year = min(max(year, 2000), 2100)
    with transaction():
        known = record.calendars()
        calendar_id = asked.get("calendar", known[0].id, type=int)
        days = calendars.holidays(calendar_id, year)
        corrections = record.corrections(calendar_id)
    return render_template(
        "admin/holidays.html",
        calendars=[(each.id, each.name) for each in known],
        calendar_id=calendar_id,
        year=year,
        days=days,
        corrections=corrections,
        errors=errors or {},
        given=request.form if errors else {},
    )


@blueprint.get("/holidays")
@only("admin")
def holiday_list() -> ResponseReturnValue:
    """The days off of a year; the moon-sighted ones wait to be confirmed."""
    return _holidays_page()


@blueprint.post("/holidays")
@only("admin")
def correct_holiday() -> ResponseReturnValue:
    """Add, confirm or remove a day off; running deadlines are derived again by a worker."""
    given = request.form
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        return _holidays_page({"day": _("Write the day as year-month-day.")}), 422
    try:
        with transaction():
            calendars.correct(
                given.get("calendar", 0, type=int),
                day,
                given.get("name_sw", ""),
                given.get("name_en", ""),
                given.get("status", "confirmed"),
                current_user.officer_id,
                g.now,
            )
            edge_transaction.wake("apply_corrections")
    except Refused as refused:
        field = "name_sw" if refused.code in ("empty", "name-too-long") else "day"
        return _holidays_page({field: wording.refusal(refused.code)}), 422
    flash(
        _("The calendar is corrected. Running deadlines are computed again within a minute."),
        "success",
    )
    return redirect(
        url_for("admin.holiday_list", year=day.year, calendar=given.get("calendar")), 303
    )
