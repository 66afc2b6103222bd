"""Any gateway that takes an SMS by one plain HTTP request, as its profile describes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from feedback import clock
from feedback.gateway.outcomes import Accepted, Cost, Rejected, Result, Sms, Transient, Unknown
from feedback.gateway.profile import PLACEHOLDER, Profile
from feedback.gateway.transport import NOTHING_TAKEN, Reply, call, of_status

LONGEST_ID = 100


def send(settings: Mapping[str, Any], sms: Sms) -> Result:
    """Send one SMS.

    settings: SMS_HTTP (the profile), and SMS_HTTP_REPORT_URL, our address for its reports.
    """
    profile: Profile = settings["SMS_HTTP"]
    values = _values(profile, sms, settings["SMS_HTTP_REPORT_URL"])
    fields = _filled(profile.fields, values)
    headers = {name: _written(value, values) for name, value in profile.headers.items()}
    if profile.method == "get":
        answer = call("GET", profile.url, headers, params=fields)
    elif profile.method == "form":
        answer = call("POST", profile.url, headers, data=fields)
    else:
        answer = call("POST", profile.url, headers, json=fields)
    return _of_answer(profile, answer, sms) if isinstance(answer, Reply) else answer


def _values(profile: Profile, sms: Sms, report_url: str) -> dict[str, str]:
    values = {
        "number": sms.number,
        "digits": sms.number.lstrip("+"),
        "text": sms.text,
        "sender": profile.sender,
        "reference": sms.reference,
        "link_id": sms.link_id,
        "time": clock.local(clock.now()).strftime("%Y-%m-%d %H:%M:%S"),
        "report_url": report_url,
        "key": profile.key,
    }
    payload = json.dumps(_filled(profile.payload, values)) if profile.payload else ""
    digest = hmac.new(profile.key.encode(), payload.encode(), hashlib.sha256).digest()
    return values | {"payload": payload, "signature": base64.b64encode(digest).decode()}


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its placeholders filled in; a link id that there is none of is left out."""
    if isinstance(template, str):
        return _written(template, values)
    if isinstance(template, Mapping):
        return {
            name: _filled(value, values)
            for name, value in template.items()
            if value != "{link_id}" or values["link_id"]
        }
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template


def _written(template: str, values: Mapping[str, str]) -> str:
    # In one pass: what a citizen or an office wrote is never read as a placeholder.
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)


def _of_answer(profile: Profile, answer: Reply, sms: Sms) -> Result:
    """Refusals first: some gateways word them under a status of success."""
    status, body = answer.status, answer.body
    if profile.refused.holds(status, body):
        return Rejected(f"refused-{status}")
    if profile.later.holds(status, body):
        # Which of the two it is the answer seldom tells; to spare the queue costs nothing.
        return Transient(f"later-{status}")
    if profile.accepted.holds(status, body):
        return Accepted(
            _id_of(profile, body, sms), f"http-{status}", _cost(profile, body, sms), sms.parts
        )
    return of_status(status) if status in NOTHING_TAKEN else Unknown(f"http-{status}")


def _id_of(profile: Profile, body: str, sms: Sms) -> str | None:
    """What reports will come under: the id in the answer, or our reference."""
    found = profile.message_id.search(body) if profile.message_id else None
    told = (found[1] or "").strip() if found else ""
    if told and told != "None" and len(told) <= LONGEST_ID:
        return told
    return (sms.reference or None) if profile.reports_by_reference else None


def _cost(profile: Profile, body: str, sms: Sms) -> Cost | None:
    """What the answer says it costs, or the price agreed for each part."""
    found = profile.cost.search(body) if profile.cost else None
    told = Cost.parse(found[1]) if found else None
    if told is None and profile.price is not None:
        return profile.price.times(sms.parts)
    return told
