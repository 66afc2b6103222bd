"""A whole case as a file on paper: for those who may read its words, on record, with the name of
who printed it on every sheet. The identity is not in it."""

from __future__ import annotations

from flask import abort, g, render_template
from flask_login import current_user

from feedback.services import attachments, audit, paper, views
from feedback.services.errors import Refused
from feedback.transaction import transaction
from feedback.web import files, timeline, wording


def page(base: str, reference: str) -> str:
    """The file of a case; 404 where the officer may not read its words."""
    try:
        with transaction():
            case = views.for_officer(views.case_id_of(reference), g.now)
            if not case.may_read_words:
                raise Refused("not-found")
            audit.record("file_printed", case.id, now=g.now)
            sent = attachments.of_case(case.id)
            filed = paper.filed(case.id)
    except Refused:
        abort(404)
    said = [line for line in case.messages if line.author == "citizen"]
    return render_template(
        "desk/file.html",
        base=base,
        case=case,
        wants=said[0] if said else None,
        items=timeline.items(case),
        files=files.shown(sent, ""),
        filed=filed,
        wording=wording,
        printed_by=current_user.name,
        now=g.now,
    )
