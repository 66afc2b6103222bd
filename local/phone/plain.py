"""Two gateways that speak plain HTTP, with the same faults as the other: Kannel, and the SMS
gateway of Tanzania's e-Government Authority (mGov).

Kannel's `sendsms` takes everything in a query and gives no id: its reports come to the address
that the request names, with `%d` and its like filled in. mGov takes JSON whose content is signed.
What mGov answers and reports is published nowhere; here stands what its clients in public
repositories read (`statusCode`, `error`), and an id of the message.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import quote

from .faults import accepted
from .gateway import Answer, Gateway, Order, Report, Taken
from .memory import utc_now

# The bits of Kannel's dlr-mask, which `%d` tells.
KANNEL_STATES = {
    "Success": 1,
    "Failed": 2,
    "AbsentSubscriber": 2,
    "Expired": 2,
    "Buffered": 4,
    "Sent": 8,
    "Submitted": 8,
    "Rejected": 16,
}
# The names of states that SMPP gives a receipt.
SMPP_STATES = {
    "Success": "DELIVRD",
    "Failed": "UNDELIV",
    "AbsentSubscriber": "UNDELIV",
    "Expired": "EXPIRED",
    "Buffered": "ENROUTE",
    "Sent": "ACCEPTD",
    "Submitted": "ACCEPTD",
    "Rejected": "REJECTD",
}
# Codes that stand for something which passes, or which an operator can mend.
PASSING = frozenset({402, 405, 407, 500, 501})


@dataclass(frozen=True, slots=True)
class Kannel:
    """`GET /cgi-bin/sendsms`; report_url and mask are those of this one request."""

    gateway: Gateway
    report_url: str = ""
    mask: int = 0

    def send(self, query: dict[str, str]) -> Answer:
        """One message for one number."""
        self.gateway.memory.count_request()
        if not query.get("username") or not self.gateway.knows(query.get("password", "")):
            return Answer(403, "Authorization failed for sendsms")
        if not query.get("to"):
            return Answer(400, "Missing receiver number, rejected")
        order = Order([query["to"]], query.get("text", ""), query.get("from", ""), "")
        asked = Kannel(self.gateway, query.get("dlr-url", ""), int(query.get("dlr-mask") or 0))
        return self.gateway.take(order, asked)

    def broken(self, status: int) -> Answer:
        """Plain text."""
        return Answer(status, "Simulated failure")

    def empty(self) -> Answer:
        """A success without a word."""
        return Answer(202)

    def summary(self, taken: list[Taken]) -> Answer:
        """One line in the gateway's own words."""
        code = taken[0].code
        if taken[0].message:
            later = code == 102
            return Answer(
                202, "3: Queued for later delivery" if later else "0: Accepted for delivery"
            )
        if code == 401:
            return Answer(500, "Held")
        if code in PASSING:
            return Answer(503, "Temporal failure, try again later.")
        return Answer(403, "Not routable. Do not try again.")

    def report(self, report: Report) -> None:
        """The request's own address, with its escapes filled in, if its mask asks for the state."""
        state = KANNEL_STATES[report.status]
        if not self.report_url or not self.mask & state:
            return
        escapes = {
            "%d": str(state),
            "%P": report.number,
            "%A": report.reason if state in (2, 16) else "",
            "%t": utc_now().strftime("%Y-%m-%d %H:%M:%S"),
            "%i": self.gateway.network_code,
        }
        url = self.report_url
        for escape, value in escapes.items():
            url = url.replace(escape, quote(value, safe=""))
        self.gateway.courier.visit("delivery", lambda: url, {}, "get")


@dataclass(frozen=True, slots=True)
class MGov:
    """`POST /msdg/public/quick_sms`."""

    gateway: Gateway

    def send(self, body: dict[str, str], user: str, signature: str) -> Answer:
        """One message; its content is a JSON text of its own, signed with the account's key."""
        self.gateway.memory.count_request()
        content = body.get("data", "")
        key = self.gateway.api_key.encode()
        expected = base64.b64encode(hmac.new(key, content.encode(), hashlib.sha256).digest())
        if not user or not hmac.compare_digest(expected, signature.encode()):
            return self._refusal(401, "Unauthorized")
        said = json.loads(content)
        for name in ("recipients", "message", "sender_id", "mobile_service_id", "datetime"):
            if not said.get(name):
                return self._refusal(400, f"{name} is missing")
        order = Order([f"+{said['recipients']}"], said["message"], said["sender_id"], "")
        return self.gateway.take(order, self)

    def _refusal(self, status: int, why: str) -> Answer:
        return Answer.json(status, {"error": True, "statusCode": status, "statusMessage": why})

    def broken(self, status: int) -> Answer:
        """The same shape as a refusal."""
        return self._refusal(status, "Simulated failure")

    def empty(self) -> Answer:
        """A success that says nothing."""
        return Answer.json(200, {})

    def summary(self, taken: list[Taken]) -> Answer:
        """Refusals come under a status of success as well: the body tells."""
        code, id = taken[0].code, taken[0].id
        if not accepted(code):
            word = "held" if code == 401 else "busy" if code in PASSING else "refused"
            return Answer.json(200, {"error": True, "statusCode": code, "statusMessage": word})
        said = {"error": False, "statusCode": 200, "statusMessage": "accepted", "message_id": id}
        return Answer.json(200, said)

    def report(self, report: Report) -> None:
        """JSON, posted to the hook."""
        courier = self.gateway.courier
        fields = {
            "message_id": report.id,
            "state": SMPP_STATES[report.status],
            "msisdn": report.number.lstrip("+"),
            "operator": self.gateway.network_code,
        }
        courier.visit("delivery", courier.address("sms/{}/delivery"), fields, "json")
