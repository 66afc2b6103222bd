"""The SMS gateway: send one SMS, and say what the answer means for the next step.

Which gateway it is, a setting says; each is an adapter of one function. Africa's Talking has an
SDK and an adapter of its own; one that speaks plain HTTP is described by settings alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feedback.gateway import africastalking, plain_http
from feedback.gateway.outcomes import (
    Accepted,
    Cost,
    Rejected,
    Result,
    Sms,
    Transient,
    Unknown,
)

__all__ = ["Accepted", "Cost", "Rejected", "Result", "Sms", "Transient", "Unknown", "send"]

ADAPTERS = {"africastalking": africastalking.send, "http": plain_http.send}


def send(
    settings: Mapping[str, Any],
    number: str,
    text: str,
    reference: str = "",
    link_id: str = "",
    parts: int = 1,
) -> Result:
    """Send one SMS; answers within about 15 seconds and never raises for the gateway's doing.

    settings: SMS_GATEWAY, and what the adapter asks for; the other arguments as of `Sms`. The
    answer is one of four: Accepted (it has it), Rejected (it never will), Transient (it has not,
    ask again later), Unknown (it may have it).
    """
    sms = Sms(number, text, reference, link_id, parts)
    return ADAPTERS[settings["SMS_GATEWAY"]](settings, sms)
