"""One HTTP request to a gateway, and what its failure means; shared by the adapters."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from feedback.gateway.outcomes import Result, Transient, Unknown

CONNECT_SECONDS = 3.05
ANSWER_SECONDS = 9.05
LONGEST_ANSWER = 64 * 1024  # bytes
# A server that is overloaded or does not know us took nothing. A failure within it (500), or
# behind it (502, 504), may come after it took the message.
NOTHING_TAKEN = frozenset({429, 503, *range(400, 429)})

# Its debug lines hold whole addresses, and with them what some gateways want in the query.
logging.getLogger("urllib3").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str


def call(method: str, url: str, headers: Mapping[str, str], **content: Any) -> Reply | Result:
    """The answer; or, without one, what that means. Ends within about 15 seconds.

    content: `params`, `data` or `json` as of requests.
    """
    try:
        # A connection of its own for each message: a kept one that the peer has just closed
        # looks the same as an answer that was lost.
        with requests.request(
            method,
            url,
            headers=dict(headers),
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
            **content,
        ) as answer:
            return _whole(answer)
    except requests.RequestException as error:
        return of_failure(error)


def _whole(answer: requests.Response) -> Reply | Result:
    """The answer's body, if it comes to an end: a time-out alone bounds each piece of it only."""
    body, end = bytearray(), time.monotonic() + ANSWER_SECONDS
    for piece in answer.iter_content(1):
        body += piece
        if len(body) > LONGEST_ANSWER or time.monotonic() > end:
            return Unknown("endless-answer")
    return Reply(answer.status_code, body.decode(answer.encoding or "utf-8", "replace"))


def of_status(status: int) -> Result:
    """What an HTTP status means by itself, where it is no success."""
    code = f"http-{status}"
    return Transient(code) if status in NOTHING_TAKEN else Unknown(code)


def of_failure(error: requests.RequestException) -> Result:
    """Whether the request can have reached the gateway before it failed."""
    name = type(error).__name__
    unsent = (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.ProxyError)
    if isinstance(error, unsent):
        return Transient(name)
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Transient("no-connection")
    return Unknown(name)
