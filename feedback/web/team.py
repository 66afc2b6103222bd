"""The team: the roster of designated officers, their days, deputies and leave."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial, update_wrapper
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feedback.clock import local_day
from feedback.rules.teams import SHARES, WEEK
from feedback.services import notices, queues, roster, staffing, viewers
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import team_wording, wording
from feedback.web.desk_menu import Tabs
from feedback.web.formats import name

TabsOf = Callable[[dict[str, int]], Tabs]


def _listed(tabs: TabsOf) -> Tabs:
    g.unread = notices.unread()
    return tabs(queues.counts(g.now))


def team(tabs: TabsOf) -> ResponseReturnValue:
    """Who takes which cases, on which days, who stands in, who is away."""
    try:
        with transaction():
            members = roster.team(local_day(g.now))
            listed = _listed(tabs)
    except Refused:
        abort(403)
    return render_template(
        "desk/team.html", tabs_list=listed, members=members, team_wording=team_wording
    )


def team_print(tabs: TabsOf) -> ResponseReturnValue:
    """The roster on paper, in Swahili: it goes into an office's file."""
    try:
        with transaction():
            members = roster.team(local_day(g.now))
            institution = directory().institutions[viewers.present().institution]
    except Refused:
        abort(403)
    return render_template(
        "desk/roster.html",
        units=by_unit(members),
        members=members,
        institution=institution,
        today=local_day(g.now),
        team_wording=team_wording,
    )


def team_member(tabs: TabsOf, officer_id: int) -> ResponseReturnValue:
    """One officer of the team."""
    return _member_page(tabs, officer_id)


def change_member(tabs: TabsOf, officer_id: int, act: str) -> ResponseReturnValue:
    """One change of an officer's roster, days or leave."""
    try:
        with transaction():
            roster.scope()
            if act not in ACTS:
                raise Refused("not-found")
            ACTS[act](officer_id)
    except Refused as refused:
        if refused.code in ("not-found", "not-allowed"):
            abort(404 if refused.code == "not-found" else 403)
        return _member_page(tabs, officer_id, act, team_wording.refusal(refused.code)), 422
    flash(team_wording.changed(act), "success")
    return redirect(url_for("desk.team_member", officer_id=officer_id), 303)


def _member_page(tabs: TabsOf, officer_id: int, act: str = "", problem: str = "") -> str:
    try:
        with transaction():
            found = roster.member(officer_id, local_day(g.now))
            context = member_context(officer_id)
            cases = roster.open_cases_of(officer_id)
            listed = _listed(tabs)
    except Refused as refused:
        abort(404 if refused.code == "not-found" else 403)
    return render_template(
        "desk/team_member.html",
        tabs_list=listed,
        member=found,
        cases=cases,
        problem_act=act,
        problem=problem,
        given=request.form,
        act_url=lambda each: url_for("desk.change_member", officer_id=officer_id, act=each),
        **context,
    )


def own_leave(tabs: TabsOf) -> ResponseReturnValue:
    """The officer's own days, deputy and leave."""
    return _own_page(tabs)


def enter_leave(tabs: TabsOf) -> ResponseReturnValue:
    """Enter the own leave, or come back from it."""
    ends = request.form.get("leave", type=int)
    try:
        with transaction():
            if ends is not None:
                roster.end_own_leave(ends, g.now)
            else:
                roster.enter_own_leave(*leave_days(), g.now)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _own_page(tabs, team_wording.refusal(refused.code)), 422
    flash(team_wording.changed("end-leave" if ends is not None else "leave"), "success")
    return redirect(url_for("desk.own_leave"), 303)


def _own_page(tabs: TabsOf, problem: str = "") -> str:
    with transaction():
        found = roster.own(local_day(g.now))
        leave = roster.own_leave(local_day(g.now))
        listed = _listed(tabs)
    return render_template(
        "desk/own_leave.html",
        tabs_list=listed,
        member=found,
        leave=leave,
        problem=problem,
        given=request.form,
        team_wording=team_wording,
    )


