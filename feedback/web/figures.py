"""Figures for everybody: the country, and each institution with how to reach it. No session."""

from __future__ import annotations

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from feedback.clock import local_day
from feedback.services import figures
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.transaction import Principal, transaction
from feedback.web import boards, finder
from feedback.web.edge import Audience, guarded

blueprint = guarded("figures", __name__, audience=Audience.CITIZEN)
FIGURES = Principal("figures")


def _address(institution: InstitutionInfo | None) -> tuple[str, dict[str, str]]:
    if institution is None:
        return url_for("figures.country"), {}
    return url_for("figures.institution", code=institution.code), {}


def _page(code: str | None) -> boards.Page:
    with transaction(FIGURES):
        d = directory()
        chosen = None
        if code is not None:
            chosen = d.institutions_by_code.get(code) or abort(404)
        today = local_day(g.now)
        asked = boards.question(request.args, chosen.id if chosen else None, d, today)
        board = figures.ask(asked, d, today)
    download = url_for("figures.country_file")
    if chosen is not None:
        download = url_for("figures.institution_file", code=chosen.code)
    return boards.Page(
        board, d, chosen, _trail(chosen, d), _address, download, today,
        boards.page_sort(request.args), boards.language(),
    )  # fmt: skip


def _trail(chosen: InstitutionInfo | None, d: Directory) -> list[InstitutionInfo | None]:
    if chosen is None:
        return []
    return [None, *(d.institutions[i] for i in chosen.path[:-1] if i in d.institutions)]


@blueprint.get("/figures")
@blueprint.get("/takwimu", endpoint="takwimu")
def country() -> ResponseReturnValue:
    """The whole country, and the way to an institution by its name."""
    page = _page(None)
    query = request.args.get("q", "").strip()[:100]
    found = finder.find(page.directory, query, "") if query else []
    return render_template("figures/country.html", query=query, found=found, **boards.context(page))


@blueprint.get("/figures.csv")
def country_file() -> ResponseReturnValue:
    """The same as a file."""
    return boards.as_file(_page(None))


@blueprint.get("/i/<code>")
def institution(code: str) -> ResponseReturnValue:
    """One institution: what it is called, how to send it feedback, how it answers."""
    if code != code.upper():
        return redirect(url_for("figures.institution", code=code.upper()))
    page = _page(code)
    return render_template(
        "figures/institution.html",
        short_code=current_app.config["AT_SHORTCODE"],
        **boards.context(page),
    )


@blueprint.get("/i/<code>.csv")
def institution_file(code: str) -> ResponseReturnValue:
    """The same as a file."""
    return boards.as_file(_page(code))
