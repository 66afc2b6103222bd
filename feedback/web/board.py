"""The coordinator's board: who has how much, and many cases given to others in one act."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.services import (
    forecast_lists,
    move_results,
    moves,
    notices,
    queues,
    roster,
    staffing,
    workload,
)
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import team_wording, wording
from feedback.web.desk_menu import Tabs
from feedback.web.formats import name

TabsOf = Callable[[dict[str, int]], Tabs]
NOT_HERE = {"not-found": 404, "not-allowed": 403}
BATCHES = 5
"""Batches of one request: what is left then is gone on with by the same button."""


def board(tabs: TabsOf) -> ResponseReturnValue:
    """Who has how much, what lies idle, what will be late this week, who is away."""
    try:
        with transaction():
            found = workload.board(request.args.get("after"), g.now)
            days = forecast_lists.of_office(roster.scope(), current_user.institution_id, g.now)
            recent = move_results.recent(g.now)
            listed = tabs(queues.counts(g.now))
            g.unread = notices.unread()
    except Refused:
        abort(403)
    return render_template(
        "desk/board.html",
        tabs_list=listed,
        board=found,
        days=days,
        recent=recent,
        most=workload.MOST,
        today=local_day(g.now),
        first=url_for("desk.board") if request.args.get("after") else "",
        following=url_for("desk.board", after=found.next) if found.next else "",
    )


def forecast(tabs: TabsOf) -> ResponseReturnValue:
    """What goes up in the coming days if nobody acts, and the cases themselves, the first first."""
    after = request.args.get("after")
    try:
        with transaction():
            own = roster.scope()
            days = forecast_lists.of_office(own, current_user.institution_id, g.now)
            page = forecast_lists.climbing(own, g.now, after=after)
            listed = tabs(queues.counts(g.now))
            g.unread = notices.unread()
    except Refused:
        abort(403)
    return render_template(
        "desk/forecast.html",
        tabs_list=listed,
        days=days,
        page=page,
        first=url_for("desk.forecast") if after else "",
        following=url_for("desk.forecast", after=page.next) if page.next else "",
    )


def board_cases(tabs: TabsOf) -> ResponseReturnValue:
    """Cases of one column of the board, to be ticked."""
    return _cases(request.args, tabs, {})


def move_cases(tabs: TabsOf) -> ResponseReturnValue:
    """Give the ticked cases to a colleague, or by load and subject."""
    chosen, to = _chosen(), request.form.get("to", "")
    errors = {} if chosen else {"case": _("Tick at least one case.")}
    if not errors:
        try:
            with transaction():
                move_id = moves.begin(_to(to), None, g.now)
                moves.ticked(move_id, chosen, g.now)
            return redirect(url_for("desk.move_result", move_id=move_id), 303)
        except Refused as refused:
            errors = {"to": team_wording.refusal(refused.code)}
    return _cases(request.form, tabs, errors), 422


def hand_over(tabs: TabsOf, officer_id: int) -> ResponseReturnValue:
    """What would be handed over, and to whom."""
    return _hand_over_page(officer_id, tabs, {})


def hand_over_cases(tabs: TabsOf, officer_id: int) -> ResponseReturnValue:
    """Hand over everything of an officer in one act."""
    try:
        with transaction():
            move_id = moves.begin(_to(request.form.get("to", "")), officer_id, g.now)
    except Refused as refused:
        if refused.code in NOT_HERE:
            abort(NOT_HERE[refused.code])
        errors = {"to": team_wording.refusal(refused.code)}
        return _hand_over_page(officer_id, tabs, errors), 422
    _go_on(move_id, only_away=request.form.get("which") == "away")
    return redirect(url_for("desk.move_result", move_id=move_id), 303)


def move_result(tabs: TabsOf, move_id: UUID) -> ResponseReturnValue:
    """What became of each case of an act, with the way back."""
    return _result(move_id, tabs)


def undo_move(tabs: TabsOf, move_id: UUID) -> ResponseReturnValue:
    """Give the cases back to whom they came from."""
    try:
        for turn in range(BATCHES):
            with transaction():
                _back, more = moves.undo_batch(move_id, g.now)
            if not more or turn == BATCHES - 1:
                break
    except Refused as refused:
        if refused.code in NOT_HERE:
            abort(NOT_HERE[refused.code])
        return _result(move_id, tabs, wording.refusal(refused.code)), 422
    return redirect(url_for("desk.move_result", move_id=move_id), 303)


def _go_on(move_id: UUID, *, only_away: bool) -> None:
    for _turn in range(BATCHES):
        with transaction():
            _moved, more = moves.hand_over_batch(move_id, only_away, g.now)
        if not more:
            return


def _chosen() -> list[UUID]:
    """The cases that were ticked; what is no number of one is left out."""
    found = []
    for value in request.form.getlist("case"):
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found


def _to(value: str) -> int | None:
    """The officer chosen; None: by load and subject."""
    if value == "load":
        return None
    if not value.isdecimal() or len(value) > 9:
        raise Refused("bad-target")
    return int(value)


def takers(own: Any, former: int | None = None) -> list[Any]:
    """To whom cases may be given, by unit, for a choice of a form."""
    units: dict[int, list[tuple[int, str]]] = {}
    for number, person, unit in roster.colleagues(own, local_day(g.now)):
        if number != former:
            units.setdefault(unit, []).append((number, person))
    known = directory().units
    groups = sorted((name(known[unit]), people) for unit, people in units.items())
    return [("load", _("By load and subject")), *groups]


def _cases(asked: Any, tabs: TabsOf, errors: dict[str, str]) -> str:
    what = asked.get("what", "all")
    what = what if what in workload.WHAT else "all"
    officer_id = asked.get("officer", type=int)
    after = asked.get("after")
    try:
        with transaction():
            own = roster.scope()
            page = workload.cases(officer_id, what, after, g.now)
            officer = staffing.officer(officer_id) if officer_id else None
            people = takers(own, officer_id)
            listed = tabs(queues.counts(g.now))
            g.unread = notices.unread()
    except Refused as refused:
        abort(NOT_HERE.get(refused.code, 403))
    if officer and not own.holds(officer.institution_id, officer.unit_id):
        abort(404)
    kept = {"what": what, "officer": officer_id, "after": after}
    return render_template(
        "desk/board_cases.html",
        tabs_list=listed,
        title=team_wording.what(what),
        officer=officer,
        page=page,
        kept={key: value for key, value in kept.items() if value},
        here=url_for("desk.board_cases", **kept),
        all_ticked=url_for("desk.board_cases", **kept, all=1),
        ticked={str(each) for each in _chosen()},
        all=request.args.get("all") == "1",
        people=people,
        to=request.form.get("to", ""),
        errors=errors,
        following=url_for("desk.board_cases", what=what, officer=officer_id, after=page.next)
        if page.next
        else "",
        wording=wording,
    )


def _hand_over_page(officer_id: int, tabs: TabsOf, errors: dict[str, str]) -> str:
    try:
        with transaction():
            own = roster.scope()
            found = roster.member(officer_id, local_day(g.now))
            preview = move_results.preview(officer_id, g.now)
            people = takers(own, officer_id)
            listed = tabs(queues.counts(g.now))
            g.unread = notices.unread()
    except Refused as refused:
        abort(NOT_HERE.get(refused.code, 403))
    return render_template(
        "desk/hand_over.html",
        tabs_list=listed,
        member=found,
        preview=preview,
        people=people,
        given=request.form,
        which=request.values.get("which", "all"),
        errors=errors,
    )


def _result(move_id: UUID, tabs: TabsOf, problem: str = "") -> str:
    try:
        with transaction():
            found = move_results.result(move_id, g.now)
            listed = tabs(queues.counts(g.now))
            g.unread = notices.unread()
    except Refused as refused:
        abort(NOT_HERE.get(refused.code, 403))
    return render_template(
        "desk/move_result.html",
        tabs_list=listed,
        result=found,
        problem=problem,
        team_wording=team_wording,
    )


ROUTES: tuple[tuple[str, str, Callable[..., ResponseReturnValue]], ...] = (
    ("GET", "/board", board),
    ("GET", "/forecast", forecast),
    ("GET", "/board/cases", board_cases),
    ("POST", "/board/move", move_cases),
    ("GET", "/team/<int:officer_id>/hand-over", hand_over),
    ("POST", "/team/<int:officer_id>/hand-over", hand_over_cases),
    ("GET", "/board/moves/<uuid:move_id>", move_result),
    ("POST", "/board/moves/<uuid:move_id>/undo", undo_move),
)


def mount(blueprint: Blueprint, tabs: TabsOf) -> None:
    """Give the desk its board. `tabs` answers the lists above it, within the transaction."""
    for method, rule, view in ROUTES:
        # Named like the view: the limiter asks for it.
        named = update_wrapper(partial(view, tabs), view)
        blueprint.add_url_rule(rule, view.__name__, named, methods=[method])
