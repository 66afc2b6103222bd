"""A mail server that keeps what it is handed: SMTP as any mailbox speaks it, on the loopback only.

The product hands its e-mail in by SMTP_URL as it would to an office's own server. What arrives is
shown at `/mail` beside the phones, and read by tests with `letters`.
"""

import asyncio
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from .memory import utc_now

MOST_LETTERS = 500
Step = Literal["mail", "rcpt", "data"]


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail that was taken."""

    to: str
    subject: str
    text: str
    headers: dict[str, str]
    at: datetime


@dataclass(slots=True)
class MailFault:
    """What goes wrong at a step for the next `times` letters.

    answer: the line to answer, for instance "550 5.1.1 no such user". drop: hang up instead; at
    `data` the letter was taken. hang_s: wait so long first.
    """

    step: Step
    answer: str = ""
    drop: bool = False
    hang_s: float = 0
    times: int = 1


class Mailbox:
    """The server in a thread of its own, between start() and stop()."""

    def __init__(self, port: int = 0) -> None:
        self._lock = threading.Lock()
        self._letters: deque[Letter] = deque(maxlen=MOST_LETTERS)
        self._faults: list[MailFault] = []
        self._controller = _Controller(self, hostname="127.0.0.1", port=port)

    def start(self) -> None:
        """Listen. OSError when the port is taken."""
        self._controller.start()

    def stop(self) -> None:
        """Take nothing any more."""
        self._controller.stop()

    @property
    def url(self) -> str:
        """What to give the product as SMTP_URL."""
        return f"smtp://127.0.0.1:{self._controller.bound_port}"

    def letters(self, to: str | None = None) -> list[Letter]:
        """What was taken, oldest first."""
        with self._lock:
            return [letter for letter in self._letters if to in (None, letter.to)]

    def fault(self, step: Step, **given: Any) -> None:
        """Misbehave from the next letter on."""
        with self._lock:
            self._faults.append(MailFault(step, **given))

    def reset(self) -> None:
        """Forget letters and faults."""
        with self._lock:
            self._letters.clear()
            self._faults.clear()

    # What the server asks at each step, by the names that aiosmtpd looks for.

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The sender."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._misbehave("mail", server) or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient."""
        answer = await self._misbehave("rcpt", server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """The letter itself."""
        fault = self._fault("data")
        if fault is None or fault.drop or fault.hang_s:
            self._take(envelope)
        return await self._misbehave("data", server, fault) or "250 OK"

    def _take(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        message: EmailMessage = message_from_bytes(content, policy=policy.default)
        headers = {name: str(value) for name, value in message.items()}
        text = message.get_content().replace("\r\n", "\n")
        for to in envelope.rcpt_tos:
            letter = Letter(to, headers["Subject"], text, headers, utc_now())
            with self._lock:
                self._letters.append(letter)

    def _fault(self, step: Step) -> MailFault | None:
        with self._lock:
            for fault in self._faults:
                if fault.step == step and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None

    async def _misbehave(
        self, step: Step, server: SMTP, fault: MailFault | None = None
    ) -> str | None:
        """The wrong answer of a step; None where nothing is wrong."""
        fault = fault or (None if step == "data" else self._fault(step))
        if fault is None:
            return None
        await asyncio.sleep(fault.hang_s)
        if fault.drop and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return fault.answer or None


class _Controller(Controller):
    """aiosmtpd's server in a thread; it looks at the port it was given, not the one it got."""

    def _trigger_server(self) -> None:
        if self.server is not None:
            self.port = self.bound_port
        super()._trigger_server()

    @property
    def bound_port(self) -> int:
        """The port that is listened on."""
        if not isinstance(self.server, asyncio.Server):
            return self.port
        return int(self.server.sockets[0].getsockname()[1])
