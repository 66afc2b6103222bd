"""The address at the foot of a notice by e-mail that ends such notices.

A mail program may post to it by itself (RFC 8058), without cookie or token of ours: what proves
the wish is the keyed address, which was sent to the citizen's mailbox and nowhere else. Fetching
it does nothing, since mail scanners follow links.
"""

from __future__ import annotations

from flask import abort, g, render_template
from flask.typing import ResponseReturnValue

from feedback.services import mailing
from feedback.transaction import Principal, transaction
from feedback.web.edge import Audience, guarded

blueprint = guarded("mail", __name__, audience=Audience.CITIZEN)


@blueprint.get("/mail/stop/<token>")
def ask_to_stop(token: str) -> ResponseReturnValue:
    """What will stop, and the button."""
    if mailing.case_to_stop(token) is None:
        abort(404)
    return render_template("public/mail_stop.html", token=token, stopped=False)


@blueprint.post("/mail/stop/<token>")
def stop(token: str) -> ResponseReturnValue:
    """No more notices to this address."""
    case_id = mailing.case_to_stop(token)
    if case_id is None:
        abort(404)
    with transaction(Principal.of_case(case_id)):
        mailing.stop_notices(case_id, g.now)
    return render_template("public/mail_stop.html", token=token, stopped=True)
