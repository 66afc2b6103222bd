"""A poster for an office's wall and small cards to give away: how to reach the institution, in
Swahili or English, whatever language the officer reads."""

from __future__ import annotations

import segno
from flask import current_app, render_template, request

from feedback.services.reference import InstitutionInfo

LANGUAGES = ("sw", "en")
SHEETS = ("poster", "cards")
CARDS = 10  # on a page of A4


def page(institution: InstitutionInfo, here: str, back: str) -> str:
    """The page to print. here: its own address, with the institution where that is chosen."""
    language = request.args.get("language", "sw")
    sheet = request.args.get("sheet", "poster")
    address = f"{current_app.config['PUBLIC_URL']}/i/{institution.code}"
    return render_template(
        "desk/poster.html",
        institution=institution,
        language=language if language in LANGUAGES else "sw",
        sheet=sheet if sheet in SHEETS else "poster",
        cards=CARDS,
        address=address,
        shown=address.split("://", 1)[-1],
        picture=segno.make(address, error="q").svg_data_uri(scale=8, border=2),
        here=here + ("&" if "?" in here else "?"),
        back=back,
    )
