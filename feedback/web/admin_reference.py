"""Institutions, units, subjects, standards and ladders: lists, and one form for each row.

Saving goes over a preview that says in plain words what will happen; the worker writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.clock import local_day
from feedback.rules import changes as rules
from feedback.services.changes import closing, planning, subjects
from feedback.services.changes.planning import Plan
from feedback.services.errors import Refused
from feedback.services.reference import Directory, directory
from feedback.transaction import transaction
from feedback.web import change_wording as words
from feedback.web import finder, forms, reference_lists
from feedback.web.admin_frame import blueprint, only
from feedback.web.formats import day as day_in_words
from feedback.web.formats import name
from feedback.web.reference_forms import ThingForm, blank, mark, shown

PLACES = (
    "<any(institutions,units,subjects,standards,ladders,"
    '"ladder-choices","new-ladders",people):slug>'
)


@blueprint.get(f"/{PLACES}")
@only("admin")
def thing_list(slug: str) -> ResponseReturnValue:
    """What there is of a kind; officers have a list of their own."""
    if slug == "people":
        return redirect(url_for("admin.officer_list"))
    if slug == "new-ladders":
        return redirect(url_for("admin.thing_list", slug="ladders"))
    with transaction():
        page = reference_lists.page(slug, directory(), request.args)
    return render_template("admin/things.html", slug=slug, page=page, words=words)


@blueprint.get(f"/{PLACES}/add")
@only("admin")
def new_thing(slug: str) -> ResponseReturnValue:
    """The form for a new row; a link may fill fields."""
    subject = words.SLUGS[slug]
    if subject == "officer":
        return redirect(url_for("admin.new_officer"))
    with transaction():
        d = directory()
        page = _page(ThingForm(subject, None, blank(subject, d)), d)
    return _rendered(page)


@blueprint.post(f"/{PLACES}/add")
@only("admin")
def add_thing(slug: str) -> ResponseReturnValue:
    """Preview a new row, or save it."""
    if slug == "people":
        abort(404)
    return _posted_form(words.SLUGS[slug], None)


@blueprint.get(f"/{PLACES}/row/<path:key>")
@only("admin")
def thing_page(slug: str, key: str) -> ResponseReturnValue:
    """One row: its form, what is planned for it, and what was changed before."""
    subject = words.SLUGS[slug]
    with transaction():
        d = directory()
        values = _row(subject, key, d).values
        page = _page(ThingForm(subject, key, values, mark(values)), d)
    return _rendered(page)


@blueprint.post(f"/{PLACES}/row/<path:key>")
@only("admin")
def change_thing(slug: str, key: str) -> ResponseReturnValue:
    """Preview a change of a row, or save it."""
    return _posted_form(words.SLUGS[slug], key)


@blueprint.post(f"/{PLACES}/close/<path:key>")
@only("admin")
def close_thing(slug: str, key: str) -> ResponseReturnValue:
    """Preview the closing of a row, or plan it."""
    subject = words.SLUGS[slug]
    with transaction():
        answer = _closing(subject, key)
    return _answered(answer, subject)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of a post: a page to show, or the state of the change that was saved."""

    page: dict[str, Any] | None = None
    status: int = 200
    state: str = ""
    day: date | None = None


def _answered(answer: Answer, subject: str) -> ResponseReturnValue:
    if answer.page is not None:
        return _rendered(answer.page), answer.status
    return _saved(answer.state, subject, answer.day)


def _rendered(page: dict[str, Any]) -> str:
    return render_template("admin/thing.html", **page)


def _closing(subject: str, key: str) -> Answer:
    d = directory()
    values = _row(subject, key, d).values
    form = ThingForm(subject, key, values, mark(values), request.form.get("shown", ""))
    form.begins = request.form.get("close_begins", "now")
    form.day = request.form.get("close_day", "")
    heir = _heir(subject, forms.line(request.form.get("successor", "")), d)
    try:
        made = planning.plan_close(subject, key, heir, d)
        day = form.chosen_day()
    except Refused as refused:
        at = "close_day" if refused.code == "bad-date" else "successor"
        form.errors[at] = words.problem(refused.code)
        typed = request.form.get("successor", "")
        return Answer(_page(form, d, typed_heir=typed), 422)
    seen = mark({"heir": heir, "day": form.day, "begins": form.begins})
    if form.shown != seen:
        form.shown = seen
        return Answer(_page(form, d, plan=made, day=day, typed_heir=heir))
    return Answer(state=planning.save(made, day, g.now)[1], day=day)


def _heir(subject: str, typed: str, d: Directory) -> str:
    """The key of a successor as typed: an institution by code or name, a unit by its key."""
    if subject != "institution" or not typed:
        return typed
    found = d.institutions_by_code.get(typed.upper()) or finder.exact(d, typed)
    return found.code if found else typed


def _row(subject: str, key: str, d: Directory) -> subjects.Row:
    found = subjects.load(subject, key.replace("\x00", ""), d)
    if found is None:
        abort(404)
    return found


