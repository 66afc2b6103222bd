"""Letters as files: given out to be printed, in Swahili unless English is asked for."""

from __future__ import annotations

from flask import Response, request
from flask_babel import force_locale

from feedback.services.views import CitizenCase
from feedback.web.downloads import POLICY
from feedback.web.tracking import final_letter


def language() -> str:
    """The language in which a letter is wanted; an office's letter is Swahili whatever the page's
    language."""
    return "en" if request.args.get("in") == "en" else "sw"


def given(content: bytes, filename: str) -> Response:
    """The file as a download that no browser opens as a page of ours."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def final_words(case: CitizenCase) -> dict[str, list[str]]:
    """What the final letter of a case says, in both languages, by paragraphs."""
    found = {}
    for each in ("sw", "en"):
        with force_locale(each):
            found[each] = final_letter(case).split("\n\n")
    return found
