"""Callbacks of the SMS gateways: Africa's Talking, and one that speaks plain HTTP."""

from __future__ import annotations

from flask import abort, current_app
from flask.typing import ResponseReturnValue

from feedback.gateway.profile import INBOUND, REPORT, Profile
from feedback.web.callbacks import check, fields, take_report, take_sms
from feedback.web.edge import Audience, guarded

blueprint = guarded("hooks", __name__, audience=Audience.GATEWAY, url_prefix="/hooks")
AT = "/africastalking/<token>"
PLAIN = "/sms/<token>"


@blueprint.post(f"{AT}/sms")
def sms(token: str) -> ResponseReturnValue:
    """An SMS that a phone wrote."""
    check(token, current_app.config["AT_HOOK_TOKEN"])
    return take_sms(fields(), INBOUND)


@blueprint.post(f"{AT}/delivery")
def delivery(token: str) -> ResponseReturnValue:
    """What became of an SMS of ours."""
    check(token, current_app.config["AT_HOOK_TOKEN"])
    return take_report(fields(), REPORT)


@blueprint.route(f"{PLAIN}/inbound", methods=("GET", "POST"))
def plain_sms(token: str) -> ResponseReturnValue:
    """The same from a gateway that speaks plain HTTP; some of them know queries only."""
    return take_sms(fields(), _profile(token).inbound)


@blueprint.route(f"{PLAIN}/delivery", methods=("GET", "POST"))
def plain_delivery(token: str) -> ResponseReturnValue:
    """The same from a gateway that speaks plain HTTP."""
    profile = _profile(token)
    return take_report(fields(), profile.report, profile.statuses)


def _profile(token: str) -> Profile:
    """The gateway of this token; 404 where none is set up."""
    check(token, current_app.config["SMS_HTTP_HOOK_TOKEN"])
    profile: Profile | None = current_app.config["SMS_HTTP"]
    return profile or abort(404)
