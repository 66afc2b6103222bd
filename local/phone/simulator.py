"""The phone simulator as one object: the state, the gateway and its HTTP server in a thread."""

import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from .app import PhoneServer
from .courier import Courier
from .faults import NO_FAULT, Fault, FaultBook
from .gateway import Gateway
from .mailbox import Mailbox
from .memory import CallbackRecord, Memory, SentMessage, utc_now
from .sms import parts
from .ussd import Session, Ussd

FIRST_PHONES = ("+255712000001", "+255754000002", "+255784000003")
# The gateway repeats an inbound SMS every minute for 12 hours; here it comes sooner.
RETRY_S = 5.0
RETRY_FOR_S = 12 * 3600
# 64004 is the code of one Tanzanian network; prefixes do not tell networks apart any more.
NETWORK_CODE = "64004"
LONGEST_SMS = 1_600
WAYS = ("africastalking", "get", "json")

DATE_FORMATS: dict[str, Callable[[datetime], str]] = {
    "iso": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "space": lambda at: at.strftime("%Y-%m-%d %H:%M:%S"),
    "millis": lambda at: str(int(at.timestamp() * 1000)),
}


class PhoneSimulator:
    """A gateway and its phones on 127.0.0.1, for a `with` block or between start() and stop().

    port: 0 takes a free one; `url` tells which.
    callback_base: where the product listens, for instance http://127.0.0.1:8000. It may be set
        later, since a test often starts this side first.
    token: the hook's token, or the file it stands in.
    plain_token: the token of a plain gateway's hooks, "" where it is the same. USSD comes by
        Africa's Talking's hooks whoever carries the SMS.
    api_key: the key to insist on; "" takes any.
    way: how an inbound SMS reaches the product: "africastalking" (a form, to that gateway's hook),
        or as a plain gateway brings it, in a query ("get", as Kannel does) or in "json".
    retry_s: seconds between two tries of an inbound SMS that was not answered with 200.
    mail_port: where a mail server listens, 0 for a free port; None for none.
    report, report_delay_ms: the usual delivery report ("" for none) and when it comes.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        callback_base: str = "",
        token: str | Path = "",
        plain_token: str = "",
        api_key: str = "",
        shortcode: str = "15200",
        service_code: str = "*152*00#",
        way: str = "africastalking",
        retry_s: float = RETRY_S,
        report: str = "Success",
        report_delay_ms: int = 1_000,
        phones: Iterable[str] = FIRST_PHONES,
        ledger_size: int = 20_000,
        mail_port: int | None = None,
    ) -> None:
        self.shortcode = shortcode
        self.service_code = service_code
        self.retry_s = retry_s
        if way not in WAYS:
            raise ValueError(f"way must be one of {', '.join(WAYS)}")
        self.way = way
        self.memory = Memory(phones, ledger_size)
        self.faults = FaultBook()
        self.mail = None if mail_port is None else Mailbox(mail_port)
        self._port = port
        self._token = token
        self._plain_token = plain_token
        self._callback_base = callback_base
        self._gateway_options = (api_key, report, report_delay_ms)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._round = 0

    def __enter__(self) -> "PhoneSimulator":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and serve in a thread. OSError when the port is taken."""
        self._stopping.clear()
        if self.mail is not None:
            self.mail.start()
        self.server = PhoneServer(self, self._port)
        self.courier = Courier(self._callback_base, self._token, self.memory, self._plain_token)
        self.ussd = Ussd(self.courier, self.memory, NETWORK_CODE)
        self.gateway = Gateway(
            self.memory,
            self.courier,
            self.faults,
            self._stopping,
            *self._gateway_options,
            NETWORK_CODE,
            [],
        )
        self._thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), name="phone-http", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more: hanging requests end at once, pending callbacks are dropped."""
        if self._thread is None:
            return
        self._stopping.set()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
        self.courier.stop()
        if self.mail is not None:
            self.mail.stop()
        self._thread = None

    @property
    def url(self) -> str:
        """The address to give the product as AT_BASE_URL."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def callback_base(self) -> str:
        """Where callbacks go; may be changed while running."""
        return self.courier.base

    @callback_base.setter
    def callback_base(self, base: str) -> None:
        self.courier.base = base

    def ledger(self, number: str | None = None, after: int = 0) -> list[SentMessage]:
        """Every message accepted from the product, oldest first."""
        return self.memory.ledger(number, after)

    def callbacks(self, kind: str | None = None) -> list[CallbackRecord]:
        """Every callback made: kind "sms", "delivery", "opt-out", "ussd" or "ussd-end"."""
        return self.memory.callbacks(kind)

    def fault(self, /, **given: Any) -> Fault:
        """Misbehave as the fields of `Fault` say, from the next request that matches on."""
        fault = Fault.from_json(given)
        self.faults.add(fault)
        self.memory.touch()
        return fault

    def clear_faults(self) -> None:
        """Back to a gateway that works; reports that are held stay held."""
        self.faults.clear()
        self.memory.touch()

    def release_reports(self, order: str = "in_order") -> int:
        """Make the delivery reports that faults held back, "in_order" or "reversed"."""
        return self.gateway.release(order)

    def inbound(
        self,
        from_: str,
        text: str,
        *,
        id: str | None = None,
        link_id: str | None = None,
        date_format: str = "iso",
        at: datetime | None = None,
        network_code: str = NETWORK_CODE,
    ) -> str:
        """An SMS from a phone to the short code, brought to the product until it answers 200.

        `from_` and `text` are passed on as they are. The same `id` again is the gateway's own
        repetition. Returns the id at once; `wait_idle` waits until the product has it.
        """
        if date_format not in DATE_FORMATS:
            raise ValueError(f"date format must be one of {', '.join(DATE_FORMATS)}")
        if not from_ or len(text) > LONGEST_SMS:
            raise ValueError("an SMS needs a sender and at most 1,600 characters")
        id = id or str(uuid.uuid4())
        form = {
            "id": id,
            "linkId": link_id or str(uuid.uuid4()),
            "text": text,
            "to": self.shortcode,
            "from": from_,
            "date": DATE_FORMATS[date_format](at or utc_now()),
            "networkCode": network_code,
            "cost": "None",
        }
        self.memory.write(from_, text, id, parts(text))
        fault = self.faults.take("inbound", [from_]).get(from_, NO_FAULT)
        wait_s = (fault.delay_ms + (fault.callback_delay_ms or 0)) / 1000
        give_up = time.monotonic() + RETRY_FOR_S
        for _ in range(fault.repeat):
            self.courier.later(wait_s, self._bearer(form, give_up, self._round))
        return id

    def opt_out(self, number: str) -> None:
        """A phone tells the gateway, not the product, that it wants no more messages."""
        form = {"senderId": self.shortcode, "phoneNumber": number}

        def bring() -> None:
            self.courier.call("opt-out", form)

        self.courier.later(0, bring)

    def dial(self, number: str, dialled: str = "") -> Session:
        """Dial a USSD code on a phone (the service's own when none is given)."""
        return self.ussd.dial(number, dialled or self.service_code, self.service_code)

    def answer(self, number: str, text: str) -> Session:
        """Put something in where a USSD screen waits for it."""
        return self.ussd.answer(number, text)

    def hang_up(self, number: str) -> None:
        """Close a USSD session from the phone's side."""
        self.ussd.hang_up(number)

    def wait_idle(self, timeout: float = 5.0) -> bool:
        """Wait until no callback is pending or under way; False when the time ran out."""
        return self.courier.wait_idle(timeout)

    def reset(self) -> None:
        """Forget messages, callbacks, faults, sessions and what was still to be called back."""
        self._round += 1
        self.faults.clear()
        self.courier.forget()
        self.gateway.forget()
        self.ussd.reset()
        self.memory.reset()
        if self.mail is not None:
            self.mail.reset()

    def _bearer(self, form: dict[str, str], give_up: float, round: int) -> Callable[[], None]:
        """A job that brings an inbound SMS, and again until it is taken, in this round only."""

        def bring() -> None:
            if self.way == "africastalking":
                outcome, _ = self.courier.call("sms", form)
            else:
                address = self.courier.address("sms/{}/inbound")
                outcome, _ = self.courier.visit("sms", address, form, self.way)
            taken = outcome == 200
            self.memory.mark(
                form["from"], form["id"], "received" if taken else "retrying", attempt=True
            )
            # After a reset the phone has forgotten the SMS that was under way.
            if not taken and time.monotonic() < give_up and round == self._round:
                self.courier.later(self.retry_s, bring)

        return bring
