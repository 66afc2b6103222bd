"""The auditor's pages: the record and its file, odd patterns, legal holds, breach reports."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.rules import patterns as rules
from feedback.services import audit, audit_heads, breach, holds, patterns, record
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import downloads, entry_wording, wording
from feedback.web.admin_frame import blueprint, only
from feedback.web.formats import moment, name

FILTERS = ("officer", "act", "kind", "case", "since", "until")


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _asked() -> record.Asked | None:
    """The filters of the address, within a transaction; None: the case named is not there."""
    args = request.args
    case_id = None
    if args.get("case"):
        case_id = record.case_of(args["case"])
        if case_id is None:
            return None
    kind = args.get("kind", "")
    return record.Asked(
        args.get("officer", "").strip().lower(),
        args.get("act", "").strip(),
        kind if kind in record.KINDS else "",
        case_id,
        _day("since"),
        _day("until"),
    )


def _record_page(report: audit.AuditReport | None = None) -> str:
    with transaction():
        asked = _asked()
        page = (
            record.entries(asked, after=request.args.get("after", type=int))
            if asked
            else record.EntryPage([], None)
        )
    kept: dict[str, Any] = {k: request.args[k] for k in FILTERS if request.args.get(k)}
    return render_template(
        "admin/record.html",
        page=page,
        asked=request.args,
        kept=kept,
        kinds=entry_wording.entry_kinds(),
        acts=entry_wording.act_choices(),
        entry_wording=entry_wording,
        following=url_for("admin.record_page", after=page.next, **kept) if page.next else "",
        file=url_for("admin.record_file", **kept),
        report=report,
    )


@blueprint.get("/record")
@only("auditor")
def record_page() -> ResponseReturnValue:
    """Who did and saw what, the latest first."""
    return _record_page()


@blueprint.get("/record.csv")
@only("auditor")
def record_file() -> ResponseReturnValue:
    """The entries that fit, as a file; taking it is on record too."""
    with transaction():
        asked = _asked()
        rows = record.entries(asked, limit=record.MOST_IN_FILE).rows if asked else []
        audit.record("record_exported", now=g.now, entries=len(rows))
    lines = [
        [_("When"), _("Act"), _("Who"), _("Officer: user name"), _("Case"), _("Details")],
        *(
            [
                moment(row.at),
                entry_wording.act(row.act),
                row.officer or entry_wording.actor(row.actor_kind),
                row.username,
                row.reference,
                "; ".join(f"{key}: {value}" for key, value in row.details.items()),
            ]
            for row in rows
        ),
    ]
    return downloads.csv_file(lines, f"record-{local_day(g.now).isoformat()}.csv")


@blueprint.post("/record/verify")
@only("auditor")
def verify_record() -> ResponseReturnValue:
    """Check each entry's keyed hash and the whole chain, and the heads where they are at hand."""
    heads = Path(current_app.config["AUDIT_HEADS"] or "-")
    with transaction():
        report = audit.verify()
        if heads.is_file():
            audit_heads.compare(report, audit_heads.read(heads))
        audit.record("record_verified", now=g.now, problems=len(report.problems))
    return _record_page(report)


@blueprint.get("/patterns")
@only("auditor")
def pattern_list() -> ResponseReturnValue:
    """What stands out in who looked at what, and the rule behind it."""
    with transaction():
        found = patterns.found()
        institutions = directory().institutions
    by_kind = {kind: [row for row in found if row.kind == kind] for kind in rules.KINDS}
    return render_template(
        "admin/patterns.html",
        by_kind=by_kind,
        institutions=institutions,
        computed_at=max((row.computed_at for row in found), default=None),
        entry_wording=entry_wording,
        days=rules.DAYS,
    )


def _holds_page(errors: dict[str, str] | None = None) -> str:
    with transaction():
        kept = holds.holds()
    given = request.form if errors else {}
    return render_template("admin/holds.html", holds=kept, errors=errors or {}, given=given)


@blueprint.get("/holds")
@only("auditor")
def hold_list() -> ResponseReturnValue:
    """Cases kept for a court or an inquiry."""
    return _holds_page()


@blueprint.post("/holds")
@only("auditor")
def set_hold() -> ResponseReturnValue:
    """Keep a case, whatever its age."""
    try:
        with transaction():
            holds.set_hold(request.form.get("case", ""), request.form.get("ground", ""), g.now)
    except Refused as refused:
        errors = {
            "empty": {"ground": _("Name the court or the inquiry, and its number.")},
            "too-long": {"ground": _("This is too long.")},
            "not-allowed": {"case": _("This case is kept already.")},
        }.get(refused.code, {"case": _("There is no case of this reference.")})
        return _holds_page(errors), 422
    flash(_("The case is kept until you end it here."), "success")
    return redirect(url_for("admin.hold_list"), 303)


@blueprint.post("/holds/<uuid:hold_id>/end")
@only("auditor")
def end_hold(hold_id: UUID) -> ResponseReturnValue:
    """The rule of its category counts for the case again."""
    try:
        with transaction():
            holds.end_hold(hold_id, g.now)
    except Refused:
        abort(404)
    flash(_("The case is kept no longer than its rule says."), "success")
    return redirect(url_for("admin.hold_list"), 303)


def _breach_page(errors: dict[str, str] | None = None, report: breach.Report | None = None) -> str:
    with transaction():
        institutions = directory().institutions_by_code
    return render_template(
        "admin/breach.html",
        report=report,
        errors=errors or {},
        given=request.form,
        names={code: name(each) for code, each in institutions.items()},
        wording=wording,
    )


@blueprint.get("/breach")
@only("auditor")
def breach_form() -> ResponseReturnValue:
    """What to ask when something leaked: a period, and an officer perhaps."""
    return _breach_page()


@blueprint.post("/breach")
@only("auditor")
def breach_report() -> ResponseReturnValue:
    """What was looked at in the period, and the draft of a notice to the Commission."""
    days = {field: _posted_day(field) for field in ("since", "until")}
    since, until = days["since"], days["until"]
    if since is None or until is None:
        wrong = _("Give the day as year, month and day.")
        return _breach_page({field: wrong for field, day in days.items() if day is None}), 422
    username = request.form.get("officer", "").strip().lower() or None
    begins, ends = record.midnight(since), record.midnight(until + timedelta(days=1))
    try:
        with transaction():
            made = breach.report(begins, ends, username, g.now)
    except Refused as refused:
        errors = {
            "bad-target": {"officer": _("There is no officer of this user name.")},
        }.get(refused.code, {"until": _("The last day is before the first one.")})
        return _breach_page(errors), 422
    return _breach_page(report=made)


def _posted_day(field: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        return None
