"""Rosters of institutions and the closing of accounts, as an administrator sees them."""

from __future__ import annotations

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from feedback import models as m
from feedback.clock import local_day
from feedback.services import departures, roster, staffing
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import finder, team_wording
from feedback.web.admin_frame import blueprint, only


@blueprint.get("/team")
@only("admin")
def team_list() -> ResponseReturnValue:
    """The roster of an institution: who takes which cases, on which days, who stands in."""
    typed = request.args.get("institution", "")
    with transaction():
        d = directory()
        chosen, offered = finder.chosen(d, typed)
        members = (
            roster.members(m.Officer.institution_id == chosen.id, local_day(g.now))
            if chosen
            else []
        )
    return render_template(
        "admin/team.html",
        chosen=chosen,
        offered=offered,
        typed=typed,
        members=members,
        team_wording=team_wording,
    )


@blueprint.get("/officers/<int:officer_id>/close")
@only("admin")
def close_officer(officer_id: int) -> ResponseReturnValue:
    """What will happen when the account is closed, and the button that closes it."""
    try:
        with transaction():
            found = staffing.officer(officer_id)
            leaving = departures.preview(officer_id, g.now)
            d = directory()
    except Refused:
        abort(404)
    if not found.active or officer_id == current_user.officer_id:
        abort(404)
    return render_template(
        "admin/officer_close.html",
        officer=found,
        leaving=leaving,
        unit=d.units.get(found.unit_id),
        team_wording=team_wording,
    )
