"""The page of the citizen's form: made once where it is empty, else with what was typed."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf

from feedback.services.reference import Directory, InstitutionInfo
from feedback.web import files, finder
from feedback.web.formats import name
from feedback.web.forms import NewForm


def language() -> str:
    locale = get_locale()
    return locale.language if locale else "sw"


_blank_pages: dict[tuple[str, str], tuple[Directory, str]] = {}


def blank(form: NewForm, d: Directory) -> str:
    """The empty form, the page most often asked for: made once for each language and address.

    What belongs to one citizen, the two hidden values, is taken out of the kept page.
    """
    key = (language(), request.path)
    kept = _blank_pages.get(key)
    if kept is None or kept[0] is not d:
        page = filled(form, d)
        page = page.replace(generate_csrf(), "{csrf}").replace(form.submission_id, "{submission}")
        kept = _blank_pages[key] = (d, page)
    return kept[1].replace("{csrf}", generate_csrf()).replace("{submission}", form.submission_id)


def filled(
    form: NewForm,
    d: Directory,
    draft: files.Draft | None = None,
    *,
    searched: bool = False,
    again: bool = False,
) -> str:
    """The form's page. Institutions are offered only when asked for: all of them weigh 30 KB."""
    chosen = d.institutions_by_code.get(form.institution)
    categories = [c for c in d.categories.values() if chosen is None or c.applies(chosen.kind)]
    if form.category and form.category not in (c.code for c in categories):
        categories = list(d.categories.values())
    return render_template(
        "public/new.html",
        form=form,
        held=files.held(draft or files.Draft()),
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
