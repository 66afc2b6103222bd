"""Africa's Talking: send one SMS, and say what the answer means for the next step.

The gateway takes no idempotency key, so everything turns on one question: may the message have
been taken? Only where it surely was not is a further try free (Transient) or useless (Rejected);
whatever else went wrong is Unknown. Numbers and texts never stand in a result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from africastalking.SMS import SMSService
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

CONNECT_SECONDS = 3.05
ANSWER_SECONDS = 9.05
PATH = "/version1"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway has it. Its id may be missing (it sends the word "None")."""

    provider_id: str | None
    code: str
    cost: str | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not taken, and no further try can change that: the number or the content is refused."""

    code: str


@dataclass(frozen=True, slots=True)
class Transient:
    """Surely not taken, but a later try may be: no connection, no credit, too many requests.

    everyone: it stands against every message, not this one alone.
    """

    code: str
    everyone: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have been taken: the answer was lost, or says nothing that can be relied on."""

    code: str


Result = Accepted | Rejected | Transient | Unknown

ACCEPTED = frozenset({100, 101, 102})
# Codes of a recipient (Africa's Talking, "SMS status codes"). What an operator can mend (sender
# name, credit) or what passes (no route, an error of the gateway) is worth another try.
REFUSED = frozenset({403, 404, 406, 409, 502})
LATER_FOR_EVERYONE = frozenset({402, 405})
LATER = frozenset({407, 500, 501})
# 401 RiskHold is in none of them: a message that is held may still be let go, so it is Unknown.

# HTTP: a server that is overloaded or does not know us took nothing. A failure within it (500), or
# behind it (502, 504), may come after it took the message.
NOTHING_TAKEN = frozenset({429, 503, *range(400, 429)})


class _HttpError(Exception):
    """An answer other than 2xx, which the SDK would turn into a text without its status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Sms(SMSService):
    """The SDK's SMS service at an address of our choice, keeping the HTTP status of a failure."""

    def __init__(self, username: str, api_key: str, base_url: str) -> None:
        super().__init__(username, api_key)
        if base_url:
            self._baseUrl = self._contentUrl = base_url + PATH

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, Any],
        params: object,
        callback: object = None,
        timeout: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
    ) -> Any:
        # A connection of its own for each message: a kept one that the peer has just closed
        # looks the same as an answer that was lost.
        response = requests.request(
            method, url, headers=dict(headers), data=data, timeout=timeout, allow_redirects=False
        )
        if not 200 <= response.status_code < 300:
            raise _HttpError(response.status_code)
        return response.text


def send(settings: Mapping[str, Any], number: str, text: str) -> Result:
    """Send one SMS; answers within about 15 seconds and never raises for the gateway's doing.

    settings: AT_USERNAME, AT_API_KEY, AT_BASE_URL (empty for the real one), AT_SHORTCODE.
    number: E.164.
    """
    service = _Sms(settings["AT_USERNAME"], settings["AT_API_KEY"], settings["AT_BASE_URL"])
    sender = settings["AT_SHORTCODE"] or None
    try:
        answer = service.send(
            text, [number], sender_id=sender, timeout=(CONNECT_SECONDS, ANSWER_SECONDS)
        )
    except _HttpError as error:
        return _of_status(error.status)
    except requests.RequestException as error:
        return _of_failure(error)
    except ValueError:  # the SDK's own check of the number
        return Rejected("invalid-number")
    return _of_answer(answer)


def _of_status(status: int) -> Result:
    code = f"http-{status}"
    return Transient(code) if status in NOTHING_TAKEN else Unknown(code)


def _of_failure(error: requests.RequestException) -> Result:
    """Whether the request can have reached the gateway before it failed."""
    name = type(error).__name__
    unsent = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
    if isinstance(error, unsent):
        return Transient(name)
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Transient("no-connection")
    return Unknown(name)


def _of_answer(answer: str) -> Result:
    try:
        data = json.loads(answer)["SMSMessageData"]
        recipients = data["Recipients"]
        if not recipients:
            # Nobody was sent anything; `Message` tells why, for instance "InvalidSenderId".
            return Transient("no-recipients")
        recipient = recipients[0]
        code = int(recipient["statusCode"])
    except (ValueError, KeyError, TypeError, IndexError):
        return Unknown("unreadable-answer")
    if code in ACCEPTED:
        provider_id = str(recipient.get("messageId") or "")
        known = provider_id not in ("", "None")
        cost = recipient.get("cost")
        return Accepted(provider_id if known else None, str(code), str(cost) if cost else None)
    if code in REFUSED:
        return Rejected(str(code))
    if code in LATER or code in LATER_FOR_EVERYONE:
        return Transient(str(code), everyone=code in LATER_FOR_EVERYONE)
    return Unknown(str(code))
