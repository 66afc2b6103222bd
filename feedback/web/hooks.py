"""Callbacks of Africa's Talking: stored as they come, answered 200 at once, worked on later.

The gateway signs nothing, so the address holds an unguessable token. Whatever stands in a
callback is taken: an answer other than 200 makes the gateway repeat it every minute for 12 hours.
Only a failure of ours (no database) answers 5xx, for then the repetition is wanted. Neither the
token nor anything of a callback reaches a log.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

import structlog
from flask import Response, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from feedback.services import delivery_reports, intake
from feedback.transaction import Principal, transaction, wake
from feedback.web import dialled
from feedback.web.edge import Audience, guarded

log = structlog.get_logger()
blueprint = guarded(
    "hooks", __name__, audience=Audience.GATEWAY, url_prefix="/hooks/africastalking/<token>"
)
HOOK = Principal("hook")
# The gateway repeats for 12 hours; an older moment, or one to come, is not believed.
OLDEST = timedelta(hours=13)
AHEAD = timedelta(minutes=2)
LONGEST_ID = 100


@blueprint.post("/sms")
def sms(token: str) -> ResponseReturnValue:
    """An SMS that a phone wrote."""
    _check(token)
    form = _form()
    sender, words = _value(form, "from"), _value(form, "text")
    if not sender and not words:
        log.warning("empty_callback", kind="sms")
        return _taken()
    date = _value(form, "date")
    with transaction(HOOK):
        intake.receive(
            provider_id=_id(form) or intake.made_up_id(sender, words, date or f"{g.now:%F}"),
            sender=sender,
            words=words,
            received_at=_moment(date, g.now),
            now=g.now,
        )
        wake("process_inbound")
    return _taken()


@blueprint.post("/delivery")
def delivery(token: str) -> ResponseReturnValue:
    """What became of an SMS of ours."""
    _check(token)
    form = _form()
    with transaction(HOOK):
        known = delivery_reports.receive(
            _id(form),
            _value(form, "status"),
            _value(form, "phoneNumber"),
            _value(form, "failureReason")[:LONGEST_ID],
            g.now,
        )
        if known:
            wake("replay")
    if not known:
        log.warning("unknown_callback", kind="delivery")
    return _taken()


@blueprint.post("/ussd")
def ussd(token: str) -> ResponseReturnValue:
    """A step of a USSD session: all that was put in so far; the answer is the next screen."""
    _check(token)
    form = _form()
    screen = dialled.answer(
        _value(form, "sessionId"), _value(form, "phoneNumber"), _value(form, "text"), g.now
    )
    return Response(screen, mimetype="text/plain")


@blueprint.post("/ussd-end")
def ussd_end(token: str) -> ResponseReturnValue:
    """A USSD session is over, whoever ended it."""
    _check(token)
    form = _form()
    dialled.over(_value(form, "sessionId"), _value(form, "phoneNumber"))
    return _taken()


def _check(token: str) -> None:
    """404 for a wrong token, as for any address that does not exist."""
    expected = current_app.config["AT_HOOK_TOKEN"]
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        abort(404)


def _taken() -> Response:
    return Response("OK", mimetype="text/plain")


def _form() -> MultiDict[str, str]:
    """The callback's fields; none where the body is no form at all."""
    try:
        if request.is_json:
            body = request.get_json(silent=True)
            return MultiDict(body if isinstance(body, dict) else {})
        return request.form
    except (HTTPException, RecursionError) as error:  # too large, or nested without end
        log.warning("unreadable_callback", error=type(error).__name__)
        return MultiDict()


def _value(form: MultiDict[str, str], name: str) -> str:
    """A field as text that the database takes: without NUL, without half a character."""
    value = form.get(name)
    text = "" if value is None else str(value).replace("\0", "")
    return text.encode("utf-8", "replace").decode()


def _id(form: MultiDict[str, str]) -> str:
    """The gateway's id, or nothing where it is missing or none."""
    value = _value(form, "id").strip()
    return value if 0 < len(value) <= LONGEST_ID and value != "None" else ""


def _moment(date: str, now: datetime) -> datetime:
    """When the gateway took the SMS: the clock of the case begins then, even if we were away.

    `2017-05-03T06:04:45Z`, `2017-05-03 06:04:45` (UTC) or milliseconds; anything else, and what
    cannot be right, counts as now.
    """
    try:
        if date.isdecimal():
            moment = datetime.fromtimestamp(int(date) / 1000, UTC)
        else:
            moment = datetime.fromisoformat(date)
    except (ValueError, OverflowError, OSError):
        return now
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(moment, now) if now - OLDEST <= moment <= now + AHEAD else now
