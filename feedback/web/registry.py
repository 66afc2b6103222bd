"""Paper and telephone: an officer enters for a citizen what came by letter, visit or call, and
prints the slip. Whoever has no other role reads no case afterwards."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import segno
from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from feedback.clock import local_day
from feedback.models.columns import WAYS_IN
from feedback.rules.access import SERVING
from feedback.services import cases, notices, paper
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import Principal, transaction
from feedback.web import files, hosts, visits, wording
from feedback.web.bodies import takes_files
from feedback.web.edge import Audience, guarded
from feedback.web.formats import name
from feedback.web.forms import line
from feedback.web.paper_form import PaperForm

blueprint = guarded(
    "registry",
    __name__,
    audience=Audience.STAFF,
    roles=paper.ENTERING,
    url_prefix="/desk/register",
)

SLIP = "slip"
"""What the signed session keeps of the entry whose slip may be printed: no word, and an id from
which nothing follows without a key of the server."""


def _tabs() -> list[tuple[str, str, bool]]:
    items = [
        (_("Enter"), url_for("registry.form")),
        (_("My entries"), url_for("registry.entries")),
        (_("A letter about a case"), url_for("arrivals.form")),
    ]
    return [(label, url, request.path == url) for label, url in items]


def _own(d: Directory) -> InstitutionInfo:
    return d.institutions[current_user.institution_id]


def _page(
    form: PaperForm, d: Directory, draft: files.Draft | None = None, *, warned: bool = False
) -> str:
    own = _own(d)
    return render_template(
        "desk/register.html",
        tabs_list=_tabs(),
        form=form,
        new=form.new,
        errors=form.errors,
        warned=warned,
        held=files.held(draft or files.Draft()),
        institution=own,
        ways=[(how, wording.way_in(how)) for how in WAYS_IN],
        categories=[(c.code, name(c)) for c in d.categories.values() if c.applies(own.kind)],
        today=local_day(g.now),
        # Where citizens' pages stand under another name, no piece of a file gets there from here.
        pieces=not hosts.are_apart(),
    )


@blueprint.get("")
def form() -> ResponseReturnValue:
    """The empty form."""
    with transaction():
        d = directory()
        g.unread = notices.unread()
    return _page(PaperForm.blank(_own(d), local_day(g.now)), d)


@blueprint.post("")
@takes_files
def enter() -> ResponseReturnValue:
    """Lodge it for the citizen, or show the form again with every word and what is missing."""
    with transaction():
        d = directory()
        g.unread = notices.unread()
    typed = PaperForm.read(request.form, _own(d))
    draft = files.settle(typed.new.draft, g.now, remove=request.form.get("remove", ""))
    if draft.removed:
        return _page(typed, d, draft)
    typed.check(d, local_day(g.now), draft.problem)
    if typed.errors:
        return _page(typed, d, draft), 422
    if not typed.confirmed:
        with transaction():
            concerned = paper.concerns_me(typed.lodging(), d)
        if concerned:
            return _page(typed, d, draft, warned=True), 422
    case_id = uuid4()
    try:
        with transaction(Principal.lodging(case_id, officer=current_user.officer_id)):
            receipt = paper.enter(case_id, typed.lodging(), typed.entry(), g.now)
            files.hand_over(draft, typed.new.draft, receipt, g.now)
    except Refused as refused:
        typed.errors[""] = wording.refusal(refused.code)
        return _page(typed, d, draft), 422
    session[SLIP] = {
        "id": typed.new.submission_id,
        "officer": current_user.officer_id,
        "day": typed.received_on,
        "altered": receipt.altered,
        "phone": bool(typed.new.phone) and not typed.new.anonymous,
    }
    visits.begin()
    return redirect(url_for("registry.slip"), 303)


@blueprint.get("/slip")
def slip() -> ResponseReturnValue:
    """The slip of what this officer entered last: with the code until it is put away, at most for a
    day, and only in this browser."""
    kept, visit, receipt = session.get(SLIP), visits.key(), None
    if kept and visit and kept["officer"] == current_user.officer_id:
        with transaction(visits.CHECK):
            receipt = cases.receipt_for(UUID(kept["id"]), visit, g.now)
    with transaction():
        own = _own(directory())
    picture = ""
    if receipt is not None:
        address = f"{current_app.config['PUBLIC_URL']}/track?reference={receipt.reference}"
        picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    page = render_template(
        "desk/slip.html",
        tabs_list=_tabs(),
        receipt=receipt,
        kept=kept,
        received_on=date.fromisoformat(kept["day"]) if kept else None,
        institution=own,
        picture=picture,
    )
    return page, 200 if receipt else 404


@blueprint.post("/slip")
def put_away() -> ResponseReturnValue:
    """The slip was given to the citizen: the code is shown no more."""
    session.pop(SLIP, None)
    return redirect(url_for("registry.form"), 303)


@blueprint.get("/entries")
def entries() -> ResponseReturnValue:
    """What this officer entered: references and days, no word. By the office's file number also
    other cases, for those who may see them."""
    number = line(request.args.get("number", ""))[:100]
    with transaction():
        rows, following = paper.own_entries(request.args.get("after"), number)
        serves = bool(SERVING & current_user.roles)
        found = paper.find(number) if serves and number else []
        g.unread = notices.unread()
    here = url_for("registry.entries", number=number or None)
    return render_template(
        "desk/entries.html",
        tabs_list=_tabs(),
        rows=rows,
        number=number,
        found=found,
        serves=serves,
        first=here if request.args.get("after") else "",
        following=url_for("registry.entries", after=following, number=number or None)
        if following
        else "",
        wording=wording,
    )
