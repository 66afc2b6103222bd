"""The proof of a filing, for an office to which a citizen shows it: no login, no session.

The citizen gives the proof code with a PIN, or types the secret code in person. What is told then
is `rules.proof`; each time is on record, and the citizen reads that it was.
"""

from __future__ import annotations

import segno
from flask import current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.rules.proof import Told
from feedback.rules.reference import parse_proof_code, parse_receipt_code
from feedback.services import proofs
from feedback.services.reference import Directory, InstitutionInfo, directory
from feedback.services.tries import Wait
from feedback.transaction import Principal, transaction
from feedback.web.edge import Audience, guarded
from feedback.web.forms import line

blueprint = guarded("proof", __name__, audience=Audience.CITIZEN)
LONGEST = 100  # characters of a field that are looked at


@blueprint.get("/uthibitisho")
@blueprint.get("/proof")
def form() -> ResponseReturnValue:
    """Asks for proof code and PIN; the code may come by a QR. Sets no cookie."""
    return _page(code=line(request.args.get("code", ""))[:40])


@blueprint.post("/uthibitisho")
@blueprint.post("/proof")
def check() -> ResponseReturnValue:
    """What the proof tells. A code that does not exist, a wrong PIN and one that is over get one
    answer. No forgery token: nothing is done here in anybody's name."""
    code = line(request.form.get("code", ""))[:LONGEST]
    secret = line(request.form.get("secret", ""))[:LONGEST]
    if not secret:  # nothing was tried
        return _page(code=code, errors=_problem(code, secret)), 422
    with transaction(Principal("receipt-check")):
        told = proofs.check(code, secret, g.now, request.remote_addr or "")
        d = directory()
    if isinstance(told, Wait):
        error = _(
            "Too many wrong tries for this proof. Try again in %(seconds)s seconds.",
            seconds=told.seconds,
        )
        page = make_response(_page(code=code, errors={"secret": error}), 429)
        page.headers["Retry-After"] = str(told.seconds)
        return page
    if told is None:
        return _page(code=code, errors=_problem(code, secret)), 422
    return _shown(code, told, d)


def _problem(code: str, secret: str) -> dict[str, str]:
    """Why nothing is shown, by the field to look at; what is well formed says no more than that."""
    if parse_receipt_code(code) is not None:
        return {
            "code": _(
                "This has the form of a secret code, which nobody must see but the citizen. "
                "A proof code has 12 letters and digits."
            )
        }
    if parse_proof_code(code) is None:
        return {"code": _("This is no proof code: it has 12 letters and digits. Check it.")}
    if not secret:
        return {"secret": _("Write the PIN that the citizen gave.")}
    return {
        "secret": _(
            "The proof code and the PIN do not fit together, or the PIN is over. Check both, or "
            "ask the citizen for a new PIN."
        )
    }


def _page(code: str, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "public/proof.html",
        told=None,
        code=code,
        errors=errors or {},
        shortcode=current_app.config["AT_SHORTCODE"],
    )


def _shown(code: str, told: Told, d: Directory) -> str:
    office: InstitutionInfo | None = d.institutions.get(told.institution_id or 0)
    names = d.ladder_names.get((told.ladder, told.rung))
    return render_template(
        "public/proof.html",
        told=told,
        code=parse_proof_code(code),
        office=office,
        rung=names,
        now=g.now,
    )


def picture(code: str) -> str:
    """A QR that leads to the page with the proof code alone, as an address of a picture."""
    address = f"{current_app.config['PUBLIC_URL']}/proof?code={code}"
    return segno.make(address, error="m").svg_data_uri(scale=4, border=2)
