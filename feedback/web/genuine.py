"""Whether a letter on somebody's table is genuine: the page behind its QR code."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from feedback.services.letters import issuing
from feedback.transaction import Principal, transaction
from feedback.web.edge import Audience, guarded

blueprint = guarded("genuine", __name__, audience=Audience.CITIZEN)
CHECK = Principal("letter-check")
LONGEST = 64


@blueprint.get("/letters/<token>")
def letter(token: str) -> ResponseReturnValue:
    """Number, day and addressee of a genuine letter, and nothing of its case. A forged token, one
    of a letter that was altered and an unknown one get one answer."""
    with transaction(CHECK):
        found = issuing.genuine(token[:LONGEST].upper())
    return render_template("public/letter.html", letter=found), 200 if found else 404
