"""Days off and half days: of everybody, of a region, of an office closed by order."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback import transaction as edge_transaction
from feedback.clock import local_day
from feedback.rules import changes as rules
from feedback.services import calendars, record
from feedback.services.calendars import Whose
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory
from feedback.transaction import transaction
from feedback.web import finder, wording
from feedback.web.admin_frame import blueprint, only
from feedback.web.days_wording import scope
from feedback.web.forms import line

FIELDS = {
    "empty": "name_sw",
    "name-too-long": "name_sw",
    "bad-scope": "office",
    "bad-hour": "closes",
    "no-order": "order_number",
    "same-day": "to",
}
"""Beside which field a refusal is told; any other beside the day."""


def _page(errors: dict[str, str] | None = None) -> str:
    asked = request.values
    # A form that comes back shows the year of its day.
    typed = request.form.get("day", "")[:4]
    here = int(typed) if typed.isascii() and typed.isdecimal() else local_day(g.now).year
    year = asked.get("year", here, type=int)
    year = min(max(year, 2000), 2100)
    with transaction():
        d = directory()
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
        regions=_regions(calendar_id, d),
        whose=lambda code: scope(code, d),
        errors=errors or {},
        given=request.form if errors else {},
    )


def _regions(calendar_id: int, d: Directory) -> list[tuple[str, str]]:
    """The regions of the offices that count by a calendar, as a list to choose from."""
    offices = d.institutions_by_code.values()
    found = {i.region for i in offices if i.region and i.calendar_id == calendar_id}
    return [(region, region) for region in sorted(found)]


@blueprint.get("/holidays")
@only("admin")
def holiday_list() -> ResponseReturnValue:
    """The days off of a year; the moon-sighted ones wait to be confirmed or moved."""
    return _page()


@blueprint.post("/holidays")
@only("admin")
def correct_holiday() -> ResponseReturnValue:
    """Add, confirm or remove a day; running deadlines are derived again by a worker."""
    given = request.form
    try:
        day = date.fromisoformat(given.get("day", ""))
    except ValueError:
        return _page({"day": _("Write the day as year-month-day.")}), 422
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
                _whose(directory()),
            )
            edge_transaction.wake("apply_corrections")
    except Refused as refused:
        return _refused(refused.code)
    return _corrected(day)


@blueprint.post("/holidays/move")
@only("admin")
def move_holiday() -> ResponseReturnValue:
    """The moon was seen on another day: one act moves the day off."""
    given = request.form
    try:
        day, to = (date.fromisoformat(given.get(name, "")) for name in ("day", "to"))
    except ValueError:
        return _page({"to": _("Write the day as year-month-day.")}), 422
    try:
        with transaction():
            calendars.move(
                given.get("calendar", 0, type=int),
                day,
                to,
                current_user.officer_id,
                g.now,
                given.get("scope", rules.EVERYBODY),
            )
            edge_transaction.wake("apply_corrections")
    except Refused as refused:
        return _refused(refused.code)
    return _corrected(to)


def _refused(code: str) -> ResponseReturnValue:
    return _page({FIELDS.get(code, "day"): wording.refusal(code)}), 422


def _corrected(day: date) -> ResponseReturnValue:
    flash(
        _("The calendar is corrected. Running deadlines are computed again within a minute."),
        "success",
    )
    calendar = request.form.get("calendar")
    return redirect(url_for("admin.holiday_list", year=day.year, calendar=calendar), 303)


def _whose(d: Directory) -> Whose:
    """Whose day was meant: a row names its scope, the form for a new one asks in parts."""
    given = request.form
    closes: Any = given.get("closes", "").strip()
    if closes:
        try:
            closes = time.fromisoformat(closes)
        except ValueError:
            raise Refused("bad-hour") from None
    return Whose(
        given.get("scope") or _scope(d),
        closes or None,
        line(given.get("ordered_by", "")),
        line(given.get("order_number", "")),
    )


def _scope(d: Directory) -> str:
    given = request.form
    chosen = given.get("whose", "all")
    if chosen == "region":
        return rules.region_scope(given.get("region", ""))
    if chosen == "office":
        typed = line(given.get("office", ""))
        found = d.institutions_by_code.get(typed.upper()) or finder.exact(d, typed)
        return found.code if found else typed or "-"
    return rules.EVERYBODY
