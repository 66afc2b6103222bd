"""What a gateway that speaks plain HTTP expects and answers, as the environment describes it.

Such gateways differ in the names of fields and the words of answers and in nothing that would
need code, so a new one is a page of settings (docs/deployment.md shows Kannel's and that of the
government's own). All of it is read and checked once, when the process starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from feedback.gateway.outcomes import Cost

METHODS = ("get", "form", "json")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")
# What may stand in a value to be sent. `signature`: HMAC-SHA256 of the payload by the key, base64.
KNOWN = frozenset(
    {
        *("number", "digits", "text", "sender", "reference", "link_id", "time"),
        *("report_url", "key", "payload", "signature"),
    }
)
# Those that can stand in a header: of what is no line of plain letters the rest is made.
IN_HEADERS = frozenset({"number", "digits", "sender", "reference", "time", "key", "signature"})
SETTINGS = frozenset(
    {
        *("URL", "METHOD", "FIELDS", "PAYLOAD", "HEADERS", "KEY", "SENDER"),
        *("ACCEPTED", "REFUSED", "LATER"),
        *("ACCEPTED_STATUS", "REFUSED_STATUS", "LATER_STATUS"),
        *("MESSAGE_ID", "COST", "PRICE", "HOOK_TOKEN", "INBOUND", "REPORT", "STATUSES"),
    }
)
# Our names of what a callback holds, and the gateway's as long as it is not told otherwise.
INBOUND = {"id": "id", "from": "from", "text": "text", "date": "date"}
INBOUND |= {"link": "linkId", "network": "networkCode"}
REPORT = {"id": "id", "status": "status", "number": "phoneNumber"}
REPORT |= {"reason": "failureReason", "network": "networkCode"}
# Our states of a delivery, by the words of Africa's Talking; `%d` of Kannel's reports.
STATES = frozenset(
    {
        *("Success", "Sent", "Submitted", "Buffered"),
        *("Failed", "Rejected", "AbsentSubscriber", "Expired"),
    }
)
KANNEL = {"1": "Success", "2": "Failed", "4": "Buffered", "8": "Submitted", "16": "Rejected"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What an answer must be like: its HTTP status, its body, or both; nothing said: never."""

    statuses: frozenset[int]
    pattern: re.Pattern[str] | None

    def holds(self, status: int, body: str) -> bool:
        """Whether the answer is like that."""
        if not self.statuses and self.pattern is None:
            return False
        return (not self.statuses or status in self.statuses) and (
            self.pattern is None or self.pattern.search(body) is not None
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A gateway. `key` is never shown, not even to who prints this by mistake."""

    url: str
    method: str
    fields: Mapping[str, Any]
    payload: Mapping[str, Any]
    headers: Mapping[str, str]
    key: str = field(repr=False)
    sender: str
    accepted: Condition
    refused: Condition
    later: Condition
    message_id: re.Pattern[str] | None
    cost: re.Pattern[str] | None
    price: Cost | None
    inbound: Mapping[str, str]
    report: Mapping[str, str]
    statuses: Mapping[str, str]

    @property
    def reports_by_reference(self) -> bool:
        """Whether the gateway is given our reference, so that its reports can come under it."""
        return "reference" in _placeholders([self.fields, self.payload])


def read(environ: Mapping[str, str]) -> Profile:
    """The gateway of SMS_HTTP_…; ValueError names the setting that is wrong, without its value."""
    if unknown := sorted(name for name in environ if _is_unknown(name)):
        raise ValueError(f"{unknown[0]} is no setting; docs/gateways.md lists them")
    method = environ.get("SMS_HTTP_METHOD", "form").lower()
    if method not in METHODS:
        raise ValueError(f"SMS_HTTP_METHOD must be one of {', '.join(METHODS)}")
    profile = Profile(
        url=_url(environ),
        method=method,
        fields=_object(environ, "SMS_HTTP_FIELDS", {"to": "{number}", "text": "{text}"}),
        payload=_object(environ, "SMS_HTTP_PAYLOAD", {}),
        headers=_texts(environ, "SMS_HTTP_HEADERS", {}),
        key=environ.get("SMS_HTTP_KEY", ""),
        sender=environ.get("SMS_HTTP_SENDER", ""),
        accepted=_condition(environ, "SMS_HTTP_ACCEPTED", frozenset(range(200, 300))),
        refused=_condition(environ, "SMS_HTTP_REFUSED"),
        later=_condition(environ, "SMS_HTTP_LATER"),
        message_id=_pattern(environ, "SMS_HTTP_MESSAGE_ID", groups=1),
        cost=_pattern(environ, "SMS_HTTP_COST", groups=1),
        price=_price(environ),
        inbound=_names(environ, "SMS_HTTP_INBOUND", INBOUND),
        report=_names(environ, "SMS_HTTP_REPORT", REPORT),
        statuses=_texts(environ, "SMS_HTTP_STATUSES", KANNEL),
    )
    _check(profile)
    return profile


def _check(profile: Profile) -> None:
    """What each setting cannot tell alone."""
    used = set(_placeholders([profile.fields, profile.payload, profile.headers]))
    if unknown := sorted(used - KNOWN):
        raise ValueError(f"SMS_HTTP_FIELDS and its like know no {{{unknown[0]}}}")
    _check_headers(profile)
    if not {"number", "digits"} & used:
        raise ValueError("SMS_HTTP_FIELDS nowhere holds {number} or {digits}")
    if "text" not in used:
        raise ValueError("SMS_HTTP_FIELDS nowhere holds {text}")
    if {"key", "signature"} & used and not profile.key:
        raise ValueError("SMS_HTTP_KEY is not set")
    if {"payload", "signature"} & set(_placeholders(profile.payload)):
        raise ValueError("SMS_HTTP_PAYLOAD cannot hold itself")
    if profile.payload and "payload" not in used:
        raise ValueError("SMS_HTTP_FIELDS nowhere holds {payload}")
    if "report_url" in used and "reference" not in used and profile.message_id is None:
        raise ValueError("SMS_HTTP_FIELDS asks for reports that no id would tell apart")
    if wrong := sorted(set(profile.statuses.values()) - STATES):
        raise ValueError(f"SMS_HTTP_STATUSES: {wrong[0]} is no state of a delivery")
    if profile.method == "get" and any(
        not isinstance(value, str) for value in profile.fields.values()
    ):
        raise ValueError("SMS_HTTP_FIELDS: values of a query are texts")


def _is_unknown(name: str) -> bool:
    found = name.removeprefix("SMS_HTTP_")
    return found != name and found not in SETTINGS


def _check_headers(profile: Profile) -> None:
    """That every message can be sent with them."""
    if wrong := sorted(set(_placeholders(profile.headers)) - IN_HEADERS):
        raise ValueError(f"SMS_HTTP_HEADERS cannot hold {{{wrong[0]}}}")
    if not all(map(_HEADER.fullmatch, profile.headers.values())):
        raise ValueError("SMS_HTTP_HEADERS: a header is one line of plain letters")
    used = set(_placeholders(profile.headers))
    for name in ("key", "sender"):
        if name in used and not _HEADER.fullmatch(getattr(profile, name)):
            raise ValueError(f"SMS_HTTP_{name.upper()} cannot stand in a header")


def _placeholders(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from PLACEHOLDER.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _placeholders(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _placeholders(inner)


def _url(environ: Mapping[str, str]) -> str:
    url = environ.get("SMS_HTTP_URL", "")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("SMS_HTTP_URL is no address of http or https")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("SMS_HTTP_URL holds more than an address; see SMS_HTTP_FIELDS")
    return url


def _object(environ: Mapping[str, str], name: str, otherwise: dict[str, Any]) -> dict[str, Any]:
    text = environ.get(name, "")
    if not text:
        return otherwise
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no JSON object")
    return found


def _texts(environ: Mapping[str, str], name: str, otherwise: dict[str, str]) -> dict[str, str]:
    found = _object(environ, name, otherwise)
    if not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"{name}: every value is a text")
    return found


def _names(environ: Mapping[str, str], name: str, usual: dict[str, str]) -> dict[str, str]:
    """The gateway's names of fields; what is not said keeps its usual one."""
    found = _texts(environ, name, {})
    if unknown := sorted(set(found) - set(usual)):
        raise ValueError(f"{name} knows no {unknown[0]}, only {', '.join(usual)}")
    return usual | found


def _condition(
    environ: Mapping[str, str], name: str, usual: frozenset[int] = frozenset()
) -> Condition:
    text = environ.get(f"{name}_STATUS", "")
    try:
        statuses = frozenset(int(part) for part in text.split(",")) if text else usual
    except ValueError as error:
        raise ValueError(f"{name}_STATUS is no list of HTTP statuses") from error
    if any(not 100 <= status <= 599 for status in statuses):
        raise ValueError(f"{name}_STATUS is no list of HTTP statuses")
    return Condition(statuses, _pattern(environ, name))


def _pattern(environ: Mapping[str, str], name: str, groups: int = 0) -> re.Pattern[str] | None:
    text = environ.get(name, "")
    if not text:
        return None
    try:
        found = re.compile(text)
    except re.error as error:
        raise ValueError(f"{name} is no regular expression") from error
    if found.groups < groups:
        raise ValueError(f"{name} needs a group around what is wanted")
    return found


def _price(environ: Mapping[str, str]) -> Cost | None:
    text = environ.get("SMS_HTTP_PRICE", "")
    price = Cost.parse(text)
    if text and price is None:
        raise ValueError("SMS_HTTP_PRICE is no amount with its currency, as in `TZS 22`")
    return price