def _posted_form(subject: str, key: str | None) -> ResponseReturnValue:
    with transaction():
        answer = _saving(subject, key)
    return _answered(answer, subject)


def _saving(subject: str, key: str | None) -> Answer:
    d = directory()
    present = _row(subject, key, d).values if key is not None else {}
    form = ThingForm.read(subject, key, d)
    try:
        made = planning.plan(subject, key, form.values, d)
        day = form.chosen_day()
    except planning.Unfit as unfit:
        form.errors = {name: words.problem(code) for name, code in unfit.problems.items()}
        return Answer(_page(form, d), 422)
    except Refused as refused:
        if refused.code == "not-found":
            abort(404)
        at = "day" if refused.code == "bad-date" else ""
        form.errors = {at: words.problem(refused.code)}
        return Answer(_page(form, d), 422)
    if key is not None and form.seen != mark(present):
        # Somebody's change was written meanwhile: what it says now stands in the preview.
        form.seen, form.shown = mark(present), ""
        return Answer(_page(form, d, plan=made, day=day, clash=True), 409)
    seen = mark({**made.said, "day": form.day, "begins": form.begins})
    if request.form.get("act") != "save" or form.shown != seen:
        form.shown = seen
        return Answer(_page(form, d, plan=made, day=day))
    return Answer(state=planning.save(made, day, g.now)[1], day=day)


def _saved(state: str, subject: str, day: date | None) -> ResponseReturnValue:
    if state == "asked":
        flash(_("A second administrator must agree, and has got a notice."), "success")
    elif day is None or day <= local_day(g.now):
        flash(_("Saved. It holds within a minute."), "success")
    else:
        flash(_("Saved. It is planned, and holds from its day on."), "success")
    back = "admin.officer_list" if subject == "officer" else "admin.change_list"
    return redirect(url_for(back), 303)


def _page(
    form: ThingForm,
    d: Directory,
    *,
    plan: Plan | None = None,
    day: date | None = None,
    clash: bool = False,
    typed_heir: str = "",
) -> dict[str, Any]:
    """What the template of a row takes."""
    subject, key = form.subject, form.key
    present = subjects.load(subject, key, d) if key is not None else None
    values = {**(present.values if present else {}), **form.values}
    return {
        "form": form,
        "told": _told(form),
        "slug": words.ADDRESS[subject],
        "subject": subject,
        "key": key,
        "present": present,
        "fields": [
            shown(each, subject, values, d)
            for each in rules.FIELDS[subject]
            if key is None or not each.fixed
        ],
        "facts": _facts(subject, present, d),
        "plan": plan,
        "sentences": words.sentences(plan, {**values, **plan.said}, day, d) if plan else [],
        "differences": words.differences(subject, plan.said, plan.before, d)
        if plan and plan.act != "close"
        else [],
        "clash": clash,
        "waiting": planning.open_changes(subject, key) if key else [],
        "history": planning.settled(subject, key, request.args.get("after")) if key else None,
        "heirs": _heirs(subject, key, d),
        "may_close": present is not None and _may_close(subject, present, d),
        "typed_heir": typed_heir,
        "today": local_day(g.now),
        "words": words,
        "d": d,
    }


def _told(form: ThingForm) -> list[tuple[str, str]]:
    """What does not fit, each with the name of its field."""
    named = {each.name for each in rules.FIELDS[form.subject]}
    return [
        (at, f"{words.label(form.subject, at)}: {said}" if at in named else said)
        for at, said in form.errors.items()
    ]


def _may_close(subject: str, present: subjects.Row, d: Directory) -> bool:
    """Whether a form for closing is offered: where nothing but a successor can be missing."""
    try:
        closing.check(subject, present, "", d)
    except Refused as refused:
        return refused.code in ("occupied", "has-children")
    return True


def _facts(subject: str, present: subjects.Row | None, d: Directory) -> list[tuple[str, str]]:
    """What names a row, which never changes; of a standard also which version it is."""
    if present is None:
        return []
    facts = [
        (words.label(subject, f.name), words.value(subject, f.name, present.values[f.name], d))
        for f in rules.FIELDS[subject]
        if f.fixed
    ]
    if subject == "standard":
        held = [s for s in d.standards.values() if s.id == present.id]
        facts += [(_("Version"), str(s.version)) for s in held]
        facts += [(_("Holds from"), day_in_words(s.from_day)) for s in held]
    return facts


def _heirs(subject: str, key: str | None, d: Directory) -> list[tuple[str, str]]:
    """Units that may take over from a unit; institutions are typed."""
    if subject != "unit" or key is None:
        return []
    institution = d.institutions_by_code.get(key.partition("/")[0])
    units = d.units_of(institution.id) if institution else ()
    keys = [(f"{institution.code}/{u.code}", name(u)) for u in units] if institution else []
    return [each for each in keys if each[0] != key]
