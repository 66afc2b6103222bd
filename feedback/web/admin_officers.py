"""Officers, their leave, and who holds which post, as an administrator keeps them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.models.columns import ROLES
from feedback.services import grants, officer_phones, staffing
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import transaction
from feedback.web import finder, wording
from feedback.web.admin_frame import blueprint, only
from feedback.web.formats import name


def chosen_institution(
    d: Directory, typed: str
) -> tuple[InstitutionInfo | None, list[InstitutionInfo]]:
    """The institution that was typed, by code or name, else those that it may mean."""
    if not typed.strip():
        return None, []
    exact = d.institutions_by_code.get(typed.strip().upper()) or finder.exact(d, typed)
    if exact:
        return exact, []
    found = finder.search(d, typed)
    return (found[0], []) if len(found) == 1 else (None, found)


@blueprint.get("/officers")
@only("admin")
def officer_list() -> ResponseReturnValue:
    """Officers of all institutions, searched by name, or those of one."""
    typed, words = request.args.get("institution", ""), request.args.get("words", "")
    with transaction():
        d = directory()
        chosen, offered = chosen_institution(d, typed)
        page = staffing.find(words, chosen.id if chosen else None, request.args.get("after"))
    asked: dict[str, Any] = {"institution": chosen.code if chosen else "", "words": words}
    following = url_for("admin.officer_list", after=page.next, **asked) if page.next else ""
    return render_template(
        "admin/officers.html",
        officers=page.rows,
        directory=d,
        chosen=chosen,
        offered=offered,
        typed=typed,
        words=words,
        following=following,
        wording=wording,
    )


def _new_page(
    d: Directory, typed: str, errors: dict[str, str], outcome: grants.Outcome | None = None
) -> str:
    chosen, offered = chosen_institution(d, typed)
    return render_template(
        "admin/officer_new.html",
        chosen=chosen,
        offered=offered,
        typed=typed,
        units=[(u.id, name(u)) for u in d.units_of(chosen.id)] if chosen else [],
        roles=[(role, wording.role(role)) for role in ROLES],
        given=request.form,
        given_roles=request.form.getlist("roles") or ["handler"],
        errors=errors,
        outcome=outcome,
        wording=wording,
    )


@blueprint.get("/officers/new")
@only("admin")
def new_officer() -> ResponseReturnValue:
    """The form for a new officer; the institution is found first, then its units are offered."""
    with transaction():
        d = directory()
    return _new_page(d, request.args.get("institution", ""), {})


@blueprint.post("/officers/new")
@only("admin")
def create_officer() -> ResponseReturnValue:
    """Make the account; its roles wait for a second officer, who hands over the one-time code."""
    errors: dict[str, str] = {}
    d = outcome = None
    try:
        with transaction():
            d = directory()
            outcome = staffing.create(
                username=request.form.get("username", ""),
                name=request.form.get("name", ""),
                unit_id=request.form.get("unit", 0, type=int),
                roles=request.form.getlist("roles"),
                now=g.now,
            )
    except Refused as refused:
        errors = wording.officer_problem(refused.code, request.form)
    if d is None:
        abort(500)
    typed = request.form.get("institution", "")
    if errors:
        return _new_page(d, typed, errors), 422
    return _new_page(d, typed, {}, outcome), 201


def _officer_page(officer_id: int, problem: str = "", outcome: grants.Outcome | None = None) -> str:
    with transaction():
        try:
            found = staffing.officer(officer_id)
        except Refused:
            abort(404)
        d = directory()
        day = local_day(g.now)
        posts = staffing.held_by(officer_id, day)
        leave = staffing.leave_of(officer_id, day)
        asked = grants.asked_about([officer_id], g.now)
        phone_since = officer_phones.since(officer_id)
    return render_template(
        "admin/officer.html",
        officer=found,
        institution=d.institutions.get(found.institution_id),
        unit=d.units.get(found.unit_id),
        posts=posts,
        leave=leave,
        roles=[(role, wording.role(role)) for role in ROLES],
        problem=problem,
        asked=asked,
        outcome=outcome,
        phone_since=phone_since,
        wording=wording,
        given=request.form,
    )


@blueprint.get("/officers/<int:officer_id>")
@only("admin")
def officer_page(officer_id: int) -> ResponseReturnValue:
    """One officer: roles, posts, leave and account."""
    return _officer_page(officer_id)


def _leave_days() -> tuple[date, date]:
    try:
        first = date.fromisoformat(request.form.get("first_day", ""))
        last = date.fromisoformat(request.form.get("last_day", ""))
    except ValueError:
        raise Refused("bad-days") from None
    return first, last


OFFICER_ACTS: dict[str, Callable[[int], grants.Outcome | None]] = {
    "deactivate": lambda n: staffing.deactivate(n, g.now),
    "activate": lambda n: staffing.activate(n, g.now),
    "roles": lambda n: staffing.set_roles(n, request.form.getlist("roles"), g.now),
    "password": lambda n: staffing.reset(n, "password", g.now),
    "factors": lambda n: staffing.reset(n, "factors", g.now),
    "phone": lambda n: officer_phones.remove(n, g.now),
    "leave": lambda n: staffing.add_leave(n, *_leave_days(), g.now),
    "end-leave": lambda _n: staffing.end_leave(request.form.get("leave", 0, type=int), g.now),
}


@blueprint.post("/officers/<int:officer_id>/<act>")
@only("admin")
def change_officer(officer_id: int, act: str) -> ResponseReturnValue:
    """One change of an officer."""
    if act not in OFFICER_ACTS:
        abort(404)
    try:
        with transaction():
            outcome = OFFICER_ACTS[act](officer_id)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _officer_page(officer_id, wording.refusal(refused.code)), 422
    if outcome and outcome.code:
        return _officer_page(officer_id, outcome=outcome)
    waits = outcome is not None and outcome.state == "pending"
    flash(wording.waits() if waits else wording.officer_changed(act), "success")
    return redirect(url_for("admin.officer_page", officer_id=officer_id), 303)


# Posts


def _posts_page(typed: str, problem: str = "", post_id: int = 0) -> str:
    with transaction():
        d = directory()
        chosen, offered = chosen_institution(d, typed)
        seats = staffing.seats(chosen.id, local_day(g.now)) if chosen else []
        people = staffing.everyone(chosen.id) if chosen else []
        asked = grants.asked_about([p.id for p in people], g.now)
    return render_template(
        "admin/posts.html",
        chosen=chosen,
        offered=offered,
        typed=typed,
        seats=seats,
        units=d.units,
        people=[(p.id, p.name) for p in people],
        asked=[each for each in asked if each.kind == "post"],
        wording=wording,
        problem=problem,
        problem_post=post_id,
    )


@blueprint.get("/posts")
@only("admin")
def post_list() -> ResponseReturnValue:
    """The posts of an institution, which the rungs of the ladder address."""
    return _posts_page(request.args.get("institution", ""))


@blueprint.post("/posts/<int:post_id>")
@only("admin")
def set_post(post_id: int) -> ResponseReturnValue:
    """Who holds a post and who deputises, from today on."""
    typed = request.form.get("institution", "")
    try:
        with transaction():
            outcomes = staffing.seat(
                post_id,
                request.form.get("holder", type=int),
                request.form.get("deputy", type=int),
                g.now,
            )
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        return _posts_page(typed, wording.refusal(refused.code), post_id), 422
    waits = any(outcome.state == "pending" for outcome in outcomes)
    flash(wording.waits() if waits else _("The post is set from today on."), "success")
    return redirect(url_for("admin.post_list", institution=typed) + f"#post-{post_id}", 303)
