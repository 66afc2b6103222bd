"""The citizen's pages: send feedback, the receipt, and following up one's own case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from flask import (
    abort,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback import clock
from feedback.cleaning import Refusal
from feedback.rules import workflow
from feedback.services import (
    attachments,
    cases,
    improvement_lists,
    lowering,
    proofs,
    receipts,
    reissue,
    splitting,
    tries,
    vault,
    views,
)
from feedback.services import why as why_date
from feedback.services.errors import Refused
from feedback.services.letters import issuing, writing
from feedback.services.reference import directory
from feedback.transaction import Principal, transaction
from feedback.web import (
    citizen_acts,
    files,
    new_form,
    papers,
    proof,
    tracking,
    visits,
    why_wording,
    wording,
)
from feedback.web.bodies import takes_files
from feedback.web.edge import Audience, guarded
from feedback.web.forms import ActForm, NewForm, line

blueprint = guarded("public", __name__, audience=Audience.CITIZEN)

IDLE = timedelta(minutes=30)
"""How long an opened case stays open in a browser that does nothing."""

# What the signed session keeps: ids from which nothing follows without a key of the server.
SUBMISSION, ALTERED, TRIAGE = "submission", "altered", "triage"
NO_SMS = "no_sms"
CASE, SEEN, ISSUE = "case", "seen", "issue"


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
    form.settle_institution(d)
    return new_form.fresh(form, d)


@blueprint.post("/tuma")
@blueprint.post("/new")
@takes_files
def send() -> ResponseReturnValue:
    """Lodge what was posted, or show the form again with every word and what is missing.

    The button that finds institutions posts the same form and lodges nothing.
    """
    form = _own(NewForm.read(request.form))
    draft = files.Draft()
    if not _foreign():
        draft = files.settle(form.draft, g.now, remove=request.form.get("remove", ""))
    finding = "find" in request.form or ("enter" in request.form and not form.complete)
    if finding or draft.removed or g.csrf_failed:
        with transaction(Principal("reference")):
            d = directory()
        form.settle_institution(d)
        if finding or draft.removed:
            return new_form.filled(form, d, draft, searched=finding)
        return new_form.filled(form, d, draft, again=True), 422
    case_id = uuid4()
    receipt = None
    try:
        with transaction(Principal.lodging(case_id)):
            d = directory()
            form.check(d, draft.problem)
            if not form.errors:
                receipt = cases.lodge(case_id, form.lodging(new_form.language()), g.now)
                files.hand_over(draft, form.draft, receipt, g.now)
    except Refused as refused:
        form.errors[""] = _refusal(refused.code)
    if receipt is None:
        return new_form.filled(form, d, draft, searched="institution" in form.errors), 422
    if not receipt.repeated:
        session[TRIAGE] = receipt.triage
    session[SUBMISSION], session[ALTERED] = form.submission_id, receipt.altered
    session[NO_SMS] = form.phone_is_abroad
    visits.begin()
    return redirect("/received", 303)


@blueprint.post("/files")
def piece() -> ResponseReturnValue:
    """One piece of a file that a page sends by itself, for a form that is sent afterwards.

    The form is the one whose id is named, or else a message to the case that is open here.
    Answers how many bytes have arrived, from where the next piece goes on.
    """
    case_id = proven()
    draft = files.draft_named() or (case_id and attachments.message_draft(case_id))
    if g.csrf_failed or draft is None:
        return jsonify(error=_time_over()), 403
    upload, begins, whole = files.piece_head()
    try:
        with transaction(attachments.uploading(draft)):
            arrived = attachments.append(draft, upload, begins, whole, request.get_data(), g.now)
    except (Refused, Refusal) as refused:
        return jsonify(error=files.problem(refused.code)), 422
    return jsonify(received=arrived)


@blueprint.get("/track/file/<int:number>")
def own_file(number: int) -> ResponseReturnValue:
    """A file of the case that is open in this browser."""
    case_id = proven()
    if case_id is None:
        return redirect("/track", 303)
    try:
        with transaction(Principal.of_case(case_id)):
            found = attachments.fetch(case_id, number, g.now)
    except Refused:
        abort(404)
    return files.given(*found)


@blueprint.get("/track/letter.pdf")
def own_letter() -> ResponseReturnValue:
    """The final letter of the case that is open in this browser, as a document."""
    case_id = proven()
    if case_id is None:
        return redirect("/track", 303)
    try:
        with transaction(Principal.of_case(case_id)):
            words = papers.final_words(views.for_citizen(case_id, g.now))
            letter = writing.final(case_id, words, g.now)
            made = issuing.paper(letter, g.now, papers.language())
    except Refused:
        abort(404)
    return papers.given(*made)


def _own(form: NewForm) -> NewForm:
    """The form as one this browser may go on with.

    Without a valid token another site may have filled it in. The id of the submission brings the
    receipt code back, so one that a stranger could know is never kept; nor is anything, where
    the browser itself says that another site posted.
    """
    if not g.csrf_failed:
        return form
    if _foreign():
        return NewForm.blank({})
    form.submission_id = str(uuid4())
    return form


def _foreign() -> bool:
    """Whether the browser itself says that another site posted, without a token of ours."""
    return bool(g.csrf_failed and request.headers.get("Sec-Fetch-Site") == "cross-site")


@blueprint.get("/received")
def received() -> ResponseReturnValue:
    """The receipt of what this browser sent last: for 24 hours with the code, then without."""
    receipt, visit = None, visits.key()
    if SUBMISSION in session and visit is not None:
        with transaction(visits.CHECK):
            receipt = cases.receipt_for(UUID(session[SUBMISSION]), visit, g.now)
    page = render_template(
        "public/received.html",
        receipt=receipt,
        altered=session.get(ALTERED),
        triage=session.get(TRIAGE),
        no_sms=session.get(NO_SMS),
        picture=proof.picture(receipt.proof_code) if receipt else "",
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


@blueprint.get("/track/why")
def why() -> ResponseReturnValue:
    """Why the open case is answered by that day: the arithmetic, day by day."""
    case_id = proven()
    if case_id is None:
        return redirect("/track", 303)
    with transaction(Principal.of_case(case_id)):
        found, d = why_date.for_citizen(case_id), directory()
    session[SEEN] = int(g.now.timestamp())
    return render_template("public/why.html", found=found, told=why_wording, d=d)


@blueprint.post("/fuatilia")
@blueprint.post("/track")
@takes_files
def follow() -> ResponseReturnValue:
    """Open a case with both numbers, or do one act on the case that is open."""
    form = ActForm.read(request.form)
    if form.act == "leave":
        visits.leave()
        for key in (SUBMISSION, ALTERED, TRIAGE, NO_SMS, CASE, SEEN, ISSUE):
            session.pop(key, None)
        return redirect("/", 303)
    if form.act == "lost":
        return _lost()
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
        found = receipts.check(*typed, g.now, request.remote_addr or "")
    if isinstance(found, tries.Wait):
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
    visits.begin()
    with transaction(Principal.of_case(found)):
        session[CASE], session[ISSUE] = str(found), receipts.mark()
    if form.body:
        return _case_page(found, form)
    session[SEEN] = int(g.now.timestamp())
    return redirect("/track", 303)


def _lost() -> ResponseReturnValue:
    """Send a new code to the number that filed the case, if there is one. The answer is the same
    whatever is true, and so is the work done before it."""
    typed = line(request.form.get("reference", ""))[:100]
    if g.csrf_failed:
        return _ask(ActForm(), 422, reference=typed, notice=_time_over())
    with transaction(Principal("receipt-check")):
        reissue.say_lost(typed, g.now)
    flash(
        _(
            "If a phone number was given with this reference, a new secret code is on its way to "
            "it by SMS, at most once a day. Once it is used, the old code is void."
        )
    )
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
    draft = files.settle(attachments.message_draft(case_id), g.now, remove=form.drops)
    if draft.removed:
        form.act = "message"
        return _case_page(case_id, form)
    form.check(draft.problem)
    if form.errors:
        return _case_page(case_id, form), 422
    try:
        with transaction(Principal.of_case(case_id)):
            said = citizen_acts.perform(form, case_id)
    except Refused as refused:
        return _case_page(case_id, form, problem=_refusal(refused.code)), 409
    flash(said, "success")
    return redirect("/track", 303)


def _case_page(
    case_id: UUID, form: ActForm, *, again: bool = False, problem: str | None = None
) -> str:
    with transaction(Principal.of_case(case_id)):
        case = views.for_citizen(case_id, g.now)
        contact = [field for field in vault.fields_of(case_id) if field != "persons"]
        openings = vault.told(case_id)
        events = tracking.timeline(case, improvement_lists.told())
        sent = attachments.of_case(case_id)
        asked = lowering.pending(case_id, case.confidentiality)
        lower_to = asked.to_level if asked and case.status in workflow.OPEN else ""
        divided = splitting.of_citizen()
        own_proof = proofs.own(g.now)
    with transaction(attachments.uploading(attachments.message_draft(case_id))):
        held = attachments.staged()
    session[SEEN] = int(g.now.timestamp())
    return render_template(
        "public/track_case.html",
        case=case,
        events=events,
        files=files.shown(sent, "/track/file"),
        held=files.held(files.Draft(held)),
        standing=tracking.standing(case),
        promise=tracking.promise(case),
        waits=tracking.waits(case),
        answer=tracking.answer(case),
        outcome=tracking.outcome(case),
        until=tracking.until(case),
        lower_to=lower_to,
        divided=divided,
        proof=own_proof,
        pin_day=clock.last_day(own_proof.until) if own_proof.until else None,
        picture=proof.picture(own_proof.code),
        together=tracking.together() if case.joined else "",
        form=form,
        again=again,
        problem=problem,
        contact=contact,
        openings=openings,
        wording=wording,
    )


def proven() -> UUID | None:
    """The case opened in this browser, unless it stood idle or open too long, was left in another
    browser with the same cookie, or its code was issued again since; then it is let go."""
    if CASE not in session:
        return None
    case_id = UUID(session[CASE])
    idle = g.now - datetime.fromtimestamp(session.get(SEEN, 0), UTC) > IDLE
    if not idle and visits.stands():
        with transaction(Principal.of_case(case_id)):
            if receipts.mark() == session.get(ISSUE):
                return case_id
    for key in (CASE, SEEN, ISSUE):
        session.pop(key, None)
    return None


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
