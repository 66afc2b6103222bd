"""What the callbacks of every SMS gateway have in common: taken as they come, worked on later.

A gateway signs nothing, so the address holds an unguessable token. Whatever stands in a callback
is taken: an answer other than 200 makes the gateway repeat it for hours. Only a failure of ours
(no database) answers 5xx, for then the repetition is wanted. Neither the token nor anything of a
callback reaches a log.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from flask import Response, abort, g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from feedback.services import delivery_reports, intake
from feedback.transaction import Principal, transaction, wake

log = structlog.get_logger()
HOOK = Principal("hook")
# The gateway repeats for 12 hours; an older moment, or one to come, is not believed.
OLDEST = timedelta(hours=13)
AHEAD = timedelta(minutes=2)
LONGEST_ID = 100
LONGEST_NETWORK = 20
SECONDS_DIGITS = 11  # a number of so many digits at most counts seconds, a longer one milliseconds

Fields = MultiDict[str, str]


def check(token: str, expected: str) -> None:
    """404 for a wrong token, as for any address that does not exist."""
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        abort(404)


def taken() -> Response:
    """The only answer there is."""
    return Response("OK", mimetype="text/plain")


def fields() -> Fields:
    """The callback's fields, of its body and of its query; none where the body is no form."""
    try:
        if request.is_json:
            body = request.get_json(silent=True)
            found = MultiDict(body if isinstance(body, dict) else {})
        else:
            found = MultiDict(request.form)
    except (HTTPException, RecursionError) as error:  # too large, or nested without end
        log.warning("unreadable_callback", error=type(error).__name__)
        found = MultiDict()
    for name, value in request.args.items():
        found.setdefault(name, value)
    return found


def value(given: Fields, name: str) -> str:
    """A field as text that the database takes: without NUL, without half a character."""
    found = given.get(name)
    text = "" if found is None else str(found).replace("\0", "")
    return text.encode("utf-8", "replace").decode()


def take_sms(given: Fields, names: Mapping[str, str]) -> Response:
    """Store an SMS that a phone wrote. names: those of `gateway.profile.INBOUND`."""
    sender, words = value(given, names["from"]), value(given, names["text"])
    if not sender and not words:
        log.warning("empty_callback", kind="sms")
        return taken()
    date = value(given, names["date"])
    with transaction(HOOK):
        intake.receive(
            provider_id=_id(given, names["id"])
            or intake.made_up_id(sender, words, date or f"{g.now:%F}"),
            sender=sender,
            words=words,
            received_at=moment(date, g.now),
            now=g.now,
            link_id=_id(given, names["link"]) or None,
            network_code=_network(given, names["network"]),
        )
        wake("process_inbound")
    return taken()


def take_report(
    given: Fields, names: Mapping[str, str], statuses: Mapping[str, str] | None = None
) -> Response:
    """Store what became of an SMS of ours.

    names: those of `gateway.profile.REPORT`. statuses: our state for each of the gateway's words;
    without, they are ours.
    """
    said = value(given, names["status"]).strip()
    with transaction(HOOK):
        known = delivery_reports.receive(
            _id(given, names["id"]),
            said if statuses is None else statuses.get(said, ""),
            value(given, names["number"]),
            value(given, names["reason"])[:LONGEST_ID],
            g.now,
            _network(given, names["network"]),
        )
        if known:
            wake("replay")
    if not known:
        log.warning("unknown_callback", kind="delivery")
    return taken()


def _id(given: Fields, name: str) -> str:
    """An id of the gateway's, or nothing where it is missing or none."""
    found = value(given, name).strip()
    return found if 0 < len(found) <= LONGEST_ID and found != "None" else ""


def _network(given: Fields, name: str) -> str | None:
    """The network's code as it came, known or not; none where there is none."""
    return value(given, name).strip()[:LONGEST_NETWORK] or None


def moment(date: str, now: datetime) -> datetime:
    """When the gateway took the SMS: the clock of the case begins then, even if we were away.

    `2017-05-03T06:04:45Z`, `2017-05-03 06:04:45` (UTC), milliseconds or seconds; anything else,
    and what cannot be right, counts as now.
    """
    try:
        if date.isdecimal():
            unit = 1 if len(date) <= SECONDS_DIGITS else 1000
            found = datetime.fromtimestamp(int(date) / unit, UTC)
        else:
            # A plus that was not escaped reads as a space: 2017-05-03T06:04:45 03:00.
            found = datetime.fromisoformat(_with_plus(date.strip()))
    except (ValueError, OverflowError, OSError):
        return now
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return min(found, now) if now - OLDEST <= found <= now + AHEAD else now


def _with_plus(date: str) -> str:
    time, space, zone = date.rpartition(" ")
    return f"{time}+{zone}" if space and "T" in time or time.count(" ") else date
