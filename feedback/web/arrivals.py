"""Citizens' letters on paper that arrive at a high office about a case: logged with the reference
as it stands in them, and a slip for whoever brought one. The page says the same whether there is
such a case or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from flask import abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.rules import letters as rules
from feedback.rules.paper import LONGEST_NUMBER, file_number
from feedback.rules.reference import parse_reference
from feedback.services import arrivals, notices, paper
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import letter_wording, wording
from feedback.web.edge import Audience, guarded
from feedback.web.forms import LONGEST_LINE, line
from feedback.web.paper_form import day_typed

blueprint = guarded(
    "arrivals",
    __name__,
    audience=Audience.STAFF,
    roles=arrivals.LOGGING,
    url_prefix="/desk/arrivals",
)
FIELDS = ("reference", "written_on", "received_on", "number")


@dataclass(slots=True)
class _Form:
    """What was typed, and what is wrong with it."""

    letter_id: str
    typed: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    arrival: arrivals.Arrival | None = None

    @classmethod
    def blank(cls) -> _Form:
        typed = dict.fromkeys(FIELDS, "") | {"received_on": local_day(g.now).isoformat()}
        return cls(
            str(uuid4()), typed | {"reference": line(request.args.get("reference", ""))[:40]}
        )

    @classmethod
    def read(cls) -> _Form:
        typed = {name: line(request.form.get(name, ""))[:LONGEST_LINE] for name in FIELDS}
        form = cls(request.form.get("letter_id", ""), typed)
        try:
            UUID(form.letter_id)
        except ValueError:
            form.letter_id = str(uuid4())
        form._check()
        return form

    def _check(self) -> None:
        reference = parse_reference(self.typed["reference"])
        if reference is None:
            self.errors["reference"] = _(
                "This is no reference number. Compare it with the letter, letter by letter."
            )
        days = {name: day_typed(self.typed[name]) for name in ("written_on", "received_on")}
        for name, value in days.items():
            if value is None:
                self.errors[name] = _("Give the day.")
            else:
                self.typed[name] = value.isoformat()
        written, received = days["written_on"], days["received_on"]
        if written and received:
            name, problem = rules.days_problem(written, received, local_day(g.now))
            if problem:
                self.errors[name] = {
                    "future": _("This day is still to come."),
                    "after": _("The letter cannot be written after it arrived."),
                    "too-old": _("This is more than a year ago. Enter it as a new case."),
                }[problem]
        number = file_number(self.typed["number"])
        if number is None:
            self.errors["number"] = _(
                "Write the file number in at most %(most)s characters.", most=LONGEST_NUMBER
            )
        if not self.errors and reference and written and received:
            self.arrival = arrivals.Arrival(reference, written, received, number or "")


def _tabs() -> list[tuple[str, str, bool]]:
    items = [
        (_("Log a letter"), url_for("arrivals.form")),
        (_("Logged"), url_for("arrivals.listed")),
    ]
    if paper.ENTERING & current_user.roles:
        items.append((_("Paper and telephone"), url_for("registry.form")))
    return [(label, url, request.path == url) for label, url in items]


def _page(form: _Form) -> str:
    with transaction():
        office = directory().institutions[current_user.institution_id]
        g.unread = notices.unread()
    return render_template(
        "desk/arrival.html",
        tabs_list=_tabs(),
        form=form,
        errors=form.errors,
        office=office,
        enters=bool(paper.ENTERING & current_user.roles),
        today=local_day(g.now),
    )


@blueprint.get("")
def form() -> ResponseReturnValue:
    """The empty form."""
    return _page(_Form.blank())


@blueprint.post("")
def register() -> ResponseReturnValue:
    """Log the letter and show its slip."""
    typed = _Form.read()
    if typed.arrival is None:
        return _page(typed), 422
    try:
        with transaction():
            arrivals.register(UUID(typed.letter_id), typed.arrival, g.now)
    except Refused as refused:
        typed.errors[""] = (
            _("You logged as many letters today as one officer may. A colleague can go on.")
            if refused.code == "too-many"
            else wording.refusal(refused.code)
        )
        return _page(typed), 422
    return redirect(url_for("arrivals.slip", arrival_id=typed.letter_id), 303)


@blueprint.get("/<uuid:arrival_id>")
def slip(arrival_id: UUID) -> ResponseReturnValue:
    """The slip for whoever brought it; what became of it for an officer who sees the case."""
    try:
        with transaction():
            letter = arrivals.slip(arrival_id)
            g.unread = notices.unread()
    except Refused:
        abort(404)
    return render_template(
        "desk/arrival_slip.html", tabs_list=_tabs(), letter=letter, wording=letter_wording
    )


@blueprint.get("/logged")
def listed() -> ResponseReturnValue:
    """What this officer logged."""
    with transaction():
        page = arrivals.mine(request.args.get("after"))
        g.unread = notices.unread()
    here = url_for("arrivals.listed")
    return render_template(
        "desk/arrivals.html",
        tabs_list=_tabs(),
        page=page,
        first=here if request.args.get("after") else "",
        following=f"{here}?after={page.next}" if page.next else "",
        wording=letter_wording,
    )
