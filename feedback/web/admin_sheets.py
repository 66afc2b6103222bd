"""Officers, institutions and units from a CSV file: what each line would do, then just that."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from feedback.rules import sheets as rules
from feedback.services.changes import sheets
from feedback.services.errors import Refused
from feedback.services.reference import directory
from feedback.transaction import transaction
from feedback.web import change_wording as words
from feedback.web import wording
from feedback.web.admin_frame import blueprint, only
from feedback.web.bodies import takes_sheet
from feedback.web.downloads import csv_file

KINDS = "<any(people,institutions,units):slug>"
EXAMPLES = {
    "officer": (
        ("asha.mussa", "Asha Mussa", "DODOMA-CC", "WORKS", "handler", "sw"),
        ("juma.hamisi", "Juma Hamisi", "DODOMA-CC", "", "coordinator, handler", "sw"),
    ),
    "institution": (
        *(("MFANO-DC", "council", "RS-DODOMA", "Halmashauri ya Mfano", "Example Council"),),
    ),
    "unit": (("DODOMA-CC", "PARKS", "Bustani na Mazingira", "Parks and Environment"),),
}


@blueprint.get(f"/csv/{KINDS}")
@only("admin")
def sheet_form(slug: str) -> ResponseReturnValue:
    """Where a file is chosen; its columns are explained."""
    return _page(slug)


@blueprint.get(f"/csv/{KINDS}/template.csv")
@only("admin")
def sheet_template(slug: str) -> ResponseReturnValue:
    """A file with the columns and an example, to be filled in."""
    subject = words.SLUGS[slug]
    columns = rules.COLUMNS[subject]
    more: dict[str, str] = {"ladder": "council", "region": "Dodoma"}
    rows: list[tuple[str, ...]] = []
    for example in EXAMPLES[subject]:
        filled = dict(zip(columns, example, strict=False))
        extra = more if subject == "institution" else {}
        rows.append(tuple(filled.get(name, extra.get(name, "")) for name in columns))
    return csv_file([columns, *rows], f"{slug}.csv")


@blueprint.post(f"/csv/{KINDS}")
@only("admin")
@takes_sheet
def try_sheet(slug: str) -> ResponseReturnValue:
    """Show the fate of each line, or do what was shown."""
    subject = words.SLUGS[slug]
    again = "content" in request.form
    try:
        if again:
            text = request.form["content"].replace("\r\n", "\n")
        else:
            file = request.files.get("file")
            text = rules.decoded(file.read(rules.MOST_BYTES + 1) if file else b"")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if again and request.form.get("act") == "apply":
            return _apply(slug, subject, text)
        return _shown(slug, subject, text)
    except rules.Unreadable as problem:
        return _page(slug, problem=words.file_problem(problem.code, problem.about)), 422


def _shown(slug: str, subject: str, text: str, problem: str = "") -> str:
    with transaction():
        fates = sheets.try_out(subject, text)
        token = sheets.seal(subject, text, fates)
        d = directory()
    return _page(slug, fates=fates, content=text, token=token, problem=problem, d=d)


def _apply(slug: str, subject: str, text: str) -> ResponseReturnValue:
    try:
        with transaction():
            done = sheets.apply(subject, text, request.form.get("token", ""), g.now)
    except Refused as refused:
        why = words.problem("altered") if refused.code == "altered" else None
        return _shown(slug, subject, text, why or wording.refusal(refused.code)), 409
    return _page(slug, done=done)


def _page(slug: str, **shown: Any) -> str:
    subject = words.SLUGS[slug]
    fates = shown.get("fates") or []
    counts = {name: sum(f.fate == name for f in fates) for name in words.FATES}
    return render_template(
        "admin/sheet.html",
        slug=slug,
        subject=subject,
        columns=[
            (name, words.label(subject, name), name in rules.NEEDED[subject])
            for name in rules.COLUMNS[subject]
        ],
        counts=counts,
        words=words,
        wording=wording,
        **shown,
    )