def leave_days() -> tuple[date, date]:
    """First and last day as they were typed; Refused: bad-days."""
    try:
        first = date.fromisoformat(request.form.get("first_day", ""))
        last = date.fromisoformat(request.form.get("last_day", ""))
    except ValueError:
        raise Refused("bad-days") from None
    return first, last


def _numbers(field: str) -> list[int]:
    return [int(value) for value in request.form.getlist(field) if value in set(map(str, WEEK))]


def _put(officer_id: int) -> None:
    roster.put(
        officer_id,
        request.form.get("unit", 0, type=int),
        request.form.get("category", type=int),
        request.form.get("share", 0, type=int),
        g.now,
    )


def _set_duty(officer_id: int) -> None:
    deputy = request.form.get("deputy", type=int)
    roster.set_duty(officer_id, _numbers("days"), _numbers("half_days"), deputy, g.now)


KEEPING: dict[str, Callable[[int], None]] = {
    "roster": _put,
    "unroster": lambda n: roster.take_off(n, request.form.get("entry", 0, type=int), g.now),
    "duty": _set_duty,
}
"""What administrators do as well, on the officer's page."""
ACTS: dict[str, Callable[[int], None]] = {
    **KEEPING,
    "leave": lambda n: roster.add_leave(n, *leave_days(), g.now),
    "end-leave": lambda n: roster.end_leave(n, request.form.get("leave", 0, type=int), g.now),
}


def member_context(officer_id: int) -> dict[str, Any]:
    """What the forms of an officer's roster and days offer (within the transaction)."""
    d = directory()
    found = staffing.officer(officer_id)
    day = local_day(g.now)
    return {
        "leave": staffing.leave_of(officer_id, day),
        "units": [(unit.id, name(unit)) for unit in d.units_of(found.institution_id)],
        "categories": [(c.id, name(c)) for c in sorted(d.categories.values(), key=_order)],
        "shares": [(share, team_wording.share(share)) for share in SHARES],
        "weekdays": [(number, team_wording.weekday(number)) for number in WEEK],
        "deputies": [
            (each.id, each.name)
            for each in staffing.everyone(found.institution_id)
            if each.id != officer_id and set(each.roles) & set(staffing.OWNERS)
        ],
        "wording": wording,
        "team_wording": team_wording,
    }


def _order(category: Any) -> tuple[int, str]:
    return category.sort, category.code


def by_unit(members: list[roster.Member]) -> list[tuple[Any, list[tuple[Any, Any]]]]:
    """Roster entries by unit, each with its officer, the subject of every kind first."""
    units: dict[int, tuple[Any, list[tuple[Any, Any]]]] = {}
    for member in members:
        for entry in member.entries:
            units.setdefault(entry.unit.id, (entry.unit, []))[1].append((entry, member))
    for _unit, rows in units.values():
        rows.sort(key=lambda row: (row[0].category is not None, row[0].category.sort
                                   if row[0].category else 0, row[1].name))  # fmt: skip
    return sorted(units.values(), key=lambda pair: (not pair[0].is_default, pair[0].name_sw))


ROUTES: tuple[tuple[str, str, Callable[..., ResponseReturnValue]], ...] = (
    ("GET", "/team", team),
    ("GET", "/team/print", team_print),
    ("GET", "/team/<int:officer_id>", team_member),
    ("POST", "/team/<int:officer_id>/<act>", change_member),
    ("GET", "/leave", own_leave),
    ("POST", "/leave", enter_leave),
)


def mount(blueprint: Blueprint, tabs: TabsOf) -> None:
    """Give the desk its team pages. `tabs` answers the lists above, within the transaction."""
    for method, rule, view in ROUTES:
        # Named like the view: the limiter asks for it.
        named = update_wrapper(partial(view, tabs), view)
        blueprint.add_url_rule(rule, view.__name__, named, methods=[method])
