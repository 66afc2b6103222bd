"""What is kept about a citizen: the notice for everybody, and the copy for the one concerned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from feedback.services import own_data, retention
from feedback.services.reference import directory
from feedback.transaction import Principal, transaction
from feedback.web import downloads, tracking, wording
from feedback.web.edge import Audience, guarded
from feedback.web.public import proven

blueprint = guarded("privacy", __name__, audience=Audience.CITIZEN)


@blueprint.get("/faragha")
@blueprint.get("/privacy")
def notice() -> ResponseReturnValue:
    """What is kept, who sees it, how long, and what a citizen may ask. Sets no cookie."""
    with transaction(Principal("reference")):
        rules = retention.rules()
        d = directory()
    general = next((rule for rule in rules if not rule.category), None)
    return render_template(
        "public/privacy.html",
        general=general,
        others=[
            (d.categories_by_code[rule.category], rule)
            for rule in rules
            if rule.category in d.categories_by_code
        ],
    )


@blueprint.post("/track/copy")
def copy() -> ResponseReturnValue:
    """Everything kept about the case that is open in this browser, as a file."""
    if g.csrf_failed:
        abort(400)
    case_id = proven()
    if case_id is None:
        return redirect("/track", 303)
    with transaction(Principal.of_case(case_id)):
        told = own_data.copy(case_id, g.now)
    reference = told["case"]["reference"].lower()
    if request.form.get("format") == "json":
        content = json.dumps(told, ensure_ascii=False, indent=2)
        return downloads.as_download(content, "application/json", f"mrejesho-{reference}.json")
    page = render_template("public/copy.html", told=_readable(told), merging=tracking.merging)
    return downloads.as_download(page, "text/html", f"mrejesho-{reference}.html")


def _readable(told: dict[str, Any]) -> dict[str, Any]:
    """The copy with moments as moments and codes as words."""
    looks = [
        look
        | {"who": ", ".join(wording.role(role) for role in look["roles"])}
        | {"day": datetime.fromisoformat(look["day"]).date()}
        for look in told["looks"]
    ]
    sms = [each | {"at": _moment(each["at"])} for each in told["sms"]]
    messages = [each | {"at": _moment(each["at"])} for each in told["messages"]]
    rungs = [each | {"at": _moment(each["at"])} for each in told["rungs"]]
    case = told["case"] | {"received_at": _moment(told["case"]["received_at"])}
    fields = {
        "name": _("Your name"),
        "phone": _("Phone number"),
        "email": _("Email address"),
        "persons": _("Persons it is about"),
    }
    return {
        **told,
        "made_at": _moment(told["made_at"]),
        "case": case,
        "looks": looks,
        "sms": sms,
        "messages": messages,
        "rungs": rungs,
        "sealed": [fields.get(name, name) for name in told["sealed"]],
    }


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)
