"""The gateway's side of sending: what `POST /version1/messaging` does and answers.

Field names, status codes and the shape of the answer are those of Africa's Talking's messaging
API, as the official SDK sends and expects them.
"""

import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from .courier import Courier
from .faults import NO_FAULT, STATUS_NAMES, Fault, FaultBook, accepted
from .memory import Memory
from .sms import parts

NUMBER = re.compile(r"\+[1-9]\d{7,14}")
PRICE_PER_PART_TZS = 22
MOST_RECIPIENTS = 1_000
FAILURES = ("Rejected", "Failed", "AbsentSubscriber", "Expired")


def number_of(typed: str) -> str:
    """A typed number in international form (`0712 000 001` is Tanzanian); ValueError if none."""
    digits = re.sub(r"[\s().-]", "", typed)
    if re.fullmatch(r"0\d{9}", digits):
        digits = "+255" + digits[1:]
    elif re.fullmatch(r"[1-9]\d{9,14}", digits):
        digits = "+" + digits
    if not NUMBER.fullmatch(digits):
        raise ValueError("this is not a phone number")
    return digits


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; without a status the connection is closed and nothing is said."""

    status: int | None
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"

    @classmethod
    def json(cls, status: int, value: object) -> "Answer":
        """A JSON answer. The SDK reads JSON only under this exact content type."""
        return cls(status, json.dumps(value, ensure_ascii=False), "application/json")


@dataclass(slots=True)
class Gateway:
    """Takes messages from the product, answers with or without faults, reports delivery.

    api_key: the only key accepted; with "" every key is.
    report: the usual delivery report, or "" for none; report_delay_ms: when it comes.
    """

    memory: Memory
    courier: Courier
    faults: FaultBook
    stopping: threading.Event
    api_key: str
    report: str
    report_delay_ms: int
    network_code: str
    _held: list[Callable[[], None]]

    def send(self, form: dict[str, str], api_key: str) -> Answer:
        """One send request, from its check to its answer (which may be long in coming)."""
        self.memory.count_request()
        if refusal := self._refusal(form, api_key):
            return refusal
        numbers = [number.strip() for number in form["to"].split(",")]
        faults = self.faults.take("send", numbers)
        # What concerns the whole request follows from the first recipient that has a fault.
        fault = next(iter(faults.values()), NO_FAULT)
        self.stopping.wait(fault.delay_ms / 1000)
        broken = Answer(fault.http_status, "Simulated failure") if fault.http_status else None
        if fault.drop:
            broken = Answer(None)
        if broken and not fault.accept:
            return broken
        if fault.empty:
            empty = {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
            return Answer.json(201, empty)
        recipients = [
            self._recipient(number, form, faults.get(number, NO_FAULT)) for number in numbers
        ]
        self.stopping.wait(fault.hang_s)
        return broken or Answer.json(201, self._summary(recipients))

    def release(self, order: str) -> int:
        """Make the held delivery reports, "in_order" or "reversed"; how many messages' they were.

        They are made one after the other, so that the order is the one asked for.
        """
        if order not in ("in_order", "reversed"):
            raise ValueError("release must be in_order or reversed")
        held, self._held = self._held, []
        if order == "reversed":
            held.reverse()

        def run() -> None:
            for job in held:
                job()

        if held:
            self.courier.later(0, run)
        return len(held)

    def forget(self) -> None:
        """Drop held reports."""
        self._held = []

    def _refusal(self, form: dict[str, str], api_key: str) -> Answer | None:
        if not api_key or (
            self.api_key and not hmac.compare_digest(api_key.encode(), self.api_key.encode())
        ):
            return Answer(401, "The supplied authentication is invalid")
        for name in ("username", "to", "message"):
            if not form.get(name):
                return Answer(400, f"Required field {name} is missing")
        if form["to"].count(",") >= MOST_RECIPIENTS:
            return Answer(400, "Too many recipients")
        return None

    def _recipient(self, number: str, form: dict[str, str], fault: Fault) -> dict[str, object]:
        """Take or refuse the message for one recipient; the recipient's part of the answer."""
        code = fault.status_code or (101 if NUMBER.fullmatch(number) else 403)
        if not accepted(code):
            return {
                "statusCode": code,
                "number": number,
                "status": STATUS_NAMES[code],
                "cost": "0",
                "messageId": "None",
            }
        id = f"ATXid_{uuid.uuid4().hex}"
        message = self.memory.accept(
            number,
            form["message"],
            id=id,
            sender=form.get("from", ""),
            link_id=form.get("linkId", ""),
            code=code,
            parts=parts(form["message"]),
        )
        self._plan_reports(number, id, fault)
        return {
            "statusCode": code,
            "number": number,
            # The gateway words every acceptance alike; the code tells which it is.
            "status": "Success",
            "cost": f"TZS {message.parts * PRICE_PER_PART_TZS}.0000",
            "messageId": fault.message_id or id,
            "messageParts": message.parts,
        }

    def _summary(self, recipients: list[dict[str, object]]) -> dict[str, object]:
        taken = [r for r in recipients if accepted(int(str(r["statusCode"])))]
        cost = sum(int(str(r["messageParts"])) for r in taken) * PRICE_PER_PART_TZS
        return {
            "SMSMessageData": {
                "Message": f"Sent to {len(taken)}/{len(recipients)} Total Cost: TZS {cost}.0000",
                "Recipients": recipients,
            }
        }

    def _plan_reports(self, number: str, id: str, fault: Fault) -> None:
        statuses = fault.reports
        if statuses is None:
            statuses = (self.report,) if self.report else ()
        if not statuses:
            return

        def run() -> None:
            for status in statuses:
                for attempt in range(fault.repeat):
                    self._report(number, id, status, fault.failure_reason, attempt)

        if fault.report_before:
            run()
        elif fault.report_hold:
            self._held.append(run)
        else:
            wait_ms = fault.callback_delay_ms
            self.courier.later((self.report_delay_ms if wait_ms is None else wait_ms) / 1000, run)

    def _report(self, number: str, id: str, status: str, reason: str, attempt: int) -> None:
        form = {
            "id": id,
            "status": status,
            "phoneNumber": number,
            "networkCode": self.network_code,
            "retryCount": str(attempt),
        }
        if status in FAILURES:
            form["failureReason"] = reason
        self.memory.mark(number, id, status)
        self.courier.call("delivery", form)
