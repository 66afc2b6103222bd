"""What the simulated gateway can be told to do wrong, and for which requests.

Each field of `Fault` says one thing that a real gateway has been seen to do. They combine: a
fault with `hang_s=12` and `reports=("Success",)` keeps the caller waiting past its timeout while
the handset reports the message as received.
"""

import threading
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

# Status codes of a recipient as Africa's Talking documents them; 100 to 102 are acceptance.
STATUS_NAMES = {
    100: "Processed",
    101: "Sent",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
REPORT_STATUSES = (
    "Sent",
    "Submitted",
    "Buffered",
    "Success",
    "Rejected",
    "Failed",
    "AbsentSubscriber",
    "Expired",
)
LONGEST_WAIT_S = 600
MOST_REPEATS = 50

Target = Literal["send", "inbound"]


def accepted(status_code: int) -> bool:
    """Whether a recipient's status code means that the gateway took the message."""
    return status_code in (100, 101, 102)


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour, for the next `times` requests that concern `number`.

    on: "send" for messages of the product, "inbound" for an SMS that a phone writes.
    number: a number or a pattern such as `+25571*`; `*` is every number.
    times: how many requests it lasts for; None until cleared.
    delay_ms: wait before the request is looked at.
    http_status: answer this instead of 201; with `accept` only after taking the message.
    drop: close the connection without an answer; with `accept` only after taking the message.
    hang_s: take the message, then keep the caller waiting for so many seconds.
    empty: answer 201 with no recipients, taking nothing.
    status_code: the recipient's status code (see STATUS_NAMES); others than 100-102 take nothing.
    message_id: the id to answer with, for instance the literal "None".
    reports: delivery reports to send, in this order; empty for none, None for the usual one.
    failure_reason: stands in reports of failure.
    report_before: make the delivery reports before the send is answered.
    report_hold: keep the delivery reports until they are released, in order or reversed.
    repeat: make each callback so many times (reports one after the other, inbound SMS at once).
    callback_delay_ms: wait before the callbacks; None for the usual time.
    """

    on: Target = "send"
    number: str = "*"
    times: int | None = 1
    delay_ms: int = 0
    http_status: int | None = None
    drop: bool = False
    accept: bool = False
    hang_s: float = 0.0
    empty: bool = False
    status_code: int | None = None
    message_id: str | None = None
    reports: tuple[str, ...] | None = None
    failure_reason: str = "DeliveryFailure"
    report_before: bool = False
    report_hold: bool = False
    repeat: int = 1
    callback_delay_ms: int | None = None

    def __post_init__(self) -> None:
        self._check(self.on in get_args(Target), "on must be send or inbound")
        self._check(self.times is None or self.times >= 1, "times must be 1 or more, or null")
        self._check(0 <= self.delay_ms <= LONGEST_WAIT_S * 1000, "delay_ms is out of range")
        self._check(0 <= self.hang_s <= LONGEST_WAIT_S, "hang_s is out of range")
        self._check(1 <= self.repeat <= MOST_REPEATS, f"repeat must be 1 to {MOST_REPEATS}")
        self._check(
            self.callback_delay_ms is None or 0 <= self.callback_delay_ms <= LONGEST_WAIT_S * 1000,
            "callback_delay_ms is out of range",
        )
        self._check(
            self.http_status is None or 400 <= self.http_status <= 599,
            "http_status must be 400 to 599",
        )
        self._check(
            self.status_code is None or self.status_code in STATUS_NAMES,
            "status_code is not one of the gateway's",
        )
        for status in self.reports or ():
            self._check(status in REPORT_STATUSES, f"{status!r} is no delivery status")

    @staticmethod
    def _check(holds: bool, otherwise: str) -> None:
        if not holds:
            raise ValueError(otherwise)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Fault":
        """The fault that a JSON object describes; ValueError names what is wrong with it."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(given) - known):
            raise ValueError(f"unknown field: {', '.join(unknown)}")
        values = dict(given)
        reports = values.get("reports")
        if isinstance(reports, str):
            values["reports"] = () if reports == "off" else (reports,)
        elif reports is not None:
            values["reports"] = tuple(reports)
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError("a field has a value of the wrong kind") from error

    def concerns(self, number: str) -> bool:
        """Whether this fault is meant for `number`."""
        return fnmatchcase(number, self.number)


NO_FAULT = Fault(times=None)


class FaultBook:
    """The faults still to come, handed out first written first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        """Write a fault down after those already there."""
        with self._lock:
            self._open.append((fault, fault.times))

    def clear(self) -> None:
        """Back to a gateway that works."""
        with self._lock:
            self._open.clear()

    def take(self, on: Target, numbers: list[str]) -> dict[str, Fault]:
        """The fault for each number of one request; a fault that is used loses one of its times.

        Numbers without a fault are absent from the answer.
        """
        with self._lock:
            found: dict[str, Fault] = {}
            remaining: list[tuple[Fault, int | None]] = []
            for fault, left in self._open:
                hit = [
                    number
                    for number in numbers
                    if fault.on == on and number not in found and fault.concerns(number)
                ]
                found.update(dict.fromkeys(hit, fault))
                if hit and left is not None:
                    left -= 1
                if left != 0:
                    remaining.append((fault, left))
            self._open = remaining
            return found

    def open(self) -> list[dict[str, Any]]:
        """What is still to come, as plain values, without the fields at rest."""
        with self._lock:
            return [
                {
                    key: value
                    for key, value in asdict(fault).items()
                    if value != getattr(NO_FAULT, key) and key != "times"
                }
                | {"times": left}
                for fault, left in self._open
            ]
