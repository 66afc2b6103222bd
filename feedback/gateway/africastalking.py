"""Africa's Talking, through the official SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from africastalking.SMS import SMSService

from feedback.gateway.outcomes import Accepted, Cost, Rejected, Result, Sms, Transient, Unknown
from feedback.gateway.transport import Reply, call, of_status

PATH = "/version1"

# Codes of a recipient, as the gateway's documentation of bulk SMS lists them. What an operator can
# mend (sender name, credit) or what passes (no route) is worth another try; what stands against
# the number or the text is not.
ACCEPTED = frozenset({100, 101, 102})  # Processed, Sent, Queued
# InvalidPhoneNumber, UnsupportedNumberType, UserInBlacklist, DoNotDisturbRejection,
# RejectedByGateway
REFUSED = frozenset({403, 404, 406, 409, 502})
LATER_FOR_EVERYONE = frozenset({402, 405})  # InvalidSenderId, InsufficientBalance
LATER = frozenset({407, 500, 501})  # CouldNotRoute, InternalServerError, GatewayError
# 401 RiskHold is in none of them: a message that is held may still be let go, so it is Unknown.
# So is a code that the documentation does not know.


class _NoAnswer(Exception):
    """No answer that the SDK could read; it carries what that means."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result


class _Service(SMSService):
    """The SDK's SMS service at an address of our choice, keeping the HTTP status of a failure,
    which the SDK would turn into a text."""

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
        timeout: object = None,
    ) -> str:
        answer = call(method, url, headers, data=data)
        if not isinstance(answer, Reply):
            raise _NoAnswer(answer)
        if not 200 <= answer.status < 300:
            raise _NoAnswer(of_status(answer.status))
        return answer.body


def send(settings: Mapping[str, Any], sms: Sms) -> Result:
    """Send one SMS.

    settings: AT_USERNAME, AT_API_KEY, AT_BASE_URL (empty for the real one), AT_SHORTCODE and
    AT_KEYWORD. The keyword is set only for an on-demand service, in which the network takes a
    reply by the link id of the message it answers. On an ordinary two-way short code a link id
    would turn the reply into a premium message, which the citizen pays for: there it is left out.
    """
    service = _Service(settings["AT_USERNAME"], settings["AT_API_KEY"], settings["AT_BASE_URL"])
    sender, keyword = settings["AT_SHORTCODE"] or None, settings["AT_KEYWORD"]
    try:
        if keyword and sms.link_id:
            answer = service.send_premium(
                sms.text, sender, [sms.number], keyword=keyword, link_id=sms.link_id
            )
        else:
            answer = service.send(sms.text, [sms.number], sender_id=sender)
    except _NoAnswer as none:
        return none.result
    except ValueError:  # the SDK's own check of the number
        return Rejected("invalid-number")
    return of_answer(answer, sms.parts)


def of_answer(answer: str, parts: int = 1) -> Result:
    """What the body of a successful answer means. parts: where it does not say."""
    try:
        recipients = json.loads(answer)["SMSMessageData"]["Recipients"]
        if not recipients:
            # Nobody was sent anything; `Message` tells why, for instance "InvalidSenderId".
            return Transient("no-recipients")
        recipient = recipients[0]
        code = int(recipient["statusCode"])
    except (ValueError, KeyError, TypeError, IndexError):
        return Unknown("unreadable-answer")
    provider_id = _id_of(recipient)
    if code in ACCEPTED:
        told = recipient.get("messageParts")
        if isinstance(told, int) and 0 < told < 100:
            parts = told
        return Accepted(provider_id, str(code), Cost.parse(recipient.get("cost")), parts)
    if code in REFUSED:
        return Rejected(str(code))
    if code in LATER and provider_id is not None:
        # A failure within the gateway that nevertheless gave the message an id.
        return Unknown(str(code))
    if code in LATER or code in LATER_FOR_EVERYONE:
        return Transient(str(code), everyone=code in LATER_FOR_EVERYONE)
    return Unknown(str(code))


def _id_of(recipient: Mapping[str, Any]) -> str | None:
    """The message's id; where there is none the gateway sends the word "None"."""
    found = str(recipient.get("messageId") or "")
    return found if found not in ("", "None") else None
