"""The citizen's pages: send feedback, the receipt, and following up one's own case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from flask import flash, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from feedback.services import acts, cases, citizen, receipts, views
from feedback.services.errors import Refused
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import Principal, transaction
from feedback.web import finder, tracking
from feedback.web.edge import Audience, guarded
from feedback.web.formats import name
from feedback.web.forms import ActForm, NewForm, line

blueprint = guarded("public", __name__, audience=Audience.CITIZEN)

IDLE = timedelta(minutes=30)
"""How long an opened case stays open in a browser that does nothing."""
REPEAT = timedelta(minutes=10)
"""How long the same words count as the same message, pressed twice."""

# What the signed session keeps: ids from which nothing follows without a key of the server.
SUBMISSION, ALTERED, TRIAGE = "submission", "altered", "triage"
CASE, SEEN = "case", "seen"


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """What this is, and the three things a citizen comes for. Sets no cookie."""
    with transaction(Principal("reference")):
        d = directory()
    days = {
        "acknowledge": d.standard("STANDARD", "complaint").acknowledge_days,
        "complaint": d.standard("STANDARD", "complaint").answer_days,
        "enquiry": d.standard("STANDARD", "enquiry").answer_days,
        "integrity": d.standard("INTEGRITY", "complaint").answer_days,
        "integrity_acknowledge": d.standard("INTEGRITY", "complaint").acknowledge_days,
    }
    return render_template("public/home.html", days=days)


@blueprint.get("/tuma")
@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """The empty form; `institution`, `kind` and `category` in the address choose beforehand."""
    form = NewForm.blank(request.args)
    with transaction(Principal("reference")):
        d = directory()
    if not request.args and "_flashes" not in session:
        return _blank_form(form, d)
    form.settle_institution(d)
    return _form(form, d, searched=bool(form.institution_query))


@blueprint.post("/tuma")
@blueprint.post("/new")
def send() -> ResponseReturnValue:
    """Lodge what was posted, or show the form again with every word and what is missing.

    The button that finds institutions posts the same form and lodges nothing.
    """
    form = _own(NewForm.read(request.form))
    finding = "find" in request.form or ("enter" in request.form and not form.complete)
    if finding or g.csrf_failed:
        with transaction(Principal("reference")):
            d = directory()
        form.settle_institution(d)
        if finding:
            return _form(form, d, searched=True)
        return _form(form, d, again=True), 422
    case_id = uuid4()
    receipt = None
    try:
        with transaction(Principal.lodging(case_id)):
            d = directory()
            form.check(d)
            if not form.errors:
                receipt = cases.lodge(case_id, form.lodging(_language()), g.now)
    except Refused as refused:
        form.errors[""] = _refusal(refused.code)
    if receipt is None:
        return _form(form, d, searched="institution" in form.errors), 422
    if not receipt.repeated:
        session[TRIAGE] = receipt.triage
    session[SUBMISSION], session[ALTERED] = form.submission_id, receipt.altered
    return redirect("/received", 303)


def _own(form: NewForm) -> NewForm:
    """The form as one this browser may go on with.

    Without a valid token another site may have filled it in. The id of the submission brings the
    receipt code back, so one that a stranger could know is never kept; nor is anything, where
    the browser itself says that another site posted.
    """
    if not g.csrf_failed:
        return form
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return NewForm.blank({})
    form.submission_id = str(uuid4())
    return form


@blueprint.get("/received")
def received() -> ResponseReturnValue:
    """The receipt of what this browser sent last: for 24 hours with the code, then without."""
    receipt = None
    if SUBMISSION in session:
        with transaction(Principal.lodging(uuid4())):
            receipt = cases.receipt_for(UUID(session[SUBMISSION]), g.now)
    page = render_template(
        "public/received.html",
        receipt=receipt,
        altered=session.get(ALTERED),
        triage=session.get(TRIAGE),
    )
    return page, 200 if receipt else 404


@blueprint.get("/fuatilia")
@blueprint.get("/track")
def track() -> ResponseReturnValue:
    """The case that this browser proved to hold the code of, or the question for both numbers."""
    was_open = CASE in session
    case_id = proven()
    if case_id is not None:
        return _case_page(case_id, ActForm())
    return render_template(
        "public/track.html",
        reference=line(request.args.get("reference", ""))[:40],
        notice=_time_over() if was_open else None,
    )


@blueprint.post("/fuatilia")
@blueprint.post("/track")
def follow() -> ResponseReturnValue:
    """Open a case with both numbers, or do one act on the case that is open."""
    form = ActForm.read(request.form)
    if form.act == "leave":
        for key in (SUBMISSION, ALTERED, TRIAGE, CASE, SEEN):
            session.pop(key, None)
        return redirect("/", 303)
    if form.act:
        return _act(form)
    return _open(form)


def _open(form: ActForm) -> ResponseReturnValue:
    """Check both numbers. Wrong code, unknown reference and no code at all get one answer."""
    typed = request.form.get("reference", "")[:100], request.form.get("receipt_code", "")[:100]
    form.act = request.form.get("kept_act", "")
    if g.csrf_failed:
        return _ask(form, 422, reference=typed[0], code=typed[1], notice=_time_over())
    with transaction(Principal("receipt-check")):
        found = receipts.check(*typed, g.now)
    if isinstance(found, receipts.Wait):
        error = _(
            "Too many wrong codes for this reference. Try again in %(seconds)s seconds.",
            seconds=found.seconds,
        )
        page = make_response(_ask(form, 429, reference=typed[0], error=error))
        page.headers["Retry-After"] = str(found.seconds)
        return page
    if found is None:
        error = _("The reference number and the secret code do not fit together. Check both.")
        return _ask(form, 422, reference=typed[0], error=error)
    session[CASE] = str(found)
    if form.body:
        return _case_page(found, form)
    session[SEEN] = int(g.now.timestamp())
    return redirect("/track", 303)


def _ask(
    form: ActForm, status: int, *, reference: str = "", code: str = "", **shown: str
) -> ResponseReturnValue:
    """The question for both numbers; words typed on a page whose time was over go along."""
    page = render_template(
        "public/track.html",
        reference=reference,
        code=code,
        kept_act=form.act,
        kept_body=form.body,
        **shown,
    )
    return page, status


def _act(form: ActForm) -> ResponseReturnValue:
    """Do one act of the citizen, or show the page again with what was typed and why not."""
    case_id = proven()
    if case_id is None:
        return _ask(form, 422, notice=_time_over())
    if g.csrf_failed:
        return _case_page(case_id, form, again=True), 422
    form.check()
    if form.errors:
        return _case_page(case_id, form), 422
    try:
        with transaction(Principal.of_case(case_id)):
            said = _do(form, case_id)
    except Refused as refused:
        return _case_page(case_id, form, problem=_refusal(refused.code)), 409
    flash(said, "success")
    return redirect("/track", 303)


def _do(form: ActForm, case_id: UUID) -> str:
    """The act itself, and what is said afterwards; one that was done already is not repeated."""
    acts.locked(case_id)  # a second press waits here, and then sees what the first one did
    case = views.for_citizen(case_id, g.now)
    if form.act == "message":
        if not _said_already(case, form.body):
            citizen.add_message(case_id, form.body, g.now)
        return _("Your message was added.")
    if form.act == "withdraw":
        if case.status != "withdrawn":
            citizen.withdraw(case_id, g.now)
        return _("It is withdrawn.")
    if form.act == "accept":
        citizen.accept(case_id, form.stars, g.now)
        return _("Thank you. It is closed.")
    if form.act == "not_fixed":
        appeal = citizen.not_fixed(case_id, form.body, g.now)
        if appeal.final_letter:
            return _("It ends here with a letter, which you find below.")
        return _("It is open again, and a higher office looks at it.")
    if form.act == "raise":
        if case.confidentiality != form.level:
            citizen.raise_confidentiality(case_id, form.level, g.now)
        return _("It is more confidential now.")
    raise Refused("not-allowed")


def _said_already(case: views.CitizenCase, body: str) -> bool:
    return any(
        said.author == "citizen" and said.body == body and g.now - said.at < REPEAT
        for said in case.messages
    )


def _case_page(
    case_id: UUID, form: ActForm, *, again: bool = False, problem: str | None = None
) -> str:
    with transaction(Principal.of_case(case_id)):
        case = views.for_citizen(case_id, g.now)
        events = tracking.timeline(case)
    session[SEEN] = int(g.now.timestamp())
    return render_template(
        "public/track_case.html",
        case=case,
        events=events,
        standing=tracking.standing(case),
        promise=tracking.promise(case),
        waits=tracking.waits(case),
        answer=tracking.answer(case),
        until=tracking.until(case),
        form=form,
        again=again,
        problem=problem,
    )


def proven() -> UUID | None:
    """The case opened in this browser, unless it stood idle too long; then it is let go."""
    if CASE not in session:
        return None
    if g.now - datetime.fromtimestamp(session.get(SEEN, 0), UTC) > IDLE:
        session.pop(CASE)
        session.pop(SEEN, None)
        return None
    return UUID(session[CASE])


def _time_over() -> str:
    return _("Too much time went by. For your safety, give both numbers again.")


def _refusal(code: str) -> str:
    """Why a service refused, in words."""
    return {
        "too-late": _("The time to say so is over, and it is closed."),
        "too-long": _("This is too long. Shorten it and send it again."),
        "empty": _("Write your words here."),
        "bad-target": _("What you chose does not exist any more. Choose again."),
    }.get(code, _("This cannot be done any more: see below where it stands."))


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else "sw"


_blank_pages: dict[tuple[str, str], tuple[Directory, str]] = {}


def _blank_form(form: NewForm, d: Directory) -> str:
    """The empty form, the page most often asked for: made once for each language and address.

    What belongs to one citizen, the two hidden values, is taken out of the kept page.
    """
    key = (_language(), request.path)
    kept = _blank_pages.get(key)
    if kept is None or kept[0] is not d:
        page = _form(form, d)
        page = page.replace(generate_csrf(), "{csrf}").replace(form.submission_id, "{submission}")
        kept = _blank_pages[key] = (d, page)
    return kept[1].replace("{csrf}", generate_csrf()).replace("{submission}", form.submission_id)


def _form(form: NewForm, d: Directory, *, searched: bool = False, again: bool = False) -> str:
    """The form's page. Institutions are offered only when asked for: all of them weigh 30 KB."""
    chosen = d.institutions_by_code.get(form.institution)
    categories = [c for c in d.categories.values() if chosen is None or c.applies(chosen.kind)]
    if form.category and form.category not in (c.code for c in categories):
        categories = list(d.categories.values())
    return render_template(
        "public/new.html",
        form=form,
        found=_offered(form, d, chosen, searched=searched),
        searched=searched and bool(form.institution_query or form.region),
        again=again,
        regions=[(i.code, i.region) for i in finder.regions(d)],
        categories=[(c.code, name(c)) for c in categories],
    )


def _offered(
    form: NewForm, d: Directory, chosen: InstitutionInfo | None, *, searched: bool
) -> list[InstitutionInfo]:
    """The institutions to choose from: the one chosen so far first, then what was looked for."""
    found = [chosen] if chosen else []
    if searched:
        found += finder.find(d, form.institution_query, form.region)
    return list(dict.fromkeys(found))
