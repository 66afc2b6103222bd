"""The gateway's side of sending: what becomes of a message, with or without faults.

It speaks several dialects, whose names of fields, answers and reports differ and nothing else.
That of Africa's Talking's messaging API stands here, as the official SDK sends and expects it;
those of gateways that speak plain HTTP stand in `plain`.
"""

import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .courier import Courier
from .faults import NO_FAULT, STATUS_NAMES, Fault, FaultBook, accepted
from .memory import Memory, SentMessage
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


@dataclass(frozen=True, slots=True)
class Order:
    """What a product asks for in one request."""

    numbers: list[str]
    text: str
    sender: str
    link_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it for one recipient; `message` is None where it was not taken.

    id: the one to answer with, which a fault can make another than the message's own.
    """

    number: str
    code: int
    message: SentMessage | None
    id: str


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report to be made; attempt: how often it was made before."""

    number: str
    id: str
    status: str
    reason: str
    attempt: int


class Dialect(Protocol):
    """How one kind of gateway words its answers and makes its reports."""

    def broken(self, status: int) -> Answer:
        """A failure of the whole request."""

    def empty(self) -> Answer:
        """A success that names no recipient."""

    def summary(self, taken: list[Taken]) -> Answer:
        """What became of the request."""

    def report(self, report: Report) -> None:
        """Make one delivery report now."""


@dataclass(slots=True)
class Gateway:
    """Takes messages from the product, answers with or without faults, reports delivery.

    api_key: the only key accepted; with "" every key is.
    usual: the usual delivery report, or "" for none; report_delay_ms: when it comes.
    """

    memory: Memory
    courier: Courier
    faults: FaultBook
    stopping: threading.Event
    api_key: str
    usual: str
    report_delay_ms: int
    network_code: str
    _held: list[Callable[[], None]]

    def knows(self, key: str) -> bool:
        """Whether the account's key is right; compared without telling how much of it is."""
        return bool(key) and (
            not self.api_key or hmac.compare_digest(key.encode(), self.api_key.encode())
        )

    def take(self, order: Order, dialect: Dialect) -> Answer:
        """One request whose sender is known, to its answer (which may be long in coming)."""
        faults = self.faults.take("send", order.numbers)
        # What concerns the whole request follows from the first recipient that has a fault.
        fault = next(iter(faults.values()), NO_FAULT)
        self.stopping.wait(fault.delay_ms / 1000)
        broken = dialect.broken(fault.http_status) if fault.http_status else None
        if fault.drop:
            broken = Answer(None)
        if broken and not fault.accept:
            return broken
        if fault.empty:
            return dialect.empty()
        taken = [
            self._recipient(number, order, faults.get(number, NO_FAULT), dialect)
            for number in order.numbers
        ]
        self.stopping.wait(fault.hang_s)
        return broken or dialect.summary(taken)

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

    def _recipient(self, number: str, order: Order, fault: Fault, dialect: Dialect) -> Taken:
        """Take or refuse the message for one recipient."""
        code = fault.status_code or (101 if NUMBER.fullmatch(number) else 403)
        if not accepted(code):
            return Taken(number, code, None, "None")
        id = f"ATXid_{uuid.uuid4().hex}"
        message = self.memory.accept(
            number,
            order.text,
            id=id,
            sender=order.sender,
            link_id=order.link_id,
            code=code,
            parts=parts(order.text),
        )
        self._plan_reports(number, id, fault, dialect)
        return Taken(number, code, message, fault.message_id or id)

    def _plan_reports(self, number: str, id: str, fault: Fault, dialect: Dialect) -> None:
        statuses = fault.reports
        if statuses is None:
            statuses = (self.usual,) if self.usual else ()
        if not statuses:
            return

        def run() -> None:
            for status in statuses:
                for attempt in range(fault.repeat):
                    self.memory.mark(number, id, status)
                    dialect.report(Report(number, id, status, fault.failure_reason, attempt))

        if fault.report_before:
            run()
        elif fault.report_hold:
            self._held.append(run)
        else:
            wait_ms = fault.callback_delay_ms
            self.courier.later((self.report_delay_ms if wait_ms is None else wait_ms) / 1000, run)


@dataclass(frozen=True, slots=True)
class AfricasTalking:
    """The messaging API of Africa's Talking."""

    gateway: Gateway

    def send(self, form: dict[str, str], api_key: str) -> Answer:
        """`POST /version1/messaging`."""
        self.gateway.memory.count_request()
        if not self.gateway.knows(api_key):
            return Answer(401, "The supplied authentication is invalid")
        for name in ("username", "to", "message"):
            if not form.get(name):
                return Answer(400, f"Required field {name} is missing")
        if form["to"].count(",") >= MOST_RECIPIENTS:
            return Answer(400, "Too many recipients")
        numbers = [number.strip() for number in form["to"].split(",")]
        order = Order(numbers, form["message"], form.get("from", ""), form.get("linkId", ""))
        return self.gateway.take(order, self)

    def broken(self, status: int) -> Answer:
        """Plain text, as the API answers everything that it does not take."""
        return Answer(status, "Simulated failure")

    def empty(self) -> Answer:
        """What an unknown sender name leads to."""
        return Answer.json(
            201, {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}
        )

    def summary(self, taken: list[Taken]) -> Answer:
        """The list of recipients, and the sum."""
        messages = [each.message for each in taken if each.message]
        cost = sum(message.parts for message in messages) * PRICE_PER_PART_TZS
        told = f"Sent to {len(messages)}/{len(taken)} Total Cost: TZS {cost}.0000"
        recipients = [self._recipient(each) for each in taken]
        return Answer.json(201, {"SMSMessageData": {"Message": told, "Recipients": recipients}})

    def _recipient(self, taken: Taken) -> dict[str, object]:
        said: dict[str, object] = {"statusCode": taken.code, "number": taken.number}
        if taken.message is None:
            status = STATUS_NAMES[taken.code]
            return said | {"status": status, "cost": "0", "messageId": taken.id}
        # The gateway words every acceptance alike; the code tells which it is.
        return said | {
            "status": "Success",
            "cost": f"TZS {taken.message.parts * PRICE_PER_PART_TZS}.0000",
            "messageId": taken.id,
            "messageParts": taken.message.parts,
        }

    def report(self, report: Report) -> None:
        """A form, posted to the hook."""
        form = {
            "id": report.id,
            "status": report.status,
            "phoneNumber": report.number,
            "networkCode": self.gateway.network_code,
            "retryCount": str(report.attempt),
        }
        if report.status in FAILURES:
            form["failureReason"] = report.reason
        self.gateway.courier.call("delivery", form)
