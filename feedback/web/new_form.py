"""The page of the citizen's form: kept where nobody has typed yet, else made anew."""

from __future__ import annotations

from flask import render_template, request, session
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf

from feedback.models.columns import KINDS
from feedback.services import mailing
from feedback.services.reference import Directory, InstitutionInfo
from feedback.web import files, finder
from feedback.web.formats import name
from feedback.web.forms import NewForm


def language() -> str:
    """The language of the page."""
    locale = get_locale()
    return locale.language if locale else "sw"


_pages: dict[tuple[object, ...], tuple[Directory, str]] = {}
MOST_PAGES = 100
"""How many pages a process keeps, of some 25 KB each."""


def fresh(form: NewForm, d: Directory) -> str:
    """The form as nobody has filled it in yet, the page most often asked for.

    It is made once for each language and each choice that a link may bring along. What belongs to
    one citizen, the two hidden values, is taken out of the kept page.
    """
    key = _key(form, d)
    if key is None:
        return filled(form, d, searched=bool(form.institution_query))
    kept = _pages.get(key)
    if kept is None or kept[0] is not d:
        page = filled(form, d)
        page = page.replace(generate_csrf(), "{csrf}").replace(form.submission_id, "{submission}")
        if len(_pages) >= MOST_PAGES:
            _pages.clear()
        kept = _pages[key] = (d, page)
    return kept[1].replace("{csrf}", generate_csrf()).replace("{submission}", form.submission_id)


def _key(form: NewForm, d: Directory) -> tuple[object, ...] | None:
    """What a page is kept under; None where the address, or the visit, says something of its own.

    Nothing that a visitor made up is kept: whatever the address chooses must exist.
    """
    known = {
        "kind": KINDS,
        "institution": d.institutions_by_code,
        "category": d.categories_by_code,
        "lang": ("sw", "en"),
    }
    chosen = request.args.to_dict()
    if "_flashes" in session or any(v not in known.get(k, ()) for k, v in chosen.items()):
        return None
    return (language(), request.path, mailing.is_on(), *sorted(chosen.items()))


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
    known = d.categories_by_code.values()
    categories = [c for c in known if chosen is None or c.applies(chosen.kind)]
    if form.category and form.category not in (c.code for c in categories):
        categories = list(known)
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
